"""Budgets and alert rules as the service keeps them."""

import oci
import pytest

from sandbox.oci.services import identity, usage_api
from tests.sandbox.oci.conftest import refused

MODELS = oci.budget.models


@pytest.fixture
def client(sandbox):
    return sandbox.client(oci.budget.BudgetClient, "budget")


def details(sandbox, **more):
    usual = {"compartment_id": sandbox.tenancy, "amount": 100, "reset_period": "MONTHLY", "target_type": "COMPARTMENT"}
    return MODELS.CreateBudgetDetails(**{**usual, "targets": [sandbox.tenancy], **more})


def rule(**more):
    return MODELS.CreateAlertRuleDetails(**{"type": "ACTUAL", "threshold": 70, "threshold_type": "PERCENTAGE", **more})


def test_a_budget_has_one_target(sandbox, client):
    assert refused(client.create_budget, details(sandbox, targets=[])) == (400, "InvalidParameter")
    assert refused(client.create_budget, details(sandbox, targets=["a", "b"])) == (400, "InvalidParameter")


def test_a_budget_of_a_service_cannot_be(sandbox):
    with pytest.raises(ValueError, match="target_type"):
        details(sandbox, target_type="SERVICE")


def test_a_single_use_budget_needs_its_days(sandbox, client):
    assert refused(client.create_budget, details(sandbox, processing_period_type="SINGLE_USE")) == (400, "InvalidParameter")


def test_an_amount_is_above_zero(sandbox, client):
    assert refused(client.create_budget, details(sandbox, amount=0)) == (400, "InvalidParameter")


def test_budgets_are_listed_by_kind_of_target_and_in_pages(sandbox, client):
    for number in range(5):
        client.create_budget(details(sandbox, display_name=f"b{number}"))
    client.create_budget(details(sandbox, display_name="tag", target_type="TAG", targets=["cost.team.blue"]))
    assert len(client.list_budgets(sandbox.tenancy).data) == 5
    assert [b.display_name for b in client.list_budgets(sandbox.tenancy, target_type="TAG").data] == ["tag"]
    first = client.list_budgets(sandbox.tenancy, target_type="ALL", limit=4)
    rest = client.list_budgets(sandbox.tenancy, target_type="ALL", limit=4, page=first.next_page)
    assert (len(first.data), len(rest.data), rest.has_next_page) == (4, 2, False)


def test_a_page_token_of_another_list_is_refused(sandbox, client):
    assert refused(client.list_budgets, sandbox.tenancy, page="nonsense") == (400, "InvalidParameter")


def test_a_budget_changed_meanwhile_is_not_changed_again(sandbox, client):
    made = client.create_budget(details(sandbox))
    seen = made.headers["etag"]
    client.update_budget(made.data.id, MODELS.UpdateBudgetDetails(amount=200), if_match=seen)
    late = MODELS.UpdateBudgetDetails(amount=300)
    assert refused(client.update_budget, made.data.id, late, if_match=seen) == (412, "NoEtagMatch")
    assert client.get_budget(made.data.id).data.amount == 200


def test_alert_rules_belong_to_a_budget_and_go_with_it(sandbox, client):
    made = client.create_budget(details(sandbox)).data
    first = client.create_alert_rule(made.id, rule(recipients="a@example.com")).data
    client.create_alert_rule(made.id, rule(type="FORECAST", threshold=100))
    assert client.get_budget(made.id).data.alert_rule_count == 2
    assert client.get_alert_rule(made.id, first.id).data.recipients == "a@example.com"
    changed = client.update_alert_rule(made.id, first.id, MODELS.UpdateAlertRuleDetails(threshold=75)).data
    assert (changed.threshold, changed.version) == (75, 2)
    client.delete_alert_rule(made.id, first.id)
    assert len(client.list_alert_rules(made.id).data) == 1
    client.delete_budget(made.id)
    assert refused(client.list_alert_rules, made.id) == (404, "NotAuthorizedOrNotFound")


def test_a_threshold_has_bounds(sandbox, client):
    made = client.create_budget(details(sandbox)).data
    for wrong in (0, -1, 10_001, 90.125):
        assert refused(client.create_alert_rule, made.id, rule(threshold=wrong)) == (400, "InvalidParameter")
    for wrong in (1e12, 0.001):
        absolute = rule(threshold=wrong, threshold_type="ABSOLUTE")
        assert refused(client.create_alert_rule, made.id, absolute) == (400, "InvalidParameter")
    for right in (0.07, 90.15, 9_999.99):
        assert client.create_alert_rule(made.id, rule(threshold=right)).data.threshold == right


def test_an_amount_is_a_whole_number(sandbox, client):
    for wrong in (0, -5, 100.5):
        assert refused(client.create_budget, details(sandbox, amount=wrong)) == (400, "InvalidParameter")
    made = client.create_budget(details(sandbox)).data.id
    assert refused(client.update_budget, made, MODELS.UpdateBudgetDetails(amount=0.5)) == (400, "InvalidParameter")


def test_what_was_spent_is_that_of_the_target_in_this_month(sandbox, client):
    store = sandbox.cloud.store
    prod, dev = (identity.add_compartment(store, sandbox.tenancy, name)["id"] for name in ("prod", "dev"))
    below = identity.add_compartment(store, prod, "below")["id"]
    lines = [(prod, "2026-11-01", "10"), (below, "2026-11-15", "5.5"), (dev, "2026-11-02", "100"), (prod, "2026-10-31", "7")]
    usual = {"quantity": "1", "currency": "EUR", "service": "COMPUTE", "tagNamespace": "cost", "tagKey": "team"}
    teams = {prod: "red", below: "red", dev: "blue"}
    usage_api.add_lines(store, [{**usual, "compartmentId": c, "day": d, "cost": x, "tagValue": teams[c]} for c, d, x in lines])
    of_prod = client.create_budget(details(sandbox, targets=[prod])).data
    of_blue = client.create_budget(details(sandbox, target_type="TAG", targets=["cost.team.blue"])).data
    assert (of_prod.actual_spend, of_blue.actual_spend) == (15.5, 100.0)
    assert of_prod.forecasted_spend == pytest.approx(15.5 / 15.5 * 30)
