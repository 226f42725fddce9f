"""What every cloud's budgets promise, held against the embedded clouds over HTTP: one contract, two variants."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest

from resources.aws.budgets import AwsBudgets
from resources.aws.clients import AwsClients
from resources.budgets import AlertRule, Budget, BudgetService, NotConfigured
from resources.errors import BadInput, Conflict, NotFound
from resources.oci.budgets import OciBudgets
from resources.oci.clients import OciClients
from tests.aws_budgets import ACCOUNT, aws
from tests.sandboxes import running

MAILS = ("finops@example.com", "ops@example.com")


@dataclass(frozen=True)
class World:
    """A cloud with our budgets, and with a person in its console.

    Attributes:
        service: Ours.
        target: Kind and name of something that a budget can be for.
        others: Further such things of the same kind.
        by_hand: Makes a budget as a person would; returns what identifies it.
        everything: All budgets that there are, ours or not, with their rules, as the cloud describes them.
        spoil: Changes the amount of a budget of ours, as a person would.
        unmark: Takes our mark from a budget.
        delete: Deletes a budget, as a person would.
    """

    service: BudgetService
    target: tuple[Any, str]
    others: list[str]
    by_hand: Callable[[str], str]
    everything: Callable[[], dict[str, Any]]
    spoil: Callable[[str], None]
    unmark: Callable[[str], None]
    delete: Callable[[str], None]


@pytest.fixture
def oracle(tmp_path: Path) -> Iterator[World]:
    import oci

    models = oci.budget.models
    with running(tmp_path / "cloud") as sandbox:
        client = sandbox.client(oci.budget.BudgetClient, "budget")
        clients = OciClients(endpoint=sandbox.url, config_file=sandbox.config_file, first_wait_seconds=0.01)

        def by_hand(target: str) -> str:
            details = models.CreateBudgetDetails(
                compartment_id=sandbox.tenancy, amount=7, reset_period="MONTHLY", targets=[target], display_name="by hand"
            )
            made = client.create_budget(details).data
            client.create_alert_rule(
                made.id, models.CreateAlertRuleDetails(type="ACTUAL", threshold=50, threshold_type="PERCENTAGE")
            )
            return str(made.id)

        def everything() -> dict[str, Any]:
            listed = client.list_budgets(sandbox.tenancy, target_type="ALL", limit=1000).data
            return {b.id: (oci.util.to_dict(b), oci.util.to_dict(client.list_alert_rules(b.id).data)) for b in listed}

        yield World(
            service=OciBudgets(clients=clients, page_size=2),
            target=("compartment", "ocid1.compartment.oc1..prod"),
            others=[f"ocid1.compartment.oc1..{name}" for name in "abcdef"],
            by_hand=by_hand,
            everything=everything,
            spoil=lambda i: client.update_budget(i, models.UpdateBudgetDetails(amount=1)),
            unmark=lambda i: client.update_budget(i, models.UpdateBudgetDetails(freeform_tags={"mine": "now"})),
            delete=client.delete_budget,
        )


@pytest.fixture
def amazon() -> Iterator[World]:
    with aws() as endpoint:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        client = boto3.client("budgets", endpoint_url=endpoint, **keys)
        clients = AwsClients(endpoint_url=endpoint, region="us-east-1", access_key_id="test", secret_access_key="test")

        def by_hand(target: str) -> str:
            name = f"by hand {target}"
            budget = {
                "BudgetName": name,
                "BudgetType": "COST",
                "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": "7", "Unit": "USD"},
                "CostFilters": {"LinkedAccount": [target]},
            }
            client.create_budget(AccountId=ACCOUNT, Budget=budget)
            return name

        def everything() -> dict[str, Any]:
            listed = client.describe_budgets(AccountId=ACCOUNT, MaxResults=1000)["Budgets"]
            return {
                b["BudgetName"]: (
                    {k: v for k, v in b.items() if k != "LastUpdatedTime"},
                    client.describe_notifications_for_budget(AccountId=ACCOUNT, BudgetName=b["BudgetName"])["Notifications"],
                )
                for b in listed
            }

        def spoil(name: str) -> None:
            budget = client.describe_budget(AccountId=ACCOUNT, BudgetName=name)["Budget"]
            changed = {k: v for k, v in budget.items() if k not in ("CalculatedSpend", "LastUpdatedTime")}
            client.update_budget(AccountId=ACCOUNT, NewBudget={**changed, "BudgetLimit": {"Amount": "1", "Unit": "USD"}})

        def unmark(name: str) -> None:
            arn = f"arn:aws:budgets::{ACCOUNT}:budget/{name}"
            client.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "managed-by", "Value": "somebody"}])

        yield World(
            service=AwsBudgets(clients=clients, page_size=2),
            target=("account", "111122223333"),
            others=[f"11112222444{n}" for n in range(6)],
            by_hand=by_hand,
            everything=everything,
            spoil=spoil,
            unmark=unmark,
            delete=lambda name: client.delete_budget(AccountId=ACCOUNT, BudgetName=name),
        )


@pytest.fixture(params=["oracle", "amazon"])
def world(request: pytest.FixtureRequest) -> World:
    found: World = request.getfixturevalue(request.param)
    return found


def rules(*thresholds: int, recipients: tuple[str, ...] = MAILS) -> tuple[AlertRule, ...]:
    return tuple(AlertRule("ACTUAL", Decimal(t), recipients) for t in thresholds)


def wanted(world: World, target: str = "", amount: str = "100", **more: Any) -> Budget:
    three = (*rules(70, 90), AlertRule("FORECAST", Decimal(100), MAILS))
    kind, usual = world.target
    budget = Budget(world.service.system, kind, target or usual, "prod", Decimal(amount), "EUR", three)
    return world.service.fitted(replace(budget, **more))


def test_what_was_created_reads_back_as_it_was_wanted(world):
    made = world.service.create(wanted(world))

    assert world.service.managed() == [made] == [wanted(world)]
    assert made.reference
    assert len(made.rules) == 3


def test_what_fits_a_cloud_fits_it_still(world):
    assert world.service.fitted(wanted(world)) == wanted(world)


def test_creating_again_makes_nothing_twice(world):
    world.service.create(wanted(world))
    before = world.everything()

    world.service.create(wanted(world))

    assert world.everything().keys() == before.keys()
    assert world.service.managed() == [wanted(world)]


def test_more_budgets_than_a_page_holds_are_all_found(world):
    for target in world.others:
        world.service.create(wanted(world, target))

    assert [b.target for b in world.service.managed()] == sorted(world.others)


def test_an_update_changes_amount_rules_and_recipients_and_nothing_else(world):
    made = world.service.create(wanted(world))
    other = world.service.create(wanted(world, world.others[0]))
    goal = wanted(world, amount="150", rules=(*rules(80, recipients=MAILS[:1]), AlertRule("FORECAST", Decimal(100), MAILS[1:])))

    world.service.update(made, goal)

    assert world.service.managed() == sorted([other, goal], key=lambda b: b.key)


def test_updating_what_is_as_wanted_changes_nothing(world):
    made = world.service.create(wanted(world))
    before = world.everything()

    world.service.update(made, wanted(world))

    assert world.everything() == before


def test_a_budget_made_by_hand_is_never_shown(world):
    world.by_hand(world.target[1])

    assert world.service.managed() == []


def test_budgets_made_by_hand_survive_whatever_happens_to_ours(world):
    kept = world.by_hand(world.target[1])
    before = world.everything()[kept]

    made = world.service.create(wanted(world))
    world.service.update(made, wanted(world, amount="200"))
    world.service.retire(world.service.managed()[0])

    assert world.everything() == {kept: before}


def test_a_budget_that_lost_our_mark_is_left_alone(world):
    made = world.service.create(wanted(world))
    world.unmark(made.reference)
    before = world.everything()

    assert world.service.managed() == []
    with pytest.raises(Conflict, match="mark"):
        world.service.update(made, wanted(world, amount="150"))
    with pytest.raises(Conflict, match="mark"):
        world.service.retire(made)
    assert world.everything() == before


def test_a_change_by_somebody_else_is_not_overwritten_unseen(world):
    made = world.service.create(wanted(world))
    world.spoil(made.reference)

    with pytest.raises(Conflict, match="meanwhile"):
        world.service.update(made, wanted(world, amount="150"))
    with pytest.raises(Conflict, match="meanwhile"):
        world.service.retire(made)
    assert [budget.amount for budget in world.service.managed()] == [1]


def test_what_was_deleted_by_hand_can_be_made_again(world):
    made = world.service.create(wanted(world))
    world.delete(made.reference)

    world.service.create(wanted(world))

    assert world.service.managed() == [wanted(world)]
    assert len(world.everything()) == 1


def test_a_budget_that_lost_our_mark_is_not_taken_for_the_answer_to_a_repeat(tmp_path):
    import oci

    with running(tmp_path / "cloud") as sandbox:
        service = OciBudgets(clients=OciClients(endpoint=sandbox.url, config_file=sandbox.config_file))
        budget = Budget("oci", "compartment", "ocid1.compartment.oc1..prod", "prod", Decimal(100), "EUR", rules(70))
        made = service.create(budget)
        unmarked = oci.budget.models.UpdateBudgetDetails(freeform_tags={"mine": "now"})
        sandbox.client(oci.budget.BudgetClient, "budget").update_budget(made.reference, unmarked)
        sandbox.advance(3600)

        again = service.create(budget)

        assert again.reference != made.reference
        assert [found.reference for found in service.managed()] == [again.reference]


def test_updating_what_is_gone_says_so(world):
    made = world.service.create(wanted(world))
    world.delete(made.reference)

    with pytest.raises(NotFound):
        world.service.update(made, wanted(world, amount="150"))


def test_retiring_twice_is_retiring_once(world):
    made = world.service.create(wanted(world))

    world.service.retire(made)
    world.service.retire(made)

    assert world.everything() == {}


def test_two_owners_do_not_see_each_others_budgets(world):
    world.service.create(wanted(world))
    other = world.service.model_copy(update={"owner": "staging"})

    assert other.managed() == []


def test_oracle_has_no_budget_for_a_service_and_says_what_it_has(oracle):
    with pytest.raises(BadInput, match="OCI has no budgets for a service, only for a compartment or a cost-tracking tag"):
        oracle.service.fitted(Budget("oci", "service", "COMPUTE", "compute", Decimal(1), "EUR"))


def test_oracle_budgets_a_cost_tracking_tag(oracle):
    budget = Budget("oci", "tag", "cost.team.blue", "blue", Decimal("10.01"), "EUR", rules(70))

    oracle.service.create(budget)

    (found,) = oracle.service.managed()
    assert (found.target_kind, found.target, found.amount) == ("tag", "cost.team.blue", Decimal(11))


@pytest.mark.parametrize("target", ["blue", "cost.blue"])
def test_a_tag_that_oracle_cannot_know_is_refused_with_how_to_write_it(oracle, target):
    with pytest.raises(BadInput, match=r"namespace\.key\.value"):
        oracle.service.fitted(Budget("oci", "tag", target, "blue", Decimal(1), "EUR"))


def test_oracle_writes_to_people_and_not_to_topics(oracle):
    topic = rules(70, recipients=("arn:aws:sns:us-east-1:111122223333:costs",))
    with pytest.raises(BadInput, match="e-mail"):
        oracle.service.fitted(wanted(oracle, rules=topic))


def test_a_rule_that_a_person_added_to_our_budget_in_oracle_stays(oracle, tmp_path):
    import oci

    made = oracle.service.create(wanted(oracle))
    client = oracle.service.clients.client("budget")
    details = oci.budget.models.CreateAlertRuleDetails(type="ACTUAL", threshold=42, threshold_type="PERCENTAGE")
    client.create_alert_rule(made.reference, details)

    oracle.service.update(made, wanted(oracle, amount="150", rules=rules(60)))

    assert {r.threshold for r in client.list_alert_rules(made.reference).data} == {42, 60}


def test_a_copy_of_our_budget_with_our_tags_is_a_persons(oracle):
    import oci

    made = oracle.service.create(wanted(oracle))
    client = oracle.service.clients.client("budget")
    tags = client.get_budget(made.reference).data.freeform_tags
    copy = oci.budget.models.CreateBudgetDetails(
        compartment_id=oracle.service.clients.tenancy(), amount=5, reset_period="MONTHLY",
        targets=["ocid1.compartment.oc1..copy"], freeform_tags=tags,
    )  # fmt: skip
    client.create_budget(copy)

    assert [b.reference for b in oracle.service.managed()] == [made.reference]


def test_tags_that_others_put_on_our_budget_stay(oracle):
    import oci

    made = oracle.service.create(wanted(oracle))
    client = oracle.service.clients.client("budget")
    tags = {**client.get_budget(made.reference).data.freeform_tags, "team": "blue"}
    client.update_budget(made.reference, oci.budget.models.UpdateBudgetDetails(freeform_tags=tags))

    oracle.service.update(made, wanted(oracle, amount="150"))

    assert client.get_budget(made.reference).data.freeform_tags == tags


@pytest.mark.parametrize(("kind", "target", "filters"), [
    ("service", "Amazon Simple Storage Service", {"Service": ["Amazon Simple Storage Service"]}),
    ("tag", "team$blue", {"TagKeyValue": ["user:team$blue"]}),
])  # fmt: skip
def test_aws_budgets_a_service_or_a_tag(amazon, kind, target, filters):
    made = amazon.service.create(Budget("aws", kind, target, target, Decimal("10.001"), "USD", rules(70)))

    assert amazon.service.managed() == [made]
    assert made.amount == Decimal("10.01")
    assert amazon.everything()[made.reference][0]["CostFilters"] == filters


def test_aws_has_no_budget_for_a_compartment_and_says_what_it_has(amazon):
    with pytest.raises(BadInput, match="only for an account, a service or a tag"):
        amazon.service.fitted(Budget("aws", "compartment", "prod", "prod", Decimal(1), "USD"))


def test_aws_needs_recipients_and_has_room_for_ten_and_a_topic(amazon):
    topic = "arn:aws:sns:us-east-1:111122223333:costs"
    most = tuple(f"a{n}@example.com" for n in range(10))
    amazon.service.fitted(wanted(amazon, rules=rules(70, recipients=(*most, topic))))
    for recipients in ((), (*most, "one@more.example"), (topic, f"{topic}-2")):
        with pytest.raises(BadInput):
            wanted(amazon, rules=rules(70, recipients=recipients))


def test_a_hand_made_budget_with_our_name_is_left_alone_and_named(amazon):
    name = wanted(amazon).name
    client = amazon.service.clients.client("budgets")
    budget = {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "7", "Unit": "USD"}}
    client.create_budget(AccountId=ACCOUNT, Budget={**budget, "CostFilters": {"LinkedAccount": [amazon.target[1]]}})
    before = amazon.everything()

    assert amazon.service.managed() == []
    with pytest.raises(Conflict, match="Rename it"):
        amazon.service.create(wanted(amazon))
    assert amazon.everything() == before


def test_what_a_person_set_on_our_aws_budget_besides_the_amount_stays(amazon):
    made = amazon.service.create(wanted(amazon))

    amazon.service.update(made, wanted(amazon, amount="150"))

    described = amazon.everything()[made.reference][0]
    assert described["CostTypes"]["UseAmortized"]
    assert json.dumps(described["BudgetLimit"], sort_keys=True) == '{"Amount": "150.00", "Unit": "EUR"}'


def test_a_cloud_that_is_not_configured_has_no_budgets_and_says_what_to_set():
    service = NotConfigured(of_system="oci", advice="Set CLOUDOPS_OCI_CONFIG_FILE.")
    budget = Budget("oci", "compartment", "c", "c", Decimal(1), "EUR")

    assert (service.managed(), service.missing()) == ([], "Set CLOUDOPS_OCI_CONFIG_FILE.")
    for act in (service.create, service.retire, lambda b: service.update(b, b)):
        with pytest.raises(BadInput, match="CLOUDOPS_OCI_CONFIG_FILE"):
            act(budget)
