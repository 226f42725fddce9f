"""Our measures and those of the published scorer, which defines them, on the same random alerts."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from assets.finops.logic.anomaly_quality.scoring import score
from benchmarks.labelled_costs import Costs, as_panel, read_costs, read_labels

pytestmark = pytest.mark.data


def tool(data_folder: Path, name: str) -> ModuleType:
    file = data_folder.parent / "tools" / f"{name}.py"
    if not file.is_file():
        pytest.skip(f"data: there is no tools/{name}.py beside the folder that CLOUDOPS_DATA names")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def drawn(seed: int, costs: Costs, labels: pl.DataFrame) -> pl.DataFrame:
    """Alerts by chance, in runs, and in and around labels; some days twice; few different scores."""
    rng = random.Random(seed)
    panel, ids = costs.panel, costs.panel.resources.to_list()
    days: list[tuple[int, int]] = []
    for _ in range(rng.choice((0, 3, 60, 400))):
        series, day = rng.randrange(len(panel.series)), rng.randrange(panel.days)
        days += [(series, day + step) for step in range(0, rng.choice((1, 1, 5, 40)), rng.choice((1, 2, 3)))]
    for event in labels.iter_rows(named=True):
        if rng.random() < 0.6:
            days += [(event["series"], event["start"] + rng.randrange(-3, 12)) for _ in range(rng.randrange(1, 4))]
    culprits = dict(labels.select("series", "resources").iter_rows())
    rows = []
    for series, day in days:
        own = [name for name, owner in zip(ids, panel.owner.tolist(), strict=True) if owner == series]
        named = rng.sample(own, rng.randrange(min(len(own), 3) + 1)) + (culprits.get(series) or [])[: rng.randrange(2)]
        rows.append((series, min(day, panel.days - 1), float(rng.randrange(8)), named))
    schema = {"series": pl.Int64, "day": pl.Int64, "score": pl.Float64, "resources": pl.List(pl.String)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def as_the_tool_reads(alerts: pl.DataFrame, costs: Costs) -> Any:
    import pandas as pd

    text = alerts.select(
        series_id=costs.names.gather(alerts["series"]),
        date=(pl.lit(costs.panel.start) + pl.duration(days="day")).cast(pl.String),
        score=pl.col("score").cast(pl.String),
        resource_ids=pl.col("resources").list.join(";"),
    )
    return pd.DataFrame(text.to_dict(as_series=False), columns=text.columns, dtype=object)


@pytest.mark.parametrize(("seed", "profile"), [(1, "default"), (2, "hard"), (3, "default")])
def test_every_measure_equals_that_of_the_tool(seed: int, profile: str, data_folder: Path, tmp_path: Path) -> None:
    maker, scorer = tool(data_folder, "make_cost_series"), tool(data_folder, "score_cost_anomalies")
    made, events = maker.generate(seed, 25, 200, profile)
    made.to_csv(tmp_path / "costs.csv", index=False)
    events.to_csv(tmp_path / "labels.csv", index=False)
    costs = as_panel(read_costs(tmp_path))
    labels = read_labels(tmp_path, costs)
    assert len(labels) == len(events) > 5
    for chance in range(12):
        alerts = drawn(100 * seed + chance, costs, labels)
        theirs = scorer.score(events, as_the_tool_reads(alerts, costs), made)
        assert score(labels, alerts, costs.span).rounded() == theirs, f"alerts of seed {100 * seed + chance}"
