"""A plan leads from whatever there is to what is wanted, once, and touches nothing else."""

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from assets.finops.logic.budgets.plan import ALL, Note, outcome, plan
from resources.budgets import AlertRule, Budget

_RULES = st.lists(
    st.builds(AlertRule, st.sampled_from(["ACTUAL", "FORECAST"]), st.integers(1, 120).map(Decimal), st.just(("a@example.com",))),
    max_size=4,
).map(lambda rules: tuple(sorted(rules)))
_TARGETS = st.sampled_from("abcdef")
_BUDGETS = st.builds(
    Budget,
    st.just("oci"),
    st.just("compartment"),
    _TARGETS,
    st.sampled_from(["one", "two"]),
    st.integers(1, 5).map(Decimal),
    st.just("EUR"),
    _RULES,
)
_DESIRED = st.lists(_BUDGETS, unique_by=lambda b: b.key)
_ACTUAL = st.lists(_BUDGETS).map(lambda found: [replace(b, reference=f"ocid-{n}") for n, b in enumerate(found)])


def budget(target: str = "a", amount: str = "100", **more: object) -> Budget:
    rules = (AlertRule("ACTUAL", Decimal(70), ("a@example.com",), "look"),)
    return replace(Budget("oci", "compartment", target, "prod", Decimal(amount), "EUR", rules), **more)


def by_key(budgets: Sequence[Budget]) -> list[Budget]:
    return sorted(budgets, key=lambda b: (b.key, b.reference))


def operations(desired: Sequence[Budget], actual: Sequence[Budget]) -> list[tuple[str, str]]:
    return [(step.operation, step.budget.key) for step in plan(desired, actual).steps]


@given(_DESIRED, _ACTUAL)
def test_what_there_is_after_a_plan_is_what_was_wanted(desired, actual):
    assert by_key(outcome(plan(desired, actual), actual)) == by_key(desired)


@given(_DESIRED, _ACTUAL)
def test_planning_again_finds_nothing_to_do(desired, actual):
    after = outcome(plan(desired, actual), actual)

    assert plan(desired, after).changes == ()


@given(_DESIRED, _ACTUAL, st.data())
def test_a_plan_that_was_cut_off_anywhere_is_finished_by_the_next(desired, actual, data):
    whole = plan(desired, actual)
    done = data.draw(st.integers(0, len(whole.steps)))
    cut = replace(whole, steps=whole.steps[:done])
    there = [replace(b, reference=b.reference or f"new-{n}") for n, b in enumerate(outcome(cut, actual))]

    assert by_key(outcome(plan(desired, there), there)) == by_key(desired)


@given(_DESIRED, _ACTUAL)
def test_every_budget_that_there_is_and_every_one_that_is_wanted_has_exactly_one_step(desired, actual):
    steps = plan(desired, actual).steps

    assert sorted(s.before.reference for s in steps if s.before) == sorted(b.reference for b in actual)
    assert sorted(s.after.key for s in steps if s.after) == sorted(b.key for b in desired)


@given(_DESIRED, _ACTUAL)
def test_without_a_confirmation_nothing_is_deleted(desired, actual):
    guarded, held = plan(desired, actual).guarded([])

    assert all(step.operation != "retire" for step in guarded.steps)
    assert len(guarded.steps) + len(held) == len(plan(desired, actual).steps)


@given(_DESIRED, _ACTUAL)
def test_a_plan_does_not_depend_on_the_order_of_what_it_is_given(desired, actual):
    assert plan(desired, actual) == plan(desired[::-1], actual[::-1])


@given(_DESIRED, _ACTUAL)
def test_the_plan_prints_as_json_with_a_line_per_step(desired, actual):
    found = plan(desired, actual)

    assert len(json.loads(json.dumps(found.as_json()))["steps"]) == len(found.rows())


def test_each_kind_of_step_is_told_from_the_others():
    there = [budget("b", "90"), budget("c"), budget("d")]

    assert operations([budget("a"), budget("b"), budget("c")], there) == [
        ("create", "compartment:a"), ("update", "compartment:b"), ("leave", "compartment:c"), ("retire", "compartment:d"),
    ]  # fmt: skip


def test_an_update_names_what_changes():
    rule = AlertRule("ACTUAL", Decimal(90), ("b@example.com",))

    (step,) = plan([budget(amount="120", rules=(rule,))], [budget()]).steps

    assert step.fields == ("amount", "rules")


def test_a_second_budget_for_a_target_goes_and_the_first_stays():
    first, second = budget(reference="ocid-1"), budget(reference="ocid-2")

    steps = plan([budget()], [second, first]).steps

    assert [(s.operation, s.before.reference) for s in steps if s.before] == [("leave", "ocid-1"), ("retire", "ocid-2")]
    assert "a second budget for compartment:a, beside ocid-1" in steps[1].reason


def test_a_deletion_is_confirmed_by_the_name_of_its_target_or_all_at_once():
    found = plan([], [budget("a"), budget("b")])

    assert [s.budget.key for s in found.guarded(["compartment:a"])[1]] == ["compartment:b"]
    assert found.guarded([ALL])[1] == ()


def test_what_cannot_be_planned_is_kept():
    found = plan([], [budget("a")], notes=[Note("refused", "oci", "compartment:a", "why")], keep=["compartment:a"])

    assert [s.operation for s in found.steps] == ["leave"]


def test_the_table_shows_amounts_before_and_after_and_why():
    notes = [Note("unknown", "oci", "compartment:z", "the forecast is unknown")]
    found = plan([budget(amount="120")], [budget(), budget("b")], {"compartment:a": "it costs more"}, notes)

    lines = found.table().splitlines()

    assert lines[1].split("  ")[0] == "update"
    assert "100 → 120" in lines[1]
    assert lines[1].endswith("it costs more")
    assert "100 → none" in lines[2]
    assert lines[3].startswith("unknown")
    assert plan([], []).table() == "nothing is planned"
