"""Comments and reactions."""

from datetime import datetime, timedelta
from itertools import count
from typing import Final

from gh_store.backends import rules
from gh_store.backends.base import PAGE
from gh_store.devserver.api.call import PER_PAGE, Call, Reply, page_link
from gh_store.devserver.payloads import REACTIONS
from gh_store.domain.issues import Comment, RecentComment

MOST_RECENT: Final = 40_000
"""How far the list of the comments of all issues goes; a page past that is refused."""


def list_comments(call: Call) -> Reply:
    per_page = max(1, min(int(call.query.get("per_page", PER_PAGE)), PAGE))
    page = max(1, int(call.query.get("page", 1)))
    if "since" in call.query:
        return _since(call, datetime.fromisoformat(call.query["since"]), page, per_page)
    begin, end = (page - 1) * per_page, page * per_page
    comments: list[Comment] = []
    more = False
    for at in range(begin // PAGE + 1, (end - 1) // PAGE + 2):
        read = call.backend.list_comments(call.number, at)
        offset = (at - 1) * PAGE
        comments.extend(read.comments[max(0, begin - offset) : end - offset])
        more = read.more or len(read.comments) > end - offset
    link = {"link": page_link(call, f"/issues/{call.number}/comments", page + 1)} if more else {}
    return Reply(200, [call.payloads.comment(comment, call.number) for comment in comments], link)


def _since(call: Call, since: datetime, page: int, per_page: int) -> Reply:
    """The comments of an issue that were written or edited since a time."""
    found: list[Comment] = []
    for at in count(1):
        read = call.backend.list_comments(call.number, at)
        found += [each for each in read.comments if each.created_at + timedelta(seconds=each.edited) >= since]
        if not read.more:
            break
    shown = found[(page - 1) * per_page : page * per_page]
    more = len(found) > page * per_page
    link = {"link": page_link(call, f"/issues/{call.number}/comments", page + 1)} if more else {}
    return Reply(200, [call.payloads.comment(comment, call.number) for comment in shown], link)


def list_recent(call: Call) -> Reply:
    """The comments of all issues. As on GitHub, pages are numbered, so that an edit shifts them, and end at some."""
    query = call.query
    per_page = max(1, min(int(query.get("per_page", PER_PAGE)), PAGE))
    page = max(1, int(query.get("page", 1)))
    if page * per_page > MOST_RECENT:
        return Reply.error(422, "In order to keep the API fast for everyone, pagination is limited for this resource.")
    since = datetime.fromisoformat(query["since"]) if "since" in query else None
    ascending = query.get("sort") == "updated" and query.get("direction") == "asc"
    found: list[RecentComment] = []
    cursor: str | None = ""
    while cursor is not None and (len(found) <= page * per_page or not ascending):
        read = call.backend.list_recent_comments(since, cursor or None)
        found.extend(read.comments)
        cursor = read.next
    if query.get("sort") != "updated":
        found.sort(key=lambda each: each.comment.id)
    elif not ascending:
        found.reverse()
    shown = found[(page - 1) * per_page : page * per_page]
    link = {"link": page_link(call, "/issues/comments", page + 1)} if len(found) > page * per_page else {}
    payloads = [call.payloads.comment(each.comment, each.issue, each.updated_at) for each in shown]
    return Reply(200, payloads, link)


def create_comment(call: Call) -> Reply:
    comment = call.backend.create_comment(call.number, call.sent["body"])
    return Reply(201, call.payloads.comment(comment, call.number))


def get_comment(call: Call) -> Reply:
    return Reply(200, call.payloads.comment(*call.comment(int(call.names["comment"]))))


def edit_comment(call: Call) -> Reply:
    call.pages.edit_comment(int(call.names["comment"]), call.sent["body"])
    return get_comment(call)


def delete_comment(call: Call) -> Reply:
    call.pages.delete_comment(int(call.names["comment"]))
    return Reply(204)


def list_reactions(call: Call) -> Reply:
    comment, _ = call.comment(int(call.names["comment"]))
    left = call.backend.list_reactions(comment.id)
    wanted = call.query.get("content")
    return Reply(
        200,
        [
            call.payloads.reaction(comment.id, content, user, comment.created_at)
            for content, user in left
            if wanted in (None, content)
        ],
    )


def react(call: Call) -> Reply:
    comment_id, content = int(call.names["comment"]), call.sent["content"]
    if content not in REACTIONS:
        return Reply.error(422, "Validation Failed", [{"resource": "Reaction", "code": "invalid", "field": "content"}])
    comment, _ = call.comment(comment_id)
    assert call.login is not None  # only who sends a token writes
    user = rules.user(call.login)
    before = (content, user) in call.pages.list_reactions(comment_id)
    call.backend.add_reaction(comment_id, content)
    return Reply(200 if before else 201, call.payloads.reaction(comment_id, content, user, comment.created_at))
