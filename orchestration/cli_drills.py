"""Commands of people who check what recovery drills left: `cloudops drill verify`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from orchestration.terminal import console, fail

_MOMENT = "%Y-%m-%d %H:%M:%S"
drills = typer.Typer(no_args_is_help=True, help="Check the evidence of recovery drills.")


@drills.callback()
def _group() -> None:
    """One command alone would not need its name."""


@drills.command()
def verify(
    path: Annotated[Path, typer.Argument(metavar="EVIDENCE", help="evidence.json of a drill, or the folder that it is in.")],
    seal: Annotated[
        str, typer.Option(help="Seal that it is to have: of the report, the run, or `recovery/drills`; better, of your ticket.")
    ] = "",
) -> None:
    """Check that evidence is as it was sealed, and come to its verdict again; needs no deployment. Ends with 1 if it is not."""
    from assets.recovery.logic.drills.check import checked
    from assets.recovery.logic.drills.evidence import Broken

    file = path / "evidence.json" if path.is_dir() else path
    try:
        said = json.loads(file.read_bytes())
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}")
    except ValueError:
        fail(f"{file} is no JSON")
    if not isinstance(said, dict):
        fail(f"{file} is no evidence of a drill")
    try:
        found = checked(said, seal)
    except Broken as error:
        console.print(f"[red]broken: {escape(str(error))}[/red]", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    pieces = found.evidence.pieces
    lines = [
        f"drill {said['drill_id']}: {len(pieces)} pieces, {pieces[0].at:{_MOMENT}} to {pieces[-1].at:{_MOMENT}} UTC",
        f"seal {found.evidence.seal}",
        f"verdict {found.verdict.total}" + ("" if found.told else "; the drill was cut off and told none"),
        *(f"  {one.name}: {one.judgement}: {'; '.join(one.reasons)}" for one in found.verdict.outcomes),
    ]
    if not seal:
        lines.append("It holds together. Only a seal from elsewhere shows that nobody made it anew: give --seal.")
    for line in lines:
        console.print(escape(line), highlight=False, soft_wrap=True)
