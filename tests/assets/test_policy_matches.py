"""The asset of policy matches on real bills, a real lake, and policies that people put into a real store."""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg
import polars as pl
import pytest

from assets.finops.policy_matches import policy_matches
from assets.finops.resource_efficiency import resource_efficiency
from assets.finops.tables import POLICY_MATCHES, RESOURCE_UTILISATION
from resources.object_store import LocalObjectStore
from tests.billing_files import deliver, focus_csv, focus_row
from tests.small_bills import Deployment, checks, day_cells, deployed, materialized

FIRST = date(2026, 1, 5)
DAYS = 40
DEAR = """\
name: dear
description: What costs more than a hundred.
mode: advisory
filters: [{cost_30d: {above: 100}}]
actions: [notify]
tests:
  - {name: a dear one, resource: {cost_30d: 101}, expect: match}
"""
CALM = """\
name: calm
description: A quiet week.
mode: advisory
filters: [{metric: {name: cpu, statistic: p95, days: 7, below: 10}}]
actions: [notify]
tests:
  - {name: nothing is known, resource: {}, expect: unknown, clause: metric}
"""


@pytest.fixture
def deployment(tmp_path) -> Iterator[Deployment]:
    with deployed(tmp_path) as deployment:
        yield deployment


def line(day: date, resource: str, cost: str, quantity: str, tags: str) -> dict[str, str]:
    cells = {
        "ResourceId": resource,
        "ServiceName": "Amazon Elastic Compute Cloud",
        "BilledCost": cost,
        "EffectiveCost": cost,
        "PricingQuantity": quantity,
        "PricingUnit": "Hrs",
        "Tags": tags,
    }
    return focus_row(**cells, **day_cells(day))


def bill(deployment: Deployment, days: int = DAYS, *, used: bool = False) -> None:
    """A machine that is never used, and one that is, up to a day."""
    hours = "24" if used else "0"
    lines = []
    for day in (FIRST + timedelta(days=n) for n in range(days)):
        lines.append(line(day, "i-unused", "1.5", hours, '{"team": "shop"}'))
        lines.append(line(day, "i-used", "5.52", "24", '{"Name": "web"}'))
    deliver(deployment.bills, "aws.csv", focus_csv(*lines))
    deployment.intake()
    deployment.days(FIRST, FIRST + timedelta(days=days - 1))


def match(deployment: Deployment) -> dg.ExecuteInProcessResult:
    store = LocalObjectStore(root=str(deployment.folder / "inputs"), read_only=True)
    resources = {"lake": deployment.lake, "inputs_store": store}
    return dg.materialize([resource_efficiency, policy_matches], instance=deployment.instance, resources=resources)


def supply(deployment: Deployment, name: str, text: str) -> None:
    LocalObjectStore(root=str(deployment.folder / "inputs")).put(f"finops/policies/{name}", text.encode())


def states(deployment: Deployment) -> dict[tuple[str, str], str]:
    return {(row["policy"], row["ResourceId"]): row["state"] for row in deployment.rows(POLICY_MATCHES)}


def test_bills_are_matched_by_the_shipped_policies_with_their_reasons_and_what_is_at_stake(deployment):
    bill(deployment)

    result = match(deployment)

    assert all(checks(result).values())
    rows = {(row["policy"], row["ResourceId"]): row for row in deployment.rows(POLICY_MATCHES)}
    unused = rows["unused-resources", "i-unused"]
    assert (unused["mode"], unused["state"], unused["cost_30d"]) == ("propose", "new", 45)
    assert [action["action"] for action in unused["actions"]] == ["notify", "stop"]
    assert {reason["clause"]: reason["value"] for reason in unused["explanation"]} == {
        "filters[1].cost_30d": "45 USD",
        "filters[2].age_days": "at least 38",
        "filters[3].state": "idle",
    }
    assert unused["dependants_unknown"] == ["attached to", "member of", "charged to budget"]
    assert ("untagged-spend", "i-used") in rows
    assert ("untagged-spend", "i-unused") not in rows
    (event,) = result.asset_materializations_for_node("finops__policy_matches")
    assert "| unused-resources | propose | USD | 1 | 45.00 |" in event.metadata["blast_radius"].value


