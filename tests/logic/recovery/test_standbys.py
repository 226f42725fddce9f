"""Which standbys are wanted, what is done about them, and how far they are behind."""

from dataclasses import replace
from datetime import timedelta

import pytest

from assets.recovery.logic.backup_policies import BadPolicies
from assets.recovery.logic.replication import Beat, Side, heartbeat_lag, judged, sides
from assets.recovery.logic.standbys import Remote, plan, read_standbys, region_of
from resources.autonomous_databases import AutonomousDatabase, Standby
from tests.logic.recovery.databases import NOW, database

FILE = b"""
standbys:
  - match: {tags: {recovery-tier: gold}}
    local: true
    remote: [{region: us-ashburn-1, replicate_backups: true}]
  - match: {database: "plain*"}
"""
GOLD = database(tags={"recovery-tier": "gold"}, role="PRIMARY")
ABROAD = Standby("remote", "STANDBY", 5.0, "ocid1.autonomousdatabase.oc1.us-ashburn-1.x", "us-ashburn-1", "ADG")
HERE = Standby("local", "STANDBY", 1.0)


def steps(*fleet: AutonomousDatabase, confirmed: tuple[str, ...] = ()) -> list[tuple[str, str, bool]]:
    return [(s.operation, s.region, bool(s.held)) for s in plan(fleet, read_standbys(FILE), confirmed)]


def test_what_is_wanted_and_not_there_is_made_where_it_belongs():
    assert steps(GOLD) == [("add local standby", "eu-frankfurt-1", False), ("add remote standby", "us-ashburn-1", False)]
    remote = plan([GOLD], read_standbys(FILE), ())[1].remote
    assert remote == Remote("us-ashburn-1", "ADG", replicate_backups=True)


def test_what_is_there_stays():
    assert steps(replace(GOLD, standbys=(HERE, ABROAD))) == []
    assert steps(replace(GOLD, standbys=(HERE,), peer_ids=(ABROAD.id,))) == []


def test_databases_that_the_file_does_not_name_and_standbys_themselves_are_left_alone():
    assert steps(database(standbys=(HERE, ABROAD))) == []
    assert steps(replace(GOLD, role="STANDBY")) == []
    assert read_standbys(None) == ()


def test_a_standby_is_removed_only_if_its_primary_is_named():
    plain = database("plain", standbys=(HERE, ABROAD))

    held = [("remove local standby", "eu-frankfurt-1", True), ("remove remote standby", "us-ashburn-1", True)]
    assert steps(plain) == held
    assert steps(plain, confirmed=("plain",)) == [(operation, region, False) for operation, region, _ in held]
    assert steps(plain, replace(plain, id="another"), confirmed=("plain",)) == [*held, *held]


def test_after_a_switchover_nothing_is_torn_down():
    moved = replace(
        GOLD, region="us-ashburn-1", standbys=(replace(ABROAD, id="ocid1.a.oc1.eu-frankfurt-1.y", region="eu-frankfurt-1"), HERE)
    )

    assert steps(moved) == []


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"lifecycle_state": "STOPPED"}, "STOPPED"),
        ({"is_free_tier": True}, "Always Free"),
        ({"is_refreshable_clone": True}, "refreshable"),
        ({"is_dedicated": True}, "dedicated"),
    ],
)
def test_what_cannot_have_a_standby_now_says_why(fields, why):
    assert all(why in step.held for step in plan([replace(GOLD, **fields)], read_standbys(FILE), ()))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("standbys: [{local: true}]", "match is missing"),
        ("standbys: [{match: {}, remote: [{region: a, recovery_type: X}]}]", "ADG or BACKUP_BASED"),
        ("standbys: [{match: {}, remote: [{}]}]", "must name a region"),
        ("standbys: [{match: {}, remote: [{region: a}, {region: a}]}]", "twice"),
        ("standby: []", "it may have standbys"),
        ("standbys: [", "not YAML"),
    ],
)
def test_what_the_file_says_wrongly_is_told(text, why):
    with pytest.raises(BadPolicies, match=why):
        read_standbys(text.encode())


def test_an_ocid_names_its_region():
    assert region_of(ABROAD.id) == "us-ashburn-1"
    assert region_of("ocid1.autonomousdatabase.oc1.iad.x") == "us-ashburn-1"
    assert region_of("nonsense") == ""


def test_a_standby_of_another_kind_is_told_and_not_touched():
    own = database("abroad", id=ABROAD.id, region="us-ashburn-1", role="STANDBY", replicates_backups=False)
    primary = replace(GOLD, standbys=(HERE, replace(ABROAD, recovery_type="BACKUP_BASED")))

    (step,) = plan([primary, own], read_standbys(FILE), (primary.id,))
    assert step.operation == "change remote standby"
    assert step.reason == "it is BACKUP_BASED instead of ADG; backups are not replicated to it"
    assert step.held


def test_every_standby_is_seen_whichever_side_tells_of_it():
    own = database("abroad", id=ABROAD.id, region="us-ashburn-1", role="STANDBY", lifecycle_state="STANDBY")
    primary = replace(GOLD, standbys=(HERE, replace(ABROAD, lag_seconds=None)), peer_ids=(ABROAD.id,))
    told = replace(own, standbys=(Standby("remote", None, 7.0),))

    here, abroad = sides(primary, {own.id: told})
    assert (here.kind, here.lag_seconds, abroad.lag_seconds, abroad.lifecycle_state) == ("local", 1.0, 7.0, "STANDBY")
    assert sides(primary, {})[1].lag_seconds is None


def test_heartbeats_show_what_has_not_arrived():
    third, first = Beat(3, NOW - timedelta(seconds=10)), Beat(1, NOW - timedelta(seconds=90))

    assert heartbeat_lag(third, first, NOW) == 90
    assert heartbeat_lag(third, third, NOW) == 10
    assert heartbeat_lag(first, first, NOW) is None
    assert heartbeat_lag(None, first, NOW) is heartbeat_lag(third, None, NOW) is None


def test_the_larger_of_two_measurements_counts_and_none_is_unknown():
    side = Side("remote", "x", "r", "STANDBY", 5.0, "ADG")

    assert judged(side, None, 60).status == "within"
    assert judged(side, 90.0, 60).status == "behind"
    assert judged(replace(side, lag_seconds=None), None, 60).status == "unknown"
    assert judged(side, None, None).status == "unknown"
    assert judged(replace(side, lifecycle_state="UNAVAILABLE"), 0.0, 60).status == "unknown"
