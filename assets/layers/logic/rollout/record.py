"""A roll-out as it is kept: what was asked, what was planned, and how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from assets.layers.logic.rollout.gate import GateRule, Judgement, Step
from assets.layers.logic.rollout.plan import Move, Plan
from assets.layers.logic.rollout.waves import WaveRule

State = Literal["moving", "watching", "rolling back", "held", "rolled out", "rolled back"]
OPEN: tuple[State, ...] = ("moving", "watching", "rolling back", "held")
"""What keeps another roll-out of the same layer away."""
GOES_ON: tuple[State, ...] = ("moving", "watching", "rolling back")
"""What goes on without a person."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was asked.

    Attributes:
        layer: Name of the layer.
        from_version: Number that is replaced; None for every older one.
        to_version: Number of the new version in the first place that has the layer; None if `to_sha256` says which.
        to_sha256: Hash of its zip, as AWS tells it (base64) or hexadecimal; empty if the number says which.
        places: Patterns `ACCOUNT/REGION` of places whose functions move.
        waves: How functions are divided.
        gate: When a wave is healthy.
        statistic: Of the durations that are compared: `Average`, `p99`, …
        aliases: Whether aliases follow their functions.
        smoke: Payload that the functions of the first wave are called with; empty if they are not.
    """

    layer: str
    from_version: int | None
    to_version: int | None
    to_sha256: str = ""
    places: tuple[str, ...] = ("*",)
    waves: WaveRule = field(default_factory=WaveRule)
    gate: GateRule = field(default_factory=GateRule)
    statistic: str = "Average"
    aliases: Literal["report", "move"] = "report"
    smoke: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a wave that is watched.

    Attributes:
        wave: Which.
        at: When.
        minutes: How long it had been watched.
        step: What was decided.
        judgement: On what grounds.
    """

    wave: int
    at: datetime
    minutes: float
    step: Step
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Rollout:
    """How far a roll-out is.

    Attributes:
        id: Of it.
        settings: What was asked.
        sha256: Hash of the new version's zip, as AWS tells it.
        plan: What was planned; the former layers of every function are in it.
        by: Who let it happen.
        begun_at: When.
        state: Where it is.
        wave: Which one is moved or watched.
        since: When the state began.
        goes_to: State that follows if a person lets it go on; of one that is held.
        reason: Why it is in this state.
        left: Why functions of the plan were left, by ARN, or by ARN and name of an alias.
        looks: The last look at each wave.
        smoked: Whether the first wave was called by way of trial.
        reported: Whether its report tells of this state.
    """

    id: str
    settings: Settings
    sha256: str
    plan: Plan
    by: str
    begun_at: datetime
    state: State
    wave: int
    since: datetime
    goes_to: State | None = None
    reason: str = ""
    left: Mapping[str, str] = field(default_factory=dict)
    looks: tuple[Look, ...] = ()
    smoked: bool = False
    reported: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.state in OPEN

    @property
    def goes_on(self) -> bool:
        """Whether a run has something to do for it, without a person."""
        return self.state in GOES_ON or not self.reported

    def moves(self, wave: int) -> tuple[Move, ...]:
        """Functions of a wave."""
        return tuple(move for move in self.plan.moves if move.wave == wave)

    def to(self, state: State, now: datetime, reason: str = "", *, wave: int | None = None) -> "Rollout":
        """It in another state."""
        now_in = self.wave if wave is None else wave
        return replace(self, state=state, since=now, reason=reason, wave=now_in, goes_to=None, reported=False)

    def held(self, goes_to: State, now: datetime, reason: str) -> "Rollout":
        """It waiting for a person, after whose word it goes to a state."""
        return replace(self.to("held", now, reason), goes_to=goes_to)

    def leaving(self, left: Mapping[str, str]) -> "Rollout":
        """It with more that is left."""
        return replace(self, left={**self.left, **left})

    def looked(self, look: Look) -> "Rollout":
        """It after a look at its wave."""
        return replace(self, looks=(*(one for one in self.looks if one.wave != look.wave), look))
