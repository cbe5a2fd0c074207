"""Comments: reads the log of an object, and appends to it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gh_store import wire
from gh_store.backends.base import PAGE, Backend
from gh_store.backends.retry import Retry
from gh_store.domain.events import Draft, Event
from gh_store.domain.issues import Comment, Page, User
from gh_store.log.comments import Log, read_comment
from gh_store.log.duplicates import is_written


@dataclass(frozen=True, slots=True)
class Comments:
    """
    The comments of issues.

    Attributes:
        counts: Whether what a user writes counts: a text that somebody else posted is not ours.
    """

    backend: Backend
    retry: Retry
    counts: Callable[[User | None], bool]

    # --- reading ----------------------------------------------------------------------------------

    def whole(self, number: int, count: int) -> Log:
        """All comments of an issue that has about so many."""
        return self.since(number, 0, count)

    def first(self, number: int) -> tuple[Comment, ...]:
        """The first comments of an issue, a page of them."""
        return self._page(number, 1).comments

    def since(self, number: int, watermark: int, count: int) -> Log:
        """
        The comments after the watermark, and one at or below it if there is one, of an issue that has about so many.

        Pages are read from the last to the first. A comment that somebody deletes meanwhile moves others only to pages
        that are still to be read, so none is missed; what is read twice is joined by its id.
        """
        page = max(1, -(-count // PAGE))
        read = self._page(number, page)
        while read.more:  # written since the issue told its count
            page += 1
            read = self._page(number, page)
        found = {comment.id: comment for comment in read.comments}
        while page > 1 and not (read.comments and read.comments[0].id <= watermark):
            page -= 1
            read = self._page(number, page)
            found.update((comment.id, comment) for comment in read.comments)
        return Log(tuple(found[comment_id] for comment_id in sorted(found)), (page - 1) * PAGE)

    def forwards(self, number: int) -> Iterator[Comment]:
        """The comments of an issue, the first one first; a page is read when it is reached."""
        page, more = 1, True
        while more:
            read = self._page(number, page)
            yield from read.comments
            page, more = page + 1, read.more

    def backwards(self, number: int, log: Log) -> Iterator[Comment]:
        """The comments of a log, the last one first, and those before it; a page is read when it is reached."""
        yield from reversed(log.comments)
        for page in range(log.before // PAGE, 0, -1):
            yield from reversed(self._page(number, page).comments)

    def _page(self, number: int, page: int) -> Page:
        return self.retry.read(lambda: self.backend.list_comments(number, page))

    # --- writing ----------------------------------------------------------------------------------

    def append(self, number: int, draft: Draft) -> Comment:
        """Write an event, once: a try whose outcome is unknown is looked up, and a repetition says so."""

        def write(tried: int) -> Comment:
            event = draft if tried == 1 else replace(draft, attempt=draft.attempt + tried - 1)
            return self.backend.create_comment(
                number, wire.write_event(event, issue_number=number, time=self.backend.now())
            )

        def is_ours(comment: Comment) -> bool:
            event = read_comment(comment)
            return isinstance(event, Event) and is_written(draft, event) and self.counts(comment.author)

        return self.retry.write(write, lambda: self._newest(number, is_ours))

    def reply(self, number: int, text: str) -> Comment:
        """Say something in prose, once."""
        return self.retry.write(
            lambda _: self.backend.create_comment(number, text),
            lambda: self._newest(number, lambda comment: comment.body == text and self.counts(comment.author)),
        )

    def _newest(self, number: int, wanted: Callable[[Comment], bool]) -> Comment | None:
        """The last comment that is wanted, among the last one to two pages."""
        count = self.backend.get_issue(number).comments
        for page in range(count // PAGE + 1, max(0, count // PAGE - 1), -1):
            for comment in reversed(self._page(number, page).comments):
                if wanted(comment):
                    return comment
        return None
