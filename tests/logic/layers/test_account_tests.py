"""Temporary functions and candidates: what they hold, what is known to be gone, and which are ours."""

import io
import json
import zipfile
from datetime import UTC, datetime

import pytest

from assets.layers.logic.account_tests import (
    CREATE,
    DONE,
    REMOVE,
    STAGE,
    UNSTAGE,
    Candidate,
    TemporaryFunction,
    attempt,
    code,
    function_name,
    is_ours,
    tags,
    unfinished,
)
from resources.lambda_layers import Invocation, Place

HERE = Place("123456789012", "eu-central-1")
NAME = function_name("run", 0, {"a", "b"}, "python3.12", "x86_64")
FUNCTION = TemporaryFunction(HERE, NAME, "run")
CANDIDATE = Candidate(HERE, "tool-candidate", "a" * 64, "run", 0)
MARKS = tags("run", "tool-1 + tool-2 (ü)", datetime(2026, 11, 1, tzinfo=UTC))


def test_each_test_of_each_run_has_a_function_of_its_own():
    names = {
        NAME,
        function_name("run", 1, {"a", "b"}, "python3.12", "x86_64"),
        function_name("run", 0, {"a"}, "python3.12", "x86_64"),
        function_name("run", 0, {"a", "b"}, "python3.13", "x86_64"),
        function_name("other", 0, {"a", "b"}, "python3.12", "x86_64"),
    }

    assert len(names) == 5
    assert all(len(name) <= 64 for name in names)
    assert function_name("run", 0, ["b", "a"], "python3.12", "x86_64") == NAME


def test_only_a_function_whose_name_tags_and_journal_agree_is_ours():
    assert is_ours(NAME, MARKS, FUNCTION)
    assert not is_ours(NAME, {**MARKS, "run": "other"}, FUNCTION)
    assert not is_ours(NAME, {**MARKS, "product": "mine"}, FUNCTION)
    assert not is_ours(NAME, {}, FUNCTION)
    assert not is_ours("worker", MARKS, TemporaryFunction(HERE, "worker", "run"))
    assert not is_ours(NAME, MARKS, TemporaryFunction(HERE, NAME[:-1] + "x", "run"))


def row(operation, one, outcome):
    noted = json.dumps(one.noted(), sort_keys=True)
    making = operation in (CREATE, STAGE)
    return {"operation": operation, "outcome": outcome, "before": None if making else noted, "after": noted if making else None}


@pytest.mark.parametrize("outcome", ["begun", "done", "failed: no answer", "found undone"])
def test_what_was_begun_is_unfinished_until_its_removal_is_done(outcome):
    made = [row(STAGE, CANDIDATE, outcome), row(CREATE, FUNCTION, outcome)]

    assert unfinished(made) == [FUNCTION, CANDIDATE]
    assert unfinished([*made, row(REMOVE, FUNCTION, "begun"), row(UNSTAGE, CANDIDATE, "failed: denied")]) == [FUNCTION, CANDIDATE]
    assert unfinished([row(REMOVE, FUNCTION, DONE), *made]) == [CANDIDATE]
    assert unfinished([*made, row(REMOVE, FUNCTION, DONE), row(UNSTAGE, CANDIDATE, DONE)]) == []


def test_the_code_of_a_function_is_the_same_for_the_same_test():
    content, handler = code("python", "probe", ["m"], "import m")

    assert (content, handler) == code("python", "probe", ["m"], "import m")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["layer_probe.py", "layer_cases.json"]
        assert json.loads(archive.read("layer_cases.json")) == {"imports": ["m"], "smoke": "import m"}
    assert handler == "layer_probe.handler"


def test_an_answer_is_read_and_an_error_is_told():
    told = attempt(Invocation('{"steps": [{"seconds": 0.5}, {"over": true}]}', None, "", 1))

    assert (told.seconds, told.is_over) == (0.5, True)
    failed = '{"errorType": "Runtime.ExitError", "errorMessage": "exit status 3"}'
    assert attempt(Invocation(failed, "Unhandled", "", 1)).ending == "Runtime.ExitError: exit status 3"
    for payload in ("null", "nonsense", '{"steps": 1}', '"x"'):
        assert not attempt(Invocation(payload, None, "", 1)).is_over
