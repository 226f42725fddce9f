"""What a complete run tells on the terminal about invoices: what was read, accepted and repaired, what waits, and what is due."""

from typing import Any

import polars as pl
from rich.markup import escape

from assets.invoices import tables
from assets.invoices.invoices import money
from orchestration.terminal import console
from resources.lake import Lake


def invoices(lake: Lake) -> None:
    """Invoices of the deployment; nothing without any."""
    ledger = lake.scan(tables.SOURCE_INVOICES).filter(pl.col("state") != "deleted").collect()
    if ledger.is_empty():
        return
    for line in [*_read(lake, ledger), *_quality(lake), *_ahead(lake)]:
        console.print(line)
    console.print("Look at what waits: [bold]cloudops review[/bold].")


def _read(lake: Lake, ledger: pl.DataFrame) -> list[str]:
    found = lake.scan(tables.INVOICES).collect()
    queue = lake.scan(tables.REVIEW_QUEUE).select(pl.col("invoice_id").n_unique(), pl.len().alias("doubts")).collect().row(0)
    refused = ledger.filter(pl.col("state") == "quarantined").sort("source_key")
    accepted = len(found) - queue[0]
    repaired = int((found["repaired"].list.len() > 0).sum())
    said = (
        f"Invoices: {len(found)} in {len(ledger) - len(refused)} files; {accepted} accepted, {queue[0]} wait for a look "
        f"({queue[1]} doubts), {repaired} repaired by arithmetic, {len(refused)} files refused."
    )
    sums = [_sum(row) for row in money(found).iter_rows(named=True)]
    named = [
        f"  refused [bold]{escape(key)}[/bold]: {escape(why)}" for key, why in refused.select("source_key", "reason").iter_rows()
    ]
    return [said, f"Money asked for: {'; '.join(sums)}.", *named]


def _sum(row: dict[str, Any]) -> str:
    if row["total"] is None:
        return f"unknown in {row['invoices']} {row['currency'] or 'without currency'}"
    unknown = f" and {row['total_unknown']} unknown" if row["total_unknown"] else ""
    return f"{row['total']:,.2f} {row['currency']} in {row['invoices'] - row['total_unknown']}{unknown}"


def _quality(lake: Lake) -> list[str]:
    newest = lake.scan(tables.EXTRACTION_QUALITY).filter(pl.col("field").is_null(), pl.col("truth") == "truth file")
    lines = []
    for row in newest.sort("measured_at").tail(1).collect().iter_rows(named=True):
        wrong = f", {row['accepted_wrong']} of them wrong" if row["accepted"] else ""
        lines.append(
            f"Field accuracy: {row['right'] / row['values']:.1%} of {row['values']} labelled values are right; "
            f"{row['accepted'] / row['values']:.1%} were accepted without a look{wrong}."
        )
    return lines


def _ahead(lake: Lake) -> list[str]:
    """When money moves, and whether cloud invoices tie out."""
    lines = []
    flow = lake.scan(tables.CASH_FLOW).filter(pl.col("week").is_not_null(), pl.col("direction") == "payable")
    weeks = flow.group_by("currency").agg(pl.col("expected").sum()).sort("currency", nulls_last=True).collect()
    if len(weeks):
        sums = ", ".join(f"{expected:,.0f} {currency or 'of unknown currency'}" for currency, expected in weeks.iter_rows())
        lines.append(f"Expected to be paid within 13 weeks: {sums}.")
    results = (
        lake.scan(tables.CLOUD_INVOICE_TIE_OUT).filter(pl.col("invoices") > 0).group_by("result").agg(pl.len()).sort("result")
    )
    said = ", ".join(f"{number} {result}" for result, number in results.collect().iter_rows())
    return [*lines, f"Cloud invoices beside the bills: {said}."] if said else lines
