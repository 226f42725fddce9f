"""Policies the slow way, one resource at a time in plain Python: what the evaluator is held against; and policies at random."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from hypothesis import strategies as st

from assets.finops.logic.policies.schema import Fixture, Policy

Truth = bool | None
Leaves = Callable[[str, Truth], Truth]
"""What a clause counts as, by its place and what it is."""


def verdict(policy: dict[str, Any], fixture: Fixture, override: Leaves = lambda _, truth: truth) -> str:
    """What the policy, as in its file, says of the resource."""
    parts = [override(place, truth) for place, truth in _selected(policy.get("resource", {}), fixture)]
    parts += [_clause(clause, f"filters[{n}]", fixture, False, override) for n, clause in enumerate(policy["filters"], 1)]
    free = every(override(f"exclude[{n}]", not _excluded(one, fixture)) for n, one in enumerate(policy.get("exclude", []), 1))
    truth = every(parts)
    if truth is True:
        return "match" if free else "excluded"
    return "unknown" if truth is None and free else "no match"


def every(parts: Any) -> Truth:
    """Kleene's and."""
    found = list(parts)
    return False if False in found else None if None in found else True


def some(parts: Any) -> Truth:
    """Kleene's or."""
    found = list(parts)
    return True if True in found else None if None in found else False


def _clause(clause: Mapping[str, Any], place: str, fixture: Fixture, negated: bool, override: Leaves) -> Truth:
    ((name, said),) = clause.items()
    if name == "not":
        return _clause(said, f"{place}.not", fixture, not negated, override)
    if name in ("all", "any"):
        parts = [_clause(part, f"{place}.{name}[{n}]", fixture, negated, override) for n, part in enumerate(said, 1)]
        return every(parts) if (name == "all") != negated else some(parts)
    truth = _LEAVES[name](said, fixture)
    if truth is None and isinstance(said, Mapping) and said.get("missing") == "match":
        truth = True
    return override(f"{place}.{name}", None if truth is None else truth != negated)


def _selected(selector: Mapping[str, Any], fixture: Fixture) -> list[tuple[str, Truth]]:
    found: list[tuple[str, Truth]] = []
    if "provider" in selector:
        provider = None if fixture.provider is None else fixture.provider in selector["provider"]
        found.append(("resource.provider", provider))
    if "service" in selector:
        names = (fixture.service, fixture.comparable_service)
        found.append(("resource.service", some(_like(name, selector["service"]) for name in names)))
    return found


def _excluded(exclusion: Mapping[str, Any], fixture: Fixture) -> bool:
    named = _like(fixture.id, exclusion["resource"]) or _like(fixture.name, exclusion["resource"])
    return bool(named) and str(fixture.day) <= exclusion["until"]


def _like(text: str | None, patterns: list[str]) -> Truth:
    return None if text is None else any(fnmatchcase(text.lower(), pattern.lower()) for pattern in patterns)


def _compared(said: Mapping[str, Any], value: Decimal | float | None, currency: str | None = None) -> Truth:
    tests = {
        "above": lambda v, b: v > b,
        "at_least": lambda v, b: v >= b,
        "below": lambda v, b: v < b,
        "at_most": lambda v, b: v <= b,
    }
    parts: list[Truth] = []
    for name, bound in said.items():
        if name in tests:
            limit = bound.get(currency) if isinstance(bound, Mapping) else bound
            parts.append(None if value is None or limit is None else tests[name](Decimal(str(value)), Decimal(str(limit))))
    return every(parts)


def _tag(said: Mapping[str, Any], fixture: Fixture) -> Truth:
    if fixture.tags is None:
        return None
    values = [v for k, v in fixture.tags.items() if v and v.strip() and k.rpartition(".")[2].removeprefix("user:") == said["key"]]
    if "equals" in said:
        return any(_like(value, said["equals"]) for value in values)
    return bool(values) == (said["is"] == "present")


