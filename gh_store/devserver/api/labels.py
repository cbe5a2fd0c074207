"""Labels, and the labels of an issue."""

from typing import Any

from gh_store.backends.base import PAGE
from gh_store.devserver.api.call import Call, Reply, paged
from gh_store.domain.issues import Label


def issue_labels(call: Call) -> Reply:
    return Reply(200, [call.payloads.label(label) for label in call.pages.get_issue(call.number).labels])


def names_in(given: Any) -> list[str]:
    """The names in a list of labels. Raises ValueError for anything else."""
    if not isinstance(given, list) or len(given) > 10 * PAGE:  # how many an issue takes is for the backend to say
        raise ValueError("not a list of labels")
    return [label if isinstance(label, str) else label["name"] for label in given]


def _names(call: Call) -> list[str]:
    sent: Any = call.sent
    return names_in(sent if isinstance(sent, list) else sent["labels"])


def add_labels(call: Call) -> Reply:
    for name in _names(call):
        call.backend.add_label(call.number, name)
    return issue_labels(call)


def put_labels(call: Call) -> Reply:
    wanted = _names(call)
    for label in call.pages.get_issue(call.number).labels:
        if label.name.lower() not in {name.lower() for name in wanted}:
            call.backend.remove_label(call.number, label.name)
    for name in wanted:
        call.backend.add_label(call.number, name)
    return issue_labels(call)


def remove_label(call: Call) -> Reply:
    names = {label.name.lower() for label in call.pages.get_issue(call.number).labels}
    if call.names["name"].lower() not in names:
        return Reply.error(404, "Label does not exist")
    call.backend.remove_label(call.number, call.names["name"])
    return issue_labels(call)


def list_labels(call: Call) -> Reply:
    names = call.backend.list_labels()
    return paged(call, "/labels", [call.payloads.label(call.pages.get_label(name) or Label(name)) for name in names])


def issue_events(call: Call) -> Reply:
    names = sorted(call.backend.labels_ever(call.number))
    issue = call.pages.get_issue(call.number)
    return paged(call, f"/issues/{call.number}/events", [call.payloads.labeled(issue, name) for name in names])


def create_label(call: Call) -> Reply:
    call.pages.actor.need("write", "make labels")  # permissions are checked before the body
    name = call.sent["name"]
    if not call.backend.create_label(name, call.sent.get("description") or ""):
        return Reply.error(422, "Validation Failed", [{"resource": "Label", "code": "already_exists", "field": "name"}])
    return Reply(201, call.payloads.label(call.pages.get_label(name) or Label(name)))


def get_label(call: Call) -> Reply:
    label = call.backend.get_label(call.names["name"])
    return Reply.error(404, "Not Found") if label is None else Reply(200, call.payloads.label(label))


def edit_label(call: Call) -> Reply:
    if call.pages.get_label(call.names["name"]) is None:
        return Reply.error(404, "Not Found")
    call.backend.edit_label(call.names["name"], call.sent.get("description") or "")
    return get_label(call)


def delete_label(call: Call) -> Reply:
    call.pages.delete_label(call.names["name"])
    return Reply(204)
