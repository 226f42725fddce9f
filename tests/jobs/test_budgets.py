"""The job that keeps budgets, against both embedded clouds over HTTP: planned, applied, cut off anywhere, run again."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import oci
import polars as pl
import pytest
from botocore.exceptions import ConnectionClosedError

from assets.finops import tables
from assets.finops.logic.budgets.plan import as_json
from assets.journal import BEGUN, Change, Journal
from jobs.budget_changes import Wanted, apply, planned, settle
from jobs.budgets import BudgetsConfig, finops_budgets, plan_for
from resources.aws.budgets import AwsBudgets
from resources.aws.clients import AwsClients
from resources.budgets import AlertRule, Budget, BudgetService, NotConfigured
from resources.clock import Clock
from resources.errors import BadInput, Denied, Unavailable
from resources.lake import Lake
from resources.oci.budgets import OciBudgets
from resources.oci.clients import OciClients
from sandbox.oci.services import identity
from tests.aws_budgets import aws
from tests.sandboxes import Sandbox, running

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
ORIGIN = date(2026, 11, 15)
ACCOUNT = "111122223333"
APPLY = {"mode": "apply", "recipients": ["finops@example.com"]}


@dataclass
class World:
    """Both clouds, the lake with a forecast, and the job."""

    sandbox: Sandbox
    lake: Lake
    oci_budgets: BudgetService
    aws_budgets: BudgetService
    prod: str
    dev: str

    def run(self, now: datetime = NOW, **config: Any) -> dg.ExecuteInProcessResult:
        return finops_budgets.execute_in_process(
            resources={
                "lake": self.lake,
                "clock": Clock(fixed_at=now.isoformat()),
                "oci_budgets": self.oci_budgets,
                "aws_budgets": self.aws_budgets,
            },
            run_config={"ops": {"reconcile_budgets": {"config": config}}},
            raise_on_error=False,
        )

    def told(self, **config: Any) -> dict[str, Any]:
        """Metadata of a run that succeeded."""
        result = self.run(**config)
        assert result.success
        (output,) = [e for e in result.all_events if e.event_type == dg.DagsterEventType.STEP_OUTPUT]
        return {name: value.value for name, value in output.step_output_data.metadata.items()}

    def why_failed(self, **config: Any) -> str:
        result = self.run(**config)
        assert not result.success
        return str(result.failure_data_for_node("reconcile_budgets"))

    def once(self) -> None:
        """What the job does in Oracle's cloud, without its repeats."""
        journal, clock = Journal(self.lake, tables.JOURNAL, "run", "ann"), Clock(fixed_at=NOW.isoformat())
        plan, actual = plan_for(self.oci_budgets, BudgetsConfig(**APPLY), self.lake, journal, clock)
        settle(self.oci_budgets, journal, actual, NOW)
        apply(self.oci_budgets, plan, journal, clock.now)

    def managed(self) -> list[Budget]:
        return [*self.oci_budgets.managed(), *self.aws_budgets.managed()]

    def amounts(self) -> dict[str, Decimal]:
        return {budget.target: budget.amount for budget in self.managed()}

    def forecast(self, currency: str = "EUR", **uppers: str) -> None:
        """Let a new forecast be all that there is: upper bound of the next 30 days by `prod`, `dev` and `account`."""
        rows = [
            ("Oracle", self.prod, currency, uppers.get("prod", "1000")),
            ("Oracle", self.dev, currency, uppers.get("dev", "100")),
            ("AWS", ACCOUNT, "USD", uppers.get("account", "500")),
        ]
        known = [row for row in rows if row[3] != "gone"]
        quality = [
            {
                "origin": ORIGIN, "level": "series", "ProviderName": provider, "SubAccountId": i, "ServiceName": "COMPUTE",
                "BillingCurrency": currency, "status": "ok", "recent_cost": Decimal(10), "sum_point": Decimal(1),
                "sum_upper_80": Decimal(upper) if upper != "unknown" else None,
            }
            for provider, i, currency, upper in known
        ]  # fmt: skip
        days = [{"origin": ORIGIN, "level": "series", "x_charge_date": ORIGIN + timedelta(days=n + 1)} for n in range(30)]
        self.lake.replace(tables.FORECAST_QUALITY, pl.DataFrame(quality, schema=tables.FORECAST_QUALITY.schema), where=None)
        self.lake.replace(tables.COST_FORECASTS, pl.DataFrame(days, schema=tables.COST_FORECASTS.schema), where=None)

    def journal(self) -> list[tuple[str, str, str]]:
        """Operation, kind of subject and outcome, in the order in which they were written."""
        rows = self.lake.scan(tables.JOURNAL).sort("at", maintain_order=True).collect()
        return [(r["operation"], r["subject"].partition(":")[0], r["outcome"]) for r in rows.to_dicts()]

    def everything(self) -> list[dict[str, Any]]:
        client = self.sandbox.client(oci.budget.BudgetClient, "budget")
        listed = client.list_budgets(self.sandbox.tenancy, target_type="ALL", limit=1000).data
        return [{"budget": oci.util.to_dict(b), "rules": len(client.list_alert_rules(b.id).data)} for b in listed]


