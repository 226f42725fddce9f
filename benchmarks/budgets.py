"""Claim: budgets and their rules become exactly what is wanted, wherever a run is cut off, and a repeat does nothing twice."""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from assets.finops import tables
from assets.finops.logic.budgets.desired import RULES
from assets.finops.logic.budgets.plan import ALL
from assets.journal import Journal
from benchmarks.outcome import Target, finish
from benchmarks.sandbox import post, started
from jobs.budget_changes import Wanted, apply, planned, settle
from resources.budgets import AlertRule, Budget
from resources.errors import TransientError
from resources.lake import Lake
from resources.oci.budgets import OciBudgets
from resources.oci.clients import OciClients

_REGION = "eu-frankfurt-1"
_BY_HAND = 20
_A_DAY = 25 * 3600
"""Longer than the service knows a retry token, in seconds."""
_FAULTS = ("drop_after", "drop")


@dataclass(frozen=True)
class Cloud:
    """An embedded cloud in a process of its own, and our budgets in it.

    Attributes:
        url: Its address.
        folder: Where its credentials are, and the journal.
        budgets: Ours, asked without a repeat of any call, so that a fault ends a run.
        client: The SDK's own, which sees all budgets.
        tenancy: Whose they are.
    """

    url: str
    folder: Path
    budgets: OciBudgets
    client: Any
    tenancy: str

    @classmethod
    def at(cls, url: str, folder: Path) -> "Cloud":
        """The cloud at an address."""
        import oci

        clients = OciClients(config_file=f"{folder}/oci_config", endpoint=url, max_attempts=1, breaker_failures=0)
        config = oci.config.from_file(str(folder / "oci_config"))
        client = oci.budget.BudgetClient(config, service_endpoint=f"{url}/{_REGION}/budget")
        return cls(url, folder, OciBudgets(clients=clients), client, config["tenancy"])

    def reconcile(self, wanted: Sequence[Budget], name: str) -> int:
        """What the job does; returns how many steps were done. Raises TransientError if it was cut off."""
        journal = Journal(Lake(root=str(self.folder / "lake" / name)), tables.JOURNAL, name, "benchmark")
        actual = self.budgets.managed()
        plan = planned(self.budgets, Wanted(wanted), actual)
        settle(self.budgets, journal, actual, _now())
        return len(apply(self.budgets, plan, journal, _now, [ALL]).done)

    def make_by_hand(self) -> None:
        """Budgets of people, for targets that we have budgets for as well."""
        from oci.budget import models

        for number in range(_BY_HAND):
            details = models.CreateBudgetDetails(
                compartment_id=self.tenancy, amount=7, reset_period="MONTHLY", targets=[_target(number)], display_name="by hand"
            )
            made = self.client.create_budget(details).data
            rule = models.CreateAlertRuleDetails(type="ACTUAL", threshold=50, threshold_type="PERCENTAGE", recipients="")
            self.client.create_alert_rule(made.id, rule)

    def everything(self) -> list[tuple[Any, ...]]:
        """All budgets and their rules as the service describes them, ours or not."""
        import oci

        listed = oci.pagination.list_call_get_all_results(
            self.client.list_budgets, self.tenancy, target_type="ALL", limit=1000
        ).data
        return sorted(
            (
                budget.targets[0],
                budget.display_name,
                budget.amount,
                budget.alert_rule_count,
                tuple(
                    sorted((r.type, r.threshold, r.recipients, r.message) for r in self.client.list_alert_rules(budget.id).data)
                ),
            )
            for budget in listed
        )

    def is_exactly(self, wanted: Sequence[Budget]) -> bool:
        """Whether our budgets are those that are wanted, each once, and those made by hand as they were."""
        ours = [
            (
                b.target,
                self.budgets.fitted(b).name,
                float(b.amount),
                len(b.rules),
                tuple(sorted((r.kind, float(r.threshold_percent), ",".join(r.recipients), r.message) for r in b.rules)),
            )
            for b in wanted
        ]
        hand = [(_target(n), "by hand", 7.0, 1, (("ACTUAL", 50.0, "", ""),)) for n in range(_BY_HAND)]
        return self.everything() == sorted([*ours, *hand])


