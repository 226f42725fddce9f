"""Claim: the embedded Oracle cloud starts in seconds and answers many signed requests a second, each of them verified."""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.outcome import Target, finish
from orchestration.settings import inherited_environment

_BUDGETS = 60
_AT_ONCE = 8
_REGION = "eu-frankfurt-1"


def main(argv: list[str]) -> int:
    """A server in a process of its own, requests signed beforehand by the SDK, several on the way at once."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks sandbox", description=__doc__)
    parser.add_argument("--requests", type=int, default=3000, help="signed requests of a round")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args(argv)
    starts, rates = [], []
    for _ in range(arguments.repeats):
        with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as (url, seconds):
            starts.append(seconds)
            rates.append(_rate(url, Path(folder), arguments.requests))
    metrics = {
        "signed_requests_per_second": median(rates),
        "seconds_to_first_answer": median(starts),
        "requests": arguments.requests,
        "budgets_listed": _BUDGETS,
        "at_once": _AT_ONCE,
    }
    targets = {"signed_requests_per_second": Target(at_least=600), "seconds_to_first_answer": Target(at_most=3)}
    return finish("sandbox", metrics, targets)


@contextmanager
def started(folder: Path) -> Iterator[tuple[str, float]]:
    """The address of the Oracle cloud, and the seconds until it gave its first answer."""
    import oci

    command = [sys.executable, "-m", "sandbox", "--port", "0", "--oci-port", "0", "--home", str(folder)]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=inherited_environment())
    try:
        lines = [process.stdout.readline() if process.stdout else "" for _ in range(2)]
        url = lines[1].split()[4].rstrip(",")
        config = oci.config.from_file(str(folder / "oci_config"))
        client = oci.budget.BudgetClient(config, service_endpoint=f"{url}/{_REGION}/budget")
        client.list_budgets(config["tenancy"])
        yield url, time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(timeout=20)


def _rate(url: str, folder: Path, number: int) -> float:
    """Requests answered a second, of a list with budgets."""
    import oci
    import requests

    config = oci.config.from_file(str(folder / "oci_config"))
    tenancy = config["tenancy"]
    client = oci.budget.BudgetClient(config, service_endpoint=f"{url}/{_REGION}/budget")
    for _ in range(_BUDGETS):
        details = {"compartment_id": tenancy, "amount": 100, "reset_period": "MONTHLY", "target_type": "COMPARTMENT"}
        client.create_budget(oci.budget.models.CreateBudgetDetails(**details, targets=[tenancy]))
    signer = oci.signer.Signer(tenancy, config["user"], config["fingerprint"], config["key_file"])
    address = f"{url}/{_REGION}/budget/20190111/budgets?compartmentId={tenancy}&limit={_BUDGETS}"
    signed = []
    for _ in range(number):
        prepared = requests.Request("GET", address).prepare()
        signer.do_request_sign(prepared)
        signed.append({name: str(value) for name, value in prepared.headers.items()})
    return number / asyncio.run(_all(address, signed))


def post(url: str, path: str, body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Ask the sandbox itself, unsigned; without a body, only for what it says."""
    import requests

    address = f"{url}/sandbox/{path}"
    answer = requests.get(address, timeout=60) if body is None else requests.post(address, json=body, timeout=60)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


async def _all(address: str, signed: list[dict[str, str]]) -> float:
    """Seconds until every request was answered as it should be."""
    import aiohttp

    waiting = iter(signed)

    async def work(session: aiohttp.ClientSession) -> None:
        for headers in waiting:
            async with session.get(address, headers=headers) as answer:
                body = await answer.json()
                if answer.status != 200 or len(body) != _BUDGETS:
                    raise RuntimeError(f"{answer.status}: {str(body)[:200]}")

    async with aiohttp.ClientSession() as session:
        started = time.perf_counter()
        await asyncio.gather(*(work(session) for _ in range(_AT_ONCE)))
        return time.perf_counter() - started
