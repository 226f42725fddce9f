"""Objectives come from where they are said, and what is misspelt asks for nothing less."""

import pytest

from assets.recovery.logic.objectives import BadObjectives, read_objectives, shown
from resources.autonomous_databases import AutonomousDatabase

FILE = b"""
tiers:
  gold: {local: {rto_seconds: 60, rpo_seconds: 0}, drill_every_days: 10}
databases:
  - {database: "ord*", tier: gold, local: {rto_seconds: 30}, backup_age_hours: 5}
"""


def database(name="orders", **tags):
    return AutonomousDatabase(
        "ocid1.x", "eu", "c", name, name, "AVAILABLE", tags={k.replace("_", "-"): v for k, v in tags.items()}
    )


def test_without_a_file_the_levels_of_the_service_count():
    found = {scope: read_objectives(None).objectives(database(), scope) for scope in ("local", "remote")}

    assert [(o.rto_seconds, o.rpo_seconds) for o in found.values()] == [(120, 10), (900, 60)]


def test_what_the_file_says_of_a_database_counts_for_more_than_its_tier():
    found = read_objectives(FILE).objectives(database(), "local")

    assert (found.rto_seconds, found.rpo_seconds, found.drill_every_days, found.backup_age_seconds) == (30, 0, 10, 5 * 3600)


def test_a_tag_names_the_tier():
    found = read_objectives(FILE).objectives(database("hr", recovery_tier="Gold"), "local")

    assert found.rto_seconds == 60


def test_a_tier_that_is_not_there_leaves_the_objectives_unknown():
    found = read_objectives(FILE).objectives(database("hr", recovery_tier="god"), "local")

    assert found.rto_seconds is None
    assert found.rpo_seconds is None
    assert "'god'" in found.source


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"tiers: [", "not YAML"),
        (b"- 1", "mapping"),
        (b"tiers: {a: {locale: {}}}", "locale"),
        (b"tiers: {a: {local: {rto_seconds: 0}}}", "above 0"),
        (b"tiers: {a: {local: {rto_seconds: yes}}}", "above 0"),
        (b"databases: [{tier: gold}]", "name a database"),
        (b"databases: [{database: a, tier: gold}]", "'gold'"),
        (b"databases: {a: 1}", "list"),
    ],
)
def test_a_file_that_is_not_understood_counts_in_no_part(body, why):
    with pytest.raises(BadObjectives, match=why):
        read_objectives(body)


def test_times_are_written_for_people():
    assert [shown(x) for x in (None, 0, 45.25, 120, 900, 5400, 9000, 90000, 432000)] == [
        "unknown", "0 s", "45.2 s", "2 min", "15 min", "90 min", "2.5 h", "25 h", "5 d",
    ]  # fmt: skip
