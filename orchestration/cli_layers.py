"""Commands of people who work on layers: `cloudops layer scan`."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from orchestration.terminal import console, fail

_COLOURS = {"high": "red", "medium": "yellow", "low": "dim"}
_ARCHITECTURES = ("x86_64", "arm64")
layers = typer.Typer(no_args_is_help=True, help="Work on layers of Lambda.")


@layers.callback()
def _group() -> None:
    """One command alone would not need its name."""


@layers.command()
def scan(
    path: Annotated[Path, typer.Argument(metavar="FILE.zip", help="Zip of a layer, from anywhere.")],
    runtime: Annotated[
        list[str] | None, typer.Option(help="That it is for, such as python3.12; may be given several times.")
    ] = None,
    architecture: Annotated[list[str] | None, typer.Option(help="That it is for: x86_64 or arm64.")] = None,
) -> None:
    """Look through the zip of a layer; needs no deployment. Ends with 1 if it holds anything high."""
    from assets.layers.logic.scan.scanning import scan as look_through
    from assets.layers.logic.scan.targets import Target
    from assets.layers.logic.scan.verdicts import score_of

    architectures: Any = tuple(architecture or ())
    if wrong := [one for one in architectures if one not in _ARCHITECTURES]:
        fail(f"{wrong[0]} is no architecture of Lambda; there are {', '.join(_ARCHITECTURES)}")
    try:
        found = look_through(path, Target(tuple(runtime or ()), architectures), workers=os.cpu_count() or 1)
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}")
    table = Table("severity", "rule", "path", "line", "what", title=escape(path.name))
    for one in found.findings:
        line = "" if one.line is None else str(one.line)
        style = _COLOURS[one.severity]
        table.add_row(f"[{style}]{one.severity}[/{style}]", one.rule, escape(one.path), line, escape(one.detail))
    if found.findings:
        console.print(table)
    high = sum(one.severity == "high" for one in found.findings)
    told = f"{found.files} files, {found.read / 1e6:.1f} MB, {len(found.packages)} packages"
    console.print(
        f"{told}; {len(found.findings)} findings, {high} of them high; score {score_of(found.findings):.0f} of 100",
        highlight=False,
    )
    console.print("Known vulnerabilities were not asked about: the asset layers/scans does that.", highlight=False)
    if high:
        raise typer.Exit(1)
