"""
A simulated year of a store that nobody looks after, on a clock that only moves when somebody sleeps.

A dozen colleagues write, some leave, and overwrite what they opened; strangers comment, react, forge and copy; triagers
label what strangers opened; people edit bodies and titles by hand; runs are cut, cancelled, lost, late, and meet each
other in the middle; tokens expire, limits are hit; lists and reads lag. An oracle, a plain dict, is told what `update`
said was written. In the end it and the store must agree.
"""

import json
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from world import World

from gh_store import (
    AccessError,
    AuthInvalid,
    BackendUnavailable,
    ConcurrentUpdateError,
    IntegrityError,
    InvalidUpdate,
    Mode,
    ObjectExists,
    ObjectNotFound,
    RateLimited,
    Store,
    StoredObject,
    wire,
)
from gh_store import config as configuration
from gh_store.backends.testing.faults import FaultyBackend
from gh_store.domain.events import Place
from gh_store.domain.issues import Issue
from gh_store.domain.limits import MAX_LABELS

DOZEN = 12
BOT = "github-actions[bot]"
MOST = 40
YEAR = 365 * 86_400

Slot = tuple[str, str, str]


class Weather(FaultyBackend):
    """A backend in the hands of one program: what goes wrong, and who else acts in between, is the year's dice."""

    def __init__(self, year: "Year", user: str | None) -> None:
        super().__init__(year.world.through(user), year.world.faults)
        self.year = year
        self.user = user

    def _ask(self, verb: str, do: Any, *args: Any, **kwargs: Any) -> Any:
        dice = self.year.dice
        luck = dice.random()
        if self.user in self.year.expired:
            raise AuthInvalid("The token has expired.")
        if luck < 0.001:
            raise RateLimited("Too many requests.", wait=dice.choice([1.0, 60.0, 900.0]))
        if luck < 0.004:
            self.year.seen["cut"] += 1
            raise BackendUnavailable(f"The connection was cut before {verb}.")
        if self.year.depth < 2 and luck < 0.02 and not self.year.calm:
            self.year.in_between()
        answer = super()._ask(verb, do, *args, **kwargs)
        if luck > 0.997:
            self.year.seen["cut"] += 1
            raise BackendUnavailable(f"The connection was cut after {verb}.")
        return answer


@dataclass
class Write:
    """An update that a client means to make, and makes again until it knows."""

    object_id: str
    life: int
    key: str
    value: int
    event_id: str
    mode: str
    options: dict[str, Any] = field(default_factory=dict)

    def by(self, client: str, store: Store) -> StoredObject:
        """Make it."""
        changes: Any = {client: {self.key: self.value}}
        if self.mode == "patch":
            changes = [{"op": "test", "path": "/none", "value": 1}]
        return store.update(self.object_id, changes, Mode(self.mode), event_id=self.event_id, **self.options)


