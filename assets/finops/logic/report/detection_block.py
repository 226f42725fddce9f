"""How well anomalies are found: known ones were put into the company's own costs and looked for."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from assets.finops.logic.report import content, wording
from assets.finops.logic.report.content import Block, Card, Cell, Fold, Table
from assets.finops.logic.report.sources import Rows, Source, equal

OWN_METHOD = "walk-forward"
_MEASURED = "measured"
_COLUMNS = (
    "Method", "Found of known anomalies", "Recall", "95 % interval", "Precision", "Median days to detect",
    "Alerts that name a culprit", "Own anomalies per 100 series and month",
)  # fmt: skip
_HEADING = "How well anomalies are detected"


def block(detection: pl.DataFrame) -> Block:
    """What was measured, per method and per type of anomaly."""
    if detection.is_empty():
        return Block(_HEADING, ("Not measured yet: materialize finops/detection_quality.",))
    overall = detection.filter(pl.col("type") == "all").sort(pl.col("method") != OWN_METHOD, "method")
    rows = [_row(row) for row in overall.iter_rows(named=True)]
    when = wording.day(detection["measured_at"].max())  # type: ignore[arg-type]
    remark = f"Known anomalies were put into the company's own costs and looked for, last on {when}."
    source = Rows(Source.DETECTION_QUALITY, equal(type="all"))
    own = overall.filter(pl.col("method") == OWN_METHOD)
    return Block(
        _HEADING,
        (remark,),
        cards=_cards(own.row(0, named=True)) if own.height else (),
        tables=(Table("Detection per method", _COLUMNS, rows, source),),
        folds=(Fold("Recall per type of anomaly", tables=(_types(detection),)),),
    )


def _cards(row: Mapping[str, Any]) -> list[Card]:
    source = Rows(Source.DETECTION_QUALITY, equal(method=OWN_METHOD, type="all"))
    if row["status"] != _MEASURED:
        return [Card("Recall", row["status"], source, "too few known anomalies found room", "muted")]
    found = f"{_interval(row)}; {wording.count(row['detected'])} of {wording.count(row['events'])} found"
    days = wording.decimal(row["median_days_to_detect"], 1)
    return [
        Card("Recall", wording.ratio(row["recall"]), source, found),
        Card("Precision", wording.ratio(row["precision"]), source, "of the episodes that the known anomalies caused"),
        Card("Median days to detect", days, source, "of those found"),
    ]


def _row(row: Mapping[str, Any]) -> list[Cell]:
    if row["status"] != _MEASURED:
        unsaid = Cell(row["status"], "muted")
        return [Cell(row["method"]), unsaid, *[Cell("–", "muted", numeric=True)] * (len(_COLUMNS) - 2)]
    return [
        Cell(row["method"]),
        Cell(f"{wording.count(row['detected'])} of {wording.count(row['events'])}"),
        content.plain(wording.ratio(row["recall"])),
        content.plain(_interval(row)),
        content.plain(wording.ratio(row["precision"])),
        content.plain(wording.decimal(row["median_days_to_detect"], 1)),
        content.plain(wording.ratio(row["culprit_share"])),
        content.plain(wording.decimal(row["own_per_100_series_months"], 1)),
    ]


def _types(detection: pl.DataFrame) -> Table:
    single = detection.filter(pl.col("type") != "all").sort(pl.col("method") != OWN_METHOD, "method", "type")
    rows = [
        [
            Cell(row["method"]),
            Cell(row["type"].replace("_", " ")),
            Cell(f"{wording.count(row['detected'])} of {wording.count(row['events'])}"),
            content.plain(wording.ratio(row["recall"]) if row["status"] == _MEASURED else row["status"]),
            content.plain(_interval(row)),
        ]
        for row in single.iter_rows(named=True)
    ]
    columns = ("Method", "Type", "Found of known anomalies", "Recall", "95 % interval")
    return Table("Recall per type of anomaly", columns, rows, Rows(Source.DETECTION_QUALITY, "type <> 'all'"), scroll=True)


def _interval(row: Mapping[str, Any]) -> str:
    low, high = row["recall_low"], row["recall_high"]
    return wording.UNKNOWN if low is None or high is None else f"{wording.ratio(low)} – {wording.ratio(high)}"
