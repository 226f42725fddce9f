"""The course of a roll-out: wave after wave is moved and watched; then it is over, or everything is taken back.

    moving ──► watching ──► moving (next wave) … ──► rolled out
                  │  └────► held ──(a person)──► …
                  └───────► rolling back ──► rolled back

Every state is kept before anything follows from it, and what was done to functions is in the journal: cut off anywhere, the next
run goes on where this one was.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from assets.layers.logic.rollout.record import GOES_ON, Look, Rollout, Settings
from assets.layers.rolling_out.exchanging import REFUSED, Outcome
from assets.layers.rolling_out.moving import Mover, alias_subject, mover
from assets.layers.rolling_out.planning import Planned, planned
from assets.layers.rolling_out.records import rollouts, save
from assets.layers.rolling_out.reporting import report
from assets.layers.rolling_out.watching import Watcher
from assets.layers.rolling_out.world import World
from resources.errors import BadInput, NotFound, TransientError

_LOG = logging.getLogger(__name__)
_NOT_READY = timedelta(minutes=15)
"""How long is waited for a function that is being updated: others of its wave are not watched meanwhile. Our choice."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a run waits itself.

    Attributes:
        wait: For a wave; afterwards the next run goes on.
        poll: Between two looks.
        lag: How long values of CloudWatch take to arrive.
    """

    wait: timedelta = timedelta()
    poll: timedelta = timedelta(minutes=1)
    lag: timedelta = timedelta(minutes=2)


def begin(world: World, settings: Settings, by: str, *, again: bool) -> Rollout | Planned:
    """The roll-out with these settings that is open, or a new one; a plan alone if it moves nothing.

    Raises:
        BadInput: Another roll-out of the layer is open, or this version was rolled back before.
    """
    of_layer = rollouts(world.lake, settings.layer)
    for one in of_layer:
        if one.settings == settings and (one.is_open or one.goes_on):
            return one
        if one.is_open:
            raise BadInput(
                f"{one.id} of {settings.layer} is {one.state}, with other settings",
                "Let it end, or take it back with `mode: roll back`; a layer has one roll-out at a time.",
            )
    made = planned(world, settings)
    if not made.plan.moves:
        return made
    last = next((one for one in reversed(of_layer) if one.sha256 == made.sha256), None)
    if last is not None and last.state == "rolled back" and not again:
        raise BadInput(
            f"this version of {settings.layer} was rolled back by {last.id}: {last.reason}",
            "Publish a corrected one, or set `again: true` if it was not to blame.",
        )
    now = world.clock.now()
    new = Rollout(_id(settings.layer, made.sha256, now), settings, made.sha256, made.plan, by, now, "moving", 1, now)
    return save(world.lake, new)


def open_rollouts(world: World) -> list[Rollout]:
    """Those that go on without a person, or whose end was not told yet."""
    return rollouts(world.lake, going_on=True)


def named(world: World, layer: str, rollout: str) -> Rollout:
    """A roll-out by its id, or the last one of a layer.

    Raises:
        BadInput: Neither is said.
        NotFound: There is none.
    """
    if not layer and not rollout:
        raise BadInput("say the layer or the roll-out", "Nothing was done.")
    found = [one for one in rollouts(world.lake, layer or None) if rollout in ("", one.id)]
    if not found:
        raise NotFound(f"there is no roll-out {rollout or f'of {layer}'}", "See the table layers/rollouts.")
    return found[-1]


def take_back(world: World, rollout: Rollout, by: str) -> Rollout:
    """Let a roll-out be taken back, also one that is over.

    Raises:
        BadInput: Another roll-out of the layer is open.
    """
    if rollout.state in ("rolling back", "rolled back"):
        return rollout
    _demand_alone(world, rollout)
    return save(world.lake, rollout.to("rolling back", world.clock.now(), f"{by} asked for it"))


def let_go_on(world: World, rollout: Rollout, by: str) -> Rollout:
    """Let a roll-out that waits for a person go on.

    Raises:
        BadInput: It does not wait for one.
    """
    if rollout.state != "held" or rollout.goes_to is None:
        raise BadInput(f"{rollout.id} is {rollout.state}, and waits for nobody", "See the table layers/rollouts.")
    _LOG.info("%s goes on: %s lets it", rollout.id, by)
    now = world.clock.now()
    if rollout.goes_to == "moving":
        return save(world.lake, _after_wave(rollout, now))
    return save(world.lake, rollout.to(rollout.goes_to, now, rollout.reason))


def advance(world: World, rollout: Rollout, patience: Patience) -> Rollout:
    """Go on with a roll-out until it is over, held, or has to wait longer than this run does; its report is written."""
    course = Course(world, mover(world, rollout), patience)
    until = world.clock.now() + patience.wait
    while rollout.state in GOES_ON:
        was, rollout = rollout, course.step(rollout)
        if rollout.state == was.state and rollout.wave == was.wave:
            if world.clock.now() >= until:
                break
            world.clock.sleep(patience.poll.total_seconds())
        else:
            _LOG.info("%s: %s, wave %d of %d. %s", rollout.id, rollout.state, rollout.wave, rollout.plan.waves, rollout.reason)
    report(world, rollout, course.mover.standing)
    if rollout.state in GOES_ON or rollout.reported:
        return rollout
    return save(world.lake, replace(rollout, reported=True))


@dataclass(frozen=True, slots=True)
class Course:
    """Steps of one roll-out.

    Attributes:
        world: What it works with.
        mover: Who moves its functions.
        patience: How long a run waits.
    """

    world: World
    mover: Mover
    patience: Patience

    def step(self, rollout: Rollout) -> Rollout:
        """It after its next step, kept; in the same state and wave if it has to wait."""
        steps: Mapping[str, Callable[[Rollout], Rollout]] = {
            "moving": self._move, "watching": self._watch, "rolling back": self._back,
        }  # fmt: skip
        return steps[rollout.state](rollout)

    def _move(self, rollout: Rollout) -> Rollout:
        moves = [move for move in rollout.moves(rollout.wave) if move.arn not in rollout.left]
        outcomes = {move.arn: self.mover.forward(move) for move in moves}
        moved = [move for move in moves if outcomes[move.arn].ended == "made"]
        outcomes |= {
            subject: self.mover.forward_alias(move, alias)
            for move in moved
            for alias in move.aliases
            if (subject := alias_subject(move, alias)) not in rollout.left
        }
        if self._must_wait(rollout, outcomes):
            return rollout
        rollout = rollout.leaving(_reasons(outcomes))
        now, refused = self.world.clock.now(), _refused(outcomes)
        if not moved:
            return self._kept(rollout.held("moving", now, refused or f"no function of wave {rollout.wave} could be moved"))
        return self._kept(rollout.to("watching", now))

    def _watch(self, rollout: Rollout) -> Rollout:
        watcher, now = Watcher(self.world, self.mover, self.patience.lag), self.world.clock.now()
        if rollout.settings.smoke and not rollout.smoked:
            judgement = watcher.smoke(rollout)
            rollout = replace(rollout, smoked=True)
            if judgement.verdict == "unhealthy":
                rollout = rollout.looked(Look(rollout.wave, now, 0, "roll back", judgement))
                return self._kept(rollout.to("rolling back", now, "; ".join(judgement.reasons)))
            rollout = self._kept(rollout)
        found = watcher.look(rollout)
        if found is None:
            return rollout
        look, lost = found
        rollout = rollout.leaving(lost).looked(look)
        reason = "; ".join(look.judgement.reasons)
        if look.step == "roll back":
            rollout = rollout.to("rolling back", now, f"wave {rollout.wave}: {reason}")
        elif look.step == "hold":
            rollout = rollout.held("moving", now, f"wave {rollout.wave}: {reason}")
        elif look.step == "go on":
            # not before: those that were moved are watched, whoever was refused
            refused = _refused_of(rollout)
            rollout = rollout.held("moving", now, refused) if refused else _after_wave(rollout, now)
        else:
            rollout = replace(rollout, reason=reason)
        return self._kept(rollout)

    def _back(self, rollout: Rollout) -> Rollout:
        there = self.mover.standing.forward
        back: list[tuple[str, Callable[[], Outcome]]] = []
        for move in reversed(rollout.plan.moves):
            aliases = [(alias_subject(move, alias), partial(self.mover.back_alias, move, alias)) for alias in move.aliases]
            back += [*aliases, (move.arn, partial(self.mover.back, move))]
        outcomes = _all_of([(subject, do) for subject, do in back if subject in there])
        if self._must_wait(rollout, outcomes):
            return rollout
        made = {subject for subject, outcome in outcomes.items() if outcome.ended == "made"}
        rollout = replace(rollout, left={subject: why for subject, why in rollout.left.items() if subject not in made})
        rollout, now = rollout.leaving(_reasons(outcomes)), self.world.clock.now()
        if refused := _refused(outcomes):
            return self._kept(rollout.held("rolling back", now, f"{rollout.reason}; the way back: {refused}"))
        return self._kept(rollout.to("rolled back", now, rollout.reason))

    def _must_wait(self, rollout: Rollout, outcomes: Mapping[str, Outcome]) -> bool:
        """Whether a function is being updated by others, and may still become ready."""
        waiting = any(outcome.ended == "not ready" for outcome in outcomes.values())
        return waiting and self.world.clock.now() < rollout.since + _NOT_READY

    def _kept(self, rollout: Rollout) -> Rollout:
        return save(self.world.lake, rollout)


def _after_wave(rollout: Rollout, now: datetime) -> Rollout:
    if rollout.wave < rollout.plan.waves:
        return rollout.to("moving", now, wave=rollout.wave + 1)
    return rollout.to("rolled out", now)


def _all_of(steps: Sequence[tuple[str, Callable[[], Outcome]]]) -> dict[str, Outcome]:
    """Outcomes of all steps: one that the cloud does not answer keeps no other from being done.

    Raises:
        TransientError: There was such a one.
    """
    outcomes, lost = {}, None
    for subject, do in steps:
        try:
            outcomes[subject] = do()
        except TransientError as error:
            lost = error
    if lost is not None:
        raise lost
    return outcomes


def _reasons(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    return {subject: outcome.reason for subject, outcome in outcomes.items() if outcome.ended != "made"}


def _refused(outcomes: Mapping[str, Outcome]) -> str:
    return "; ".join(f"{subject}: {outcome.reason}" for subject, outcome in outcomes.items() if outcome.ended == "refused")


def _refused_of(rollout: Rollout) -> str:
    """What AWS refused of the wave of a roll-out; empty if nothing."""
    subjects = [
        subject for move in rollout.moves(rollout.wave) for subject in (move.arn, *(alias_subject(move, a) for a in move.aliases))
    ]
    return "; ".join(f"{subject}: {why}" for subject in subjects if (why := rollout.left.get(subject, "")).startswith(REFUSED))


def _demand_alone(world: World, rollout: Rollout) -> None:
    others = [one for one in rollouts(world.lake, rollout.settings.layer) if one.is_open and one.id != rollout.id]
    if others:
        raise BadInput(
            f"{others[0].id} of {rollout.settings.layer} is {others[0].state}",
            "A layer has one roll-out at a time: end that first.",
        )


def _id(layer: str, sha256: str, now: datetime) -> str:
    return f"{layer}-{now:%Y%m%dT%H%M%S}-{hashlib.sha256(f'{layer} {sha256} {now.isoformat()}'.encode()).hexdigest()[:6]}"
