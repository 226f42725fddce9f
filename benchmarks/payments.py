"""Claim: payments are predicted better than by logistic regression on the same features, and than by the customer's own mean."""

import argparse
import csv
import sys
import time
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from statistics import fmean

import polars as pl

from assets.invoices.logic.payments.history import History, history_of
from assets.invoices.logic.payments.model import TooFewInvoices
from assets.invoices.logic.payments.records import RECORDS
from assets.invoices.logic.payments.validation import Scores, scored
from benchmarks.outcome import Target, finish

_TRAINING_SHARE = 0.7
_OTHER_SHARES = (0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
_COLUMNS = {
    "invoice_id": "invoiceNumber",
    "party": "customerID",
    "country": "countryCode",
    "amount": "InvoiceAmount",
    "issued": "InvoiceDate",
    "due": "DueDate",
    "settled": "SettledDate",
    "paperless_since": "PaperlessDate",
}
"""Whatever else a file has, such as a dispute, is known only later and never read."""
_DAYS = ("issued", "due", "settled", "paperless_since")
_REQUIRED = ("invoiceNumber", "customerID", "InvoiceDate", "DueDate", "SettledDate")


class NotReceivables(ValueError):
    """A file is not in the layout of accounts receivable."""


def main(argv: list[str]) -> int:
    """`--data DIR` measures on all CSV files of receivables below it, cut at `--issued-before` or after 70 % of the invoices."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks payments", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with accounts receivable as CSV")
    parser.add_argument("--issued-before", type=date.fromisoformat, help="train before this day, test from it on (YYYY-MM-DD)")
    parser.add_argument("--latest", type=int, metavar="N", help="look at the latest N invoices only: how short histories do")
    parser.add_argument("--rolling", action="store_true", help="also measure at other days, which takes seconds each")
    arguments = parser.parse_args(argv)
    started = time.perf_counter()
    try:
        records = read(arguments.data).sort("issued", "invoice_id")
        records = records.tail(arguments.latest or records.height)
        history = history_of(records)
        cut = arguments.issued_before or cut_after(records, _TRAINING_SHARE)
        scores = scored(history, cut)
    except (NotReceivables, TooFewInvoices, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    metrics = {**_metrics(scores), "seconds": time.perf_counter() - started, "unsettled": records["settled"].null_count()}
    if arguments.rolling:
        metrics["rolling"] = _rolling(history, records)
    targets = {
        "auc_late": Target(at_least=0.87),
        "mae_ratio": Target(at_most=0.9),
        "auc_better": Target(equals=True),
        "brier_better": Target(equals=True),
    }
    return finish("payments", metrics, targets)


def read(folder: Path) -> pl.DataFrame:
    """Payment records of all CSV files below a folder that are in the layout; an open invoice has no SettledDate.

    Raises:
        NotReceivables: No file is, or one has a day or amount that cannot be read.
    """
    rows: list[dict[str, object]] = []
    for file in sorted(folder.rglob("*.csv")):
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            if set(_REQUIRED) <= set(reader.fieldnames or ()):
                rows.extend(_records(file, reader))
    if not rows:
        raise NotReceivables(f"no CSV file below {folder} has the columns {', '.join(_REQUIRED)}")
    return pl.DataFrame(rows, schema=dict(RECORDS))


def _records(file: Path, lines: Iterable[dict[str, str]]) -> Iterable[dict[str, object]]:
    for number, line in enumerate(lines, start=2):
        try:
            record: dict[str, object] = {name: (line.get(column) or None) for name, column in _COLUMNS.items()}
            days = {name: _day(str(record[name])) for name in _DAYS if record[name]}
            amount = float(str(record["amount"])) if record["amount"] else None
        except ValueError as error:
            raise NotReceivables(f"{file.name}, line {number}: {error}") from error
        yield {**record, **days, "amount": amount, "currency": None}


def _day(text: str) -> date:
    """ISO, or month/day/year as in the published data set."""
    form = "%m/%d/%Y" if "/" in text else "%Y-%m-%d"
    return datetime.strptime(text, form).date()  # noqa: DTZ007


def cut_after(records: pl.DataFrame, share: float) -> date:
    """Day of issue before which that share of the invoices was issued, and from which the rest was."""
    issued = records["issued"].sort()
    cut: date = issued[min(int(len(issued) * share), len(issued) - 1)]
    return cut


def _metrics(scores: Scores) -> dict[str, object]:
    auc, logistic = scores.auc_late, scores.auc_logistic
    return {
        "auc_late": auc,
        "accuracy": scores.accuracy,
        "mae_days": scores.mae_days,
        "brier": scores.brier,
        "auc_logistic": logistic,
        "brier_logistic": scores.brier_logistic,
        "mae_customer_mean": scores.mae_customer_mean,
        "mae_ratio": scores.mae_days / scores.mae_customer_mean,
        "auc_better": None if auc is None or logistic is None else auc > logistic,
        "brier_better": None if scores.brier_logistic is None else scores.brier < scores.brier_logistic,
        "accuracy_of_status": scores.accuracy_of_status,
        "interval_coverage": scores.coverage,
        "interval_days": scores.width_days,
        "issued_before": scores.before.isoformat(),
        "tested": scores.invoices,
        "late_share": scores.late_share,
    }


def _rolling(history: History, records: pl.DataFrame) -> dict[str, object]:
    """The same at several days: each measure per day, and its mean."""
    found = [_metrics(scored(history, cut)) for cut in sorted({cut_after(records, share) for share in _OTHER_SHARES})]
    names = [name for name, value in found[0].items() if isinstance(value, float)]
    return {name: {"mean": fmean(float(str(one[name])) for one in found), "each": [one[name] for one in found]} for name in names}
