"""The benchmark of payments on made-up receivables."""

import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from benchmarks import payments
from tests.logic.invoices.payments.receivables import receivables

COLUMNS = {
    "countryCode": "country",
    "customerID": "party",
    "PaperlessDate": "paperless_since",
    "invoiceNumber": "invoice_id",
    "InvoiceDate": "issued",
    "DueDate": "due",
    "InvoiceAmount": "amount",
    "SettledDate": "settled",
}


def written(folder: Path, records: pl.DataFrame, **more: pl.Expr) -> Path:
    form = pl.col(pl.Date).dt.strftime("%-m/%-d/%Y")
    folder.mkdir()
    records.with_columns(form).select(**{name: pl.col(column) for name, column in COLUMNS.items()}, **more).write_csv(
        folder / "receivables.csv"
    )
    (folder / "other.csv").write_text("a,b\n1,2\n")
    return folder


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    status = payments.main(list(arguments))
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert status == (0 if found["ok"] else 1)
    return found["metrics"]


def test_by_default_three_tenths_are_left_to_test_and_the_baselines_are_beside(tmp_path, capsys):
    records = receivables()
    found = outcome(capsys, "--data", str(written(tmp_path / "r", records)))

    assert found["tested"] == pytest.approx(0.3 * records.height, abs=3)
    assert found["auc_late"] > found["auc_logistic"]
    assert found["mae_ratio"] == pytest.approx(found["mae_days"] / found["mae_customer_mean"])


def test_nothing_that_is_known_later_is_looked_at(tmp_path, capsys):
    records, cut = receivables(), date(2025, 3, 1)
    plain = written(tmp_path / "plain", records)
    leaky = written(
        tmp_path / "leaky",
        records.with_columns(
            paperless_since=pl.when(pl.col("paperless_since") <= pl.col("issued").max().over("party")).then("paperless_since")
        ),
        Disputed=pl.lit("Yes"),
        PaperlessBill=pl.lit("Paper"),
        DaysLate=pl.lit(0),
    )
    first, second = (outcome(capsys, "--data", str(f), "--issued-before", cut.isoformat()) for f in (plain, leaky))

    assert first | {"seconds": 0} == second | {"seconds": 0}


def test_the_cut_can_be_given(tmp_path, capsys):
    records, cut = receivables(), date(2025, 3, 1)
    found = outcome(capsys, "--data", str(written(tmp_path / "r", records)), "--issued-before", cut.isoformat())

    assert found["tested"] == records.filter(pl.col("issued") >= cut).height


def test_short_histories_can_be_measured(tmp_path, capsys):
    found = outcome(capsys, "--data", str(written(tmp_path / "r", receivables())), "--latest", "200")

    assert found["tested"] == pytest.approx(0.3 * 200, abs=3)


def test_what_cannot_be_measured_is_said(tmp_path, capsys):
    (tmp_path / "x.csv").write_text("a\n1\n")
    assert payments.main(["--data", str(tmp_path)]) == 2
    assert "customerID" in capsys.readouterr().err

    folder = written(tmp_path / "r", receivables())
    late = (date(2025, 1, 1) + timedelta(days=3650)).isoformat()
    assert payments.main(["--data", str(folder), "--issued-before", late]) == 2
    assert "tested" in capsys.readouterr().err


def test_a_day_that_cannot_be_read_is_named_with_its_line(tmp_path):
    folder = written(tmp_path / "r", receivables(2, 2))
    file = folder / "receivables.csv"
    file.write_text(file.read_text().replace("/2024", "/24x", 1))

    with pytest.raises(payments.NotReceivables, match=r"receivables.csv, line \d"):
        payments.read(folder)
