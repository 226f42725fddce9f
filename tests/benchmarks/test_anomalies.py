"""The benchmark of anomalies on small files of the layout that it reads."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.finops.logic.anomaly_quality.alerts import alerts
from assets.finops.logic.anomaly_quality.baselines import optscale, robust_z
from assets.finops.logic.anomaly_quality.scoring import Score
from assets.finops.logic.panel import Panel
from benchmarks import anomalies
from benchmarks.labelled_costs import as_panel, is_walk_forward, read_costs, read_labels

START = date(2024, 1, 1)
DAYS = 130
SPIKE = 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two series of two resources; the first has a spike, and a resource that costs nothing on Sundays."""
    rng = np.random.default_rng(1)
    made = tmp_path / "one"
    made.mkdir()
    rows = []
    for series, account in (("s2", "aws-prod"), ("s1", "oci-dev")):
        for resource in ("a", "b"):
            for day in range(DAYS):
                cost = 40 * np.exp(0.02 * rng.standard_normal()) + 90 * (series == "s2" and resource == "b" and day == SPIKE)
                if not (resource == "a" and day % 7 == 6):
                    when = START + timedelta(days=day)
                    rows.append((series, account, "svc", "eu", f"{series}-{resource}", "USD", when.isoformat(), f"{cost:.6f}"))
    names = ["series_id", "sub_account", "service", "region", "resource_id", "currency", "date", "effective_cost"]
    pl.DataFrame(rows, schema=names, orient="row").write_csv(made / "costs.csv")
    when = (START + timedelta(days=SPIKE)).isoformat()
    (made / "labels.csv").write_text(
        f"series_id,start,end,type,direction,total_impact,resource_ids\ns2,{when},{when},spike,up,90.00,s2-b\n"
    )
    return made


def seeing_the_future(panel: Panel) -> pl.DataFrame:
    totals = panel.totals
    return alerts(panel, totals >= totals.max(axis=1, keepdims=True), totals, totals)


def test_days_without_a_row_cost_nothing_and_series_keep_their_names(folder: Path) -> None:
    costs = as_panel(read_costs(folder))
    assert costs.names.to_list() == ["s2", "s1"]
    assert costs.panel.series["ProviderName"].to_list() == ["aws", "oci"]
    assert costs.panel.costs[0, 6] == 0
    assert not np.isnan(costs.panel.costs).any()
    (label,) = read_labels(folder, costs).to_dicts()
    assert (label["series"], label["start"], label["end"], label["resources"]) == (0, SPIKE, SPIKE, ["s2-b"])


def test_the_outcome_holds_every_measure_and_every_baseline(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "alerts.csv"
    metrics = anomalies.quality(folder, robust_z, alerts_file=file, check_walk_forward=True)
    assert set(Score.__slots__) <= set(metrics)
    assert metrics["detected"] == 1
    assert metrics["walk_forward"] is True
    assert set(metrics["baselines"]) == set(anomalies.BASELINES)
    assert metrics["ahead_of_every_baseline"] is False  # it is one of them
    written = pl.read_csv(file)
    assert written.columns == ["series_id", "date", "score", "resource_ids"]
    (row,) = written.to_dicts()
    assert (row["series_id"], row["date"], row["resource_ids"].split(";")[0]) == ("s2", "2024-04-10", "s2-b")
    json.dumps(metrics)


def test_a_detector_that_sees_the_future_is_found_out(folder: Path) -> None:
    rows = read_costs(folder)
    costs = as_panel(rows)
    for detector, honest in ((optscale, True), (seeing_the_future, False)):
        said = anomalies.as_text(anomalies.named(detector(costs.panel), costs), costs)
        assert is_walk_forward(rows, said, detector, (0.5, 0.9)) is honest


def test_several_folders_are_pooled() -> None:
    one = {"folder": "1", "f1": 0.8, "events": 10, "ahead_of_every_baseline": True, "recall_by_type": {"spike": 1.0}}
    two = {"folder": "2", "f1": 0.6, "events": 20, "ahead_of_every_baseline": False, "recall_by_type": {}}
    metrics = anomalies.pooled([one, two])
    assert metrics["f1"] == pytest.approx(0.7)
    assert (metrics["events"], metrics["ahead_of_every_baseline"]) == (30, False)
    assert metrics["folders"] == [one, two]


def test_a_folder_without_costs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        anomalies.main(["--data", str(tmp_path)])


def test_generated_costs_are_the_same_each_time_and_can_be_sampled() -> None:
    panel = anomalies.generated(20, 90)
    assert np.array_equal(panel.costs, anomalies.generated(20, 90).costs)
    some = anomalies.sampled(panel, 5)
    assert len(some.series) == 5
    assert some.costs.shape == (15, 90)
    first = panel.series["SubAccountId"].to_list().index(some.series["SubAccountId"][0])
    assert np.array_equal(some.totals[0], panel.totals[first])
