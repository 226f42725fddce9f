"""The section of one currency: its totals, trend, services and places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from assets.finops.logic.report import charts, content, wording
from assets.finops.logic.report.content import Block, Card, Cell, Figure, Fold, Section, Table
from assets.finops.logic.report.figures import NO_CURRENCY, NO_PROVIDER, WINDOW_DAYS, CurrencyFigures
from assets.finops.logic.report.sources import Rows, Source, between, both, equal

TOP = 15
MOVERS = 15
CARDS = 4

_STATUS = {"new": "new", "vanished": "vanished", "no history": "no earlier data", "both": ""}
_NO_HISTORY = Cell("not enough history", "muted", numeric=True)


@dataclass(frozen=True, slots=True)
class CostSection:
    """Builds the section of one currency.

    Attributes:
        figures: The money.
        anomalies: `finops/cost_anomalies` of this currency.
        colours: Colour per cloud, for the whole report.
        preliminary: First and last day of each file whose numbers are preliminary.
    """

    figures: CurrencyFigures
    anomalies: pl.DataFrame
    colours: Mapping[str, str]
    preliminary: Sequence[tuple[date, date]]

    def section(self, anchor: str) -> Section:
        """The whole section."""
        return Section(
            anchor=anchor,
            heading=f"Cost in {self.figures.currency}",
            remarks=self._basis(),
            cards=self._cards(),
            blocks=(
                self._totals(),
                self._trend(),
                self._services(),
                self._movers(),
                self._comparable(),
                self._accounts(),
                self._places(),
            ),
        )

    def _rows(self, *conditions: str) -> Rows:
        """Daily costs of this currency for which the conditions hold."""
        code = None if self.figures.currency == NO_CURRENCY else self.figures.currency
        return Rows(Source.DAILY_COSTS, both(equal(BillingCurrency=code), *conditions))

    @property
    def _recent(self) -> Rows:
        """The days that recent figures are of, and those that they are compared with."""
        figures = self.figures
        return self._rows(between("x_charge_date", (figures.previous or figures.current).first, figures.current.last))

    @property
    def _windows(self) -> str:
        return wording.span(self.figures.current.first, self.figures.current.last)

    def _basis(self) -> list[str]:
        figures = self.figures
        why = (
            "which every line states"
            if figures.measure == "EffectiveCost"
            else "because EffectiveCost is not known for every line"
        )
        said = [f"Amounts are {figures.measure}, {why}, in {figures.currency}; currencies are never added up."]
        if figures.previous:
            before = wording.span(figures.previous.first, figures.previous.last)
            said.append(f"“Last {WINDOW_DAYS} days” are {self._windows}, compared with {before}.")
        else:
            said.append(
                f"Recent figures are of {self._windows}. Not enough history to compare: it takes {2 * WINDOW_DAYS} days, "
                f"the data spans {wording.count(figures.period.days, 'day')}."
            )
        if figures.current.last < figures.period.last:
            said.append("Later days are left out of this: they are not over, or the data of a cloud is late.")
        if figures.days_missing:
            missing = wording.count(figures.days_missing, "day")
            said.append(f"{missing} of these have no charge line at all: check that no file is missing.")
        return said

    def _cards(self) -> list[Card]:
        figures = self.figures
        total = figures.total.row(0, named=True)
        period = wording.span(figures.period.first, figures.period.last)
        clouds = figures.providers.head(CARDS).iter_rows(named=True)
        return [
            self._money_card("Total", total, period, self._rows()),
            *(
                self._money_card(
                    row["provider"], row, f"{wording.share(row['cost'], total['cost'])} of the total", self._of(row["provider"])
                )
                for row in clouds
            ),
            self._change_card(),
        ]

    def _of(self, provider: str) -> Rows:
        return self._rows(equal(ProviderName=None if provider == NO_PROVIDER else provider))

    def _money_card(self, label: str, row: Mapping[str, Any], detail: str, source: Rows) -> Card:
        if row["cost"] is None:
            return Card(label, wording.UNKNOWN, source, "no line tells its cost", "warn")
        missing = f"without {wording.count(row['unknown'], 'line')} of unknown cost" if row["unknown"] else ""
        value = f"{wording.amount(row['cost'])} {self.figures.currency}"
        return Card(label, value, source, missing or detail, "warn" if missing else "")

    def _change_card(self) -> Card:
        label = f"Change, last {WINDOW_DAYS} days"
        change, before = self._total_change()
        if before is None:
            return Card(label, "not enough history", self._recent, "", "muted")
        tone: content.Tone = "warn" if change is None else "up" if change > 0 else "down" if change < 0 else ""
        detail = f"{wording.change(change)} {self.figures.currency}"
        return Card(label, wording.percent_change(change, before), self._recent, detail, tone)

    def _total_change(self) -> tuple[Decimal | None, Decimal | None]:
        """Change and amount before; the latter is None if some cloud's data does not reach back."""
        clouds = self.figures.compared("provider")
        if clouds.is_empty() or (clouds["status"] == "no history").any():
            return None, None
        before = _sum(clouds["cost_before"])
        unsure = clouds["change"].null_count() > 0
        return (None if unsure else _sum(clouds["change"])), before

    def _totals(self) -> Block:
        rows = [self._cloud_row(row) for row in self.figures.providers.iter_rows(named=True)]
        share = _share_heading(self.figures.total)
        columns = ("Cloud", "Days with data", "Whole period", share, "Lines", *self._compared_columns())
        return Block("Totals per cloud", tables=(Table("Totals per cloud", columns, rows, self._rows()),))

    def _cloud_row(self, row: Mapping[str, Any]) -> list[Cell]:
        total = self.figures.total["cost"].item()
        recent = self._series("provider").filter(pl.col("provider") == row["provider"])
        return [
            self._cloud(row["provider"]),
            Cell(wording.span(row["first"], row["last"])),
            content.money(row["cost"], row["lines"], row["unknown"]),
            Cell(wording.share(row["cost"], total), numeric=True),
            content.number(row["lines"]),
            *(
                self._compared_cells(recent.row(0, named=True))
                if recent.height
                else [content.money(None, 0)] * len(self._compared_columns())
            ),
        ]

    def _trend(self) -> Block:
        figures = self.figures
        remarks = []
        if not self.anomalies.is_empty():
            remarks.append("Triangles mark days with anomalies; they are listed under Anomalies.")
        if self.preliminary:
            spans = sorted(set(self.preliminary))
            named = ", ".join(wording.span(*days) for days in spans[:3]) + (", …" if len(spans) > 3 else "")
            remarks.append(f"Preliminary numbers, that the provider may still change: {named}.")
        clouds = sorted(figures.providers["provider"])
        daily = _wide(figures.daily().reverse(), "day", clouds)
        months = _wide(figures.monthly().reverse(), "month", clouds)
        return Block(
            "Daily cost",
            remarks,
            self._trend_figure(),
            tables=(
                Table(
                    "Per month",
                    ("Month", *clouds, "All clouds"),
                    [self._month_row(m, c) for m, c in months.items()],
                    self._rows(),
                    scroll=True,
                ),
            ),
            folds=(Fold("Per day", tables=(self._days_table(daily, clouds),)),),
        )

    def _days_table(self, daily: dict[Any, list[Cell]], clouds: list[str]) -> Table:
        rows = [[Cell(wording.day(d)), *cells] for d, cells in daily.items()]
        return Table("Cost per day", ("Day", *clouds, "All clouds"), rows, self._rows(), scroll=True)

    def _trend_figure(self) -> Figure | None:
        figures = self.figures
        if figures.total["cost"].item() is None:
            return None
        period = wording.span(figures.period.first, figures.period.last)
        drawn = charts.trend(figures, self.anomalies, self.colours)
        return Figure(f"Daily cost in {figures.currency} per cloud, {period}", drawn, self._rows())

    def _ranking(self, what: str, rows: pl.DataFrame, label: str) -> Figure | None:
        if rows.select("cost", label).drop_nulls().is_empty():
            return None
        drawn = charts.ranking(rows, label, self.figures, self.colours)
        return Figure(f"{what} in {self.figures.currency}, {self._windows}", drawn, self._recent)

    def _month_row(self, month: str, cells: list[Cell]) -> list[Cell]:
        first, last = self.figures.period.first, self.figures.period.last
        name = month
        if month == f"{first:%Y-%m}" and first.day > 1:
            name += f", from {wording.day(first)}"
        if month == f"{last:%Y-%m}" and (last + timedelta(days=1)).day > 1:
            name += f", to {wording.day(last)}"
        if any(f"{start:%Y-%m}" <= month <= f"{end:%Y-%m}" for start, end in self.preliminary):
            return [Cell(f"{name} (preliminary)", "warn"), *cells]
        return [Cell(name), *cells]

    def _services(self) -> Block:
        figures = self.figures
        recent = figures.recent("provider", "service")
        table = self._ranked(self._series("provider", "service"), "service", "Service", "Dearest services")
        return Block(
            f"Top services, {self._windows}",
            figure=self._ranking("Dearest services", charts.services_labelled(recent), "label"),
            tables=(table,),
        )

    def _movers(self) -> Block:
        heading = "What moved most"
        if self.figures.previous is None:
            return Block(heading, (f"Not enough history: {2 * WINDOW_DAYS} days are needed.",))
        all_services = self.figures.compared("provider", "service")
        moved = all_services.filter(pl.col("change").is_null() | (pl.col("change") != 0))
        rows = [
            [content.text(row["service"]), self._cloud(row["provider"]), *self._compared_cells(row)]
            for row in moved.filter(pl.col("status") != "no history").head(MOVERS).iter_rows(named=True)
        ]
        columns = ("Service", "Cloud", *self._compared_columns())
        table = Table("Services by size of change", columns, rows, self._recent, empty="No service's cost changed.")
        remarks = [
            _named(all_services, status, f"{label} in the last {WINDOW_DAYS} days")
            for status, label in (("new", "New"), ("vanished", "Vanished"))
        ]
        late = sorted(set(all_services.filter(pl.col("status") == "no history")["provider"]))
        if late:
            remarks.append(f"Not enough history to compare, so left out: {', '.join(late)}.")
        return Block(heading, remarks, tables=(table,))

    def _comparable(self) -> Block:
        figures = self.figures
        recent = figures.recent("comparable", "provider")
        clouds = sorted(figures.providers["provider"])
        wide = _wide(recent.sort("comparable", nulls_last=True), "comparable", clouds)
        rank = (
            recent.group_by("comparable")
            .agg(pl.col("cost").sum())
            .sort("cost", "comparable", descending=[True, False], nulls_last=True)
        )
        rows = [[content.text(name, "not mapped"), *wide[name]] for name in rank["comparable"]]
        return Block(
            f"The same service across clouds, {self._windows}",
            ("Services are put under provider-neutral names, so that like is set beside like.",),
            self._ranking("Cost per comparable service and cloud", recent, "comparable"),
            tables=(
                Table("Comparable services", ("Comparable service", *clouds, "All clouds"), rows, self._recent, scroll=True),
            ),
        )

    def _accounts(self) -> Block:
        compared = self._series("provider", "account_id", "account")
        table = self._ranked(compared, "account", "Sub-account", "Dearest sub-accounts", "none")
        return Block(f"Top sub-accounts, {self._windows}", tables=(table,))

    def _places(self) -> Block:
        figures = self.figures
        places = figures.recent("geography", "provider").with_columns(pl.col("geography").fill_null("no place, or not mapped"))
        regions = self._series("provider", "geography", "region")
        return Block(
            f"Where the money is spent, {self._windows}",
            figure=self._ranking("Cost per geography and cloud", places, "geography"),
            tables=(self._ranked(regions, "region", "Region", "Dearest regions", "none", "geography"),),
        )

    def _series(self, *keys: str) -> pl.DataFrame:
        """Recent cost per `keys`, with the comparison if there is one."""
        return self.figures.compared(*keys) if self.figures.previous else self.figures.recent(*keys)

    def _ranked(
        self, rows: pl.DataFrame, name: str, heading: str, caption: str, missing: str = wording.UNKNOWN,
        beside: str | None = None,
    ) -> Table:  # fmt: skip
        """The dearest `TOP` rows and one line for the rest, with their share of the window's cost."""
        present = rows.filter(pl.col("lines") > 0).sort(
            "cost", "provider", name, descending=[True, False, False], nulls_last=True
        )
        whole = _sum(present["cost"])
        body = []
        for row in present.head(TOP).iter_rows(named=True):
            place = [content.text(row[beside], "not mapped")] if beside else []
            share = Cell(wording.share(row["cost"], whole), numeric=True)
            named = [content.text(row[name], missing), *place, self._cloud(row["provider"])]
            cells = self._compared_cells(row)
            body.append([*named, cells[0], share, *cells[1:]])
        columns = self._compared_columns()
        places = (beside.capitalize(),) if beside else ()
        heads = (heading, *places, "Cloud", columns[0], _share_heading(present), *columns[1:])
        rest = present.slice(TOP)
        return Table(caption, heads, body, self._recent, empty="No charge lines.", note=self._rest(rest, whole))

    def _rest(self, rest: pl.DataFrame, whole: Decimal) -> str:
        if rest.is_empty():
            return ""
        cost, unknown = _sum(rest["cost"]), int(rest["unknown"].sum())
        unsure = f", and {wording.count(unknown, 'line')} of unknown cost" if unknown else ""
        money = f"{wording.amount(cost)} {self.figures.currency}"
        return f"{wording.count(rest.height)} others together: {money}, {wording.share(cost, whole)}{unsure}."

    def _compared_columns(self) -> tuple[str, ...]:
        days = self.figures.current.days
        recent = f"Last {days} days" if days > 1 else "Last day"
        return (recent, f"{WINDOW_DAYS} days before", "Change", "Change %", "") if self.figures.previous else (recent,)

    def _compared_cells(self, row: Mapping[str, Any]) -> list[Cell]:
        now = content.money(row["cost"], row["lines"], row["unknown"])
        if "status" not in row:
            return [now]
        before = content.money(row["cost_before"], row["lines_before"], row["unknown_before"])
        status = Cell(_STATUS[row["status"]], "muted")
        if row["status"] == "no history":
            return [now, before, _NO_HISTORY, _NO_HISTORY, status]
        percent = Cell(wording.percent_change(row["change"], row["cost_before"]), numeric=True)
        return [now, before, content.moved(row["change"]), percent, status]

    def _cloud(self, provider: str | None) -> Cell:
        return Cell(provider or wording.UNKNOWN, colour=self.colours.get(provider or "", ""))


