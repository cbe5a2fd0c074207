"""What long work is told to take is what it takes: estimates are compared with requests that were counted."""

import json
from dataclasses import replace
from itertools import islice

import pytest
from terminal import on_a_terminal
from world import World

from gh_store.cli.estimates import Work, duration, estimate
from gh_store.cli.terminal import Step


@pytest.fixture
def counted(tmp_path, config):
    world = World(tmp_path / "store.db", config)
    with world:
        yield world


def far(store):
    """The same store, with answers that lag as those of GitHub."""
    store.backend.faults.label_lag = 1.0
    return store


WORK = {
    Work.LIST: lambda store, tmp, step: list(store.list_all(progress=step)),
    Work.SNAPSHOT: lambda store, tmp, step: store.write_snapshot(tmp / "s.json", progress=step),
    Work.HISTORY: lambda store, tmp, step: far(store).write_snapshot(tmp / "h.json", history=True, progress=step),
    Work.PROCESS: lambda store, tmp, step: store.process_pending(progress=step),
    Work.EXPORT: lambda store, tmp, step: list(store.export(progress=step)),
    Work.VERIFY: lambda store, tmp, step: store.verify(progress=step),
    Work.REPAIR: lambda store, tmp, step: store.repair(progress=step),
    Work.ADOPT: lambda store, tmp, step: store.adopt(progress=step),
}


