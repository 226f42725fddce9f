"""Steps that are planned: from a day on, costs are multiplied, or an amount a day is added.

A step of the past puts the history before it on the new level, so that no model sees a break; a step to come changes the forecast
from its day on. An amount for several series is shared out in proportion to their recent cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.finops.logic.forecasts.given import BadRow, read_day, records
from assets.finops.logic.panel import SERIES

PLANNED_STEPS_KEY = "finops/planned_steps.csv"
"""Where the steps are among the inputs: `date`, `factor` or `amount`, any of the series' columns, and a `note`."""
_COLUMNS = ("date", "factor", "amount", *SERIES, "note")
_DIGITS = 13
"""Money has at most 14 digits before the point."""

Matrix = NDArray[np.float64]
Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Step:
    """One planned step.

    Attributes:
        day: First day of the new level.
        selectors: Column and value that a series must have; a column that is not there may be anything.
        factor: What costs are multiplied by.
        amount: What is added each day, in the currency selected; may be negative.
        line: Where it stands in the file.
    """

    day: date
    selectors: Mapping[str, str]
    factor: Decimal = Decimal(1)
    amount: Decimal = Decimal(0)
    line: int = 0

    def concerns(self, series: pl.DataFrame) -> NDArray[np.bool_]:
        """Which series it is for."""
        wanted = [pl.col(column) == value for column, value in self.selectors.items()]
        chosen = series.select(pl.all_horizontal(pl.lit(value=True), *wanted).fill_null(value=False).alias("concerned"))
        return np.broadcast_to(chosen["concerned"].to_numpy(), (len(series),))


def planned_steps(body: bytes, file: str = PLANNED_STEPS_KEY) -> tuple[Step, ...]:
    """The steps in the order of their days.

    Args:
        body: CSV; see `PLANNED_STEPS_KEY` for its columns.
        file: Its name, for messages.

    Raises:
        BadRow: A row cannot be used: which one, and what to write instead.
    """
    steps = [_step(record, file, line) for line, record in records(body, file, _COLUMNS, ("date",))]
    return tuple(sorted(steps, key=lambda step: step.day))


def _step(record: Mapping[str, str], file: str, line: int) -> Step:
    day = read_day(record["date"], file, line)
    selectors = {column: record[column] for column in SERIES if record[column]}
    if bool(record["factor"]) == bool(record["amount"]):
        raise BadRow(file, line, "it needs a factor or an amount, and not both", "Fill one of the two and leave the other empty.")
    if record["factor"]:
        factor = _number(record["factor"], file, line)
        if factor < 0:
            raise BadRow(file, line, f"the factor {factor} is negative", "Write 0.8 for a fifth less, 1.25 for a quarter more.")
        return Step(day, selectors, factor=factor, line=line)
    if "BillingCurrency" not in selectors:
        raise BadRow(file, line, "the amount has no currency", "Fill BillingCurrency, such as EUR.")
    return Step(day, selectors, amount=_number(record["amount"], file, line), line=line)


def _number(text: str, file: str, line: int) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number.adjusted() > _DIGITS or "_" in text:
        raise BadRow(file, line, f"{text!r} is not a number", "Write it with a decimal point and nothing else, such as 12.5.")
    return number


def rebased(
    values: Matrix, series: pl.DataFrame, days: Sequence[date], steps: Sequence[Step], recent: Weights, last: NDArray[np.int64]
) -> Matrix:
    """The history as if every step up to a series' last known day had always been in force.

    Args:
        values: Series × day.
        series: The series, columns `SERIES`.
        days: The days of the columns.
        steps: In the order of their days.
        recent: Recent cost of each series, after which amounts are shared out.
        last: Per series, the column of its last known day.
    """
    level = values.copy()
    ends = np.array([days[column] for column in last], dtype="datetime64[D]")
    for step, concerned, shares in _shared(steps, series, recent):
        rows = concerned & (ends >= np.datetime64(step.day))
        before = np.array([day < step.day for day in days])
        old = level[np.ix_(rows, before)]
        level[np.ix_(rows, before)] = _stepped(old, step, shares[rows, None])
    return level


@dataclass(frozen=True, slots=True)
class Effect:
    """What steps do to forecasts, per series and day: new = old × `factor` + `amount`."""

    factor: Matrix
    amount: Matrix

    def on(self, forecast: Matrix) -> Matrix:
        """The forecast with the steps. Costs that were not negative do not become so."""
        return np.maximum(forecast * self.factor + self.amount, np.minimum(forecast, 0))


def effect(
    series: pl.DataFrame, days: Sequence[date], steps: Sequence[Step], recent: Weights, last_days: Sequence[date]
) -> Effect:
    """What the steps after each series' last known day do to its forecast.

    Args:
        series: The series, columns `SERIES`.
        days: The days of the forecast.
        steps: In the order of their days.
        recent: Recent cost of each series with a forecast, after which amounts are shared out; NaN for one without.
        last_days: Last known day of each series.
    """
    factor, amount = np.ones((len(series), len(days))), np.zeros((len(series), len(days)))
    ends = np.array(last_days, dtype="datetime64[D]")
    for step, concerned, shares in _shared(steps, series, recent):
        rows = concerned & (ends < np.datetime64(step.day))
        cells = np.ix_(rows, np.array([day >= step.day for day in days]))
        factor[cells] *= float(step.factor)
        amount[cells] = amount[cells] * float(step.factor) + float(step.amount) * shares[rows, None]
    return Effect(factor, amount)


def without_series(series: pl.DataFrame, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Steps that concern no series there is: they change nothing, which the user must be told."""
    return tuple(step for step in steps if not step.concerns(series).any())


def _shared(steps: Sequence[Step], series: pl.DataFrame, recent: Weights) -> Iterator[tuple[Step, NDArray[np.bool_], Weights]]:
    """Each step, the series it concerns, and the share of its amount that each takes; the shares add up to 1."""
    for step in steps:
        concerned = step.concerns(series)
        weights = np.where(concerned, np.maximum(np.nan_to_num(recent), 0), 0)
        if not weights.any():
            weights = (concerned & ~np.isnan(recent)).astype(np.float64)
        yield step, concerned, weights / (weights.sum() or 1)


def _stepped(old: Matrix, step: Step, share: Matrix) -> Matrix:
    new = old * float(step.factor) + float(step.amount) * share
    return np.asarray(np.maximum(new, np.minimum(old, 0)), dtype=np.float64)
