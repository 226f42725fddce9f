"""Forecasts of many series at once: models that compete in a rolling backtest, their combination, and intervals from its errors.

Everything is decided by the values: the models' weights and the intervals by forecasts made as if from earlier days, each with
nothing but what was known then. Forecasts of a series scale with it, and do not depend on how long before it began others did.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.finops.logic.forecasts.accuracy import measured
from assets.finops.logic.forecasts.candidates import NAIVE, candidates, naive, worth_cleaning
from assets.finops.logic.forecasts.cleaning import cleaned
from assets.finops.logic.forecasts.combination import combined, complete, losses, names, weights, without_each_origin
from assets.finops.logic.forecasts.effects import effects
from assets.finops.logic.forecasts.intervals import covered, quantiles, spread
from assets.finops.logic.forecasts.preparation import filled, is_intermittent, ordinary_change, sizes
from assets.finops.logic.forecasts.seasons import long_season

Array = NDArray[np.float64]
Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

OK = "ok"
INTERMITTENT = "intermittent"
NOT_ENOUGH = "not enough history"
CHOSEN = "chosen"
_ORIGINS = 8
_FEW_SERIES = 30
"""Fewer than these lend each other too few errors: they are tested from three times as many origins, nearer to each other."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What to forecast.

    Attributes:
        horizon: Steps ahead.
        season: Steps of one season; 1 if there is none. A longer one is found in the values.
        levels: Coverage of the intervals.
        least_history: Series with fewer known values are not forecast.
        workers: Processes over the origins of the backtest; the result does not depend on it.
    """

    horizon: int = 30
    season: int = 7
    levels: tuple[float, ...] = (0.80, 0.95)
    least_history: int = 28
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Forecasts per series and what the rolling backtest says of them.

    Attributes:
        point: Series × step; NaN where `status` is `not enough history`.
        lower: Lower bounds by level.
        upper: Upper bounds by level.
        model: The models that weigh most in each series' combination; "" without a forecast.
        status: `ok`, `intermittent` (0 on many steps: wide bounds) or `not enough history`.
        backtest: One row per series and model, the combination being `chosen`: see `accuracy.measured`; of `chosen` also
            `coverage_80` and so on for each level, with bounds that do not know the errors of the origin that they cover; null
            where all origins were tested on the same steps.
        errors: Actual less forecast of the combination in the backtest, series × origin × step, newest origin first; weights do
            not know the errors of their origin. NaN where there is none.
        apart: Steps between one origin and the next.
    """

    point: Matrix
    lower: dict[float, Matrix]
    upper: dict[float, Matrix]
    model: list[str]
    status: list[str]
    backtest: pl.DataFrame
    errors: Array
    apart: int


@dataclass(frozen=True, slots=True)
class _Task:
    """Forecast all series from the first columns of the history."""

    past: Matrix
    horizon: int
    season: int
    longer: int
    features: Matrix | None
    clean: bool


@dataclass(frozen=True, slots=True)
class _Backtest:
    """What the models forecast from earlier origins and from now, what came, and which origins were tested on the same steps.

    `begin` is the first model that may be chosen: the seasonal naive yardstick, which comes first, repeats the accidents of the
    last season, and is no candidate where these are taken out for the others.
    """

    models: list[str]
    begin: int
    forecasts: Array
    actual: Array
    ahead: Array
    alike: Flags


def forecast(values: Matrix, settings: Settings, *, features: Matrix | None = None) -> Forecasts:
    """Forecast every series.

    Args:
        values: Series × time; the last column is now. NaN before a series began and on unknown steps.
        settings: What to forecast.
        features: (Time + horizon) × indicator, known in advance and 0 on most steps; their effects are learnt per series.

    Raises:
        ValueError: There are not as many rows of features as steps of history and horizon, or a setting is impossible.
    """
    _check(values, settings, features)
    enough = (~np.isnan(values)).sum(axis=1) >= settings.least_history
    if not enough.any():
        return _nothing(len(values), settings)
    first = int((~np.isnan(values[enough])).any(axis=0).argmax())
    known = values[enough][:, first:]
    found = _forecast(known, settings, None if features is None else features[first:])
    return _placed(found, enough)


