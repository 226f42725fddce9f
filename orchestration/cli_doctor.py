"""The command that examines a deployment: `cloudops doctor`."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from orchestration.terminal import Data, console, fail, told_failures

if TYPE_CHECKING:
    from orchestration.doctor import Finding

doctors = typer.Typer()
_COLOURS = {"works": "green", "missing": "red", "failed": "red", "not configured": "dim", "not checked": "yellow"}


@doctors.command()
def doctor(
    data: Data = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For machines: one JSON object.")] = False,
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="How long each probe may take.")] = 30,
) -> None:
    """Examine every connection and permission, and say what works, what is missing, and what fixes it. Nothing is changed.

    Of the production deployment ([bold]CLOUDOPS_DEPLOYMENT=production[/bold]) its clouds are asked, else those of the demo.
    Ends with 0 if nothing is missing or failed, with 1 otherwise.
    """
    if data is not None and not data.is_dir():
        fail(f"{data} is not a folder")
    with told_failures():
        with _quiet() if as_json else nullcontext():
            findings = _examined(data, seconds)
        if as_json:
            checks = [finding.as_dict() for finding in findings]
            sys.stdout.write(json.dumps({"ok": all(f.is_well for f in findings), "checks": checks}, indent=2) + "\n")
        else:
            _tell(findings)
    raise typer.Exit(0 if all(finding.is_well for finding in findings) else 1)


def _examined(data: Path | None, seconds: float) -> "list[Finding]":
    from orchestration import embedded
    from orchestration.doctor import examine
    from orchestration.recovery import alone
    from orchestration.settings import current_settings

    try:
        embeds = current_settings().is_local
    except ValueError:
        return examine(seconds)
    if not embeds:
        if data is not None:
            fail("--data is for the embedded deployment; this one is production and has a bucket of its own")
        return examine(seconds)
    place = embedded.prepare(data)
    # a second command's clouds would save their state over that of the first
    with alone(place.home), embedded.clouds(place, demo=data is None):
        return examine(seconds)


def _tell(findings: "Sequence[Finding]") -> None:
    table = Table("cloud", "what", "is", "found", title="Connections and permissions", title_justify="left", box=SIMPLE)
    for found in findings:
        state = Text(found.outcome, _COLOURS[found.outcome])
        what = Text(f"{found.name}\n").append(found.purpose, "dim")
        table.add_row(found.cloud, what, state, Text(found.detail, overflow="fold"))
    console.print(table)
    fixes: dict[tuple[str, str, str], list[str]] = {}
    for found in findings:
        if found.fix:
            fixes.setdefault((found.cloud, found.outcome, found.fix), []).append(found.name)
    for (cloud, outcome, fix), names in fixes.items():
        # on a line of its own, however long: statements are to be copied
        console.print(Text(f"{cloud}, {', '.join(names)} ({outcome}):", _COLOURS[outcome]), soft_wrap=True)
        console.print(Text(f"  {fix}"), soft_wrap=True)
    amiss = sum(not found.is_well for found in findings)
    console.print(f"{amiss} of {len(findings)} need something." if amiss else "Nothing is missing, nothing failed.")


@contextmanager
def _quiet() -> Iterator[None]:
    """What this process and its children write to standard output goes to standard error: the output is for machines."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
