"""The section on forecasts: what the next days will cost, between which bounds, and how good such forecasts are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from assets.finops.logic.report import content, forecast_quality_block, forecast_totals, wording
from assets.finops.logic.report.anomaly_charts import actual
from assets.finops.logic.report.content import Block, Card, Cell, Figure, Fold, Section, Table, Tone
from assets.finops.logic.report.data import ReportData
from assets.finops.logic.report.lines import BAND_80, BAND_95, FORECAST, Band, Line, OverTime
from assets.finops.logic.report.sources import Rows, Source, both, equal

TOP = 20
DAYS_BEFORE = 60
ALL_CLOUDS = "all clouds"
_TONES: Mapping[str, Tone] = {"ok": "good", "intermittent": "warn", "ended": "muted"}


def section(data: ReportData, currencies: Sequence[str]) -> Section:
    """The whole section."""
    months = forecast_totals.months(data.forecasts, data.daily)
    blocks = [_Forecast(data, currency, months).block() for currency in currencies]
    return Section(
        anchor="forecast",
        heading="Forecast",
        remarks=(
            "EffectiveCost is forecast (BilledCost where that is unknown). Of 100 days, 80 are expected inside the bounds of "
            "80 %, 95 inside those of 95 %. Bounds of the whole time are those that such sums had in the backtest; those of a "
            "month are the bounds of its days added up, and wider than need be: errors of days even out in part.",
        ),
        blocks=(*blocks, *forecast_quality_block.blocks(data)),
    )


@dataclass(frozen=True, slots=True)
class _Forecast:
    """Builds the block of one currency."""

    data: ReportData
    currency: str
    months: pl.DataFrame

    def block(self) -> Block:
        rows = self.data.forecasts.filter(pl.col("BillingCurrency") == self.currency)
        totals = forecast_totals.totals(rows, self._quality)
        if totals.is_empty():
            return Block(f"Forecast in {self.currency}", ("There is no forecast yet: materialize finops/cost_forecasts.",))
        whole = totals.filter(pl.col("level") == "currency").row(0, named=True)
        clouds = totals.filter(pl.col("level") == "provider")
        folds = [self._cloud_fold(rows, row) for row in clouds.iter_rows(named=True)] if clouds.height > 1 else []
        return Block(
            f"Forecast in {self.currency}, {wording.span(whole['from'], whole['to'])}",
            self._remarks(rows, whole),
            self._figure(rows, whole),
            (self._totals(totals), self._months()),
            [*folds, Fold("Dearest series", tables=(self._series(rows),)), Fold("Models", tables=(self._models(rows),))],
            self._cards(whole),
        )

    @property
    def _quality(self) -> pl.DataFrame:
        return self.data.forecast_quality.filter(pl.col("BillingCurrency") == self.currency)

    def _remarks(self, rows: pl.DataFrame, whole: Mapping[str, Any]) -> list[str]:
        issue = f"Made with the days up to {wording.day(whole['last_day_used'])}."
        if whole["point"] is not None:
            return [issue]
        statuses = rows.filter(pl.col("level") == "series")["status"].unique().sort()
        return [issue, f"The total cannot be told: too much of the money has no forecast ({', '.join(statuses)})."]

    def _rows(self, **values: str | None) -> Rows:
        return Rows(Source.FORECASTS, equal(BillingCurrency=self.currency, **values))

    def _cards(self, whole: Mapping[str, Any]) -> list[Card]:
        days = (whole["to"] - whole["from"]).days + 1
        left_out, source = whole["share_without_forecast"], self._rows(level="currency")
        return [
            self._sum_card(f"Next {wording.count(days, 'day')}", whole, source),
            *self._month_cards(whole["from"].replace(day=1)),
            Card(
                "Recent money without forecast",
                wording.ratio(left_out),
                source,
                "left out of the total",
                "warn" if left_out else "",
            ),
            self._status_card(),
        ]

    def _month_cards(self, month: date) -> list[Card]:
        mine = self.months.filter((pl.col("BillingCurrency") == self.currency) & (pl.col("level") == "currency"))
        source = Rows(Source.FORECAST_MONTHS, both(equal(BillingCurrency=self.currency, level="currency"), f"month = '{month}'"))
        cards = []
        for row in mine.filter(pl.col("month") == month).iter_rows(named=True):
            sums = {name.removeprefix("total_"): value for name, value in row.items()}
            cards.append(self._sum_card(f"{month:%B %Y}, paid and expected", sums, source, "total"))
        return cards

    def _sum_card(self, label: str, row: Mapping[str, Any], source: Rows, field: str = "point") -> Card:
        if row[field] is None:
            return Card(label, wording.UNKNOWN, source, "not every day can be told", "warn")
        bounds = f"80 %: {wording.interval(row['lower_80'], row['upper_80'])}"
        return Card(label, f"{wording.amount(row[field])} {self.currency}", source, bounds)

    def _status_card(self) -> Card:
        series = self._quality.filter(pl.col("level") == "series")
        counts = series.group_by("status").len().sort("len", "status", descending=[True, False]).rows()
        told = series.filter(pl.col("status").is_in(list(_TONES))).height
        source = Rows(Source.FORECAST_QUALITY, equal(BillingCurrency=self.currency, level="series"))
        detail = ", ".join(f"{wording.count(number)} {status}" for status, number in counts)
        parts = [(status, number, _TONES.get(status, "bad")) for status, number in counts]
        return Card(
            "Series with a forecast", f"{wording.count(told)} of {wording.count(series.height)}", source, detail, "", parts
        )

    def _figure(self, rows: pl.DataFrame, total: Mapping[str, Any]) -> Figure | None:
        """What was paid and what is expected of one total; None if there is no forecast of it."""
        provider, level = total["ProviderName"], total["level"]
        mine = rows.filter((pl.col("level") == level) & pl.col("ProviderName").eq_missing(pl.lit(provider, pl.String)))
        ahead = mine.filter(pl.col("point").is_not_null()).sort("x_charge_date")
        if ahead.is_empty():
            return None
        last = total["last_day_used"] or total["from"] - timedelta(days=1)
        costs = self.data.daily.filter(
            (pl.col("BillingCurrency") == self.currency)
            & pl.col("x_charge_date").is_between(last - timedelta(days=DAYS_BEFORE), last)
            & (pl.col("ProviderName").eq_missing(pl.lit(provider, pl.String)) if level == "provider" else pl.lit(value=True))
        )
        drawn = OverTime(
            f"Cost per day in {self.currency}",
            lines=(
                Line("Paid", "#5d7f99", actual(costs)),
                Line("Expected", FORECAST, ahead.select("x_charge_date", "point").rows(), dashed=True),
            ),
            bands=(
                Band("95 % of outcomes", BAND_95, ahead.select("x_charge_date", "lower_95", "upper_95").rows()),
                Band("80 % of outcomes", BAND_80, ahead.select("x_charge_date", "lower_80", "upper_80").rows()),
            ),
        )
        name = _cloud(provider) if level == "provider" else ALL_CLOUDS
        said = f"Daily cost of {name} in {self.currency}: paid, and expected with bounds of 80 and 95 %"
        return Figure(said, drawn.spec(), self._rows(level=level, ProviderName=provider))

    def _cloud_fold(self, rows: pl.DataFrame, total: Mapping[str, Any]) -> Fold:
        days = rows.filter(
            (pl.col("level") == "provider") & pl.col("ProviderName").eq_missing(pl.lit(total["ProviderName"], pl.String))
        )
        cells = [
            [
                Cell(wording.day(row["x_charge_date"])),
                content.money(row["point"]),
                content.plain(wording.interval(row["lower_80"], row["upper_80"])),
                content.plain(wording.interval(row["lower_95"], row["upper_95"])),
            ]
            for row in days.sort("x_charge_date").iter_rows(named=True)
        ]
        name = _cloud(total["ProviderName"])
        source = self._rows(level="provider", ProviderName=total["ProviderName"])
        columns = ("Day", "Expected", "80 %", "95 %")
        return Fold(
            name, (), self._figure(rows, total), (Table(f"Forecast of {name} per day", columns, cells, source, scroll=True),)
        )

    def _totals(self, totals: pl.DataFrame) -> Table:
        cells = [
            [
                Cell(ALL_CLOUDS if row["level"] == "currency" else _cloud(row["ProviderName"])),
                Cell(wording.span(row["from"], row["to"])),
                content.money(row["point"]),
                content.plain(wording.interval(row["lower_80"], row["upper_80"])),
                content.plain(wording.interval(row["lower_95"], row["upper_95"])),
                Cell(row["status"]),
                content.plain(wording.ratio(row["share_without_forecast"])),
                Cell(wording.day(row["last_day_used"])),
            ]
            for row in totals.iter_rows(named=True)
        ]
        columns = ("Cloud", "Days", "Expected", "80 %", "95 %", "Status", "Recent money without forecast", "Made with days up to")
        return Table(
            "Expected cost per cloud",
            columns,
            cells,
            Rows(Source.FORECASTS, both(equal(BillingCurrency=self.currency), "level <> 'series'")),
        )

    def _months(self) -> Table:
        mine = self.months.filter(pl.col("BillingCurrency") == self.currency).sort(
            "month", "level", "ProviderName", descending=[False, True, False], nulls_last=True
        )
        cells = [
            [
                Cell(f"{row['month']:%Y-%m}"),
                Cell(ALL_CLOUDS if row["level"] == "currency" else _cloud(row["ProviderName"])),
                content.money(row["paid"]),
                content.money(row["expected"]),
                _month_total(row),
                content.plain(wording.interval(row["total_lower_80"], row["total_upper_80"])),
                content.plain(wording.interval(row["total_lower_95"], row["total_upper_95"])),
            ]
            for row in mine.iter_rows(named=True)
        ]
        columns = ("Month", "Cloud", "Settled days", "Expected of the others", "Month", "80 %", "95 %")
        source = Rows(Source.FORECAST_MONTHS, equal(BillingCurrency=self.currency))
        missing = max(mine["days_missing"].to_list(), default=0)
        lacking = f"Unknown months lack up to {wording.count(missing, 'day')} of forecast; a longer horizon_days tells more."
        note = lacking if missing else ""
        return Table("Expected cost per month", columns, cells, source, empty="No month can be told.", scroll=True, note=note)

    def _series(self, rows: pl.DataFrame) -> Table:
        whole = pl.when(pl.col("point").null_count() == 0).then(pl.col("point").sum()).alias("point")
        bounds = [pl.when(pl.col(b).null_count() == 0).then(pl.col(b).sum()).alias(b) for b in forecast_totals.BOUNDS]
        keys = ["ProviderName", "SubAccountId", "ServiceName", "RegionId"]
        of_series = rows.filter(pl.col("level") == "series").group_by(keys)
        summed = of_series.agg(whole, *bounds, pl.col("model", "status").first())
        told = forecast_totals.with_bounds_of_sums(summed, self._quality.filter(pl.col("level") == "series"), keys)
        top = told.sort("point", *keys, descending=[True, *[False] * len(keys)], nulls_last=True)
        cells = [
            [
                content.text(wording.place(row)),
                Cell(_cloud(row["ProviderName"])),
                content.money(row["point"]),
                content.plain(wording.interval(row["lower_80"], row["upper_80"])),
                content.text(row["model"], "none"),
                Cell(row["status"]),
            ]
            for row in top.head(TOP).iter_rows(named=True)
        ]
        more = f"The first {TOP} of {wording.count(top.height, 'series', 'series')}." if top.height > TOP else ""
        columns = ("Series", "Cloud", "Expected", "80 %", "Model", "Status")
        return Table("Dearest series", columns, cells, self._rows(level="series"), note=more)

    def _models(self, rows: pl.DataFrame) -> Table:
        of_series = rows.filter(pl.col("level") == "series")
        keys = ["ProviderName", "SubAccountId", "ServiceName", "RegionId"]
        whole = pl.when(pl.col("point").null_count() == 0).then(pl.col("point").sum()).alias("point")
        used = of_series.group_by("model", "status").agg(pl.struct(keys).n_unique().alias("series"), whole)
        cells = [
            [content.text(model, "none"), Cell(status), content.number(series), content.money(point)]
            for model, status, series, point in used.sort(
                "point", "status", "model", descending=[True, False, False], nulls_last=True
            ).iter_rows()
        ]
        columns = ("Model", "Status", "Series", "Expected")
        return Table("Models that the backtest chose", columns, cells, self._rows(level="series"), scroll=True)


def _cloud(provider: str | None) -> str:
    return provider or "unknown cloud"


def _month_total(row: Mapping[str, Any]) -> Cell:
    if row["total"] is None:
        missing = wording.count(row["days_missing"], "day")
        return Cell(wording.UNKNOWN, "warn", f"{missing} neither settled nor forecast, or of unknown cost", numeric=True)
    return content.money(row["total"])
