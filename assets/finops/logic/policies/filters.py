"""What a policy may ask of a resource: one model per kind of filter, and `all`, `any`, `not` around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, cast

from pydantic import Field, model_validator

from assets.finops.logic.policies.values import Bounds, Days, Missing, MoneyBounds, Strict, Text, Texts

State = Literal["ended", "idle", "new", "growing", "shrinking", "steady"]
Candidate = Literal["off_hours_schedule", "idle_review", "rightsizing", "price_increase"]
AnomalyKind = Literal[
    "spike", "rise", "drop-out", "fall", "drift", "shift between resources", "new series", "unusual cost", "price step"
]
AnomalyState = Literal["open", "over", "new level"]
Direction = Literal["up", "down", "mixed"]
Metric = Literal["cpu", "memory", "storage", "network_in", "network_out", "disk_read", "disk_write", "connections", "requests"]
Statistic = Literal["mean", "minimum", "maximum", "p50", "p90", "p95", "p99"]


class Compared(Bounds):
    """A number compared; `missing: match` makes an unknown one a match."""

    missing: Missing | None = None


class ComparedMoney(MoneyBounds):
    """An amount compared, in the currency that the resource is billed in."""

    missing: Missing | None = None


class StateFilter(Strict):
    """The state of the resource is one of these."""

    shorthand: ClassVar[str | None] = "is"
    one_of: tuple[State, ...] = Field(alias="is", min_length=1)
    missing: Missing | None = None

    @model_validator(mode="before")
    @classmethod
    def _list(cls, data: Any) -> Any:  # noqa: ANN401
        return listed(data)


class CandidateFilter(Strict):
    """The assessment of resources names it as one of these candidates."""

    shorthand: ClassVar[str | None] = "is"
    one_of: tuple[Candidate, ...] = Field(alias="is", min_length=1)
    missing: Missing | None = None

    @model_validator(mode="before")
    @classmethod
    def _list(cls, data: Any) -> Any:  # noqa: ANN401
        return listed(data)


class NameFilter(Strict):
    """The name of the resource is like one of these."""

    shorthand: ClassVar[str | None] = "like"
    like: Texts
    missing: Missing | None = None


class TagFilter(Strict):
    """A tag is there, is not there, or has one of some values.

    The key is found with a namespace before it, too: `environment` is `user:environment` and `acme.environment`. A tag without a
    value counts as missing. `missing: match` is for resources of which the bills tell no tags at all.
    """

    key: Text
    state: Literal["present", "missing"] | None = Field(default=None, alias="is")
    equals: Texts | None = None
    missing: Missing | None = None

    @model_validator(mode="after")
    def _one_question(self) -> TagFilter:
        if (self.state is None) == (self.equals is None):
            raise ValueError("give either is: present, is: missing or equals")
        return self


class MetricFilter(Compared):
    """A measured metric compared: its statistic over the last `days`; percentages are 0 to 100."""

    name: Metric
    statistic: Statistic
    days: Days


class AnomalyFilter(Strict):
    """A cost anomaly that names the resource: all that is said must hold of one and the same anomaly.

    Anomalies that people called false or expected are none. Price steps count only if `kinds` names them.
    """

    kinds: tuple[AnomalyKind, ...] | None = Field(default=None, min_length=1)
    states: tuple[AnomalyState, ...] | None = Field(default=None, min_length=1)
    direction: Direction | None = None
    within_days: Days | None = None
    impact: MoneyBounds | None = None
    impact_percent: Bounds | None = None
    missing: Missing | None = None

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, data: Any) -> Any:  # noqa: ANN401
        if not isinstance(data, Mapping):
            return data
        return {k: [v] if k in ("kinds", "states") and isinstance(v, str) else v for k, v in data.items()}


class AttachedFilter(Strict):
    """Whether the resource, such as a volume or an address, is attached to another."""

    shorthand: ClassVar[str | None] = "is"
    attached: bool = Field(alias="is")
    missing: Missing | None = None


class Clause(Strict):
    """One filter, or several joined: a mapping with exactly one name."""

    cost_30d: ComparedMoney | None = None
    cost_30d_before: ComparedMoney | None = None
    monthly_run_rate: ComparedMoney | None = None
    trend_percent: Compared | None = None
    volatility: Compared | None = None
    weekend_ratio: Compared | None = None
    unit_price_change_percent: Compared | None = None
    age_days: Compared | None = None
    state: StateFilter | None = None
    candidate: CandidateFilter | None = None
    name: NameFilter | None = None
    tag: TagFilter | None = None
    metric: MetricFilter | None = None
    anomaly: AnomalyFilter | None = None
    attached: AttachedFilter | None = None
    all_of: tuple[Clause, ...] | None = Field(default=None, alias="all", min_length=1)
    any_of: tuple[Clause, ...] | None = Field(default=None, alias="any", min_length=1)
    none_of: Clause | None = Field(default=None, alias="not")

    @model_validator(mode="before")
    @classmethod
    def _exactly_one(cls, data: Any) -> Any:  # noqa: ANN401
        if isinstance(data, Mapping) and set(data) <= set(cls.names()) and len(data) != 1:
            named = ", ".join(data) or "nothing"
            raise ValueError(f"is to be one filter, but names {named}: put each into an item of its own")
        if isinstance(data, Mapping) and None in data.values():
            raise ValueError("is empty")
        return data

    def chosen(self) -> tuple[str, Strict | tuple[Clause, ...]]:
        """The one name of the clause, as in the file, and what it says."""
        (field,) = self.model_fields_set
        name = type(self).model_fields[field].alias or field
        return name, cast("Strict | tuple[Clause, ...]", getattr(self, field))


def listed(data: object) -> object:
    """`idle`, `[idle]` and `{is: idle}` are the same."""
    if isinstance(data, str):
        return {"is": [data]}
    if isinstance(data, Mapping) and isinstance(data.get("is"), str):
        return {**data, "is": [data["is"]]}
    return data
