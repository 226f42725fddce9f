"""The inventory: what is put together from bills, tags, anomalies and measurements, and what stays unknown."""

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

from assets.finops.logic.efficiency.assess import assess
from assets.finops.logic.policies.inventory import ATTACHMENTS, MEASUREMENTS, SCHEMA, Sources, inventory, tags_of
from assets.finops.tables import ANOMALY_EPISODES, COST_AND_USAGE, RESOURCE_COSTS

FIRST = date(2026, 1, 1)
LAST = FIRST + timedelta(days=59)
KEY = {
    "ProviderName": "AWS", "SubAccountId": "1", "ServiceName": "Amazon EC2", "RegionId": "eu-west-1", "BillingCurrency": "USD",
}  # fmt: skip


def costs(resource: str, first: date = FIRST, cost: int = 2) -> pl.DataFrame:
    days = pl.date_range(first, LAST, eager=True)
    columns = {**KEY, "ResourceId": resource, "EffectiveCost": Decimal(cost), "x_lines": 3, "x_lines_without_cost": 0}
    frame = pl.DataFrame({"x_charge_date": days}).with_columns(pl.lit(value).alias(name) for name, value in columns.items())
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in RESOURCE_COSTS.schema.items() if name not in frame.columns]
    return frame.with_columns(missing).select(pl.col(name).cast(dtype) for name, dtype in RESOURCE_COSTS.schema.items())


def line(resource: str | None, day: date, tags: str | None) -> dict[str, object]:
    return {"ProviderName": "AWS", "ResourceId": resource, "x_charge_date": day, "Tags": tags}


def episode(resource: str | None, verdict: str | None = None, **more: object) -> dict[str, object]:
    culprit = {"ResourceId": resource, "expected": Decimal(100), "actual": Decimal(160)}
    given = {
        "episode_id": "e-1",
        "kind": "rise",
        "direction": "up",
        "state": "open",
        "last_day": LAST - timedelta(days=5),
        "days": 4,
    }
    return {**KEY, **given, "culprits": [culprit], "verdict": verdict, **more}


def made(*lines: dict[str, object], **more: object) -> dict[str, dict[str, object]]:
    """The inventory of one old resource and one that began in view, by its id."""
    rows = pl.concat([costs("old"), costs("young", FIRST + timedelta(days=20))])
    schema = {name: COST_AND_USAGE.schema[name] for name in ("ProviderName", "ResourceId", "Tags", "x_charge_date")}
    told = pl.LazyFrame(list(lines), schema=schema)
    found = inventory(Sources(assess(rows.lazy()), rows.lazy(), told, **more))
    assert found.schema == pl.Schema(SCHEMA)
    return {row["ResourceId"]: row for row in found.to_dicts()}


def episodes(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema={n: t for n, t in ANOMALY_EPISODES.schema.items() if n in episode(None)})


def test_a_resource_has_its_cost_with_the_lines_behind_it():
    old = made()["old"]

    assert (old["cost_30d"], old["cost_rows"], old["as_of"]) == (60, 90, LAST - timedelta(days=2))


def test_an_age_is_exact_only_if_the_bills_began_before_the_resource():
    found = made()

    assert (found["old"]["age_days"], found["old"]["age_is_least"]) == (58, True)
    assert (found["young"]["age_days"], found["young"]["age_is_least"]) == (38, False)


def test_the_newest_tags_count_and_none_told_is_unknown():
    found = made(line("old", FIRST, '{"env": "dev"}'), line("old", LAST, '{"env": "prod", "n": 3}'), line("young", LAST, None))

    assert found["old"]["tags"] == [{"key": "env", "value": "prod"}, {"key": "n", "value": "3"}]
    assert found["old"]["tag_rows"] == 1
    assert (found["young"]["tags"], found["young"]["tag_rows"]) == (None, None)


def test_a_resource_that_is_told_to_have_no_tags_is_not_unknown():
    assert made(line("old", LAST, "{}"))["old"]["tags"] == []


@pytest.mark.parametrize("text", ["no json", "[1]", "3", ""])
def test_tags_that_cannot_be_read_are_unknown(text):
    assert tags_of(text) is None


def test_an_anomaly_is_held_against_the_resources_that_caused_it():
    found = made(episodes=episodes(episode("old"), episode(None)))

    (anomaly,) = found["old"]["anomalies"]
    assert (anomaly["impact"], anomaly["impact_percent"], anomaly["days_ago"]) == (60, 60.0, 3)
    assert found["young"]["anomalies"] == []


@pytest.mark.parametrize(("verdict", "counted"), [("true", 1), (None, 1), ("false", 0), ("expected", 0)])
def test_an_anomaly_that_people_called_none_is_none(verdict, counted):
    assert len(made(episodes=episodes(episode("old", verdict)))["old"]["anomalies"]) == counted


def test_before_anybody_looked_for_anomalies_they_are_unknown():
    assert made()["old"]["anomalies"] is None


def test_a_rise_from_nothing_has_no_percentage():
    new = {"culprits": [{"ResourceId": "old", "expected": Decimal(0), "actual": Decimal(9)}]}

    (anomaly,) = made(episodes=episodes(episode("old", **new)))["old"]["anomalies"]

    assert (anomaly["impact"], anomaly["impact_percent"]) == (9, None)


def test_use_that_was_not_measured_is_unknown_and_what_was_is_there_with_its_rows():
    measured = pl.DataFrame([("old", "cpu", "p95", 14, 7.5, 336)], schema=MEASUREMENTS, orient="row")

    found = made(measurements=measured)

    assert found["old"]["metrics"] == [{"metric": "cpu", "statistic": "p95", "days": 14, "value": 7.5, "rows": 336}]
    assert found["young"]["metrics"] is None


def test_what_is_attached_to_nothing_is_not_what_nobody_knows_of():
    attachments = pl.DataFrame([("old", None)], schema=ATTACHMENTS, orient="row")

    found = made(attachments=attachments)

    assert (found["old"]["attached_to"], found["young"]["attached_to"]) == ([], None)


def test_without_bills_the_inventory_is_empty():
    nothing = pl.LazyFrame(schema=RESOURCE_COSTS.schema)
    lines = pl.LazyFrame(schema=COST_AND_USAGE.schema)

    found = inventory(Sources(assess(nothing), nothing, lines))

    assert found.is_empty()
    assert found.schema == pl.Schema(SCHEMA)
