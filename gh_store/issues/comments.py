"""CommentHandler: the log as comments."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gh_store import wire
from gh_store.backends.base import PAGE, Backend
from gh_store.backends.retry import Retry
from gh_store.domain.events import Continued, Event, Place
from gh_store.domain.issues import Comment, Page
from gh_store.domain.values import Mode
from gh_store.log.comments import Log, read_comment


class CommentHandler:
    """Reads the log of an object, and appends to it."""

    def __init__(self, backend: Backend, retry: Retry) -> None:
        self.backend = backend
        self.retry = retry

    def whole(self, number: int) -> Log:
        """All comments of an issue."""
        return Log(self._from(number, 1), 0)

    def first(self, number: int) -> tuple[Comment, ...]:
        """The first comments of an issue, a page of them."""
        return self._page(number, 1).comments

    def since(self, number: int, watermark: int, before: int) -> Log:
        """The comments after the watermark, up to which about so many stand; and one at or below it if there is one."""
        page = before // PAGE + 1
        comments = self._from(number, page)
        # Comments may have been deleted, and pages moved up.
        while page > 1 and (not comments or comments[0].id > watermark):
            page -= 1
            comments = (*self._page(number, page).comments, *comments)
        return Log(comments, (page - 1) * PAGE)

    def backwards(self, number: int, log: Log) -> Iterator[Comment]:
        """The comments of a log, the last one first, and those before it; a page is read when it is reached."""
        yield from reversed(log.comments)
        for page in range(log.before // PAGE, 0, -1):
            yield from reversed(self._page(number, page).comments)

    def _from(self, number: int, page: int) -> tuple[Comment, ...]:
        comments: list[Comment] = []
        while True:
            read = self._page(number, page)
            comments.extend(read.comments)
            if not read.more:
                return tuple(comments)
            page += 1

    def _page(self, number: int, page: int) -> Page:
        return self.retry.read(lambda: self.backend.list_comments(number, page))

    def append(
        self,
        number: int,
        data: object,
        *,
        event_id: str,
        mode: Mode = Mode.APPEND,
        attempt: int = 1,
        expected_version: int | None = None,
        initial_of: str | None = None,
        origin: Mapping[str, Any] | None = None,
        continues: Continued | None = None,
        forwarded: Place | None = None,
        copied_once: bool = False,
    ) -> Comment:
        """
        Write an event, once: a try whose outcome is unknown is looked up, and a repetition says so.

        Args:
            attempt: 2 if the event may have been written before.
        """

        def write(tried: int) -> Comment:
            text = wire.write_event(
                data,
                issue_number=number,
                time=self.backend.now(),
                event_id=event_id,
                mode=mode,
                attempt=attempt + tried - 1,
                expected_version=expected_version,
                initial_of=initial_of,
                origin=origin,
                continues=continues,
                forwarded=forwarded,
                copied_once=copied_once,
            )
            return self.backend.create_comment(number, text)

        def is_ours(comment: Comment) -> bool:
            event = read_comment(comment)
            return isinstance(event, Event) and event.event_id == event_id

        return self.retry.write(write, lambda: self._newest(number, is_ours))

    def reply(self, number: int, text: str) -> Comment:
        """Say something in prose, once."""
        return self.retry.write(
            lambda _: self.backend.create_comment(number, text),
            lambda: self._newest(number, lambda comment: comment.body == text),
        )

    def _newest(self, number: int, wanted: Callable[[Comment], bool]) -> Comment | None:
        """The last comment that is wanted, among the last one to two pages."""
        count = self.backend.get_issue(number).comments
        for page in range(count // PAGE + 1, max(0, count // PAGE - 1), -1):
            for comment in reversed(self._page(number, page).comments):
                if wanted(comment):
                    return comment
        return None
