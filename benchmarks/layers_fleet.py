"""Claim: who uses which layer of 2,000 functions is known in a minute, and the clean-up deletes exactly what nothing keeps.

What should be deleted is reckoned here, from what the embedded AWS was filled with, without code of the product.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import dagster as dg
import yaml

from assets.layers import tables
from assets.layers.layer_report import report
from assets.layers.usage import usage
from benchmarks.measure import in_a_process
from benchmarks.outcome import Target, finish
from jobs.layer_cleanup import layer_cleanup
from orchestration.settings import inherited_environment
from resources.aws.clients import AwsClients
from resources.aws.lambda_service import AwsLambda
from resources.clock import Clock
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from sandbox.aws_accounts import key_of

_LAYER_VERSIONS = 300
_THROTTLED_PERCENT = 5
_WORK = "from benchmarks.layers_fleet import prepared\nwork = prepared(*argv)"
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_Truth = Mapping[str, Any]


def main(argv: list[str]) -> int:
    """Usage and report, and the clean-up with an account that fails and without, on an embedded Lambda in another process."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks layers --fleet", description=__doc__)
    parser.add_argument("functions", type=int)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), arguments.functions) as truth:
        measured = [in_a_process(_WORK, folder, str(n)) for n in range(arguments.repeats)]
        metrics = {
            "seconds": median(one.seconds for one in measured),
            "peak_mb": max(one.peak_mb for one in measured),
            "usage_exact": _usage_read(Path(folder, "0")) == _usage_filled(truth),
            "functions": truth["functions"],
            "function_versions": truth["functions"] + truth["versions"],
            "layer_versions": len(truth["layers"]),
            "accounts": len(truth["accounts"]),
            "throttled_percent": _THROTTLED_PERCENT,
            **_cleaned_up(Path(folder), truth),
        }
    targets = {
        "seconds": Target(at_most=60),
        "usage_exact": Target(equals=True),
        "deleted_exact": Target(equals=True),
        "deleted_while_an_account_fails": Target(equals=0),
    }
    return finish("layers", metrics, targets)


def prepared(folder: str, run: str) -> Callable[[], None]:
    """What is timed: listing everything, the tables, and the page, from nothing; as Dagster runs it."""
    resources = _resources(Path(folder), run)

    def work() -> None:
        if not dg.materialize([usage, report], resources=resources, run_config=_QUIET).success:
            raise RuntimeError("the report was not made")

    return work


def to_be_deleted(truth: _Truth, now: datetime) -> set[str]:
    """ARNs that nothing keeps: no function has them, they are old enough, not pinned, and not among the newest of their layer."""
    numbers = defaultdict(list)
    for one in truth["layers"]:
        numbers[one["account"], one["layer"]].append(one["number"])
    gone = set()
    for one in truth["layers"]:
        retention = _retention(one["layer"])
        newer = sum(number > one["number"] for number in numbers[one["account"], one["layer"]])
        is_old = datetime.fromisoformat(one["created"]) <= now - timedelta(days=retention["days"])
        is_free = not truth["uses"].get(one["arn"]) and one["number"] not in retention["pinned"]
        if is_free and is_old and newer >= retention["newest"]:
            gone.add(one["arn"])
    return gone


def _retention(layer: str) -> dict[str, Any]:
    """What a layer's specification says, different from layer to layer."""
    number = int(layer.rpartition("-")[2])
    return {"newest": 1 + number % 3, "days": 45 * (number % 5), "pinned": [2] if number % 7 == 0 else []}


def _cleaned_up(folder: Path, truth: _Truth) -> dict[str, object]:
    """What the clean-up deletes, first while an account fails and then in earnest."""
    before, should = _there(folder), to_be_deleted(truth, datetime.now(UTC))
    _ask_for_fault(folder, kind="status", operation="ListFunctions", account=truth["accounts"][-1], status=403,
                   code="AccessDeniedException")  # fmt: skip
    refused = _clean_up(folder)
    failing = before - _there(folder)
    _ask_for_fault(folder)
    _ask_for_fault(folder, kind="throttle", percent=_THROTTLED_PERCENT)
    began = datetime.now(UTC)
    succeeded = _clean_up(folder)
    deleted = before - _there(folder)
    return {
        "deleted_exact": succeeded and deleted == should,
        "deleted": len(deleted),
        "should_be_deleted": len(should),
        "used_and_deleted": len(deleted & {arn for arn, users in truth["uses"].items() if users}),
        "deleted_while_an_account_fails": len(failing),
        "refused_while_an_account_fails": not refused,
        "seconds_of_the_clean_up": (datetime.now(UTC) - began).total_seconds(),
    }


