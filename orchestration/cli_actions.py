"""Commands of people who approve: `cloudops actions`, `approve`, `reject`, `rollback`."""

from decimal import Decimal
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from orchestration.terminal import Data, console, told_failures, whole_id

approvals = typer.Typer()

Id = Annotated[str, typer.Argument(help="Its id, or the beginning of it.")]
Note = Annotated[str, typer.Option("--note", help="Why.")]
By = Annotated[str | None, typer.Option("--by", help="Who decided; your login name if not given.")]


@approvals.command()
def actions(
    data: Data = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are rejected, expired or rolled back.")] = False,
) -> None:
    """List what is proposed to be done to resources, what it may save, and where it stands. Nothing is done unapproved."""
    from orchestration import embedded

    with told_failures():
        place = embedded.prepare(data)
        _list(place.home / "lake", everything=everything)


@approvals.command()
def approve(action: Id, data: Data = None, note: Note = "", by: By = None) -> None:
    """Let an action be done: the job [bold]finops_actions[/bold] does it when it runs with mode apply."""
    _store(action, "approved", data, note, by)


@approvals.command()
def reject(action: Id, data: Data = None, note: Note = "", by: By = None) -> None:
    """Say that an action is not to be done."""
    _store(action, "rejected", data, note, by)


@approvals.command()
def rollback(action: Id, data: Data = None, note: Note = "", by: By = None) -> None:
    """Let what was done be taken back by the next run of the job [bold]finops_actions[/bold] with mode apply."""
    _store(action, "rollback", data, note, by)


@approvals.command()
def reopen(action: Id, data: Data = None, note: Note = "", by: By = None) -> None:
    """Let an action that was rejected, failed or was taken back wait for approval again."""
    _store(action, "open", data, note, by)


def _store(action: str, verdict: str, data: Path | None, note: str, by: str | None) -> None:
    from orchestration import embedded

    with told_failures():
        embedded.prepare(data)
        embedded.decide(subject="action", subject_id=action, verdict=verdict, note=note, by=by or getuser())
    console.print(f"Noted: action [bold]{action}[/bold] is {verdict}. The next run of [bold]finops_actions[/bold] takes it in.")


def _list(root: Path, *, everything: bool) -> None:
    import polars as pl
    from rich.markup import escape

    from assets.finops import tables
    from assets.finops.action_book import book, pending_state
    from resources.clock import Clock
    from resources.lake import Lake

    lake = Lake(root=str(root))
    rows = lake.scan(tables.ACTIONS).collect()
    if not everything:
        rows = rows.filter(~pl.col("state").is_in(["rejected", "expired", "rolled back"]))
    if rows.is_empty():
        console.print("There is no action. [bold]cloudops run[/bold] looks for some.")
        return
    decided = pending_state(book(lake), lake, Clock().now())
    table = Table(whole_id(), "what", "why", "a month", "state", "effect", title="Actions", title_justify="left")
    for row in rows.sort("BillingCurrency", "savings_high", descending=[False, True], nulls_last=True).iter_rows(named=True):
        new = decided.get(row["action_id"])
        state = f"{row['state']}, {new} with the next run" if new else row["state"]
        # names of resources are anything: brackets in them are no markup
        table.add_row(row["action_id"], escape(_what(row)), escape(row["reason"]), _saves(row), state, _effect(row))
    console.print(table)


def _what(row: dict[str, Any]) -> str:
    return f"{row['operation']} {row['resource_id']} {row['parameters'] if row['parameters'] != '{}' else ''}".strip()


def _saves(row: dict[str, Any]) -> str:
    if row["savings_low"] is None:
        return f"unknown: {row['savings_unknown_because']}"
    return f"{_amount(row['savings_low'])} to {_amount(row['savings_high'])} {row['BillingCurrency']}"


def _effect(row: dict[str, Any]) -> str:
    proposed = ": cloudops rollback takes it back" if row["rollback_proposed"] else ""
    return f"{row['effect'] or ''}{proposed}"


def _amount(amount: Decimal) -> str:
    return f"{amount:,.2f}"
