"""Issues."""

import base64
import json
from datetime import datetime
from urllib.parse import urlencode

from gh_store.backends.base import PAGE
from gh_store.devserver.api.call import PER_PAGE, Call, Reply
from gh_store.devserver.api.labels import names_in, put_labels
from gh_store.domain.issues import Issue


def no_issues() -> Reply:
    return Reply.error(410, "Issues has been disabled in this repository.")


def list_issues(call: Call) -> Reply:
    if not call.issues:
        return no_issues()
    query = call.query
    per_page = max(1, min(int(query.get("per_page", PER_PAGE)), PAGE))
    state = query.get("state", "open")
    # A cursor is that of a page of the backend, and how many of its issues were shown already.
    cursor, shown = json.loads(base64.urlsafe_b64decode(query["after"])) if "after" in query else (None, 0)
    skip = (int(query.get("page", 1)) - 1) * per_page
    found: list[Issue] = []
    following: tuple[str | None, int] | None = None
    while True:
        page = call.backend.list_issues(
            labels=[name for name in query.get("labels", "").split(",") if name],
            sort="updated" if query.get("sort") == "updated" else "created",
            descending=query.get("direction", "desc") == "desc",
            since=datetime.fromisoformat(query["since"]) if "since" in query else None,
            cursor=cursor,
        )
        for at, issue in enumerate(page.issues[shown:], start=shown):
            if state != "all" and issue.open != (state == "open"):
                continue
            if skip:
                skip -= 1
            elif len(found) == per_page:
                following = (cursor, at)
                break
            else:
                found.append(issue)
        if following is not None or page.next is None:
            break
        cursor, shown = page.next, 0
        if len(found) == per_page:
            following = (cursor, 0)
            break
    links: dict[str, str] = {}
    if following is not None:
        after = base64.urlsafe_b64encode(json.dumps(following).encode()).decode()
        kept = {name: value for name, value in query.items() if name not in ("page", "after")}
        address = f"{call.payloads.base}/repositories/{call.payloads.repository_id}/issues"
        links["link"] = f'<{address}?{urlencode({**kept, "after": after})}>; rel="next"'
    return Reply(200, [call.shown(issue) for issue in found], links)


def create_issue(call: Call) -> Reply:
    if not call.issues:
        return no_issues()
    labels = names_in(call.sent.get("labels") or [])
    return Reply(201, call.shown(call.backend.create_issue(call.sent["title"], call.sent.get("body") or "", labels)))


def get_issue(call: Call) -> Reply:
    return Reply(200, call.shown(call.backend.get_issue(call.number)))


def edit_issue(call: Call) -> Reply:
    sent = call.sent
    state = sent.get("state")
    if state not in (None, "open", "closed"):
        return Reply.error(422, "Validation Failed", [{"resource": "Issue", "code": "invalid", "field": "state"}])
    if "labels" in sent:
        put_labels(call)
    issue = call.backend.edit_issue(
        call.number, title=sent.get("title"), body=sent.get("body"), open=None if state is None else state == "open"
    )
    return Reply(200, call.shown(issue))


def lock(call: Call) -> Reply:
    call.pages.lock_issue(call.number)
    return Reply(204)


def unlock(call: Call) -> Reply:
    call.pages.lock_issue(call.number, locked=False)
    return Reply(204)
