"""Files as they are on a machine: devices, pipes, links, folders of others, and several writers at once."""

import errno
import os
import shlex
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from places import ROOT

from gh_store import ConfigurationError, InvalidInput, LocalStore, files
from gh_store import config as configuration

is_root = hasattr(os, "geteuid") and os.geteuid() == 0


PYTHON = (sys.executable, "-m", "gh_store")
"""The program where the start and the end of Python matter, too; others take `warm`."""


def run(program, folder, command, **environ):
    """A command of a shell, in which `gh-store` is this program."""
    shell = f'gh-store() {{ {shlex.join(program)} "$@"; }}\n{command}'
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder), **environ}
    done = subprocess.run(
        ["bash", "-c", shell], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr
    assert "Internal error" not in done.stderr
    return done


def device(folder, minor=3):
    """A null device (3) or a full one (7) of our own; a test must not risk that of the machine."""
    path = folder / f"device-{minor}"
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
        path.open("wb").close()
    except OSError as error:
        pytest.skip(f"no device can be made here: {error.strerror}")
    return path


@pytest.fixture
def store(tmp_path):
    with LocalStore(tmp_path / "s.db") as store:
        store.create("a", {"n": 1})
        yield store


def test_a_device_is_written_into_and_stays(tmp_path, store):
    null = device(tmp_path)
    before = null.lstat()
    assert store.write_snapshot(null)
    files.write(null, ["text"])
    assert (null.lstat().st_ino, null.lstat().st_rdev) == (before.st_ino, before.st_rdev)
    full = device(tmp_path, 7)
    with pytest.raises(ConfigurationError, match=os.strerror(errno.ENOSPC)):
        files.write(full, ["text"])
    assert stat.S_ISCHR(full.lstat().st_mode)


def test_a_pipe_is_written_into_and_never_read_first(tmp_path, store):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    assert store.write_snapshot(pipe)
    reader.join(10)
    assert read == [store.snapshot().text()]
    assert pipe.is_fifo()
    with pytest.raises(ConfigurationError, match="not a regular file"):
        store.update_snapshot(pipe)


def test_standard_output_has_a_name_too(tmp_path, store, warm):
    text = store.snapshot().text()
    given = "snapshot --store s.db --output"
    assert run(warm, tmp_path, f"gh-store {given} /dev/stdout | cat").stdout == text
    assert run(warm, tmp_path, f"gh-store {given} >(cat) | cat").stdout == text
    run(warm, tmp_path, f"{{ echo before; gh-store {given} /dev/stdout; echo after; }} > out.txt")
    assert (tmp_path / "out.txt").read_text() == f"before\n{text}after\n"
    reports = {"GITHUB_OUTPUT": str(tmp_path / "reported")}
    assert run(warm, tmp_path, f"gh-store {given} /dev/stdout > out.txt", **reports).returncode == 0


def test_a_reader_that_leaves_is_no_failure(tmp_path, store):
    store.create("large", {f"k{n}": "x" * 50 for n in range(500)})
    for command in ("export", "snapshot --output -", "snapshot --output /dev/stdout", "get large"):
        done = run(PYTHON, tmp_path, f"gh-store {command} --store s.db | head -c 10; echo ${{PIPESTATUS[0]}} >&2")
        assert done.stderr.splitlines()[-1] == "0"
        assert len(done.stderr.splitlines()) <= 2, done.stderr


@pytest.mark.parametrize(
    ("command", "code", "lines"),
    [
        ("get a >&-", 2, 1),
        ("export >&-", 2, 1),
        ("--help >&-", 2, 1),
        ("get a >/dev/full", 2, 1),
        ("snapshot --output - >/dev/full", 2, 1),
        ("snapshot --output /dev/stdout >/dev/full", 2, 2),
        ("update a '{}' >/dev/full", 2, 1),
        ("--help >/dev/full", 2, 1),
        ("get none 2>&-", 3, 0),
        ("get none 2>/dev/full", 3, 0),
        ("get a 2>&-", 0, 0),
        ("get a >&- 2>&-", 2, 0),
        ("2>/dev/full", 2, 0),
        ("create b - <&-", 2, 2),
        ("get a <&- >&- 2>&-", 2, 0),
        ("snapshot --output x.json <&- 2>&-", 0, 0),
    ],
)
def test_streams_that_are_closed_or_full(tmp_path, store, command, code, lines):
    if "/dev/full" in command and not Path("/dev/full").exists():
        pytest.skip("there is no full device here")
    named = "" if command.startswith(("--help", "2>", "nonsense")) else "--store s.db"
    before = (tmp_path / "s.db").stat().st_size
    word, _, rest = command.partition(" ")
    done = run(PYTHON, tmp_path, f"gh-store {word if named else ''} {named} {rest if named else command}")
    assert done.returncode == code, done.stderr
    assert len(done.stderr.splitlines()) == lines, done.stderr
    assert (tmp_path / "s.db").stat().st_size == before
    assert store.get("a").data == {"n": 1}


def test_the_descriptor_of_another_process_is_written_into(tmp_path, store, warm):
    """Its link names a pipe, which is no file of any folder."""
    command = (
        "cat <pipe >told & sleep 60 >pipe & gh-store snapshot --store s.db --output /proc/$!/fd/1; kill $!; wait %1"
    )
    os.mkfifo(tmp_path / "pipe")
    told = run(warm, tmp_path, command).stderr
    assert (tmp_path / "told").read_text() == store.snapshot().text(), told


def test_a_thread_names_standard_output_too(tmp_path, store, warm):
    shown = run(warm, tmp_path, "gh-store snapshot --store s.db --output /proc/thread-self/fd/1 | cat").stdout
    assert shown == store.snapshot().text()


@pytest.mark.parametrize("command", ["snapshot --output", "export --output", "get a --output"])
@pytest.mark.parametrize("name", ["s.db", "linked.db", "named.db"])
def test_no_output_takes_the_place_of_a_store(tmp_path, store, command, name, warm):
    (tmp_path / "linked.db").symlink_to("s.db")
    (tmp_path / "named.db").hardlink_to(tmp_path / "s.db")
    done = run(warm, tmp_path, f"gh-store {command} {name} --store s.db")
    assert (done.returncode, store.get("a").data) == (2, {"n": 1})
    assert "is a database" in done.stderr
    with LocalStore(tmp_path / "s.db", create=False) as again:
        assert again.get("a").data == {"n": 1}


def test_a_working_folder_that_was_deleted(tmp_path, store):
    for command in ("get a --store ../s.db", "list", "snapshot --store x/../s.db --output y", "init", "demo"):
        done = run(PYTHON, tmp_path, f"mkdir gone; cd gone; rmdir ../gone; gh-store {command}")
        assert done.returncode == 2, (command, done.stderr)
        assert "stdout" not in done.stderr, command


def test_a_demo_that_was_interrupted_makes_room_for_the_next(tmp_path, warm):
    assert "visits" in run(warm, tmp_path, "gh-store demo | head -n 9").stdout
    assert (tmp_path / "gh-store-demo/store.db").exists()
    done = run(warm, tmp_path, "gh-store demo")
    assert done.returncode == 0, done.stderr


def test_a_configuration_is_written_as_every_file_is(tmp_path, warm):
    (tmp_path / "link.yml").symlink_to("new/own.yml")
    done = run(warm, tmp_path, "gh-store init --config link.yml --store s.db")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "link.yml").is_symlink()
    assert configuration.load(tmp_path / "new/own.yml") == configuration.load(tmp_path / "link.yml")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o777)
    (tmp_path / "shared/c.yml").symlink_to(tmp_path / "victim.yml")
    done = run(warm, tmp_path, "gh-store init --config shared/c.yml --store s.db")
    assert (done.returncode, (tmp_path / "victim.yml").exists()) == (2, False)
    assert "not followed" in done.stderr


