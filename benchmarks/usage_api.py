"""Claim: a year of a tenancy's usage is read completely through the SDK, though the service throttles and fails at times."""

import argparse
import random
import tempfile
import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from assets.finops.logic.oci_usage import GROUPS, usage_rows
from benchmarks.outcome import Target, finish
from benchmarks.sandbox import post, started
from resources.oci.clients import OciClients
from resources.oci.usage import OciUsage

_FIRST = date(2025, 11, 1)


def main(argv: list[str]) -> int:
    """Days × services × compartments through the SDK, paged, with 2 % of answers 429 and 1 % of them 500."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks usage_api", description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--services", type=int, default=40)
    parser.add_argument("--compartments", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args(argv)
    rows = arguments.days * arguments.services * arguments.compartments
    rates, complete, exact, faults = [], [], [], 0
    for number in range(arguments.repeats):
        with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as (url, _):
            total = _generated(url, arguments.days, arguments.services, arguments.compartments)
            post(url, "faults", {"kind": "status", "service": "usage_api", "status": 429, "share": 0.02, "seed": number})
            post(url, "faults", {"kind": "status", "service": "usage_api", "status": 500, "share": 0.01, "seed": number + 99})
            clients = OciClients(
                config_file=f"{folder}/oci_config", endpoint=url, first_wait_seconds=0.01, longest_wait_seconds=0.1
            )
            usage = OciUsage(clients=clients)
            last = _FIRST + timedelta(days=arguments.days - 1)
            begun = time.perf_counter()
            pages = [usage_rows(page, clients.tenancy()) for page in usage.daily(_FIRST, last, GROUPS)]
            seconds = time.perf_counter() - begun
            rates.append(sum(map(len, pages)) / seconds)
            complete.append(sum(map(len, pages)) == rows)
            summed = sum((page["BilledCost"].sum() for page in pages), Decimal(0))
            exact.append(round(summed, 2) == round(total, 2))
            faults += int(post(url, "faults", None)["struck"])
    metrics = {
        "complete": all(complete),
        "total_exact": all(exact),
        "rows_per_second": median(rates),
        "rows": rows,
        "faults_met": faults,
    }
    targets = {
        "complete": Target(equals=True),
        "total_exact": Target(equals=True),
        "rows_per_second": Target(at_least=10_000),
        "faults_met": Target(at_least=1),
    }
    return finish("usage_api", metrics, targets)


def _generated(url: str, days: int, services: int, compartments: int) -> Decimal:
    """Let usage exist in the sandbox; returns its total cost."""
    chance, total = random.Random(7), Decimal(0)
    for n in range(days):
        lines: list[dict[str, Any]] = []
        for service in range(services):
            for compartment in range(compartments):
                cost = Decimal(chance.randrange(1, 10**7)) / 10**4
                total += cost
                lines.append(
                    {
                        "day": str(_FIRST + timedelta(days=n)),
                        "cost": str(cost),
                        "quantity": "24",
                        "currency": "EUR",
                        "unit": "HOURS",
                        "service": f"SERVICE_{service}",
                        "compartmentId": f"ocid1.compartment.oc1..{compartment}",
                        "region": "eu-frankfurt-1",
                    }
                )
        post(url, "usage", lines)
    return total
