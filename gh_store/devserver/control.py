"""`/_devserver/faults` and `/_devserver/requests`: POST adds, GET shows, DELETE clears."""

import json
from typing import Final

from gh_store.devserver.api import Reply
from gh_store.devserver.faults import FaultPlan
from gh_store.domain.exceptions import InvalidInput, ObjectNotFound

ROOT: Final = "/_devserver/"


def answer(faults: FaultPlan, method: str, path: str, body: bytes) -> Reply:
    """The answer of the server itself, which is not part of GitHub's API."""
    what = path.rpartition("/")[2]
    try:
        if what == "requests":
            if method == "DELETE":
                faults.requests.clear()
            return Reply(200, faults.requests)
        if what != "faults":
            return Reply(404, {"message": "Not Found"})
        if method == "POST":
            faults.add(dict(json.loads(body).items()))
        elif method == "DELETE":
            faults.clear()
    except (InvalidInput, ObjectNotFound) as error:
        return Reply(422, {"message": f"{error} {error.hint}"})
    except (ValueError, TypeError, AttributeError, RecursionError):
        return Reply(400, {"message": "A fault is a JSON object with a kind."})
    return Reply(200, [fault.kind for fault in faults.once if fault.times > 0])
