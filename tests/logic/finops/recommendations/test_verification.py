"""Realised savings: claimed only when the bills show them, against what would have been."""

from calendar import monthrange
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


def siblings(*factors: np.ndarray | float) -> list[dict[str, Any]]:
    """Two more resources of the service, or one per factor by which its cost changed."""
    return [row for n, f in enumerate(factors or (1, 1)) for row in resource(f"s-{n}", noise(100 + n) * f)]


def since(factor: float, start: int = DONE, days: int = 80) -> np.ndarray:
    return np.where(np.arange(days) >= start, factor, 1)


def halved(costs: np.ndarray) -> np.ndarray:
    return np.where(np.arange(len(costs)) >= DONE, costs / 2, costs)


def test_a_cost_that_fell_while_its_siblings_stayed_is_a_saving():
    costs = resource_costs(resource("i-1", halved(noise(1))), siblings())

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
    costs = resource_costs(resource("i-1", halved(noise(1))), siblings(since(0.5), since(0.5)))

    row = one(verify([deed()], costs))

    assert row["result"] == "not visible"
    assert row["saving_to_date"] is None
    assert row["control_movement"] < -0.4


def test_a_cost_that_stayed_while_its_siblings_doubled_is_a_saving():
    costs = resource_costs(resource("i-1", noise(1)), siblings(*[since(2)] * 4))

    assert one(verify([deed()], costs))["result"] == "verified"


def test_one_sibling_that_grew_alone_makes_no_saving():
    for factors in ((since(10),), (since(3), 1), (since(3), 1, 1), (since(3), *[1] * 9)):
        costs = resource_costs(resource("i-1", noise(1)), siblings(*factors))

        assert one(verify([deed()], costs))["result"] == "not visible", factors


def test_what_replaces_a_resource_counts_as_its_cost_and_not_as_growth_of_its_siblings():
    gone, other = noise(1) * since(0), noise(5) * (1 - since(0))
    same = one(verify([deed()], resource_costs(resource("i-1", gone), resource("new", other), siblings())))
    half = one(verify([deed()], resource_costs(resource("i-1", gone), resource("new", other / 2), siblings())))

    assert same["result"] == "not visible"
    assert "they may do its work" in same["reason"]
    assert half["result"] == "verified"
    assert abs(half["saving_per_day"] - Decimal(WEEK.mean()) / 2) < 1


def test_resources_that_come_and_go_all_the_time_are_neither_control_nor_replacement():
    gone = noise(1) * since(0)
    fleet = [resource(f"f-{n}", noise(n) * np.isin(np.arange(80) // 4, [n])) for n in range(20)]

    row = one(verify([deed()], resource_costs(resource("i-1", gone), *fleet, siblings())))

    assert (row["result"], row["control"]) == ("verified", "siblings")
    assert abs(row["control_movement"]) < 0.05


def test_a_day_without_a_known_cost_is_unknown_and_not_free():
    for unknown in ({"EffectiveCost": None, "BilledCost": None}, {"x_lines_without_cost": 1}):
        rows = [{**row, **(unknown if n > DONE else {})} for n, row in enumerate(resource("i-1", noise(1)))]

        assert one(verify([deed()], resource_costs(rows, siblings())))["result"] == "not enough days"


def test_an_account_whose_bill_ended_is_unknown_and_not_free():
    mine, others = resource("i-1", noise(1) * since(0)), [{**row, "SubAccountId": "b"} for row in siblings()]

    assert one(verify([deed()], resource_costs(mine, others)))["result"] == "not enough days"


def test_a_resource_is_found_among_any_number_of_dearer_ones():
    many = [resource(f"x-{n}", noise(n) * 3) for n in range(120)]

    assert one(verify([deed()], resource_costs(resource("i-1", halved(noise(1))), *many)))["result"] == "verified"


def test_a_fee_per_month_that_did_not_change_saves_nothing_in_a_longer_month():
    fee = [round(300 / monthrange(day(n).year, day(n).month)[1], 6) for n in range(90)]

    row = one(verify([Deed("r", "done", date(2026, 3, 1), subject(resource_id="i-1"))], resource_costs(resource("i-1", fee))))

    assert (row["result"], row["control"]) == ("not visible", "none")


def test_what_two_deeds_about_the_same_costs_saved_is_counted_once():
    costs = resource_costs(resource("i-1", halved(noise(1))), siblings())
    again = Deed("r2", "done", day(DONE + 3), subject(resource_id="i-1"))

    found = verify([deed(), again], costs)

    assert found["result"].to_list() == ["verified", "verified"]
    assert found["saving_to_date"].null_count() == 1
    (uncounted,) = found.filter(pl.col("saving_to_date").is_null()).to_dicts()
    assert "its saving is counted with" in uncounted["reason"]


def test_what_was_done_counts_before_what_was_only_accepted():
    costs = resource_costs(resource("i-1", halved(noise(1))), siblings())
    accepted = Deed("a", "accepted", day(DONE), subject(resource_id="i-1"))
    done = Deed("d", "done", day(DONE + 5), subject(resource_id="i-1"))

    found = verify([accepted, done], costs)

    assert dict(found.select("basis", pl.col("saving_to_date").is_not_null()).iter_rows()) == {"accepted": False, "done": True}


def test_a_day_of_long_ago_is_no_failure():
    assert one(verify([Deed("r", "done", date.min, subject(resource_id="i-1"))], resource_costs(siblings())))["days_after"] == 0


def test_a_cost_that_rose_is_reverse_and_counts_against():
    costs = resource_costs(resource("i-1", noise(1) * since(1.5)), siblings())

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
    about = {"ProviderName": "AWS", "ServiceName": "Plans", "RegionId": None, "BillingCurrency": "USD", "cost": Decimal(8)}
    paid = pl.DataFrame([{**about, "x_charge_date": day(n)} for n in range(DONE, 80)]).cast({"RegionId": pl.String})
    in_its_own_cost = paid.with_columns(ServiceName=pl.lit("EC2"), RegionId=pl.lit("r"))

    row = one(verify([deed(None, about_price=True)], resource_costs(cheaper), paid))
    already = one(verify([deed(None, about_price=True)], resource_costs(cheaper), in_its_own_cost))

    assert row["result"] == "reverse"
    assert already["result"] == "verified"


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
        costs = resource_costs(
            resource("i-1", noise(seed, scatter=0.2)),
            *(resource(f"s-{n}", noise(seed + n * 500, scatter=0.2)) for n in (1, 2, 3)),
        )
        wrong += one(verify([deed()], costs))["result"] != "not visible"

    assert wrong <= 10
