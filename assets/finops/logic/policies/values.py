"""The kinds of values that a policy file is made of, and the base of its models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from assets.finops.logic.policies.problems import UNKNOWN_NAME

EVERY_CURRENCY = "*"
_CURRENCY = re.compile(r"[A-Z]{3}")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def one_or_many(value: object) -> object:
    """A single value stands for a list of it."""
    return [value] if isinstance(value, str) else value


def per_currency(value: object) -> object:
    """A single amount holds in whatever currency the resource is billed in."""
    if not isinstance(value, Mapping):
        return {EVERY_CURRENCY: value}
    wrong = [name for name in value if not _CURRENCY.fullmatch(name)]
    if wrong:
        raise ValueError(f"{', '.join(wrong)} is no currency: write its three capital letters, such as EUR")
    return value


def written_day(value: object) -> object:
    """A day as `YYYY-MM-DD`; numbers are no days."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is no day: write it as YYYY-MM-DD") from None


def written_time(value: object) -> object:
    """A time of day as `HH:MM`."""
    if not _TIME.fullmatch(str(value)):
        raise ValueError(f"{value!r} is no time: write it as HH:MM, such as 08:00")
    return value


Text = Annotated[str, Field(min_length=1, max_length=500)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(one_or_many), Field(min_length=1)]
"""One text or a list; whatever the case, `*` stands for anything."""
Number = Annotated[Decimal, Field(ge=Decimal(-(10**12)), le=Decimal(10**12), decimal_places=12)]
Amount = Annotated[dict[str, Number], BeforeValidator(per_currency), Field(min_length=1)]
"""One number for all currencies, or one per currency."""
Days = Annotated[int, Field(ge=1, le=400)]
Percent = Annotated[int, Field(ge=1, le=100)]
Day = Annotated[date, BeforeValidator(written_day)]
Time = Annotated[str, BeforeValidator(written_time)]
Missing = Literal["match"]


class Strict(BaseModel):
    """A mapping that has exactly the names it says. `shorthand` is the name that a bare value stands for."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)
    shorthand: ClassVar[str | None] = None

    @model_validator(mode="before")
    @classmethod
    def _only_known_names(cls, data: Any) -> Any:  # noqa: ANN401
        if isinstance(data, cls):
            return data
        allowed = cls.names()
        if not isinstance(data, Mapping):
            if cls.shorthand is None or data is None:
                raise ValueError(f"is to be a mapping of {', '.join(allowed)}")
            return {cls.shorthand: data}
        unknown = [str(name) for name in data if name not in allowed]
        if unknown:
            raise PydanticCustomError(UNKNOWN_NAME, "unknown names", {"names": unknown, "allowed": allowed})
        return data

    @classmethod
    def names(cls) -> list[str]:
        """The names that a file may use."""
        return [field.alias or name for name, field in cls.model_fields.items()]


class Bounds(Strict):
    """What a number is compared with."""

    above: Number | None = None
    at_least: Number | None = None
    below: Number | None = None
    at_most: Number | None = None

    @model_validator(mode="after")
    def _something_is_possible(self) -> Bounds:
        check_bounds(self.given())
        return self

    def given(self) -> dict[str, Decimal]:
        """The bounds that are there, by name."""
        return {name: bound for name in BOUNDS if (bound := getattr(self, name)) is not None}


class MoneyBounds(Strict):
    """What an amount is compared with, in the currency that it is billed in: amounts are never converted."""

    above: Amount | None = None
    at_least: Amount | None = None
    below: Amount | None = None
    at_most: Amount | None = None

    @model_validator(mode="after")
    def _something_is_possible(self) -> MoneyBounds:
        given = self.given()
        for currency in {c for amounts in given.values() for c in amounts} or {EVERY_CURRENCY}:
            check_bounds({name: amounts[currency] for name, amounts in given.items() if currency in amounts})
        return self

    def given(self) -> dict[str, dict[str, Decimal]]:
        """The bounds that are there, by name and currency."""
        return {name: bound for name in BOUNDS if (bound := getattr(self, name)) is not None}


BOUNDS: Mapping[str, str] = {"above": ">", "at_least": "≥", "below": "<", "at_most": "≤"}
"""Names of bounds and their signs."""


def check_bounds(given: Mapping[str, Decimal]) -> None:
    """Raises ValueError unless there is a bound, at most one from each side, and a number between them."""
    lower = [name for name in ("above", "at_least") if name in given]
    upper = [name for name in ("below", "at_most") if name in given]
    if not lower and not upper:
        raise ValueError(f"is compared with nothing: give one of {', '.join(BOUNDS)}")
    if len(lower) > 1 or len(upper) > 1:
        raise ValueError(f"has two bounds on one side ({', '.join(lower if len(lower) > 1 else upper)}): give one")
    if lower and upper:
        low, high = given[lower[0]], given[upper[0]]
        if low > high or (low == high and (lower, upper) != (["at_least"], ["at_most"])):
            raise ValueError(f"can never hold: nothing is {lower[0]} {low} and {upper[0]} {high}")
