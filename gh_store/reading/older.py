"""
An object that has no checkpoint: of an older store, or one whose title somebody replaced.

The body is the committed state, and receipts tell which comments it holds. What has none, by somebody who counts, is
pending wherever it stands, as the published package reads it. From the next commit on the log as a whole has to yield
the state, so whatever it lacks is appended to it as if a hand had written it.
"""

from collections.abc import Callable, Sequence

from gh_store import wire
from gh_store.access.authority import Authority
from gh_store.access.receipts import Receipts
from gh_store.domain.events import Event, Malformed
from gh_store.domain.exceptions import GitHubStoreError
from gh_store.domain.issues import Comment
from gh_store.domain.values import JsonObject, State
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.log.comments import Log
from gh_store.log.decide import Decision, decide
from gh_store.log.fold import Judge
from gh_store.reading.earlier import EarlierSegments
from gh_store.reading.edits import edit_id, find_edit
from gh_store.reading.values import Edit, Reading


def read_older(
    head: ObjectIssue, log: Log, earlier: EarlierSegments, authority: Authority, judge: Judge | None
) -> Reading:  # fmt: skip  # one line each: what it takes, what it yields
    """What an issue without a checkpoint, and its whole log, say together."""

    def counts(comment: Comment, event: Event | Malformed) -> bool:
        if authority.receipts.passed_over(comment, event):
            return False
        # Authority admitted the issue, and with it what its author began it with.
        begins = isinstance(event, Event) and event.begins and comment.author == head.issue.author
        return begins or authority.is_authorised(comment, event)

    refuses = authority.refuses(head)
    before = earlier.within_reach(log.comments, counts)
    shown = {comment.id for comment in log.comments if authority.receipts.shows(comment)}

    def judge_new(event: Event, data: JsonObject) -> GitHubStoreError | None:
        return judge(event, data) if judge is not None and event.position not in shown else None

    decisions = decide(log.comments, counts, refuses=refuses, earlier=before, judge=judge_new)

    def yields_body(held: set[int]) -> bool:
        def holds(comment: Comment, event: Event | Malformed) -> bool:
            return comment.id in held and counts(comment, event)

        def is_body(start: State | None) -> bool:
            folded = decide(log.comments, holds, start=start, earlier=before)
            return bool(folded) and wire.canonical(folded[-1].state.data) == wire.canonical(head.body)

        # From the beginning; or over the body itself, which a hand may have added to: what it holds changes nothing.
        over = State(1, head.issue.created_at, head.body, len(wire.write_body(head.body))) if head.body else None
        return head.status is Status.DELETED or is_body(None) or (over is not None and is_body(over))

    held = _held(decisions, authority.receipts, yields_body)
    known = tuple(decision for decision in decisions if decision.comment.id in held)
    pending = tuple(decision for decision in decisions if decision.comment.id not in held)
    start = State(1, head.issue.created_at, {}, 2)
    base, state = (decided[-1].state if decided else start for decided in (known, decisions))
    edit = None
    if authority.counts_author(head) and head.body is not None:
        kept = State(base.version, base.time, head.body, len(wire.write_body(head.body)))
        redone = decide(
            log.comments,
            lambda comment, event: comment.id not in held and counts(comment, event),
            start=kept,
            refuses=refuses,
            earlier=before,
            judge=judge_new,
        )
        wanted = redone[-1].state if redone else kept
        edit = find_edit(head, log, state.data, wanted.data, 0, authority)
        if edit is not None:
            state = State(state.version, state.time, wanted.data, wanted.size)
    elif head.body is None or wire.canonical(head.body) != wire.canonical(state.data):
        edit = Edit(edit_id(head, 0), state.data, head.body)
    ends = earlier.begin.continues if earlier.begin is not None else None
    return Reading(
        head, log, base, 0, pending, state, earlier, known, proved=False, edit=edit,
        after=ends.after if ends is not None else None,
    )  # fmt: skip  # positional, as the class has them


def _held(decisions: Sequence[Decision], receipts: Receipts, yields_body: Callable[[set[int]], bool]) -> set[int]:
    """
    The comments that the body holds, as the receipts of users who count tell.

    Below the last of these, what shows a reaction is taken to have one, too, if the body is what these events make: so
    reactors of one comment are asked for, and of all only if somebody else may have reacted to what is pending.
    """
    last = next((d.comment.id for d in reversed(decisions) if receipts.decided(d.comment)), 0)
    shown = {d.comment.id for d in decisions if d.creates or (d.comment.id <= last and receipts.shows(d.comment))}
    if yields_body(shown):
        return shown
    return {
        d.comment.id
        for d in decisions
        if d.comment.id in shown and (d.creates or d.comment.id == last or receipts.decided(d.comment))
    }
