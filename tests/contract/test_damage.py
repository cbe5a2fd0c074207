"""
What a person can do on GitHub's pages, and what becomes of it: verify names it, a sweep or a repair mends what is derived.

The table in docs/guarantees.md is held against this one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from places import ROOT
from world import World

from gh_store import ObjectExists, ObjectNotFound, RateLimited, wire

STATE = {"n": 3, "m": {"k": None}}
OTHER = {"untouched": True}


def prepare(world: World, author: str = "owner") -> None:
    store = world.near()
    if author == "owner":
        store.create("thing", {"n": 1})
    else:
        world.user(author, "write")
        world.store(author).create("thing", {"n": 1})
        world.settle()
    store.update("thing", {"m": {"k": None}}, "append")
    store.update("thing", [{"op": "replace", "path": "/n", "value": 3}], "patch")
    store.process_pending()
    world.backend("stranger").create_comment(1, "talk")
    world.near().process_pending()
    store.create("other", OTHER)
    store.create("old", {"life": 1})
    store.delete("old")


@dataclass(frozen=True)
class Deed:
    """
    Attributes:
        do: What the person does.
        verify: The kinds of what verify finds then.
        swept: True if a sweep mends all of it; else repair does.
        after: The state in the end, None if there is no object any more.
        left: What verify finds when all is mended.
        author: Who created the object.
    """

    do: Callable[[World], object]
    verify: tuple[str, ...] = ()
    swept: bool = True
    after: object = None
    left: tuple[str, ...] = ()
    author: str = "owner"


def event(world: World, index: int) -> int:
    return world.comments(1)[index].id


def page(world: World):
    return world.backend()


def title(world: World, old: str, new: str) -> None:
    before = world.issue(1).title
    assert re.search(old, before)
    page(world).edit_issue(1, title=re.sub(old, new, before))


def second(world: World) -> None:
    issue = world.issue(1)
    page(world).create_issue(issue.title, issue.body, [label.name for label in issue.labels])


def labelled(world: World) -> None:
    """A stranger's issue that looks like an object, which a triager gives the labels of one."""
    world.user("triager", "triage")
    number = world.backend("stranger").create_issue(world.issue(1).title, world.issue(1).body, []).number
    for label in ("gh-store", "stored-object", "UID:thing"):
        world.backend("triager").add_label(number, label)


def forged(world: World) -> None:
    """Another state with a checksum that fits, by the author, who has no right any more."""
    leaver = world.user("leaver", "read")
    title = wire.read_title(world.issue(1).title, ["UID:thing"], "UID:")
    at, data = title.checkpoint, {"n": "forged"}
    assert at is not None
    leaver.edit_issue(
        1, title=wire.write_title("thing", 9, at.time, at.watermark, at.comments, data), body=wire.write_body(data)
    )


def pending(world: World) -> object:
    return page(world).create_comment(1, '{"n": 4}')


