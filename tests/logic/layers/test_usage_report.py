"""What the report of layers says, and what it must not say."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assets.layers.logic.report.changes import compared, snapshot
from assets.layers.logic.report.data import ReportData
from assets.layers.logic.report.making import PAGE, make

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
LAYER = "arn:aws:lambda:eu-central-1:111111111111:layer:tools"


def place(**more):
    usual = {
        "account": "111111111111", "region": "eu-central-1", "read_at": NOW, "is_complete": True, "reasons": [], "functions": 1,
        "function_versions": 1, "layers": 1, "layer_versions": 2, "runtimes": '{"python3.9": 1}', "code_bytes": 10,
        "code_limit_bytes": 100,
    }  # fmt: skip
    return {**usual, **more}


def version(number, functions=0, **more):
    usual = {
        "layer_version": f"{LAYER}:{number}", "layer": LAYER, "name": "tools", "version": number, "account": "111111111111",
        "region": "eu-central-1", "state": "there", "reason": "", "is_newest": number == 2, "description": "", "created": NOW,
        "runtimes": ["python3.12"], "architectures": [], "zip_bytes": 2048, "sha256": "x", "grants": [], "functions": functions,
        "function_versions": functions, "read_at": NOW,
    }  # fmt: skip
    return {**usual, **more}


def use(number, name="f", **more):
    usual = {
        "layer_version": f"{LAYER}:{number}", "layer": LAYER, "name": "tools", "version": number, "position": 1, "function": name,
        "function_name": name, "function_version": "$LATEST", "account": "111111111111", "region": "eu-central-1",
        "runtime": "python3.9", "memory_mb": 128, "aliases": [], "read_at": NOW,
    }  # fmt: skip
    return {**usual, **more}


def data(**more):
    usual = {"usage": [use(1)], "versions": [version(1, 1), version(2)], "places": [place()], "adoption": []}
    return ReportData(NOW, **{**usual, **more})


def page(of):
    return make(of, None).files[PAGE].decode()


def changed(before, after):
    _, kept = compared(None, snapshot(before))
    found, _ = compared(kept, snapshot(replace(after, now=NOW + timedelta(days=1))))
    return {(one.kind, one.tone, one.said) for one in found.changes}


def test_versions_without_functions_are_orphaned_only_if_all_could_be_read():
    assert "Orphaned versions</div>" in page(data())
    torn = page(data(places=[place(is_complete=False, reasons=["functions could not be read: no"])]))
    assert "Perhaps orphaned</div>" in torn
    assert "functions could not be read: no" in torn


def test_a_function_that_is_behind_and_its_deprecated_runtime_are_told():
    assert [row["function"] for row in data().behind] == ["f"]
    assert data().deprecated("deprecated") == {"python3.9": 1}


def test_what_is_unknown_is_called_so():
    shown = page(data(versions=[version(1, 1, zip_bytes=None, created=None)], usage=[use(1, aliases=None)],
                      places=[place(code_bytes=None, functions=None)]))  # fmt: skip
    assert shown.count("unknown") >= 4


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {"versions": [version(1, 1, state="deleted")]}, ("version", "bad", "there → deleted, used by 1 function")),
        ({}, {"versions": [version(1, 5)]}, ("use", "", "1 → 5 functions")),
        ({}, {"versions": [version(1, 1, grants=["*"])]}, ("grant", "bad", "everybody may use it")),
        ({}, {"versions": [version(1, 1), version(3)]}, ("version", "", "new, used by 0 functions")),
        ({}, {"places": [place(is_complete=False)]}, ("place", "bad", "cannot be read completely")),
        ({}, {"places": [place(code_bytes=85)]}, ("storage", "bad", "code storage nearly full")),
        ({"versions": [version(1, 1), version(4)]}, {}, ("version", "", "gone, and nobody uses it")),
    ],
)
def test_what_changed_since_yesterday_is_told(before, after, said):
    assert said in changed(data(**before), data(**after))


def test_nothing_changed_if_nothing_did():
    assert changed(data(), data()) == set()


def test_names_are_text_and_never_markup():
    hostile = '<script>alert("x")</script>|*'
    made = make(data(usage=[use(1, hostile)]), None)
    assert "<script" not in made.files[PAGE].decode()
    assert not re.search(r"(?<!\\)<script", made.summary)
