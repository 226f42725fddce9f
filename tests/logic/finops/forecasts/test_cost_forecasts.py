"""Cost forecasts of series and totals: they add up, say what they do not know, and are held against what came."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.forecasts import quality
from assets.finops.logic.forecasts.alone import NOT_ENOUGH
from assets.finops.logic.forecasts.cost_forecasts import CostForecasts, InAdvance, forecast_costs
from assets.finops.logic.forecasts.engine import Forecasts, Settings
from assets.finops.logic.forecasts.planned import planned_steps
from assets.finops.logic.forecasts.verification import verified
from assets.finops.tables import COST_FORECASTS, DAILY_COSTS, FORECAST_QUALITY, FORECAST_VERIFICATION

START = date(2026, 1, 5)
LATER = date(2027, 1, 1)
BOUNDS = ("lower_95", "lower_80", "upper_80", "upper_95")
Costs = Iterable[float | None]


def last_week(values: np.ndarray, asked: Settings, *, features: np.ndarray | None = None) -> Forecasts:
    """Repeats the last week; errors and bounds are a tenth of the mean. Simple enough to tell what else happens."""
    number = len(values)
    enough = (~np.isnan(values)).sum(axis=1) >= asked.least_history
    week = values[:, -7:] if values.shape[1] >= 7 else np.full((number, 7), np.nan)
    point = np.where(enough[:, None], week[:, np.arange(asked.horizon) % 7], np.nan)
    spread = np.array([np.nanmean(row) / 10 if told else np.nan for row, told in zip(values, enough, strict=True)])
    errors = np.broadcast_to(spread[:, None, None], (number, 2, asked.horizon))
    measured = [
        {"series": n, "model": name, "smape": 10.0, "mase": 0.9, "mae": float(spread[n]), "skill": 0.1, "bias": 0.0}
        | {"coverage_80": 0.8, "coverage_95": 0.95, "origins": 2}
        for n in np.flatnonzero(enough).tolist()
        for name in ("seasonal_naive", "chosen")
    ]
    schema = dict.fromkeys(("smape", "mase", "mae", "skill", "bias", "coverage_80", "coverage_95"), pl.Float64)
    return Forecasts(
        point,
        {level: point - spread[:, None] * 2 * level for level in asked.levels},
        {level: point + spread[:, None] * 2 * level for level in asked.levels},
        ["seasonal_naive"] * number,
        ["ok" if told else NOT_ENOUGH for told in enough],
        pl.DataFrame(measured, schema={"series": pl.Int64, "model": pl.String, "origins": pl.Int64, **schema}),
        errors,
        apart=asked.horizon,
    )


def daily(costs: Costs, *, begin: int = 0, **cells: str | None) -> pl.DataFrame:
    """Daily costs of one series from the day `begin`; a day without a row is None."""
    series = {"ProviderName": "AWS", "SubAccountId": "a", "ServiceName": "S3", "RegionId": "r", "BillingCurrency": "USD"}
    rows = [
        {**series, **cells, "x_charge_date": START + timedelta(days=begin + n), "EffectiveCost": Decimal(f"{cost:.6f}")}
        for n, cost in enumerate(costs)
        if cost is not None
    ]
    return pl.DataFrame(rows, schema=DAILY_COSTS.schema, orient="row")


def weeks(days: int, weekday: float = 100, weekend: float = 60) -> list[float]:
    return [weekend if (START + timedelta(days=n)).weekday() > 4 else weekday for n in range(days)]


def told(*frames: pl.DataFrame, today: date = LATER, steps: bytes = b"date", horizon: int = 30) -> CostForecasts:
    known = InAdvance(steps=planned_steps(steps))
    return forecast_costs(pl.concat(frames), today, known, horizon=horizon, forecaster=last_week)


def rows(found: CostForecasts, level: str = "series", **cells: str) -> pl.DataFrame:
    wanted = [pl.col(name) == value for name, value in {"level": level, **cells}.items()]
    return found.forecasts.filter(*wanted).sort("x_charge_date")


def points(found: CostForecasts, level: str = "series", **cells: str) -> list[float | None]:
    return rows(found, level, **cells)["point"].cast(pl.Float64).to_list()


def test_the_tables_are_those_that_are_published():
    found = told(daily(weeks(60)))

    assert dict(found.forecasts.schema) == COST_FORECASTS.schema
    assert dict(found.quality.schema) == FORECAST_QUALITY.schema
    assert dict(verified(found.forecasts, daily(weeks(60)), LATER).schema) == FORECAST_VERIFICATION.schema


def test_thirty_days_are_forecast_from_the_last_settled_day():
    found = rows(told(daily(weeks(60))))

    origin = START + timedelta(days=57)
    assert set(found["origin"]) == set(found["last_day_used"]) == {origin}
    assert found["x_charge_date"].to_list() == [origin + timedelta(days=n) for n in range(1, 31)]


def test_last_days_that_still_fill_up_do_not_drag_the_forecast_down():
    complete = weeks(60)
    filling = [*complete[:58], complete[58] * 0.4, complete[59] * 0.01]

    assert told(daily(filling)).forecasts.equals(told(daily(complete)).forecasts)


def test_charges_dated_in_the_future_do_not_move_the_origin():
    costs = daily(weeks(60))
    prepaid = daily([5.0], begin=300)

    assert told(costs, prepaid, today=START + timedelta(days=60)).forecasts.equals(told(costs).forecasts)


def test_a_provider_that_lags_is_forecast_from_its_own_last_settled_day_for_the_same_days():
    found = told(daily(weeks(60)), daily(weeks(55), ProviderName="Oracle"))

    oracle = rows(found, ProviderName="Oracle")
    assert oracle["last_day_used"][0] == START + timedelta(days=52)
    assert oracle["x_charge_date"].equals(rows(found, ProviderName="AWS")["x_charge_date"])
    assert oracle["point"].equals(rows(found, ProviderName="AWS")["point"])


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["AWS", "Oracle"]), st.sampled_from(["USD", "EUR"]), st.floats(0.01, 1e6)),
        min_size=1,
        max_size=6,
    )
)
def test_totals_are_the_exact_sums_of_their_series(keys):
    frames = [
        daily([cost * (1 + n % 7 / 3) for n in range(50)], ProviderName=cloud, BillingCurrency=currency, ServiceName=f"s{number}")
        for number, (cloud, currency, cost) in enumerate(keys)
    ]
    found = told(*frames, horizon=7)

    assert quality.differences(found.forecasts).is_empty()
    assert found.forecasts["point"].null_count() == 0
    assert {row["BillingCurrency"] for row in rows(found, "currency").to_dicts()} == {currency for _, currency, _ in keys}


def test_a_total_that_is_not_the_sum_of_its_series_is_found_to_the_last_digit():
    forecasts = told(daily(weeks(60)), daily(weeks(60), ServiceName="EC2")).forecasts
    digit = pl.lit(Decimal("0.000000000000000000000001"))
    chosen = (pl.col("level") == "currency") & (pl.col("x_charge_date") == pl.col("x_charge_date").min())
    wrong = forecasts.with_columns(
        point=pl.when(chosen).then(pl.col("point") + digit).otherwise("point").cast(pl.Decimal(38, 24))
    )

    (row,) = quality.differences(wrong).to_dicts()
    assert (row["level"], row["point"] - row["sum_of_series"]) == ("currency", Decimal(1).scaleb(-24))


def test_bounds_hold_the_point_and_those_of_totals_are_not_the_sums_of_bounds():
    found = told(daily(weeks(60)), daily(weeks(60)[::-1], ServiceName="EC2"))

    for row in found.forecasts.to_dicts():
        bounds = [row[name] for name in BOUNDS]
        assert bounds == sorted(bounds)
        assert row["lower_80"] <= row["point"] <= row["upper_80"]
    widths = {
        level: rows(found, level).select((pl.col("upper_95") - pl.col("lower_95")).cast(pl.Float64).sum()).item()
        for level in ("series", "currency")
    }
    assert widths["currency"] == pytest.approx(widths["series"])  # the forecaster's own spread of the total: a tenth of its mean


def test_a_series_that_ended_is_forecast_nothing():
    found = told(daily(weeks(60)), daily(weeks(30), ServiceName="EC2"))

    ended = rows(found, ServiceName="EC2")
    assert set(ended["status"]) == {"ended"}
    assert set(points(found, ServiceName="EC2")) == {0.0}
    assert ended["upper_95"].sum() == 0
    assert rows(found, "currency")["point"].equals(rows(found, ServiceName="S3")["point"])


def test_a_total_of_which_everything_ended_is_forecast_nothing():
    found = told(daily(weeks(90)), daily([*weeks(30), *[0.0] * 60], ProviderName="Oracle", BillingCurrency="EUR"))

    total = rows(found, "currency", BillingCurrency="EUR")
    assert set(total["status"]) == {"ended"}
    assert total.select(pl.col("point", *BOUNDS).sum()).row(0) == (Decimal(0),) * 5


def test_a_provider_of_whom_few_days_are_known_is_not_said_to_have_ended():
    sparse = [50.0 if n < 3 else 0.0 if n % 4 == 3 else None for n in range(90)]

    found = told(daily(sparse))

    assert set(found.forecasts["status"]) == {NOT_ENOUGH}


def test_what_is_charged_once_a_month_has_not_ended_between_its_days():
    monthly = [50.0 if (START + timedelta(days=n)).day == 1 else 0.0 for n in range(115)]

    assert (START + timedelta(days=112)).day == 27
    found = told(daily(weeks(115)), daily(monthly, ServiceName="Support"))

    assert set(rows(found, ServiceName="Support")["status"]) == {"ok"}


def test_a_series_that_never_cost_anything_is_forecast_nothing():
    found = told(daily(weeks(60)), daily([0.0] * 60, ServiceName="Free"))

    assert set(points(found, ServiceName="Free")) == {0.0}


def test_a_young_series_has_no_forecast_and_the_total_says_how_much_it_leaves_out():
    young = [5.0] * 10
    found = told(daily([100.0] * 60), daily(young, begin=50, ServiceName="New"))

    new = rows(found, ServiceName="New")
    assert set(new["status"]) == {NOT_ENOUGH}
    assert new.select("point", *BOUNDS, "model").null_count().sum_horizontal().item() == 30 * 6
    total = rows(found, "currency")
    assert set(total["status"]) == {"ok"}
    assert total["share_without_forecast"].to_list() == pytest.approx([40 / 1440] * 30)
    assert set(points(found, "currency")) == {100.0}


def test_a_total_that_would_leave_out_too_much_is_not_told():
    found = told(daily([100.0] * 60), daily([50.0] * 10, begin=50, ServiceName="New"))

    total = rows(found, "currency")
    assert set(total["status"]) == {NOT_ENOUGH}
    assert total.select("point", *BOUNDS).null_count().sum_horizontal().item() == 30 * 5
    assert set(points(found, ServiceName="S3")) == {100.0}


def test_a_provider_that_delivers_no_more_is_unknown_and_not_free():
    found = told(daily([100.0] * 90), daily([100.0] * 70, ProviderName="Oracle"))

    assert set(rows(found, ProviderName="Oracle")["status"]) == {"no deliveries"}
    assert set(rows(found, "currency")["status"]) == {"no deliveries"}
    assert set(points(found, "currency")) == {None}
    assert set(points(found, "provider", ProviderName="AWS")) == {100.0}


def test_a_provider_that_was_left_months_ago_holds_up_nothing():
    found = told(daily([100.0] * 120), daily([100.0] * 60, ProviderName="Oracle"))

    assert set(rows(found, ProviderName="Oracle")["status"]) == {"ended"}
    assert set(points(found, "currency")) == {100.0}


def test_a_day_with_a_line_of_unknown_cost_is_not_taken_as_free():
    unknown = daily([100.0] * 60).with_columns(
        EffectiveCost=pl.when(pl.col("x_charge_date") == START + timedelta(days=57)).then(None).otherwise("EffectiveCost")
    )

    (judged,) = told(unknown).quality.filter(pl.col("level") == "series").to_dicts()
    assert judged["history_days"] == 57


def test_a_few_days_are_not_enough_for_anything():
    for number in (1, 2, 3, 12):
        found = told(daily([100.0] * number), daily([1.0] * number, ProviderName="Oracle", BillingCurrency="EUR"))

        assert set(found.forecasts["status"]) == {NOT_ENOUGH}
        assert found.forecasts["point"].null_count() == len(found.forecasts) == 30 * 6
        assert set(found.quality["points"]) == {0}
        assert quality.differences(found.forecasts).is_empty()
        assert quality.calibration(found.quality) == quality.Calibration(None, None, 0)
        assert quality.skill_by_currency(found.quality) == {}
        assert set(verified(found.forecasts, daily([100.0] * number), LATER)["forecasts"]) <= {0}


def test_no_costs_give_no_rows():
    found = told(daily([]))

    assert found.forecasts.is_empty()
    assert found.quality.is_empty()
    assert quality.totals_of_the_span(found.forecasts).is_empty()
    assert verified(found.forecasts, daily([]), LATER).is_empty()


def test_null_keys_are_keys_like_others():
    found = told(daily([10.0] * 60, RegionId=None, ProviderName=None), daily([1.0] * 60, RegionId="r", ProviderName=None))

    assert points(found, "provider") == points(found, "currency") == [11.0] * 30


def test_a_step_to_come_changes_points_and_bounds_of_series_and_totals_from_its_day_on():
    step = f"date,factor,ServiceName\n{START + timedelta(days=60)},0.5,EC2\n".encode()
    frames = daily([100.0] * 60), daily([300.0] * 60, ServiceName="EC2")

    before, after = told(*frames), told(*frames, steps=step)

    assert points(after, ServiceName="EC2") == [300.0] * 2 + [150.0] * 28
    assert points(after, "currency") == [400.0] * 2 + [250.0] * 28
    for name in BOUNDS:
        ratio = rows(after, "currency")[name].cast(pl.Float64) / rows(before, "currency")[name].cast(pl.Float64)
        assert ratio.to_list() == pytest.approx([1.0] * 2 + [250 / 400] * 28)
    assert quality.differences(after.forecasts).is_empty()


def test_a_past_step_is_no_break_for_the_forecast():
    step = f"date,factor\n{START + timedelta(days=56)},0.5\n".encode()
    costs = [*weeks(56), *(cost / 2 for cost in weeks(60)[56:])]

    assert points(told(daily(costs), steps=step)) == [cost / 2 for cost in weeks(88)[58:]]


def test_steps_for_no_series_are_told():
    found = told(daily([1.0] * 60), steps=b"date,factor,ServiceName\n2026-02-01,2,Redshift\n")

    assert [step.line for step in found.idle_steps] == [2]


def test_quality_is_told_for_every_series_and_total():
    found = told(daily([100.0] * 60), daily([30.0] * 40, begin=20, ServiceName="EC2")).quality

    assert found["level"].to_list() == ["series", "series", "provider", "currency"]
    assert found["history_days"].to_list() == [38, 58, 58, 58]
    assert found["recent_cost"].to_list() == [Decimal(420), Decimal(1400), Decimal(1820), Decimal(1820)]
    assert found["points"].to_list() == [60] * 4
    assert found["mae"].cast(pl.Float64).to_list() == pytest.approx([3, 10, 11.97, 11.97], abs=0.01)


def test_coverage_is_pooled_by_the_number_of_days_and_judged_only_if_there_are_any():
    measured = pl.DataFrame(
        {"level": ["series"] * 3, "points": [300, 100, 0], "coverage_80": [0.8, 0.4, None], "coverage_95": [1.0, 0.6, None]}
    )

    pooled = quality.calibration(measured)
    assert (pooled.coverage_80, pooled.coverage_95, pooled.points) == (pytest.approx(0.7), pytest.approx(0.9), 400)
    assert quality.Calibration(None, None, 0).holds
    assert not quality.Calibration(0.8, 0.85, 100).holds
    assert not quality.Calibration(0.9, 1.0, 100).holds


def test_skill_weighs_by_money_and_never_mixes_currencies():
    money = pl.Decimal(38, 24)
    measured = pl.DataFrame(
        {
            "level": ["series"] * 4 + ["currency"],
            "BillingCurrency": ["USD", "USD", "EUR", "GBP", "USD"],
            "mae": pl.Series([90, 2, 8, 0, 1000], dtype=pl.Int64).cast(money),
            "mae_seasonal_naive": pl.Series([100, 1, 4, 0, 1], dtype=pl.Int64).cast(money),
        }
    )

    assert quality.skill_by_currency(measured) == {"EUR": pytest.approx(-1.0), "USD": pytest.approx(1 - 92 / 101)}


def issued(costs: pl.DataFrame, *, days: int) -> pl.DataFrame:
    """The forecast that was made when only the first days were known."""
    return told(costs.filter(pl.col("x_charge_date") < START + timedelta(days=days))).forecasts


def outcome(forecasts: pl.DataFrame, costs: pl.DataFrame, level: str) -> dict[str, dict]:
    found = verified(forecasts, costs, LATER).filter(pl.col("level") == level)
    return {row["horizon"]: row for row in found.to_dicts()}


def changed(costs: list[float], change: Callable[[int, float], float]) -> list[float]:
    return [change(n, cost) for n, cost in enumerate(costs)]


def test_forecasts_are_held_against_what_came_once_days_are_settled():
    costs = daily(changed(weeks(70), lambda n, cost: cost * (1.5 if n >= 65 else 1)))

    by_horizon = outcome(issued(costs, days=60), costs, "series")

    first, second, third = by_horizon["1-7"], by_horizon["8-14"], by_horizon["15-30"]
    assert (first["forecasts"], first["passed"]) == (7, 7)
    assert (first["actual"], first["forecast"], first["wape"], first["coverage_95"]) == (first["forecast"], 620, 0.0, 1.0)
    assert (second["passed"], second["coverage_95"]) == (3, 0.0)
    assert second["wape"] == pytest.approx(1 / 3)
    unknown = ("actual", "forecast", "wape", "coverage_80", "coverage_95")
    assert (third["passed"], [third[name] for name in unknown]) == (0, [None] * 5)


def test_a_day_that_nobody_delivered_is_not_a_day_that_cost_nothing():
    costs = daily([100.0] * 62 + [None] * 3 + [100.0] * 10)

    first = outcome(issued(costs, days=60), costs, "series")["1-7"]

    assert (first["passed"], first["wape"], first["coverage_95"]) == (4, 0.0, 1.0)


def test_a_series_that_stopped_is_a_forecast_that_was_too_high():
    costs = pl.concat([daily([100.0] * 75), daily([50.0] * 60, ServiceName="EC2")])

    first = outcome(issued(costs, days=60), costs, "series")["1-7"]

    assert (first["actual"], first["forecast"], first["passed"]) == (Decimal(800), Decimal(1050), 14)


def test_totals_are_held_against_new_series_as_well():
    costs = pl.concat([daily([100.0] * 75), daily([50.0] * 15, begin=60, ServiceName="New")])

    first = outcome(issued(costs, days=60), costs, "currency")["1-7"]

    assert (first["actual"], first["forecast"]) == (Decimal(700 + 5 * 50), Decimal(700))


def test_a_currency_waits_for_all_its_clouds():
    costs = pl.concat([daily([100.0] * 75), daily([10.0] * 64, ProviderName="Oracle")])

    forecasts = issued(costs, days=60)
    assert outcome(forecasts, costs, "currency")["1-7"]["passed"] == 4
    assert outcome(forecasts, costs, "provider")["1-7"]["passed"] == 7 + 4
