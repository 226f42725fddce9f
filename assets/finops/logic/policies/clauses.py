"""Filters as expressions over the inventory: each says true, false or, where the data does not tell, null."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from assets.finops.logic.policies import filters as f
from assets.finops.logic.policies.schema import Exclusion, Policy, Selector
from assets.finops.logic.policies.values import BOUNDS, EVERY_CURRENCY, Bounds, MoneyBounds, Strict

EXCLUDED = "the policy's own exclusions"
"""Source of a question about an exclusion."""
_MONEY = pl.Decimal(38, 24)
_PERIOD = 30
_UNKNOWN = pl.lit(None, pl.Boolean)
_PROVIDER_NAMES: Mapping[str, tuple[str, ...]] = {
    "aws": ("AWS", "Amazon*"),
    "oci": ("Oracle*", "OCI"),
    "azure": ("Microsoft*", "Azure*"),
    "google": ("Google*", "GCP"),
}
_OF_USE = ("idle_review", "rightsizing")
"""Candidates that the assessment cannot rule out as long as nothing is known of the use."""
_WINDOWS: Mapping[str, int | None] = {
    "trend_percent": 91, "volatility": 91, "weekend_ratio": 28, "unit_price_change_percent": 60, "age_days": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leaf:
    """One question about a resource.

    Attributes:
        clause: Its place in the policy, such as `filters[2].cost_30d`.
        threshold: What the value is held against.
        holds: True, false, or null if it cannot be known.
        value: What was found, as text; null if unknown.
        source: Where the value is from.
        window: Days that the value covers, up to the last settled one; None if it covers no window.
        rows: How many rows are behind the value; null if that is not known.
        missing_matches: Whether an unknown value counts as if the question held.
        negated: Whether it is asked the other way round.
    """

    clause: str
    threshold: str
    holds: pl.Expr
    value: pl.Expr
    source: str
    window: int | None = None
    rows: pl.Expr | None = None
    missing_matches: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """Questions of which all must hold, or any."""

    need_all: bool
    parts: tuple[Node, ...]


Node = Leaf | Joined


def main_node(policy: Policy) -> Joined:
    """Everything that a resource must be for the policy to match, exclusions aside."""
    asked = [_node(clause, f"filters[{n}]", negated=False) for n, clause in enumerate(policy.filters, 1)]
    return Joined(need_all=True, parts=(*_selection(policy.resource), *asked))


def exclusions(policy: Policy) -> Joined:
    """That none of the exclusions which are still in force names the resource."""
    return Joined(need_all=True, parts=tuple(_exclusion(one, n) for n, one in enumerate(policy.exclude, 1)))


def like(column: pl.Expr, texts: Sequence[str]) -> pl.Expr:
    """Whether a text is one of these, whatever the case; `*` stands for anything. Null if there is no text."""
    pattern = "|".join(".*".join(re.escape(part) for part in text.split("*")) for text in texts)
    return column.str.contains(f"(?is)^(?:{pattern})$")


def _node(clause: f.Clause, place: str, *, negated: bool) -> Node:
    name, said = clause.chosen()
    if isinstance(said, f.Clause):
        return _node(said, f"{place}.not", negated=not negated)
    if isinstance(said, tuple):
        parts = [_node(part, f"{place}.{name}[{n}]", negated=negated) for n, part in enumerate(said, 1)]
        return Joined(need_all=(name == "all") != negated, parts=tuple(parts))
    leaf = _leaf(name, said)
    missing = getattr(said, "missing", None) == "match"
    return replace(leaf, clause=f"{place}.{name}", missing_matches=missing, negated=negated)


def _leaf(name: str, said: Strict) -> Leaf:
    """The question that a filter asks, without its place."""
    match said:
        case f.MetricFilter():
            return _metric(said)
        case MoneyBounds():
            return _money(name, said)
        case Bounds():
            return _age(said) if name == "age_days" else _number(name, said)
        case f.StateFilter():
            return _state(said)
        case f.CandidateFilter():
            return _candidate(said)
        case f.NameFilter():
            return _name(said)
        case f.TagFilter():
            return _tag(said)
        case f.AnomalyFilter():
            return _anomaly(said)
        case f.AttachedFilter():
            return _attached(said)
    raise TypeError(f"no question is known for {type(said).__name__}")


def _selection(selector: Selector) -> list[Leaf]:
    found = []
    if selector.provider:
        names = [name for provider in selector.provider for name in _PROVIDER_NAMES[provider]]
        column = pl.col("ProviderName")
        found.append(
            Leaf("resource.provider", ", ".join(selector.provider), like(column, names), column, "finops/resource_costs")
        )
    for name, columns in (
        ("service", ("ServiceName", "x_comparable_service")),
        ("type", ("ResourceType",)),
        ("sub_account", ("SubAccountId", "SubAccountName")),
        ("region", ("RegionId",)),
    ):
        if texts := getattr(selector, name):
            holds = pl.any_horizontal(like(pl.col(column), texts) for column in columns)
            shown = pl.concat_str([pl.col(column) for column in columns], separator=" / ", ignore_nulls=True)
            value = pl.when(pl.any_horizontal(pl.col(column).is_not_null() for column in columns)).then(shown)
            found.append(Leaf(f"resource.{name}", " or ".join(texts), holds, value, "finops/resource_efficiency"))
    for key, texts in (selector.tags or {}).items():
        found.append(replace(_tag(f.TagFilter(key=key, equals=tuple(texts))), clause=f"resource.tags.{key}"))
    return found


def _exclusion(exclusion: Exclusion, number: int) -> Leaf:
    named = like(pl.col("ResourceId"), exclusion.resource) | like(pl.col("ResourceName"), exclusion.resource).fill_null(
        value=False
    )
    holds = named & (pl.col("as_of") <= exclusion.until)
    says = f"left alone until {exclusion.until}: {exclusion.reason}"
    return Leaf(f"exclude[{number}]", says, holds, pl.col("ResourceId"), EXCLUDED, negated=True)


def _money(name: str, said: MoneyBounds) -> Leaf:
    column = pl.col(name)
    window = None if name == "monthly_run_rate" else _PERIOD
    rows = pl.col("cost_rows") if name == "cost_30d" else None
    value = pl.format("{} {}", plain(column), pl.col("BillingCurrency"))
    return Leaf(
        "",
        _money_says(said),
        _money_holds(said, column, pl.col("BillingCurrency")),
        value,
        "finops/resource_efficiency",
        window,
        rows,
    )


def _money_holds(said: MoneyBounds, amount: pl.Expr, currency: pl.Expr) -> pl.Expr:
    """Bounds say nothing about an amount in a currency that they do not name."""
    held = []
    for name, amounts in said.given().items():
        if EVERY_CURRENCY in amounts:
            held.append(_beyond(name, amount, pl.lit(amounts[EVERY_CURRENCY], _MONEY)))
            continue
        bound: pl.Expr = pl.lit(None, _MONEY)
        for code, value in amounts.items():
            bound = pl.when(currency == code).then(pl.lit(value, _MONEY)).otherwise(bound)
        held.append(_beyond(name, amount, bound))
    return pl.all_horizontal(held)


def _money_says(said: MoneyBounds) -> str:
    texts = []
    for name, amounts in said.given().items():
        each = [_text(v) if c == EVERY_CURRENCY else f"{_text(v)} {c}" for c, v in amounts.items()]
        texts.append(f"{BOUNDS[name]} {' / '.join(each)}")
    return ", ".join(texts)


def _number(name: str, said: Bounds) -> Leaf:
    column = pl.col(name)
    value = column.cast(pl.Float64).round(4).cast(pl.String)
    return Leaf("", _says(said), _holds(said, column), value, "finops/resource_efficiency", _WINDOWS[name])


def _age(said: Bounds) -> Leaf:
    """An age that is only a least one can pass a lower bound or miss an upper one; else it says nothing."""
    age, least = pl.col("age_days"), pl.col("age_is_least").fill_null(value=True)
    held = []
    for bound, limit in said.given().items():
        beyond = _beyond(bound, age, pl.lit(float(limit)))
        certain = beyond if bound in ("above", "at_least") else ~beyond
        held.append(pl.when(least & ~certain).then(_UNKNOWN).otherwise(beyond))
    value = pl.when(least).then(pl.format("at least {}", age)).otherwise(age.cast(pl.String))
    return Leaf("", _says(said), pl.all_horizontal(held), value, "finops/resource_efficiency")


def _state(said: f.StateFilter) -> Leaf:
    column = pl.col("state")
    return Leaf("", " or ".join(said.one_of), column.is_in(list(said.one_of)), column, "finops/resource_efficiency")


def _candidate(said: f.CandidateFilter) -> Leaf:
    named = pl.col("candidates").list.set_intersection(list(said.one_of))
    hit = named.list.len() > 0
    ruled_out = pl.col("use_observed").fill_null(value=False) if set(said.one_of) & set(_OF_USE) else pl.lit(value=True)
    holds = pl.when(hit).then(pl.lit(value=True)).when(hit.is_not_null() & ruled_out).then(pl.lit(value=False))
    value = pl.when(pl.col("candidates").list.len() > 0).then(pl.col("candidates").list.join(", ")).otherwise(pl.lit("none"))
    shown = pl.when(holds.is_not_null()).then(value)
    return Leaf("", " or ".join(said.one_of), holds, shown, "finops/resource_efficiency", 91)


def _name(said: f.NameFilter) -> Leaf:
    column = pl.col("ResourceName")
    return Leaf("", f"like {' or '.join(said.like)}", like(column, said.like), column, "finops/resource_efficiency")


def _tag(said: f.TagFilter) -> Leaf:
    tag = pl.element().struct
    mine = tag.field("key").str.contains(_key_pattern(said.key)) & (tag.field("value").str.strip_chars() != "")
    values = pl.col("tags").list.eval(pl.element().filter(mine.fill_null(value=False)).struct.field("value"))
    there = values.list.len() > 0
    if said.equals is None:
        holds = there if said.state == "present" else ~there
        says = f"tag {said.key} {said.state}"
    else:
        hit = values.list.eval(pl.element().filter(like(pl.element(), said.equals)))
        holds, says = hit.list.len() > 0, f"tag {said.key} = {' or '.join(said.equals)}"
    value = pl.when(there).then(values.list.join(", ")).when(there.is_not_null()).then(pl.lit("missing"))
    return Leaf("", says, holds, value, "finops/cost_and_usage", None, pl.col("tag_rows"))


def _key_pattern(key: str) -> str:
    """The key itself, or with a namespace before it, whatever the case."""
    text = ".*".join(re.escape(part) for part in key.split("*"))
    return rf"(?is)^(?:user:|[^:]*\.)?(?:{text})$"


def _metric(said: f.MetricFilter) -> Leaf:
    one = pl.element().struct
    asked = (one.field("metric") == said.name) & (one.field("statistic") == said.statistic) & (one.field("days") == said.days)
    found = pl.col("metrics").list.eval(pl.element().filter(asked)).list.first().struct
    value, rows = found.field("value"), found.field("rows")
    says = f"{said.name} {said.statistic} {_says(said)}"
    return Leaf("", says, _holds(said, value), value.round(4).cast(pl.String), "measured use", said.days, rows)


def _anomaly(said: f.AnomalyFilter) -> Leaf:
    one = pl.element().struct
    kind = one.field("kind")
    asked = [kind.is_in(list(said.kinds)) if said.kinds else kind != "price step"]
    asked += [one.field("state").is_in(list(said.states))] if said.states else []
    asked += [one.field("direction") == said.direction] if said.direction else []
    asked += [one.field("days_ago") < said.within_days] if said.within_days else []
    asked += [_holds(said.impact_percent, one.field("impact_percent"))] if said.impact_percent else []
    asked += [_money_holds(said.impact, one.field("impact"), one.field("currency"))] if said.impact else []
    holds = pl.all_horizontal(asked)
    hits, unknown = (pl.col("anomalies").list.eval(pl.element().filter(which)) for which in (holds, holds.is_null()))
    found = pl.when(hits.list.len() > 0).then(pl.lit(value=True)).when(unknown.list.len() > 0).then(_UNKNOWN)
    seen = found.otherwise(pl.when(hits.list.len().is_not_null()).then(pl.lit(value=False)))
    value = pl.when(hits.list.len() > 0).then(_told(hits)).when(seen.is_not_null()).then(pl.lit("none"))
    days = hits.list.eval(one.field("days")).list.sum()
    rows = pl.when(days > 0).then(days)
    return Leaf("", _anomaly_says(said), seen, value, "finops/anomaly_episodes", said.within_days, rows)


def _told(hits: pl.Expr) -> pl.Expr:
    one = pl.element().struct
    percent = one.field("impact_percent").round(1).cast(pl.String).fill_null("unknown")
    impact = plain(one.field("impact").round(2)).fill_null("unknown")
    told = pl.format("{} {} (impact {}, {} %)", one.field("kind"), one.field("episode_id"), impact, percent)
    return hits.list.eval(told).list.join("; ")


def _anomaly_says(said: f.AnomalyFilter) -> str:
    texts = [" or ".join(said.kinds) if said.kinds else "any anomaly"]
    texts += [f"that is {' or '.join(said.states)}"] if said.states else []
    texts += [said.direction] if said.direction else []
    texts += [f"within {said.within_days} days"] if said.within_days else []
    texts += [f"impact {_money_says(said.impact)}"] if said.impact else []
    texts += [f"impact {_says(said.impact_percent)} %"] if said.impact_percent else []
    return ", ".join(texts)


def _attached(said: f.AttachedFilter) -> Leaf:
    others = pl.col("attached_to")
    attached = others.list.len() > 0
    value = pl.when(attached).then(others.list.join(", ")).when(attached.is_not_null()).then(pl.lit("nothing"))
    says = "attached" if said.attached else "attached to nothing"
    return Leaf("", says, attached if said.attached else ~attached, value, "attachments", None, others.list.len().cast(pl.Int64))


def _holds(said: Bounds, value: pl.Expr) -> pl.Expr:
    return pl.all_horizontal(_beyond(name, value, pl.lit(float(bound))) for name, bound in said.given().items())


def _says(said: Bounds) -> str:
    return ", ".join(f"{BOUNDS[name]} {_text(bound)}" for name, bound in said.given().items())


def _beyond(name: str, value: pl.Expr, bound: pl.Expr) -> pl.Expr:
    return {"above": value > bound, "at_least": value >= bound, "below": value < bound, "at_most": value <= bound}[name]


def _text(number: Decimal) -> str:
    return f"{number:f}"


def plain(amount: pl.Expr) -> pl.Expr:
    """A decimal as text, without zeros at its end."""
    return amount.cast(pl.String).str.replace(r"(\.\d*?)0+$", "$1").str.replace(r"\.$", "")
