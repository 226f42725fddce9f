"""The section on anomalies: what was expected and what it came to, who is behind it, and how far detection can be trusted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from assets.finops.logic.report import anomaly_charts, content, detection_block, wording
from assets.finops.logic.report.content import Block, Card, Cell, Figure, Fold, Section, Table, Tone
from assets.finops.logic.report.data import ReportData
from assets.finops.logic.report.figures import CurrencyFigures
from assets.finops.logic.report.sources import Rows, Source, both, equal

LISTED = 60
CHARTS = 12
CULPRITS = 3
PRICE_STEP = "price step"
_NO_ANOMALY = f"kind <> '{PRICE_STEP}'"
_COLUMNS = (
    "Id", "Kind", "Days", "State", "Cloud", "Where", "Expected", "Actual", "Impact", "Per day", "Confidence", "Verdict", "Alert",
    "Resources that moved most: expected → actual",
)  # fmt: skip


def section(data: ReportData, figures: Sequence[CurrencyFigures], colours: Mapping[str, str]) -> Section:
    """The whole section."""
    blocks = [_Anomalies(data, of_one, colours).block() for of_one in figures]
    return Section(
        anchor="anomalies",
        heading="Anomalies",
        remarks=(
            "What was expected is what the series' own past let expect, judged on each day with the days up to it alone. Say "
            "whether an anomaly was one with cloudops feedback ID true, false or expected.",
        ),
        blocks=(*blocks, _price_steps(data.episodes), detection_block.block(data.detection)),
    )


@dataclass(frozen=True, slots=True)
class _Anomalies:
    """Builds the block of one currency."""

    data: ReportData
    figures: CurrencyFigures
    colours: Mapping[str, str]

    def block(self) -> Block:
        currency = self.figures.currency
        found = ranked(self.data.episodes.filter(pl.col("BillingCurrency") == currency))
        if found.is_empty():
            return Block(f"Anomalies in {currency}", (f"No anomalies found in {self._judged()}.",))
        shown = f" The first {LISTED} are listed." if found.height > LISTED else ""
        rows = [self._row(row) for row in found.head(LISTED).iter_rows(named=True)]
        table = Table("Anomalies, open ones first, by size of impact", _COLUMNS, rows, self._rows(), scroll=True)
        return Block(
            f"Anomalies in {currency}",
            (f"{wording.count(found.height, 'anomaly', 'anomalies')} found in {self._judged()}.{shown}",),
            tables=(table,),
            cards=self._cards(found),
            folds=[self._fold(row) for row in found.head(CHARTS).iter_rows(named=True)],
        )

    def _judged(self) -> str:
        least = self.data.minimum_history_days
        series, young = self.figures.series_with_short_history(least)
        judged = f"{wording.count(self.figures.period.days, 'day')} of {wording.count(series, 'series', 'series')}"
        few = wording.count(least, "day")
        return f"{judged}; too little history to judge (fewer than {few}): {wording.count(young)} of these series"

    def _rows(self, *conditions: str) -> Rows:
        return Rows(Source.ANOMALY_EPISODES, both(equal(BillingCurrency=self.figures.currency), _NO_ANOMALY, *conditions))

    def _cards(self, found: pl.DataFrame) -> list[Card]:
        lasting = found.filter(pl.col("state") == "open")
        stake = f"{wording.amount(Decimal(lasting['at_stake_per_day'].sum() or 0))} {self.figures.currency} a day at stake"
        alerted = found["alerted_on"].count()
        judged = found["verdict"].count()
        opened: Tone = "bad" if lasting.height else "good"
        return [
            Card("Open", wording.count(lasting.height), self._rows("state = 'open'"), stake if lasting.height else "", opened),
            Card("Over, or a new level", wording.count(found.height - lasting.height), self._rows("state <> 'open'")),
            Card("Alerts", wording.count(alerted), self._rows("alerted_on is not null"), "within the weekly budget"),
            Card("Verdicts", wording.count(judged), self._rows("verdict is not null"), "of people, or following from theirs"),
        ]

    def _row(self, row: Mapping[str, Any]) -> list[Cell]:
        provider = row["ProviderName"]
        return [
            content.code(row["episode_id"]),
            Cell(row["kind"]),
            Cell(wording.span(row["first_day"], row["last_day"]), title=f"noticed on {wording.day(row['alarm_day'])}"),
            Cell(row["state"], "bad" if row["state"] == "open" else ""),
            Cell(provider or wording.UNKNOWN, colour=self.colours.get(provider or "", "")),
            content.text(wording.place(row)),
            content.money(row["expected"]),
            content.money(row["actual"]),
            content.moved(row["impact"]),
            content.moved(row["impact_per_day"]),
            _confidence(row),
            content.text(row["verdict"], "none")
            if not row["verdict"]
            else Cell(row["verdict"], title=row["verdict_reason"] or ""),
            Cell(wording.day(row["alerted_on"])) if row["alerted_on"] else Cell("none", "muted"),
            _culprits(row["culprits"]),
        ]

    def _fold(self, row: Mapping[str, Any]) -> Fold:
        """One anomaly in full: its chart, its days and the resources behind it."""
        currency, place = self.figures.currency, wording.place(row)
        when = wording.span(row["first_day"], row["last_day"])
        said = [row["verdict_reason"]] if row["verdict_reason"] else []
        spec, source = anomaly_charts.chart(row, self.data.daily, self.data.anomalies)
        figure = Figure(f"Cost of {place} in {currency} around {when}: actual, and expected on the anomalous days", spec, source)
        impact = wording.change(row["impact"])
        return Fold(
            f"{row['kind']}, {when}: {place}, {impact} {currency} ({row['episode_id']})",
            said,
            figure,
            (self._days(row["episode_id"]), _culprits_table(row)),
        )

    def _days(self, episode: str) -> Table:
        days = self.data.anomalies.filter(pl.col("episode_id") == episode).sort("x_charge_date")
        rows = [
            [Cell(wording.day(day)), content.money(expected), content.money(actual), content.moved(impact)]
            for day, expected, actual, impact in days.select("x_charge_date", "expected", "actual", "impact").iter_rows()
        ]
        source = Rows(Source.ANOMALY_DAYS, equal(episode_id=episode))
        return Table("Anomalous days", ("Day", "Expected", "Actual", "Impact"), rows, source, empty="No day is listed.")


def ranked(episodes: pl.DataFrame) -> pl.DataFrame:
    """Anomalies, the open ones first, by size of their impact; price steps are none."""
    return episodes.filter(pl.col("kind") != PRICE_STEP).sort(
        pl.col("state") == "open", pl.col("impact").abs(), "episode_id", descending=[True, True, False]
    )


def _confidence(row: Mapping[str, Any]) -> Cell:
    low = row["confidence"] == "low"
    behind = f"score {wording.decimal(row['score'], 1)}, {wording.count(row['history_days'], 'day')} of history"
    return Cell(row["confidence"], "warn" if low else "", behind)


def _culprits(culprits: Sequence[Mapping[str, Any]]) -> Cell:
    if not culprits:
        return Cell("none told", "muted")
    said = [
        f"{wording.short(culprit['ResourceId'] or wording.UNKNOWN, 32)}: "
        f"{wording.amount(culprit['expected'])} → {wording.amount(culprit['actual'])}"
        for culprit in culprits
    ]
    more = f"; and {len(said) - CULPRITS} more" if len(said) > CULPRITS else ""
    return Cell(
        "; ".join(said[:CULPRITS]) + more, title="\n".join(culprit["ResourceId"] or wording.UNKNOWN for culprit in culprits)
    )


def _culprits_table(row: Mapping[str, Any]) -> Table:
    rows = [
        [
            content.text(culprit["ResourceId"]),
            content.money(culprit["expected"]),
            content.money(culprit["actual"]),
            content.moved(_difference(culprit["actual"], culprit["expected"])),
        ]
        for culprit in row["culprits"]
    ]
    source = Rows(Source.ANOMALY_CULPRITS, equal(episode_id=row["episode_id"]))
    columns = ("Resource", "Expected", "Actual", "Moved")
    return Table("Resources that moved", columns, rows, source, empty="No resource stands out: the series moved as a whole.")


def _difference(actual: Decimal | None, expected: Decimal | None) -> Decimal | None:
    return None if actual is None or expected is None else actual - expected


def _price_steps(episodes: pl.DataFrame) -> Block:
    steps = episodes.filter(pl.col("kind") == PRICE_STEP).sort("first_day", "episode_id", descending=[True, False])
    rows = [
        [
            Cell(wording.day(row["first_day"])),
            content.text(row["ProviderName"]),
            content.text(wording.place(row)),
            Cell(row["BillingCurrency"]),
            content.moved(row["impact_per_day"]),
        ]
        for row in steps.iter_rows(named=True)
    ]
    table = Table(
        "Price steps", ("Day", "Cloud", "Where", "Currency", "Change per day"), rows,
        Rows(Source.ANOMALY_EPISODES, equal(kind=PRICE_STEP)), empty="No price step was seen.", scroll=True,
    )  # fmt: skip
    return Block("Price steps", ("All resources of a series moved by one factor: a price, no anomaly.",), tables=(table,))
