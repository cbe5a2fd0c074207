"""
What people without rights do while programs meet: ada has left, tess may label, sam may comment and nothing else.

Nothing that they invent ("evil") is ever read, and nothing that others wrote is lost.
"""

import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from schedule import Program
from stage import Page, Scenario, Stage

from gh_store import IntegrityError, ObjectNotFound, Store, wire
from gh_store.domain.events import Draft, Place
from gh_store.domain.findings import Kind
from gh_store.domain.issues import Comment

By = Callable[[str | None], Page]
PATCH = [{"op": "test", "path": "/n", "value": 9}]
"""An event that is rejected."""
EVIL = {"evil": 1}


# --- a leaver ---------------------------------------------------------------------------------------


def forged(page: Page, number: int) -> None:
    """Write a head of one's own, whose checksum fits, as of the last commit."""
    issue = page.get_issue(number)
    at = wire.read_title(issue.title, [label.name for label in issue.labels], "UID:").checkpoint
    assert at is not None
    title = wire.write_title(
        "thing", at.version + 1, at.time, at.watermark, issue.comments, EVIL, after=at.after, retired=at.retired
    )
    page.edit_issue(number, title=title, body=wire.write_body(EVIL))


def opened_by_ada(stage: Stage) -> tuple[str, str]:
    """An object that ada opened, with events of hers that were applied, and that are pending; its head before them."""
    stage.begin("ada")
    old = stage.world.issue()
    hers = Store(stage.world.backend("ada"), stage.world.config, sleep=stage.world.clock.sleep)
    hers.update("thing", {"ada": 1}, process=True)
    hers.update("thing", {"later": 1})
    stage.world.near().update("thing", {"a": 1})
    stage.written.append("a")
    return old.title, old.body


def leave(stage: Stage, by: By) -> Page:
    by(None).set_role("ada", "read")
    stage.world.clock.sleep(3601)  # so long may a program that runs believe that she may write
    return by("ada")


def a_leaver_who_writes_heads(stage: Stage) -> list[Program]:
    """One that she made up, and a genuine old one, at any moment after she left."""
    title, body = opened_by_ada(stage)

    def act(by: By) -> None:
        page = leave(stage, by)
        forged(page, 1)
        page.edit_issue(1, title=title, body=body)

    return [stage.processor(), stage.person("ada", act), stage.writer("b"), stage.reader()]


def a_leaver_and_who_may_not_ask(stage: Stage) -> list[Program]:
    """One of two processors seals late, and then is dead."""
    opened_by_ada(stage)

    def act(by: By) -> None:
        page = leave(stage, by)
        forged(page, 1)
        page.create_comment(1, wire.canonical(EVIL))

    stage.to_repair = {Kind.RECEIPTS}  # hers: no run asks for the receipts of who does not count
    slow = stage.processor("slow", cut="edit_label after for good")
    return [slow, stage.processor(), stage.person("ada", act), stage.outsider()]


def alter(page: Page) -> None:
    """Edit what she wrote, whether it was applied or not, and delete the last of it."""
    hers = [comment for comment in page.list_comments(1, 1).comments if by_ada(comment)]
    for comment in hers[1:]:
        page.edit_comment(comment.id, wire.canonical(EVIL))
    page.delete_comment(hers[-1].id)


def by_ada(comment: Comment) -> bool:
    return comment.author is not None and comment.author.login == "ada"


def a_leaver_who_alters_her_comments(stage: Stage) -> list[Program]:
    """The head is as it was, so whatever was applied stays."""
    opened_by_ada(stage)
    stage.altered = True
    stage.blind += 1
    stage.at_last.append(woken)

    def act(by: By) -> None:
        alter(leave(stage, by))

    return [stage.processor(), stage.person("ada", act), stage.writer("b"), stage.reader()]


def woken(near: Store) -> None:
    """The run that the deletion of a comment wakes."""
    with suppress(IntegrityError):  # the sweep tells
        near.process_updates(1)


def a_leaver_who_alters_all(stage: Stage) -> list[Program]:
    """Head and comments: this object alone may become unreadable, and is never wrong."""
    opened_by_ada(stage)
    stage.world.near().create("other", {"n": 0})
    stage.altered = stage.unreadable = True
    stage.blind += 1
    stage.at_last.append(woken)

    def act(by: By) -> None:
        page = leave(stage, by)
        forged(page, 1)
        alter(page)

    return [stage.processor(), stage.person("ada", act), stage.writer("b"), stage.reader(), stage.outsider()]


def a_leaver_and_movers(stage: Stage) -> list[Program]:
    """She overwrites the issue that the object leaves, while it leaves and afterwards, and what is written there."""
    opened_by_ada(stage)
    stage.world.config = replace(stage.world.config, log_max_events=3)

    def act(by: By) -> None:
        page = leave(stage, by)
        forged(page, 1)
        page.create_comment(1, wire.canonical(EVIL))
        forged(page, 1)

    return [
        stage.processor("one"),
        stage.person("ada", act),
        stage.knowing("b"),
        stage.processor("two"),
        stage.reader(),
    ]


# --- a triager ----------------------------------------------------------------------------------------


def labelled(by: By, number: int) -> None:
    for label in ("gh-store", "stored-object", "UID:thing"):
        by("tess").add_label(number, label)


def a_triager_who_labels_a_second_object(stage: Stage) -> list[Program]:
    """A stranger's issue that looks like the object in everything."""
    return labelling(stage)


def a_triager_who_labels_a_successor(stage: Stage) -> list[Program]:
    """A stranger's issue that says it continues the object, which is about to be continued."""
    stage.world.config = replace(stage.world.config, log_max_events=3)
    return labelling(stage, Place(1, stage.world.comments()[0].id))


