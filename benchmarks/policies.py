"""Claim: policies over a large estate are evaluated, explained and measured for their blast radius in seconds."""

import argparse
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from statistics import median
from time import perf_counter

import numpy as np
import polars as pl

from assets.finops.logic.policies.blast import blast_radius, relations, with_dependants
from assets.finops.logic.policies.evaluate import evaluate
from assets.finops.logic.policies.inventory import PROVIDERS, SCHEMA
from assets.finops.logic.policies.library import taken
from assets.finops.logic.policies.schema import Policy, read_policy
from assets.finops.policy_files import shipped_files
from benchmarks.outcome import Target, finish

_AS_OF = date(2026, 10, 29)
_SERVICES = ("Virtual machines", "Relational database", "Block storage", "Object storage", "Functions", "Kubernetes")
_STATES = ("steady", "growing", "shrinking", "idle", "new", "ended", None)
_KINDS = ("spike", "rise", "new series", "drift")
_GENERATED = """
name: generated-{n}
description: One of many, generated.
mode: propose
resource:
  provider: {provider}
  service: ["{service}", Functions]
  tags: {{environment: "*"}}
filters:
  - cost_30d: {{above: {{USD: {cost}, EUR: {cost}}}}}
  - any:
      - state: [idle, growing]
      - metric: {{name: cpu, statistic: p95, days: 30, below: {cpu}}}
      - all:
          - trend_percent: {{above: {cpu}}}
          - not: {{tag: {{key: environment, equals: prod*}}}}
      - anomaly: {{direction: up, within_days: 30, impact: {{above: {cost}}}, impact_percent: {{above: 20}}}}
  - not: {{name: "keep-*"}}
actions: [notify, stop]
exclude: [{{resource: "i-*99", until: 2027-01-01, reason: they are known}}]
tests:
  - {{name: nothing is known of it, resource: {{}}, expect: unknown, clause: cost_30d}}
"""


def main(argv: list[str]) -> int:
    """The shipped policies and generated ones, evaluated over generated resources with every match explained."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks policies", description=__doc__)
    parser.add_argument("--resources", type=int, default=20_000)
    parser.add_argument("--policies", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args(argv)
    chosen, inventory = policies(arguments.policies), generated(arguments.resources)
    seconds = []
    for _ in range(arguments.repeats):
        begun = perf_counter()
        found = evaluate(chosen, inventory)
        matches = with_dependants(found.matches, relations(inventory))
        blast_radius(matches)
        seconds.append(perf_counter() - begun)
    metrics = {
        "seconds": median(seconds),
        "policies": len(chosen),
        "resources": len(inventory),
        "matches": len(matches),
        "explained": len(matches.filter(pl.col("explanation").list.len() > 0)),
        "unknown": len(found.unknown),
    }
    return finish("policies", metrics, {"seconds": Target(at_most=10), "explained": Target(equals=len(matches))})


def policies(number: int) -> list[Policy]:
    """The shipped policies, and generated ones up to the number."""
    shipped = list(taken(shipped_files()).policies.values())[:number]
    rest = range(number - len(shipped))
    return shipped + [
        read_policy(
            _GENERATED.format(
                n=n,
                provider=("aws", "oci", "[aws, oci]")[n % 3],
                service=_SERVICES[n % len(_SERVICES)],
                cost=20 + 15 * n,
                cpu=5 + 2 * n,
            ),
            f"generated-{n}.yaml",
        )
        for n in rest
    ]


def generated(number: int, seed: int = 0) -> pl.DataFrame:
    """An inventory on two clouds; a fifth of what policies ask for is unknown."""
    rng = np.random.default_rng(seed)

    def some(values: object) -> pl.Series:
        return pl.Series(np.asarray(values)).set(pl.Series(rng.random(number) < 0.2), None)

    aws = rng.random(number) < 0.5
    rows = pl.DataFrame(
        {
            "ProviderName": np.where(aws, PROVIDERS["aws"], PROVIDERS["oci"]),
            "SubAccountId": [f"account-{n:03}" for n in rng.integers(0, 200, number)],
            "ServiceName": rng.choice(_SERVICES, number),
            "RegionId": np.where(aws, "eu-central-1", "eu-frankfurt-1"),
            "BillingCurrency": np.where(aws, "USD", "EUR"),
            "ResourceId": [f"i-{n:08}" for n in range(number)],
            "ResourceName": [f"{prefix}-{n}" for n, prefix in enumerate(rng.choice(["web", "keep", "batch"], number))],
            "as_of": [_AS_OF] * number,
            "age_days": rng.integers(1, 400, number),
            "cost_30d": some(rng.lognormal(3.5, 1.5, number).round(4)),
            "cost_rows": rng.integers(1, 800, number),
            "trend_percent": some(rng.normal(0, 15, number)),
            "weekend_ratio": some(rng.uniform(0, 1.1, number)),
            "unit_price_change_percent": some(rng.normal(0, 5, number)),
            "state": rng.choice(np.array(_STATES, dtype=object), number),
        }
    )
    lists = pl.DataFrame(
        {
            "tags": _some_lists(rng, number, _tags),
            "metrics": _some_lists(rng, number, lambda n: [_metric(name, n) for name in ("cpu", "memory")]),
            "anomalies": [_anomalies(rng, n) for n in range(number)],
            "attached_to": [[] if n % 7 == 0 else None for n in range(number)],
        },
        schema={name: SCHEMA[name] for name in ("tags", "metrics", "anomalies", "attached_to")},
    )
    full = pl.concat([rows, lists], how="horizontal")
    candidates = pl.Series([["rightsizing"] if n % 11 == 0 else [] for n in range(number)], dtype=SCHEMA["candidates"])
    full = full.with_columns(candidates=candidates, x_comparable_service=pl.col("ServiceName"))
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in SCHEMA.items() if name not in full.columns]
    return full.with_columns(missing).select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())


def _some_lists(
    rng: np.random.Generator, number: int, make: Callable[[int], list[dict[str, object]]]
) -> list[list[dict[str, object]] | None]:
    return [None if unknown else make(n) for n, unknown in enumerate(rng.random(number) < 0.2)]


def _tags(n: int) -> list[dict[str, object]]:
    tags = {
        "environment": ("prod", "dev", "staging")[n % 3],
        "acme.team": f"team-{n % 40}",
        "eks:cluster-name": f"cluster-{n % 500}",
    }
    return [{"key": key, "value": value} for key, value in tags.items()]


def _metric(name: str, n: int) -> dict[str, object]:
    return {"metric": name, "statistic": "p95", "days": 30, "value": float(n * 7919 % 1000) / 10, "rows": 8640}


def _anomalies(rng: np.random.Generator, n: int) -> list[dict[str, object]]:
    if n % 10:
        return []
    return [
        {
            "episode_id": f"episode-{n}",
            "kind": _KINDS[n // 10 % len(_KINDS)],
            "direction": "up",
            "state": "open",
            "currency": "USD",
            "days_ago": n // 10 % 40,
            "days": 3,
            "impact": Decimal(int(rng.integers(1, 900))),
            "impact_percent": float(rng.uniform(0, 300)),
        }
    ]
