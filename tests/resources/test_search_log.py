"""The log of searches on a real disk: several processes at once, crashes, a folder that cannot be written."""

import logging
import multiprocessing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from resources.knowledge_base.interface import Filter
from resources.search_log import SearchLog, filter_json

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


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
    question: str = "who may end a contract?"
    results: tuple[Found, ...] = (Found("d2", Parts(None)), Found("d1", Parts(0.4)), Found("d3", Parts(0.7)))
    vector_plan: str = "exact scan: few rows"
    model_version: str = "m@1#2"
    seconds: float = 0.025


@pytest.fixture
def log(tmp_path):
    return SearchLog(root=str(tmp_path / "log"))


def only_file(log):
    (file,) = Path(log.root).iterdir()
    return file


def test_what_was_recorded_is_read_again(log):
    where = Filter(departments=frozenset({"Legal", "HR"}), created_to=date(2026, 1, 31))
    assert log.record_search(Answer("q1", question='line\nbreak "and" ü\u2028'), where, NOW)
    assert log.record_feedback("q1", "d1", True, "ann", NOW + timedelta(seconds=9))

    read = log.read({})

    (search,), (vote,) = read.searches, read.votes
    assert (search.query_id, search.asked_at, search.question) == ("q1", NOW, 'line\nbreak "and" ü\u2028')
    assert search.filter == '{"departments": ["HR", "Legal"], "created_to": "2026-01-31"}'
    assert (search.document_ids, search.best_dense, search.milliseconds) == (("d2", "d1", "d3"), 0.7, 25)
    assert (vote.query_id, vote.document_id, vote.useful, vote.by) == ("q1", "d1", True, "ann")
    assert vote.said_at == NOW + timedelta(seconds=9)
    assert read.unreadable == 0


def test_a_search_without_any_similarity_has_none(log):
    log.record_search(Answer("q1", results=()), Filter(), NOW)

    (search,) = log.read({}).searches
    assert (search.best_dense, search.document_ids, search.filter) == (None, (), "{}")


def test_a_reading_goes_on_where_the_last_one_ended(log):
    log.record_search(Answer("q1"), Filter(), NOW)
    first = log.read({})
    assert log.read(first.position).searches == ()
    log.record_search(Answer("q2"), Filter(), NOW)
    log.record_search(Answer("q3"), Filter(), NOW + timedelta(days=1))

    assert [s.query_id for s in log.read(first.position).searches] == ["q2", "q3"]


def write_many(root, process, events):
    log = SearchLog(root=root)
    for n in range(events):
        log.record_search(Answer(f"{process}-{n}", question="x" * 1900), Filter(), NOW)


def test_processes_that_write_at_once_tear_no_line(log):
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_many, args=(log.root, p, 500)) for p in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    read = log.read({})

    assert [w.exitcode for w in writers] == [0, 0]
    assert sorted(s.query_id for s in read.searches) == sorted(f"{p}-{n}" for p in range(2) for n in range(500))
    assert read.unreadable == 0


@pytest.mark.parametrize("kept", [1, 2, 40, -2])
def test_a_line_that_a_crash_cut_off_is_counted_and_spoils_no_other(log, kept):
    log.record_search(Answer("q1"), Filter(), NOW)
    whole = only_file(log).read_bytes()
    with only_file(log).open("ab") as file:
        file.write(whole[:kept])

    torn = log.read({})
    log.record_search(Answer("q2"), Filter(), NOW)
    after = log.read(torn.position)

    assert [s.query_id for s in torn.searches] == ["q1"]
    assert torn.unreadable == (0 if kept == 1 else 1)
    assert [s.query_id for s in after.searches] == ["q2"]
    assert after.unreadable == torn.unreadable


def test_a_line_that_is_no_event_is_skipped_and_counted(log):
    log.record_search(Answer("q1"), Filter(), NOW)
    with only_file(log).open("ab") as file:
        file.write(b'\n{"event": "search"}\n\n\xff\xfe\n\n{"event": "vote", "query_id": ["x"]}\n')
    log.record_feedback("q1", "d1", False, None, NOW)

    read = log.read({})

    assert (len(read.searches), len(read.votes), read.unreadable) == (1, 1, 3)


def test_questions_are_kept_from_other_people_of_the_machine(log):
    log.record_search(Answer("q1"), Filter(), NOW)

    assert only_file(log).stat().st_mode & 0o077 == 0
    assert Path(log.root).stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_warned_of_once_and_fails_nothing(tmp_path, caplog):
    blocker = tmp_path / "file"
    blocker.write_text("no folder")
    log = SearchLog(root=str(blocker / "log"))

    with caplog.at_level(logging.WARNING):
        recorded = [log.record_search(Answer(f"q{n}"), Filter(), NOW) for n in range(3)]

    assert recorded == [False, False, False]
    assert len(caplog.records) == 1
    assert "not logged" in caplog.text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="live: needs Linux")
def test_a_full_disk_fails_nothing_and_logging_goes_on_when_there_is_room(log, caplog):
    log.record_search(Answer("q1"), Filter(), NOW)
    name = only_file(log)
    name.unlink()
    name.symlink_to("/dev/full")
    assert not log.record_search(Answer("q2"), Filter(), NOW)
    name.unlink()

    assert log.record_search(Answer("q3"), Filter(), NOW)

    assert [s.query_id for s in log.read({}).searches] == ["q3"]
    assert "No space left" in caplog.text


def test_days_before_a_day_are_forgotten(log):
    for days in range(5):
        log.record_search(Answer(f"q{days}"), Filter(), NOW - timedelta(days=days))

    assert log.forget(NOW.date() - timedelta(days=2)) == 2
    assert {s.query_id for s in log.read({}).searches} == {"q0", "q1", "q2"}


def test_an_empty_log_has_nothing(log):
    assert log.read({}) == log.read({"2020-01-01-x.jsonl": 5})
    assert log.forget(NOW.date()) == 0


def test_equal_filters_are_the_same_text():
    some = Filter(tags=frozenset({"b", "a", "c"}), languages=frozenset({"en", "de"}))
    same = Filter(tags=frozenset({"c", "b", "a"}), languages=frozenset({"de", "en"}))
    assert filter_json(some) == filter_json(same) == '{"tags": ["a", "b", "c"], "languages": ["de", "en"]}'
