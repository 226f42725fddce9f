"""The asset of search usage over a real log and a real lake."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg
import polars as pl
import pytest

from assets.documents import tables
from assets.documents.search_usage import search_usage
from resources.clock import Clock
from resources.knowledge_base.interface import Filter
from resources.lake import Lake
from resources.search_log import SearchLog

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
TRAVEL = ("who pays for travel", "travel cost rule", "hotel of a trip", "class of a flight")
VENDOR = ("end a vendor contract", "notice to suppliers", "liability cap", "renewal clause")


@dataclass(frozen=True)
class Parts:
    dense: float | None


@dataclass(frozen=True)
class Found:
    document_id: str
    components: Parts


@dataclass(frozen=True)
class Answer:
    query_id: str
    question: str
    seconds: float
    results: tuple[Found, ...] = (Found("d1", Parts(0.5)),)
    vector_plan: str = "exact scan: few rows"
    model_version: str = "m@1#2"


@pytest.fixture
def log(tmp_path):
    return SearchLog(root=str(tmp_path / "log"))


@pytest.fixture
def lake(tmp_path):
    return Lake(root=str(tmp_path / "lake"))


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def ask(log, query_id, question="who pays for travel", *, days_ago=0.0, seconds=0.02, **answer):
    log.record_search(Answer(query_id, question, seconds, **answer), Filter(), NOW - timedelta(days=days_ago))


def materialized(instance, lake, log, now=NOW, **config):
    done = dg.materialize(
        [search_usage],
        instance=instance,
        resources={"lake": lake, "search_log": log, "clock": Clock(fixed_at=now.isoformat())},
        run_config={"ops": {"documents__search_usage": {"config": config}}},
    )
    (made,) = done.asset_materializations_for_node("documents__search_usage")
    checks = {c.check_name: c for c in done.get_asset_check_evaluations()}
    return {name: value.value for name, value in made.metadata.items()}, checks


def rows(lake, table):
    return lake.scan(table).collect()


def test_what_the_log_holds_is_taken_into_the_tables(instance, lake, log):
    ask(log, "q1", "who pays?", days_ago=9)
    ask(log, "q2", "who pays for hotels?", seconds=0.7, results=())
    log.record_feedback("q1", "d1", True, "ann", NOW)
    log.record_feedback("q7", "d1", True, "ann", NOW)

    metadata, checks = materialized(instance, lake, log)

    searches = rows(lake, tables.SEARCH_LOG)
    assert searches.schema == tables.SEARCH_LOG.schema
    assert searches.sort("query_id").select("question", "milliseconds", "best_dense").rows() == [
        ("who pays?", 20, 0.5), ("who pays for hotels?", 700, None),
    ]  # fmt: skip
    assert rows(lake, tables.SEARCH_FEEDBACK).sort("query_id")["query_id"].to_list() == ["q1", "q7"]
    assert metadata["votes_of_unknown_searches"] == 1
    last = rows(lake, tables.QUERY_DRIFT).sort("week").to_dicts()[-1]
    assert (last["queries"], last["new_terms_share"], last["empty_share"], last["p95_ms"]) == (1, 0.5, 1, 700)
    assert (metadata["searches_taken_in"], metadata["votes_taken_in"], metadata["unreadable_lines"]) == (2, 2, 0)
    assert all(check.passed for check in checks.values())
    assert "fewer than 20" in checks["searches_are_answered_quickly"].metadata["status"].value


def test_a_rerun_leaves_the_same_rows(instance, lake, log):
    for n in range(30):
        ask(log, f"q{n}", days_ago=n)
    log.record_feedback("q1", "d1", True, None, NOW)
    log.record_feedback("q1", "d1", False, None, NOW + timedelta(seconds=5))
    materialized(instance, lake, log)
    before = {table.name: rows(lake, table) for table in (tables.SEARCH_LOG, tables.SEARCH_FEEDBACK, tables.QUERY_DRIFT)}

    again, _ = materialized(instance, lake, log)
    with dg.DagsterInstance.ephemeral() as forgetful:
        from_the_start, _ = materialized(forgetful, lake, log)

    assert (again["searches_taken_in"], from_the_start["searches_taken_in"]) == (0, 30)
    for table in (tables.SEARCH_LOG, tables.SEARCH_FEEDBACK, tables.QUERY_DRIFT):
        key = table.columns[0].name
        assert rows(lake, table).sort(key).equals(before[table.name].sort(key))
    assert before["documents/search_feedback"]["useful"].to_list() == [False]


def test_a_run_takes_in_only_what_is_new_and_all_if_the_tables_are_gone(instance, lake, log, tmp_path):
    ask(log, "q1")
    materialized(instance, lake, log)
    ask(log, "q2")
    log.record_feedback("q1", "d1", True, None, NOW)
    second, _ = materialized(instance, lake, log)
    elsewhere, _ = materialized(instance, Lake(root=str(tmp_path / "another")), log)

    assert (second["searches_taken_in"], second["votes_taken_in"], elsewhere["searches_taken_in"]) == (2, 1, 2)
    assert set(rows(lake, tables.SEARCH_LOG)["query_id"]) == {"q1", "q2"}
    ask(log, "q3")
    assert materialized(instance, lake, log)[0]["searches_taken_in"] == 1


def test_a_torn_line_is_told(instance, lake, log, tmp_path):
    ask(log, "q1")
    (file,) = (tmp_path / "log").iterdir()
    with file.open("ab") as stream:
        stream.write(b'\n{"event": "search", "que')

    assert materialized(instance, lake, log)[0]["unreadable_lines"] == 1


def test_old_questions_are_forgotten_in_log_and_table_and_figures_stay(instance, lake, log):
    ask(log, "old", days_ago=100)
    ask(log, "new", days_ago=60)
    log.record_feedback("old", "d1", True, None, NOW - timedelta(days=100))
    materialized(instance, lake, log)

    materialized(instance, lake, log, now=NOW, keep_days=90)

    assert rows(lake, tables.SEARCH_LOG)["query_id"].to_list() == ["new"]
    assert rows(lake, tables.SEARCH_FEEDBACK).is_empty()
    assert [s.query_id for s in log.read({}).searches] == ["new"]
    assert rows(lake, tables.QUERY_DRIFT)["queries"].to_list() == [1, 1]
    assert rows(lake, tables.QUERY_DRIFT).filter(pl.col("useful_share") == 1).height == 1


def test_another_subject_is_noticed_with_a_picture(instance, lake, log):
    for n in range(60):
        ask(log, f"old{n}", TRAVEL[n % 4], days_ago=7 + n % 20)
    for n in range(24):
        ask(log, f"same{n}", TRAVEL[n % 4])
    assert materialized(instance, lake, log)[1]["people_ask_what_they_used_to"].passed

    for n in range(24):
        ask(log, f"new{n}", VENDOR[n % 4])
    check = materialized(instance, lake, log)[1]["people_ask_what_they_used_to"]

    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert check.metadata["drift"].value.startswith("![drift](data:image/png;base64,")
    assert check.metadata["divergence"].value > check.metadata["divergence_by_chance"].value + 0.1


@pytest.mark.parametrize(("slow", "passed"), [(2, True), (10, False)])
def test_slow_searches_are_noticed_with_a_picture(instance, lake, log, slow, passed):
    for n in range(100):
        ask(log, f"q{n}", seconds=0.9 if n < slow else 0.05)

    check = materialized(instance, lake, log)[1]["searches_are_answered_quickly"]

    assert check.passed is passed
    assert check.metadata["latency"].value.startswith("![latency](data:image/png;base64,")


def test_a_deployment_that_nobody_searches_has_empty_tables(instance, lake, log):
    metadata, checks = materialized(instance, lake, log)
    assert metadata["dagster/row_count"] == 0
    assert json.loads(metadata["log_position"]) == {}
    assert all(check.passed for check in checks.values())