def labelling(stage: Stage, after: Place | None = None) -> list[Program]:
    world = stage.world
    world.user("tess", "triage")
    world.near().update("thing", {"a": 1})
    world.near().update("thing", PATCH, "patch")
    stage.written.append("a")
    issue = world.issue()
    title = wire.write_title("thing", 1, issue.created_at, 0, 1, EVIL, after=after)
    number = world.backend("sam").create_issue(title, wire.write_body(EVIL), []).number
    stage.unconfirmed.add(number)

    def act(by: By) -> None:
        draft = Draft(EVIL, f"create-{number}", attempt=2, initial_of="thing")
        by("sam").create_comment(number, wire.write_event(draft, issue_number=number, time=issue.created_at))
        labelled(by, number)
        by("tess").edit_issue(number, open=False)

    return [stage.processor(), stage.person("tess", act), stage.writer("b", process=True), stage.reader()]


def a_triager_who_hides_the_object(stage: Stage) -> list[Program]:
    """The base label is off for a while: the object is not there, and then it is as it was."""
    stage.world.user("tess", "triage")
    stage.world.near().update("thing", {"a": 1})
    stage.written.append("a")

    def act(by: By) -> None:
        by("tess").remove_label(1, "stored-object")
        by("tess").add_label(1, "stored-object")

    return [stage.processor(), stage.person("tess", act), stage.writer("b"), stage.reader()]


def a_triager_who_deletes_the_object(stage: Stage) -> list[Program]:
    """That stays so until somebody takes it back; what was told before is in the history."""
    stage.world.user("tess", "triage")
    stage.world.near().update("thing", {"a": 1})
    stage.written.append("a")

    def act(by: By) -> None:
        by("tess").add_label(1, "archived")

    return [stage.processor(), stage.person("tess", act), stage.writer("b"), stage.sweeper()]


# --- a stranger ---------------------------------------------------------------------------------------


def copies(by: By, times: int) -> None:
    """Say again what was said last, word for word, and react to it as a processor would."""
    for _ in range(times):
        last = by("sam").list_comments(1, 1).comments[-1]
        by("sam").create_comment(1, last.body)
        for content in ("+1", "confused"):
            by("sam").add_reaction(last.id, content)


def a_copier_and_writers_that_are_cut(stage: Stage) -> list[Program]:
    stage.world.near().update("thing", PATCH, "patch")
    return [
        stage.person("sam", lambda by: copies(by, 3)),
        stage.writer("a", cut="create_comment before"),
        stage.writer("b", cut="create_comment after"),
        stage.processor(),
        stage.reader(),
    ]


def a_copier_and_movers_that_are_cut(stage: Stage) -> list[Program]:
    """He copies what is forwarded, and the issue that the object goes on in, which a triager labels."""
    world = stage.world
    world.user("tess", "triage")
    world.config = replace(world.config, log_max_events=3)
    world.near().update("thing", {"a": 1})
    world.near().update("thing", PATCH, "patch")
    stage.written.append("a")

    def act(by: By) -> None:
        copies(by, 1)
        newest = by("sam").list_issues(descending=True).issues[0]
        number = by("sam").create_issue(newest.title, newest.body, []).number
        stage.unconfirmed.add(number)
        labelled(by, number)

    return [
        stage.program("one", processed, cut="create_issue after"),
        stage.program("two", processed, cut="create_comment after"),
        stage.person("sam", act),
        stage.knowing("b", cut="create_comment after"),
    ]


def processed(store: Store) -> None:
    with suppress(ObjectNotFound):
        store.process_updates(1)


def a_copier_and_a_creator_that_is_cut(stage: Stage) -> list[Program]:
    stage.world.user("tess", "triage")

    def act(by: By) -> None:
        newest = by("sam").list_issues(descending=True).issues[0]
        number = by("sam").create_issue(newest.title, newest.body, []).number
        stage.unconfirmed.add(number)
        labels = itertools.chain(("gh-store", "stored-object"), (label.name for label in newest.labels))
        for label in dict.fromkeys(labels):
            by("tess").add_label(number, label)

    def create(store: Store) -> None:
        store.create("new", {"n": 1})

    return [
        stage.program("create", create, cut="create_issue after"),
        stage.person("sam", act),
        stage.sweeper(),
    ]


# --- who deletes what he may ------------------------------------------------------------------------


def a_colleague_who_deletes_between_pages(stage: Stage) -> list[Program]:
    """What is pending stands on two pages, and moves to the first while they are read."""
    world = stage.begin(talk=97)
    for key in "acd":
        world.near().update("thing", {key: 1})
    stage.written += "acd"
    stage.blind += 1
    stage.at_last.append(woken)
    talk = [comment.id for comment in world.comments()[1:98]]

    def act(by: By) -> None:
        for comment in (talk[0], talk[40], talk[-1]):
            by(None).delete_comment(comment)

    return [stage.processor("one"), stage.person("delete", act), stage.writer("b"), stage.processor("two")]


PEOPLE: list[Scenario] = [
    a_leaver_who_writes_heads,
    a_leaver_and_who_may_not_ask,
    a_leaver_who_alters_her_comments,
    a_leaver_who_alters_all,
    a_leaver_and_movers,
    a_triager_who_labels_a_second_object,
    a_triager_who_labels_a_successor,
    a_triager_who_hides_the_object,
    a_triager_who_deletes_the_object,
    a_copier_and_writers_that_are_cut,
    a_copier_and_movers_that_are_cut,
    a_copier_and_a_creator_that_is_cut,
    a_colleague_who_deletes_between_pages,
]