def _clean_up(folder: Path) -> bool:
    config = {"ops": {"clean_up_layers": {"config": {"mode": "apply", "most_deletions": 100_000}}}, **_QUIET}
    return layer_cleanup.execute_in_process(config, resources=_resources(folder, "0"), raise_on_error=False).success


def _usage_read(folder: Path) -> set[tuple[str, str]]:
    """Layer versions with the function versions that have them, as the product stored them."""
    rows = Lake(root=str(folder / "lake")).scan(tables.USAGE).collect().to_dicts()
    return {(row["layer_version"], f"{row['account']}:{row['function_name']}:{row['function_version']}") for row in rows}


def _usage_filled(truth: _Truth) -> set[tuple[str, str]]:
    return {(arn, user) for arn, users in truth["uses"].items() for user in users}


def _there(folder: Path) -> set[str]:
    """ARNs of all layer versions that the embedded AWS has, asked with the SDK alone."""
    import boto3

    found, cloud = set(), json.loads((folder / "cloud.json").read_text())
    for account in cloud["accounts"]:
        client = boto3.client(
            "lambda", endpoint_url=cloud["url"], region_name=cloud["region"], aws_access_key_id=key_of(account),
            aws_secret_access_key="embedded",  # noqa: S106 - the embedded AWS takes any
        )  # fmt: skip
        for layers in client.get_paginator("list_layers").paginate():
            for layer in layers["Layers"]:
                for page in client.get_paginator("list_layer_versions").paginate(LayerName=layer["LayerName"]):
                    found |= {version["LayerVersionArn"] for version in page["LayerVersions"]}
    return found


def _ask_for_fault(folder: Path, **fault: object) -> None:
    """Let something go wrong from now on; nothing any more if nothing is named."""
    url = json.loads((folder / "cloud.json").read_text())["url"] + "/moto-api/lambda/faults"
    request = urllib.request.Request(  # noqa: S310 - of this machine
        url, data=json.dumps(fault).encode(), method="POST" if fault else "DELETE"
    )
    urllib.request.urlopen(request).close()  # noqa: S310 - as above


def _resources(folder: Path, run: str) -> dict[str, object]:
    """The product's own, with a lake for each run."""
    cloud = json.loads((folder / "cloud.json").read_text())
    own, *others = cloud["accounts"]
    clients = AwsClients(
        region=cloud["region"], endpoint_url=cloud["url"], access_key_id=key_of(own), role="cloudops", connections=32,
        secret_access_key="embedded",  # noqa: S106 - as above
    )  # fmt: skip
    for name in ("lake", "reports"):
        (folder / run / name).mkdir(parents=True, exist_ok=True)
    return {
        "lake": Lake(root=str(folder / run / "lake")),
        "report_store": LocalObjectStore(root=str(folder / run / "reports")),
        "inputs_store": LocalObjectStore(root=str(folder / "inputs")),
        "clock": Clock(),
        "lambda_service": AwsLambda(clients=clients, accounts=others, regions=[cloud["region"]]),
    }


@contextmanager
def served(folder: Path, functions: int) -> Iterator[_Truth]:
    """An embedded Lambda with a fleet in a process of its own, and what it was filled with."""
    command = [
        sys.executable, "-W", "ignore", "-m", "sandbox.aws_lambda_fleet", "--functions", str(functions),
        "--layer-versions", str(_LAYER_VERSIONS), "--throttled", str(_THROTTLED_PERCENT), "--truth", str(folder / "truth.json"),
    ]  # fmt: skip
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=inherited_environment(), **pipes) as process:  # type: ignore[call-overload]
        try:
            url = process.stdout.readline().split()[-1]
            truth: _Truth = json.loads((folder / "truth.json").read_text())
            cloud = {"url": url, "accounts": truth["accounts"], "region": truth["region"]}
            (folder / "cloud.json").write_text(json.dumps(cloud))
            names = sorted({one["layer"] for one in truth["layers"]})
            layers = [
                {
                    "name": name,
                    "requirements": ["requests"],
                    "runtimes": ["python3.12"],
                    "places": ["*/*"],
                    "retention": _retention(name),
                }
                for name in names
            ]
            (folder / "inputs/layers").mkdir(parents=True)
            (folder / "inputs/layers/layers.yaml").write_text(yaml.safe_dump({"layers": layers}))
            yield truth
        finally:
            process.terminate()
