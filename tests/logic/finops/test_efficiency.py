"""Efficiency of resources: what bills can tell is told with its evidence, what they cannot is unknown."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.efficiency.assess import assess
from assets.finops.tables import RESOURCE_COSTS
from assets.finops.tables.efficiency import RESOURCE_EFFICIENCY

START = date(2026, 1, 5)
DAYS = 93
CELLS: dict[str, Any] = {
    "ProviderName": "AWS",
    "SubAccountId": "1",
    "SubAccountName": "shop",
    "ServiceName": "EC2",
    "RegionId": "r",
    "BillingCurrency": "USD",
    "ResourceName": "web",
    "x_comparable_service": "Virtual machines",
    "x_comparable_unit": "Hours",
}
Daily = Callable[[int], float | None]


def money(amount: float) -> Decimal:
    return Decimal(f"{amount:.6f}")


def bill(
    resource: str | None, daily: Daily, *, quantity: Daily = lambda _: 24, days: range = range(DAYS), **cells: Any
) -> pl.DataFrame:
    """A line a day; no line where the cost is NaN, a line without a cost where it is None."""
    rows = []
    for n in days:
        spent, used = daily(n), quantity(n)
        if spent != spent:
            continue
        amounts = {
            "EffectiveCost": None if spent is None else money(spent),
            "x_comparable_quantity": None if used is None else money(used),
        }
        rows.append({**CELLS, "ResourceId": resource, "x_charge_date": START + timedelta(days=n), **amounts, **cells})
    return pl.DataFrame(rows, schema=RESOURCE_COSTS.schema, orient="row")


def noisy(level: float, share: float = 0.05, *, seed: int = 1) -> Daily:
    """About `level` a day, weekends half of it."""
    random = Random(seed)
    return lambda n: level * random.uniform(1 - share, 1 + share) * (0.5 if (START + timedelta(days=n)).weekday() > 4 else 1)


def assessed(*bills: pl.DataFrame, utilisation: pl.DataFrame | None = None) -> dict[str, dict[str, Any]]:
    found = assess(pl.concat(bills).lazy(), utilisation)
    return {row["ResourceId"]: row for row in found.to_dicts()}


def use(resource: str, cpu: float | None, memory: float | None, days: int = 30) -> pl.DataFrame:
    return pl.DataFrame({"ResourceId": [resource], "cpu_p95": [cpu], "memory_p95": [memory], "days_observed": [days]})


def steady(level: float = 10.0) -> Daily:
    return lambda _: level


NOTHING = float("nan")
ANCHOR = bill("anchor", noisy(50.0, seed=99), ServiceName="other")
"""Something that is charged every day: the provider delivers."""


def test_the_rows_are_those_of_the_table():
    found = assess(ANCHOR.lazy())

    assert dict(found.schema) == dict(RESOURCE_EFFICIENCY.schema)
    assert dict(assess(pl.LazyFrame(schema=RESOURCE_COSTS.schema)).schema) == dict(RESOURCE_EFFICIENCY.schema)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.decimals("-5", "1000", places=6), min_size=1, max_size=70), st.integers(1, 4))
def test_costs_of_a_period_add_up_to_the_last_digit(amounts, resources):
    bills = [
        bill(f"r{number}", lambda n: float(amounts[n]), days=range(len(amounts)), RegionId=None) for number in range(resources)
    ]
    settled = [money(float(a)) for a in amounts[:-2]]

    for row in assessed(*bills).values():
        assert row["cost_30d"] == (sum(settled[-30:]) if settled else None)
        assert row["cost_30d_before"] == (sum(settled[-60:-30]) if len(settled) > 30 else None)
        assert (row["known_days"], row["known_days_before"]) == (min(len(settled), 30), min(max(len(settled) - 30, 0), 30))


def test_growth_is_told_from_noise_with_its_bounds():
    found = assessed(
        bill("grows", lambda n: noisy(10, seed=n)(n) * (1 + 0.005 * n)),
        bill("shrinks", lambda n: noisy(10, seed=n)(n) * (1 - 0.004 * n)),
        bill("same", noisy(10)),
    )

    assert {name: row["state"] for name, row in found.items()} == {"grows": "growing", "shrinks": "shrinking", "same": "steady"}
    grows = found["grows"]
    truth = 0.005 * 30 * 100 / (1 + 0.005 * 45)
    assert grows["trend_low_percent"] < truth < grows["trend_high_percent"]
    assert grows["trend_percent"] == pytest.approx(truth, rel=0.2)
    assert found["same"]["volatility"] < 0.05, "weekends are no volatility"
    assert found["same"]["weekend_ratio"] == pytest.approx(0.5, rel=0.1)


def test_what_began_lately_is_new_and_has_no_trend():
    found = assessed(ANCHOR, bill("young", steady(), days=range(70, DAYS)))["young"]

    assert (found["state"], found["trend_percent"]) == ("new", None)
    assert found["first_day"] == START + timedelta(days=70)
    assert found["monthly_run_rate"] == Decimal(300), "the rate since it began, not over days before"


def test_what_is_there_since_the_first_bill_is_not_called_new():
    assert assessed(bill("old?", steady(), days=range(20)))["old?"]["state"] == "unknown"


def test_what_stopped_has_ended_and_runs_at_no_rate():
    found = assessed(ANCHOR, bill("gone", steady(), days=range(80)), bill("went free", lambda n: 10 if n < 80 else 0))

    for name in ("gone", "went free"):
        assert (found[name]["state"], found[name]["monthly_run_rate"]) == ("ended", 0)
    assert found["gone"]["last_day"] == START + timedelta(days=79)
    assert found["gone"]["cost_30d"] == Decimal(190)


def test_a_monthly_fee_has_not_ended():
    monthly = bill("fee", lambda n: 90.0 if (START + timedelta(days=n)).day == 15 else NOTHING)
    once = bill("once", steady(), days=range(75, 76))

    found = assessed(ANCHOR, monthly, once)

    assert found["fee"]["state"] != "ended"
    assert found["once"]["state"] != "ended", "it may be a monthly fee, too"


def test_days_that_were_not_delivered_are_unknown_and_not_free():
    found = assessed(bill("r", lambda n: NOTHING if 70 <= n < 80 else 10.0))["r"]

    assert (found["known_days"], found["cost_30d"], found["monthly_run_rate"]) == (20, 200, 300)
    assert found["state"] == "steady"


def test_every_resource_of_a_series_has_its_row_however_many_there_are():
    many = [bill(f"i-{n}", steady(10.0 + n), days=range(85, DAYS)) for n in range(120)]

    assert len(assessed(*many)) == 120


def test_hours_whose_cost_is_unknown_do_not_make_the_others_cheaper():
    row = assessed(ANCHOR, bill("x", lambda n: None if 31 <= n < 46 else 10.0))["x"]

    assert (row["unit_price_last"], row["candidates"]) == (row["unit_price_before"], [])
    assert (row["known_days_before"], row["cost_30d_before"]) == (15, 150)


@pytest.mark.parametrize("missing", [{"x_comparable_unit": None}, {"x_comparable_unit": None, "x_lines_without_cost": 1}])
def test_a_day_of_which_a_part_is_unknown_is_unknown_and_in_no_rate(missing):
    part = bill("x", lambda _: 1.0 if "x_lines_without_cost" in missing else None, days=range(60, DAYS, 2), **missing)

    row = assessed(ANCHOR, bill("x", steady()), part)["x"]

    assert row["known_days"] == 15
    assert row["monthly_run_rate"] == 300


def test_an_unknown_cost_says_nothing_of_other_resources():
    row = assessed(ANCHOR, bill("x", steady()), bill("y", lambda n: None if n % 2 else 1.0))["x"]

    assert (row["known_days"], row["monthly_run_rate"]) == (30, 300)


def test_a_day_whose_cost_is_unknown_is_no_free_day():
    found = assessed(ANCHOR, bill("r", lambda n: None if n > 60 else 10.0))["r"]

    assert (found["known_days"], found["cost_30d"], found["monthly_run_rate"], found["days_with_cost"]) == (0, None, None, 61)
    assert found["state"] != "ended"


def test_idle_is_said_only_by_evidence_of_use():
    found = assessed(
        bill("unused", noisy(5), quantity=lambda _: 0),
        bill("unmeasured", noisy(5), quantity=lambda _: None),
        bill("no unit", noisy(5), x_comparable_unit=None),
    )

    assert (found["unused"]["state"], found["unused"]["candidates"]) == ("idle", ["idle_review"])
    assert "for 0 Hours of use" in found["unused"]["evidence"]
    for name in ("unmeasured", "no unit"):
        row = found[name]
        assert (row["state"], row["usage_status"], row["usage_30d"], row["candidates"]) == ("steady", "unknown", None, [])


def test_low_variance_of_use_is_no_sign_of_a_resource_too_large():
    row = assessed(bill("busy", steady(), quantity=lambda _: 24))["busy"]

    assert (row["candidates"], row["evidence"], row["utilisation_status"]) == ([], None, "unknown")
    assert row["cpu_utilisation"] is row["memory_utilisation"] is None


def test_a_dearer_unit_is_told_from_more_use():
    found = assessed(
        bill("dearer", lambda n: 24 * (0.30 if n >= DAYS - 32 else 0.25)),
        bill("busier", lambda n: 0.25 * (30 if n >= DAYS - 32 else 24), quantity=lambda n: 30 if n >= DAYS - 32 else 24),
    )

    assert found["dearer"]["unit_price_change_percent"] == pytest.approx(20)
    assert found["dearer"]["candidates"] == ["price_increase"]
    assert "0.3 USD per unit (Hours), 0.25 in the 30 days before: +20.0 %" in found["dearer"]["evidence"]
    assert (found["busier"]["unit_price_change_percent"], found["busier"]["candidates"]) == (pytest.approx(0), [])
    assert (found["dearer"]["unit_price_last"], found["dearer"]["unit_price_before"]) == (Decimal("0.3"), Decimal("0.25"))


def test_unlike_units_are_never_added():
    storage = bill("bucket", steady(), x_comparable_unit="GiB-Months")
    requests = bill("bucket", steady(), x_comparable_unit="Requests")

    row = assessed(storage, requests)["bucket"]

    assert (row["usage_status"], row["usage_unit"], row["usage_30d"], row["unit_price_last"]) == ("mixed units", None, None, None)
    assert row["cost_30d"] == 600


def test_currencies_are_apart():
    found = assess(pl.concat([bill("r", steady(1)), bill("r", steady(5), BillingCurrency="EUR")]).lazy())

    assert dict(found.select("BillingCurrency", "cost_30d").iter_rows()) == {"USD": 30, "EUR": 150}


@pytest.mark.parametrize(
    ("account", "name", "expected"),
    [
        ("acme-dev", "web", True),
        ("shop", "TEST_worker-3", True),
        ("nonprod", "web", True),
        ("shop non-prod", "web", True),
        ("shop", "web", False),
        ("shop", "device-gateway", False),
        ("acme-prod", "test-runner", False),
        ("dev", None, True),
    ],
)
def test_compute_that_runs_all_week_though_named_as_not_production_may_get_a_schedule(account, name, expected):
    row = assessed(bill("vm", steady(5.52), SubAccountName=account, ResourceName=name))["vm"]

    assert ("off_hours_schedule" in row["candidates"]) is expected
    if expected:
        assert "runs_all_week: a weekend day costs 100.0 % of a working day, 24.0 hours a day" in row["evidence"]


def test_a_schedule_is_for_compute_that_does_not_rest_and_costs_something():
    found = assessed(
        bill("rests", noisy(10), SubAccountName="dev"),
        bill("disk", steady(), SubAccountName="dev", x_comparable_service="Block storage"),
        bill("unmapped", steady(), SubAccountName="dev", x_comparable_service=None),
        bill("cheap", steady(0.001), SubAccountName="dev"),
        bill("brief", steady(), SubAccountName="dev", days=range(DAYS - 12, DAYS)),
    )

    assert all("off_hours_schedule" not in row["candidates"] for row in found.values())


def test_what_costs_the_same_every_day_while_its_peers_vary_is_worth_a_review():
    peers = [bill(f"peer{n}", noisy(10, seed=n)) for n in range(4)]

    row = assessed(*peers, bill("flat", steady()))["flat"]

    assert row["candidates"] == ["idle_review"]
    assert "while 4 of 4 peers vary: use is unknown" in row["evidence"]
    assert row["state"] == "steady", "a hint is no evidence of use"


def test_a_price_per_month_is_flat_though_months_differ_in_length():
    def per_month(n: int) -> float:
        month = (START + timedelta(days=n)).month
        return 840 / {1: 31, 2: 28, 3: 31, 4: 30}[month]

    peers = [bill(f"peer{n}", noisy(10, seed=n)) for n in range(4)]

    assert assessed(*peers, bill("flat", per_month))["flat"]["candidates"] == ["idle_review"]


def test_a_fleet_of_which_all_cost_the_same_every_day_is_no_hint():
    fleet = [bill(f"vm{n}", steady()) for n in range(6)]

    assert all(row["candidates"] == [] for row in assessed(*fleet).values())


def test_measured_use_gives_evidence():
    peers = [bill(f"peer{n}", noisy(10, seed=n)) for n in range(4)]
    flat = bill("flat", steady())

    def given_use(measured: pl.DataFrame) -> dict[str, Any]:
        return assessed(*peers, flat, utilisation=measured)["flat"]

    half = given_use(use("flat", 30, 35))
    assert (half["candidates"], half["state"], half["utilisation_status"]) == (["rightsizing"], "steady", "observed")
    assert "CPU 30.0 %, memory 35.0 %, 30 days observed" in half["evidence"]
    assert (half["cpu_utilisation"], half["memory_utilisation"]) == (30, 35)

    resting = given_use(use("flat", 2, 10))
    assert (resting["state"], resting["candidates"]) == ("idle", ["idle_review", "rightsizing"])

    cache = given_use(use("flat", 2, None))
    assert (cache["state"], cache["candidates"]) == ("steady", ["idle_review"]), "its memory may be full"
    assert "memory unknown" in cache["evidence"]

    busy = given_use(use("flat", 70, 60))
    assert (busy["candidates"], busy["evidence"]) == ([], None)


def test_few_days_of_measurement_are_no_evidence():
    row = assessed(bill("r", noisy(10)), utilisation=use("r", 1, 1, days=5))["r"]

    assert (row["utilisation_status"], row["state"], row["candidates"]) == ("too few days", "steady", [])


def test_measurements_that_name_a_resource_twice_are_refused():
    with pytest.raises(pl.exceptions.ComputeError):
        assessed(bill("r", noisy(10)), utilisation=pl.concat([use("r", 1, 1), use("r", 2, 2)]))


def test_charges_of_no_resource_make_no_row_but_show_that_the_provider_delivered():
    found = assessed(bill(None, steady()), bill("gone", steady(), days=range(60)))

    assert set(found) == {"gone"}
    assert found["gone"]["state"] == "ended"


def test_each_provider_is_judged_by_its_own_last_day():
    late = bill("late", steady(), days=range(60), ProviderName=None)

    found = assessed(ANCHOR, late)

    assert found["late"]["as_of"] == START + timedelta(days=57)
    assert (found["late"]["state"], found["late"]["cost_30d"]) == ("steady", 300)
    assert found["anchor"]["as_of"] == START + timedelta(days=DAYS - 3)


def test_a_renamed_resource_keeps_one_row_with_its_latest_name():
    found = assessed(bill("r", steady(), days=range(50), ResourceName="old"), bill("r", steady(), days=range(50, DAYS)))

    assert (found["r"]["ResourceName"], found["r"]["days_with_cost"]) == ("web", DAYS)


def test_bills_of_a_day_or_two_are_not_settled_yet():
    row = assessed(bill("r", steady(), days=range(2)))["r"]

    assert (row["state"], row["cost_30d"], row["monthly_run_rate"]) == ("unknown", None, None)
