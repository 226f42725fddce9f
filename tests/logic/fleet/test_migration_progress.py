"""What a database has had, what it needs, and where somebody has to decide."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.fleet.logic.migrations.files import Migration, checksum_of, migrations_of
from assets.fleet.logic.migrations.progress import Applied, Resume, Step, progress

FILES = migrations_of(
    {f"V00{n}__m{n}.sql": f"CREATE TABLE a{n} (x NUMBER);\nCREATE TABLE b{n} (x NUMBER);".encode() for n in (1, 2, 3)}
)


def applied(one: Migration, *states: str) -> Applied:
    steps = {n: Step(checksum_of(one.statements[n - 1].text), state, "ORA-00955" if state == "failed" else None)
             for n, state in enumerate(states, 1)}  # fmt: skip
    done = len(states) == len(one.statements) and all(state in ("done", "marked") for state in states)
    return Applied(one.version, one.file, one.checksum, len(one.statements), done, steps)


def test_everything_is_run_in_its_order_on_a_new_database():
    found = progress(FILES, [])
    assert [(todo.migration.version, todo.numbers) for todo in found.todo] == [("001", (1, 2)), ("002", (1, 2)), ("003", (1, 2))]
    assert not found.refused
    assert "CREATE TABLE b3 (x NUMBER)" in found.text()


def test_what_was_applied_is_not_run_again():
    found = progress(FILES, [applied(FILES[0], "done", "done"), applied(FILES[1], "done", "marked")])
    assert (found.done, [todo.migration.version for todo in found.todo]) == (("001", "002"), ["003"])


def test_a_file_that_was_changed_or_lost_or_comes_late_is_drift():
    changed = replace(applied(FILES[0], "done", "done"), checksum="other")
    assert "V001__m1.sql was changed after it was applied" in progress(FILES, [changed]).refused
    assert "V001__m1.sql was applied, and is not there" in progress(FILES[1:], [applied(FILES[0], "done", "done")]).refused
    newer = [applied(FILES[1], "done", "done")]
    assert "V001__m1.sql: a newer migration was applied" in progress(FILES, newer).refused
    assert not progress(FILES, newer, out_of_order=True).refused


@pytest.mark.parametrize(("state", "said"), [("failed", "failed with ORA-00955"), ("begun", "nobody knows how it ended")])
def test_where_a_statement_failed_or_was_cut_off_somebody_has_to_decide(state, said):
    before = [applied(FILES[0], "done", state)]
    found = progress(FILES, before)
    assert "V001__m1.sql: statement 2 of 2" in found.refused
    assert said in found.refused
    again = progress(FILES, before, Resume("001/2", "run again"))
    assert (again.refused, again.todo[0].numbers, again.todo[0].marks) == ("", (2,), ())
    counted = progress(FILES, before, Resume("001/2", "count as done"))
    assert (counted.refused, counted.todo[0].numbers, counted.todo[0].marks) == ("", (), (2,))


def test_a_decision_about_another_statement_decides_nothing():
    before = [applied(FILES[0], "done", "failed")]
    assert "decide about 001/2" in progress(FILES, before, Resume("001/1", "run again")).refused
    assert "is not stuck" in progress([FILES[0]], [applied(FILES[0], "done", "done")], Resume("001/2", "run again")).refused


def test_a_cut_between_two_statements_goes_on_by_itself():
    found = progress(FILES, [applied(FILES[0], "done")])
    assert (found.refused, found.todo[0].numbers, found.todo[0].is_begun) == ("", (2,), True)


def test_a_migration_that_failed_may_be_corrected_where_it_was_not_run():
    corrected = migrations_of({"V001__m1.sql": b"CREATE TABLE a1 (x NUMBER);\nCREATE TABLE c1 (x NUMBER);"})
    before = [applied(FILES[0], "done", "failed")]
    assert not progress(corrected, before, Resume("001/2", "run again")).refused
    rewritten = migrations_of({"V001__m1.sql": b"CREATE TABLE z1 (x NUMBER);\nCREATE TABLE b1 (x NUMBER);"})
    assert "statement 1 was changed after it was run" in progress(rewritten, before, Resume("001/2", "run again")).refused


@given(st.lists(st.sampled_from(["done", "begun", "failed", "marked"]), max_size=2), st.integers(0, 3))
def test_nothing_that_is_done_is_ever_planned_and_nothing_unclear_is_passed_over(states, whole):
    before = [applied(one, "done", "done") for one in FILES[:whole]]
    before += [applied(FILES[whole], *states)] if whole < 3 else []
    found = progress(FILES, before)
    planned = {(todo.migration.version, number) for todo in found.todo for number in todo.numbers}
    for one in before:
        for number, step in one.steps.items():
            assert step.state not in ("done", "marked") or (one.version, number) not in planned
            assert step.state in ("done", "marked") or found.stuck
