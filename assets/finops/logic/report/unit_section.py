"""The section on unit economics: what a unit of business costs, how that moves, and what made it stand out."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from assets.finops.logic.report import content, wording
from assets.finops.logic.report.content import Block, Card, Cell, Figure, Fold, Section, Table, Tone
from assets.finops.logic.report.lines import ANOMALOUS, EXPECTED, Line, Marks, OverTime
from assets.finops.logic.report.sources import Rows, Source, both, equal

PERIODS = 400
DAYS_DRAWN = 180
_KEYS = ("metric", "period", "BillingCurrency", "ProviderName", "SubAccountId", "ServiceName")


def section(units: pl.DataFrame) -> Section:
    """The whole section."""
    series = units.sort(*_KEYS, "period_start", nulls_last=True).partition_by(*_KEYS, maintain_order=True)
    none = "No business metric is supplied: put finops/business_metrics.csv among the inputs to see what a unit costs."
    said = "Cost is EffectiveCost (BilledCost where that is unknown); currencies are never converted."
    return Section(
        anchor="unit-economics",
        heading="Unit economics",
        remarks=(said,) if series else (none,),
        blocks=[_Metric(rows).block() for rows in series],
    )


class _Metric:
    """Builds the block of one metric in one scope and currency."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self._rows = rows
        self._first = rows.row(0, named=True)
        self._known = rows.filter(pl.col("status") == "known")

    def block(self) -> Block:
        heading, table = self._heading(), self._periods()
        if self._known.is_empty():
            remarks = [f"Cost per unit: {wording.UNKNOWN}.", *self._reasons()]
            return Block(heading, remarks, folds=(Fold("Every period", tables=(table,)),))
        return Block(
            heading,
            self._reasons(),
            self._figure(),
            (self._anomalies(),) if self._first["period"] == "day" else (),
            (Fold("Every period", tables=(table,)),),
            self._cards(),
        )

    def _heading(self) -> str:
        first = self._first
        unit = f"{first['metric']} ({first['metric_currency']})" if first["kind"] == "revenue" else first["metric"]
        scope = [first[name] for name in ("ProviderName", "SubAccountId", "ServiceName") if first[name]]
        return f"Cost per unit of {unit} in {first['BillingCurrency']}, per {first['period']}: {' · '.join(scope) or 'all costs'}"

    def _source(self, *conditions: str) -> Rows:
        return Rows(Source.UNIT_ECONOMICS, both(equal(**{name: self._first[name] for name in _KEYS}), *conditions))

    def _reasons(self) -> list[str]:
        """Why some periods are not known."""
        unsaid = self._rows.filter(pl.col("status") != "known").group_by("status", "reason").len()
        period = self._first["period"]
        return [
            f"{status}: {wording.count(number, period)} ({reason or 'no reason given'})."
            for status, reason, number in unsaid.sort("status", "reason").iter_rows()
        ]

    def _cards(self) -> list[Card]:
        newest = self._known.row(-1, named=True)
        when = _period(newest)
        trend = newest["trend_percent"]
        tone: Tone = "muted" if trend is None else ""
        bounds = f"90 %: {wording.percent(newest['trend_low_percent'])} to {wording.percent(newest['trend_high_percent'])}"
        cards = [
            Card(f"Cost per unit, {when}", self._unit(newest), self._source("status = 'known'"), _percent_of_revenue(newest)),
            Card(
                "Trend per 30 days", "not enough history" if trend is None else wording.percent(trend), self._source(),
                "" if trend is None else bounds, tone,
            ),
        ]  # fmt: skip
        if newest["trailing_cost_per_unit"] is not None:
            known = wording.count(newest["trailing_days"], "known day")
            value = f"{wording.rate(newest['trailing_cost_per_unit'])} {newest['BillingCurrency']}"
            cards.insert(1, Card("Over the last 28 days", value, self._source(), f"sum of costs / sum of units; {known}"))
        return cards

    def _unit(self, row: Mapping[str, Any]) -> str:
        return f"{wording.rate(row['cost_per_unit'])} {row['BillingCurrency']}"

    def _figure(self) -> Figure:
        rows = self._rows.tail(DAYS_DRAWN)
        lines = [Line("Cost per unit", "#5d7f99", rows.select("period_start", "cost_per_unit").rows())]
        if rows["trailing_cost_per_unit"].count():
            lines.append(
                Line("Over 28 days", EXPECTED, rows.select("period_start", "trailing_cost_per_unit").rows(), dashed=True)
            )
        found = rows.filter(pl.col("anomaly")).select("period_start", "cost_per_unit").rows()
        title = f"{self._first['BillingCurrency']} per unit"
        drawn = OverTime(title, lines, marks=(Marks("Anomaly", ANOMALOUS, found),))
        return Figure(self._heading(), drawn.spec(), self._source())

    def _anomalies(self) -> Table:
        found = self._rows.filter(pl.col("anomaly")).sort("period_start", descending=True)
        cells = [
            [
                Cell(_period(row)),
                content.plain(wording.rate(row["expected_cost_per_unit"])),
                content.plain(wording.rate(row["cost_per_unit"])),
                content.plain(wording.decimal(row["score"], 1)),
                content.text(row["driver"]),
            ]
            for row in found.iter_rows(named=True)
        ]
        return Table(
            "Days that stand out", ("Day", "Expected per unit", "Actual per unit", "Score", "What moved"), cells,
            self._source("anomaly"), empty="No day stands out of its past.", scroll=True,
        )  # fmt: skip

    def _periods(self) -> Table:
        newest = self._rows.reverse().head(PERIODS)
        cells = [
            [
                Cell(_period(row)),
                content.money(row["cost"]),
                content.plain(wording.exact(row["metric_value"])),
                content.plain(wording.rate(row["cost_per_unit"])),
                Cell(row["status"], "" if row["status"] == "known" else "warn"),
                Cell(row["reason"] or "", "muted"),
            ]
            for row in newest.iter_rows(named=True)
        ]
        more = f"The newest {PERIODS} of {wording.count(self._rows.height)}." if self._rows.height > PERIODS else ""
        columns = (self._first["period"].capitalize(), "Cost", "Units", "Cost per unit", "Status", "Why not known")
        return Table("Every period", columns, cells, self._source(), note=more, scroll=True)


def _period(row: Mapping[str, Any]) -> str:
    return wording.day(row["period_start"]) if row["period"] == "day" else f"{row['period_start']:%Y-%m}"


def _percent_of_revenue(row: Mapping[str, Any]) -> str:
    share = row["cost_percent_of_revenue"]
    return "" if share is None else f"{wording.amount(share)} % of revenue"
