"""What the port of the cache promises, on SQLite and on Valkey."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gh_store.serve.cache import Cache, Held, Kept
from gh_store.serve.cache.opening import opened
from gh_store.serve.model import Cursor, Model, Observation, Row, new_generation

GENERATION = "0123456789abcdef"


@pytest.fixture(params=["sqlite", "valkey"])
def place(request, tmp_path):
    """Where caches are: a folder, or the address of a server."""
    return str(tmp_path / "cache") if request.param == "sqlite" else request.getfixturevalue("valkey").address


@pytest.fixture
def cache(place):
    with closing(opened(place, "api.github.com/owner/name")) as cache:
        yield cache


def seen(object_id="a", issue=1, at=100, version=1, text="{}", *, settled=True) -> Observation:
    return Observation(object_id, issue, at, version if text is not None else 0, text, settled)


def begun(cache: Cache) -> Model:
    return cache.begin(GENERATION)


# --- one thing at a time --------------------------------------------------------------------------


def test_there_is_no_model_before_it_begins_and_then_it_is_empty(cache):
    assert cache.model() is None
    assert begun(cache) == cache.model() == Model(Cursor(GENERATION, 0))
    assert cache.begin(new_generation()) == cache.model()
    assert (cache.row("a"), cache.row_of_issue(1), list(cache.rows("", "", 10))) == (None, None, [])
    assert cache.changes(Cursor(GENERATION, 0), 10) == []


def test_a_newer_observation_wins_and_an_older_one_changes_nothing(cache):
    begun(cache)
    first = cache.keep(GENERATION, seen(at=100, version=1), 1000.0)
    assert first == Kept(Row(seen(at=100, version=1), 1, 1000.0), changed=True)
    assert cache.row("a") == cache.row_of_issue(1) == first.row
    newer = cache.keep(GENERATION, seen(at=101, version=2, text='{"n": 2}'), 1001.0)
    assert newer == Kept(Row(seen(at=101, version=2, text='{"n": 2}'), 2, 1001.0), changed=True)
    assert cache.keep(GENERATION, seen(at=100, version=1), 1002.0) == replace(newer, changed=False)
    assert cache.row("a") == newer.row


def test_the_same_text_confirms_and_takes_no_position(cache):
    begun(cache)
    cache.keep(GENERATION, seen(at=100), 1000.0)
    again = cache.keep(GENERATION, seen(at=105), 1010.0)
    assert again == Kept(Row(seen(at=105), 1, 1010.0), changed=False)
    assert cache.keep(GENERATION, seen(at=105), 1005.0).row.confirmed == 1010.0
    assert cache.model().cursor.position == 1


def test_what_is_deleted_is_no_object_but_a_change(cache):
    begun(cache)
    cache.keep(GENERATION, seen(), 1000.0)
    cache.keep(GENERATION, seen(at=101, text=None), 1001.0)
    assert cache.model() == Model(Cursor(GENERATION, 2), 0)
    assert list(cache.rows("", "", 10)) == []
    assert [each.seen.deleted for each in cache.changes(Cursor(GENERATION, 0), 10)] == [True]
    assert cache.row("a").seen.deleted
    assert not cache.keep(GENERATION, seen(at=100), 1002.0).changed
    assert cache.keep(GENERATION, seen(at=102, version=3), 1003.0).changed
    assert cache.model().objects == 1


def test_another_issue_that_claims_an_id_is_looked_up(cache):
    begun(cache)
    kept = cache.keep(GENERATION, seen(issue=1), 1000.0)
    with pytest.raises(Held) as met:
        cache.keep(GENERATION, seen(issue=2, at=200), 1001.0)
    assert met.value.row == cache.row("a") == kept.row
    late = cache.keep(GENERATION, seen(issue=2, at=50, text="[]"), 1001.0, over=kept.row.position)
    assert late == Kept(Row(seen(issue=2, at=50, text="[]"), 2, 1001.0), changed=True)
    assert (cache.row_of_issue(1), cache.row_of_issue(2)) == (None, late.row)


def test_an_issue_that_has_another_id_now_has_lost_the_one_before(cache):
    begun(cache)
    kept = cache.keep(GENERATION, seen("a"), 1000.0)
    with pytest.raises(Held) as met:
        cache.keep(GENERATION, seen("b", at=101), 1001.0)
    assert met.value.row == kept.row
    cache.keep(GENERATION, seen("a", at=101, text=None), 1001.0, over=kept.row.position)
    assert cache.keep(GENERATION, seen("b", at=101), 1001.0).changed
    assert cache.row_of_issue(1).seen.object_id == "b"


def test_what_was_looked_up_is_not_kept_over_what_came_meanwhile(cache):
    begun(cache)
    kept = cache.keep(GENERATION, seen(), 1000.0, over=0)
    assert kept.changed
    assert cache.keep(GENERATION, seen(issue=2, at=300), 1000.0, over=0) == replace(kept, changed=False)
    assert cache.keep(GENERATION, seen(issue=2, at=300), 1000.0, over=7) == replace(kept, changed=False)
    assert cache.keep(GENERATION, seen("b", issue=2), 1000.0, over=7) is None


def test_a_list_confirms_and_never_goes_back(cache):
    begun(cache)
    cache.listed(GENERATION, 500, 1000.0)
    cache.listed(GENERATION, 400, 900.0)
    assert cache.model() == Model(Cursor(GENERATION, 0), since=500, listed=1000.0)
    assert cache.completed(GENERATION, 450, 1100.0)
    assert cache.model() == Model(Cursor(GENERATION, 0), complete=True, since=500, listed=1100.0, completed=1100.0)


def test_nothing_is_kept_for_a_generation_that_is_over(cache):
    begun(cache)
    over = "f" * 16
    assert cache.keep(over, seen(), 1000.0) is None
    assert not cache.completed(over, 1, 1000.0)
    cache.listed(over, 1, 1000.0)
    assert cache.changes(Cursor(over, 0), 10) is None
    assert cache.model() == Model(Cursor(GENERATION, 0))


def test_ids_are_in_the_order_of_their_code_points(cache):
    begun(cache)
    ids = ["", "a", "a b", "a\nb", "a{b}", "a}", "ab", "b", "é", "\ue000", "\uffff", "😀", "\U0010ffff", "a\ud800"]
    for number, object_id in enumerate(random.Random(1).sample(ids, len(ids))):
        cache.keep(GENERATION, seen(object_id, number + 1), 1000.0)
    told = sorted(ids)
    assert [each.seen.object_id for each in cache.rows("", "", 100)] == told[1:]  # none comes after itself
    assert [each.seen.object_id for each in cache.rows("a", "", 100)] == [each for each in told if each[:1] == "a"]
    for at, object_id in enumerate(told):
        assert [each.seen.object_id for each in cache.rows("", object_id, 2)] == told[at + 1 : at + 3]
        assert cache.row(object_id).seen.object_id == object_id


def test_notes_are_kept_and_replaced(cache):
    assert cache.noted("a", "history") is None
    cache.note("a", "history", "1", "é\0\n")
    cache.note("a b", "history", "2", "")
    cache.note("a", "b history", "3", "x")
    assert cache.noted("a", "history") == ("1", "é\0\n")
    cache.note("a", "history", "2", "y")
    assert [cache.noted("a", "history"), cache.noted("a b", "history"), cache.noted("a", "b history")] == [
        ("2", "y"), ("2", ""), ("3", "x"),
    ]  # fmt: skip  # a list


def test_numbers_of_issues_may_be_larger_than_any_column(cache):
    begun(cache)
    assert cache.row_of_issue(2**64) is None


# --- several at once ------------------------------------------------------------------------------


def test_threads_and_instances_agree_about_what_is_newest_and_about_each_position(place):
    told = [
        seen(f"object-{number}", number, at, at, f'"{at}"' if at % 3 else None)
        for number in range(1, 9)
        for at in range(100, 112)
    ]
    with ExitStack() as stack, ThreadPoolExecutor(4) as threads:
        first = stack.enter_context(closing(opened(place, "one")))
        second = first if "://" not in place else stack.enter_context(closing(opened(place, "one")))
        begun(first)

        def keep(seed: int) -> list[Kept]:
            cache = (first, second)[seed % 2]
            each = [cache.keep(GENERATION, one, 1000.0) for one in random.Random(seed).sample(told, len(told))]
            return [kept for kept in each if kept is not None and kept.changed]

        changed = [kept for each in threads.map(keep, range(4)) for kept in each]
        assert sorted(kept.row.position for kept in changed) == list(range(1, len(changed) + 1))
        newest = [seen(f"object-{number}", number, 111, 111, None) for number in range(1, 9)]
        assert [first.row(one.object_id).seen for one in newest] == newest
        assert second.model() == Model(Cursor(GENERATION, len(changed)), 0)
        positions = [row.position for row in second.changes(Cursor(GENERATION, 0), 100) or ()]
        made = {
            kept.row.seen.object_id: kept.row.position for kept in sorted(changed, key=lambda kept: kept.row.position)
        }
        assert positions == sorted(made.values())


# --- against a model of the model -----------------------------------------------------------------


@dataclass
class Pure:
    """The port, as a few dicts."""

    generation: str | None = None
    position: int = 0
    complete: bool = False
    since: int = 0
    listed: float = 0.0
    completed: float = 0.0
    held: dict[str, Row] = field(default_factory=dict)
    made: dict[int, str] = field(default_factory=dict)

    def model(self):
        if self.generation is None:
            return None
        objects = sum(not row.seen.deleted for row in self.held.values())
        cursor = Cursor(self.generation, self.position)
        return Model(cursor, objects, self.complete, self.since, self.listed, self.completed)

    def begin(self, generation):
        if self.generation is None:
            self.generation = generation
        return self.model()

    def row(self, object_id):
        return self.held.get(object_id)

    def row_of_issue(self, number):
        row = self.held.get(self.made.get(number, ""))
        return row if row is not None and row.seen.issue_number == number else None

    def rows(self, prefix, after, limit):
        chosen = sorted(each for each in self.held if each.startswith(prefix) and each > after)
        return [self.held[each] for each in chosen if not self.held[each].seen.deleted][:limit]

    def keep(self, generation, seen, now, *, over=None):
        if generation != self.generation:
            return None
        held, former = self.row(seen.object_id), self.row_of_issue(seen.issue_number)
        if over is None:
            if held is not None and held.seen.issue_number != seen.issue_number:
                raise Held(held)
            if former is not None and not former.seen.deleted and former.seen.object_id != seen.object_id:
                raise Held(former)
        same_or_newer = held is None or seen.order >= held.seen.order
        if not same_or_newer if over is None else over != (held.position if held else 0):
            return Kept(held, changed=False) if held else None
        changed = held is None or held.seen.text != seen.text
        self.position += changed
        confirmed = now if changed else max(now, held.confirmed)
        self.held[seen.object_id] = Row(seen, self.position if changed else held.position, confirmed)
        self.made[seen.issue_number] = seen.object_id
        return Kept(self.held[seen.object_id], changed)

    def listed_(self, generation, since, now):
        if generation != self.generation:
            return False
        self.since, self.listed = max(since, self.since), max(now, self.listed)
        return True

    def completed_(self, generation, since, now):
        if not self.listed_(generation, since, now):
            return False
        self.complete, self.completed = True, max(now, self.completed)
        return True

    def changes(self, after, limit):
        if after.generation != self.generation:
            return None
        told = sorted(self.held.values(), key=lambda row: row.position)
        return [row for row in told if row.position > after.position][:limit]


IDS = st.sampled_from(["a", "a b", "a\nb", "é", "😀", "\uffff", "{a}"])
GENERATIONS = st.sampled_from([GENERATION] * 5 + ["f" * 16])
SEEN = st.builds(
    seen, IDS, st.integers(1, 4), st.integers(100, 103), st.integers(1, 3), st.sampled_from(["{}", "[]", "é\n", None]),
    settled=st.booleans(),
)  # fmt: skip  # a call
NOW = st.floats(1000, 1100)
STEP = st.one_of(
    st.tuples(st.just("keep"), GENERATIONS, SEEN, NOW, st.none() | st.integers(-1, 3)),
    st.tuples(st.just("keep"), GENERATIONS, SEEN, NOW, st.none()),
    st.tuples(st.just("listed"), GENERATIONS, st.integers(0, 200), NOW),
    st.tuples(st.just("completed"), GENERATIONS, st.integers(0, 200), NOW),
    st.tuples(st.just("begin"), GENERATIONS),
)


def kept_by(cache: Cache | Pure, *args, over) -> object:
    try:
        return cache.keep(*args, over=over)
    except Held as held:
        return held.row


def compare(cache: Cache, pure: Pure) -> None:
    model = pure.model()
    assert cache.model() == model
    for object_id in ("a", "a b", "a\nb", "é", "😀", "\uffff", "{a}"):
        assert cache.row(object_id) == pure.row(object_id)
        assert list(cache.rows("a", object_id, 2)) == pure.rows("a", object_id, 2)
        assert list(cache.rows("", object_id, 3)) == pure.rows("", object_id, 3)
    for number in range(1, 5):
        assert cache.row_of_issue(number) == pure.row_of_issue(number)
    if model is not None:
        for position in range(model.cursor.position + 2):
            after = replace(model.cursor, position=position)
            assert list(cache.changes(after, 3) or ()) == pure.changes(after, 3)


def applied(cache: Cache, pure: Pure, steps) -> None:
    for verb, generation, *others in steps:
        if verb == "keep":
            kept, now, over = others
            if over is not None:
                over = pure.row(kept.object_id).position if over < 0 and pure.row(kept.object_id) else max(over, 0)
            ours, theirs = (kept_by(each, generation, kept, now, over=over) for each in (cache, pure))
        elif verb == "begin":
            ours, theirs = cache.begin(generation), pure.begin(generation)
        else:
            ours = getattr(cache, verb)(generation, *others)
            theirs = getattr(pure, f"{verb}_")(generation, *others)
            theirs = None if verb == "listed" else theirs
        assert ours == theirs


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=25))
def test_any_sequence_is_what_a_few_dicts_make_of_it(place, steps):
    with closing(opened(place, new_generation())) as cache:
        pure = Pure()
        applied(cache, pure, [("begin", GENERATION), *steps])
        compare(cache, pure)
