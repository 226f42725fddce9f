"""Calls in a process of their own come back, or fail alone."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from resources.isolation import IsolatedCalls
from tests import isolated_functions as work


@pytest.fixture
def calls() -> Iterator[IsolatedCalls]:
    calls = IsolatedCalls(work.Refused, name="the worker", megabytes=512)
    yield calls
    calls.close()


def failure(calls: IsolatedCalls, seconds: float, function: object, *args: object) -> str:
    with pytest.raises(work.Refused) as caught:
        calls.call(seconds, function, *args)  # type: ignore[arg-type]
    return str(caught.value)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_results_and_failures_come_back_from_one_process(calls: IsolatedCalls) -> None:
    first = calls.call(9, work.process)
    assert calls.call(9, work.doubled, value=21) == 42
    assert failure(calls, 9, work.refused, "no\nway") == "no\nway"
    assert failure(calls, 9, work.broken) == "the worker failed (KeyError: 'x')"
    assert calls.call(9, work.process) == first != os.getpid()


@pytest.mark.parametrize(
    ("function", "ending"), [(work.aborted, "SIGABRT"), (work.segfault, "SIGSEGV"), (work.left, "exit code 3")]
)
def test_a_crash_costs_only_its_call(calls: IsolatedCalls, function: object, ending: str) -> None:
    assert calls.call(9, work.doubled, 1) == 2
    assert failure(calls, 9, function) == f"the worker crashed ({ending})"
    assert calls.call(9, work.doubled, 2) == 4


@pytest.mark.parametrize("function", [work.asleep, work.spinning])
def test_a_call_without_end_is_ended_in_time(calls: IsolatedCalls, function: object) -> None:
    first = calls.call(9, work.process)
    begun = time.monotonic()
    assert failure(calls, 0.5, function) == "it took longer than 0.5 s"
    assert time.monotonic() - begun < 5
    assert gone(first)
    assert calls.call(9, work.doubled, 2) == 4


def test_memory_beyond_the_limit_is_refused(calls: IsolatedCalls) -> None:
    assert calls.call(9, work.greedy, 100) == 100 << 20
    assert failure(calls, 9, work.greedy, 2000) == "it needs more than 512 MB of memory"
    assert calls.call(9, work.doubled, 2) == 4


def test_a_process_that_died_between_calls_is_replaced(calls: IsolatedCalls) -> None:
    os.kill(calls.call(9, work.process), 9)
    assert calls.call(9, work.doubled, 2) == 4


def test_the_process_sees_no_environment_of_this_one(calls: IsolatedCalls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    assert set(calls.call(9, work.environment)) <= {"PYTHONPATH", "LANG", "LC_CTYPE", "OMP_NUM_THREADS", "MALLOC_ARENA_MAX"}


def test_an_answer_of_another_kind_is_refused(calls: IsolatedCalls) -> None:
    assert "failed" in (said := failure(calls, 9, work.lying)) or "nonsense" in said


def test_threads_wait_for_each_other(calls: IsolatedCalls) -> None:
    results: list[int] = []
    threads = [threading.Thread(target=lambda n=n: results.append(calls.call(9, work.doubled, n))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [2 * n for n in range(20)]


def test_nothing_is_left_when_calls_are_forgotten() -> None:
    calls = IsolatedCalls(work.Refused, name="the worker", megabytes=512)
    process = calls.call(9, work.process)
    del calls
    assert gone(process)


def test_the_working_folder_holds_no_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    calls = IsolatedCalls(work.Refused, name="the worker", megabytes=512)
    assert calls.call(9, work.doubled, 2) == 4
    calls.close()
