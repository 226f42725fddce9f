"""What a complete run tells on the terminal about Lambda layers: what there is, who uses what, what was built and refused."""

from datetime import datetime
from pathlib import Path

from rich.markup import escape

from assets.layers.known import known_bundles, scans_by_key, tests_by_key
from assets.layers.layer_report import REPORT_KEY, report_data
from assets.layers.logic.bundles import current
from assets.layers.logic.publishing import gate, layers_in_force
from orchestration.terminal import console
from resources.lake import Lake


def layers(lake: Lake, reports: Path, now: datetime) -> None:
    """Layers of the deployment; nothing where none was built and no place was looked at.

    Args:
        lake: Tables of the deployment.
        reports: Folder of its reports.
        now: The time.
    """
    for line in (*_standing(lake, now), *_built(lake)):
        console.print(line)
    if (reports / REPORT_KEY).is_file():
        console.print(f"Layers report: [bold]{reports / REPORT_KEY}[/bold]")


def _standing(lake: Lake, now: datetime) -> list[str]:
    """What there is and who uses it; nothing before the first look."""
    known = report_data(lake, now)
    if not known.places:
        return []
    there = [row for row in known.versions if row["state"] == "there"]
    functions = [place["functions"] for place in known.places]
    counted = "an unknown number of" if None in functions else f"{sum(functions)}"
    perhaps = "" if all(place["is_complete"] for place in known.places) else "perhaps "
    said = (
        f"Layers: {len({row['layer'] for row in there})} with {len(there)} versions in {len(known.places)} accounts and regions; "
        f"{counted} functions, {known.functions} with layers, {len({row['function'] for row in known.behind})} of them behind; "
        f"{len(known.orphans)} versions that {perhaps}no function has."
    )
    return [
        said,
        *(f"  used and {row['state']}: [bold]{escape(row['layer_version'])}[/bold]" for row in known.gone),
        *(f"  for everybody in the world: [bold]{escape(row['layer_version'])}[/bold]" for row in known.public),
        *(f"  not read completely: {escape('; '.join(place['reasons']))}" for place in known.places if not place["is_complete"]),
    ]


def _built(lake: Lake) -> list[str]:
    """The newest zips, and what speaks against publishing them."""
    everything = known_bundles(lake)
    names = {one.specification for one in everything}
    newest = current(everything, names)
    if not newest:
        return []
    scans, tests = scans_by_key(lake), tests_by_key(lake, None)
    refusals = {
        one.name: refused for one in newest if (refused := gate(one, scans, tests, layers_in_force(everything, names)).refusals)
    }
    zips = [build for one in newest for build in one.builds]
    return [
        f"Layers built: {len(zips)}, {sum(one.zip_bytes for one in zips) / 1000:,.1f} kB zipped; {len(refusals)} refused.",
        *(f"  refused [bold]{escape(name)}[/bold]: {escape('; '.join(reasons))}" for name, reasons in refusals.items()),
    ]
