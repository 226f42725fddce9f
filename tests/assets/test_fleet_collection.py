"""Asking many at once: each within its own time, whatever one of them does."""

import threading

import pytest

from assets.fleet.collection import Limits, collect
from resources import patience
from resources.errors import Denied, Throttled, Unavailable

SOON = Limits(workers=4, seconds=0.15, grace_seconds=0.05)


def test_answers_come_in_the_order_of_the_items():
    outcomes = collect(range(50), lambda item, _: item * 2, SOON)
    assert [(one.item, one.answer, one.reason) for one in outcomes] == [(n, n * 2, None) for n in range(50)]


def test_what_fails_is_unknown_with_its_reason_and_the_others_go_on():
    def work(item, _):
        if item == 3:
            raise Denied("no access", "Grant it.")
        return item

    outcomes = collect(range(6), work, SOON)
    assert [one.answer for one in outcomes] == [0, 1, 2, None, 4, 5]
    assert (outcomes[3].reason, outcomes[3].hung) == ("no access — Grant it.", False)


def test_more_things_may_hang_than_there_are_workers_and_all_others_are_answered():
    released = threading.Event()

    def work(item, _):
        if item < 10:
            released.wait(20)
        return item

    outcomes = collect(range(40), work, SOON)
    assert [one.answer for one in outcomes[10:]] == list(range(10, 40))
    assert all(one.hung and one.reason == "no answer within 0.15 s" for one in outcomes[:10])
    released.set()


def test_no_more_work_is_done_at_once_than_allowed():
    at_once, most, lock, together = 0, 0, threading.Lock(), threading.Barrier(4)

    def work(_item, _deadline):
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        together.wait(5)
        with lock:
            at_once -= 1

    collect(range(16), work, Limits(workers=4, seconds=10))
    assert most == 4


def test_who_is_asked_to_slow_down_asks_again_within_its_time():
    tried = []

    def work(item, deadline):
        def ask():
            tried.append(item)
            if len(tried) < 2:
                raise Throttled("429", "Wait.")
            return "answer"

        return deadline.call(ask)

    (outcome,) = collect(["one"], work, Limits(workers=1, seconds=10))
    assert (outcome.answer, len(tried)) == ("answer", 2)


def test_who_is_throttled_for_ever_is_unknown_with_that_reason():
    def work(_item, deadline):
        def ask():
            raise Throttled("429 TooManyRequests", "Wait.")

        return deadline.call(ask)

    (outcome,) = collect(["one"], work, SOON)
    assert "429 TooManyRequests" in outcome.reason


def test_what_repeats_inside_a_call_knows_when_its_time_is_over():
    def work(_item, deadline):
        return deadline.call(patience.left)

    (outcome,) = collect(["one"], work, Limits(workers=1, seconds=7))
    assert 0 < outcome.answer <= 7
    assert patience.left() == float("inf")


def test_a_call_that_times_out_at_the_deadline_is_said_to_have_hung():
    def work(_item, deadline):
        threading.Event().wait(deadline.left)
        raise Unavailable("read timed out", "See.")

    (outcome,) = collect(["one"], work, Limits(workers=1, seconds=0.05, grace_seconds=5))
    assert outcome.hung
    assert outcome.reason.startswith("no answer within 0.05 s (read timed out")


def test_a_fault_of_ours_is_not_taken_for_theirs():
    def work(item, _):
        return 1 / item

    with pytest.raises(ZeroDivisionError):
        collect([1, 0, 2], work, SOON)


def test_progress_is_told_for_each():
    said = []
    collect(range(3), lambda item, _: item, SOON, lambda what, done, total: said.append((what, done, total)), "asking")
    assert said == [("asking", 0, 3), ("asking", 1, 3), ("asking", 2, 3)]


def test_nothing_to_ask_is_no_wait():
    assert collect([], lambda item, _: item, SOON) == []
