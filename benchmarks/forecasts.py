"""Claim: forecasts are more accurate than the usual baselines, their intervals hold what they say, and they are made faster."""

import argparse
import csv
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.finops.logic.forecasts import engine
from benchmarks.measure import alternating, middle
from benchmarks.outcome import Target, finish

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

_BASELINES = ("seasonal_naive", "auto_ets", "linear")
_BOUNDS = {"H": {"smape": 10.0, "mase": 0.95}, "W": {"smape": 7.9, "mase": 2.36}}
"""What is asked of hourly and weekly sets of the M4 competition."""
_COVERAGE = 0.02
_RATIO = 0.5
_ETS_SAMPLE = 100
_GENERATED = """
import os
import warnings
import numpy as np
from benchmarks.forecasts import daily_costs, with_auto_ets
from assets.finops.logic.forecasts.engine import Settings, forecast

warnings.simplefilter("ignore")
series, days, cores = (int(a) for a in argv[1:])
values = daily_costs(series, days)
"""
_OURS = f"""{_GENERATED}
def work():
    assert np.isfinite(forecast(values, Settings(workers=cores)).point).all()
"""
_AUTO_ETS = f"""{_GENERATED}
with_auto_ets(list(values[:4]), 7, 30, cores)  # compiles before the clock runs

def work():
    with_auto_ets(list(values), 7, 30, cores)
"""


@dataclass(frozen=True, slots=True)
class DataSet:
    """Series of one folder: what is known, what came, and how far a season and the forecast reach."""

    name: str
    known: list[Vector]
    came: Matrix
    frequency: str
    season: int
    horizon: int

    @property
    def values(self) -> Matrix:
        """Series × time, right-aligned."""
        length = max(map(len, self.known))
        return np.stack([np.concatenate([np.full(length - len(one), np.nan), one]) for one in self.known])


def main(argv: list[str]) -> int:
    """`--data DIR` measures accuracy on every folder below; `--series N --days D` times generated daily costs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks forecasts", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", type=Path, help="folders with train.csv, test.csv and meta.json, or one such folder")
    what.add_argument("--series", type=int, help="number of generated series")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args(argv)
    if arguments.data:
        return _accuracy(arguments.data, arguments.workers)
    return _speed(arguments.series, arguments.days, arguments.repeats, arguments.workers)


def _accuracy(folder: Path, workers: int) -> int:
    found = sorted(meta.parent for meta in folder.rglob("meta.json") if (meta.parent / "train.csv").exists())
    if not found:
        print(f"no folder with train.csv, test.csv and meta.json in {folder}", file=sys.stderr)
        return 2
    metrics: dict[str, object] = {}
    targets: dict[str, Target] = {}
    for data in map(read, found):
        measures = _of_set(data, workers)
        metrics |= {data.name: measures} | _flat(data.name, measures)
        targets |= _targets(data)
    return finish("forecasts", metrics, targets)


def read(folder: Path) -> DataSet:
    """A folder in the layout of `benchmarks.md`: rows of values after an id, of different lengths."""
    meta = json.loads((folder / "meta.json").read_text())
    known, came = _rows(folder / "train.csv"), _rows(folder / "test.csv")
    horizon = int(meta["horizon"])
    return DataSet(folder.name, known, np.stack(came)[:, :horizon], str(meta["frequency"]), int(meta["season"]), horizon)


def _rows(file: Path) -> list[Vector]:
    with file.open(newline="") as lines:
        rows = list(csv.reader(lines))[1:]
    return [np.array([float(cell) for cell in row[1:] if cell], dtype=np.float64) for row in rows if row]


def _of_set(data: DataSet, workers: int) -> dict[str, object]:
    _say(f"{data.name}: {len(data.known)} series")
    started = time.perf_counter()
    least = min(28, *map(len, data.known))
    settings = engine.Settings(horizon=data.horizon, season=data.season, least_history=least, workers=workers)
    found = engine.forecast(data.values, settings)
    seconds = time.perf_counter() - started
    _say(f"{data.name}: forecast in {seconds:.0f} s; now the baselines")
    baselines = {
        "seasonal_naive": seasonal_naive(data.known, data.season, data.horizon),
        "linear": linear(data.known, data.season, data.horizon),
        "auto_ets": with_auto_ets(data.known, data.season, data.horizon, workers),
    }
    ours = scores(data, found.point)
    others = {name: scores(data, baselines[name]) for name in _BASELINES}
    inside = {level: (data.came >= found.lower[level]) & (data.came <= found.upper[level]) for level in found.lower}
    return {
        **ours,
        **{f"coverage_{round(100 * level)}": float(within.mean()) for level, within in inside.items()},
        "better_than_each": all(ours[key] < other[key] for other in others.values() for key in ours),
        "series": len(data.known),
        "seconds": seconds,
        **others,
    }


def _flat(name: str, measures: dict[str, object]) -> dict[str, object]:
    flat = {f"{name}.{key}": value for key, value in measures.items() if not isinstance(value, dict)}
    for baseline in _BASELINES:
        of_baseline = measures[baseline]
        assert isinstance(of_baseline, dict)  # noqa: S101
        flat |= {f"{name}.{baseline}.{key}": value for key, value in of_baseline.items()}
    flat[f"{name}.coverage_95_off"] = abs(float(str(measures["coverage_95"])) - 0.95)
    return flat


def _targets(data: DataSet) -> dict[str, Target]:
    bounds = {f"{data.name}.{key}": Target(at_most=most) for key, most in _BOUNDS.get(data.frequency, {}).items()}
    return {
        **bounds,
        f"{data.name}.coverage_95_off": Target(at_most=_COVERAGE),
        f"{data.name}.better_than_each": Target(equals=True),
    }


def scores(data: DataSet, forecasts: Matrix) -> dict[str, float]:
    """SMAPE (percent, 0–200) and MASE as the M4 competition defines them, means over series."""
    error = np.abs(data.came - forecasts)
    relative = 200 * error / (np.abs(data.came) + np.abs(forecasts))
    scale = np.array([np.abs(one[data.season :] - one[: -data.season]).mean() for one in data.known])
    return {"smape": float(np.nan_to_num(relative).mean()), "mase": float((error.mean(axis=1) / scale).mean())}


def seasonal_naive(known: list[Vector], season: int, horizon: int) -> Matrix:
    """The last season again and again."""
    return np.stack([np.resize(one[-season:], horizon) for one in known])


def linear(known: list[Vector], season: int, horizon: int) -> Matrix:
    """A straight line with the place in the season as a number and two rolling means, held at their last values ahead."""
    return np.stack([_line(one, season, horizon) for one in known])


def _line(values: Vector, season: int, horizon: int) -> Vector:
    steps = np.arange(len(values) + horizon)
    short = season if season > 1 else 7
    means = [np.pad(_rolling_mean(values, width), (0, horizon), mode="edge") for width in (short, 2 * short)]
    inputs = np.column_stack([np.ones(len(steps)), steps, steps % season, *means])
    found = np.linalg.lstsq(inputs[: len(values)], values, rcond=None)[0]
    return np.asarray(inputs[len(values) :] @ found, dtype=np.float64)


def _rolling_mean(values: Vector, width: int) -> Vector:
    sums = np.concatenate([[0.0], np.cumsum(values)])
    end = np.arange(1, len(values) + 1)
    begin = np.maximum(end - width, 0)
    return np.asarray((sums[end] - sums[begin]) / (end - begin), dtype=np.float64)


def with_auto_ets(known: list[Vector], season: int, horizon: int, cores: int) -> Matrix:
    """Forecasts of the library statsforecast's AutoETS; the last season where it fails."""
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS, SeasonalNaive

    rows = pl.DataFrame(
        {
            "unique_id": np.repeat(np.arange(len(known)), [len(one) for one in known]),
            "ds": np.concatenate([np.arange(len(one)) for one in known]),
            "y": np.concatenate(known),
        }
    )
    models = StatsForecast([AutoETS(season_length=season)], freq=1, n_jobs=cores, fallback_model=SeasonalNaive(season))
    found = pl.DataFrame(models.forecast(df=rows, h=horizon)).sort("unique_id", "ds")
    return np.asarray(found["AutoETS"].to_numpy(), dtype=np.float64).reshape(len(known), horizon)


