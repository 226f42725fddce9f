"""The section on recommendations: what could be saved, where each proposal stands, and what the bills show of those done."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from assets.finops.logic.report import content, wording
from assets.finops.logic.report.content import Block, Card, Cell, Fold, Section, Table, Tone
from assets.finops.logic.report.data import ReportData
from assets.finops.logic.report.sources import Rows, Source, both, equal

LISTED = 60
EXPLAINED = 20
AHEAD = ("open", "accepted")
CLOSED = ("realised", "dismissed", "expired")
_RESULTS: Mapping[str, Tone] = {"verified": "good", "reverse": "bad", "not visible": "warn", "not enough days": "muted"}
_COLUMNS = ("Id", "Recommendation", "Category", "State", "Saving per 30 days", "Effort", "Risk", "What to do")


def section(data: ReportData, currencies: Sequence[str]) -> Section:
    """The whole section."""
    named = [*currencies, *sorted(set(data.recommendations["BillingCurrency"]) - set(currencies))]
    blocks = [_block(data.recommendations.filter(pl.col("BillingCurrency") == c), data.recommendations, c) for c in named]
    return Section(
        anchor="recommendations",
        heading="Recommendations",
        remarks=(
            "By the low end of what could be saved; those whose saving cannot be known come last, with the reason. Say what "
            "becomes of one with cloudops decide ID accepted, done or dismissed.",
        ),
        blocks=(*blocks, _realised(data)),
    )


def by_saving(recommendations: pl.DataFrame) -> pl.DataFrame:
    """Those of the largest sure saving first, unknown savings last."""
    order = ("savings_low", "savings_high", "rank", "recommendation_id")
    return recommendations.sort(order, descending=[True, True, False, False], nulls_last=True)


def _block(mine: pl.DataFrame, every: pl.DataFrame, currency: str) -> Block:
    heading = f"Recommendations in {currency}"
    if mine.is_empty():
        return Block(heading, ("There is none.",))
    live = by_saving(mine.filter(~pl.col("state").is_in(CLOSED)))
    closed = by_saving(mine.filter(pl.col("state").is_in(CLOSED)))
    titles = dict(every.select("recommendation_id", "title").iter_rows())
    open_rows = _rows(currency, f"state not in {CLOSED}")
    folds = [_explained(row) for row in live.head(EXPLAINED).iter_rows(named=True)]
    if closed.height:
        caption = "Realised, dismissed and expired"
        folds.append(Fold(caption, tables=(_table(caption, closed, titles, _rows(currency, f"state in {CLOSED}")),)))
    return Block(
        heading,
        cards=_cards(live, currency),
        tables=(_table("Recommendations by saving", live, titles, open_rows),),
        folds=folds,
    )


def _rows(currency: str, *conditions: str) -> Rows:
    return Rows(Source.RECOMMENDATIONS, both(equal(BillingCurrency=currency), *conditions))


def _cards(live: pl.DataFrame, currency: str) -> list[Card]:
    """What all together save at least.

    What is done saves already and what is not found any more saves nothing; what overlaps is counted once, what is unknown is not
    in it.
    """
    ahead = live.filter(pl.col("state").is_in(AHEAD) & pl.col("proposed"))
    counted = ahead.filter(pl.col("overlaps_with").is_null() & pl.col("savings_low").is_not_null())
    unknown = ahead.filter(pl.col("savings_low").is_null()).height
    states = live.group_by("state").len().sort("len", "state", descending=[True, False]).rows()
    condition = (f"state in {AHEAD}", "proposed", "overlaps_with is null", "savings_low is not null")
    said = [f"{wording.count(unknown)} of unknown saving not in it"] if unknown else []
    overlapping = ahead.filter(pl.col("overlaps_with").is_not_null()).height
    said += [f"{wording.count(overlapping)} overlapping not added"] if overlapping else []
    low, high = (Decimal(counted[name].sum() or 0) for name in ("savings_low", "savings_high"))
    value = f"{wording.interval(low, high)} {currency}" if counted.height else wording.UNKNOWN
    listed = ", ".join(f"{wording.count(n)} {state}" for state, n in states)
    return [
        Card("Saving per 30 days", value, _rows(currency, *condition), "; ".join(said), "good" if low > 0 else ""),
        Card("To decide or to do", wording.count(live.height), _rows(currency, f"state not in {CLOSED}"), listed),
    ]


def _table(caption: str, rows: pl.DataFrame, titles: Mapping[str, str], source: Rows) -> Table:
    cells = [_row(row, titles) for row in rows.head(LISTED).iter_rows(named=True)]
    more = f"The first {LISTED} of {wording.count(rows.height)}." if rows.height > LISTED else ""
    return Table(caption, _COLUMNS, cells, source, empty="There is none.", note=more, scroll=True)


def _row(row: Mapping[str, Any], titles: Mapping[str, str]) -> list[Cell]:
    since = f"since {wording.day(row['state_since'])}, by {row['state_by']}: {row['note']}"
    gone = "" if row["proposed"] else ", not found any more"
    return [
        content.code(row["recommendation_id"]),
        Cell(row["title"]),
        Cell(f"{row['category']}: {row['kind']}"),
        Cell(row["state"] + gone, "muted" if gone else "", since),
        _saving(row, titles),
        Cell(row["effort"]),
        Cell(row["risk"]),
        Cell(row["action"]),
    ]


def _saving(row: Mapping[str, Any], titles: Mapping[str, str]) -> Cell:
    if row["savings_low"] is None:
        return Cell(f"{wording.UNKNOWN}: {row['savings_unknown_because'] or 'no reason given'}", "warn")
    said = wording.interval(row["savings_low"], row["savings_high"])
    other = row["overlaps_with"]
    if other is None:
        return Cell(said, title=f"from {wording.exact(row['savings_low'])}")
    return Cell(f"{said}, overlaps with {other}: not to be added", "warn", titles.get(other, ""))


def _explained(row: Mapping[str, Any]) -> Fold:
    """A recommendation with every figure that it rests on."""
    cells = [
        [
            Cell(point["figure"] or ""),
            content.plain(point["value"] or wording.UNKNOWN),
            Cell(point["source"] or ""),
            Cell(point["rows"] or ""),
        ]
        for point in row["datapoints"]
    ]
    source = Rows(Source.RECOMMENDATION_DATAPOINTS, equal(recommendation_id=row["recommendation_id"]))
    table = Table("What it rests on", ("Figure", "Value", "From", "Rows"), cells, source, empty="No figure is given.")
    remarks = (f"Do: {row['action']}", f"Risk: {row['risk']}")
    return Fold(f"{row['title']} ({row['recommendation_id']})", remarks, None, (table,))


def _realised(data: ReportData) -> Block:
    heading = "What was saved"
    titled = data.savings.join(
        data.recommendations.select("recommendation_id", "title", "state"), on="recommendation_id", how="left"
    )
    order = ("BillingCurrency", "saving_to_date", "recommendation_id")
    rows = [_saved(row) for row in titled.sort(order, descending=[False, True, False], nulls_last=True).iter_rows(named=True)]
    columns = (
        "Id", "Recommendation", "State", "Currency", "Result", "Expected per day", "Actual per day", "Saving per day",
        "95 % interval", "Saved so far", "Days after", "What limits it",
    )  # fmt: skip
    table = Table(
        "Savings that the bills show", columns, rows, Rows(Source.REALISED_SAVINGS),
        empty="Nothing was accepted or done yet, so nothing is measured.", scroll=True,
    )  # fmt: skip
    return Block(heading, tables=(table,), folds=(Fold("Every step of every recommendation", tables=(_steps(data.events),)),))


def _saved(row: Mapping[str, Any]) -> list[Cell]:
    return [
        content.code(row["recommendation_id"]),
        content.text(row["title"]),
        content.text(row["state"]),
        Cell(row["BillingCurrency"]),
        Cell(row["result"], _RESULTS.get(row["result"], "")),
        content.money(row["expected_per_day"]),
        content.money(row["actual_per_day"]),
        content.money(row["saving_per_day"]),
        content.plain(wording.interval(row["saving_per_day_low"], row["saving_per_day_high"])),
        Cell("–", "muted", "not visible in the bills", numeric=True)
        if row["saving_to_date"] is None
        else content.money(row["saving_to_date"]),
        content.number(row["days_after"]),
        Cell(row["reason"] or "", "muted"),
    ]


def _steps(events: pl.DataFrame) -> Table:
    newest = events.sort("at", "recommendation_id", descending=[True, False], maintain_order=True)
    cells = [
        [
            Cell(wording.day(row["at"])),
            content.code(row["recommendation_id"]),
            Cell(f"{row['from_state']} → {row['to_state']}" if row["from_state"] else row["to_state"]),
            Cell("applied" if row["applied"] else "not possible in that state", "" if row["applied"] else "warn"),
            Cell(row["by"]),
            Cell(row["note"]),
        ]
        for row in newest.head(LISTED).iter_rows(named=True)
    ]
    more = f"The newest {LISTED} of {wording.count(events.height)}." if events.height > LISTED else ""
    columns = ("Day", "Id", "State", "Applied", "By", "Note")
    return Table("Steps, the newest first", columns, cells, Rows(Source.RECOMMENDATION_EVENTS), note=more, scroll=True)
