"""Several processes and threads on one file: nothing lost, nothing doubled, no `database is locked`."""

import multiprocessing
import threading
from collections import Counter

from gh_store import LocalStore, ObjectExists

WORKERS, UPDATES, OBJECTS = 4, 25, 3


def work(path, worker, answers):
    """One program, on a store of its own."""
    with LocalStore(path) as store:
        work_on(store, worker, answers)


def work_on(store, worker, answers):
    """Creates what the others create too, updates it, and processes whatever is there."""
    made = []
    try:
        for number in range(OBJECTS):
            try:
                store.create(f"object-{number}", {"by": worker})
                made.append(number)
            except ObjectExists:
                pass
        for step in range(UPDATES):
            number = (worker + step) % OBJECTS
            patch = [{"op": "add", "path": f"/{worker}-{step}", "value": 1}]
            store.update(f"object-{number}", patch, "patch", process=step % 3 == 0)
            if step % 10 == worker:
                store.process_pending()
        answers.put((worker, made, None))
    except BaseException as error:  # noqa: BLE001  # the parent tells
        answers.put((worker, made, repr(error)))


def check(path, answers):
    assert [error for _, _, error in answers] == [None] * WORKERS
    assert Counter(number for _, made, _ in answers for number in made) == dict.fromkeys(range(OBJECTS), 1)
    with LocalStore(path) as store:
        assert all(done.error is None for done in store.process_pending())
        assert store.process_pending() == []
        objects = list(store.list_all())
        assert len(objects) == OBJECTS
        applied = Counter(key for obj in objects for key in obj.data if key != "by")
        assert applied == {f"{worker}-{step}": 1 for worker in range(WORKERS) for step in range(UPDATES)}
        assert sum(obj.meta.version - 1 for obj in objects) == WORKERS * UPDATES
        for obj in objects:
            history = store.get_object_history(obj.meta.object_id)
            # A creation that was met under way was completed by two, and counts once.
            updates = [entry for entry in history if entry["type"] == "update"]
            assert [entry["outcome"] for entry in updates] == ["applied"] * (obj.meta.version - 1)
            assert history[-1]["state"] == obj.data


def test_four_processes(tmp_path):
    path = tmp_path / "store.db"
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    workers = [context.Process(target=work, args=(path, worker, queue)) for worker in range(WORKERS)]
    for each in workers:
        each.start()
    answers = [queue.get(timeout=120) for _ in workers]
    for each in workers:
        each.join()
    check(path, answers)


def in_threads(do):
    answers = []

    class Answers:
        put = staticmethod(answers.append)

    threads = [threading.Thread(target=do, args=(worker, Answers)) for worker in range(WORKERS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return answers


def test_four_threads_on_one_file(tmp_path):
    path = tmp_path / "store.db"
    check(path, in_threads(lambda worker, answers: work(path, worker, answers)))


def test_four_programs_on_one_repository(hub):
    check(hub.path, in_threads(lambda worker, answers: work_on(hub.store(), worker, answers)))


def test_a_store_is_shared_by_threads(tmp_path):
    store = LocalStore(tmp_path / "store.db")
    store.create("counter", {})
    errors = []

    def add(worker):
        try:
            for step in range(20):
                store.update("counter", {f"{worker}-{step}": 1}, process=step % 5 == 0)
        except BaseException as error:  # noqa: BLE001  # told below
            errors.append(error)

    threads = [threading.Thread(target=add, args=(worker,)) for worker in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert errors == []
    store.process_pending()
    assert len(store.get("counter").data) == 80
    assert store.get("counter").meta.version == 81
    store.close()
