"""Rows forecast each by itself by the engine, whatever their last known day, and what the backtest says of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Protocol

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from assets.finops.logic.forecasts import engine
from assets.finops.logic.forecasts.calendar import indicators
from assets.finops.logic.forecasts.history import LEAST_HISTORY
from assets.finops.logic.forecasts.intervals import of_sums

BOUNDS = ("lower_80", "upper_80", "lower_95", "upper_95")
OF_SUMS = tuple(f"sum_{bound}" for bound in BOUNDS)
NOT_ENOUGH = "not enough history"
_LEVELS = {"80": 0.80, "95": 0.95}
_MEASURES = {
    "row": pl.Int64(), "origins": pl.Int64(), "points": pl.Int64(), "mae": pl.Float64(), "mae_seasonal_naive": pl.Float64(),
    **dict.fromkeys(("mase", "smape", "skill", "bias", "coverage_80", "coverage_95", *OF_SUMS), pl.Float64()),
}  # fmt: skip

Matrix = NDArray[np.float64]
Indices = NDArray[np.int64]


class Forecaster(Protocol):
    """What forecasts the rows of a matrix, as `engine.forecast` does."""

    def __call__(self, values: Matrix, settings: engine.Settings, *, features: Matrix | None = None) -> engine.Forecasts:
        """Forecast every row."""


@dataclass(frozen=True, slots=True)
class Span:
    """The days that are forecast, and what is known of them in advance.

    Attributes:
        start: Day of column 0 of the history.
        last: Column after which the forecast begins.
        horizon: Number of days.
        countries: Codes of countries whose public holidays matter.
        named: The user's own days by name.
        workers: Processes of the engine.
        forecaster: The engine.
    """

    start: date
    last: int
    horizon: int
    countries: Sequence[str]
    named: Mapping[str, frozenset[date]]
    workers: int
    forecaster: Forecaster

    @property
    def days(self) -> list[date]:
        """The days of the forecast."""
        return [self.start + timedelta(days=self.last + n) for n in range(1, self.horizon + 1)]


@dataclass(frozen=True, slots=True)
class Alone:
    """Forecasts of rows by themselves.

    Attributes:
        point: Row × day of the span; NaN without a forecast.
        bounds: The same per name of `BOUNDS`.
        model: Model of each row; None without a forecast.
        status: `ok`, `intermittent` or `not enough history`.
        variance: Mean square of the backtest's errors; NaN if there is none.
        measures: One row per row that has a backtest: `row`, and its measures; `OF_SUMS` are the errors of the sum of the span.
    """

    point: Matrix
    bounds: dict[str, Matrix]
    model: list[str | None]
    status: list[str]
    variance: NDArray[np.float64]
    measures: pl.DataFrame

    @property
    def has(self) -> NDArray[np.bool_]:
        """Which rows have a forecast."""
        return np.asarray(~np.isnan(self.point).any(axis=1))

    def taken(self, rows: Sequence[int]) -> Alone:
        """Some of the rows, in that order; one may be taken several times."""
        places = pl.DataFrame({"from": rows}, schema={"from": pl.Int64}).with_row_index("place")
        measures = places.join(self.measures, left_on="from", right_on="row").with_columns(row=pl.col("place").cast(pl.Int64))
        return Alone(
            self.point[rows],
            {name: bound[rows] for name, bound in self.bounds.items()},
            [self.model[row] for row in rows],
            [self.status[row] for row in rows],
            self.variance[rows],
            measures.select(self.measures.columns),
        )

    def with_nothing_to_come(self, rows: NDArray[np.bool_]) -> Alone:
        """The same, with a forecast of 0 that is certain for some rows."""
        none = rows[:, None]
        bounds = {name: np.where(none, 0, bound) for name, bound in self.bounds.items()}
        return replace(self, point=np.where(none, 0, self.point), bounds=bounds, variance=np.where(rows, 0, self.variance))

    def about(self, point: Matrix) -> Alone:
        """The same intervals about a better point: how often they hold what comes was measured, and does not depend on it."""
        return replace(self, point=point)

    def changed(self, change: Callable[[Matrix], Matrix]) -> Alone:
        """The same with every figure changed in the same way."""
        return replace(self, point=change(self.point), bounds={name: change(bound) for name, bound in self.bounds.items()})


def forecast_alone(values: Matrix, ends: Indices, span: Span) -> Alone:
    """Forecast every row from its own last known day.

    A row that ends before the span begins is forecast further ahead, and its days until then are left out.

    Args:
        values: Row × day; NaN before a row begins, on unknown days, and after its last known one.
        ends: Column of the last known day of each row; -1 if there is none.
        span: The days asked for.
    """
    number = len(values)
    result = Alone(
        np.full((number, span.horizon), np.nan),
        {name: np.full((number, span.horizon), np.nan) for name in BOUNDS},
        [None] * number,
        [NOT_ENOUGH] * number,
        np.full(number, np.nan),
        pl.DataFrame(schema=_MEASURES),
    )
    measures = [result.measures]
    for end in np.unique(ends[ends >= 0]).tolist():
        rows = np.flatnonzero(ends == end)
        measures.append(_fill(result, rows, values[rows, : end + 1], span))
    return Alone(result.point, result.bounds, result.model, result.status, result.variance, pl.concat(measures))


def _fill(result: Alone, rows: Indices, known: Matrix, span: Span) -> pl.DataFrame:
    """Put the forecasts of rows that end on the same day into the result; returns their measures."""
    lag = span.last + 1 - known.shape[1]
    days = [span.start + timedelta(days=n) for n in range(span.last + 1 + span.horizon)]
    _, features = indicators(days, known=known.shape[1], countries=span.countries, named=span.named)
    settings = engine.Settings(horizon=lag + span.horizon, least_history=LEAST_HISTORY, workers=span.workers)
    found = span.forecaster(known, settings, features=features if features.shape[1] else None)
    result.point[rows] = found.point[:, lag:]
    for name, level in _LEVELS.items():
        result.bounds[f"lower_{name}"][rows] = found.lower[level][:, lag:]
        result.bounds[f"upper_{name}"][rows] = found.upper[level][:, lag:]
    squares, points = _squares(found.errors)
    result.variance[rows] = squares
    for place, row in enumerate(rows.tolist()):
        result.status[row] = str(found.status[place])
        result.model[row] = str(found.model[place]) if not np.isnan(found.point[place]).any() else None
    return _measured(found.backtest, rows, points, _of_sums(found.errors[:, :, lag:], found.apart))


def _of_sums(errors: NDArray[np.float64], apart: int) -> dict[str, NDArray[np.float64]]:
    """Errors of the sum over the span between which the given share of them lies, by name."""
    pairs = {name: of_sums(errors, level, apart) for name, level in _LEVELS.items()}
    return {f"sum_{side}_{name}": pair[n] for name, pair in pairs.items() for n, side in enumerate(("lower", "upper"))}


def _squares(errors: Matrix) -> tuple[NDArray[np.float64], Indices]:
    """Mean square of the known errors of each row, NaN if none is known, and their number."""
    flat = errors.reshape(len(errors), -1)
    known = (~np.isnan(flat)).sum(axis=1)
    squares = np.nan_to_num(flat**2).sum(axis=1)
    return np.divide(squares, known, out=np.full(len(flat), np.nan), where=known > 0), known


def _measured(backtest: pl.DataFrame, rows: Indices, points: Indices, sums: Mapping[str, NDArray[np.float64]]) -> pl.DataFrame:
    """The backtest of the chosen forecasts, with the error of the seasonal naive one beside it."""
    naive = backtest.filter(pl.col("model") == "seasonal_naive").select("series", mae_seasonal_naive="mae")
    numbers: dict[str, Any] = {"series": np.arange(len(rows)), "row": rows, "points": points, **sums}
    named = pl.DataFrame(numbers).with_columns(pl.col("series").cast(backtest.schema["series"]))
    chosen = backtest.filter(pl.col("model") == "chosen").join(naive, on="series", how="left").join(named, on="series")
    return chosen.with_columns(cs.float().fill_nan(None)).select(pl.col(name).cast(dtype) for name, dtype in _MEASURES.items())
