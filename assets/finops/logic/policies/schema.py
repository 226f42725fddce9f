"""What a policy file may say: resource, filters, actions, exclusions and tests of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from assets.finops.logic.policies.filters import AnomalyKind, AnomalyState, Candidate, Clause, Direction, Metric, State, Statistic
from assets.finops.logic.policies.problems import InvalidPolicy, Problem, problems_of
from assets.finops.logic.policies.reading import Unreadable, read
from assets.finops.logic.policies.values import Day, Days, Number, Percent, Strict, Text, Texts, Time, one_or_many

Provider = Literal["aws", "oci", "azure", "google"]
Mode = Literal["advisory", "propose"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_DAY = date(2026, 1, 31)


class Selector(Strict):
    """Which resources a policy is about; what is not said is not restricted."""

    provider: Annotated[tuple[Provider, ...], BeforeValidator(one_or_many)] | None = Field(default=None, min_length=1)
    service: Texts | None = None
    type: Texts | None = None
    sub_account: Texts | None = None
    region: Texts | None = None
    tags: dict[str, Texts] | None = Field(default=None, min_length=1)


class Notify(Strict):
    """Tell people."""

    to: Text | None = None
    message: Text | None = None


class Stop(Strict):
    """Stop the resource; `wait_days` gives owners time to object after the approval."""

    wait_days: int = Field(default=0, ge=0, le=90)


class StartStopSchedule(Strict):
    """Run it only on these days, from `start` to `stop` in the time zone."""

    timezone: str = "UTC"
    days: tuple[Weekday, ...] = Field(default=("monday", "tuesday", "wednesday", "thursday", "friday"), min_length=1)
    start: Time
    stop: Time

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone: write a name such as Europe/Berlin") from None
        return name

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> StartStopSchedule:
        if self.stop <= self.start:
            raise ValueError(f"stops at {self.stop}, not after it starts at {self.start}")
        return self


class Rightsize(Strict):
    """Move it to the smallest size that keeps the 95th percentile of use under the target."""

    target_utilisation: Percent = 70


class Autoscale(Strict):
    """Let its number follow the load."""

    least: int = Field(default=1, ge=0, le=10_000)
    most: int = Field(ge=1, le=10_000)
    target_utilisation: Percent = 70

    @model_validator(mode="after")
    def _in_order(self) -> Autoscale:
        if self.most < self.least:
            raise ValueError(f"most {self.most} is below least {self.least}")
        return self


class DeleteUnattached(Strict):
    """Delete what is attached to nothing, after a snapshot where one can be made."""

    snapshot_first: bool = True


class FreezeBudget(Strict):
    """Keep the budget that the resource is charged to where it is, whatever the forecast says."""


class Tag(Strict):
    """Put a tag on it."""

    key: Text
    value: Text


class Action(Strict):
    """One action: its name alone, or its name with what it is to do."""

    notify: Notify | None = None
    stop: Stop | None = None
    start_stop_schedule: StartStopSchedule | None = None
    rightsize: Rightsize | None = None
    autoscale: Autoscale | None = None
    delete_unattached: DeleteUnattached | None = None
    freeze_budget: FreezeBudget | None = None
    tag: Tag | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_with_parameters(cls, data: Any) -> Any:  # noqa: ANN401
        if isinstance(data, str):
            return {data: {}}
        if isinstance(data, Mapping) and set(data) <= set(cls.names()):
            if len(data) != 1:
                raise ValueError(f"is to be one action, but names {', '.join(data) or 'nothing'}")
            return {name: {} if value is None else value for name, value in data.items()}
        return data

    @property
    def name(self) -> str:
        """What is to be done."""
        (name,) = self.model_fields_set
        return name

    @property
    def parameters(self) -> Strict:
        """How."""
        return cast(Strict, getattr(self, self.name))


class Exclusion(Strict):
    """Resources, by id or name, that the policy leaves alone until a day, and why."""

    resource: Texts
    until: Day
    reason: Text


class MeasuredFixture(Strict):
    """A measured metric of a fixture."""

    name: Metric
    statistic: Statistic
    days: Days
    value: Number
    rows: int | None = Field(default=None, ge=0)


class AnomalyFixture(Strict):
    """An anomaly of a fixture; `impact` is in the currency of the resource."""

    kind: AnomalyKind
    direction: Direction = "up"
    state: AnomalyState = "open"
    days_ago: int = Field(default=0, ge=0)
    days: int | None = Field(default=None, ge=1)
    impact: Number | None = None
    impact_percent: Number | None = None


class Fixture(Strict):
    """A resource that a policy is tried on, recorded or made up. What is not said is unknown."""

    shorthand: ClassVar[str | None] = None
    id: Text = "resource"
    name: Text | None = None
    provider: Provider | None = None
    service: Text | None = None
    comparable_service: Text | None = None
    type: Text | None = None
    sub_account: Text | None = None
    sub_account_name: Text | None = None
    region: Text | None = None
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    day: Day = _DAY
    cost_30d: Number | None = None
    cost_30d_before: Number | None = None
    monthly_run_rate: Number | None = None
    trend_percent: Number | None = None
    volatility: Number | None = None
    weekend_ratio: Number | None = None
    unit_price_change_percent: Number | None = None
    age_days: int | None = Field(default=None, ge=0)
    age_is_least: bool = False
    state: State | None = None
    candidates: tuple[Candidate, ...] | None = None
    use_observed: bool | None = None
    tags: dict[str, str | None] | None = None
    metrics: tuple[MeasuredFixture, ...] | None = None
    anomalies: tuple[AnomalyFixture, ...] | None = None
    attached_to: tuple[Text, ...] | None = None

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_unknown(cls, data: Any) -> Any:  # noqa: ANN401
        """A resource of which nothing is said is one of which nothing is known."""
        return {} if data is None else data


class PolicyTest(Strict):
    """A resource and what the policy must say of it.

    `clause` is the filter that decides, by its place or its name: of a match one that made it, else one that failed or was
    unknown. It must be named unless a match is expected.
    """

    name: Text
    resource: Fixture
    expect: Literal["match", "no match", "unknown"]
    clause: Text | None = None

    @model_validator(mode="after")
    def _says_why(self) -> PolicyTest:
        if self.expect != "match" and self.clause is None:
            raise ValueError(f"expects {self.expect!r} without a clause: name the filter that decides, such as cost_30d")
        return self


class Policy(Strict):
    """One policy."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    description: Text
    enabled: bool = True
    mode: Mode
    resource: Selector = Selector()
    filters: tuple[Clause, ...] = Field(min_length=1)
    actions: tuple[Action, ...] = Field(min_length=1)
    exclude: tuple[Exclusion, ...] = ()
    tests: tuple[PolicyTest, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _proposes_something(self) -> Policy:
        named = [action.name for action in self.actions]
        if self.mode == "propose" and set(named) == {"notify"}:
            raise ValueError("mode propose needs an action besides notify; with notify alone, the mode is advisory")
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise ValueError(f"has the action {', '.join(twice)} twice")
        return self


def read_policy(text: str, file: str) -> Policy:
    """The policy that a file holds.

    Args:
        text: Content of the file, YAML.
        file: Name of the file, for what is said about it.

    Raises:
        InvalidPolicy: With everything that is wrong, each with file, line and field.
    """
    try:
        document = read(text)
    except Unreadable as error:
        raise InvalidPolicy([Problem(file, error.line, "", str(error))]) from None
    try:
        return Policy.model_validate(document.data)
    except ValidationError as error:
        raise InvalidPolicy(problems_of(error, document, file)) from None
