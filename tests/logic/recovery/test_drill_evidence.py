"""Evidence holds together or is refused, and the verdict follows from it alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.recovery.logic.drills.advice import next_step
from assets.recovery.logic.drills.evidence import Broken, Evidence, read
from assets.recovery.logic.drills.order import Order
from assets.recovery.logic.drills.plans import plan
from assets.recovery.logic.drills.verdict import judge, self_test_caught

T = datetime(2026, 11, 16, 12, tzinfo=UTC)
STEPS = plan("switchover", "remote")
DAMAGED = {"name": "APP.T", "finding": "different", "said": "3 rows, with other contents", "before": None, "after": None}
TABLE = {"rows": 3, "checksum": "a-b", "name": "APP.T", "left_out": []}


def at(seconds: float) -> str:
    return (T + timedelta(seconds=seconds)).isoformat()


def whole(**changed: dict[str, object]) -> Evidence:
    """Evidence of a switchover that passes, with other data or states of some steps."""
    found = Evidence().with_piece(
        T, "run", "drill", "IN_PROGRESS", "begun",
        {"drill_id": "d1", "order": Order("switchover", "remote").as_json(), "rto_seconds": 900, "rpo_seconds": 60,
         "objectives": "", "database": {"id": "p", "name": "orders", "region": "r"}, "peer": {"id": "s", "region": "r2"}},
    )  # fmt: skip
    same = {"tables": [{"name": "APP.T", "finding": "same", "said": "", "before": TABLE, "after": TABLE}], "gaps": []}
    data = {
        "mark": {"first_heartbeat_at": at(0)},
        "switch_over": {"acted_at": at(100), "last_heartbeat_at": at(99), "clock_at": at(99), "database_at": at(99.5)},
        "canary": {
            "written_at": at(400),
            "found": [1],
            "last_found_at": at(99),
            "clock_at": at(401),
            "database_at": at(401),
            "answered_by": "B/ORDERS",
        },
        "integrity": same,
        "integrity_back": same,
    }
    for step in STEPS:
        usual = {"answer": "yes"} if step.group == "prechecks" else data.get(step.id, {})
        given_ = dict(changed.get(step.id, {}))
        state = given_.pop("state", "SUCCEEDED")
        if state is None:
            continue
        note = str(given_.pop("note", ""))
        merged = {name: value for name, value in {**usual, **given_}.items() if value is not None}
        found = found.with_piece(T + timedelta(seconds=1000), "run", step.id, state, note, merged)
    return found


def outcome(evidence: Evidence, name: str) -> tuple[str, str]:
    verdict = judge(evidence, STEPS)
    one = verdict.outcome(name)
    assert verdict.total != "pass" or one.judgement == "pass"
    return one.judgement, one.reasons[0]


def test_a_drill_that_shows_everything_passes():
    verdict = judge(whole(), STEPS)

    assert verdict.total == "pass"
    assert verdict.outcome("RTO").measured == 300
    assert verdict.outcome("RPO").measured == 0


@pytest.mark.parametrize(
    ("changed", "name", "judgement", "said"),
    [
        ({"canary": {"written_at": at(1001)}}, "RTO", "fail", "are allowed"),
        ({"canary": {"written_at": at(99)}}, "RTO", "unknown", "clock went back"),
        ({"canary": {"database_at": at(380)}}, "RTO", "unknown", "clocks disagree"),
        ({"canary": {"database_at": None}}, "RTO", "unknown", "was not read"),
        ({"canary": {"answered_by": None}}, "RTO", "unknown", "did not say which one it is"),
        ({"canary": {"answered_by": None}}, "RPO", "unknown", "did not say which one it is"),
        ({"canary": {"state": "TIMED_OUT", "note": "no write", "written_at": None}}, "RTO", "unknown", "no write"),
        ({"canary": {"state": "FAILED", "by_service": True, "note": "gone", "written_at": None}}, "RTO", "fail", "gone"),
        ({"canary": {"last_found_at": at(30)}}, "RPO", "fail", "may be lost"),
        ({"canary": {"last_found_at": at(120)}}, "RPO", "unknown", "later heartbeat"),
        ({"canary": {"last_found_at": None, "found": []}}, "RPO", "fail", "not one heartbeat"),
        (
            {"canary": {"last_found_at": None, "found": []}, "mark": {"first_heartbeat_at": at(60)}},
            "RPO",
            "unknown",
            "for too short a time",
        ),
        ({"canary": {"found": None}}, "RPO", "unknown", "was not read"),
        ({"integrity": {"state": "FAILED", "note": "ORA-1", "tables": None}}, "integrity", "unknown", "ORA-1"),
        ({"integrity": {"gaps": [4]}}, "integrity", "fail", "heartbeats 4 are missing"),
        ({"integrity": {"tables": []}, "integrity_back": {"tables": []}}, "integrity", "unknown", "no table"),
        ({"integrity_back": {"state": None}}, "integrity", "unknown", "did not come so far"),
        ({"after": {"state": "FAILED", "differs": ["database: role is STANDBY"]}}, "way back", "fail", "role is STANDBY"),
        ({"after": {"state": "FAILED", "note": "429"}}, "way back", "unknown", "429"),
        ({"after": {"state": None}}, "way back", "unknown", "did not come so far"),
        ({"lag": {"answer": "no", "state": "FAILED", "note": "behind"}}, "prechecks", "fail", "behind"),
        ({"lag": {"answer": "no", "state": "FAILED_IGNORED", "note": "behind"}}, "prechecks", "unknown", "ignored by the run"),
        ({"lag": {"answer": "unknown", "state": "FAILED", "note": "429"}}, "prechecks", "unknown", "429"),
        ({"lag": {"state": None}}, "prechecks", "unknown", "was not looked at"),
    ],
)
def test_what_was_not_shown_never_passes(changed, name, judgement, said):
    found, reason = outcome(whole(**changed), name)

    assert found == judgement
    assert said in reason


@given(st.sets(st.sampled_from([step.id for step in STEPS if step.id != "report"]), min_size=1))
def test_no_drill_passes_that_left_a_step_out_which_proves_something(left_out):
    proving = {s.id for s in STEPS if s.group == "prechecks"} | {"switch_over", "canary", "integrity", "integrity_back", "after"}

    verdict = judge(whole(**{step: {"state": None} for step in left_out}), STEPS)

    assert (verdict.total == "pass") == (not left_out & proving)


def test_a_time_across_a_gap_counts_only_if_it_is_within_the_objective():
    slow = whole(canary={"written_at": at(1001)}).with_piece(T, "other run", "drill", "IN_PROGRESS", "", {"resumed": True})
    quick = whole().with_piece(T, "other run", "drill", "IN_PROGRESS", "", {"resumed": True})

    assert outcome(slow, "RTO")[0] == "unknown"
    assert outcome(quick, "RTO")[0] == "pass"


def test_a_self_test_is_caught_only_by_the_objective_that_it_spoils():
    spoilt = judge(whole(canary={"written_at": at(1001)}), STEPS)

    assert self_test_caught(spoilt, "objective")
    assert not self_test_caught(spoilt, "checksum")
    assert not self_test_caught(judge(whole(), STEPS), "objective")


@pytest.mark.parametrize(
    ("spoilt", "changed"),
    [
        ("objective", {"canary": {"state": "FAILED", "by_service": True, "note": "the role change failed", "written_at": None}}),
        (
            "objective",
            {"canary": {"written_at": at(1001)}, "after": {"state": "FAILED", "differs": ["database: role is STANDBY"]}},
        ),
        ("checksum", {"integrity": {"tables": [DAMAGED, {**DAMAGED, "name": "APP.U"}]}}),
        ("heartbeat", {"canary": {"last_found_at": None, "found": []}, "mark": {"first_heartbeat_at": at(60)}}),
    ],
)
def test_a_self_test_is_not_green_if_something_failed_that_it_did_not_spoil(spoilt, changed):
    assert not self_test_caught(judge(whole(**changed), STEPS), spoilt)


def test_a_pass_says_what_it_did_not_look_at():
    told = judge(whole(mark={"left_out": ["APP.T.PICTURE"]}, lag={"answer": "warning", "note": "nobody watches"}), STEPS)

    assert told.total == "pass"
    assert "the content of 1 columns does not count: APP.T.PICTURE" in told.outcome("integrity").reasons[0]
    assert "nobody watches" in told.outcome("prechecks").reasons[0]


def test_tables_of_which_only_rows_were_counted_prove_nothing_alone():
    order = {**Order("switchover", "remote", moving=("APP.T",)).as_json()}
    moving = whole().with_piece(T, "run", "drill", "IN_PROGRESS", "", {"order": order})

    assert outcome(moving, "integrity") == ("unknown", "only rows were counted, of every table")


@given(st.integers(0, 5), st.sampled_from(["note", "data", "state", "at", "previous", "run_id"]))
def test_a_piece_that_was_changed_left_out_or_moved_is_found(place, field):
    said = whole().as_json()
    assert read(said) == whole()

    changed = [dict(one) for one in said]
    changed[place][field] = at(5) if field == "at" else {"x": 1} if field == "data" else "other"
    for broken in (changed, said[:place] + said[place + 1 :], [said[1], said[0], *said[2:]]):
        with pytest.raises(Broken):
            read(broken)


def test_a_drill_that_was_cut_off_says_where_the_roles_are_and_how_to_go_back():
    steps_after = {step.id: {"state": None} for step in STEPS[STEPS.index(next(s for s in STEPS if s.id == "canary")) :]}

    assert next_step(whole(), STEPS) == ""
    said = next_step(whole(**steps_after), STEPS)

    assert "s in r2 is the primary of orders" in said
    assert "resume: d1" in said
    assert "switchover --autonomous-database-id p --peer-db-id s --region r" in said
