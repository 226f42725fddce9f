"""What every billing format gives: the recognised header of one file and its conversion to FOCUS text columns."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from assets.finops.logic.columns import FOCUS_COLUMNS
from assets.finops.logic.comparable.services import with_services

ROW = "x_source_row"
"""Record number, from 1: rides along with the text columns from the reader to the lake."""
RESERVED = frozenset(
    {
        "x_charge_date",
        "x_charge_month",
        "x_source_file",
        ROW,
        "x_source_changes",
        "x_source_format",
        "x_delivery_id",
        "x_comparable_service",
    }
)
"""Columns that we add: what a provider delivers under such a name (an export of this very lake, say) is kept beside them."""


@dataclass(frozen=True, slots=True)
class Control:
    """The raw columns that control totals are read from; None where the format has no such column."""

    cost: str
    currency: str
    start: str
    invoice: str | None


@dataclass(frozen=True, slots=True)
class Layout:
    """One recognised header.

    Attributes:
        format: Name of the format, such as `aws-cur`.
        control: Where the raw file holds cost, currency, time and invoice.
        expressions: FOCUS column to an expression over the text columns, giving text (null = not given).
        kept: Raw columns that FOCUS has no place for, to the `x_…` name under which they are kept.
        tags: Raw columns that are tags, to the tag's key.
        replaces_period: The provider delivers a billing period whole, again and again, the last delivery counting.
        final_by_invoice: Rows without an invoice number are preliminary.
        by_service_code: ServiceName holds the provider's code, from which name and category are looked up.
        charge_period: Length of a charge where the format gives no end, such as `1d`.
        inclusive_period_end: BillingPeriodEnd names the last day, where FOCUS wants the first day after it.
        months_are_periods: The billing period is the calendar month where a row does not say.
    """

    format: str
    control: Control
    expressions: Mapping[str, pl.Expr]
    kept: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)
    replaces_period: bool = False
    final_by_invoice: bool = False
    charge_period: str | None = None
    inclusive_period_end: bool = False
    months_are_periods: bool = False
    by_service_code: bool = False

    @property
    def given(self) -> frozenset[str]:
        """FOCUS columns that this header can fill."""
        return frozenset(self.expressions) | (frozenset({"Tags"}) if self.tags else frozenset())

    @property
    def is_plain(self) -> bool:
        """Whether columns map one to one, so that a streaming query can do it."""
        return not self.tags and not self.by_service_code

    def select_focus(self, text: pl.LazyFrame) -> pl.LazyFrame:
        """Text columns named as in FOCUS 1.2, then the `x_…` columns kept; all 57 are there, null where not given."""
        columns = [self.expressions.get(c.name, pl.lit(None, pl.String)).alias(c.name) for c in FOCUS_COLUMNS]
        kept = [pl.col(raw).alias(name) for raw, name in self.kept.items()]
        return text.select(*columns, *kept, pl.col(ROW))

    def to_focus(self, text: pl.DataFrame) -> pl.DataFrame:
        """`select_focus`, with tag columns gathered and service codes named."""
        focus = self.select_focus(text.lazy()).collect()
        if self.tags:
            focus = focus.with_columns(tags_as_json(text, self.tags))
        if self.by_service_code:
            focus = with_services(focus).drop("x_comparable_service")
        return focus


class Format(Protocol):
    """A module of this package: recognises its header."""

    EXPECTED: str
    """What a header must hold, for the message to a person whose file was refused."""

    def recognise(self, header: Sequence[str]) -> Layout | None:
        """The layout, or None if the header is another's."""


def tags_as_json(text: pl.DataFrame, tags: Mapping[str, str]) -> pl.Series:
    """One JSON object per row of the tag columns that are filled; null if none is. Works on distinct combinations."""
    columns = list(tags)
    distinct = text.select(columns).unique()
    objects = []
    for row in distinct.iter_rows():
        filled = {tags[c]: v for c, v in zip(columns, row, strict=True) if v is not None}
        objects.append(json.dumps(filled, ensure_ascii=False) if filled else None)
    distinct = distinct.with_columns(pl.Series("Tags", objects, dtype=pl.String))
    return text.select(columns).join(distinct, on=columns, how="left", nulls_equal=True, maintain_order="left")["Tags"]


def kept_name(raw: str) -> str:
    """The `x_…` column under which a provider's own column is kept."""
    name = re.sub(r"[^0-9A-Za-z]+", "_", raw).strip("_")
    return name if name.startswith("x_") else f"x_{name}"


def kept_names(raws: Sequence[str]) -> dict[str, str]:
    """`kept_name` for each, made distinct: columns of a lake differ by more than case, and ours are not theirs."""
    names: dict[str, str] = {}
    taken = set(RESERVED)
    for raw in raws:
        name = base = kept_name(raw)
        number = 2
        while name.lower() in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name.lower())
        names[raw] = name
    return names


def first_of(header: Sequence[str], *names: str) -> str | None:
    """The first of `names` that is in `header`."""
    present = set(header)
    return next((n for n in names if n in present), None)


def choose(source: pl.Expr, cases: Mapping[str, pl.Expr | str | None], default: pl.Expr | str | None) -> pl.Expr:
    """`cases[source]`, else `default`; strings are constants."""

    def constant(value: pl.Expr | str | None) -> pl.Expr:
        return value if isinstance(value, pl.Expr) else pl.lit(value, pl.String)

    result = constant(default)
    for key, value in cases.items():
        result = pl.when(source == key).then(constant(value)).otherwise(result)
    return result