@pytest.mark.parametrize("output", [".", "", "folder"])
def test_a_folder_is_wrong_input(tmp_path, store, output, warm):
    (tmp_path / "folder").mkdir()
    for command in ("snapshot", "export", "get a"):
        done = run(warm, tmp_path, f"gh-store {command} --store s.db --output '{output}'")
        assert done.returncode == 2, done.stderr
        assert "this is a folder" in done.stderr


@pytest.mark.parametrize("output", ["new/", "new/deeper/", "there/"])
def test_a_name_that_ends_in_a_slash_is_that_of_a_folder(tmp_path, store, output, warm):
    (tmp_path / "there").write_text("a file")
    for command in ("snapshot", "export", "get a"):
        done = run(warm, tmp_path, f"gh-store {command} --store s.db --output {output}")
        assert (done.returncode, "this is a folder" in done.stderr) == (2, True)
    with pytest.raises(ConfigurationError, match="this is a folder"):
        store.write_snapshot(f"{tmp_path}/{output}")
    assert not (tmp_path / "new").exists()
    assert (tmp_path / "there").read_text() == "a file"


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b", "x" * 5_000, f"/dev/fd/{'9' * 30}"], ids=ascii)
def test_a_name_that_no_file_has_is_wrong_input(tmp_path, store, name):
    verbs = (
        store.write_snapshot,
        store.update_snapshot,
        store.import_from,
        configuration.load,
        lambda path: LocalStore(path, create=False),
        lambda path: files.write(path, ["x"]),
    )
    for verb in verbs:
        with pytest.raises(InvalidInput):
            verb(name if name.startswith("/") else str(tmp_path / name))
    if "\0" in name:
        with pytest.raises(ConfigurationError):
            LocalStore(tmp_path / name)
    assert not [each.name for each in tmp_path.iterdir() if not each.name.startswith("s.db")]