def _wide(frame: pl.DataFrame, key: str, clouds: list[str]) -> dict[Any, list[Cell]]:
    """Long rows (key, provider, cost, lines, unknown) as a list of cells per key: one per cloud, then all together."""
    table: dict[Any, list[Cell]] = {}
    for (value,), group in frame.group_by([key], maintain_order=True):
        cells = [content.money(None, 0)] * len(clouds)
        for row in group.iter_rows(named=True):
            cells[clouds.index(row["provider"])] = content.money(row["cost"], row["lines"], row["unknown"])
        known = group["cost"].null_count() < group.height
        together = content.money(_sum(group["cost"]) if known else None, int(group["lines"].sum()), int(group["unknown"].sum()))
        table[value] = [*cells, together]
    return table


def _share_heading(rows: pl.DataFrame) -> str:
    return "Share of known cost" if rows["unknown"].sum() else "Share"


def _named(services: pl.DataFrame, status: str, label: str) -> str:
    """Names of the services of a status, the largest change first."""
    names = [row["service"] or wording.UNKNOWN for row in services.iter_rows(named=True) if row["status"] == status]
    listed = ", ".join(wording.short(name) for name in names[:MOVERS]) or "none"
    return f"{label}: {listed}{f' and {len(names) - MOVERS} more' if len(names) > MOVERS else ''}."


def _sum(amounts: pl.Series) -> Decimal:
    """Exact sum of what is known; Python's own sum would round to 28 digits."""
    return Decimal(amounts.drop_nulls().sum() or 0)
