"""The section on actions: what waits for approval, what became of it, what was changed in the clouds."""

from tests.logic.finops.report.plausible import action, change, page, report

ACTIONS, CHANGES = "Actions", "Changes to the clouds"


def with_actions(*found, **more):
    return page(report(actions=list(found), **more))


def test_an_action_says_what_it_would_do_to_what_and_why():
    (row,) = with_actions(action()).table(ACTIONS)
    assert row[:2] == ["act0123456789ab", "stop"]
    assert row[5:] == ["proposed", "30.50 – 61.00", "not executed", "Nobody used it for 30 days."]


def test_those_of_the_largest_sure_saving_come_first_and_unknown_savings_last_with_the_reason():
    rows = with_actions(action("a", "1", "2"), action("b", None), action("c", "5", "6")).table(ACTIONS)
    assert [row[0] for row in rows] == ["c", "a", "b"]
    assert rows[2][6] == "unknown: no price is known"


def test_what_waits_what_is_done_and_what_failed_is_counted_apart():
    shown = with_actions(action("a"), action("b", state="approved"), action("c", state="verified"), action("d", state="failed"))
    names = ("Wait for approval", "Approved or under way", "Done", "Failed")
    assert [shown.card(name).value for name in names] == ["1", "1", "1", "1"]


def test_what_was_rejected_or_taken_back_is_not_listed():
    shown = with_actions(
        action("a"), action("b", state="rejected"), action("c", state="rolled back"), action("d", state="expired")
    )
    assert [row[0] for row in shown.table(ACTIONS)] == ["a"]


def test_an_effect_that_fell_short_says_that_taking_it_back_is_proposed():
    (row,) = with_actions(action(state="executed", effect="not visible", rollback_proposed=True)).table(ACTIONS)
    assert row[7] == "not visible; taking it back is proposed"


def test_changes_to_the_clouds_are_told_with_their_outcome_and_not_twice():
    shown = page(report(journal=[change(outcome="begun"), change(), change("tag:x", "failed: no right")]))
    assert sorted((row[3], row[4]) for row in shown.table(CHANGES)) == [
        ("compartment:prod", "done"),
        ("tag:x", "failed: no right"),
    ]


def test_without_actions_or_changes_that_is_said():
    shown = page(report())
    assert "No policy or recommendation proposes an action." in shown.section("actions")
    assert "Nothing was changed in any cloud." in shown.section("actions")
