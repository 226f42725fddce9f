"""Commands of people who decide: `cloudops recommendations`, `decide`, `feedback`."""

from datetime import datetime
from decimal import Decimal
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from orchestration.terminal import Data, console, told_failures, whole_id

decisions = typer.Typer()

Note = Annotated[str, typer.Option("--note", help="Why.")]
By = Annotated[str | None, typer.Option("--by", help="Who decided; your login name if not given.")]
Day = Annotated[
    datetime | None,
    typer.Option("--day", formats=["%Y-%m-%d"], help="First day on which it holds; of `done`, the day when it was done. Today."),
]
Until = Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="Last day on which it holds.")]


@decisions.command()
def recommendations(
    data: Data = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are dismissed or expired.")] = False,
) -> None:
    """List the recommendations with their ids, what they may save, where they stand, and what was saved."""
    from orchestration import embedded

    with told_failures():
        place = embedded.prepare(data)
        _list(place.home / "lake", everything=everything)


@decisions.command()
def decide(
    recommendation: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")],
    verdict: Annotated[str, typer.Argument(help="accepted, done, dismissed, or open.")],
    data: Data = None,
    note: Note = "",
    by: By = None,
    day: Day = None,
    until: Until = None,
) -> None:
    """Say what becomes of a recommendation. What was done is measured from then on: the bills show whether it saved anything."""
    _store("recommendation", recommendation, verdict, data, note, by, day, until)


@decisions.command()
def feedback(
    anomaly: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")],
    verdict: Annotated[str, typer.Argument(help="true, false, expected, or withdrawn.")],
    data: Data = None,
    note: Note = "",
    by: By = None,
    day: Day = None,
    until: Until = None,
) -> None:
    """Say whether an anomaly was one (true), was none (false), or was known to come (expected)."""
    _store("anomaly", anomaly, verdict, data, note, by, day, until)


def _store(
    subject: str,
    subject_id: str,
    verdict: str,
    data: Path | None,
    note: str,
    by: str | None,
    day: datetime | None,
    until: datetime | None,
) -> None:
    from orchestration import embedded

    with told_failures():
        embedded.prepare(data)
        embedded.decide(
            subject=subject,
            subject_id=subject_id,
            verdict=verdict,
            note=note,
            by=by or getuser(),
            valid_from=None if day is None else f"{day:%Y-%m-%d}",
            until=None if until is None else f"{until:%Y-%m-%d}",
        )
    console.print(f"Noted: {subject} [bold]{subject_id}[/bold] is {verdict}. The next [bold]cloudops run[/bold] takes it in.")


def _list(root: Path, *, everything: bool) -> None:
    import polars as pl
    from rich.markup import escape

    from assets.finops import tables
    from assets.finops.logic.recommendations.lifecycle import Book, pending
    from resources.clock import Clock
    from resources.lake import Lake

    lake = Lake(root=str(root))
    rows = lake.scan(tables.RECOMMENDATIONS).collect()
    results = lake.scan(tables.REALISED_SAVINGS).select("recommendation_id", "result", "saving_to_date").collect()
    book = Book.of(lake.scan(tables.RECOMMENDATION_EVENTS).collect().sort("at", maintain_order=True))
    decided = pending(book, lake.scan(tables.DECISIONS).collect(), Clock().now())
    if not everything:
        rows = rows.filter(~pl.col("state").is_in(["dismissed", "expired"]))
    if rows.is_empty():
        console.print("There is no recommendation. [bold]cloudops run[/bold] looks for some.")
        return
    table = Table(whole_id(), "what", "a month", "state", "saved", title="Recommendations", title_justify="left")
    ranked = rows.join(results, on="recommendation_id", how="left").sort("BillingCurrency", "rank", nulls_last=True)
    for row in ranked.iter_rows(named=True):
        new = decided.get(row["recommendation_id"], row["state"])
        state = row["state"] if new == row["state"] else f"{row['state']}, {new} with the next run"
        # names of resources are anything: brackets in them are no markup
        table.add_row(row["recommendation_id"], escape(row["title"]), escape(_range(row)), state, _saved(row))
    console.print(table)


def _range(row: dict[str, Any]) -> str:
    if row["savings_low"] is None:
        return f"unknown: {row['savings_unknown_because']}"
    once = " (counted elsewhere)" if row["overlaps_with"] else ""
    return f"{_amount(row['savings_low'])} to {_amount(row['savings_high'])} {row['BillingCurrency']}{once}"


def _saved(row: dict[str, Any]) -> str:
    amount = row["saving_to_date"]
    return row["result"] or "" if amount is None else f"{row['result']}: {_amount(amount)} {row['BillingCurrency']}"


def _amount(amount: Decimal) -> str:
    return f"{amount:,.2f}"
