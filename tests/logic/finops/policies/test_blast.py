"""Blast radius: money per currency, dependants that are known, and what is not known of them."""

from decimal import Decimal

import polars as pl

from assets.finops.logic.policies.blast import KINDS, blast_radius, relations, with_dependants
from assets.finops.logic.policies.evaluate import evaluate
from assets.finops.logic.policies.inventory import of_fixtures
from assets.finops.logic.policies.schema import Fixture
from tests.logic.finops.policies.reference import as_policy

ALL = as_policy(
    {
        "name": "all", "description": "d", "mode": "advisory", "actions": ["notify"],
        "filters": [{"cost_30d": {"above": 0, "missing": "match"}}],
        "tests": [{"name": "t", "resource": {}, "expect": "match"}],
    }
)  # fmt: skip


def touched(*resources: dict[str, object], budgets: pl.DataFrame | None = None) -> pl.DataFrame:
    inventory = of_fixtures([Fixture.model_validate(one) for one in resources])
    return with_dependants(evaluate([ALL], inventory).matches, relations(inventory, budgets))


def test_currencies_are_never_added_and_unknown_costs_are_counted():
    found = blast_radius(
        touched(
            {"id": "a", "cost_30d": 5}, {"id": "b", "cost_30d": "2.5"}, {"id": "c"}, {"id": "d", "cost_30d": 9, "currency": "EUR"}
        )
    )

    rows = found.select("BillingCurrency", "resources", "cost_30d", "cost_unknown").rows()
    assert rows == [("EUR", 1, Decimal(9), 0), ("USD", 3, Decimal("7.5"), 1)]


def test_only_unknown_costs_are_unknown_together():
    (cost,) = blast_radius(touched({"id": "a"}))["cost_30d"]

    assert cost is None


def test_a_volume_concerns_the_instance_that_it_is_attached_to():
    (row,) = touched({"id": "vol", "attached_to": ["i-1", "i-2"]}).to_dicts()

    assert row["dependants"] == [{"relation": "attached to", "id": "i-1"}, {"relation": "attached to", "id": "i-2"}]
    assert "attached to" not in row["dependants_unknown"]


def test_known_to_be_attached_to_nothing_is_not_unknown():
    (row,) = touched({"id": "vol", "attached_to": []}).to_dicts()

    assert row["dependants"] == []
    assert row["dependants_unknown"] == ["member of", "charged to budget"]


def test_a_machine_of_a_group_says_so_by_the_tag_of_its_provider():
    (row,) = touched({"id": "i", "tags": {"aws:autoscaling:groupName": "web", "team": "shop"}}).to_dicts()

    assert row["dependants"] == [{"relation": "member of", "id": "autoscaling group web"}]


def test_budgets_of_a_sub_account_are_those_of_its_resources():
    budgets = pl.DataFrame({"ProviderName": ["AWS"], "SubAccountId": ["1"], "budget_id": ["b-1"]})
    resources = ({"id": "i", "provider": "aws", "sub_account": "1"}, {"id": "j", "provider": "aws", "sub_account": "2"})

    first, second = touched(*resources, budgets=budgets).to_dicts()

    assert first["dependants"] == [{"relation": "charged to budget", "id": "b-1"}]
    assert second["dependants"] == []
    assert "charged to budget" not in second["dependants_unknown"]


def test_where_nothing_is_known_every_kind_of_relation_is_unknown():
    (row,) = touched({"id": "i"}).to_dicts()

    assert row["dependants_unknown"] == list(KINDS)
    assert blast_radius(touched({"id": "i"})).row(0, named=True)["dependants_unknown"] == 1


def test_no_match_touches_nothing():
    assert blast_radius(touched()).is_empty()