def test_a_rerun_gives_an_equal_table(deployment):
    bill(deployment)
    match(deployment)
    before = deployment.rows(POLICY_MATCHES)

    match(deployment)

    assert deployment.rows(POLICY_MATCHES) == before != []


def test_a_match_goes_on_from_day_to_day_and_ends_when_the_resource_is_used(deployment):
    bill(deployment)
    match(deployment)
    bill(deployment, DAYS + 1)
    match(deployment)
    assert states(deployment)["unused-resources", "i-unused"] == "continuing"

    bill(deployment, DAYS + 2, used=True)
    match(deployment)

    (row,) = (r for r in deployment.rows(POLICY_MATCHES) if r["policy"] == "unused-resources")
    as_of = FIRST + timedelta(days=DAYS + 1 - 2)
    assert (row["state"], row["ended_at"], row["first_matched"]) == ("ended", as_of, as_of - timedelta(days=2))


def test_a_policy_of_ones_own_is_in_force_beside_the_shipped_ones(deployment):
    bill(deployment)
    supply(deployment, "dear.yaml", DEAR)

    match(deployment)

    (row,) = (r for r in deployment.rows(POLICY_MATCHES) if r["policy"] == "dear")
    assert (row["ResourceId"], row["policy_file"]) == ("i-used", "finops/policies/dear.yaml")
    assert ("unused-resources", "i-unused") in states(deployment)


def test_a_bad_policy_is_quarantined_with_its_reason_and_holds_up_no_other(deployment):
    bill(deployment)
    supply(deployment, "bad.yaml", DEAR.replace("cost_30d: {above", "cost_30: {above"))
    supply(deployment, "readme.txt", "not a policy")

    result = match(deployment)

    assert result.success
    assert checks(result) == {"policy_matches: every_policy_is_valid": False, "policy_matches: policies_pass_their_tests": True}
    (check,) = (c for c in result.get_asset_check_evaluations() if not c.passed)
    assert (
        "finops/policies/bad.yaml, line 4: filters[1].cost_30: is not known; did you mean cost_30d?"
        in check.metadata["files"].value
    )
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert ("unused-resources", "i-unused") in states(deployment)


def test_matches_of_a_policy_that_was_broken_since_are_unknown_and_not_ended(deployment):
    bill(deployment)
    supply(deployment, "dear.yaml", DEAR)
    match(deployment)
    supply(deployment, "dear.yaml", DEAR.replace("cost_30d: 101", "cost_30d: 99"))

    result = match(deployment)

    assert not checks(result)["policy_matches: policies_pass_their_tests"]
    assert states(deployment)["dear", "i-used"] == "unknown"


def test_without_bills_nothing_matches(deployment):
    assert match(deployment).success
    assert deployment.rows(POLICY_MATCHES) == []


def test_an_inputs_store_that_cannot_be_listed_is_not_one_without_policies(deployment):
    (deployment.folder / "inputs").rmdir()

    with pytest.raises(dg.Failure, match="there is no folder"):
        match(deployment)


def test_the_overview_evaluates_policies_after_the_efficiency_that_they_look_at(deployment):
    bill(deployment)

    result = deployment.overview()

    assert result.success
    assert "policy_matches" in materialized(result)
    steps = [event.asset_key.path[-1] for event in result.get_asset_materialization_events() if event.asset_key]
    assert steps.index("policy_matches") > max(steps.index("resource_efficiency"), steps.index("cost_anomalies"))


def test_measured_use_is_asked_over_the_window_that_a_policy_names(deployment):
    bill(deployment)
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    use = {"ProviderName": "AWS", "ResourceId": "i-used", "cpu_mean": 2.0, "cpu_p95": 4.5, "cpu_datapoints": 24}
    rows = pl.DataFrame([{**use, "x_charge_date": day, "utilisation_status": "known"} for day in days])
    deployment.lake.replace(RESOURCE_UTILISATION, rows, where=None)
    supply(deployment, "calm.yaml", CALM)

    match(deployment)

    (row,) = (r for r in deployment.rows(POLICY_MATCHES) if r["policy"] == "calm")
    (reason,) = row["explanation"]
    assert (row["ResourceId"], reason["value"], reason["window_days"], reason["rows"]) == ("i-used", "4.5", 7, 7 * 24)
