"""The section on efficiency: what resources do with their money, which are worth a look, and which prices changed."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from assets.finops.logic.report import content, wording
from assets.finops.logic.report.content import Block, Cell, Fold, Section, Table, Tone
from assets.finops.logic.report.sources import Rows, Source, both, equal

LISTED = 40
_TONES: Mapping[str, Tone] = {"idle": "warn", "growing": "up", "shrinking": "down", "unknown": "muted", "ended": "muted"}


def section(efficiency: pl.DataFrame, currencies: Sequence[str]) -> Section:
    """The whole section."""
    if efficiency.is_empty():
        said = "Not judged yet: materialize finops/resource_efficiency."
        return Section("efficiency", "Efficiency", remarks=(said,))
    days = wording.span(efficiency["as_of"].min(), efficiency["as_of"].max())  # type: ignore[arg-type]
    return Section(
        anchor="efficiency",
        heading="Efficiency",
        remarks=(f"Resources charged in the 91 days up to {days}. Idle and oversized are only said with evidence of use.",),
        blocks=[_block(efficiency.filter(pl.col("BillingCurrency") == c), c) for c in currencies],
    )


def _block(mine: pl.DataFrame, currency: str) -> Block:
    heading = f"Resources in {currency}"
    if mine.is_empty():
        return Block(heading, ("No resource is named in the bills.",))
    folds = (Fold("Movers: growing and shrinking resources", tables=(_movers(mine, currency),)),)
    return Block(heading, tables=(_states(mine, currency), _candidates(mine, currency), _prices(mine, currency)), folds=folds)


def _rows(currency: str, *conditions: str) -> Rows:
    return Rows(Source.RESOURCE_EFFICIENCY, both(equal(BillingCurrency=currency), *conditions))


def _states(mine: pl.DataFrame, currency: str) -> Table:
    cost = pl.col("cost_30d")
    known = pl.when(cost.is_not_null().any()).then(cost.sum()).alias("cost")
    counted = mine.group_by("state").agg(pl.len(), known, unknown=cost.null_count())
    cells = [
        [
            Cell(row["state"], _TONES.get(row["state"], "")),
            content.number(row["len"]),
            content.money(row["cost"]),
            content.number(row["unknown"]),
        ]
        for row in counted.sort("len", "state", descending=[True, False]).iter_rows(named=True)
    ]
    columns = ("State", "Resources", "Known cost of 30 days", "Of unknown cost")
    return Table("Resources by state", columns, cells, _rows(currency))


def _candidates(mine: pl.DataFrame, currency: str) -> Table:
    found = mine.filter(pl.col("candidates").list.len() > 0).sort(
        "cost_30d", "ResourceId", descending=[True, False], nulls_last=True
    )
    cells = [
        [
            *_named(row),
            Cell(", ".join(name.replace("_", " ") for name in row["candidates"])),
            content.money(row["cost_30d"]),
            Cell(row["evidence"] or "none given"),
        ]
        for row in found.head(LISTED).iter_rows(named=True)
    ]
    columns = ("Resource", "Where", "Worth a look for", "Cost of 30 days", "Evidence")
    return Table(
        "Worth a look", columns, cells, _rows(currency, "candidates <> '[]'"),
        empty="Nothing is worth a look, by the evidence at hand.", scroll=True, note=_more(found),
    )  # fmt: skip


def _prices(mine: pl.DataFrame, currency: str) -> Table:
    """Changed prices, those of most money first (floats only rank)."""
    change, cost = pl.col("unit_price_change_percent"), pl.col("cost_30d").cast(pl.Float64)
    moved = mine.filter(change.is_not_null() & (change != 0))
    found = moved.sort(
        (cost * change / (100 + change)).abs().fill_nan(0), "ResourceId", descending=[True, False], nulls_last=True
    )
    cells = [
        [
            *_named(row),
            content.plain(wording.rate(row["unit_price_before"])),
            content.plain(wording.rate(row["unit_price_last"])),
            content.plain(wording.percent(row["unit_price_change_percent"])),
            content.text(row["usage_unit"]),
            content.money(row["cost_30d"]),
        ]
        for row in found.head(LISTED).iter_rows(named=True)
    ]
    columns = ("Resource", "Where", "30 days before", "Last 30 days", "Change", "Unit", "Cost of 30 days")
    return Table(
        "Cost per unit that changed, most money first", columns, cells, _rows(currency, "unit_price_change_percent <> 0"),
        empty="No resource's cost per unit changed, where it is known.", scroll=True, note=_more(found),
    )  # fmt: skip


def _movers(mine: pl.DataFrame, currency: str) -> Table:
    found = mine.filter(pl.col("state").is_in(["growing", "shrinking"]))
    size = (pl.col("trend_percent") * pl.col("cost_30d").cast(pl.Float64)).abs()
    cells = [
        [
            *_named(row),
            Cell(row["state"], _TONES[row["state"]]),
            content.plain(wording.percent(row["trend_percent"])),
            content.plain(f"{wording.percent(row['trend_low_percent'])} to {wording.percent(row['trend_high_percent'])}"),
            content.money(row["cost_30d"]),
        ]
        for row in found.sort(size, "ResourceId", descending=[True, False], nulls_last=True).head(LISTED).iter_rows(named=True)
    ]
    columns = ("Resource", "Where", "State", "Trend per 30 days", "90 % interval", "Cost of 30 days")
    source = _rows(currency, "state in ('growing', 'shrinking')")
    empty = "No resource grows or shrinks beyond its noise."
    return Table("Growing and shrinking resources", columns, cells, source, empty=empty, scroll=True, note=_more(found))


def _named(row: Mapping[str, Any]) -> list[Cell]:
    name = row["ResourceName"] or row["ResourceId"]
    return [Cell(wording.short(name), title=row["ResourceId"]), content.text(wording.place(row))]


def _more(found: pl.DataFrame) -> str:
    return f"The first {LISTED} of {wording.count(found.height)}." if found.height > LISTED else ""
