"""One thread ends what takes too long, and only that."""

import os
import threading

from gh_store.backends.github.deadline import Deadlines


def watching():
    return [thread for thread in threading.enumerate() if thread.name == "gh-store-deadlines"]


def test_what_takes_too_long_is_ended_and_what_has_ended_is_not():
    deadlines, over, ended = Deadlines(), threading.Event(), []
    for number in range(3):
        with deadlines.within(0.05, lambda number=number: ended.append(number)):
            pass
    with deadlines.within(0.05, over.set):
        assert over.wait(10)
    with deadlines.within(0.05, over.clear):  # the thread has looked since, or looks now
        pass
    assert over.is_set()
    assert ended == []


def test_what_is_due_first_comes_first_and_one_thread_does_for_all():
    deadlines, late, over, before = Deadlines(), [], threading.Event(), set(watching())
    far, near, between = (60, lambda: late.append(60)), (0.05, over.set), (30, lambda: late.append(30))
    with deadlines.within(*far), deadlines.within(*near), deadlines.within(*between):
        assert len(set(watching()) - before) == 1
        assert over.wait(10)
    assert late == []


def test_the_thread_lasts_no_longer_than_anything_may_become_due():
    deadlines, before = Deadlines(), set(watching())
    with deadlines.within(0.05, lambda: None):
        (thread,) = set(watching()) - before
    thread.join(10)
    assert not thread.is_alive()
    over = threading.Event()
    with deadlines.within(0.05, over.set):  # and another takes its place
        assert over.wait(10)


def test_a_process_that_forks_off_has_its_own():
    deadlines, over = Deadlines(), threading.Event()
    with deadlines.within(60, lambda: None):
        pid = os.fork()
        if pid == 0:
            deadlines.forget()
            with deadlines.within(0.05, over.set):
                os._exit(0 if over.wait(10) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