def main(argv: list[str]) -> int:
    """Many budgets brought to what is wanted; then few, with the connection lost at each call in turn, and run again."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks budgets", description=__doc__)
    parser.add_argument("--budgets", type=int, default=500)
    parser.add_argument("--crash-budgets", type=int, default=12)
    arguments = parser.parse_args(argv)
    metrics = {**_at_once(arguments.budgets), **_cut_off(arguments.crash_budgets)}
    targets = {
        "budgets": Target(equals=arguments.budgets),
        "rules": Target(equals=arguments.budgets * len(RULES)),
        "exact": Target(equals=True),
        "changes_of_the_second_run": Target(equals=0),
        "crash_points": Target(at_least=1),
        "exact_after_every_crash": Target(equals=True),
    }
    return finish("budgets", metrics, targets)


def _at_once(number: int) -> dict[str, object]:
    """From a fifth of the budgets, half of them outdated and half for targets that are gone, to all of them."""
    with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as (url, _):
        cloud = Cloud.at(url, Path(folder))
        cloud.make_by_hand()
        tenth = number // 10
        cloud.reconcile(_wanted(range(-tenth, tenth), changed=True), "before")
        wanted = _wanted(range(number))
        begun = time.perf_counter()
        done = cloud.reconcile(wanted, "at-once")
        seconds = time.perf_counter() - begun
        begun = time.perf_counter()
        again = cloud.reconcile(wanted, "again")
        return {
            "budgets": len(cloud.budgets.managed()),
            "rules": sum(len(budget.rules) for budget in cloud.budgets.managed()),
            "exact": cloud.is_exactly(wanted),
            "changes": done,
            "changes_of_the_second_run": again,
            "seconds": seconds,
            "seconds_of_the_second_run": time.perf_counter() - begun,
        }


def _cut_off(number: int) -> dict[str, object]:
    """There and back between two sets of budgets, which share two thirds, cut off one call later each time.

    On the way there the call that is cut off is still done, and its answer lost; on the way back it is not done.
    """
    third = number // 3
    there, back = _wanted(range(third, number + third), changed=True), _wanted(range(number))
    points, exact, begun = 0, True, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as (url, _):
        cloud = Cloud.at(url, Path(folder))
        cloud.make_by_hand()
        cloud.reconcile(back, "begin")
        whole = [False, False]
        call = 0
        while not all(whole):
            for way, (kind, wanted) in enumerate(zip(_FAULTS, (there, back), strict=True)):
                cut = _one_crash(cloud, kind, call, wanted)
                whole[way] = not cut
                points += cut
                exact = exact and cloud.is_exactly(wanted)
            call += 1
    return {"crash_points": points, "exact_after_every_crash": exact, "seconds_of_crashes": time.perf_counter() - begun}


def _one_crash(cloud: Cloud, kind: str, call: int, wanted: Sequence[Budget]) -> bool:
    """Lose the connection at a call, and run again; returns whether there was such a call."""
    post(cloud.url, "clock", {"advance": _A_DAY})
    name = f"{kind}-{call}"
    struck = post(cloud.url, "faults", {"kind": kind, "service": "budget", "after": call, "times": 1})["struck"]
    try:
        cloud.reconcile(wanted, name)
    except TransientError:
        _forget_faults(cloud.url)
        cloud.reconcile(wanted, name)
        return True
    met = bool(post(cloud.url, "faults", None)["struck"] > struck)
    _forget_faults(cloud.url)
    if met:
        raise RuntimeError(f"call {call} was cut off ({kind}), and the run went on as if it had not been")
    return False


def _forget_faults(url: str) -> None:
    import requests

    requests.delete(f"{url}/sandbox/faults", timeout=60).raise_for_status()


def _wanted(numbers: range, *, changed: bool = False) -> list[Budget]:
    """Budgets for made-up compartments; `changed` is another amount and another threshold."""
    more = Decimal(5) if changed else Decimal(0)
    rules = tuple(
        AlertRule(kind, percent + (more if percent == RULES[0][1] else 0), ("finops@example.com",), "A budget is nearly spent.")
        for kind, percent in RULES
    )
    return [
        Budget("oci", "compartment", _target(n), f"compartment {n}", Decimal(1000 + n) + more, "EUR", tuple(sorted(rules)))
        for n in numbers
    ]


def _target(number: int) -> str:
    return f"ocid1.compartment.oc1..aaaa{number + 100_000}"


def _now() -> datetime:
    return datetime.now(UTC)
