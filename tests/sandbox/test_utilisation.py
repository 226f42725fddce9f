"""Measured use of the demo company: the same every time, of every kind, and the same that both clouds tell."""

from datetime import date, timedelta

from sandbox import aws_estate, oci_estate
from sandbox.aws_utilisation import put
from sandbox.usage import Window
from sandbox.utilisation import DAYS, Load, hours, load_of

WINDOW = Window(date(2026, 7, 4), date(2026, 10, 31))
STEADY = Load(50.0, 40.0, 1.0)


def test_the_same_seed_gives_the_same_hours_and_another_one_others():
    assert hours("a", STEADY, WINDOW, 7) == hours("a", STEADY, WINDOW, 7)
    assert hours("a", STEADY, WINDOW, 7).cpu != hours("a", STEADY, WINDOW, 8).cpu
    assert hours("a", STEADY, WINDOW, 7).cpu != hours("b", STEADY, WINDOW, 7).cpu


def test_hours_are_those_of_the_last_days_and_percentages():
    found = hours("a", Load(95.0, 99.0, 1.0), WINDOW, 7)

    assert len(found.at) == len(found.cpu) == DAYS * 24
    assert found.at[0].date() == WINDOW.last - timedelta(days=DAYS - 1)
    assert found.at[-1].date() == WINDOW.last
    assert found.memory is not None
    assert all(0 <= value <= 100 for value in (*found.cpu, *found.memory))


def test_nights_and_weekends_rest_where_people_work_by_day():
    found = hours("a", Load(50.0, None, 0.1), WINDOW, 7)
    at_work = [v for at, v in zip(found.at, found.cpu, strict=True) if at.weekday() < 5 and 7 <= at.hour < 19]
    at_rest = [v for at, v in zip(found.at, found.cpu, strict=True) if at.weekday() >= 5]

    assert sum(at_rest) / len(at_rest) < 0.2 * sum(at_work) / len(at_work)
    assert found.memory is None


def test_each_cloud_has_idle_oversized_busy_and_unmeasured_resources():
    for estate in (oci_estate.resources(), aws_estate.resources()):
        loads = [load_of(one.name, database=False, season=one.season) for one in estate if one.season != "absent"]
        means = [load.cpu for load in loads if load is not None]
        assert None in loads
        assert min(means) < 3
        assert max(means) > 80


def test_amazon_gets_what_the_estate_says():
    from moto.cloudwatch.models import cloudwatch_backends

    cloudwatch_backends.reset()

    number = put(WINDOW, 7)

    stored = [d for region in aws_estate.REGIONS for d in cloudwatch_backends["123456789012"][region].get_all_metrics()]
    assert len(stored) == number
    assert {(d.namespace, d.name) for d in stored} == {
        ("AWS/EC2", "CPUUtilization"), ("AWS/RDS", "CPUUtilization"), ("CWAgent", "mem_used_percent"),
    }  # fmt: skip
    cloudwatch_backends.reset()
