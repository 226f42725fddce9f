"""Commands of people who write policies: `cloudops policies check` and `explain`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from orchestration.terminal import Data, console, fail, told_failures

if TYPE_CHECKING:
    import polars as pl

    from assets.finops.logic.policies.schema import Policy

policies = typer.Typer(no_args_is_help=True, help="Check a policy file, and ask why a policy matches a resource or does not.")


@policies.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Policy files, or folders with them.")],
) -> None:
    """Check policy files against the schema and run their own tests; needs no deployment. Ends with 1 if anything is wrong."""
    from assets.finops.logic.policies.library import policy_of
    from assets.finops.logic.policies.problems import InvalidPolicy
    from assets.finops.logic.policies.regression import run_tests

    wrong = 0
    with told_failures():
        for path in _files(files):
            try:
                policy = policy_of(path.read_bytes(), str(path))
            except InvalidPolicy as error:
                complaints = [str(problem) for problem in error.problems]
            else:
                outcomes = run_tests(policy)
                complaints = [f"{path}: {outcome}" for outcome in outcomes if not outcome.passed]
                if not complaints:
                    console.print(f"{path}: [bold]{policy.name}[/bold] is sound, {len(outcomes)} tests passed", soft_wrap=True)
            for complaint in complaints:
                console.print(f"[red]{escape(complaint)}[/red]", highlight=False, soft_wrap=True)
            wrong += bool(complaints)
    if wrong:
        raise typer.Exit(1)


@policies.command()
def explain(
    policy: Annotated[str, typer.Argument(help="Name of a policy in force, or a policy file.")],
    resource: Annotated[str, typer.Argument(help="Id of a resource, the beginning of it, or its name.")],
    data: Data = None,
    *,
    as_test: Annotated[bool, typer.Option("--as-test", help="Print the resource as the beginning of a test instead.")] = False,
) -> None:
    """Say whether the policy matches the resource, with the filters that decide and what acting on it would touch."""
    from assets.finops.policy_matches import policy_inventory
    from orchestration import embedded
    from resources.lake import Lake

    with told_failures():
        place = embedded.prepare(data)
        chosen = _policy(policy, place.inputs_root)
        inventory = policy_inventory(Lake(root=str(place.home / "lake")), [chosen])
        rows = _resources(inventory, resource)
        if as_test:
            _print_tests(chosen, rows)
        else:
            _print_reasons(chosen, rows, inventory)


def _files(paths: list[Path]) -> list[Path]:
    found = [file for path in paths for file in (sorted(path.glob("*.y*ml")) if path.is_dir() else [path])]
    missing = [str(path) for path in found if not path.is_file()]
    if missing or not found:
        fail(f"there is no file {', '.join(missing)}" if missing else "there is no policy file in that folder")
    return found


def _policy(wanted: str, inputs: Path) -> "Policy":
    """The policy in a file, or the one in force with that name."""
    from assets.finops.logic.decisions import near
    from assets.finops.logic.policies.library import policy_of
    from assets.finops.logic.policies.problems import InvalidPolicy
    from assets.finops.policy_files import policies_in_force
    from resources.errors import BadInput
    from resources.object_store import LocalObjectStore

    if Path(wanted).is_file():
        try:
            return policy_of(Path(wanted).read_bytes(), wanted)
        except InvalidPolicy as error:
            raise BadInput(str(error), "correct the file; cloudops policies check tells when it is sound") from None
    library = policies_in_force(LocalObjectStore(root=str(inputs), read_only=True))
    named = {policy.name: policy for policy in library.policies.values()}
    if wanted not in named:
        told = [f"{file} is quarantined: {why}" for file, why in library.quarantined.items()]
        raise BadInput(
            f"there is no policy {wanted!r} in force", "; ".join([f"near are: {', '.join(near(wanted, named))}", *told])
        )
    return named[wanted]


def _resources(inventory: "pl.DataFrame", wanted: str) -> "pl.DataFrame":
    """The rows of the resource that is meant: one for each service, region and currency that it is billed in."""
    import polars as pl

    from assets.finops.logic.decisions import find, near
    from resources.errors import BadInput

    if inventory.is_empty():
        raise BadInput("no resource was assessed yet", "use cloudops run first")
    named = inventory.filter(pl.col("ResourceName") == wanted)
    ids = set(inventory["ResourceId"])
    chosen = find(wanted, ids)
    if chosen is None and named.is_empty():
        close = near(wanted, ids | set(inventory["ResourceName"].drop_nulls()))
        raise BadInput(f"no resource, or more than one, is called {wanted!r}", f"near are: {', '.join(close)}")
    return inventory.filter(pl.col("ResourceId") == chosen) if chosen else named


def _print_reasons(policy: "Policy", rows: "pl.DataFrame", inventory: "pl.DataFrame") -> None:
    import polars as pl

    from assets.finops.logic.policies.blast import relations, with_dependants
    from assets.finops.logic.policies.evaluate import explain as explained

    judged = pl.concat([with_dependants(rows, relations(inventory)), explained(policy, rows)], how="horizontal")
    for row in judged.iter_rows(named=True):
        where = ", ".join(row[name] for name in ("ServiceName", "RegionId", "BillingCurrency") if row[name])
        console.print(
            f"[bold]{policy.name}[/bold] and {escape(row['ResourceId'])} ({escape(where)}): [bold]{row['verdict']}[/bold]"
        )
        table = Table()
        for name in ("filter", "result", "value", "held against", "days", "rows", "from"):
            table.add_column(name, overflow="fold")
        for reason in row["explanation"]:
            shown = ("clause", "result", "value", "threshold", "window_days", "rows", "source")
            table.add_row(*(escape(_shown(reason[name], name)) for name in shown))
        console.print(table)
        console.print(_touched(row), highlight=False)


def _shown(value: object, name: str) -> str:
    if value is not None:
        return str(value)
    return "unknown" if name == "value" else ""


def _touched(row: dict[str, Any]) -> str:
    cost = "unknown" if row["cost_30d"] is None else f"{row['cost_30d']:,.2f}"
    known = ", ".join(f"{d['relation']} {d['id']}" for d in row["dependants"]) or "none known"
    unknown = f"; not known: {', '.join(row['dependants_unknown'])}" if row["dependants_unknown"] else ""
    return escape(f"At stake: {cost} {row['BillingCurrency']} in 30 days up to {row['as_of']}. Dependants: {known}{unknown}.")


def _print_tests(policy: "Policy", rows: "pl.DataFrame") -> None:
    import yaml

    from assets.finops.logic.policies.evaluate import explain as explained
    from assets.finops.logic.policies.regression import record

    tests = []
    for row, judged in zip(rows.iter_rows(named=True), explained(policy, rows).iter_rows(named=True), strict=True):
        verdict = "no match" if judged["verdict"] == "excluded" else judged["verdict"]
        decides = next(r["clause"] for r in judged["explanation"] if verdict != "unknown" or r["result"] == "unknown")
        tests.append(
            {"name": f"{row['ResourceId']} on {row['as_of']}", "resource": record(row), "expect": verdict, "clause": decides}
        )
    typer.echo(yaml.safe_dump({"tests": tests}, sort_keys=False, allow_unicode=True, width=120), nl=False)