@pytest.mark.parametrize("objects", [0, 1, 99, 100, 101, 250])
def test_what_is_told_is_what_it_takes(counted, config, tmp_path, objects):
    for number in range(objects):
        counted.near().create(f"o{number}", {})
    counted.settle()
    assert counted.store().most_objects() == objects
    for work, run in WORK.items():
        counted.requests()
        expected = list[int]()
        run(counted.store(), tmp_path, Step(work, expected.append))
        assert expected == [objects], work
        taken, told = len(counted.requests()), estimate(work, objects, config).requests
        # Pages of labels are one verb on the embedded backend; the last page may be one for what fills none.
        assert taken <= told <= taken + (objects // 100 if work in (Work.VERIFY, Work.REPAIR) else 0), work


def test_what_changes_often_hides_no_others(counted, config):
    store = counted.near()
    for _ in store.create_many((f"o{number}", {}) for number in range(205)):
        pass
    counted.settle()
    for number in range(100):
        store.update(f"o{number}", {"n": 1}, process=True)
    counted.settle()
    assert counted.store().most_objects() == 205
    expected = list[int]()
    assert len(list(counted.store().list_all(progress=Step("list", expected.append)))) == 205
    assert expected == [205]
    counted.requests()
    assert len(list(islice(counted.store().list_all(progress=Step("list", print)), 5))) == 5
    assert len(counted.requests()) == estimate(Work.LIST, 205, config, wanted=5).requests == 3


@pytest.mark.parametrize("events", [[1], [1, 1, 1], [120, 5]])
def test_an_import(counted, config, tmp_path, events):
    with World(tmp_path / "source.db", config) as source:
        for at, many in enumerate(events):
            source.near().create(f"o{at}", {})
            for n in range(many - 1):
                source.near().update(f"o{at}", {"n": n})
            source.near().process_pending()
        lines = list(source.near().export())
    counted.requests()
    counted.store().import_from(lines)
    calls = counted.requests()
    told = estimate(Work.IMPORT, len(events), config, events=events)
    assert told.requests == len(calls)
    assert told.writes == sum(not call.startswith(("get", "list")) for call in calls)


def test_the_pace_that_is_configured_counts(config):
    quick = replace(config, rate_limit_max_requests_per_hour=0, rate_limit_seconds_between_writes=0)
    assert estimate(Work.LIST, 10_000, quick).seconds == round(102 * 0.3)
    slow = replace(quick, rate_limit_seconds_between_requests=2)
    assert estimate(Work.LIST, 10_000, slow).seconds == 204
    limited = replace(quick, rate_limit_max_requests_per_hour=50)
    assert estimate(Work.LIST, 10_000, limited).seconds == round(102 * 0.3) + 2 * 3600
    writing = replace(quick, rate_limit_seconds_between_writes=1)
    told = estimate(Work.IMPORT, 100, writing, events=[1] * 100)
    assert told.seconds == told.writes == 600
    assert told.sentence == "701 requests for at most 100 objects, about 10 min"
    assert [duration(each) for each in (0, 89, 90, 5399, 5400)] == ["1 s", "89 s", "2 min", "90 min", "2 h"]


LONG = [
    ["list"],
    ["snapshot"],
    ["process-updates", "--all"],
    ["export"],
    ["verify"],
    ["repair"],
    ["adopt"],
    ["import", "docs.jsonl"],
]


@pytest.mark.parametrize("command", LONG, ids=lambda command: command[0])
def test_a_plan_is_told_and_nothing_is_done(hub, shell, command):
    hub.near().create("a", {})
    hub.asked()
    (shell.folder / "docs.jsonl").write_text('{"id": "b", "document": {}}\n')
    shell.environment |= {"GITHUB_API_URL": hub.address, "GH_TOKEN": "token-of-local", "GH_REPO": hub.repository}
    told = shell.json(*command, "--plan")
    assert list(told) == ["work", "objects", "requests", "writes", "seconds"]
    assert (told["work"], told["objects"]) == (command[0], 1)
    assert told["requests"] >= 1
    assert len(hub.asked()) == (0 if command[0] == "import" else 1)
    assert not (shell.folder / "snapshot.json").exists()
    assert shell.json(*command, "--plan", "--store", ":memory:")["requests"] == 0


def test_what_an_import_takes_is_told_without_making_a_store(shell):
    (shell.folder / "docs.jsonl").write_text('{"id": "b", "document": {}}\n')
    shell.environment["GH_STORE"] = "new.db"
    assert shell.json("import", "docs.jsonl", "--plan")["objects"] == 1
    assert not (shell.folder / "new.db").exists()


def test_long_work_says_before_it_begins_what_it_takes(hub, shell):
    for name in "abcd":
        hub.near().create(name, {})
    shell.environment |= {"GITHUB_API_URL": hub.address, "GH_TOKEN": "token-of-local", "GH_REPO": hub.repository}
    (shell.folder / "c.yml").write_text("store: {rate_limit: {max_requests_per_hour: 5, on_limit: raise}}")
    _, err = shell.spawn("verify", "-c", "c.yml", code=6)
    assert "verify: 6 requests for at most 4 objects, about 60 min" in err
    assert "requests for" not in shell.run("verify")[1]


def test_a_list_says_so_too_and_a_limit_counts(hub, shell):
    assert not any(each.error for each in hub.near().create_many((f"o{number}", {}) for number in range(101)))
    shell.environment |= {"GITHUB_API_URL": hub.address, "GH_TOKEN": "token-of-local", "GH_REPO": hub.repository}
    (shell.folder / "c.yml").write_text("store: {rate_limit: {max_requests_per_hour: 2, on_limit: raise}}")
    _, err = shell.spawn("list", "--limit", "1", "-c", "c.yml", code=6)
    assert "list: 3 requests for at most 101 objects" in err
    assert shell.json("list", "--limit", "1", "--sort", "id", "--plan")["requests"] == 4, "all have to be read"


def test_a_bar_shows_how_many_there_are_and_what_is_left(shell):
    script = (
        "from gh_store.cli import terminal\n"
        "terminal._SHOW_AFTER = -1\n"
        "with terminal.progress('Reading objects') as step:\n"
        "    step.expect(7)\n"
        "    for _ in range(3): step()\n"
    )
    written = on_a_terminal(shell, "-c", script)
    assert "/7" in written
    assert "left:" in written


@pytest.mark.parametrize(
    "command",
    [
        ["list"], ["snapshot"], ["process-updates", "--all"], ["export"], ["verify"], ["repair"], ["adopt"],
        ["import", "docs.jsonl"],
    ],
    ids=lambda command: command[0],
)  # fmt: skip
def test_the_number_is_known_where_work_is_done(shell, monkeypatch, command):
    expected = []
    monkeypatch.setattr(Step, "expect", lambda self, objects: expected.append(objects))
    for name in "abc":
        shell.run("create", name, "{}")
    documents = [json.dumps({"id": name, "document": {}}) for name in "def"]
    (shell.folder / "docs.jsonl").write_text("\n".join(documents))
    shell.run(*command)
    assert expected == [3]
