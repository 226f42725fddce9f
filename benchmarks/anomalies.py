"""Claim: cost anomalies are found early and with few false alerts, better than the rules in use, and fast."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import polars as pl

from assets.finops.logic.anomaly_quality.alerts import Detector
from assets.finops.logic.anomaly_quality.baselines import BASELINES
from assets.finops.logic.anomaly_quality.scoring import score
from assets.finops.logic.panel import SERIES, Panel
from benchmarks.labelled_costs import Costs, as_panel, as_text, is_walk_forward, named, read_costs, read_labels
from benchmarks.measure import alternating, middle
from benchmarks.outcome import Target, finish

PROFILES: Mapping[str, Mapping[str, Target]] = {
    "default": {
        "f1": Target(at_least=0.82),
        "event_recall": Target(at_least=0.88),
        "false_episodes_per_100_series_months": Target(at_most=1.8),
        "culprit_share": Target(at_least=0.95),
        "ahead_of_every_baseline": Target(equals=True),
    },
    "hard": {"f1": Target(at_least=0.68), "ahead_of_every_baseline": Target(equals=True)},
}
_CUTS = (0.5, 0.75, 0.95)
_RESOURCES = 3
_SAMPLE = 100
_OURS = """
from assets.finops.logic.anomalies.detection import detect
from benchmarks.anomalies import generated

panel = generated(int(argv[0]), int(argv[1]))

def work():
    detect(panel)
"""
_FOREST = """
import sklearn.ensemble, sklearn.preprocessing
from assets.finops.logic.anomaly_quality.isolation_forest import isolation_forest
from benchmarks.anomalies import generated, sampled

panel = sampled(generated(int(argv[0]), int(argv[1])), int(argv[2]))

def work():
    isolation_forest(panel)
"""


def main(argv: list[str]) -> int:
    """`--data DIR` scores alerts against labels; `--series N --days D` times the detector on generated costs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks anomalies", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", type=Path, help="folder with costs.csv and labels.csv, or with such folders")
    what.add_argument("--series", type=int, help="number of generated series, to measure the speed")
    parser.add_argument("--days", type=int, default=400, help="days of the generated series")
    parser.add_argument("--repeats", type=int, default=3, help="rounds of the measurement of speed")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="default", help="how hard the data is: sets the targets")
    parser.add_argument("--alerts", type=Path, help="write the alerts here: series_id, date, score, resource_ids")
    parser.add_argument("--check-walk-forward", action="store_true", help="detect again on cut data and compare")
    arguments = parser.parse_args(argv)
    if arguments.series:
        return _speed(arguments.series, arguments.days, arguments.repeats)
    folders = _folders(arguments.data)
    if not folders:
        parser.error(f"{arguments.data}: there is no costs.csv with a labels.csv")
    if arguments.alerts and len(folders) > 1:
        parser.error("--alerts takes one folder of data")
    from assets.finops.logic.anomalies.detection import detect

    check = arguments.check_walk_forward
    scored = [quality(folder, detect, alerts_file=arguments.alerts, check_walk_forward=check) for folder in folders]
    metrics = scored[0] if len(scored) == 1 else pooled(scored)
    targets = {**PROFILES[arguments.profile], **({"walk_forward": Target(equals=True)} if check else {})}
    return finish("anomalies", metrics, targets)


def quality(
    folder: Path, detector: Detector, *, alerts_file: Path | None = None, check_walk_forward: bool = False
) -> dict[str, object]:
    """The measures of a detector on labelled costs, of every baseline, and whether the detector is ahead of each.

    Args:
        folder: Holds `costs.csv` and `labels.csv`.
        detector: From costs to alerts.
        alerts_file: Where to write the alerts.
        check_walk_forward: Whether to run the detector on cut costs as well.
    """
    rows = read_costs(folder)
    costs = as_panel(rows)
    labels = read_labels(folder, costs)
    alerts, seconds = _timed(detector, costs)
    if alerts_file:
        as_text(alerts, costs).write_csv(alerts_file)
    ours = score(labels, alerts, costs.span).rounded()
    others = {name: _baseline(method, costs, labels) for name, method in BASELINES.items()}
    checked = is_walk_forward(rows, as_text(alerts, costs), detector, _CUTS) if check_walk_forward else None
    return {
        "folder": folder.name,
        **ours,
        "seconds": seconds,
        "baselines": others,
        "ahead_of_every_baseline": all(_number(ours["f1"]) > _number(other["f1"]) for other in others.values()),
        **({} if checked is None else {"walk_forward": checked}),
    }


