"""What an action is: something that may be done to one resource, with its reason, its expected saving and its undo."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

STOP, START, RESIZE, DELETE, RESTORE = "stop", "start", "resize", "delete", "restore"
AUTOSCALE, AUTOSCALE_OFF = "autoscale", "autoscale-off"
SCHEDULE, HOLD = "schedule", "hold"
"""`schedule` stops and starts a resource by a timetable for as long as it is in force; `hold` keeps a budget where it is."""
UNDO: Mapping[str, str] = {
    STOP: START, RESIZE: RESIZE, AUTOSCALE: AUTOSCALE_OFF, DELETE: RESTORE, SCHEDULE: START, HOLD: "release",
}  # fmt: skip
"""What takes an operation back; `release` lets a budget follow the forecast again."""
LASTING = frozenset({SCHEDULE, HOLD})
"""In force until they are taken back."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen of a resource in its cloud.

    Attributes:
        kind: What it is; empty if nothing can be done to such a thing.
        operations: What can be done to it.
        status: Whether it runs, as `resources.actions` has it.
        size: Its size.
        tags: Its tags.
        under_way: What was begun with it and is not finished.
        auto_scaling: Whether its cloud lets its size follow the load; None of what has no auto scaling of its own.
    """

    kind: str
    operations: frozenset[str]
    status: str
    size: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    under_way: str = ""
    auto_scaling: bool | None = None

    def words(self) -> str:
        """For people."""
        scaling = " and auto scaling" if self.auto_scaling else ""
        return f"{self.status}{f' with size {self.size}' if self.size else ''}{scaling}"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that may be done.

    Attributes:
        source: What proposes it: `policy` or `recommendation`.
        source_name: Name of the policy, or kind of the recommendation.
        source_id: Id of the match or recommendation.
        system: Cloud: `oci` or `aws`.
        resource_id: What it is done to, as bills name it; of a budget, kind and name of its target.
        series: Provider, sub-account, service, region and currency of the resource's costs.
        operation: One of the operations above.
        parameters: How: `size` of a resize, `least` and `most` of auto scaling, `amount` of a hold, the timetable of a schedule,
            `wait_days` of a stop.
        savings: Per 30 days, from … to; None if not known.
        savings_unknown_because: Why it is not known.
        reason: Why, in one line.
        evidence: The figures it rests on.
        seen: The resource as it was when this was proposed.
    """

    source: str
    source_name: str
    source_id: str
    system: str
    resource_id: str
    series: tuple[str | None, ...]
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    savings: tuple[Decimal, Decimal] | None = None
    savings_unknown_because: str | None = None
    reason: str = ""
    evidence: tuple[str, ...] = ()
    seen: Facts | None = None

    @property
    def action_id(self) -> str:
        """Its id: the same for the same operation on the same resource, proposed by the same policy or kind, in every run."""
        return digest([self.source, self.source_name, self.system, self.resource_id, self.operation])

    @property
    def fingerprint(self) -> str:
        """What an approval is for: other parameters, or another state of the resource, need another approval."""
        state = None if self.seen is None else [self.seen.status, self.seen.size]
        if self.operation == SCHEDULE:
            state = None  # it runs at one time and not at another: that is the point
        return digest([self.action_id, dict(self.parameters), state])

    @property
    def undo(self) -> str:
        """How it is taken back, in words."""
        size = f" to {self.seen.size}" if self.operation == RESIZE and self.seen else ""
        return f"{UNDO[self.operation]}{size}"


def digest(said: object) -> str:
    """16 hexadecimal digits of something that JSON can write."""
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]