@pytest.fixture(scope="module")
def amazon() -> Iterator[str]:
    with aws() as endpoint:
        yield endpoint


@pytest.fixture
def world(tmp_path: Path, amazon: str) -> Iterator[World]:
    from moto.budgets.models import budgets_backends

    budgets_backends.reset()
    with running(tmp_path / "cloud") as sandbox:
        store = sandbox.cloud.store
        prod, dev = (identity.add_compartment(store, sandbox.tenancy, name)["id"] for name in ("prod", "dev"))
        made = World(
            sandbox,
            Lake(root=str(tmp_path / "lake")),
            OciBudgets(clients=OciClients(endpoint=sandbox.url, config_file=sandbox.config_file, max_attempts=1)),
            AwsBudgets(
                clients=AwsClients(
                    endpoint_url=amazon, region="us-east-1", access_key_id="test", secret_access_key="test", max_attempts=1
                )
            ),
            prod,
            dev,
        )
        made.forecast()
        yield made


def month(upper: str) -> Decimal:
    """The budget for an upper bound of 30 days: a month of 365/12 days × 1.1, in whole units."""
    return (Decimal(upper) * 365 / 12 / 30 * Decimal("1.1")).to_integral_value("ROUND_UP")


def test_a_plan_is_printed_and_nothing_is_done(world):
    told = world.told()

    assert (told["mode"], told["oci_create"]) == ("plan", 2)
    assert world.prod in told["oci_plan"]
    assert [s["operation"] for s in told["oci_plan_json"]["steps"]] == ["create", "create"]
    assert world.managed() == []
    assert world.journal() == []


def test_budgets_with_three_rules_come_into_being_in_both_clouds(world):
    world.told(**APPLY)

    assert world.amounts() == {world.prod: month("1000"), world.dev: month("100"), ACCOUNT: month("500")}
    for budget in world.managed():
        assert [(r.kind, r.threshold_percent, r.recipients) for r in budget.rules] == [
            ("ACTUAL", 70, ("finops@example.com",)),
            ("ACTUAL", 90, ("finops@example.com",)),
            ("FORECAST", 100, ("finops@example.com",)),
        ]
    assert "70 % of the month's budget has been spent" in world.managed()[0].rules[0].message


def test_the_same_run_twice_changes_nothing(world):
    world.told(**APPLY)
    before, journal = world.everything(), world.journal()

    told = world.told(**APPLY)

    assert (told["oci_leave"], told["aws_leave"], told["oci_done"], told["aws_done"]) == (2, 1, 0, 0)
    assert world.everything() == before
    assert world.journal() == journal


def test_the_journal_says_who_what_before_after_why_and_how_it_ended(world):
    world.told(**APPLY, by="ann")
    world.forecast(prod="2000")
    world.told(**APPLY, by="ann")

    rows = world.lake.scan(tables.JOURNAL).collect().filter(pl.col("operation") == "update budget").sort("outcome").to_dicts()

    assert [row["outcome"] for row in rows] == ["begun", "done"]
    for row in rows:
        assert (row["by"], row["system"], row["subject"]) == ("ann", "oci", f"compartment:{world.prod}")
        assert json.loads(row["before"])["amount"] == str(month("1000"))
        assert json.loads(row["after"])["amount"] == str(month("2000"))
        assert "upper 80 % bound" in row["reason"]
    assert rows[0]["change_id"] == rows[1]["change_id"]


def test_a_budget_follows_the_forecast_no_faster_than_it_may_in_a_month(world):
    world.told(**APPLY)
    limits = [{"most_up_percent": 20}]
    for upper in ("2000", "4000"):
        world.forecast(prod=upper)
        world.told(**APPLY, limits=limits)

    assert world.amounts()[world.prod] == (month("1000") * Decimal("1.2")).to_integral_value("ROUND_DOWN")


