"""A cache in a SQLite file, of one process, that may be deleted or damaged at any moment."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from gh_store.domain.exceptions import ConfigurationError
from gh_store.serve.cache import CacheDown
from gh_store.serve.cache.sqlite import SqliteCache
from gh_store.serve.model import Cursor, Observation, new_generation

GENERATION = "0123456789abcdef"
MANY = 150


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "one.db"


def seen(number: int, at: int = 100) -> Observation:
    return Observation(f"object-{number}", number, at, at, f'{{"n": {at}, "text": "{"x" * 200}"}}')


def filled(path: Path) -> SqliteCache:
    cache = SqliteCache(path)
    cache.begin(GENERATION)
    for number in range(1, MANY + 1):
        cache.keep(GENERATION, seen(number), 1000.0)
    cache.completed(GENERATION, 90, 1000.0)
    return cache


def is_whole(cache: SqliteCache) -> bool:
    """True if all is there; False if there is no model, and so nothing. Fails for anything between."""
    told = [row.seen for row in cache.rows("", "", 2 * MANY)]
    changed = cache.changes(Cursor(GENERATION, 0), 2 * MANY)
    each = [cache.row(f"object-{number}") for number in range(1, MANY + 1)]
    model = cache.model()
    if model is None:
        assert cache.row("object-1") is None
        assert cache.rows("", "", 1) == []
        return False
    assert model.cursor.generation == GENERATION
    assert (model.objects, model.complete, model.since) == (MANY, True, 90)
    assert told == sorted((seen(number) for number in range(1, MANY + 1)), key=lambda made: made.object_id)
    assert [row.seen for row in changed or ()] == [seen(number) for number in range(1, MANY + 1)]
    assert [row and row.seen for row in each] == [seen(number) for number in range(1, MANY + 1)]
    return True


def goes_on(cache: SqliteCache) -> None:
    """It can be used as before, with the model that is there, or a new one."""
    generation, held = cache.begin(new_generation()).cursor.generation, cache.row("object-7")
    kept = cache.keep(generation, seen(7, 200 if held is None else held.seen.version + 1), 1001.0)
    assert kept is not None
    assert kept.changed
    assert cache.row("object-7") == cache.row_of_issue(7) == kept.row
    assert cache.begin(generation).cursor.position == kept.row.position


def overwrite(path: Path, rng: random.Random) -> None:
    raw = bytearray(path.read_bytes())
    at = rng.randrange(len(raw))
    for offset in range(at, min(at + rng.choice([1, 8, 5000]), len(raw))):
        raw[offset] ^= rng.randrange(1, 256)
    path.write_bytes(raw)


def another_version(path: Path, rng: random.Random) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE rows (id, text)")
        made.execute("PRAGMA user_version = 99")


def index_without_rows(path: Path, rng: random.Random) -> None:
    with closing(sqlite3.connect(path)) as db:
        (sql,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'objects'").fetchone()
        db.execute("DROP INDEX objects")
        db.execute(f"{sql} AND position > 5")
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'objects'", (sql,))
        db.commit()


DAMAGES = {
    "the file is deleted": lambda path, rng: path.unlink(),
    "the folder is deleted": lambda path, rng: shutil.rmtree(path.parent),
    "the file is empty": lambda path, rng: os.truncate(path, 0),
    "the file is cut": lambda path, rng: os.truncate(path, rng.randrange(path.stat().st_size)),
    "bytes are overwritten": overwrite,
    "bytes are added": lambda path, rng: path.write_bytes(path.read_bytes() + b"x" * 5000),
    "it is text": lambda path, rng: path.write_text("something else" * 1000),
    "it is of another version": another_version,
}
CLOSED = {**DAMAGES, "an index is incomplete": index_without_rows}


def tries(damage: str) -> range:
    return range(8 if damage in ("the file is cut", "bytes are overwritten") else 1)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_is_damaged_while_it_is_open_is_as_it_was_or_begins_anew(path, damage):
    rng = random.Random(damage)
    for _ in tries(damage):
        with closing(filled(path)) as cache:
            assert is_whole(cache)
            DAMAGES[damage](path, rng)
            is_whole(cache)
            goes_on(cache)
        with closing(SqliteCache(path)) as again:
            goes_on(again)
        shutil.rmtree(path.parent)


@pytest.mark.parametrize("damage", CLOSED)
def test_a_file_that_was_damaged_is_as_it_was_or_begins_anew(path, damage):
    rng = random.Random(damage)
    for _ in tries(damage):
        filled(path).close()
        CLOSED[damage](path, rng)
        with closing(SqliteCache(path)) as cache:
            is_whole(cache)
            goes_on(cache)
        shutil.rmtree(path.parent)


@pytest.mark.parametrize("damage", ["deleted", "cut", "overwritten"])
def test_a_damaged_log_is_as_if_the_file_were(path, damage):
    rng = random.Random(damage)
    log = Path(f"{path}-wal")
    with closing(filled(path)) as cache:
        if damage == "deleted":
            log.unlink()
        elif damage == "cut":
            os.truncate(log, rng.randrange(log.stat().st_size))
        else:
            overwrite(log, rng)
        is_whole(cache)
        goes_on(cache)


def test_a_file_that_was_only_touched_is_as_it_was(path):
    with closing(filled(path)) as cache:
        os.utime(path)
        assert is_whole(cache)
        goes_on(cache)


def test_it_is_there_after_a_kill_and_its_cursors_are_behind_what_comes(path):
    program = (
        "import sys, os; from test_cache_file import filled; from pathlib import Path; "
        "cache = filled(Path(sys.argv[1])); print(cache.model().cursor.position, flush=True); os.kill(os.getpid(), 9)"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    ended = subprocess.run([sys.executable, "-c", program, path], capture_output=True, check=False, env=environ)
    assert ended.returncode == -9, ended.stderr
    with closing(SqliteCache(path)) as cache:
        assert is_whole(cache)
        position = int(ended.stdout)
        assert cache.model().cursor.position > position + 1000
        assert cache.changes(Cursor(GENERATION, position), 10) == []
        kept = cache.keep(GENERATION, seen(1, 200), 1001.0)
        assert cache.changes(Cursor(GENERATION, position), 10) == [kept.row]


def test_a_second_process_is_refused_and_told_of_valkey(path):
    program = (
        "import sys; from gh_store.serve.cache.sqlite import SqliteCache; from pathlib import Path\n"
        "try: SqliteCache(Path(sys.argv[1]))\n"
        "except Exception as error: print(error.exit_code, error.hint)"
    )
    with closing(filled(path)) as cache:
        for lost in (path, Path(f"{path}.lock")):  # each of the two is enough
            lost.unlink()
            told = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
            assert told.stdout.startswith("2 Give each"), told
            assert "valkey://" in told.stdout, told
            goes_on(cache)
    SqliteCache(path).close()


def test_a_file_of_a_later_version_begins_anew(path):
    filled(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with closing(SqliteCache(path)) as cache:
        assert not is_whole(cache)
        goes_on(cache)


def test_its_lock_may_be_anything(path):
    path.parent.mkdir(mode=0o700)
    Path(f"{path}.lock").write_text("something else" * 1000)
    with closing(filled(path)) as cache:
        assert is_whole(cache)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_the_folder_is_nobody_elses(path, tmp_path):
    with closing(filled(path)):
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert path.stat().st_mode & 0o077 == Path(f"{path}-wal").stat().st_mode & 0o077 == 0
    for mode in (0o770, 0o707):
        path.parent.chmod(mode)
        with pytest.raises(ConfigurationError, match="others may write") as told:
            SqliteCache(path)
        assert "--cache" in told.value.hint
    path.parent.chmod(0o755)
    SqliteCache(path).close()
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "link").symlink_to(path.parent)
    shared.chmod(0o777)
    with pytest.raises(ConfigurationError, match="link"):
        SqliteCache(shared / "link" / "one.db")
    with pytest.raises(ConfigurationError, match="folder cannot be made"):
        SqliteCache(path / "one.db")
    with pytest.raises(ConfigurationError, match="no folder has this name"):
        SqliteCache(tmp_path / "a\0b" / "one.db")


def test_what_cannot_be_begun_anew_is_down_until_it_can(path):
    with closing(filled(path)) as cache:
        path.unlink()
        path.mkdir()
        (path / "file").touch()
        for _ in range(2):
            with pytest.raises(CacheDown):
                cache.model()
        shutil.rmtree(path)
        assert not is_whole(cache)
        goes_on(cache)
    with pytest.raises(CacheDown):
        cache.model()


def test_the_oldest_notes_give_way(path):
    with closing(SqliteCache(path, most_noted=1000)) as cache:
        for number in range(20):
            cache.note(f"object-{number}", "history", "1", "x" * 100)
        assert [cache.noted(f"object-{number}", "history") is not None for number in range(20)] == [False] * 10 + [
            True
        ] * 10
        cache.note("object-19", "history", "2", "x" * 1001)
        assert cache.noted("object-19", "history") is None
        assert cache.noted("object-18", "history") is not None
