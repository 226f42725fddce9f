"""How good forecasts are: in the backtest, and how those of the past came out."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from assets.finops.logic.report import content, wording
from assets.finops.logic.report.content import Block, Cell, Fold, Table
from assets.finops.logic.report.data import ReportData
from assets.finops.logic.report.sources import Rows, Source

TOP = 30
_MEASURES = ("Days forecast", "MASE", "sMAPE", "Skill over last week's", "Inside 80 %", "Inside 95 %")
_NO_BACKTEST = Cell("not enough history", "muted")


def blocks(data: ReportData) -> list[Block]:
    """The backtest of the newest issue, and what became of earlier ones."""
    return [_backtest(data.forecast_quality), _came_out(data.verification)]


def _backtest(quality: pl.DataFrame) -> Block:
    heading = "How good such forecasts were in the past"
    if quality.is_empty():
        return Block(heading, ("Not measured yet: materialize finops/cost_forecasts.",))
    totals = quality.filter(pl.col("level") != "series").sort("BillingCurrency", "level", "ProviderName", nulls_last=True)
    order = ("recent_cost", "BillingCurrency", "ProviderName", "ServiceName", "RegionId", "SubAccountId")
    series = quality.filter(pl.col("level") == "series").sort(order, descending=[True, *[False] * 5], nulls_last=True)
    more = f"The first {TOP} of {wording.count(series.height)} by recent cost." if series.height > TOP else ""
    cells = [[Cell(_name(row)), Cell(row["BillingCurrency"]), *_measures(row)] for row in totals.iter_rows(named=True)]
    dear = [
        [content.text(wording.place(row)), Cell(row["BillingCurrency"]), *_measures(row)]
        for row in series.head(TOP).iter_rows(named=True)
    ]
    return Block(
        heading,
        (
            "From days in the past, the forecast was made with what was known then and set against what came. MASE and skill set "
            "its error beside that of repeating the week before: MASE below 1 and skill above 0 are better than that.",
        ),
        tables=(
            Table(
                "Backtest of totals", ("Total", "Currency", *_MEASURES), cells,
                Rows(Source.FORECAST_QUALITY, "level <> 'series'"),
            ),
        ),
        folds=(
            Fold(
                "Backtest per series",
                tables=(
                    Table(
                        "Backtest per series", ("Series", "Currency", *_MEASURES), dear,
                        Rows(Source.FORECAST_QUALITY, "level = 'series'"), note=more, scroll=True,
                    ),
                ),
            ),
        ),
    )  # fmt: skip


def _name(row: Mapping[str, Any]) -> str:
    return "all clouds" if row["level"] == "currency" else row["ProviderName"] or "unknown cloud"


def _measures(row: Mapping[str, Any]) -> list[Cell]:
    if not row["points"]:
        return [_NO_BACKTEST, *[Cell("–", "muted", numeric=True)] * (len(_MEASURES) - 1)]
    skill = row["skill"]
    return [
        content.plain(wording.count(row["points"])),
        content.plain(wording.decimal(row["mase"])),
        content.plain(f"{wording.decimal(row['smape'], 1)} %" if row["smape"] is not None else wording.UNKNOWN),
        content.plain(wording.decimal(skill), "" if skill is None else "good" if skill > 0 else "bad"),
        content.plain(wording.ratio(row["coverage_80"])),
        content.plain(wording.ratio(row["coverage_95"])),
    ]


def _came_out(verification: pl.DataFrame) -> Block:
    heading = "How past forecasts came out"
    passed = verification.filter(pl.col("passed") > 0)
    if passed.is_empty():
        return Block(heading, ("No day that was forecast is settled yet: nothing can be said.",))
    order = ("origin", "BillingCurrency", "level", "horizon")
    rows = [
        [
            Cell(wording.day(row["origin"])),
            Cell(row["BillingCurrency"]),
            Cell(row["level"]),
            Cell(row["horizon"]),
            content.plain(f"{wording.count(row['passed'])} of {wording.count(row['forecasts'])}"),
            content.money(row["forecast"]),
            content.money(row["actual"]),
            content.plain(wording.ratio(row["wape"])),
            content.plain(wording.ratio(row["coverage_80"])),
            content.plain(wording.ratio(row["coverage_95"])),
        ]
        for row in passed.sort(order, descending=[True, False, False, False]).head(TOP).iter_rows(named=True)
    ]
    columns = (
        "Issue of", "Currency", "Level", "Days ahead", "Settled", "Forecast", "Actual", "Error of cost", "Inside 80 %",
        "Inside 95 %",
    )  # fmt: skip
    source = Rows(Source.FORECAST_VERIFICATION, "passed > 0")
    more = f"The newest {TOP} of {wording.count(passed.height)}." if passed.height > TOP else ""
    return Block(heading, tables=(Table("Forecasts against what came", columns, rows, source, note=more, scroll=True),))