def test_a_rise_that_was_cut_off_counts_as_one_of_the_month(world):
    world.told(now=NOW - timedelta(days=31), **APPLY)
    world.forecast(prod="4000")
    limits = [{"most_up_percent": 20}]
    # the cloud did it, and the run was killed before it could say so
    journal, clock = Journal(world.lake, tables.JOURNAL, "killed", "ann"), Clock(fixed_at=NOW.isoformat())
    plan, _ = plan_for(world.oci_budgets, BudgetsConfig(**APPLY, limits=limits), world.lake, journal, clock)
    (step,) = plan.changes
    before, after = as_json(step.before), as_json(step.after)
    journal.begin([Change("oci", "update budget", step.budget.key, before, after, step.reason)], NOW)
    world.oci_budgets.update(step.before, step.after)
    risen = world.amounts()[world.prod]

    world.told(**APPLY, limits=limits)

    assert world.amounts()[world.prod] == risen == (month("1000") * Decimal("1.2")).to_integral_value("ROUND_DOWN")


def test_amounts_of_two_currencies_are_never_compared(world):
    world.told(**APPLY)
    was = world.amounts()
    world.forecast(prod="1005", dev="1000", currency="USD")

    world.told(**APPLY, limits=[{"most_up_percent": 20}, {"target": world.prod, "freeze": True}])

    now = {budget.target: (budget.amount, budget.currency) for budget in world.oci_budgets.managed()}
    assert now == {world.prod: (was[world.prod], "EUR"), world.dev: (month("1000"), "USD")}


def test_budgets_stay_while_the_forecast_is_about_nothing_of_their_cloud(world):
    world.told(**APPLY)
    before = world.amounts()
    world.forecast(prod="gone", dev="gone")

    told = world.told(**APPLY, confirm_retire=["all"])

    assert world.amounts() == before
    assert (told["oci_retire"], told["oci_unknown"]) == (0, 2)
    assert "about nothing of this cloud" in told["oci_plan"]


def test_one_budget_is_frozen_and_another_has_a_ceiling(world):
    world.told(**APPLY)
    world.forecast(prod="2000", dev="2000", account="2000")

    world.told(**APPLY, limits=[{"target": world.prod, "freeze": True}, {"ceiling": 700}])

    assert world.amounts() == {world.prod: month("1000"), world.dev: 700, ACCOUNT: 700}


def test_a_limit_for_a_target_that_is_not_there_is_an_error_before_anything_is_done(world):
    said = world.why_failed(**APPLY, limits=[{"target": "prdo", "freeze": True}])

    assert "limits for prdo, but no such target" in said
    assert world.managed() == []


def test_where_the_forecast_is_unknown_there_is_no_budget_and_the_plan_says_why(world):
    world.forecast(dev="unknown")

    told = world.told(**APPLY)

    assert world.dev not in world.amounts()
    assert "the forecast is unknown: 1 series has no forecast" in told["oci_plan"]


def test_a_budget_stays_when_its_forecast_becomes_unknown_or_there_is_none_at_all(world):
    world.told(**APPLY)
    before = world.amounts()
    world.forecast(dev="unknown")
    world.told(**APPLY, confirm_retire=["all"])
    for table in (tables.FORECAST_QUALITY, tables.COST_FORECASTS):
        world.lake.replace(table, pl.DataFrame(schema=table.schema), where=None)

    told = world.told(**APPLY, confirm_retire=["all"])

    assert world.amounts() == before
    assert "there is no forecast yet" in told["oci_plan"]


def test_what_is_no_longer_wanted_goes_only_when_that_is_confirmed(world):
    world.told(**APPLY)
    world.forecast(dev="gone")

    held = world.told(**APPLY)
    assert (held["oci_held"], world.dev in world.amounts()) == (1, True)
    told = world.told(**APPLY, confirm_retire=[f"compartment:{world.dev}"])

    assert (told["oci_done"], world.dev in world.amounts()) == (1, False)
    retired = [row for row in world.journal() if row[0] == "retire budget"]
    assert sorted(retired) == [("retire budget", "compartment", "begun"), ("retire budget", "compartment", "done")]


def test_a_budget_made_by_hand_is_neither_counted_nor_touched(world):
    client = world.sandbox.client(oci.budget.BudgetClient, "budget")
    details = oci.budget.models.CreateBudgetDetails(
        compartment_id=world.sandbox.tenancy, amount=7, reset_period="MONTHLY", targets=[world.prod], display_name="by hand"
    )
    by_hand = client.create_budget(details).data
    before = client.get_budget(by_hand.id)

    world.told(**APPLY)
    world.forecast(prod="gone", dev="gone", account="gone")
    world.told(**APPLY, confirm_retire=["all"])

    after = client.get_budget(by_hand.id)
    assert (after.data, after.headers["etag"]) == (before.data, before.headers["etag"])


