"""Charge lines added up: exact, per currency, and unknown where nothing is known."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.columns import COST_COLUMNS
from assets.finops.logic.daily import SERIES, daily_costs, resource_costs
from assets.finops.tables import COST_AND_USAGE, DAILY_COSTS, RESOURCE_COSTS

KEYS = ("x_charge_date", "ProviderName", "SubAccountId", "ServiceName", "RegionId", "BillingCurrency")
RESOURCE_KEYS = (*KEYS, "ResourceId")
MONEY = st.none() | st.decimals(min_value=-1000, max_value=1000, places=12, allow_nan=False)

LINES = st.fixed_dictionaries(
    {
        "x_charge_date": st.sampled_from([date(2026, 1, 5), date(2026, 1, 6)]),
        "ProviderName": st.sampled_from(["AWS", "Oracle", "Somebody"]),
        "SubAccountId": st.sampled_from([None, "a", "b"]),
        "ServiceName": st.sampled_from(["Amazon Simple Storage Service", "OBJECTSTORE", None]),
        "ServiceCategory": st.sampled_from([None, "Storage"]),
        "RegionId": st.sampled_from(["eu-west-1", None]),
        "BillingCurrency": st.sampled_from(["EUR", "USD"]),
        "ResourceId": st.sampled_from([None, "r1", "r2"]),
        "PricingUnit": st.sampled_from([None, "GB-Mo", "Requests"]),
        "PricingQuantity": MONEY,
        **dict.fromkeys(COST_COLUMNS, MONEY),
    }
)


def frame(lines: Sequence[dict[str, Any]]) -> pl.LazyFrame:
    return pl.DataFrame(list(lines), schema=COST_AND_USAGE.schema, orient="row").lazy()


def line(**cells: Any) -> dict[str, Any]:
    return {"x_charge_date": date(2026, 1, 5), "ProviderName": "AWS", "BillingCurrency": "USD", **cells}


def reckoned(lines: Sequence[dict[str, Any]], keys: Sequence[str], column: str) -> dict[tuple[Any, ...], Decimal | None]:
    """Sums per key with Python's own decimals; None where no line has a value."""
    known: dict[tuple[Any, ...], list[Decimal]] = defaultdict(list)
    for row in lines:
        known[tuple(row.get(k) for k in keys)] += [row[column]] if row.get(column) is not None else []
    return {key: sum(amounts, Decimal(0)) if amounts else None for key, amounts in known.items()}


def summed(table: pl.DataFrame, keys: Sequence[str], column: str) -> dict[tuple[Any, ...], Decimal | None]:
    return reckoned(table.to_dicts(), keys, column)


@settings(max_examples=40, deadline=None)
@given(st.lists(LINES, max_size=25))
def test_sums_per_key_are_exact_and_unknown_where_no_line_has_a_value(lines):
    daily, resources = daily_costs(frame(lines)), resource_costs(frame(lines))

    for column in COST_COLUMNS:
        assert summed(daily, KEYS, column) == reckoned(lines, KEYS, column)
        assert summed(resources, RESOURCE_KEYS, column) == reckoned(lines, RESOURCE_KEYS, column)
    unknown = sum(row["BilledCost"] is None for row in lines)
    for table in (daily, resources):
        assert table["x_lines"].sum() == len(lines)
        assert table["x_lines_without_cost"].sum() == unknown


@settings(max_examples=40, deadline=None)
@given(st.lists(LINES, max_size=25))
def test_every_key_has_one_row_and_the_columns_of_its_table(lines):
    daily, resources = daily_costs(frame(lines)), resource_costs(frame(lines))

    assert not daily.select("x_charge_date", *SERIES).is_duplicated().any()
    assert set(daily.columns) == set(DAILY_COSTS.schema)
    assert set(resources.columns) == set(RESOURCE_COSTS.schema)


@settings(max_examples=20, deadline=None)
@given(st.lists(LINES, max_size=15), st.randoms())
def test_the_order_of_lines_makes_no_difference(lines, random):
    shuffled = random.sample(lines, len(lines))

    assert daily_costs(frame(lines)).equals(daily_costs(frame(shuffled)))


def test_currencies_are_never_added_to_each_other():
    daily = daily_costs(frame([line(BilledCost=Decimal(1)), line(BilledCost=Decimal(2), BillingCurrency="EUR")]))

    assert dict(daily.select("BillingCurrency", "BilledCost").iter_rows()) == {"USD": Decimal(1), "EUR": Decimal(2)}


def test_a_cost_that_no_line_knows_is_unknown_and_not_zero():
    (row,) = daily_costs(frame([line(BilledCost=Decimal(3)), line()])).to_dicts()

    assert row["BilledCost"] == 3
    assert row["EffectiveCost"] is None
    assert (row["x_lines"], row["x_lines_without_cost"]) == (2, 1)


def test_a_line_without_category_joins_those_that_have_the_one_it_lacks():
    storage = line(ServiceName="AmazonS3", BilledCost=Decimal(1))

    (row,) = daily_costs(frame([storage, {**storage, "ServiceCategory": "Storage"}])).to_dicts()

    assert (row["ServiceCategory"], row["BilledCost"], row["x_lines"]) == ("Storage", 2, 2)


def test_units_that_compare_are_added_up_and_others_stay_apart():
    of_resource = line(ResourceId="r", BilledCost=Decimal(1), PricingQuantity=Decimal(5))

    table = resource_costs(
        frame([{**of_resource, "PricingUnit": unit} for unit in ("GB-Mo", "GB-month", "Requests", "never heard of")])
    )

    quantities = dict(table.select("x_comparable_unit", "x_comparable_quantity").iter_rows())
    assert quantities == {"GiB-Months": 10, "Requests": 5, None: None}


def test_no_lines_give_an_empty_table_with_its_columns():
    assert daily_costs(frame([])).is_empty()
    assert resource_costs(frame([])).is_empty()
    assert set(daily_costs(frame([])).columns) == set(DAILY_COSTS.schema)