def pooled(scored: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Over folders: means of the measures, sums of what is counted, whether what must hold holds in each, and each of them."""
    metrics: dict[str, object] = {}
    for key, value in scored[0].items():
        values = [folder[key] for folder in scored]
        if isinstance(value, bool):
            metrics[key] = all(values)
        elif isinstance(value, int) or key == "series_months":
            metrics[key] = sum(_number(v) for v in values)
        elif all(isinstance(v, float) for v in values):
            metrics[key] = float(np.mean([_number(v) for v in values]))
    return {**metrics, "folders": [dict(folder) for folder in scored]}


def generated(series: int, days: int, seed: int = 0) -> Panel:
    """Costs of series with three resources each: a level, growth, cheaper weekends, noise, and in most a change of level."""
    rng = np.random.default_rng(seed)
    start = date(2024, 1, 1)
    day = np.arange(days)
    level = np.exp(rng.normal(3.5, 1.2, (series, 1, 1))) * rng.dirichlet(np.ones(_RESOURCES), series)[:, :, None]
    weekend = np.where((start.weekday() + day) % 7 >= 5, rng.uniform(0.4, 1, (series, 1, 1)), 1)
    growth = np.exp(rng.normal(0, 0.0006, (series, 1, 1)) * day)
    noise = np.exp(rng.normal(0, 1, (series, _RESOURCES, days)) * rng.uniform(0.01, 0.15, (series, 1, 1)))
    height, place, length = rng.uniform(1.2, 3, series), rng.integers(60, max(days, 61), series), rng.integers(1, days, series)
    inside = (day >= place[:, None]) & (day < (place + length)[:, None]) & (rng.random((series, 1)) < 0.6)
    change = np.where(inside, height[:, None], 1)[:, None, :]
    names = pl.DataFrame({"SubAccountId": [f"account-{n:06}" for n in range(series)]}).with_columns(
        ProviderName=pl.lit("AWS"), ServiceName=pl.lit("AmazonEC2"), RegionId=pl.lit("eu-west-1"), BillingCurrency=pl.lit("USD")
    )
    costs = (level * weekend * growth * noise * change).reshape(series * _RESOURCES, days)
    resources = pl.Series([f"i-{n:08}" for n in range(series * _RESOURCES)])
    return Panel(start, names.select(SERIES), resources, np.repeat(np.arange(series), _RESOURCES), costs)


def sampled(panel: Panel, number: int, seed: int = 0) -> Panel:
    """Some of the series, drawn at random."""
    chosen = np.sort(np.random.default_rng(seed).choice(len(panel.series), min(number, len(panel.series)), replace=False))
    rows = np.isin(panel.owner, chosen)
    owner = np.searchsorted(chosen, panel.owner[rows])
    return Panel(panel.start, panel.series[chosen], panel.resources.filter(pl.Series(rows)), owner, panel.costs[rows])


def _folders(data: Path) -> list[Path]:
    candidates = [data, *sorted(child for child in data.iterdir() if child.is_dir())]
    return [folder for folder in candidates if (folder / "costs.csv").is_file() and (folder / "labels.csv").is_file()]


def _timed(detector: Callable[[Panel], pl.DataFrame], costs: Costs) -> tuple[pl.DataFrame, float]:
    started = perf_counter()
    alerts = detector(costs.panel)
    seconds = perf_counter() - started
    return named(alerts, costs), seconds


def _baseline(method: Detector, costs: Costs, labels: pl.DataFrame) -> dict[str, object]:
    measures = score(labels, named(method(costs.panel), costs), costs.span).rounded()
    kept = ("f1", "event_recall", "episode_precision", "false_episodes_per_100_series_months", "average_precision")
    return {key: measures[key] for key in kept}


def _number(value: object) -> int | float:
    if not isinstance(value, int | float):
        raise TypeError(f"not a number: {value!r}")
    return value


def _speed(series: int, days: int, repeats: int) -> int:
    sample = min(_SAMPLE, series)
    works = [(_OURS, str(series), str(days)), (_FOREST, str(series), str(days), str(sample))]
    ours, forests = alternating(works, max(repeats, 3))
    per_series = [(a.seconds / series, b.seconds / sample) for a, b in zip(ours, forests, strict=True)]
    metrics = {
        "speedup_vs_isolation_forest": median(forest / mine for mine, forest in per_series),
        "series_per_second": series / middle(ours).seconds,
        "seconds": middle(ours).seconds,
        "peak_mb": middle(ours).peak_mb,
        "isolation_forest_seconds": middle(forests).seconds,
        "isolation_forest_series": sample,
    }
    return finish("anomalies", metrics, {"speedup_vs_isolation_forest": Target(at_least=50)})