def test_nothing_is_applied_if_nobody_would_be_told(world):
    assert "Give `recipients`" in world.why_failed(mode="apply")
    assert world.managed() == []


def test_a_topic_alone_is_not_enough_where_oracle_would_tell_nobody(world):
    topic = "arn:aws:sns:us-east-1:111122223333:alerts"

    assert "nobody would be told by the alerts of oci" in world.why_failed(mode="apply", topic=topic)
    assert world.managed() == []

    world.told(mode="apply", topic=topic, every_compartment=False)
    assert list(world.amounts()) == [ACCOUNT]


def test_tags_and_services_have_budgets_where_they_are_asked_for(world):
    targets = [
        {"system": "oci", "kind": "tag", "target": "cost.team.blue", "services": ["COMPUTE"]},
        {"system": "oci", "kind": "tag", "target": "cost.team.red"},
        {"system": "aws", "kind": "service", "target": "COMPUTE"},
        {"system": "aws", "kind": "tag", "target": "team$blue", "amount": 12.5, "currency": "USD"},
    ]

    told = world.told(**APPLY, targets=targets, every_compartment=False, every_account=False)

    assert world.amounts() == {"cost.team.blue": month("1100"), "COMPUTE": month("500"), "team$blue": Decimal("12.50")}
    assert "costs are not forecast by tag" in told["oci_plan"]


def test_a_target_that_a_cloud_does_not_have_is_named_and_the_others_are_done(world):
    said = world.why_failed(**APPLY, targets=[{"system": "oci", "kind": "service", "target": "COMPUTE"}])

    assert "OCI has no budgets for a service" in said
    assert world.prod in world.amounts()


def test_a_compartment_counts_the_costs_of_those_below_it(world):
    below = identity.add_compartment(world.sandbox.cloud.store, world.prod, "below")["id"]
    world.dev = below
    world.forecast()

    world.told(**APPLY)

    assert (world.amounts()[world.prod], world.amounts()[below]) == (month("1100"), month("100"))


def test_a_cloud_that_is_not_configured_is_left_out_and_that_is_said(world):
    world.oci_budgets = NotConfigured(of_system="oci", advice="Set CLOUDOPS_OCI_TENANCY.")

    told = world.told(**APPLY)

    assert told["oci_plan"] == "not configured: Set CLOUDOPS_OCI_TENANCY."
    assert list(world.amounts()) == [ACCOUNT]


def test_a_missing_permission_stops_the_run_with_the_policy_that_is_missing(world):
    world.sandbox.fault("denied", service="budget")

    assert "to manage usage-budgets in tenancy" in world.why_failed(**APPLY) or "read usage-budgets" in world.why_failed(**APPLY)
    assert world.aws_budgets.managed() == []


def test_a_rule_that_was_lost_and_one_that_is_too_many_are_put_right(world):
    world.told(**APPLY)
    client = world.sandbox.client(oci.budget.BudgetClient, "budget")
    first, second = (b.reference for b in world.oci_budgets.managed())
    client.delete_alert_rule(first, client.list_alert_rules(first).data[0].id)
    tags = {"managed-by": "cloudops"}
    more = oci.budget.models.CreateAlertRuleDetails(type="ACTUAL", threshold=1, threshold_type="PERCENTAGE", freeform_tags=tags)
    client.create_alert_rule(second, more)

    told = world.told(**APPLY)

    assert told["oci_done"] == 2
    assert [row["rules"] for row in world.everything()] == [3, 3]


def test_cut_off_after_any_call_to_oracle_and_run_again_it_ends_as_if_it_had_not_been(world):
    points = 0
    while True:
        for budget in world.oci_budgets.managed():
            world.oci_budgets.retire(budget)
        world.sandbox.advance(25 * 3600)  # retry tokens of the round before are forgotten
        world.sandbox.fault("drop_after", service="budget", after=points, times=1)
        cut_off = False
        try:
            world.once()
        except Unavailable:
            cut_off = True
        (fault,) = world.sandbox.cloud.faults.asked
        world.sandbox.cloud.faults.asked.clear()
        if fault.times:
            break
        assert cut_off, points
        world.once()
        assert world.amounts() == {world.prod: month("1000"), world.dev: month("100")}, points
        assert [row["rules"] for row in world.everything()] == [3, 3], points
        points += 1
    assert not cut_off
    assert points > 10