def daily_costs(series: int, days: int, seed: int = 7) -> Matrix:
    """Costs with a level, a trend, a rhythm of the week, noise that hangs together, and now and then a lasting step."""
    rng = np.random.default_rng(seed)
    time_ = np.arange(days)
    level = np.exp(rng.normal(4, 1.5, (series, 1)))
    trend = 1 + rng.normal(0, 0.3, (series, 1)) * time_ / 365
    week = 1 - rng.choice([0.0, 0.15, 0.5], (series, 1)) * (time_ % 7 >= 5)
    noise = rng.normal(0, 1, (series, days))
    for day in range(1, days):
        noise[:, day] += 0.4 * noise[:, day - 1]
    step = 1 + rng.choice([0.0, 0.0, 0.4, -0.3], (series, 1)) * (time_ >= rng.integers(0, days, (series, 1)))
    return np.asarray(
        np.maximum(level * trend * week * step * (1 + rng.uniform(0.02, 0.15, (series, 1)) * noise), 0), dtype=np.float64
    )


def _speed(series: int, days: int, repeats: int, workers: int) -> int:
    """Both with the same number of processes, each on one thread; AutoETS on a sample, compared per series."""
    sample = min(series, _ETS_SAMPLE)
    works = [(_OURS, "ours", str(series), str(days), str(workers)), (_AUTO_ETS, "auto_ets", str(sample), str(days), str(workers))]
    ours, ets = alternating(works, repeats)
    metrics = {
        "seconds_ratio_vs_auto_ets": median((a.seconds / series) / (b.seconds / sample) for a, b in zip(ours, ets, strict=True)),
        "seconds": middle(ours).seconds,
        "auto_ets_seconds": middle(ets).seconds,
        "auto_ets_timed_on": sample,
        "series": series,
        "days": days,
        "processes": workers,
        "peak_mb": middle(ours).peak_mb,
    }
    return finish("forecasts", metrics, {"seconds_ratio_vs_auto_ets": Target(at_most=_RATIO)})


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
