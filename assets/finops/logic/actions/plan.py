"""From recommendations and policy matches to proposed actions: at most one per resource, and none on what is protected."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fnmatch import fnmatchcase
from typing import Any

import polars as pl

from assets.finops.logic.actions.model import AUTOSCALE, DELETE, HOLD, RESIZE, SCHEDULE, STOP, Action, Facts
from assets.finops.logic.actions.schedule import OFFICE_HOURS, WEEK_MINUTES, Timetable
from assets.finops.logic.actions.sizes import half, most_scaled
from assets.finops.logic.panel import SERIES

SYSTEMS: Mapping[str, str] = {"AWS": "aws", "Oracle": "oci"}
"""Clouds that can be acted on, by `ProviderName`."""
KEEP = "cloudops=keep"
"""Tag by which people protect a resource."""
_OPERATIONS: Mapping[str, str] = {
    "stop": STOP, "start_stop_schedule": SCHEDULE, "rightsize": RESIZE, "autoscale": AUTOSCALE, "delete_unattached": DELETE,
    "freeze_budget": HOLD,
}  # fmt: skip
"""Actions of policies that can be carried out."""
_KINDS: Mapping[str, str] = {"off-hours schedule": SCHEDULE, "rightsizing": RESIZE}
"""Kinds of recommendations that can be carried out without asking anybody what else they mean."""
_GENTLEST = (HOLD, AUTOSCALE, SCHEDULE, RESIZE, STOP, DELETE)
_STATUSES: Mapping[str, tuple[str, ...]] = {
    STOP: ("running",), RESIZE: ("running", "stopped"), AUTOSCALE: ("running",), SCHEDULE: ("running", "stopped"),
    DELETE: ("unattached",),
}  # fmt: skip
"""In which an operation is proposed; one that is not named, in any."""
_SAVES_NOTHING: Mapping[str, str] = {
    HOLD: "a budget that is held saves nothing by itself",
    AUTOSCALE: "auto scaling saves nothing by itself: what the load needs above the size is billed while it needs it",
}
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
_CENT = Decimal("0.01")
_LIVE = ("new", "continuing")
_OPEN = ("open", "accepted")


@dataclass(frozen=True, slots=True)
class Left:
    """Something that is not proposed, and why; `undecided` if that is not known for good."""

    action_id: str
    resource_id: str
    operation: str
    source_name: str
    reason: str
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class Protection:
    """What is never acted on.

    Attributes:
        tags: `key=value` of tags, in any case; `*` stands for anything. In OCI, `namespace.key=value` as well.
        exclude: Ids of resources; `*` stands for anything.
    """

    tags: tuple[str, ...] = (KEEP,)
    exclude: tuple[str, ...] = ()

    def why(self, resource_id: str, tags: Iterable[tuple[str, str]]) -> str | None:
        """Why a resource is protected; None if it is not."""
        for pattern in self.exclude:
            if fnmatchcase(resource_id.lower(), pattern.lower()):
                return f"it is excluded by {pattern}"
        for key, value in tags:
            written = {f"{name}={value}".lower() for name in (key, key.rpartition(".")[2])}
            for pattern in self.tags:
                if any(fnmatchcase(one, pattern.lower()) for one in written):
                    return f"its tag {key}={value} protects it"
        return None


@dataclass(frozen=True, slots=True)
class Planned:
    """What is proposed, and what is not."""

    actions: tuple[Action, ...]
    left: tuple[Left, ...]


def from_matches(matches: pl.DataFrame) -> Iterator[Action | Left]:
    """What policies in mode `propose` would do, of rows of `finops/policy_matches`; without what was seen of the resources."""
    proposing = matches.filter(pl.col("mode") == "propose").sort("match_id")
    for row in proposing.filter(pl.col("state") != "ended").iter_rows(named=True):
        for asked in row["actions"]:
            if asked["action"] == "notify":
                continue
            action = _of_match(row, asked)
            if asked["action"] not in _OPERATIONS:
                yield _left(action, f"{asked['action']} is for people to do")
            elif row["state"] not in _LIVE:
                yield _left(action, "whether the policy still matches is unknown", undecided=True)
            else:
                yield action


def from_recommendations(recommendations: pl.DataFrame) -> Iterator[Action | Left]:
    """What recommendations about a resource would do, of rows of `finops/recommendations`."""
    wanted = pl.col("kind").is_in(list(_KINDS)) & pl.col("ResourceId").is_not_null() & pl.col("state").is_in(_OPEN)
    for row in recommendations.filter(wanted).sort("recommendation_id").iter_rows(named=True):
        operation = _KINDS[row["kind"]]
        known = row["savings_low"] is not None and row["savings_high"] is not None
        action = Action(
            "recommendation",
            row["kind"],
            row["recommendation_id"],
            SYSTEMS.get(row["ProviderName"], ""),
            row["ResourceId"],
            tuple(row[name] for name in SERIES),
            operation,
            OFFICE_HOURS.parameters if operation == SCHEDULE else {},
            (row["savings_low"], row["savings_high"]) if known else None,
            None if known else row["savings_unknown_because"],
            row["title"],
            tuple(f"{point['figure']}: {point['value']} ({point['source']})" for point in row["datapoints"] or ()),
        )
        yield action if row["proposed"] else _left(action, "the recommendation was not found any more")


def plan(
    wanted: Iterable[Action | Left],
    look: Callable[[Action], Facts | str],
    in_force: Mapping[tuple[str, str], str],
    protection: Protection,
) -> Planned:
    """What to propose: of everything that is wanted for a resource, one action that is possible and not forbidden.

    What stands already goes first, then what a policy says, then what saves most for certain, then the gentlest. Where a
    recommendation knows better what the same operation saves, that is expected.

    Args:
        wanted: What policies and recommendations would do.
        look: Tells what is seen of the resource of an action, or why nothing is.
        in_force: Id of the action that stands for a resource, by cloud and id of the resource.
        protection: What is never acted on.
    """
    found: dict[tuple[str, str], list[Action]] = {}
    left: list[Left] = []
    for one in wanted:
        checked = one if isinstance(one, Left) else _checked(one, look, protection)
        if isinstance(checked, Left):
            left.append(checked)
        else:
            found.setdefault((checked.system, checked.resource_id), []).append(checked)
    chosen: list[Action] = []
    for resource, several in sorted(found.items()):
        standing = in_force.get(resource)
        first, *others = sorted(_told_better(_once(several)), key=lambda action: _order(action, standing))
        if standing not in (None, first.action_id):
            others, winner = [first, *others], standing
        else:
            chosen.append(first)
            winner = first.action_id
        left += [_left(other, f"action {winner} on the same resource goes first") for other in others]
    return Planned(tuple(chosen), tuple(left))


def budget_of(action: Action) -> str:
    """Key of the budget that the costs of a resource are charged to: of its compartment or account."""
    return f"{'compartment' if action.system == 'oci' else 'account'}:{action.series[1]}"


def _of_match(row: Mapping[str, Any], asked: Mapping[str, str]) -> Action:
    operation = _OPERATIONS.get(asked["action"], asked["action"])
    given: dict[str, Any] = json.loads(asked["parameters"] or "{}")
    series = tuple(row[name] for name in SERIES)
    evidence = tuple(
        f"{clause['clause']}: {clause['value']} against {clause['threshold']} ({clause['source']}), {clause['result']}"
        for clause in row["explanation"]
    )
    named = row["ResourceName"] or row["ResourceId"]
    made = Action(
        "policy", row["policy"], row["match_id"], SYSTEMS.get(row["ProviderName"], ""), row["ResourceId"], series, operation,
        given, _savings(operation, given, row["cost_30d"]), None, f"{named} matches the policy {row['policy']}", evidence,
    )  # fmt: skip
    if operation == HOLD:
        made = replace(made, resource_id=budget_of(made))
    if made.savings is None:
        unknown = _SAVES_NOTHING.get(operation, "what the resource costs is unknown")
        made = replace(made, savings_unknown_because=unknown)
    return made


def _savings(operation: str, given: Mapping[str, Any], cost: Decimal | None) -> tuple[Decimal, Decimal] | None:
    """At most what it costs while it is off or too large; at least nothing: what of it is billed by the hour is not known."""
    if cost is None or cost <= 0 or operation in _SAVES_NOTHING:
        return None
    share = Decimal(1)
    if operation == SCHEDULE:
        off = WEEK_MINUTES - Timetable.of(given).minutes_on
        share = Decimal(off) / Decimal(WEEK_MINUTES)
    elif operation == RESIZE:
        share = Decimal("0.5")
    return Decimal(0), _EXACT.multiply(cost, share).quantize(_CENT)


def _checked(action: Action, look: Callable[[Action], Facts | str], protection: Protection) -> Action | Left:
    if not action.system:
        return _left(action, f"nothing is done in the cloud of {action.series[0] or 'an unknown provider'}")
    if why := protection.why(action.resource_id, ()):
        return _left(action, why)
    seen = look(action)
    if isinstance(seen, str):
        return _left(action, seen, undecided=True)
    if why := protection.why(action.resource_id, seen.tags):
        return _left(action, why)
    return _fitted(replace(action, seen=seen))


def _fitted(action: Action) -> Action | Left:
    """With what its parameters still lack; or why it cannot be done to what was seen."""
    seen = action.seen
    assert seen is not None  # noqa: S101 - set by the only caller
    needed = {SCHEDULE: {"stop", "start"}}.get(action.operation, {action.operation})
    if not needed <= seen.operations:
        return _left(action, _impossible(action, seen))
    if seen.status == "absent":
        return _left(action, "its cloud has no such thing any more")
    if seen.under_way or seen.status in ("changing", "unknown"):
        return _left(action, "it is being changed", undecided=True)
    if seen.status not in _STATUSES.get(action.operation, (seen.status,)):
        return _left(action, f"it is {seen.status}")
    if action.operation == HOLD:
        return replace(action, parameters={**action.parameters, "amount": seen.size})
    if action.operation == AUTOSCALE:
        why = _not_scaled(action, seen)
        return _left(action, why) if why else action
    return _smaller(action, seen) if action.operation == RESIZE else action


def _impossible(action: Action, seen: Facts) -> str:
    if action.operation == AUTOSCALE and action.system == "aws" and seen.kind:
        named = "an EC2 instance" if seen.kind == "instance" else f"a {seen.kind} of AWS"
        return f"{named} has no auto scaling of its own that can be turned on, and groups are not managed"
    return f"{action.operation} cannot be done to {'a ' + seen.kind if seen.kind else 'such a thing'}"


def _not_scaled(action: Action, seen: Facts) -> str | None:
    """Why auto scaling is not turned on: there is none, it is on, or goes beyond what the policy allows; None if it is."""
    if seen.auto_scaling is None:
        return "its shape is fixed: it has no auto scaling"
    if seen.auto_scaling:
        return "its auto scaling is on already"
    most = most_scaled(action.system, seen.kind, seen.size)
    if most is None:
        return f"how far its cloud would scale it from {seen.size or 'a size in OCPUs'} is unknown"
    if int(seen.size) < action.parameters.get("least", 0) or most > action.parameters.get("most", most):
        allowed = f"{action.parameters.get('least', 0)} to {action.parameters.get('most', most)}"
        return f"its cloud would scale it from {seen.size} to {most}, and {allowed} is allowed"
    return None


def _smaller(action: Action, seen: Facts) -> Action | Left:
    smaller = half(action.system, seen.kind, seen.size)
    if smaller is None:
        return _left(action, f"no size is known that is half of {seen.size or 'an unknown one'}")
    return replace(action, parameters={**action.parameters, "size": smaller})


def _once(several: Sequence[Action]) -> list[Action]:
    """One of those that have the same id, such as two resources of one budget: the first, with the evidence of all."""
    found: dict[str, Action] = {}
    for action in several:
        known = found.get(action.action_id)
        found[action.action_id] = replace(known, evidence=(*known.evidence, *action.evidence)) if known else action
    return list(found.values())


def _told_better(several: Sequence[Action]) -> list[Action]:
    """With the saving that a recommendation of the same operation knows."""
    known = {a.operation: a.savings for a in several if a.source == "recommendation" and a.savings is not None}
    better = (replace(a, savings=known[a.operation], savings_unknown_because=None) for a in several if a.operation in known)
    return [*better, *(a for a in several if a.operation not in known)]


def _order(action: Action, standing: str | None) -> tuple[bool, bool, Decimal, Decimal, int, str]:
    low, high = action.savings or (Decimal(-1), Decimal(-1))
    return (
        action.action_id != standing,
        action.source != "policy",
        -low,
        -high,
        _GENTLEST.index(action.operation),
        action.action_id,
    )


def _left(action: Action, reason: str, *, undecided: bool = False) -> Left:
    return Left(action.action_id, action.resource_id, action.operation, action.source_name, reason, undecided)


def undecided_ids(left: Collection[Left]) -> frozenset[str]:
    """Ids of what may be proposed again when more is known."""
    return frozenset(one.action_id for one in left if one.undecided)
