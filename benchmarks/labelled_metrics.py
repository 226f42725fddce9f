"""Reads series of metrics with labels: the Numenta Anomaly Benchmark and folders of files with one label per point."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class WindowedSeries:
    """A series of the Numenta Anomaly Benchmark.

    Attributes:
        name: Folder and file.
        times: As in the file.
        values: NaN where unknown.
        windows: First and last point of each labelled window.
    """

    name: str
    times: Times
    values: Floats
    windows: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class LabelledSeries:
    """A series with a label per point, in order of time.

    Attributes:
        name: Folder and file.
        times: Ascending.
        values: NaN where unknown.
        labels: Whether the point is part of an anomaly.
    """

    name: str
    times: Times
    values: Floats
    labels: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Published:
    """What a detector published of one series.

    Attributes:
        detector: Its name.
        series: Folder and file.
        scores: Per point.
        threshold: From which on points are flagged.
        score: What the series was worth.
    """

    detector: str
    series: str
    scores: Floats
    threshold: float
    score: float


def windowed(folder: Path) -> tuple[list[WindowedSeries], list[str]]:
    """The series below `data/` whose windows `labels/combined_windows.json` gives, and the files that it does not name."""
    labels = json.loads((folder / "labels" / "combined_windows.json").read_text(encoding="utf-8"))
    files = {path.relative_to(folder / "data").as_posix(): path for path in sorted((folder / "data").rglob("*.csv"))}
    found = [_windowed(name, path, labels[name]) for name, path in files.items() if name in labels]
    return found, [name for name in files if name not in labels]


def labelled(folder: Path) -> list[LabelledSeries]:
    """The files with the columns TimeStamp, Value and Label, in all folders below."""
    return [_labelled(path, folder) for path in sorted(folder.rglob("*.csv"))]


def published(folder: Path, series: Sequence[WindowedSeries]) -> list[Published]:
    """Per-point scores and per-file results of the detectors below `published/`, as far as they are of these series."""
    found = []
    for results in sorted((folder / "published").glob("*_standard_scores.csv")):
        for row in pl.read_csv(results).iter_rows(named=True):
            scores = folder / "published" / row["Detector"] / row["File"]
            if row["File"] in {one.name for one in series} and scores.is_file():
                points = pl.read_csv(scores)["anomaly_score"].cast(pl.Float64).to_numpy()
                found.append(Published(row["Detector"], row["File"], points, row["Threshold"], row["Score"]))
    return found


def _windowed(name: str, path: Path, windows: list[list[str]]) -> WindowedSeries:
    rows = pl.read_csv(path, infer_schema=False)
    times = _times(rows["timestamp"])
    place = {str(time): number for number, time in reversed(list(enumerate(times)))}
    bounds = tuple(
        (place[str(_times(pl.Series([first]))[0])], place[str(_times(pl.Series([last]))[0])]) for first, last in windows
    )
    return WindowedSeries(name, times, _numbers(rows["value"]), bounds)


def _labelled(path: Path, folder: Path) -> LabelledSeries:
    rows = pl.read_csv(path, infer_schema=False)
    times = _times(rows["TimeStamp"])
    order = np.argsort(times, kind="stable")
    labels = _numbers(rows["Label"]) > 0
    return LabelledSeries(path.relative_to(folder).as_posix(), times[order], _numbers(rows["Value"])[order], labels[order])


def _times(text: pl.Series) -> Times:
    """ISO times with a space or a T, with or without a Z and fractions of a second."""
    plain = text.str.replace("T", " ", literal=True).str.strip_suffix("Z").str.slice(0, 19)
    return plain.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us").to_numpy().astype("datetime64[s]")


def _numbers(text: pl.Series) -> Floats:
    return text.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
