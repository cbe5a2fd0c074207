"""What was rejected although the fold would apply it: by the schema of that time, which may not be today's."""

from collections.abc import Iterator, Sequence

from gh_store import wire
from gh_store.access.authority import Authority
from gh_store.domain.exceptions import GitHubStoreError, InsufficientScope
from gh_store.domain.issues import Comment
from gh_store.log.decide import rejection
from gh_store.log.fold import Judge


class Judges:
    """
    Which events of a decided log may have been rejected, the likeliest first; the checksum proves one.

    None of them. Those of which a reply or a receipt says so. Those, and what today's judge rejects of what has no
    receipt: the run that decided it was cut before it left one.

    Args:
        judge: How events are judged today, or None.
    """

    def __init__(self, comments: Sequence[Comment], authority: Authority, judge: Judge | None) -> None:
        self._comments = comments
        self._authority = authority
        self._judge = judge
        self._known: dict[int, GitHubStoreError] | None = None

    def __iter__(self) -> Iterator[Judge | None]:
        yield None
        if self._known is None:
            self._known = dict(self._told())
        told, judge, receipts = self._known, self._judge, self._authority.receipts
        if told:
            yield lambda event, _: told.get(event.position)
        if judge is not None:
            shown = {comment.id for comment in self._comments if receipts.shows(comment)}
            yield (
                lambda event, data: (
                    told.get(event.position) or (judge(event, data) if event.position not in shown else None)
                )
            )

    def _told(self) -> Iterator[tuple[int, GitHubStoreError]]:
        config, applied = self._authority.receipts.config, set[int]()
        for comment in self._comments:
            processed, rejected = (
                comment.reactions.get(content, 0) > 0
                for content in (config.reactions_processed, config.reactions_rejected)
            )
            if rejected and not processed:
                yield comment.id, rejection("InvalidUpdate", "It was rejected when it was processed.")
            elif processed and not rejected:  # a run that was cut may have replied, and the next one judged anew
                applied.add(comment.id)
        for comment in self._comments:  # what somebody who counts replied says more
            reply = wire.read_reply(comment.body)
            if reply is not None and reply[0] not in applied and self._counts(comment):
                yield reply[0], rejection(reply[1], reply[2])

    def _counts(self, comment: Comment) -> bool:
        try:
            return self._authority.rights.counts(comment.author, written=comment.created_at)
        except InsufficientScope:
            return False