def lose_a_connection(client: Any, event: str, after: int) -> Callable[[], bool]:
    """Let boto3 lose its connection at the next change but so many, before it sends (`before-call`) or after (`after-call`).

    Returns: Whether that has happened, asked for when it is over.
    """
    spared = [after]

    def happen(model: Any, **_: Any) -> None:
        spared[0] -= model.name.startswith(("Create", "Update", "Delete"))
        if spared[0] == -1:
            spared[0] = -2
            raise ConnectionClosedError(endpoint_url="budgets")

    client.meta.events.register(f"{event}.budgets", happen)

    def over() -> bool:
        client.meta.events.unregister(f"{event}.budgets", happen)
        return spared[0] < 0

    return over


def test_cut_off_at_any_change_to_aws_and_run_again_it_ends_as_if_it_had_not_been(world, tmp_path):
    service = world.aws_budgets
    client = service.clients.client("budgets")

    def wanted(numbers: range, amount: int, *rules: tuple[int, str]) -> list[Budget]:
        alerts = tuple(AlertRule("ACTUAL", Decimal(percent), (f"{who}@example.com",)) for percent, who in rules)
        return [service.fitted(Budget("aws", "account", f"11112222333{n}", "", Decimal(amount), "USD", alerts)) for n in numbers]

    def once(goal: list[Budget], name: str) -> None:
        journal = Journal(Lake(root=str(tmp_path / name)), tables.JOURNAL, "run", "ann")
        apply(service, planned(service, Wanted(goal), service.managed()), journal, lambda: NOW, ["all"])

    there, back = wanted(range(1, 3), 200, (70, "ann"), (80, "bob")), wanted(range(2), 100, (70, "bob"), (90, "bob"))
    once(back, "begin")
    points, met = 0, True
    while met:
        for event, goal in (("after-call", there), ("before-call", back)):
            over = lose_a_connection(client, event, points)
            with suppress(Unavailable):
                once(goal, f"{event}-{points}")
            met = over() and met
            once(goal, f"{event}-{points}")
            assert service.managed() == goal, points
        points += met
    assert points == 7  # one budget made, one deleted; of the third amount, subscribers (2) and notifications (2)


def test_changes_that_were_cut_off_are_settled_in_the_journal_by_the_next_run(world):
    world.told(**APPLY)
    (lost,) = world.aws_budgets.managed()
    after = json.loads(world.lake.scan(tables.JOURNAL).filter(pl.col("system") == "aws").collect()["after"].item(0))
    journal = Journal(world.lake, tables.JOURNAL, "killed", "ann")
    subject = lost.key
    changes = [
        Change("aws", "create budget", subject, None, after, "why"),
        Change("aws", "update budget", subject, after, {**after, "amount": "1"}, "why"),
    ]
    journal.begin(changes, NOW)

    world.told(**APPLY)

    ended = world.lake.scan(tables.JOURNAL).filter(pl.col("outcome").str.starts_with("found")).sort("operation").collect()
    assert ended.select("operation", "outcome").rows() == [("create budget", "found done"), ("update budget", "found undone")]
    assert journal.cut_off("aws", ["create budget", "update budget"]) == []


def test_what_a_cloud_refuses_is_in_the_journal_with_what_to_do_and_does_not_stop_the_others(world):
    world.sandbox.fault("status", service="budget", operation="create_budget", status=400, code="InvalidParameter", times=1)

    said = world.why_failed(**APPLY)

    assert "InvalidParameter" in said
    assert len(world.oci_budgets.managed()) == 1
    failed = [outcome for _, _, outcome in world.journal() if outcome.startswith("failed")]
    assert len(failed) == 1
    assert "Correct the request" in failed[0]


def test_a_cloud_that_does_not_answer_leaves_the_rest_untried_and_the_journal_complete(world):
    world.sandbox.fault("status", service="budget", operation="create_budget", status=503, times=1)

    with pytest.raises(Unavailable):
        world.once()

    outcomes = [outcome.partition(":")[0] for _, _, outcome in world.journal() if outcome != BEGUN]
    assert sorted(outcomes) == ["failed", "not tried"]


def test_secrets_are_in_no_message():
    with pytest.raises((Denied, BadInput)) as error:
        AwsClients(region="us-east-1", profile="not-there", secret_access_key="s3cr3t").client("budgets")

    assert "s3cr3t" not in str(error.value)
