"""When runtimes are deprecated."""

import json
from datetime import date
from importlib.resources import files

import pytest

from assets.layers.logic.runtimes import LIFECYCLES, state_of


@pytest.mark.parametrize(
    ("runtime", "day", "state"),
    [
        ("python3.9", date(2025, 12, 14), "soon"),
        ("python3.9", date(2025, 12, 15), "deprecated"),
        ("python3.13", date(2026, 1, 1), "supported"),
        ("python9.9", date(2026, 1, 1), "unknown"),
        (None, date(2026, 1, 1), "unknown"),
    ],
)
def test_a_runtime_is_what_its_dates_say_and_unknown_without_dates(runtime, day, state):
    assert state_of(runtime, day) == state


def test_the_dates_are_those_of_the_linter_that_they_were_taken_from():
    cfnlint = pytest.importorskip("cfnlint")
    if cfnlint.version.__version__ != "1.58.0":
        pytest.skip("another version of cfn-lint has other dates")
    said = json.loads((files("cfnlint") / "data/AdditionalSpecs/LmbdRuntimeLifecycle.json").read_text())

    def told(name):
        one = LIFECYCLES[name]
        return [day and day.isoformat() for day in (one.deprecated, one.no_create, one.no_update)]

    assert {name: told(name) for name in LIFECYCLES} == {
        name: [one["deprecated"], one["create-block"], one["update-block"]] for name, one in said.items()
    }
