"""What a database says of itself: counters become what happened in an interval, or nobody knows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.fleet.logic.counters import Growth, Snapshot, growth
from assets.fleet.logic.measured import SQL_METRICS, Measured, Missing
from assets.fleet.logic.sql_measures import measures, nothing, without_literals

FIRST = datetime(2026, 3, 1, 2, tzinfo=UTC)
NEXT = FIRST + timedelta(seconds=100)


def answers(**changed):
    usual = {
        "instances": [{"inst_id": 1, "startup_time": "2026-02-01T00:00:00Z"}],
        "sessions": [{"sessions": 9, "active_sessions": 3, "blocked_sessions": 1}],
        "memory": [{"inst_id": 1, "pga_allocated_bytes": 30.0, "pga_limit_bytes": 40.0}],
        "locks": [{"locks": 8, "held_locks": 6, "awaited_locks": 2}],
        "statistics": [statistic("user commits", 100), statistic("user rollbacks", 10), statistic("execute count", 1000)],
        "times": [statistic("sql execute elapsed time", 50e6)],
        "waits": [wait("log file sync", 10, 1e6), wait("db file sequential read", 100, 3e6)],
        "cursors": [cursor("a", 100, 200e6), cursor("b", 10, 5e6)],
    }
    return {**usual, **changed}


def statistic(name, value, instance=1):
    return {"inst_id": instance, "name": name, "value": value}


def wait(event, waits, micro):
    return {"inst_id": 1, "event": event, "wait_class": "User I/O", "total_waits": waits, "time_waited_micro": micro}


def cursor(sql_id, executions, elapsed, gets=1000, rows=50):
    same = {"inst_id": 1, "plan_hash_value": 7, "cpu_time": elapsed / 2, "buffer_gets": gets, "disk_reads": 1}
    return {**same, "sql_id": sql_id, "executions": executions, "elapsed_time": elapsed, "rows_processed": rows,
            "sql_text": "SELECT * FROM t WHERE name = 'Ada' AND id = 42"}  # fmt: skip


def before():
    return measures(answers(), {}, FIRST).snapshots


LATER = answers(
    statistics=[statistic("user commits", 150), statistic("user rollbacks", 60), statistic("execute count", 3000)],
    times=[statistic("sql execute elapsed time", 6050e6)],
    waits=[wait("log file sync", 15, 2e6), wait("db file sequential read", 200, 12e6)],
    cursors=[cursor("a", 110, 230e6, gets=1600, rows=100), cursor("new", 5, 15e6, gets=200, rows=50)],
)


def value(told, metric):
    found = told.values[metric]
    assert isinstance(found, Measured), found
    return found.value


def test_a_first_collection_knows_the_moment_and_no_interval():
    told = measures(answers(), {}, FIRST)
    assert set(told.values) == set(SQL_METRICS)
    assert value(told, "memory_utilization") == 75
    assert value(told, "blocked_sessions") == 1
    assert value(told, "lock_contention") == 25
    for metric in ("response_time_seconds", "transactions_per_second", "wait_seconds_per_second", "slow_statements"):
        assert told.values[metric] == Missing("unknown", "it takes two collections, and this is the first")


def test_response_time_is_of_the_interval_and_not_since_the_database_started():
    told = measures(LATER, before(), NEXT)
    assert value(told, "response_time_seconds") == pytest.approx(6000 / 2000)
    assert told.values["response_time_seconds"].start == FIRST


def test_response_time_is_unknown_if_time_and_executions_are_not_of_the_same_interval():
    silent = Missing("unknown", "no answer within 5 s")
    assert measures({**LATER, "times": silent}, before(), NEXT).values["response_time_seconds"] == silent
    skipped = {**measures({**LATER, "times": silent}, before(), NEXT).snapshots, "times": before()["times"]}
    told = measures(LATER, skipped, NEXT + (NEXT - FIRST))
    assert isinstance(told.values["response_time_seconds"], Missing)
    assert "not read together" in told.values["response_time_seconds"].reason


def test_throughput_is_the_growth_of_counters_by_time():
    told = measures(LATER, before(), NEXT)
    assert value(told, "transactions_per_second") == pytest.approx(100 / 100)
    assert value(told, "executions_per_second") == pytest.approx(2000 / 100)


def test_waits_are_ranked_by_their_time_in_the_interval():
    told = measures(LATER, before(), NEXT)
    assert [(w["event"], w["waits"], w["seconds"], w["share"]) for w in told.waits] == [
        ("db file sequential read", 100, 9, 0.9),
        ("log file sync", 5, 1, 0.1),
    ]
    assert value(told, "wait_seconds_per_second") == pytest.approx(0.1)


def test_top_statements_are_those_of_the_interval_without_the_values_in_them():
    first, second = measures(LATER, before(), NEXT).statements
    assert (first["sql_id"], first["rank"], first["elapsed_seconds"], first["seconds_per_execution"]) == ("a", 1, 30, 3)
    assert second["sql_id"] == "new"
    assert first["sql_text"] == "SELECT * FROM t WHERE name = ? AND id = ?"


def test_efficiency_is_blocks_per_row_and_statements_with_few_rows_in_their_time():
    told = measures(LATER, before(), NEXT)
    assert value(told, "buffer_gets_per_row") == pytest.approx((600 + 200) / (50 + 50))
    assert value(told, "slow_statements") == 2


@pytest.mark.parametrize("started", ["2026-02-28T12:00:00Z", None])
def test_after_a_restart_intervals_are_unknown_even_where_counters_are_already_larger(started):
    instances = [{"inst_id": 1, "startup_time": started}] if started else [{"inst_id": 2, "startup_time": "x"}]
    told = measures({**LATER, "instances": instances}, before(), NEXT)
    for metric in ("transactions_per_second", "response_time_seconds", "wait_seconds_per_second"):
        assert isinstance(told.values[metric], Missing)
        assert "began anew" in told.values[metric].reason
    assert told.waits == []
    assert value(measures(LATER, measures(LATER, before(), NEXT).snapshots, NEXT + (NEXT - FIRST)), "executions_per_second") == 0


def test_a_counter_that_went_back_is_unknown_and_not_negative():
    unreadable = Missing("unavailable", "no access to gv$instance")
    fallen = [statistic("user commits", 5), statistic("user rollbacks", 60), statistic("execute count", 3000)]
    told = measures({**LATER, "instances": unreadable, "statistics": fallen}, before(), NEXT)
    assert isinstance(told.values["transactions_per_second"], Missing)
    assert "went back" in told.values["transactions_per_second"].reason
    assert value(told, "wait_seconds_per_second") == pytest.approx(0.1)


def test_a_cursor_that_came_back_into_the_cache_counts_what_it_did_since():
    told = measures({**LATER, "cursors": [cursor("a", 4, 8e6)]}, before(), NEXT)
    assert [(one["executions"], one["elapsed_seconds"]) for one in told.statements] == [(4, 8)]


def test_no_executions_is_no_response_time_of_zero():
    told = measures(answers(), before(), NEXT)
    assert told.values["response_time_seconds"] == Missing("unknown", "no statement was executed")
    assert value(told, "transactions_per_second") == 0


def test_a_view_without_access_makes_its_metrics_unavailable_and_no_others():
    hidden = Missing("unavailable", "no access to gv$lock: ORA-00942")
    told = measures({**LATER, "locks": hidden}, before(), NEXT)
    assert told.values["awaited_locks"] == told.values["lock_contention"] == hidden
    assert value(told, "blocked_sessions") == 1


def test_memory_without_a_limit_has_no_share():
    told = measures(answers(memory=[{"inst_id": 1, "pga_allocated_bytes": 30.0, "pga_limit_bytes": 0}]), {}, FIRST)
    assert told.values["memory_utilization"].status == "unavailable"


def test_counters_that_could_not_be_read_keep_their_former_snapshot():
    told = measures({**LATER, "waits": Missing("unknown", "no answer within 5 s")}, before(), NEXT)
    assert set(told.snapshots) == {"statistics", "times", "cursors"}


def test_of_a_database_that_was_not_asked_every_metric_has_the_reason():
    told = nothing(Missing("unknown", "no answer within 5 s"))
    assert set(told.values) == set(SQL_METRICS)
    assert told.snapshots == {}


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=8))
def test_growths_add_up_over_intervals(steps):
    total, at, last, summed = 0, FIRST, None, 0.0
    for step in steps:
        total, at = total + step, at + timedelta(hours=1)
        now = Snapshot(at, {"1": "start"}, [statistic("user commits", total)])
        grown = growth(last, now, ("inst_id", "name"), ("value",))
        summed += grown.total("value") if isinstance(grown, Growth) else step
        last = now
    assert summed == total


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select 'it''s' from dual", "select ? from dual"),
        ("select * from t1 where a=10.5 and b = :b1", "select * from t1 where a=? and b = :b1"),
        ("select 'cut off in the mid", "select ?"),
        ("select q'[it's Ann]', nq'!Bob's!', N'Cid' from t", "select ?, ?, N? from t"),
        ("select q'{cut off, it's", "select ?"),
        (
            "where a = 1e5 and b=.5 and c = 2.5e-3f and d in(-7,8) and e = t2.c3",
            "where a = ? and b=? and c = ? and d in(-?,?) and e = t2.c3",
        ),
        ("select /* for ann@example.com */ a -- isn't Bob\nfrom t where b = 'x'", "select a from t where b = ?"),
        ("select /*+ index(t i) */ a from t /* cut of", "select /*+ index(t i) */ a from t"),
        ("alter user ann identified by Summer_26 account unlock", "alter user ann identified by ? account unlock"),
        ('create user ann identified by "it\'s 1"', "create user ann identified by ?"),
        ('select "it\'s 1" from t where a = 2', 'select "it\'s 1" from t where a = ?'),
    ],
)
def test_values_in_statements_are_left_out(sql, said):
    assert without_literals(sql) == said


@given(st.text("aq[]-/+ \n1.e:", max_size=20), st.text("Z' -*/", min_size=1, max_size=8))
def test_no_literal_is_left_whatever_comes_before_and_in_it(before, literal):
    quoted = literal.replace("'", "''")
    assert without_literals(f"{before}\n'{quoted}'") == f"{without_literals(before)} ?".strip()


def test_what_is_kept_for_the_next_collection_has_no_texts_of_statements():
    told = measures(answers(cursors=[{**cursor("a", 100, 200e6), "sql_text": "select 'Ann' from t"}]), {}, FIRST)
    assert "sql_text" not in told.snapshots["cursors"].rows[0]
    assert told.snapshots["cursors"].rows[0]["elapsed_time"] == 200e6
