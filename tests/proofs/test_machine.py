"""
The whole store against a plain dict, while the world does what it does on GitHub.

Strangers comment and react; people edit bodies, titles and old comments, and delete them; receipts
and labels go missing; processors of other programs run at any moment.
"""

import json
import tempfile
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from world import GitHubWorld, World

from gh_store import InvalidUpdate, ObjectExists, ObjectNotFound, wire
from gh_store import config as configuration

IDS = ["a", "A", "b/c", "d,e", "x" * 60]
ids = st.sampled_from(IDS)
keys = st.sampled_from(["k", "l", "m"])
values = st.one_of(
    st.integers(0, 9), st.none(), st.booleans(), st.just("@x"), st.dictionaries(keys, st.integers(0, 9), max_size=2)
)

pytestmark = pytest.mark.untraced  # the tests of each idea run the same lines
objects = st.dictionaries(keys, values, max_size=3)


class Model:
    """What one object should be."""

    def __init__(self, data, number):
        self.data, self.version, self.number = deepcopy(data), 1, number
        self.exact = True  # its versions can be told: no comment of its past was touched
        self.edited = False  # a hand edit waits for the next processor
        self.titled = False  # as does a title that somebody replaced
        self.broken = False  # or a body that is no object any more


def merged(old, new, *, null_removes):
    result = dict(old)
    for key, value in new.items():
        if null_removes and value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            before = result.get(key)
            keep = before if isinstance(before, dict) else {}
            result[key] = merged(keep, value, null_removes=null_removes)
        else:
            result[key] = value
    return result


