"""All files together: the shipped ones are sound, people's own take their place, a bad one holds up no other."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings

from assets.finops.logic.policies.evaluate import explain
from assets.finops.logic.policies.inventory import of_fixtures
from assets.finops.logic.policies.library import library
from assets.finops.logic.policies.regression import record, run_tests
from assets.finops.logic.policies.schema import Fixture, read_policy
from assets.finops.policy_files import shipped_files
from tests.logic.finops.policies.reference import as_policy, fixtures, policies

OWN = """\
name: {name}
description: d
mode: advisory
filters: [{{cost_30d: {{above: {above}}}}}]
actions: [notify]
tests:
  - {{name: a dear one, resource: {{cost_30d: 10}}, expect: match}}
  - {{name: a cheap one, resource: {{cost_30d: 1}}, expect: no match, clause: cost_30d}}
"""


def own(name: str = "own", above: object = 5) -> bytes:
    return OWN.format(name=name, above=above).encode()


def test_the_shipped_policies_are_sound_and_pass_their_tests():
    found = library(shipped_files(), {})

    assert found.quarantined == {}
    assert all(outcome.passed for outcome in found.outcomes)
    assert {policy.name for policy in found.policies.values()} >= {
        "anomaly-response", "continuous-optimisation", "idle-non-production", "underutilised-resources", "untagged-spend",
    }  # fmt: skip


@pytest.mark.parametrize("file", sorted(shipped_files()))
def test_a_shipped_policy_is_tried_on_a_match_on_none_and_on_what_is_unknown(file):
    policy = read_policy(shipped_files()[file].decode(), file)

    assert file == f"shipped/{policy.name}.yaml"
    assert {test.expect for test in policy.tests} == {"match", "no match", "unknown"}


def test_a_policy_of_ones_own_takes_the_place_of_the_shipped_one_of_that_name():
    found = library({"shipped/a.yaml": own("a"), "shipped/b.yaml": own("b")}, {"mine.yaml": own("a", 7)})

    assert found.files == {"b": "shipped/b.yaml", "a": "mine.yaml"}


def test_a_bad_file_is_quarantined_with_its_reason_and_the_others_are_in_force():
    found = library({}, {"bad.yaml": b"name: bad\n", "good.yaml": own()}, {"huge.yaml": "huge.yaml: is too large"})

    assert found.files == {"own": "good.yaml"}
    assert set(found.quarantined) == {"bad.yaml", "huge.yaml"}
    assert "bad.yaml, line 1: filters: is missing" in found.quarantined["bad.yaml"]


def test_a_policy_that_fails_its_own_test_is_not_in_force():
    found = library({}, {"own.yaml": own(above=20)})

    assert found.policies == {}
    assert (
        "test 'a dear one': expects 'match', but it is 'no match', decided by filters[1].cost_30d"
        in found.quarantined["own.yaml"]
    )
    assert [outcome.passed for outcome in found.outcomes] == [False, True]


def test_a_test_fails_if_another_filter_decides_than_it_says():
    text = OWN.format(name="own", above=5).replace("clause: cost_30d", "clause: state")

    (complaint,) = (o.complaint for o in run_tests(read_policy(text, "f")) if not o.passed)

    assert complaint == "expects state to decide, but it is decided by filters[1].cost_30d"


def test_the_second_file_with_a_name_is_quarantined():
    found = library({}, {"a.yaml": own(), "b.yaml": own()})

    assert found.files == {"own": "a.yaml"}
    assert "a.yaml has a policy named own already" in found.quarantined["b.yaml"]


def test_a_file_that_is_not_utf8_is_told_with_its_line():
    found = library({}, {"a.yaml": b"name: a\ndescription: gr\xfc\xdfe\n"})

    assert "a.yaml, line 2: byte 23 is not UTF-8" in found.quarantined["a.yaml"]


@settings(max_examples=150, deadline=None)
@given(policies(), fixtures())
def test_a_recorded_resource_is_judged_as_it_was_when_it_was_recorded(said, one):
    inventory = of_fixtures([one])

    again = of_fixtures([Fixture.model_validate(record(inventory.row(0, named=True)))])

    policy = as_policy(said)
    kept = ["clause", "result", "value", "threshold"]
    before, after = (
        explain(policy, rows).explode("explanation").unnest("explanation").select("verdict", *kept) for rows in (inventory, again)
    )
    assert before.equals(after)


def test_a_resource_is_recorded_as_texts_that_a_file_can_hold():
    fixture = Fixture.model_validate(
        {"provider": "oci", "cost_30d": "12.50", "state": "idle", "tags": {"a": "b"}, "day": "2026-03-01"}
    )

    recorded = record(of_fixtures([fixture]).row(0, named=True))

    assert {**recorded, "age_is_least": None} == {
        "id": "resource", "provider": "oci", "currency": "USD", "day": "2026-03-01", "cost_30d": "12.5", "age_is_least": None,
        "state": "idle", "tags": {"a": "b"},
    }  # fmt: skip
    assert pl.Series([recorded["cost_30d"]]).dtype == pl.String


def test_the_example_in_the_operations_manual_is_sound_and_passes_its_tests():
    page = (Path(__file__).parents[4] / "docs" / "operations.md").read_text(encoding="utf-8")
    example = page.split("\n## Policies\n")[1].split("```yaml\n")[1].split("```")[0]

    found = library({}, {"example.yaml": example.encode()})

    assert found.quarantined == {}
    assert len(found.outcomes) == 3