DEEDS = {
    "edits a comment that was applied": Deed(
        lambda w: page(w).edit_comment(event(w, 1), '{"m": {"k": 7}}'), ("changed",), after=STATE, left=("changed",)),
    "deletes a comment that was applied": Deed(
        lambda w: page(w).delete_comment(event(w, 1)), ("changed", "pending"), after=STATE, left=("changed",)),
    "deletes the first comment": Deed(
        lambda w: page(w).delete_comment(event(w, 0)), ("changed", "pending"), after=STATE, left=("changed",)),
    "deletes talk": Deed(lambda w: page(w).delete_comment(event(w, 3)), ("pending",), after=STATE),
    "edits a comment that is pending": Deed(
        lambda w: (pending(w), page(w).edit_comment(event(w, 4), '{"n": 5}')), ("pending",), after={**STATE, "n": 5},
        left=("changed",)),
    "deletes a comment that is pending": Deed(
        lambda w: (pending(w), page(w).delete_comment(event(w, 4))), after=STATE),
    "edits the body, as JSON": Deed(
        lambda w: page(w).edit_issue(1, body='{"n": 4, "m": {"k": null}}'), ("state",), after={**STATE, "n": 4}),
    "writes prose into the body": Deed(lambda w: page(w).edit_issue(1, body="Hello!"), ("state",), after=STATE),
    "replaces the title": Deed(lambda w: page(w).edit_issue(1, title="Hello!"), ("title",), after=STATE),
    "changes the version in the title": Deed(lambda w: title(w, r"\[v3", "[v7"), ("title",), after=STATE),
    "changes the id in the title": Deed(lambda w: title(w, "thing", "other"), ("title",), after=STATE),
    "replaces title and body": Deed(
        lambda w: page(w).edit_issue(1, title="Hello!", body="Hello!"), ("state", "title"), after=STATE),
    "takes the base label off": Deed(
        lambda w: page(w).remove_label(1, "stored-object"), ("labels",), swept=False, after=STATE),
    "takes the base label off, and edits the body": Deed(
        lambda w: (page(w).remove_label(1, "stored-object"), page(w).edit_issue(1, body='{"n": 4}')),
        ("labels",),
        swept=False,
        left=("labels",),
    ),
    "takes the UID label off": Deed(
        lambda w: page(w).remove_label(1, "UID:thing"), ("labels",), swept=False, after=STATE),
    "takes the label gh-store off": Deed(
        lambda w: page(w).remove_label(1, "gh-store"), ("labels",), swept=False, after=STATE),
    "takes all labels off": Deed(
        lambda w: [page(w).remove_label(1, label.name) for label in w.issue(1).labels], ("labels",), swept=False, after=STATE),
    "takes all labels off, and edits the body": Deed(
        lambda w: (
            [page(w).remove_label(1, label.name) for label in w.issue(1).labels],
            page(w).edit_issue(1, body='{"n": 4}'),
        ),
        ("labels",),
        swept=False,
        left=("labels",),
    ),
    "deletes the base label": Deed(
        lambda w: page(w).delete_label("stored-object"), ("labels", "labels"), swept=False, after=STATE),
    "deletes the UID label": Deed(lambda w: page(w).delete_label("UID:thing"), ("labels",), swept=False, after=STATE),
    "takes `archived` off a deleted object": Deed(
        lambda w: page(w).remove_label(3, "archived"), ("labels",), swept=False, after=STATE),
    "deletes the label `archived`": Deed(lambda w: page(w).delete_label("archived"), ("labels",), swept=False, after=STATE),
    "puts `archived` on": Deed(lambda w: page(w).add_label(1, "archived"), ("pending",)),
    "takes a receipt back": Deed(
        lambda w: page(w).remove_reaction(event(w, 1), "+1"), ("receipts",), swept=False, after=STATE),
    "reacts": Deed(lambda w: w.backend("stranger").add_reaction(event(w, 1), "confused"), after=STATE),
    "closes the issue, with an event pending": Deed(
        lambda w: (pending(w), page(w).edit_issue(1, open=True), page(w).edit_issue(1, open=False)),
        ("pending",), after={**STATE, "n": 4}),
    "reopens the issue": Deed(lambda w: page(w).edit_issue(1, open=True), ("pending",), after=STATE),
    "locks the issue": Deed(lambda w: page(w).lock_issue(1), ("locked",), after=STATE, left=("locked",)),
    "transfers the issue": Deed(
        lambda w: page(w).transfer_issue(1, "x/y/issues/5"), ("gone",), left=("gone",)),
    "converts the issue to a discussion": Deed(
        lambda w: page(w).delete_issue(1, "converted to a discussion"), ("gone",), left=("gone",)),
    "deletes the issue": Deed(lambda w: page(w).delete_issue(1), ("gone",), left=("gone",)),
    "opens an issue with all of an object's labels": Deed(second, ("duplicates",), swept=False, after=STATE),
    "opens an issue that looks like an object's, without the right to label": Deed(
        lambda w: w.backend("stranger").create_issue(w.issue(1).title.replace("thing", "evil"), w.issue(1).body,
                                                     ["gh-store", "stored-object", "UID:evil"]), after=STATE),
    "hides a comment that was applied": Deed(  # a change of the comment without a change of its text
        lambda w: page(w).edit_comment(event(w, 1), w.comments(1)[1].body), ("changed",), after=STATE, left=("changed",)),
    "edits the description of a UID label": Deed(
        lambda w: page(w).edit_label("UID:thing", "mine"), ("pending",), after=STATE, author="leaver"),
    "opens an issue, and has it labelled as an object": Deed(
        labelled, ("unconfirmed",), after=STATE, left=("unconfirmed",)),
    "created an object, and leaves": Deed(lambda w: w.user("leaver", "read"), after=STATE, author="leaver"),
    "created an object, leaves, and overwrites title and body": Deed(forged, ("forged",), after=STATE, author="leaver"),
}  # fmt: skip  # a deed, what verify says, and what is in the end