def test_no_more_is_read_than_is_allowed(tmp_path, store, warm):
    sparse = tmp_path / "sparse"
    sparse.touch()
    os.truncate(sparse, files.MOST + 1)
    with pytest.raises(InvalidInput, match=r"sparse: .*larger than 1,000,000,000 bytes"):
        store.import_from(sparse)
    with pytest.raises(ConfigurationError, match=r"sparse: .*larger than 1,000,000,000 bytes"):
        store.update_snapshot(sparse)
    assert store.write_snapshot(sparse), "whatever it is, it is replaced"
    assert sparse.read_text() == store.snapshot().text()
    if Path("/dev/zero").exists():
        for source in ("--from-file /dev/zero", "- < /dev/zero"):
            done = run(warm, tmp_path, f"gh-store update a --store s.db {source}")
            assert (done.returncode, "larger than 32,000,000 bytes" in done.stderr) == (2, True)


def test_text_that_is_exactly_as_large_as_allowed_is_read(tmp_path):
    file = tmp_path / "f"
    file.write_bytes(b"\xef\xbb\xbf1234567")
    assert files.read(file, 10) == "1234567"
    with pytest.raises(files.Unreadable, match="larger than 9 bytes"):
        files.read(file, 9)
    read, write = os.pipe()
    os.write(write, b"x" * 10)
    os.close(write)
    with open(read, "rb") as pipe, pytest.raises(files.Unreadable, match="larger than 9 bytes"):  # noqa: PTH123  # a descriptor
        files.read_stream(pipe, 9)


@pytest.mark.parametrize(("stream", "lines"), [("2>&-", 0), ("2>/dev/full", 0), ("<&- >&- 2>&-", 0)])
def test_streams_that_are_closed_in_a_workflow(tmp_path, store, stream, lines):
    if "/dev/full" in stream and not Path("/dev/full").exists():
        pytest.skip("there is no full device here")
    done = run(PYTHON, tmp_path, f"gh-store get none --store s.db {stream}", GITHUB_ACTIONS="true")
    assert (done.returncode, len(done.stderr.splitlines())) == (3, lines)


def test_an_empty_name_of_a_store_is_no_other_store(tmp_path, warm):
    for command in ("create a '{}'", "list"):
        done = run(warm, tmp_path, f"gh-store {command} --store ''")
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 2)
    assert run(warm, tmp_path, "gh-store init --workflows ''").returncode == 2
    assert not {"gh-store.db", ".github"} & {each.name for each in tmp_path.iterdir()}


BOM = r"\xef\xbb\xbf"