def _metric(said: Mapping[str, Any], fixture: Fixture) -> Truth:
    for m in fixture.metrics or ():
        if (m.name, m.statistic, m.days) == (said["name"], said["statistic"], said["days"]):
            return _compared(said, m.value)
    return None


def _anomaly(said: Mapping[str, Any], fixture: Fixture) -> Truth:
    if fixture.anomalies is None:
        return None
    each = []
    for anomaly in fixture.anomalies:
        parts: list[Truth] = [anomaly.kind in said["kinds"] if "kinds" in said else anomaly.kind != "price step"]
        parts += [_compared(said["impact"], anomaly.impact, fixture.currency)] if "impact" in said else []
        parts += [_compared(said["impact_percent"], anomaly.impact_percent)] if "impact_percent" in said else []
        parts += [anomaly.days_ago < said["within_days"]] if "within_days" in said else []
        each.append(every(parts))
    return some(each)


def _candidate(said: Mapping[str, Any], fixture: Fixture) -> Truth:
    if fixture.candidates is None:
        return None
    if set(said["is"]) & set(fixture.candidates):
        return True
    needs_use = set(said["is"]) & {"idle_review", "rightsizing"}
    return None if needs_use and not fixture.use_observed else False


def _age(said: Mapping[str, Any], fixture: Fixture) -> Truth:
    if fixture.age_days is None:
        return None
    parts: list[Truth] = []
    for name in ("above", "at_least", "below", "at_most"):
        if name in said:
            truth = _compared({name: said[name]}, fixture.age_days)
            certain = truth if name in ("above", "at_least") else truth is False
            parts.append(truth if certain or not fixture.age_is_least else None)
    return every(parts)


_LEAVES: Mapping[str, Callable[[Any, Fixture], Truth]] = {
    "cost_30d": lambda said, f: _compared(said, f.cost_30d, f.currency),
    "trend_percent": lambda said, f: _compared(said, f.trend_percent),
    "age_days": _age,
    "state": lambda said, f: None if f.state is None else f.state in said["is"],
    "candidate": _candidate,
    "name": lambda said, f: _like(f.name, said["like"]),
    "tag": _tag,
    "metric": _metric,
    "anomaly": _anomaly,
    "attached": lambda said, f: None if f.attached_to is None else bool(f.attached_to) == (said["is"] == "true"),
}

_NUMBERS = st.integers(-3, 3)
_MISSING = st.sampled_from([{}, {}, {"missing": "match"}])
_STATES = st.sampled_from(["idle", "steady", "growing"])
_CANDIDATES = st.sampled_from(["rightsizing", "off_hours_schedule"])
_PATTERNS = st.lists(st.sampled_from(["a", "A*", "*b", "a.b", "*"]), min_size=1, max_size=2)
_NAMES = st.sampled_from(["a", "ab", "axb", "a.b", "c"])
_KINDS = st.sampled_from(["spike", "rise", "price step"])


@st.composite
def _bounds(draw: st.DrawFn, money: bool = False) -> dict[str, Any]:
    low, high = draw(st.integers(-3, 1)), draw(st.integers(2, 4))
    given = {draw(st.sampled_from(["above", "at_least"])): low}
    if draw(st.booleans()):
        given = {
            **(given if draw(st.booleans()) else {}),
            draw(st.sampled_from(["below", "at_most"])): high,
        }
    if money and draw(st.booleans()):
        return {name: draw(st.sampled_from([{"USD": bound}, {"EUR": bound, "USD": bound}])) for name, bound in given.items()}
    return given


