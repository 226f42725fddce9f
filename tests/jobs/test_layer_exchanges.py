"""Exchanges are made once and seen to be made, whatever the cloud answers, and never over somebody else's change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from assets.journal import BEGUN, DONE, FOUND_DONE, FOUND_UNDONE, Journal
from assets.layers.logic.rollout.plan import Plan
from assets.layers.logic.rollout.record import Rollout, Settings
from assets.layers.logic.rollout.standing import standing
from assets.layers.rolling_out.exchanging import DOUBTFUL, Exchange, Exchanger, Outcome, Seen
from assets.layers.rolling_out.records import WELL
from assets.layers.rolling_out.world import World
from assets.layers.tables import JOURNAL
from resources.clock import Clock
from resources.errors import BadInput, Conflict, Denied, Unavailable
from resources.lake import Lake
from resources.object_store import LocalObjectStore

NOW = datetime(2026, 11, 1, tzinfo=UTC)
OLD, NEW, OTHER = {"layers": ["base:1"]}, {"layers": ["base:2"]}, {"layers": []}


@dataclass
class Thing:
    """A function of which only the layers count; `answers` are what happens at each change, in turn."""

    lake: Lake
    value: dict = field(default_factory=lambda: dict(OLD))
    revision: int = 1
    answers: list[Callable[[], None]] = field(default_factory=list)
    changes: int = 0

    @property
    def exchanger(self) -> Exchanger:
        """A new process."""
        journal = Journal(self.lake, JOURNAL, "run", "ann")
        world = World(None, self.lake, journal, Clock(fixed_at=NOW.isoformat()), LocalObjectStore(root="/nowhere"))  # type: ignore[arg-type]
        rollout = Rollout("r1", Settings("base", None, 2), "sha", Plan((), ()), "ann", NOW, "moving", 1, NOW)
        rows = journal.rows(["set layers"]).to_dicts()
        return Exchanger(world, rollout, standing(rows, "r1", WELL, DOUBTFUL))

    def forward(self) -> Outcome:
        return self.exchanger.exchange(self.exchange(OLD, NEW), "forward")

    def exchange(self, known: dict, wanted: dict) -> Exchange:
        def change(revision: str) -> None:
            self.changes += 1
            answer = self.answers.pop(0) if self.answers else None
            if answer is not None:
                answer()
            if revision != str(self.revision):
                raise Conflict("another revision", "look")
            self.set(wanted)

        return Exchange("set layers", "f", known, wanted, lambda: Seen(dict(self.value), str(self.revision)), change, "test")

    def set(self, value: dict) -> None:
        self.value, self.revision = dict(value), self.revision + 1

    def made(self, error: Exception) -> Callable[[], None]:
        """It is made, and the answer is an error."""

        def answer() -> None:
            self.set(NEW)
            raise error

        return answer

    @property
    def outcomes(self) -> list[str]:
        rows = self.exchanger.world.journal.rows(["set layers"]).to_dicts()
        return [row["outcome"].split(":")[0] for row in rows if row["outcome"] != BEGUN]


def failing(error: Exception) -> Callable[[], None]:
    def answer() -> None:
        raise error

    return answer


@pytest.fixture
def thing(tmp_path):
    return Thing(Lake(root=str(tmp_path)))


def test_it_is_made_once_however_often_it_is_asked_for(thing):
    assert thing.forward() == thing.forward() == Outcome("made")
    assert (thing.changes, thing.outcomes) == (1, [DONE])


@pytest.mark.parametrize("error", [Unavailable("no answer", ""), Conflict("another revision", "")])
def test_what_was_made_though_the_answer_says_otherwise_is_found_done_and_not_repeated(thing, error):
    thing.answers = [thing.made(error)]

    assert thing.forward() == Outcome("made")
    assert (thing.changes, thing.outcomes) == (1, [FOUND_DONE])


def test_a_change_of_something_else_is_no_hindrance(thing):
    thing.answers = [lambda: thing.set(OLD)]

    assert thing.forward() == Outcome("made")
    assert (thing.value, thing.changes) == (NEW, 2)


def test_a_change_of_the_same_by_others_is_left(thing):
    thing.answers = [lambda: thing.set(OTHER)]

    assert thing.forward() == Outcome("left", "others changed it: it has now layers none")
    assert thing.value == OTHER


def test_what_others_keep_changing_is_left(thing):
    thing.answers = [lambda: thing.set(OLD)] * 3

    assert thing.forward() == Outcome("left", "others keep changing it")


def test_a_cloud_that_does_not_answer_ends_the_run(thing):
    thing.answers = [failing(Unavailable("no answer", ""))] * 3

    with pytest.raises(Unavailable):
        thing.forward()


@pytest.mark.parametrize("error", [Denied("not allowed", "ask"), BadInput("too large", "shrink")])
def test_a_refusal_is_told(thing, error):
    thing.answers = [failing(error)]

    assert thing.forward() == Outcome("refused", f"AWS refused: {error}")
    assert thing.outcomes == ["failed"]


def test_an_update_that_fails_after_it_was_taken_is_told_and_has_a_way_back(thing):
    thing.answers = [thing.made(BadInput("the update failed", ""))]

    assert thing.forward().ended == "refused"
    assert thing.exchanger.exchange(thing.exchange(NEW, OLD), "back") == Outcome("made")
    assert thing.value == OLD


@pytest.mark.parametrize(
    ("after", "outcome", "then"),
    [
        (lambda _: None, FOUND_UNDONE, Outcome("made")),
        (lambda thing: thing.set(NEW), FOUND_DONE, Outcome("made")),
        (lambda thing: thing.set(OLD), "failed", Outcome("left", "")),
    ],
)
def test_of_what_was_cut_off_the_next_run_sees_what_became(thing, after, outcome, then):
    exchanger = thing.exchanger
    begun = exchanger.begin("set layers", "f", {**OLD, "revision": "1"}, NEW, "forward", "test")
    after(thing)
    thing.exchanger.settle(begun, Seen(thing.value, str(thing.revision)))

    assert thing.outcomes == [outcome]
    assert thing.forward().ended == then.ended
    assert thing.changes == (outcome == FOUND_UNDONE)
