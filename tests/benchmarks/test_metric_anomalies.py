"""The benchmark of anomalies in metrics, on made-up folders of the layout that it reads."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.fleet.logic.anomaly_quality import nab
from benchmarks import metric_anomalies
from benchmarks.labelled_metrics import labelled, windowed
from tests.logic.fleet.anomalies.series import daily, times

POINTS = 800
EVENT = slice(600, 606)


def values(seed: int) -> np.ndarray:
    made = daily(POINTS, seed)
    made[EVENT] += 60
    return made


def stamps(form: str) -> list[str]:
    return [str(time).replace("T", " ") + ".0" if form == "nab" else f"{time}Z" for time in times(POINTS)]


def write_nab(folder: Path, number: int = 3) -> None:
    (folder / "labels").mkdir(parents=True)
    (folder / "data" / "some").mkdir(parents=True)
    windows = {}
    for seed in range(number):
        name = f"some/{seed}.csv"
        pl.DataFrame({"timestamp": [stamp[:19] for stamp in stamps("nab")], "value": values(seed)}).write_csv(
            folder / "data" / name
        )
        windows[name] = [[stamps("nab")[580] + "00000", stamps("nab")[660] + "00000"]]
    (folder / "data" / "some" / "unlabelled.csv").write_text("timestamp,value\n")
    (folder / "labels" / "combined_windows.json").write_text(json.dumps(windows))


def write_published(folder: Path, off: float) -> None:
    series, _ = windowed(folder)
    rows = []
    for one in series:
        scores = np.random.default_rng(len(one.name)).random(POINTS).round(3)
        target = folder / "published" / "other" / one.name
        target.parent.mkdir(parents=True, exist_ok=True)
        pl.DataFrame({"timestamp": stamps("nab"), "anomaly_score": scores}).write_csv(target)
        worth = nab.raw_score(scores, nab.worth(POINTS, one.windows), 0.99) + off
        rows.append({"Detector": "other", "Profile": "standard", "File": one.name, "Threshold": 0.99, "Score": worth})
    pl.DataFrame(rows).write_csv(folder / "published" / "other_standard_scores.csv")


def write_events(folder: Path, number: int = 3) -> None:
    (folder / "some").mkdir(parents=True)
    labels = np.zeros(POINTS, dtype=int)
    labels[EVENT] = 1
    for seed in range(number):
        pl.DataFrame({"TimeStamp": stamps("events"), "Value": values(seed).astype(str), "Label": labels}).write_csv(
            folder / "some" / f"{seed}.csv", quote_style="always"
        )


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:
    status = metric_anomalies.main(list(arguments))
    return status, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_clear_anomalies_are_found_in_both_kinds_of_data(tmp_path, capsys):
    write_nab(tmp_path / "nab")
    write_published(tmp_path / "nab", off=0)
    write_events(tmp_path / "cloud-monitoring")
    status, found = outcome(capsys, "--data", str(tmp_path))
    metrics = found["metrics"]

    assert status == 0
    assert metrics["nab_standard"] > 80
    assert metrics["nab_published_check"] < 1e-9
    assert metrics["nab_without_labels"] == ["some/unlabelled.csv"]
    assert metrics["cloud_monitoring_event_f1"] == metrics["precision"] == metrics["recall"] == 1
    assert metrics["folders"] == [{"folder": "some", "f1": 1, "runs": 3, "found": 3, "episodes": 3, "right": 3}]
    assert set(found["targets"]) == {"nab_standard", "nab_published_check", "cloud_monitoring_event_f1"}


def test_a_scoring_that_differs_from_the_published_one_misses_its_target(tmp_path, capsys):
    write_nab(tmp_path / "nab")
    write_published(tmp_path / "nab", off=0.01)
    status, found = outcome(capsys, "--data", str(tmp_path))

    assert status == 1
    assert found["metrics"]["nab_published_check"] == pytest.approx(0.01)


def test_one_kind_of_data_alone_is_measured_by_its_own_targets(tmp_path, capsys):
    write_events(tmp_path / "cloud-monitoring")
    status, found = outcome(capsys, "--data", str(tmp_path))

    assert status == 0
    assert set(found["targets"]) == {"cloud_monitoring_event_f1"}


def test_settings_chosen_on_half_of_the_files_are_scored_on_the_others(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(metric_anomalies, "_others", lambda: iter([metric_anomalies.Settings(surprise=1000.0)]))
    write_nab(tmp_path / "nab", 2)
    write_events(tmp_path / "cloud-monitoring", 2)
    _, found = outcome(capsys, "--data", str(tmp_path), "--halves", "2")

    assert found["metrics"]["settings_tried"] == 2
    assert found["metrics"]["event_f1_other_half"] == 1
    assert found["metrics"]["nab_other_half"] == pytest.approx(found["metrics"]["nab_half"])


def test_a_folder_with_neither_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        metric_anomalies.main(["--data", str(tmp_path)])
    assert "neither nab/ nor cloud-monitoring/" in capsys.readouterr().err


def test_times_of_both_forms_and_values_that_are_not_there_are_read(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.csv").write_text(
        'TimeStamp,Value,Label\n"2018-06-17T01:00:00Z",,1\n2018-06-17 00:00:00,5,0\n2018-06-17 02:00:00,6,0\n'
    )
    (series,) = labelled(tmp_path)

    assert series.name == "a/b.csv"
    assert series.times.tolist() == np.sort(series.times).tolist()
    assert series.values.tolist()[::2] == [5, 6]
    assert np.isnan(series.values[1])
    assert series.labels.tolist() == [False, True, False]