def _forecast(values: Matrix, settings: Settings, features: Matrix | None) -> Forecasts:
    """Forecasts of series that all have history enough."""
    size = sizes(values)[:, None]
    scaled = values / size
    test = _backtest(scaled, settings, features)
    intermittent = is_intermittent(values)
    loss = losses(test.forecasts, test.actual, intermittent)[test.begin :]
    models, tested, ahead = test.models[test.begin :], test.forecasts[test.begin :], test.ahead[test.begin :]
    weight = weights(loss, complete(ahead))
    point = combined(ahead, weight)
    fitted = without_each_origin(tested, loss, test.alike)
    errors = (test.actual - fitted).transpose(1, 0, 2)
    change = ordinary_change(filled(scaled, settings.season), settings.season)
    apart = _apart(len(values), settings.horizon)
    of = spread(errors, change, apart)
    bounds = {level: quantiles(errors, of, level) for level in settings.levels}
    floor = np.where((scaled >= 0) | np.isnan(scaled), 0, -np.inf).min(axis=1, keepdims=True)
    reach = {level: _reach(scaled, intermittent, level) for level in settings.levels}
    point = np.maximum(point, floor)
    frame = _measures(test, fitted, change)
    return Forecasts(
        point * size,
        {
            level: np.maximum(np.minimum(point + low[:, None] * of.ahead, reach[level][0]), floor) * size
            for level, (low, _) in bounds.items()
        },
        {level: np.maximum(point + high[:, None] * of.ahead, reach[level][1]) * size for level, (_, high) in bounds.items()},
        names(models, weight),
        [INTERMITTENT if mine else OK for mine in intermittent],
        _with_coverage(_in_currency(frame, size[:, 0]), {level: covered(errors, of, level, test.alike) for level in bounds}),
        errors * size[:, :, None],
        apart,
    )


def _backtest(scaled: Matrix, settings: Settings, features: Matrix | None) -> _Backtest:
    """Forecasts of every model from now and from each earlier origin."""
    past, length, horizon = filled(scaled, settings.season), scaled.shape[1], settings.horizon
    longer = long_season(past, settings.season)
    backs = _origins(scaled, settings)
    clean = worth_cleaning(past, horizon, settings.season, longer)
    tasks = [
        _Task(past[:, :now], horizon, settings.season, longer, None if features is None else features[: now + horizon], clean)
        for now in (length, *(length - back for back in backs))
    ]
    ahead, *tested = _run(tasks, settings.workers)
    models = list(ahead)
    missing = np.full((len(scaled), horizon), np.nan)
    forecasts = np.full((len(models), len(backs), len(scaled), horizon), np.nan)
    actual = np.full(forecasts.shape[1:], np.nan)
    least = _least_training(settings)
    for place, (back, found) in enumerate(zip(backs, tested, strict=True)):
        trained = (~np.isnan(scaled[:, : length - back])).sum(axis=1) >= least
        came = scaled[:, length - back : length - back + horizon]
        actual[place, :, : came.shape[1]] = np.where(trained[:, None], came, np.nan)
        for row, name in enumerate(models):
            forecasts[row, place] = np.where(trained[:, None], found.get(name, missing), np.nan)
    alike = np.abs(np.subtract.outer(backs, backs)) < horizon
    return _Backtest(models, int(clean), forecasts, actual, np.stack(list(ahead.values())), alike)


def _run(tasks: list[_Task], workers: int) -> Iterable[dict[str, Matrix]]:
    if workers <= 1:
        return [_all_models(task) for task in tasks]
    with ProcessPoolExecutor(min(workers, len(tasks)), mp_context=get_context("spawn")) as pool:
        return list(pool.map(_all_models, tasks))


def _all_models(task: _Task) -> dict[str, Matrix]:
    """Forecasts of all models from the past without effects of known days, and without accidents if asked; effects are added."""
    past, added = task.past, None
    if task.features is not None and task.features.size:
        learnt = effects(past, task.season, task.features[: past.shape[1]])
        past, added = learnt.past, learnt.ahead(task.features[past.shape[1] :])
    if task.clean:
        past = cleaned(past, task.season)
    found = candidates(past, task.horizon, task.season, task.longer)
    with_effects = found if added is None else {name: values + added for name, values in found.items()}
    return {NAIVE: naive(task.past, task.horizon, task.season), **with_effects}


