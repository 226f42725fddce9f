"""Measures of forecasts: of each model at each series over the whole backtest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]
Vector = NDArray[np.float64]


def measured(models: Sequence[str], forecasts: Array, actual: Array, scale: Vector) -> pl.DataFrame:
    """One row per series and model that was tested there.

    Columns: `series`, `model`, `smape` (percent, 0–200), `mase`, `mae`, `skill` (1 less the error as a share of the seasonal
    naive forecast's), `bias` (mean of forecast less actual), `origins`. A measure is null where it is undefined.

    Args:
        models: Names; the first is the seasonal naive forecast.
        forecasts: Model × origin × series × step.
        actual: Origin × series × step.
        scale: Per series what MASE divides by.
    """
    error = forecasts - actual
    known = ~np.isnan(error)
    number = known.sum(axis=(1, 3))
    size = np.abs(error)
    both = np.abs(forecasts) + np.abs(actual)
    relative = np.divide(size, both, out=np.zeros(size.shape), where=known & (both > 0))
    mae, bias, smape = (_mean(values, known, number) for values in (size, error, 200 * relative))
    row, model = (place.ravel() for place in np.meshgrid(np.arange(actual.shape[1]), np.arange(len(models)), indexing="ij"))
    columns = {
        "series": row,
        "model": np.array(models, dtype=object)[model],
        "smape": smape.T.ravel(),
        "mase": _ratio(mae, scale).T.ravel(),
        "mae": mae.T.ravel(),
        "skill": 1 - _ratio(mae, mae[0]).T.ravel(),
        "bias": bias.T.ravel(),
        "origins": known.any(axis=3).sum(axis=1).T.ravel(),
    }
    frame = pl.DataFrame(columns, schema_overrides={"model": pl.String, "series": pl.Int64, "origins": pl.Int64})
    return frame.filter(pl.col("origins") > 0).with_columns(pl.selectors.float().fill_nan(None))


def _mean(values: Array, known: NDArray[np.bool_], number: NDArray[np.int64]) -> Array:
    total = np.where(known, values, 0).sum(axis=(1, 3))
    return np.asarray(np.divide(total, number, out=np.full(total.shape, np.nan), where=number > 0), dtype=np.float64)


def _ratio(value: Array, by: Vector) -> Array:
    return np.asarray(np.divide(value, by, out=np.full(value.shape, np.nan), where=by > 0), dtype=np.float64)
