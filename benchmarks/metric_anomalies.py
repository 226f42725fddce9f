"""How well anomalies in operational metrics are found: in the Numenta Anomaly Benchmark and in labelled production metrics."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from statistics import mean
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from assets.fleet.logic.anomalies.judgement import Judgement, judge
from assets.fleet.logic.anomalies.settings import DEFAULT, Settings
from assets.fleet.logic.anomaly_quality import nab
from assets.fleet.logic.anomaly_quality.events import EventScore, event_score, pooled
from benchmarks.labelled_metrics import LabelledSeries, WindowedSeries, labelled, published, windowed
from benchmarks.outcome import Target, finish

TARGETS = {
    "nab_standard": Target(at_least=65),
    "nab_published_check": Target(at_most=1e-9),
    "cloud_monitoring_event_f1": Target(at_least=0.60),
}
Floats = NDArray[np.float64]


def main(argv: list[str]) -> int:
    """`--data DIR` with `nab/`, `cloud-monitoring/` or both; targets of what is not there do not count."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks metric_anomalies", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with nab/ and cloud-monitoring/")
    parser.add_argument(
        "--halves", type=int, default=0, help="so many times, choose settings on half of the files, score the rest"
    )
    arguments = parser.parse_args(argv)
    windows, unnamed = windowed(arguments.data / "nab") if (arguments.data / "nab").is_dir() else ([], [])
    events = labelled(arguments.data / "cloud-monitoring") if (arguments.data / "cloud-monitoring").is_dir() else []
    if not windows and not events:
        parser.error(f"{arguments.data}: there is neither nab/ nor cloud-monitoring/ with series")
    started = perf_counter()
    judged_windows, judged_events = _judged(windows), _judged(events)
    seconds = perf_counter() - started
    metrics: dict[str, object] = {}
    if windows:
        metrics |= {**nab_quality(windows, judged_windows), "nab_without_labels": unnamed}
        metrics |= _published_check(arguments.data / "nab", windows)
    if events:
        metrics |= event_quality(events, judged_events)
    points = sum(len(one.values) for one in windows) + sum(len(one.values) for one in events)
    metrics["points_per_second"] = points / seconds
    if arguments.halves:
        metrics |= halves(windows, events, arguments.halves)
    return finish("metric_anomalies", metrics, {key: target for key, target in TARGETS.items() if key in metrics})


def nab_quality(series: Sequence[WindowedSeries], judged: Sequence[Judgement]) -> dict[str, object]:
    """The score of the standard profile under the benchmark's own threshold, and under that of alarms in the product."""
    worths = [nab.worth(len(one.values), one.windows) for one in series]
    scores = [_alarming(one) for one in judged]
    threshold, raw = nab.best_threshold(scores, worths)
    windows = sum(worth.windows for worth in worths)
    as_alarms = sum(nab.raw_score(one.is_alarm.astype(np.float64), worth, 1.0) for one, worth in zip(judged, worths, strict=True))
    return {
        "nab_standard": nab.normalised(raw, windows),
        "nab_threshold": threshold,
        "nab_as_alarms": nab.normalised(as_alarms, windows),
        "nab_series": len(series),
        "nab_windows": windows,
        "alarms_per_1000_points": 1000
        * sum(int(one.is_alarm.sum()) for one in judged)
        / sum(len(one.is_alarm) for one in judged),
    }


def event_quality(series: Sequence[LabelledSeries], judged: Sequence[Judgement]) -> dict[str, object]:
    """Event F1 over all runs and episodes, with the threshold of the product, and per folder."""
    scores = _event_scores(series, judged)
    total = pooled(scores)
    folders = sorted({one.name.split("/")[0] for one in series})
    return {
        "cloud_monitoring_event_f1": total.f1,
        "precision": total.precision,
        "recall": total.recall,
        "runs": total.runs,
        "episodes": total.episodes,
        "folders": [
            {
                "folder": folder,
                "f1": part.f1,
                "runs": part.runs,
                "found": part.found,
                "episodes": part.episodes,
                "right": part.right,
            }
            for folder in folders
            for part in [pooled(s for s, one in zip(scores, series, strict=True) if one.name.split("/")[0] == folder)]
        ],
    }


