"""Most tests reach the server without a socket: what a client is told is the same as over one."""

import pytest
from world import GitHubWorld, World

from gh_store import GitHubStoreError
from gh_store.devserver.faults import ONCE


def headers(backend):
    """All but those of a body that tells the address."""
    answer = backend.client.get("/issues", "list issues", query={"per_page": "2", "state": "all"})
    return {name: value for name, value in answer.headers.items() if name not in ("etag", "content-length")}


VERBS = {
    "get": lambda backend: backend.get_issue(1),
    "comment": lambda backend: backend.create_comment(1, "é 😀"),
    "edit": lambda backend: backend.edit_issue(1, title="new"),
    "list": lambda backend: backend.list_issues(labels=["UID:a", "é/ü?&#"]),
    "not there": lambda backend: backend.get_issue(9),
    "refused": lambda backend: backend.create_label("x" * 51, ""),
    "label": lambda backend: backend.remove_label(1, "a/b c"),
    "headers": headers,
}
FAULTS = [(verb, fault) for verb in ("get", "comment") for fault in ("rename", *ONCE)]


@pytest.fixture
def both(tmp_path, config):
    """The same repository twice: without a socket, and on one."""
    made = World(tmp_path / "store.db", config)
    with made:
        for name in "abc":
            made.near().create(name, {"n": 1}, ["a/b c"])
    data = made.path.read_bytes()
    worlds = []
    for name in ("without.db", "over.db"):
        (tmp_path / name).write_bytes(data)
        worlds.append(GitHubWorld(tmp_path / name, config, in_file=True))
    with worlds[0], worlds[1]:
        yield worlds[0], worlds[1].on_a_socket()


@pytest.mark.parametrize(("verb", "fault"), [*((verb, None) for verb in VERBS), *FAULTS])
def test_both_say_the_same(both, verb, fault):
    said = []
    for world in both:
        if fault is not None:
            world.trouble.add({"kind": fault, **({"to": "local/new"} if fault == "rename" else {})})
        backend = world.through(timeout=0.2 if fault == "timeout" else 15.0)
        try:
            answer = repr(VERBS[verb](backend))
        except GitHubStoreError as error:
            answer = f"{type(error)} {error} {error.hint} {vars(error)}"
        world.clock.sleep(3600)
        assert world.through().get_issue(2).number == 2
        said.append((answer.replace(world.address.removeprefix("http://"), "HOST"), world.trouble.requests))
    assert said[0] == said[1]
    assert said[0][1][0]["fault"] == (None if fault == "rename" else fault)


@pytest.mark.parametrize(
    ("like", "fault"),
    [
        ("drop-before", "500"),
        ("drop-after", "502"),
        ("drop-after", "timeout"),
        ("primary-limit", "secondary-limit"),
        ("primary-limit", "secondary-limit-bare"),
        ("primary-limit", "too-quickly"),
    ],
)
def test_to_the_store_some_faults_are_one(both, like, fault):
    met = []
    for kind, world in zip((like, fault), both, strict=True):
        world.trouble.add({"kind": kind})
        with pytest.raises(GitHubStoreError) as caught:
            world.through(timeout=0.2).create_comment(1, "{}")
        unknown = getattr(caught.value, "outcome_unknown", None)
        met.append((type(caught.value), unknown, len(world.comments())))
    assert met[0] == met[1]
