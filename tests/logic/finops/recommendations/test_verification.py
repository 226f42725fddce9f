"""Realised savings: claimed only when the bills show them, against what would have been."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.recommendations.verification import Deed, deeds, verify
from assets.finops.tables import RECOMMENDATIONS
from tests.logic.finops.recommendations.bills import EC2, day, resource, resource_costs, subject

DONE = 40
WEEK = np.array([10, 10, 10, 10, 10, 4, 4.0])


def noise(seed: int, days: int = 80, *, level: float = 1.0, scatter: float = 0.05) -> np.ndarray:
    return np.resize(WEEK, days) * level * (1 + scatter * np.random.default_rng(seed).standard_normal(days))


def deed(name: str | None = "i-1", **values: Any) -> Deed:
    return Deed("r", "done", day(DONE), subject(resource_id=name), **values)


def one(found: pl.DataFrame) -> dict[str, Any]:
    (row,) = found.to_dicts()
    return row


def halved(costs: np.ndarray) -> np.ndarray:
    return np.where(np.arange(len(costs)) >= DONE, costs / 2, costs)


def test_a_cost_that_fell_while_its_siblings_stayed_is_a_saving():
    costs = resource_costs(resource("i-1", halved(noise(1))), resource("i-2", noise(2)))

    row = one(verify([deed()], costs))

    assert row["result"] == "verified"
    assert row["control"] == "siblings"
    mean = Decimal(WEEK.mean()) / 2
    assert row["saving_per_day_low"] < mean < row["saving_per_day_high"]
    assert abs(row["saving_to_date"] - row["saving_per_day"] * row["days_after"]) < Decimal("0.001")
    assert row["before_first"] == day(DONE - 28)
    assert row["after_first"] == day(DONE + 1)
    assert row["after_last"] == day(77)


def test_a_fall_that_the_whole_service_shares_is_no_saving():
    costs = resource_costs(resource("i-1", halved(noise(1))), resource("i-2", halved(noise(2))))

    row = one(verify([deed()], costs))

    assert row["result"] == "not visible"
    assert row["saving_to_date"] is None
    assert row["control_movement"] < -0.4


def test_a_cost_that_stayed_while_its_siblings_doubled_is_a_saving():
    doubled = np.where(np.arange(80) >= DONE, 2, 1) * noise(2)
    costs = resource_costs(resource("i-1", noise(1)), resource("i-2", doubled))

    assert one(verify([deed()], costs))["result"] == "verified"


def test_a_cost_that_rose_is_reverse_and_counts_against():
    costs = resource_costs(resource("i-1", noise(1) * np.where(np.arange(80) >= DONE, 1.5, 1)), resource("i-2", noise(2)))

    row = one(verify([deed()], costs))

    assert row["result"] == "reverse"
    assert row["saving_to_date"] < 0


def test_nothing_is_claimed_before_fourteen_settled_days():
    for last, result in ((DONE + 16, "not enough days"), (DONE + 17, "verified")):
        costs = resource_costs(resource("i-1", halved(noise(1))[:last]), resource("i-2", noise(2)[:last]))

        row = one(verify([deed()], costs))

        assert row["result"] == result
        assert (row["saving_per_day"] is None) == (result == "not enough days")
        assert row["days_after"] == min(last - DONE - 3, 90)


def test_a_resource_that_is_deleted_costs_nothing_from_then_on():
    gone = np.where(np.arange(80) >= DONE, 0, noise(1))

    row = one(verify([deed()], resource_costs(resource("i-1", gone), resource("i-2", noise(2)))))

    assert row["result"] == "verified"
    assert row["actual_per_day"] == 0


def test_days_without_any_delivery_are_unknown_and_not_free():
    missing = np.isin(np.arange(80), np.arange(DONE + 5, DONE + 30))
    parts = [resource(name, np.where(missing, 0, noise(seed))) for name, seed in (("i-1", 1), ("i-2", 2))]

    row = one(verify([deed()], resource_costs(*parts)))

    assert row["result"] == "not enough days"


def test_without_siblings_it_is_said_that_nothing_controls_the_figure():
    row = one(verify([deed()], resource_costs(resource("i-1", halved(noise(1))))))

    assert (row["result"], row["control"]) == ("verified", "none")
    assert "no control" in row["reason"]


def test_siblings_about_which_something_was_done_are_no_control():
    costs = resource_costs(resource("i-1", halved(noise(1))), resource("i-2", halved(noise(2))))
    other = Deed("r2", "done", day(DONE), subject(resource_id="i-2"))

    found = verify([deed(), other], costs)

    assert found["control"].to_list() == ["none", "none"]
    assert found["result"].to_list() == ["verified", "verified"]


def test_a_commitment_is_judged_by_its_price_whatever_the_use():
    use = noise(1) * np.where(np.arange(80) >= DONE, 3, 1)
    cheaper = [
        {**row, "EffectiveCost": row["EffectiveCost"] * (Decimal("0.7") if n >= DONE else 1)}
        for n, row in enumerate(resource("i-1", use))
    ]

    row = one(verify([deed(None, about_price=True)], resource_costs(cheaper)))

    assert (row["result"], row["control"]) == ("verified", "list price")
    assert abs(row["saving_per_day"] / row["expected_per_day"] - Decimal("0.3")) < Decimal("0.01")


def test_a_commitment_that_is_paid_and_not_used_saves_nothing():
    cheaper = [
        {**row, "EffectiveCost": row["EffectiveCost"] * (Decimal("0.7") if n >= DONE else 1)}
        for n, row in enumerate(resource("i-1", noise(1)))
    ]
    paid = [
        {"ProviderName": "AWS", "BillingCurrency": "USD", "x_charge_date": day(n), "cost": Decimal(8)} for n in range(DONE, 80)
    ]

    row = one(verify([deed(None, about_price=True)], resource_costs(cheaper), pl.DataFrame(paid)))

    assert row["result"] == "reverse"


def test_a_commitment_without_list_prices_is_not_judged():
    rows = [{**row, "ListCost": None} for row in resource("i-1", halved(noise(1)))]

    row = one(verify([deed(None, about_price=True)], resource_costs(rows)))

    assert row["result"] == "not enough days"
    assert "list price" in row["reason"]


def test_an_anomaly_is_compared_with_its_own_days_and_not_with_the_time_before_it():
    raised = noise(1) + np.where((np.arange(80) >= 30) & (np.arange(80) <= DONE), 20, 0)
    costs = resource_costs(resource("i-1", raised), resource("i-2", noise(2), RegionId="other"))

    row = one(verify([deed(None, began=day(30))], costs))

    assert row["before_first"] == day(30)
    assert row["result"] == "verified"
    assert row["saving_per_day"] > 15


def test_a_deed_of_today_and_a_lake_without_costs_are_told_apart_from_a_failure():
    costs = resource_costs(resource("i-1", noise(1)))

    assert one(verify([Deed("r", "done", day(200), subject(resource_id="i-1"))], costs))["result"] == "not enough days"
    assert one(verify([deed("never heard of")], costs))["result"] == "not enough days"
    assert one(verify([deed()], costs.clear()))["result"] == "not enough days"
    assert verify([], costs).is_empty()


def test_only_what_was_accepted_or_done_is_measured_and_budgets_are_not():
    common = {**EC2, "kind": "idle review", "effective_day": date(2026, 1, 1), "category": "automation opportunity"}
    rows = [{**common, "recommendation_id": s, "state": s} for s in ("open", "accepted", "done", "realised", "dismissed")]
    rows.append({**common, "recommendation_id": "b", "state": "done", "category": "budget adjustment"})
    rows.append({**common, "recommendation_id": "c", "state": "done", "kind": "commitment", "SubAccountId": None})

    found = deeds(pl.DataFrame(rows, schema=RECOMMENDATIONS.schema))

    assert {d.recommendation_id: (d.basis, d.about_price) for d in found} == {
        "accepted": ("accepted", False), "c": ("done", True), "done": ("done", False), "realised": ("done", False),
    }  # fmt: skip


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_interval_lies_around_the_saving(seed):
    costs = resource_costs(resource("i-1", noise(seed, scatter=0.2)), resource("i-2", noise(seed + 1, scatter=0.2)))

    row = one(verify([deed()], costs))

    assert row["saving_per_day_low"] < row["saving_per_day"] < row["saving_per_day_high"]
    assert (row["result"] == "verified") == (row["saving_per_day_low"] > 0)


def test_of_deeds_that_changed_nothing_few_look_as_if_they_had():
    wrong = 0
    for seed in range(100):
        costs = resource_costs(resource("i-1", noise(seed, scatter=0.2)), resource("i-2", noise(seed + 500, scatter=0.2)))
        wrong += one(verify([deed()], costs))["result"] != "not visible"

    assert wrong <= 10