@pytest.mark.parametrize("before", [BOM, rf"{BOM} \n", rf" \n{BOM}", rf"\r\n{BOM}\t"])
def test_a_byte_order_mark_before_or_behind_white_space(tmp_path, store, before, warm):
    for command in ("update a - --process", "update a --from-file <(cat) --process"):
        done = run(warm, tmp_path, f"printf '{before}{{\"n\": 2}}' | gh-store {command} --store s.db")
        assert done.returncode == 0, done.stderr
    done = run(
        warm,
        tmp_path,
        f"""printf '{before}{{"id": "x", "document": {{}}}}\\n{BOM}\\n' | gh-store import - --store s.db""",
    )
    assert done.returncode == 0, done.stderr
    assert store.get("x").data == {}


def test_a_local_failure_is_never_a_backend_that_is_down(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        files.write(tmp_path / "file" / "below", ["x"])
    with pytest.raises(ConfigurationError, match=os.strerror(errno.ENAMETOOLONG)):
        files.write(tmp_path / ("x" * 300), ["x"])
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ConfigurationError, match=os.strerror(errno.ELOOP)):
        files.write(tmp_path / "loop", ["x"])
    with socket.socket(socket.AF_UNIX) as listening:
        os.chdir(tmp_path)  # names of sockets are short
        listening.bind("socket")
        with pytest.raises(ConfigurationError, match="cannot be written"):
            files.write(tmp_path / "socket", ["x"])
    long = tmp_path / ("y" * 250)
    files.write(long, ["as long as a name may be"])
    assert long.read_text()


def test_several_writers_at_once_leave_the_whole_text_of_one(tmp_path):
    file, failed = tmp_path / "s.json", []
    began, last = threading.Event(), threading.Event()

    def slow():
        yield "slow"
        began.set()
        assert last.wait(10)
        yield "er"

    thread = threading.Thread(target=lambda: files.write(file, slow()))
    thread.start()
    assert began.wait(10)
    files.write(file, ["x"])
    assert file.read_text() == "x"
    last.set()
    thread.join(10)
    assert file.read_text() == "slower"

    def often(text):
        try:
            for _ in range(30):
                files.write(file, [text] * 100)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the failure
            failed.append(error)

    threads = [threading.Thread(target=often, args=(text,)) for text in "ab"]
    program = "import sys; from pathlib import Path; from gh_store import files\nfor _ in range(30): files.write(Path(sys.argv[1]), ['c'] * 100)"
    other = subprocess.Popen([sys.executable, "-c", program, file], env={**os.environ, "PYTHONPATH": str(ROOT)})
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert other.wait(60) == 0
    assert failed == []
    assert file.read_text() in {letter * 100 for letter in "abc"}
    assert [each.name for each in tmp_path.iterdir()] == ["s.json"]


def test_what_fails_in_the_middle_leaves_the_old_file(tmp_path):
    file = tmp_path / "s.json"
    file.write_text("old")

    def pieces():
        yield "new"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        files.write(file, pieces())
    assert file.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["s.json"]


def test_modes_are_kept(tmp_path):
    file = tmp_path / "s.json"
    for mode in (0o600, 0o664, 0o755):
        file.write_text("old")
        file.chmod(mode)
        files.write(file, ["new"])
        assert stat.S_IMODE(file.stat().st_mode) == mode
    before = os.umask(0o027)
    try:
        files.write(tmp_path / "new", ["x"])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("mode", "owner", "followed"),
    [(0o755, 0, True), (0o777, 0, False), (0o1777, 0, True), (0o775, 0, True), (0o1777, 65534, False), (0o775, 65534, False)],
)  # fmt: skip
def test_a_link_is_followed_only_if_nobody_else_can_have_put_it_there(tmp_path, mode, owner, followed):
    folder, target = tmp_path / "folder", tmp_path / "target"
    folder.mkdir()
    target.write_text("old")
    link = folder / "link"
    link.symlink_to(target)
    (folder / "further").symlink_to("link")
    (folder / "inside").symlink_to(tmp_path)
    if owner:
        if not is_root:
            pytest.skip("only root gives links away")
        for each in folder.iterdir():
            os.lchown(each, owner, owner)
    folder.chmod(mode)
    for path in (link, folder / "further", folder / "inside" / "target"):
        target.write_text("old")
        if followed:
            files.write(path, ["new"])
        else:
            with pytest.raises(ConfigurationError, match="not followed"):
                files.write(path, ["new"])
        assert target.read_text() == ("new" if followed else "old")
    assert link.is_symlink()
