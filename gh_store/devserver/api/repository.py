"""The repository itself: permissions, files and limits."""

import base64

from gh_store.backends import rules
from gh_store.devserver.api.call import Call, Reply
from gh_store.devserver.payloads import rights
from gh_store.domain.issues import User


def repository(call: Call) -> Reply:
    may = rights(call.pages.role(call.login) if call.login is not None else "read")
    payload = call.payloads.whole_repository(call.pages.now(), private=call.private, issues=call.issues, rights=may)
    return Reply(200, payload)


def permission(call: Call) -> Reply:
    login = call.names["login"]
    permission = call.backend.permission(login)
    if login.lower() in call.apps:  # an App may write by its installation, and is nobody's collaborator
        return Reply(200, call.payloads.permission(rules.user(login), "none", "none"))
    return Reply(200, call.payloads.permission(rules.user(login), permission, call.pages.role(login)))


def team(call: Call) -> Reply:
    members = sorted(call.backend.team(call.names["organization"], call.names["team"]))
    if call.login is None or not members:
        return Reply.error(404, "Not Found")
    return Reply(200, [call.payloads.user(User(login)) for login in members])


def file(call: Call) -> Reply:
    path = call.names["path"]
    text = call.backend.read_file(path)
    if text is not None:
        return Reply(200, call.payloads.file(path, text))
    inside = [(name, call.pages.read_file(name) or "") for name in call.pages.files(path)]
    listed = [call.payloads.file(name, text, listed=True) for name, text in inside]
    return Reply(200, listed) if listed else Reply.error(404, "Not Found")


def put_file(call: Call) -> Reply:
    path, raw = call.names["path"], base64.b64decode(call.sent["content"])
    before = call.pages.read_file(path)
    if before is not None and call.sent.get("sha") != call.payloads.file(path, before)["sha"]:
        return Reply.error(409 if "sha" in call.sent else 422, f"{path} does not match {call.sent.get('sha', '')}")
    call.pages.put_file(path, raw.decode("utf-8"))
    content = call.payloads.file(path, raw.decode("utf-8"))
    commit = {"sha": content["sha"], "message": call.sent["message"], "url": content["git_url"]}
    return Reply(200 if before is not None else 201, {"content": content, "commit": commit})


def rate_limit(call: Call) -> Reply:
    limit = call.limit
    core = {"limit": limit.limit, "used": limit.used, "remaining": limit.limit - limit.used, "reset": limit.reset}
    search = {"limit": 30, "used": 0, "remaining": 30, "reset": limit.reset}
    return Reply(200, {"resources": {"core": core, "search": search}, "rate": core})


def who(call: Call) -> Reply:
    if call.login is None:
        return Reply.error(401, "Requires authentication")
    if call.login.lower() in call.apps:
        return Reply.error(403, "Resource not accessible by integration")
    return Reply(200, call.payloads.whole_user(rules.user(call.login), call.pages.now()))
