"""What a run tells at its end: which of the demo's planted anomalies were found, and how many alarms were about none."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from assets.finops import tables
from assets.finops.tables import COST_FORECASTS, FORECAST_QUALITY
from orchestration.summary import against, changes, forecasts, models
from orchestration.terminal import console
from resources.lake import Lake

KEYS = {"provider": "AWS", "sub_account": "1", "service": "S3", "region": "r", "currency": "USD"}
SERIES = {"ProviderName": "AWS", "SubAccountId": "1", "ServiceName": "S3", "RegionId": "r", "BillingCurrency": "USD"}


def truth(start: date, end: date) -> pl.DataFrame:
    return pl.DataFrame([{**KEYS, "start": start, "end": end, "type": "spike"}])


def alarms(*days: date, **cells: str) -> pl.DataFrame:
    schema = {"episode_id": pl.String, **dict.fromkeys(SERIES, pl.String), "alarm_day": pl.Date}
    return pl.DataFrame([{**SERIES, **cells, "episode_id": str(n), "alarm_day": d} for n, d in enumerate(days)], schema=schema)


def test_an_anomaly_is_found_by_the_first_alarm_of_its_series_in_its_days():
    planted = truth(date(2026, 9, 4), date(2026, 9, 6))
    ((row,), false) = against(planted, alarms(date(2026, 9, 6), date(2026, 9, 5)))
    assert (row["found"], false) == (1, 0)


def test_alarms_before_long_after_or_in_another_series_are_about_none():
    planted = truth(date(2026, 9, 4), date(2026, 9, 6))
    ((row,), false) = against(planted, alarms(date(2026, 9, 3), date(2026, 9, 9)))
    assert (row["found"], false) == (None, 2)
    ((row,), false) = against(planted, alarms(date(2026, 9, 4), RegionId="other"))
    assert (row["found"], false) == (None, 1)


def test_an_alarm_up_to_two_days_after_the_end_is_still_about_it():
    ((row,), false) = against(truth(date(2026, 9, 4), date(2026, 9, 4)), alarms(date(2026, 9, 6)))
    assert (row["found"], false) == (2, 0)


def test_where_no_known_anomaly_was_found_there_is_no_median(tmp_path: Path):
    lake = Lake(root=str(tmp_path))
    figures = {"method": "walk-forward", "type": "all", "status": "measured", "events": 30, "detected": 0, "recall": 0.0}
    measured = {**figures, "measured_at": datetime(2026, 6, 1, tzinfo=UTC), "recall_low": 0.0, "recall_high": 0.11}
    quality = pl.DataFrame([measured], schema=tables.DETECTION_QUALITY.schema)
    lake.replace(tables.DETECTION_QUALITY, quality, where=None)

    with console.capture() as said:
        models(lake)

    assert "0 of 30 known anomalies found" in said.get()
    assert "none in time" in said.get()


def issue(origin: date, point: str | None, status: str = "ok", days: int = 3) -> pl.DataFrame:
    usual = {"origin": origin, "level": "currency", "BillingCurrency": "EUR", "status": status}
    amount = None if point is None else Decimal(point)
    rows = [{**usual, "x_charge_date": origin + timedelta(days=n + 1), "point": amount} for n in range(days)]
    return pl.DataFrame(rows, schema=COST_FORECASTS.schema)


def quality(origin: date, low: str, high: str) -> pl.DataFrame:
    row = {"origin": origin, "level": "currency", "BillingCurrency": "EUR", "status": "ok", "history_days": 90, "points": 9}
    row |= {"recent_cost": Decimal(1), "sum_lower_80": Decimal(low), "sum_upper_80": Decimal(high)}
    return pl.DataFrame([row], schema=FORECAST_QUALITY.schema)


def test_the_newest_forecast_is_told_with_the_bounds_of_its_sum():
    old, new = date(2026, 9, 1), date(2026, 9, 8)
    days = pl.concat([issue(old, "99"), issue(new, "10.5")])
    (line,) = forecasts(days, pl.concat([quality(old, "1", "2"), quality(new, "30", "33.25")]))
    assert line == "Forecast of 3 days from 2026-09-09: EUR: 31.50 expected, 30.00 to 33.25 with 80 %."


def test_a_forecast_that_cannot_be_told_or_is_of_nothing_says_so():
    none = pl.DataFrame(schema=FORECAST_QUALITY.schema)
    assert forecasts(issue(date(2026, 9, 1), None), none)[0].endswith("EUR: not enough history.")
    assert forecasts(issue(date(2026, 9, 1), "0", "ended"), none)[0].endswith("EUR: nothing more, its costs have ended.")


def entry(system: str, operation: str, subject: str, outcome: str = "done") -> dict[str, object]:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    return {
        "change_id": subject, "at": now, "run_id": "r", "by": "ann", "system": system, "operation": operation,
        "subject": subject, "reason": "x", "outcome": outcome,
    }  # fmt: skip


def test_what_was_done_in_the_clouds_is_told_by_cloud_and_kind():
    rows = [entry("oci", "create budget", "b"), entry("aws", "update budget", "c"), entry("oci", "create budget", "a")]
    rows += [entry("oci", "create budget", "d", "begun"), entry("oci", "create budget", "e", "failed: no")]
    assert changes(pl.DataFrame(rows, schema=tables.JOURNAL.schema)) == [
        "aws: update budget: 1 (c)", "oci: create budget: 2 (a, b)",
    ]  # fmt: skip


def test_clouds_that_are_as_they_should_be_are_said_to_be():
    assert changes(pl.DataFrame(schema=tables.JOURNAL.schema)) == ["Nothing had to be changed in the clouds."]
