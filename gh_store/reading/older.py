"""
An object that has no checkpoint: of an older store, or one whose title somebody replaced.

The body is the committed state, and receipts tell which comments it holds. What has none, by somebody who counts, is
pending wherever it stands, as the published package reads it. From the next commit on the log as a whole has to yield
the state, so whatever it lacks is appended to it as if a hand had written it.
"""

from gh_store import wire
from gh_store.access.authority import Authority
from gh_store.domain.events import Event, Malformed
from gh_store.domain.issues import Comment
from gh_store.domain.values import State
from gh_store.issues.object_issue import ObjectIssue
from gh_store.log.comments import Log
from gh_store.log.decide import decide
from gh_store.reading.earlier import EarlierSegments
from gh_store.reading.edits import edit_id, find_edit
from gh_store.reading.values import Edit, Reading


def read_older(head: ObjectIssue, log: Log, earlier: EarlierSegments, authority: Authority) -> Reading:
    """What an issue without a checkpoint, and its whole log, say together."""

    def counts(comment: Comment, event: Event | Malformed) -> bool:
        if authority.receipts.passed_over(comment, event):
            return False
        # Authority admitted the issue, and with it what its author began it with.
        begins = isinstance(event, Event) and event.begins and comment.author == head.issue.author
        return begins or authority.is_authorised(comment, event)

    refuses = authority.refuses(head)
    before = earlier.within_reach(log.comments, counts)
    decisions = decide(log.comments, counts, refuses=refuses, earlier=before)
    receipts = authority.receipts
    # Older processors handle all that they see: below the last receipt of theirs, a reaction is one, too.
    last = next((d.comment.id for d in reversed(decisions) if receipts.decided(d.comment)), 0)
    held = {d.comment.id for d in decisions if d.creates or (d.comment.id <= last and receipts.shows(d.comment))}
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
