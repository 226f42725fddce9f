"""The first section: what changed since the last report."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl

from assets.finops.logic.report import content, snapshot, wording
from assets.finops.logic.report.changes import CHANGED, GONE, NEW, Changes
from assets.finops.logic.report.content import Block, Card, Cell, Fold, Section, Table
from assets.finops.logic.report.sources import Rows, Source, both, equal

ANCHOR, HEADING = "changes", "Since the last report"
LISTED = 40
_CHANGED_DAYS = "what <> 'new' and figure = 'cost'"
_ENDED = "figure = 'state' and text_before = 'open' and text_now <> 'open'"
_Row = Mapping[str, Any]


def section(changes: Changes) -> Section:
    """The whole section."""
    if changes.since is None:
        first = (
            f"The last report cannot be compared with: {changes.lost}."
            if changes.lost
            else "First report: nothing to compare with."
        )
        return Section(ANCHOR, HEADING, remarks=(first,))
    rows = changes.rows
    blocks = (_costs(rows), _anomalies(rows), _forecasts(rows), _recommendations(rows), _savings(rows), _quarantine(rows))
    compared = f"Compared with the report of {_moment(changes.since)}."
    if rows.is_empty():
        return Section(ANCHOR, HEADING, remarks=(f"{compared} No figure changed.",))
    return Section(ANCHOR, HEADING, (compared,), _cards(rows), [block for block in blocks if block])


def _moment(at: datetime) -> str:
    return f"{wording.day(at)}, {at:%H:%M} UTC"


def _cards(rows: pl.DataFrame) -> list[Card]:
    of = {name: rows.filter(pl.col("subject") == name) for name in rows["subject"].unique()}
    empty = rows.clear()
    costs = of.get(snapshot.COST, empty).filter(pl.col("figure") == "cost")
    found = of.get(snapshot.ANOMALY, empty)
    proposals = of.get(snapshot.RECOMMENDATION, empty)
    waiting = of.get(snapshot.QUARANTINE, empty)
    ended = found.filter(_ended())
    counted = (
        ("New days", costs.filter(_is(NEW)).n_unique("day"), snapshot.COST, both("what = 'new'", "figure = 'cost'"), ""),
        ("Days whose cost changed", costs.filter(~_is(NEW)).n_unique("day"), snapshot.COST, _CHANGED_DAYS, "warn"),
        ("New anomalies", found.filter(_is(NEW)).n_unique("id"), snapshot.ANOMALY, "what = 'new'", "bad"),
        ("Anomalies ended", ended.n_unique("id"), snapshot.ANOMALY, _ENDED, "good"),
        ("New recommendations", proposals.filter(_is(NEW)).n_unique("id"), snapshot.RECOMMENDATION, "what = 'new'", ""),
        ("Files with new quarantined records", waiting.filter(_more_now()).height, snapshot.QUARANTINE, "", "bad"),
    )
    return [
        Card(label, wording.count(number), _rows(subject, where), "", tone if number else "")  # type: ignore[arg-type]
        for label, number, subject, where, tone in counted
    ]


def _is(what: str) -> pl.Expr:
    return pl.col("what") == what


def _ended() -> pl.Expr:
    return (pl.col("figure") == "state") & (pl.col("text_before") == "open") & (pl.col("text_now") != "open")


def _more_now() -> pl.Expr:
    return pl.col("amount_now").fill_null(0) > pl.col("amount_before").fill_null(0)


def _rows(subject: str, *conditions: str) -> Rows:
    return Rows(Source.CHANGES, both(equal(subject=subject), *conditions))


def _table(
    caption: str, columns: tuple[str, ...], rows: pl.DataFrame, cells: Callable[[_Row], list[Cell]], source: Rows
) -> Table:
    more = f"The first {LISTED} of {wording.count(rows.height)}." if rows.height > LISTED else ""
    shown = [cells(row) for row in rows.head(LISTED).iter_rows(named=True)]
    return Table(caption, columns, shown, source, empty="Nothing changed.", note=more, scroll=True)


def _largest_first(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort(pl.col("change").abs(), "id", descending=[True, False], nulls_last=True)


def _costs(rows: pl.DataFrame) -> Block | None:
    """New days, and days whose cost is another one now: late or corrected bills."""
    mine = rows.filter(pl.col("subject") == snapshot.COST)
    if mine.is_empty():
        return None
    days = mine.filter(pl.col("figure") == "cost")
    measures = mine.filter((pl.col("figure") == "measure") & _is(CHANGED)).select("currency", "text_before", "text_now")
    remarks = [
        f"{c} is shown as {now} instead of {before}: its days are not compared." for c, before, now in measures.iter_rows()
    ]
    corrected = _largest_first(days.filter(~_is(NEW)))
    columns = ("Cloud", "Currency", "New days", "Cost of new days", "Days changed", "Change of their cost", "Days gone")
    totals = days.group_by("name", "currency").agg(
        *(_is(what).sum().alias(what) for what in (NEW, CHANGED, GONE)),
        _known(pl.col("amount_now").filter(_is(NEW))).alias("arrived"),
        _known(pl.col("change").filter(_is(CHANGED))).alias("moved"),
    )
    summed = totals.sort("currency", "name")
    fold = Fold(
        "Days whose cost changed, the largest change first",
        tables=(
            _table(
                "Days whose cost changed", ("Day", "Cloud", "Currency", "Before", "Now", "Change"), corrected, _corrected,
                _rows(snapshot.COST, _CHANGED_DAYS),
            ),
        ),
    )  # fmt: skip
    table = _table("Costs that changed", columns, summed, _cost_row, _rows(snapshot.COST, "figure = 'cost'"))
    return Block("Costs", remarks, tables=(table,), folds=(fold,) if corrected.height else ())


def _known(amounts: pl.Expr) -> pl.Expr:
    return pl.when(amounts.null_count() == 0).then(amounts.sum())


def _cost_row(row: _Row) -> list[Cell]:
    return [
        content.text(row["name"]),
        Cell(row["currency"]),
        content.number(row[NEW]),
        content.money(row["arrived"], row[NEW]),
        content.number(row[CHANGED]),
        content.moved(row["moved"]) if row[CHANGED] else Cell("–", "muted", numeric=True),
        content.number(row[GONE]),
    ]


def _corrected(row: _Row) -> list[Cell]:
    now = Cell("no cost any more", "warn", numeric=True) if row["what"] == GONE else content.money(row["amount_now"])
    return [
        Cell(wording.day(row["day"])),
        content.text(row["name"]),
        Cell(row["currency"]),
        content.money(row["amount_before"]),
        now,
        content.moved(row["change"]) if row["what"] == CHANGED else content.moved(_minus(row["amount_before"])),
    ]


def _minus(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else -amount


def _anomalies(rows: pl.DataFrame) -> Block | None:
    mine = rows.filter(pl.col("subject") == snapshot.ANOMALY)
    if mine.is_empty():
        return None
    one = mine.group_by("id").agg(
        pl.col("what", "name", "currency", "day").first(),
        *(_pair(figure, "text") for figure in ("state", "verdict", "alerted_on")),
        _pair("impact", "amount"),
    )
    told = one.unnest("state", "verdict", "alerted_on", "impact")
    order = pl.col("what").replace_strict({NEW: 0, CHANGED: 1, GONE: 2}, return_dtype=pl.Int64)
    ranked = told.sort(
        order, pl.coalesce("impact_now", "impact_before").abs(), "id", descending=[False, True, False], nulls_last=True
    )
    columns = ("Id", "What", "Anomaly", "Since", "Currency", "Impact before", "Impact now")
    return Block("Anomalies", tables=(_table("Anomalies that changed", columns, ranked, _anomaly, _rows(snapshot.ANOMALY)),))


def _pair(figure: str, kind: str) -> pl.Expr:
    """Both values of one figure, as a struct of `…_before` and `…_now` and whether it changed."""
    mine = pl.col("figure") == figure
    return pl.struct(
        pl.col(f"{kind}_before").filter(mine).first().alias(f"{figure}_before"),
        pl.col(f"{kind}_now").filter(mine).first().alias(f"{figure}_now"),
        mine.any().alias(f"{figure}_told"),
    ).alias(figure)


def _anomaly(row: _Row) -> list[Cell]:
    impact = (row["impact_before"], row["impact_now"]) if row["impact_told"] else (None, None)
    unchanged = Cell("as before", "muted", numeric=True)
    return [
        content.code(row["id"]),
        Cell(_happened(row), "bad" if row["what"] == NEW else ""),
        content.text(row["name"]),
        Cell(wording.day(row["day"])),
        Cell(row["currency"]),
        Cell("–", "muted", numeric=True) if row["what"] == NEW else content.moved(impact[0]) if row["impact_told"] else unchanged,
        Cell("–", "muted", numeric=True)
        if row["what"] == GONE
        else content.moved(impact[1])
        if row["impact_told"]
        else unchanged,
    ]


def _happened(row: _Row) -> str:
    """What became of an anomaly, in words."""
    if row["what"] == GONE:
        return "not found any more: the bills were corrected"
    said = ["new"] if row["what"] == NEW else []
    if row["what"] == CHANGED and row["state_told"]:
        said.append("ended" if row["state_now"] == "over" else row["state_now"])
    before, now = row["impact_before"], row["impact_now"]
    if row["what"] == CHANGED and before is not None and now is not None and before != now:
        said.append("grew" if abs(now) > abs(before) else "shrank")
    if row["verdict_told"] and row["verdict_now"] != row["verdict_before"]:
        said.append(f"verdict: {row['verdict_now'] or 'withdrawn'}")
    if row["alerted_on_told"] and row["alerted_on_now"] and not row["alerted_on_before"]:
        said.append("alert")
    return ", ".join(said) or "changed"


def _forecasts(rows: pl.DataFrame) -> Block | None:
    mine = rows.filter(pl.col("subject") == snapshot.FORECAST).sort("currency", "day", "name")
    if mine.is_empty():
        return None
    columns = ("Month", "Cloud", "Currency", "Expected before", "Expected now", "Change", "Change %")
    return Block(
        "Forecasts",
        ("What a month comes to: its settled days as paid, the others as expected.",),
        tables=(_table("Months whose expected total changed", columns, mine, _forecast, _rows(snapshot.FORECAST)),),
    )


def _forecast(row: _Row) -> list[Cell]:
    dash = Cell("–", "muted", "not told by that report", numeric=True)
    change = row["change"]
    return [
        Cell(f"{row['day']:%Y-%m}"),
        content.text(row["name"]),
        Cell(row["currency"]),
        dash if row["what"] == NEW else content.money(row["amount_before"]),
        dash if row["what"] == GONE else content.money(row["amount_now"]),
        dash if change is None else content.moved(change),
        dash if change is None else content.plain(wording.percent_change(change, row["amount_before"])),
    ]


def _recommendations(rows: pl.DataFrame) -> Block | None:
    mine = rows.filter(pl.col("subject") == snapshot.RECOMMENDATION)
    if mine.is_empty():
        return None
    one = mine.group_by("id").agg(pl.col("what", "name", "currency").first(), _pair("state", "text"), _pair("saving", "amount"))
    ranked = one.unnest("state", "saving").sort("what", "saving_now", "id", descending=[True, True, False], nulls_last=True)
    columns = ("Id", "What", "Recommendation", "Currency", "Saving before", "Saving now")
    table = _table("Recommendations that changed", columns, ranked, _recommendation, _rows(snapshot.RECOMMENDATION))
    return Block("Recommendations", tables=(table,))


def _recommendation(row: _Row) -> list[Cell]:
    moved = row["state_told"] and row["what"] == CHANGED
    said = f"{row['state_before']} → {row['state_now']}" if moved else "saving changed" if row["what"] == CHANGED else row["what"]
    savings = [
        Cell("as before", "muted", numeric=True) if not row["saving_told"] else content.money(row[name])
        for name in ("saving_before", "saving_now")
    ]
    dash = Cell("–", "muted", numeric=True)
    return [
        content.code(row["id"]),
        Cell(said),
        content.text(row["name"]),
        Cell(row["currency"]),
        dash if row["what"] == NEW else savings[0],
        dash if row["what"] == GONE else savings[1],
    ]


def _savings(rows: pl.DataFrame) -> Block | None:
    mine = rows.filter(pl.col("subject") == snapshot.SAVING)
    if mine.is_empty():
        return None
    one = mine.group_by("id").agg(pl.col("name", "currency").first(), _pair("result", "text"), _pair("saved so far", "amount"))
    columns = ("Id", "Recommendation", "Currency", "Result", "Saved before", "Saved now")
    ranked = one.unnest("result", "saved so far").sort("currency", "id")
    return Block("Realised savings", tables=(_table("Savings that changed", columns, ranked, _saving, _rows(snapshot.SAVING)),))


def _saving(row: _Row) -> list[Cell]:
    before, now = row["result_before"], row["result_now"]
    result = f"{before} → {now}" if before and now else now or before or "as before"
    amounts = [row["saved so far_before"], row["saved so far_now"]]
    dash, unchanged = Cell("–", "muted", numeric=True), Cell("as before", "muted", numeric=True)
    return [
        content.code(row["id"]),
        content.text(row["name"]),
        Cell(row["currency"]),
        Cell(result, "good" if now == "verified" else ""),
        *(
            [dash if amount is None else content.money(amount) for amount in amounts]
            if row["saved so far_told"]
            else [unchanged] * 2
        ),
    ]


def _quarantine(rows: pl.DataFrame) -> Block | None:
    mine = rows.filter(pl.col("subject") == snapshot.QUARANTINE)
    if mine.is_empty():
        return None
    columns = ("File", "Records before", "Records now")
    return Block("Quarantine", tables=(_table("Quarantined records", columns, mine, _waiting, _rows(snapshot.QUARANTINE)),))


def _waiting(row: _Row) -> list[Cell]:
    return [
        content.text(row["name"]),
        content.number(int(row["amount_before"] or 0)),
        content.number(int(row["amount_now"] or 0)),
    ]