def kinds(world: World) -> tuple[str, ...]:
    seen = world.store().verify()
    return tuple(sorted(finding.kind.value for finding in (*seen.damage, *seen.pending, *seen.suspected)))


def said(world: World):
    """Every event that is there, by its text."""
    comments = [comment for issue in world.issues() for comment in world.comments(issue.number)]
    return {c.body for c in comments if wire.read_event(c.body, position=c.id, time=c.created_at) is not None}


@pytest.mark.parametrize(
    "deed",
    [
        pytest.param(
            deed,
            id=name,
            marks=[pytest.mark.breaks_stores("verify goes on to tell of it")] if deed.left == ("unconfirmed",) else [],
        )
        for name, deed in DEEDS.items()
    ],
)
def test_what_a_person_does_on_the_pages(world, deed):
    prepare(world, deed.author)
    world.settle()
    backup = list(world.near().export())
    assert kinds(world) == ()
    deed.do(world)
    world.settle()
    events = said(world)
    assert kinds(world) == tuple(sorted(deed.verify))
    assert all(finding.remedy for finding in world.store().verify().suspected)
    told = world.store().repair(dry_run=True)
    assert kinds(world) == tuple(sorted(deed.verify)), "a dry run changes nothing"
    world.store().process_pending()
    world.settle()
    if deed.swept:
        assert kinds(world) == tuple(sorted(deed.left))
    done = world.store().repair()
    assert [each.error for each in done] == [None] * len(done)
    if not deed.swept:
        assert [(e.issue_number, e.doing) for e in done] == [(e.issue_number, e.doing) for e in told]
    world.settle()
    assert kinds(world) == tuple(sorted(deed.left))
    assert world.store().repair() == []
    assert events <= said(world), "no event is lost"
    store = world.store()
    assert store.get("other").data == OTHER
    with pytest.raises(ObjectNotFound):
        store.get("old")
    if deed.after is not None:
        assert wire.canonical(store.get("thing").data) == wire.canonical(deed.after)
        return
    with pytest.raises(ObjectNotFound):
        store.get("thing")
    results = {each.object_id: each for each in store.import_from(backup)}  # what can restore it
    assert results["thing"].made
    assert isinstance(results["other"].error, ObjectExists)
    world.settle()
    assert wire.canonical(world.store().get("thing").data) == wire.canonical(STATE)
    assert kinds(world) == ()


def test_how_many_comments_are_gone_is_told(calm):
    prepare(calm)
    calm.backend().delete_comment(event(calm, 1))
    calm.backend().delete_comment(event(calm, 1))
    [finding] = calm.store().verify("thing").suspected
    assert "(2 comments fewer than the last commit knew)" in finding.found


@pytest.mark.breaks_stores("labels were taken off")
def test_a_limit_that_is_not_waited_out_ends_the_work(calm):
    prepare(calm)
    for number in (1, 2):
        calm.backend().remove_label(number, "stored-object")
    lines = ['{"id": "new", "document": {}}\n', '{"id": "newer", "document": {}}\n']

    def cut(index, verb):
        if verb in ("add_label", "create_label"):
            raise RateLimited("enough")

    calm.faults.cut = cut
    for verb in (lambda: calm.store().repair(), lambda: calm.store().import_from(lines)):
        assert [type(each.error) for each in verb()] == [RateLimited], "and the second is not even tried"


def test_the_guarantees_page_has_the_same_table():
    text = (ROOT / "docs" / "guarantees.md").read_text("utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| … ")
    ]
    assert [row[0].removeprefix("… ") for row in rows] == list(DEEDS)
    for row, deed in zip(rows, DEEDS.values(), strict=True):
        assert tuple(sorted(re.findall(r"`(\w+)`", row[1]))) == tuple(sorted(set(deed.verify))), row
