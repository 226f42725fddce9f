"""The commands of people who search, over a small searcher and a real log."""

import json
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from orchestration import cli_documents, searching
from orchestration.cli_documents import documents
from orchestration.searching import Weights
from orchestration.settings import current_settings
from resources.errors import Unavailable
from resources.knowledge_base.interface import Filter
from tests.small_search import SCRIPT, SmallSearch

ROOT = Path(__file__).parents[2]


@pytest.fixture
def searches(monkeypatch):
    made = SmallSearch()
    monkeypatch.setattr(searching, "searcher", lambda _: made)
    return made


@pytest.fixture
def cloudops(searches):
    def run(*arguments):
        return CliRunner().invoke(documents, arguments, env={"COLUMNS": "120"})

    return run


def logged():
    return searching.search_log(current_settings()).read({})


def test_a_question_is_answered_in_blocks_and_noted(cloudops, searches):
    result = cloudops("search", "vendor termination risk", "-k", "2")

    assert result.exit_code == 0, result.output
    for text in (
        " 1. Vendor contracts  1.000", "Ending › Notice", "Legal · 2025-05-01 · contract, vendor · en",
        "notice of termination at any", "policies/vendor contracts.md", "document contract",
        "2 documents found, among 4 passages.", "exact scan", "words@1#aaaaaaaaaaaa",
    ):  # fmt: skip
        assert text in result.output
    assert "relevance" not in result.output
    assert searches.asked == [("vendor termination risk", Filter(), 2, Weights(), datetime.now(UTC).date())]
    (noted,) = logged().searches
    assert noted.document_ids == ("contract", "hostile")
    assert f"cloudops rate {noted.query_id} DOCUMENT useful" in result.output


def test_every_filter_and_weight_reaches_the_search(cloudops, searches):
    days = ("--from", "2025-01-01", "--to", "2025-12-31")
    only = ("-d", "Legal", "--department", "HR", *days, "--tag", "vendor", "-t", "contract", "--language", "en")
    result = cloudops("search", "vendor", *only, "--recency", "0.5", "--popularity", "0.25")

    assert result.exit_code == 0, result.output
    _, where, k, weights, _ = searches.asked[-1]
    assert where == Filter(
        frozenset({"Legal", "HR"}), date(2025, 1, 1), date(2025, 12, 31), frozenset({"vendor", "contract"}), frozenset({"en"})
    )
    assert (k, weights) == (5, Weights(0.5, 0.25))


def test_scores_are_explained_when_asked(cloudops):
    output = cloudops("search", "vendor termination risk", "--explain").output
    assert "relevance 1.000 · meaning 0.500 (place 1) · words 3.00 · recency date unknown · popularity no votes" in output


def test_json_is_what_the_server_answers(cloudops):
    result = cloudops("search", "vendor", "--json")
    told = json.loads(result.stdout)
    assert told["question"] == "vendor"
    assert told["results"][0]["components"]["dense"] == 0.5
    assert len(told["results"]) == 4


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["zebra"], 1, "Nothing found among 4 passages"),
        (["???"], 2, "the question has no words"),
        (["a", "-k", "0"], 2, "-k"),
        (["a", "--from", "31.12.2025"], 2, "--from"),
        (["a", "--from", "2026-01-02", "--to", "2026-01-01"], 2, "is after"),
        (["a", "--recency", "-1"], 2, "--recency"),
        ([], 2, "Missing argument"),
    ],
)
def test_the_exit_code_says_what_became_of_the_question(cloudops, arguments, code, said):
    result = cloudops("search", *arguments)
    assert result.exit_code == code
    assert said in result.output
    assert "Traceback" not in result.output


def test_without_an_index_it_says_what_to_do_and_ends_with_three(cloudops, searches):
    searches.generation = None
    result = cloudops("search", "vendor", "--json")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "Look into" in result.stderr
    searches.failure = Unavailable("the disk is gone", "Mount it.")
    assert cloudops("search", "vendor").exit_code == 3


def test_what_documents_say_is_neither_markup_nor_obeyed_by_the_terminal(cloudops):
    output = cloudops("search", "[red]vendor[/red] \x1b]0;owned\x07").output
    assert "\x1b" not in output
    assert "\x07" not in output
    assert SCRIPT in output
    assert "vendor \ufffd[31m" in output


@pytest.mark.parametrize("place", ["[/bold]", "~nobody-of-that-name", "ftp://host/path", "nowhere"])
def test_what_is_no_place_of_documents_is_told_in_words(cloudops, place):
    result = cloudops("index", place)

    assert result.exit_code == 2
    assert f"{place} is not a folder" in " ".join(result.output.split())


@pytest.mark.parametrize("command", [["search", "laptop"], ["rate", "q", "d", "useful"], ["serve", "--port", "0"]])
def test_a_home_that_nobody_has_is_told_in_words(cloudops, command):
    result = cloudops(*command, "--documents", "~nobody-of-that-name")

    assert result.exit_code in (2, 3)
    assert "home directory" in result.output


def test_a_user_without_a_name_can_vote(cloudops, monkeypatch):
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(cli_documents, "getuser", unknown)

    assert cloudops("rate", "q1", "contract", "useful").exit_code == 0
    assert logged().votes[0].by is None


def test_a_log_that_cannot_be_written_fails_no_search(cloudops):
    folder = Path(searching.search_log(current_settings()).root)
    folder.parent.mkdir(parents=True)
    folder.write_text("no folder")
    assert cloudops("search", "vendor").exit_code == 0
    result = cloudops("rate", "q1", "contract", "useful")
    assert result.exit_code == 3
    assert "cannot be written" in result.output


def test_a_vote_is_noted_with_who_cast_it(cloudops):
    assert cloudops("rate", "q1", "contract", "not-useful", "--by", "ann").exit_code == 0
    assert cloudops("rate", "q1", "[red]x", "useful").output.strip() == "Noted: [red]x was useful."
    first, second = logged().votes
    assert (first.query_id, first.document_id, first.useful, first.by) == ("q1", "contract", False, "ann")
    assert second.by
    assert cloudops("rate", "q1", "contract", "great").exit_code == 2


def test_other_machines_are_served_only_if_that_is_said(cloudops):
    result = cloudops("serve", "--host", "192.0.2.1")
    assert result.exit_code == 2
    assert "no authentication" in result.output
    assert "--without-authentication" in result.output


SERVER = """
from orchestration import cli_documents, searching
from orchestration.cli_documents import documents
from tests.small_search import SmallSearch
searching.searcher = lambda settings: SmallSearch(seconds=0.5)
documents()
"""


def test_the_server_answers_what_runs_before_it_ends(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, "serve", "--port", str(port)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={"CLOUDOPS_HOME": str(tmp_path), "PATH": "", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        until_up(url, process)
        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(httpx.get, f"{url}/search?q=vendor", timeout=10)
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            assert asking.result().status_code == 200
        _, complaints = process.communicate(timeout=15)
        assert "Traceback" not in complaints
    finally:
        process.kill()
        process.communicate()


def until_up(url, process):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()
        try:
            if httpx.get(f"{url}/health").status_code == 200:
                return
        except httpx.ConnectError:
            time.sleep(0.05)
    raise AssertionError("the server never answered")
