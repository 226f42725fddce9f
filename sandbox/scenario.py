"""Write the demo scenario: bills of a small company on AWS and OCI and the truth, its metrics, documents, invoices, layers.

`python -m sandbox.scenario --out DIR [--seed 7] [--days 120] [--end 2026-10-31]`. The same arguments give the
same bytes, on any day: the end date is a constant unless given.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sandbox.anomalies import AWS, ORACLE
from sandbox.aws_billing import aws_bill
from sandbox.business import business_metrics
from sandbox.databases import drills, objectives
from sandbox.databases import truth as database_truth
from sandbox.delivery import Delivery, csv_bytes, write
from sandbox.documents import documents
from sandbox.invoices import invoices
from sandbox.lambda_inputs import inputs as layer_inputs
from sandbox.lambda_truth import truth as layer_truth
from sandbox.oci_billing import oci_bill
from sandbox.truth import ProviderTruth, truth
from sandbox.usage import Window

DEFAULT_END = date(2026, 10, 31)
"""Last day unless another is given; a constant, so that a demo does not depend on the clock."""
FEWEST_DAYS = 60
_MARKER = "scenario.json"
_GENERATION = 7
"""Raise it when the same arguments are to give other files: an existing scenario is then written anew."""
_README = b"Billing files of acme: aws/ is the FOCUS export of AWS, oci/ holds the cost reports of OCI.\n"
_COST_CENTRES = (("prod", "4100"), ("staging", "4200"), ("data", "4300"), ("dev", "4200"))


def build(window: Window, seed: int) -> list[Delivery]:
    """Every file of the scenario: bills in the order of delivery, business metrics, documents, invoices, and the truth last."""
    bills = {
        AWS: ProviderTruth(aws_bill(window, seed), "USD"),
        ORACLE: ProviderTruth(oci_bill(window, seed), "EUR"),
    }
    begin = datetime.combine(window.first, time(), UTC)
    files = [
        Delivery("billing/README.txt", _README, begin),
        Delivery(
            "billing/lookups/cost-centres.csv",
            csv_bytes(("environment", "cost_centre"), _COST_CENTRES),
            begin,
        ),
    ]
    for known in bills.values():
        files += known.bill.files
    files.sort(key=lambda file: (file.at, file.path))
    received = invoices(bills[AWS].bill.invoiced, bills[ORACLE].bill.invoiced)
    fleet = (database_truth(window, files[-1].at), objectives(begin), drills(begin))
    functions = (*layer_inputs(begin, window.last), layer_truth(files[-1].at))
    about = truth(window, bills, files[-1].at)
    return [*files, business_metrics(window, seed), *documents(), *received, *fleet, *functions, *about]


def write_scenario(folder: Path, window: Window, seed: int) -> bool:
    """Write the scenario into `folder`; False if it is there already.

    What an earlier scenario with other arguments left in `folder` is removed; other files are left alone. A
    run that was interrupted is done again.
    """
    parameters = {
        "generation": _GENERATION,
        "seed": seed,
        "first": window.first.isoformat(),
        "last": window.last.isoformat(),
    }
    before = _marker(folder)
    if before.get("parameters") == parameters and before.get("complete") is True:
        return False
    files = build(window, seed)
    paths = sorted(file.path for file in files)
    listed = before.get("files")
    earlier = listed if isinstance(listed, list) else []
    _mark(folder, parameters, sorted({*paths, *earlier}), complete=False)
    for stale in sorted({*earlier} - {*paths}):
        (folder / stale).unlink(missing_ok=True)
    for file in files:
        write(folder, file)
    _mark(folder, parameters, paths, complete=True)
    return True


def parameters_of(folder: Path) -> tuple[Window, int] | None:
    """Window and seed of the scenario that was written into the folder; None if there is none."""
    said = _marker(folder).get("parameters")
    if not isinstance(said, dict):
        return None
    return Window(date.fromisoformat(said["first"]), date.fromisoformat(said["last"])), int(said["seed"])


def _marker(folder: Path) -> dict[str, object]:
    path = folder / _MARKER
    if not path.exists():
        return {}
    content = json.loads(path.read_text())
    return content if isinstance(content, dict) else {}


def _mark(folder: Path, parameters: dict[str, object], files: list[str], *, complete: bool) -> None:
    content = {"parameters": parameters, "complete": complete, "files": files}
    text = json.dumps(content, indent=2) + "\n"
    write(folder, Delivery(_MARKER, text.encode(), datetime.min.replace(tzinfo=UTC)))


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.scenario", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--seed", type=int, default=7, help="seed of usage and noise (default: 7)")
    parser.add_argument("--days", type=int, default=120, help=f"length in days, at least {FEWEST_DAYS} (default: 120)")
    parser.add_argument("--end", type=date.fromisoformat, default=DEFAULT_END, help=f"last day (default: {DEFAULT_END})")
    arguments = parser.parse_args(argv)
    if arguments.days < FEWEST_DAYS:
        parser.error(f"--days must be at least {FEWEST_DAYS}: the anomalies need a history before them")
    if arguments.seed < 0:
        parser.error("--seed must not be negative")
    window = Window(arguments.end - timedelta(days=arguments.days - 1), arguments.end)
    written = write_scenario(arguments.out, window, arguments.seed)
    what = "written to" if written else "is already complete in"
    sys.stdout.write(f"scenario {window.first} to {window.last} {what} {arguments.out}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
