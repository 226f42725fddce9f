"""Repeats of throttled calls, and of changes that may have arrived although nobody answered."""

import time

import pytest

from resources.aws import repeats
from resources.errors import BadInput, Conflict, Throttled, Unavailable
from resources.patience import within

THROTTLED, SILENT, REFUSED = Throttled("often", "Wait."), Unavailable("silent", "Repeat."), Conflict("changed", "Look.")


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(repeats, "_FIRST", 0.001)


class World:
    """Answers with one thing after the other; `late` changes that nobody answered are seen after so many looks."""

    def __init__(self, *answers, late=None):
        self.answers, self.sent, self.looks, self.late = list(answers), 0, 0, late

    def send(self):
        self.sent += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def done(self):
        self.looks += 1
        return "found" if self.late is not None and self.looks > self.late else None


def test_a_throttled_call_is_repeated_until_it_is_answered():
    world = World(THROTTLED, THROTTLED, "answer")

    assert repeats.asked(world.send, 10) == "answer"
    assert world.sent == 3


def test_a_call_that_is_throttled_for_too_long_is_told_in_time():
    world, start = World(THROTTLED), time.monotonic()

    with pytest.raises(Throttled):
        repeats.asked(world.send, 0.2)
    assert world.sent > 3
    assert time.monotonic() - start < 2
    with pytest.raises(Throttled), within(0):
        repeats.asked(World(THROTTLED).send, 60)


def test_other_errors_of_a_call_are_not_repeated():
    for error in (SILENT, BadInput("wrong", "Correct.")):
        world = World(error, "answer")
        with pytest.raises(type(error)):
            repeats.asked(world.send, 10)
        assert world.sent == 1


def test_a_throttled_change_was_not_done_and_is_repeated_without_a_look():
    world = World(THROTTLED, "answer", late=0)

    assert repeats.changed(world.send, world.done, 10) == "answer"
    assert (world.sent, world.looks) == (2, 0)


def test_a_change_without_an_answer_is_looked_for_before_it_is_sent_again():
    arrived, lost = World(SILENT, "again", late=0), World(SILENT, "again")

    assert repeats.changed(arrived.send, arrived.done, 10) == "found"
    assert repeats.changed(lost.send, lost.done, 10) == "again"
    assert (arrived.sent, lost.sent, lost.looks) == (1, 2, 1)


def test_one_that_arrives_after_the_look_is_not_taken_for_somebody_elses():
    world = World(SILENT, REFUSED, late=1)

    assert repeats.changed(world.send, world.done, 10) == "found"
    assert (world.sent, world.looks) == (2, 2)


def test_a_refusal_is_told_at_once_if_nothing_was_lost_before():
    world = World(THROTTLED, REFUSED, late=0)

    with pytest.raises(Conflict):
        repeats.changed(world.send, world.done, 10)
    assert world.looks == 0


def test_a_change_that_is_never_answered_nor_done_is_told():
    world = World(SILENT)

    with pytest.raises(Unavailable):
        repeats.changed(world.send, world.done, 0.1)
    assert world.sent == world.looks > 1