class Year:
    """Everybody, and the oracle."""

    def __init__(self, path: Path, seed: int, objects: int) -> None:
        self.objects = [f"object-{number}" for number in range(objects)]
        self.dice = random.Random(seed)
        config = replace(configuration.load(), log_max_events=MOST, retries_max_attempts=1, rejections_reply=True)
        self.world = World(path, config, lagging=True)
        self.seen: Counter[str] = Counter()
        self.depth = 0
        self.calm = False
        self.expired: set[str | None] = set()
        self.gone: list[str] = []
        self.triggers: list[int] = []
        self.oracle: dict[str, dict[str, Any]] = {}
        self.lives: Counter[str] = Counter()
        self.unsure: list[tuple[str, Write]] = []
        self.again: dict[str, Write] = {}
        self.stores: dict[str, Store] = {}
        self.numbers = 0
        self.heads: dict[int, tuple[str, str]] = {}  # issue -> an old title and body, which were genuine
        self.labelled: list[int] = []  # issues that strangers opened
        self.clients = [f"client-{number}" for number in range(DOZEN)]
        for client in self.clients:
            self.world.user(client, "write")
        self.world.user(BOT, "write")
        self.world.user("triager", "triage")
        for object_id in self.objects:
            self.near_of(self.dice.choice([None, *self.clients])).create(object_id, {})
            self.oracle[object_id] = {}

    @property
    def near(self) -> Store:
        """A program of the owner's that nothing troubles, and that knows nothing of yesterday's rights."""
        return self.world.near()

    def store(self, user: str | None, *, remembers: bool = False) -> Store:
        """A program of somebody's; a colleague's goes on for months, and knows where objects were."""
        name = user or "owner"
        if not remembers or name not in self.stores or self.dice.random() < 0.02:
            store = Store(Weather(self, user), self.world.config, sleep=self.world.clock.sleep)
            if not remembers:
                return store
            self.stores[name] = store
        return self.stores[name]

    def in_between(self) -> None:
        """Somebody else acts while a program waits for its answer."""
        self.depth += 1
        try:
            self.act()
        finally:
            self.depth -= 1

    # --- what happens -----------------------------------------------------------------------------

    def act(self) -> None:
        acts = {
            self.write: 700, self.process: 160, self.stranger: 40, self.hand: 8, self.prose: 3, self.title: 1,
            self.receipt: 3, self.sweep: 5, self.recreate: 0.3, self.token: 2, self.read: 40, self.page: 10,
            self.forge: 20, self.label: 5, self.look: 5,
        }  # fmt: skip  # a table
        act = self.dice.choices(list(acts), list(acts.values()))[0]
        self.seen[act.__name__] += 1
        try:
            act()
        except (BackendUnavailable, RateLimited, AccessError) as error:
            self.seen[type(error).__name__] += 1

    def write(self) -> None:
        client = self.dice.choice([*self.clients, *self.gone[-3:]])
        if client in self.gone:
            number = self.number(self.dice.choice(self.objects))
            copied = self.dice.choice(self.near.backend.list_comments(number, 1).comments).body
            self.world.backend(client).create_comment(number, self.dice.choice([copied, '{"by": "a leaver"}']))
            return
        write = self.again.get(client) or self.meant(client)
        if write.life != self.lives[write.object_id]:
            self.answered(client, write)
            return
        self.again[client] = write  # until it is known
        try:
            # Who processes at once is mostly a workflow: its token wakes no other.
            user = BOT if "process" in write.options and write.value % 20 else client
            done = write.by(client, self.store(user, remembers=True))
        except (InvalidUpdate, ConcurrentUpdateError, ObjectNotFound) as error:
            self.seen[f"{type(error).__name__} told"] += 1
            if not isinstance(error, InvalidUpdate) or write.mode == "patch":
                self.answered(client, write)
                return
            raise
        if self.answered(client, write):
            self.accepted(client, write)
        self.wake(done.meta.issue_number)

    def answered(self, client: str, write: Write) -> bool:
        """True if this is news. In between, the client may have got to know already, and have gone on to another."""
        if self.again.get(client) is not write:
            return False
        del self.again[client]
        return write.life == self.lives[write.object_id]

    def meant(self, client: str) -> Write:
        dice = self.dice
        self.numbers += 1
        object_id = dice.choice(self.objects)
        write = Write(object_id, self.lives[object_id], f"k{dice.randrange(4)}", self.numbers, f"{client}-{self.numbers}", "append")  # fmt: skip
        luck = dice.random()
        if luck < 0.02:
            return replace(write, mode="patch", options={"process": True})
        if luck < 0.04:
            version = self.near.get(object_id).meta.version
            return replace(write, options={"expected_version": max(1, version - dice.randrange(2)), "process": True})
        if luck < 0.3:
            return replace(write, options={"process": True})
        return replace(write, mode="merge" if luck < 0.5 else "append")

    def accepted(self, client: str, write: Write) -> None:
        if write.mode == "patch":
            return
        self.oracle[write.object_id].setdefault(client, {})[write.key] = write.value
        self.seen["accepted"] += 1
        if not write.options.get("process"):
            self.unsure.append((client, write))

    def number(self, object_id: str) -> int:
        return self.near.get(object_id).meta.issue_number

    def wake(self, number: int) -> None:
        luck = self.dice.random()
        if luck < 0.8:  # the others are lost
            self.triggers.append(number)

    def process(self) -> None:
        """A run of the workflow: for one of the triggers, not always the oldest; and others merge with it."""
        if not self.triggers:
            return
        number = self.triggers.pop(self.dice.randrange(len(self.triggers)))
        if self.dice.random() < 0.5:
            self.triggers = [other for other in self.triggers if other != number]
        try:
            self.store(None).process_updates(number)
        except ObjectNotFound:
            self.seen["processed what is none"] += 1

    def sweep(self) -> None:
        since = None if self.dice.random() < 0.3 else self.world.near().backend.now().replace(microsecond=0)
        if since is not None:
            since = since.fromtimestamp(since.timestamp() - 26 * 3600, since.tzinfo)
        for done in self.store(None).process_pending(since):
            if done.error is not None and not isinstance(done.error, (BackendUnavailable, RateLimited, AccessError)):
                raise done.error
        self.triggers = self.triggers[-50:]

    def stranger(self) -> None:
        page, dice = self.world.backend("stranger"), self.dice
        number = dice.choice([self.number(dice.choice(self.objects)), dice.randint(1, len(self.objects))])
        comments = self.near.backend.list_comments(number, 1).comments
        said = dice.choice([
            '{"evil": 1}', "talk", '```json\n{"evil": 1}\n```', comments[0].body, comments[-1].body,
            '{"_data": {"evil": 1}, "_meta": {"update_mode": "append", "forwarded": {"issue": 1, "comment": 2}}}',
            json.dumps({"type": "initial_state", "_data": {"evil": 1}, "_meta": {"update_mode": "append",
                        "continues": {"issue": 1, "comment": 1, "comments": 1, "version": 1, "time": "2026-01-01T00:00:00+00:00"}}}),
            "gh-store rejected event 1 (InvalidUpdate): `no`",
        ])  # fmt: skip  # a list of texts
        page.create_comment(number, said)
        page.add_reaction(dice.choice(comments).id, dice.choice(["+1", "confused", "rocket", "eyes"]))

    def forge(self) -> None:
        """A leaver overwrites an issue that he opened: with a head that he made up, an old one, or anything."""
        number = self.number(self.dice.choice(self.objects))
        if self.dice.random() < 0.3:
            number = self.dice.randint(1, number)
        issue = self.near.backend.get_issue(number)
        at = wire.read_title(issue.title, [label.name for label in issue.labels], "UID:")
        author = issue.author.login if issue.author is not None else None
        if author not in self.gone or at.object_id is None or at.checkpoint is None:
            self.heads.setdefault(number, (issue.title, issue.body))
            return
        now, data = at.checkpoint, {"evil": 1}
        made_up = wire.write_title(
            at.object_id,
            now.version + 1,
            now.time,
            now.watermark,
            issue.comments,
            data,
            after=now.after,
            retired=now.retired,
        )
        heads = [(made_up, json.dumps(data)), (issue.title, '{"evil": 2}'), ("My issue", "was never yours")]
        title, body = self.dice.choice([*heads, self.heads.get(number, heads[0])])
        self.world.backend(author).edit_issue(number, title=title, body=body)
        self.seen["forged"] += 1

    def label(self) -> None:
        """A triager labels what a stranger copied from an object, or takes an object's label off and puts it back."""
        triager, number = self.world.backend("triager"), self.number(self.dice.choice(self.objects))
        if self.dice.random() < 0.3:
            triager.remove_label(number, "stored-object")
            triager.add_label(number, "stored-object")
            return
        issue = self.near.backend.get_issue(number)
        if len(self.labelled) < 20:
            self.labelled.append(self.copied(issue))
        labelled = self.dice.choice(self.labelled)
        if len(self.near.backend.get_issue(labelled).labels) + 2 > MAX_LABELS:
            return
        for label in ("stored-object", *(each.name for each in issue.labels if each.name.startswith("UID:"))):
            triager.add_label(labelled, label)

    def copied(self, issue: Issue) -> int:
        """A stranger's issue that says the same, or that it continues that."""
        at = wire.read_title(issue.title, [label.name for label in issue.labels], "UID:")
        title, page = issue.title, self.world.backend("stranger")
        if at.checkpoint is not None and self.dice.random() < 0.5:
            after = Place(issue.number, at.checkpoint.watermark)
            title = wire.write_title(at.object_id or "", 1, at.checkpoint.time, 0, 1, {"evil": 1}, after=after)
        number = page.create_issue(title, '{"evil": 1}', []).number
        for comment in self.near.backend.list_comments(issue.number, 1).comments[: self.dice.randrange(3)]:
            page.create_comment(number, comment.body)
        return number

    def look(self) -> None:
        """Somebody without a token reads: late, it may be, and never what nobody wrote."""
        with suppress(ObjectNotFound):
            data = self.store("visitor").get(self.dice.choice(self.objects)).data
            assert "evil" not in data, data

    def page(self) -> None:
        """A colleague writes on the page: bare JSON, on the issue that is open there, be it the old one."""
        client = self.dice.choice(self.clients)
        object_id = self.dice.choice(self.objects)
        self.numbers += 1
        number = self.number(object_id)
        value = {client: {"page": self.numbers}}
        page = self.world.backend(client)
        page.create_comment(number, json.dumps(value))
        head = self.world.head(number)
        if head.status == "active" or head.retired:
            self.oracle[object_id].setdefault(client, {})["page"] = self.numbers
            self.unsure.append((client, Write(object_id, self.lives[object_id], "page", self.numbers, "", "append")))
            self.wake(number)

    def hand(self) -> None:
        object_id = self.dice.choice(self.objects)
        head = self.world.head(self.number(object_id))
        if head.body is None or not head.intact or head.uncommitted or self.depth or self.left(head.issue):
            return  # what falls between a processor's GET and its PATCH is lost, as docs/guarantees.md says
        self.numbers += 1
        self.near.backend.edit_issue(head.issue.number, body=json.dumps({**head.body, "hand": self.numbers}))
        self.oracle[object_id]["hand"] = self.numbers
        self.world.clock.sleep(3)  # and so is what a read does not show yet

    def left(self, issue: Issue) -> bool:
        return issue.author is not None and issue.author.login in self.gone

    def prose(self) -> None:
        head = self.world.head(self.number(self.dice.choice(self.objects)))
        if head.intact:
            self.near.backend.edit_issue(head.issue.number, body="What was here?")

    def title(self) -> None:
        head = self.world.head(self.number(self.dice.choice(self.objects)))
        if head.settled and self.depth == 0:
            self.near.backend.edit_issue(head.issue.number, title="A better name")

    def receipt(self) -> None:
        """The owner takes a receipt back by mistake, and has it left again."""
        object_id = self.dice.choice(self.objects)
        comments = self.near.backend.list_comments(self.number(object_id), 1).comments
        mine = [comment.id for comment in comments if comment.author and comment.author.login in self.clients]
        if self.depth == 0 and mine:
            self.world.backend().remove_reaction(self.dice.choice(mine), "+1")
            self.world.settle()
            self.near.repair(object_id)

    def read(self) -> None:
        object_id = self.dice.choice(self.objects)
        before = json.loads(json.dumps(self.oracle[object_id])), self.lives[object_id]
        if self.depth or self.calm:
            return
        self.world.clock.sleep(3)
        self.calm = True
        try:
            data = self.store(None).get(object_id).data
        finally:
            self.calm = False
        if before == (self.oracle[object_id], self.lives[object_id]):
            # A hand edit is a wish until a processor has made an event of it.
            self.must_agree(object_id, {**data, "hand": self.oracle[object_id].get("hand")})

    def recreate(self) -> None:
        if self.depth:
            return
        object_id = self.dice.choice(self.objects)
        self.lives[object_id] += 1
        while True:  # whoever wants it gone tries until it is
            try:
                self.store(None).delete(object_id)
            except ObjectNotFound:
                break
            except (BackendUnavailable, RateLimited, AuthInvalid):
                self.try_later()
            else:
                break
        self.world.clock.sleep(60)
        while True:
            try:
                self.store(self.dice.choice([None, *self.clients])).create(object_id, {})
                break
            except ObjectExists:
                break
            except IntegrityError:  # a stranger's issue has its labels
                for number in self.labelled:
                    self.near.backend.remove_label(number, "stored-object")
            except (BackendUnavailable, RateLimited, AuthInvalid):
                self.try_later()
        self.oracle[object_id] = {}
        self.unsure = [each for each in self.unsure if each[1].object_id != object_id]

    def try_later(self) -> None:
        """Ten minutes on, with a token that is good."""
        self.world.clock.sleep(600)
        self.expired.clear()

    def token(self) -> None:
        who = self.dice.choice([*self.clients, None])
        if who in self.expired:
            self.expired.remove(who)
        elif len(self.expired) < 3 and self.dice.random() < 0.5:
            self.expired.add(who)

    # --- what is uncertain until it is decided ----------------------------------------------------

    def without_unsure(self, object_id: str, data: dict[str, Any]) -> dict[str, Any]:
        """What leavers wrote and nobody has decided yet may count or not, and what nobody has answered yet."""
        left = ((client, write) for client, write in self.unsure if client in self.gone)
        unsure = {(client, write.key) for client, write in (*left, *self.again.items()) if write.object_id == object_id}
        kept = {
            who: {key: value for key, value in slots.items() if (who, key) not in unsure} if isinstance(slots, dict) else slots
            for who, slots in data.items()
        }  # fmt: skip  # one in the other
        return {who: slots for who, slots in kept.items() if slots != {}}

    def must_agree(self, object_id: str, data: dict[str, Any]) -> None:
        there, told = (self.without_unsure(object_id, each) for each in (data, self.oracle[object_id]))
        differ = {who: (there.get(who), told.get(who)) for who in {*there, *told} if there.get(who) != told.get(who)}
        assert not differ, f"{object_id}: the store and the oracle say {differ}; {sorted(self.gone)} have left"

    def leave(self) -> None:
        """A colleague leaves, with events that nobody has processed yet, and goes on writing; another one comes."""
        self.settle()
        leaver = self.dice.choice(self.clients)
        for _ in range(20):
            with suppress(BackendUnavailable, RateLimited, AccessError):
                self.write()
        self.world.user(leaver, "read")
        self.gone.append(leaver)
        self.clients.remove(leaver)
        self.clients.append(f"client-{DOZEN + len(self.gone)}")
        self.world.user(self.clients[-1], "write")
        if leaver in self.again:  # nobody will ever answer it
            self.unsure.append((leaver, self.again.pop(leaver)))
        self.stores.clear()
        self.seen["left"] += 1
        self.settle()
        if self.dice.random() < 0.5:
            self.seen["adopted"] += len(self.near.adopt())
        self.settle()
        # What the store has decided of the leaver's last words holds from now on.
        for object_id in self.objects:
            data = self.near.get(object_id).data
            self.must_agree(object_id, data)
            if leaver in data or leaver in self.oracle[object_id]:
                self.oracle[object_id][leaver] = data.get(leaver, {})
        self.unsure = []

    def settle(self) -> None:
        """The last sweeps of a month, by somebody whose token is good."""
        self.expired.clear()
        self.world.settle()
        for _ in range(50):
            left = self.near.process_pending()
            for done in left:
                assert done.error is None, done
            self.world.settle()
            if not left:
                assert [done for done in self.near.repair() if done.error is not None] == []
                self.world.settle()
                return
        raise AssertionError("the sweeps never come to an end")

    def check(self) -> tuple[int, int]:
        """The store and the oracle agree; how many events were applied, and in how many issues."""
        for client, write in list(self.again.items()):  # each client gets to know in the end
            self.calm = True
            if self.answered(client, write):
                with suppress(InvalidUpdate, ConcurrentUpdateError):
                    write.by(client, self.near_of(client))
                    self.accepted(client, write)
        self.settle()
        damage = [each for each in self.near.verify().damage if each.issue_number not in self.labelled]
        assert damage == [], damage
        applied = 0
        for object_id in self.objects:
            obj = self.near.get(object_id)
            self.must_agree(object_id, obj.data)
            entries = [e for e in self.near.get_object_history(object_id) if e["outcome"] == "applied"]
            assert [e["version"] for e in entries] == list(range(1, obj.meta.version + 1)), object_id
            names = [e["metadata"]["event_id"] for e in entries if "event_id" in e["metadata"]]
            assert len(names) == len(set(names)), f"an event of {object_id} counts twice"
            applied += len(entries)
        return applied, self.near.backend.list_issues(descending=True).issues[0].number

    def near_of(self, client: str | None) -> Store:
        return Store(self.world.backend(client), self.world.config, sleep=self.world.clock.sleep)


def live(
    path: Path, events: int, seed: int, *, objects: int = 8, tell: Callable[[Year], None] = lambda _: None
) -> tuple[Year, int, int]:
    """A year with so many accepted events, told month by month; and how many stand there in the end, in how many issues."""
    year = Year(path, seed, objects)
    with year.world.closing:
        month = events // 12 + 1
        while year.seen["accepted"] < events:
            for _ in range(year.dice.randint(1, 30)):  # a burst
                year.world.clock.sleep(year.dice.choice([0, 0, 0.3, 1, 5]))
                year.act()
            year.world.clock.sleep(year.dice.random() * 2 * 12 * YEAR / max(events, 1))
            if year.seen["accepted"] // month > year.seen["left"]:
                year.leave()
                tell(year)
        applied, issues = year.check()
    return year, applied, issues