class Machine(RuleBasedStateMachine):
    made: Any = World

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.world = self.made(Path(self.folder.name) / "store.db", configuration.load())
        self.world.user("colleague", "write")
        self.objects = {}
        self.store = self.world.store()

    def teardown(self):
        try:
            self.world.settle()
            self.world.store().process_pending()
            self.world.settle()
            assert self.world.store().process_pending() == [], "a sweep leaves nothing to do"
            for model in self.objects.values():
                self.processed(model)
            self.repair()
            self.everything_is_as_it_should_be()
        finally:
            self.world.closing.close()
            self.folder.cleanup()

    # --- programs ---------------------------------------------------------------------------------

    @rule(object_id=ids, data=objects, fresh=st.booleans())
    def create(self, object_id, data, fresh):
        store = self.world.store() if fresh else self.store
        try:
            made = store.create(object_id, data)
        except ObjectExists:
            assert object_id in self.objects
        else:
            assert object_id not in self.objects
            self.objects[object_id] = Model(data, made.meta.issue_number)

    @rule(object_id=ids, changes=objects, mode=st.sampled_from(["append", "merge", "replace"]), process=st.booleans(),
          who=st.sampled_from([None, "colleague"]))  # fmt: skip
    def update(self, object_id, changes, mode, process, who):
        store = self.world.store(who) if who else self.store
        model = self.objects.get(object_id)
        if model is None:
            try:
                store.update(object_id, changes, mode)
            except ObjectNotFound:
                return
            raise AssertionError("updated what is not there")
        store.update(object_id, changes, mode, process=process)
        model.data = (
            deepcopy(changes) if mode == "replace" else merged(model.data, changes, null_removes=mode == "merge")
        )
        model.version += 1
        if process:
            self.processed(model)

    @rule(object_id=ids, key=keys)
    def update_in_vain(self, object_id, key):
        if object_id in self.objects:
            never = [{"op": "test", "path": f"/{key}", "value": "never"}]
            with pytest.raises(InvalidUpdate) as caught:
                self.store.update(object_id, never, "patch", process=True)
            assert caught.value.rejected
            self.processed(self.objects[object_id])

    @rule(object_id=ids)
    def process(self, object_id):
        if object_id in self.objects:
            self.world.store().process_updates(self.objects[object_id].number)
            self.processed(self.objects[object_id])

    @rule()
    def sweep(self):
        self.world.settle()
        for done in self.world.store().process_pending():
            assert done.error is None
        for model in self.objects.values():
            self.processed(model)

    @rule()
    def repair(self):
        self.world.settle()
        for done in self.world.store().repair():
            assert done.error is None
        for model in self.objects.values():
            self.processed(model)
        self.world.settle()
        assert self.world.store().verify().damage == ()

    @rule(object_id=ids)
    def delete(self, object_id):
        try:
            self.store.delete(object_id)
        except ObjectNotFound:
            assert object_id not in self.objects
        else:
            del self.objects[object_id]

    def processed(self, model):
        if model.edited:
            model.version += 1
            model.edited = False
        if model.titled:
            model.titled = model.exact = False
        model.broken = False

    # --- the world --------------------------------------------------------------------------------

    @rule(
        object_id=ids, text=st.sampled_from(['{"k": "stranger"}', "nice!", '{"_data": {}, "_meta": 1}', "```\n{}\n```"])
    )
    def a_stranger_comments(self, object_id, text):
        if object_id in self.objects:
            self.world.backend("stranger").create_comment(self.objects[object_id].number, text)

    @rule(object_id=ids, data=st.data(), content=st.sampled_from(["+1", "confused", "rocket", "heart"]))
    def a_stranger_reacts(self, object_id, data, content):
        comment = self.some_comment(object_id, data)
        if comment is not None:
            self.world.backend("stranger").add_reaction(comment.id, content)

    @rule(object_id=ids, data=st.data())
    def a_stranger_copies_an_event(self, object_id, data):
        comment = self.some_comment(object_id, data)
        if comment is not None:
            self.world.backend("stranger").create_comment(self.objects[object_id].number, comment.body)

    @rule(object_id=ids, data=st.data())
    def a_receipt_goes_missing(self, object_id, data):
        comment = self.some_comment(object_id, data)
        if comment is not None and not self.objects[object_id].titled:
            for content in comment.reactions:
                self.world.backend().remove_reaction(comment.id, content)
            self.objects[object_id].exact = False

    @rule(object_id=ids, data=st.data(), gone=st.booleans())
    def an_old_comment_is_changed(self, object_id, data, gone):
        comment = self.some_comment(object_id, data)
        model = self.objects.get(object_id)
        if comment is None or model.edited or model.titled or model.broken:
            return  # what is lost in both body and log is lost
        head = self.world.head(self.objects[object_id].number)
        if comment.id > head.checkpoint.watermark:
            return  # what is pending may be changed, and then it is another event
        self.objects[object_id].exact = False
        if gone:
            self.world.backend().delete_comment(comment.id)
        else:
            self.world.backend().edit_comment(comment.id, '{"k": "changed"}')
        self.world.settle()  # within a second, an old answer could look like a settled object

    @rule(object_id=ids)
    def a_label_goes_missing(self, object_id):
        if object_id in self.objects:
            self.world.backend().remove_label(self.objects[object_id].number, "gh-store")

    @rule(object_id=ids, which=st.sampled_from(["stored-object", "UID:", "gh-store"]))
    def labels_go_missing_for_a_while(self, object_id, which):
        if object_id not in self.objects:
            return
        number = self.objects[object_id].number
        label = next((each.name for each in self.world.issue(number).labels if each.name.startswith(which)), None)
        if label is None:
            return
        self.world.settle()
        self.world.backend().remove_label(number, label)
        if which != "gh-store":
            with pytest.raises(ObjectNotFound):
                self.world.store().get(object_id)
            self.sweep()
        self.world.backend().add_label(number, label)

    @rule(object_id=ids, key=keys, value=st.integers(10, 19))
    def a_person_edits_the_body(self, object_id, key, value):
        model = self.objects.get(object_id)
        if model is None or model.edited or model.titled or not model.exact:
            return
        self.world.settle()
        body = wire.read_body(self.world.issue(model.number).body)
        if body is None or body.get(key) == value:
            return
        body[key] = value
        self.world.backend("colleague").edit_issue(model.number, body=json.dumps(body, indent=4))
        model.edited = True
        model.wish = {key: value}

    @rule(object_id=ids)
    def a_person_breaks_the_body(self, object_id):
        model = self.objects.get(object_id)
        if model is not None and model.exact and not model.edited and not model.titled:
            self.world.settle()
            self.world.backend("colleague").edit_issue(model.number, body="oops")
            model.broken = True

    @rule(
        object_id=ids,
        title=st.sampled_from(
            ["Read me", "Stored Object: z", "Stored Object: a [v9 2026-01-01T00:00:00Z 9/9 00000000]"]
        ),
    )
    def a_person_edits_the_title(self, object_id, title):
        model = self.objects.get(object_id)
        if model is None or not model.exact or model.edited or model.titled:
            return
        self.world.store().process_updates(model.number)
        self.world.settle()
        self.world.backend("colleague").edit_issue(model.number, title=title)
        model.titled = True

    def some_comment(self, object_id, data):
        if object_id not in self.objects:
            return None
        comments = self.world.comments(self.objects[object_id].number)
        return data.draw(st.sampled_from(comments)) if comments else None

    # --- what must hold ---------------------------------------------------------------------------

    @invariant()
    def everything_is_as_it_should_be(self):
        for object_id in IDS:
            model = self.objects.get(object_id)
            if model is None:
                try:
                    self.store.get(object_id)
                except ObjectNotFound:
                    continue
                raise AssertionError(f"{object_id} is still there")
            if hasattr(model, "wish") and not model.edited:
                model.data = merged(model.data, model.wish, null_removes=False)
                del model.wish
            obj = self.store.get(object_id)
            assert wire.canonical(obj.data) == wire.canonical(model.data), object_id
            if model.exact and not model.titled:
                assert obj.meta.version == model.version

    @rule()
    def a_list_shows_them_all(self):
        self.world.settle()
        shown = {obj.meta.object_id: wire.canonical(obj.data) for obj in self.world.store().list_all()}
        assert shown == {object_id: wire.canonical(model.data) for object_id, model in self.objects.items()}

    @rule(object_id=ids)
    @precondition(lambda self: self.objects)
    def history_yields_every_version(self, object_id):
        model = self.objects.get(object_id)
        if model is None or not model.exact or model.titled:
            return
        entries = [
            entry for entry in self.store.get_object_history(object_id) if entry["outcome"] in ("applied", "pending")
        ]
        versions = [entry["version"] for entry in entries]
        assert versions == sorted(versions)
        assert entries[-1]["version"] == model.version
        assert wire.canonical(entries[-1]["state"]) == wire.canonical(model.data)
        assert all(entry["proved"] for entry in entries)


class LaggingMachine(Machine):
    made = staticmethod(partial(World, lagging=True))


class GitHubMachine(Machine):
    made = GitHubWorld


relaxed = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
TestMachine = Machine.TestCase
TestMachine.settings = relaxed
TestLaggingMachine = LaggingMachine.TestCase
TestLaggingMachine.settings = settings(relaxed, max_examples=25)
TestGitHubMachine = GitHubMachine.TestCase
TestGitHubMachine.settings = settings(relaxed, max_examples=4)