def _origins(values: Matrix, settings: Settings) -> list[int]:
    """How many steps before now the origins of the backtest lie; nearer ones too if a series is too short for a whole horizon."""
    number = (~np.isnan(values)).sum(axis=1)
    horizon, least = settings.horizon, _least_training(settings)
    step = _apart(len(values), horizon)
    whole = [horizon + step * n for n in range(3 * _ORIGINS if len(values) < _FEW_SERIES else _ORIGINS)]
    partial = [] if number.min() - horizon >= least else [max(1, horizon // 4), max(1, horizon // 2)]
    return sorted({back for back in (*partial, *whole) if number.max() - back >= least})


def _apart(series: int, horizon: int) -> int:
    return max(1, horizon // (6 if series < _FEW_SERIES else 2))


def _least_training(settings: Settings) -> int:
    return max(settings.season + 3, settings.least_history // 2)


def _reach(values: Matrix, intermittent: Flags, level: float) -> tuple[Matrix, Matrix]:
    """What the bounds of an intermittent series include at least: that share of its own history."""
    low, high = np.full((2, len(values), 1), np.nan)
    low[:], high[:] = np.inf, -np.inf
    for row in np.flatnonzero(intermittent).tolist():
        low[row], high[row] = np.nanquantile(values[row], [(1 - level) / 2, (1 + level) / 2])
    return low, high


def _measures(test: _Backtest, fitted: Array, change: Vector) -> pl.DataFrame:
    every = np.concatenate([test.forecasts, fitted[None]])
    return measured([*test.models, CHOSEN], every, test.actual, change)


def _in_currency(frame: pl.DataFrame, size: Vector) -> pl.DataFrame:
    """Measures of scaled series turned into those of the series."""
    return frame.with_columns(pl.col("mae", "bias") * pl.Series(size[frame["series"].to_numpy()]))


def _with_coverage(frame: pl.DataFrame, covered_by: dict[float, Array]) -> pl.DataFrame:
    columns = []
    for level, inside in covered_by.items():
        known = ~np.isnan(inside)
        number = known.sum(axis=(1, 2))
        share = np.divide(np.nansum(inside, axis=(1, 2)), number, out=np.full(len(number), np.nan), where=number > 0)
        mine = np.where((frame["model"] == CHOSEN).to_numpy(), share[frame["series"].to_numpy()], np.nan)
        columns.append(pl.Series(f"coverage_{round(100 * level)}", mine).fill_nan(None))
    return frame.with_columns(columns)


def _placed(found: Forecasts, rows: Flags) -> Forecasts:
    """Forecasts of some series put among all."""
    places = np.flatnonzero(rows)
    number = len(rows)

    def matrix(part: Array) -> Array:
        whole = np.full((number, *part.shape[1:]), np.nan)
        whole[places] = part
        return whole

    model, status = [""] * number, [NOT_ENOUGH] * number
    for place, mine, state in zip(places.tolist(), found.model, found.status, strict=True):
        model[place], status[place] = mine, state
    return Forecasts(
        matrix(found.point),
        {level: matrix(bound) for level, bound in found.lower.items()},
        {level: matrix(bound) for level, bound in found.upper.items()},
        model,
        status,
        found.backtest.with_columns(series=pl.Series(places[found.backtest["series"].to_numpy()], dtype=pl.Int64)),
        matrix(found.errors),
        found.apart,
    )


def _nothing(number: int, settings: Settings) -> Forecasts:
    empty = np.full((number, settings.horizon), np.nan)
    none = np.full((1, 0, 0, settings.horizon), np.nan)
    frame = measured([NAIVE], none, none[0], np.zeros(0))
    columns = [pl.lit(None, pl.Float64).alias(f"coverage_{round(100 * level)}") for level in settings.levels]
    return Forecasts(
        empty,
        {level: empty.copy() for level in settings.levels},
        {level: empty.copy() for level in settings.levels},
        [""] * number,
        [NOT_ENOUGH] * number,
        frame.with_columns(columns),
        np.full((number, 0, settings.horizon), np.nan),
        _apart(number, settings.horizon),
    )


def _check(values: Matrix, settings: Settings, features: Matrix | None) -> None:
    if settings.horizon < 1 or settings.season < 1:
        raise ValueError("horizon and season must be 1 or more")
    steps = values.shape[1] + settings.horizon
    if features is not None and len(features) != steps:
        raise ValueError(f"features must have {steps} rows (history and horizon), not {len(features)}")