@st.composite
def _leaf(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(_LEAVES)))
    said: dict[str, Any] = {
        "cost_30d": _bounds(money=True),
        "trend_percent": _bounds(),
        "age_days": _bounds(),
        "state": st.lists(_STATES, min_size=1, max_size=2).map(lambda found: {"is": found}),
        "candidate": st.lists(_CANDIDATES, min_size=1, max_size=2).map(lambda found: {"is": found}),
        "name": _PATTERNS.map(lambda found: {"like": found}),
        "tag": st.one_of(
            st.sampled_from(["present", "missing"]).map(lambda state: {"key": "env", "is": state}),
            _PATTERNS.map(lambda found: {"key": "env", "equals": found}),
        ),
        "metric": _bounds().map(lambda found: {"name": "cpu", "statistic": "p95", "days": 30, **found}),
        "anomaly": st.fixed_dictionaries(
            {},
            optional={
                "kinds": st.lists(_KINDS, min_size=1, max_size=2),
                "impact": _bounds(money=True),
                "impact_percent": _bounds(),
                "within_days": st.integers(1, 3),
            },
        ),
        "attached": st.sampled_from([{"is": "true"}, {"is": "false"}]),
    }
    return {name: {**draw(said[name]), **draw(_MISSING)}}


CLAUSES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    _leaf(),
    lambda inner: st.one_of(
        inner.map(lambda clause: {"not": clause}),
        st.lists(inner, min_size=1, max_size=3).map(lambda clauses: {"all": clauses}),
        st.lists(inner, min_size=1, max_size=3).map(lambda clauses: {"any": clauses}),
    ),
    max_leaves=6,
)


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """A policy as its file would say it."""
    selector = draw(
        st.fixed_dictionaries(
            {}, optional={"provider": st.lists(st.sampled_from(["aws", "oci"]), min_size=1), "service": _PATTERNS}
        )
    )
    exclusion = st.fixed_dictionaries(
        {"resource": _PATTERNS, "until": st.sampled_from(["2026-01-30", "2026-01-31"]), "reason": st.just("known")}
    )
    return {
        "name": "at-random",
        "description": "at random",
        "mode": "propose",
        "resource": selector,
        "filters": draw(st.lists(CLAUSES, min_size=1, max_size=3)),
        "actions": ["stop"],
        "exclude": draw(st.lists(exclusion, max_size=1)),
        "tests": [{"name": "t", "resource": {}, "expect": "match"}],
    }


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def fixtures() -> st.SearchStrategy[Fixture]:
    """Resources of which some things are known."""
    anomaly = st.fixed_dictionaries(
        {"kind": _KINDS, "days_ago": st.integers(0, 3)}, optional={"impact": _NUMBERS, "impact_percent": _NUMBERS}
    )
    tags = st.dictionaries(st.sampled_from(["env", "user:env", "acme.env", "environment"]), st.sampled_from(["a", "ab", "", " "]))
    metric = st.fixed_dictionaries(
        {"name": st.just("cpu"), "statistic": st.sampled_from(["p95", "mean"]), "days": st.just(30), "value": _NUMBERS}
    )
    given = {
        "id": _NAMES, "name": _maybe(_NAMES), "provider": _maybe(st.sampled_from(["aws", "oci"])), "service": _maybe(_NAMES),
        "comparable_service": _maybe(_NAMES), "currency": st.sampled_from(["USD", "EUR", "GBP"]), "cost_30d": _maybe(_NUMBERS),
        "trend_percent": _maybe(_NUMBERS), "age_days": _maybe(st.integers(0, 6)), "age_is_least": st.booleans(),
        "state": _maybe(_STATES), "candidates": _maybe(st.lists(_CANDIDATES, max_size=1)), "use_observed": _maybe(st.booleans()),
        "tags": _maybe(tags), "metrics": _maybe(st.lists(metric, max_size=1)), "anomalies": _maybe(st.lists(anomaly, max_size=2)),
        "attached_to": _maybe(st.lists(_NAMES, max_size=1)),
    }  # fmt: skip
    return st.fixed_dictionaries(given).map(Fixture.model_validate)


def as_policy(said: dict[str, Any]) -> Policy:
    """The same as a model."""
    return Policy.model_validate(said)