def halves(windows: Sequence[WindowedSeries], events: Sequence[LabelledSeries], times: int) -> dict[str, object]:
    """Mean scores on halves of the files with the settings that were best on the other half, and with those of the product.

    What the first lacks of the second is how much choosing settings on these files flatters.
    """
    grid = [DEFAULT, *_others()]
    rng = np.random.default_rng(0)
    metrics: dict[str, object] = {"settings_tried": len(grid)}
    if windows:
        worths = [nab.worth(len(one.values), one.windows) for one in windows]
        scores = [[_alarming(one) for one in _judged(windows, settings)] for settings in grid]

        def nab_score(setting: int, files: NDArray[np.int64]) -> float:
            _, raw = nab.best_threshold([scores[setting][file] for file in files], [worths[file] for file in files])
            return nab.normalised(raw, sum(worths[file].windows for file in files))

        chosen, own = _on_other_halves(len(windows), len(grid), times, nab_score, rng)
        metrics |= {"nab_other_half": chosen, "nab_half": own}
    if events:
        counts = [_event_scores(events, _judged(events, settings)) for settings in grid]

        def event_f1(setting: int, files: NDArray[np.int64]) -> float:
            return pooled(counts[setting][file] for file in files).f1 or 0.0

        chosen, own = _on_other_halves(len(events), len(grid), times, event_f1, rng)
        metrics |= {"event_f1_other_half": chosen, "event_f1_half": own}
    return metrics


def _others() -> Iterator[Settings]:
    """Settings around those of the product: what matters for events and what matters for alarms vary together."""
    for (surprise, memory), (tails, weight), (level, quiet) in product(
        ((6.0, 1000), (7.0, 2000), (9.0, 3000)), ((0.1, 0.05), (0.15, 0.1), (0.3, 0.2)), ((500, 50), (1000, 100), (2000, 150))
    ):
        yield Settings(surprise=surprise, memory=memory, tails=tails, smooth_weight=weight, level=level, quiet=quiet)


def _on_other_halves(
    files: int, settings: int, times: int, score: Callable[[int, NDArray[np.int64]], float], rng: np.random.Generator
) -> tuple[float, float]:
    """Mean score of the settings chosen on the other half, and mean score of the product's on the same halves."""
    chosen, own = [], []
    for _ in range(times):
        order = rng.permutation(files)
        for seen, unseen in ((order[: files // 2], order[files // 2 :]), (order[files // 2 :], order[: files // 2])):
            best = max(range(settings), key=lambda setting: score(setting, seen))
            chosen.append(score(best, unseen))
            own.append(score(0, unseen))
    return mean(chosen), mean(own)


def _judged(series: Sequence[WindowedSeries | LabelledSeries], settings: Settings = DEFAULT) -> list[Judgement]:
    return [judge(one.times, one.values, settings=settings) for one in series]


def _alarming(judged: Judgement) -> Floats:
    """The score that the benchmark's procedure puts a threshold on; what is unknown is never flagged."""
    return np.nan_to_num(judged.novelty)


def _event_scores(series: Sequence[LabelledSeries], judged: Sequence[Judgement]) -> list[EventScore]:
    return [event_score(verdict.is_anomaly, one.labels) for one, verdict in zip(series, judged, strict=True)]


def _published_check(folder: Path, series: Sequence[WindowedSeries]) -> dict[str, object]:
    """The largest difference between what our scoring makes of published scores per point and the published results per file."""
    worths = {one.name: nab.worth(len(one.values), one.windows) for one in series}
    results = published(folder, series)
    differences = [abs(nab.raw_score(one.scores, worths[one.series], one.threshold) - one.score) for one in results]
    return {"nab_published_check": max(differences), "nab_published_results": len(results)} if results else {}
