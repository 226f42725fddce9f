"""The section on recommendations: what could be saved, where each proposal stands, and what the bills show of those done."""

from datetime import timedelta

from tests.logic.finops.report.plausible import NOW, ago, datapoint, money, page, recommendation, report, saving, step

BY_SAVING = "Recommendations by saving"
CLOSED = "Realised, dismissed and expired"
SAVED = "Savings that the bills show"


def with_recommendations(*found, **more):
    return page(report(recommendations=list(found), **more))


def test_a_recommendation_says_what_to_do_what_it_saves_and_what_may_go_wrong():
    (row,) = with_recommendations(recommendation()).table(BY_SAVING)
    assert row == [
        "0123456789abcdef", "Machine 0123456789abcdef is idle", "immediate action: stop idle resource", "open",
        "120.50 – 240.00", "low", "Someone may still use it.", "Stop machine 0123456789abcdef.",
    ]  # fmt: skip


def test_the_largest_sure_saving_comes_first_and_unknown_ones_last_with_the_reason():
    shown = with_recommendations(
        recommendation("unsure", None), recommendation("wide", "5", "9000"), recommendation("sure", "50", "60")
    )
    rows = shown.table(BY_SAVING)
    assert [row[0] for row in rows] == ["sure", "wide", "unsure"]
    assert rows[2][4] == "unknown: no list price is known"


def test_what_overlaps_is_counted_once_and_what_is_unknown_is_not_counted():
    shown = with_recommendations(
        recommendation("a", "100", "150"), recommendation("b", "30", "40", overlaps_with="a"),
        recommendation("c", "10.5", "20"), recommendation("d", None),
    )  # fmt: skip
    card = shown.card("Saving per 30 days")
    assert card.value == "110.50 – 170.00 USD"
    assert card.detail == "1 of unknown saving not in it; 1 overlapping not added"
    assert "30.00 – 40.00, overlaps with a: not to be added" in [row[4] for row in shown.table(BY_SAVING)]
    assert "Machine a is idle" in shown.attributes("title")


def test_savings_that_are_all_unknown_are_not_zero():
    assert with_recommendations(recommendation("d", None)).card("Saving per 30 days").value == "unknown"


def test_what_is_settled_is_not_counted_and_stands_apart():
    shown = with_recommendations(
        recommendation("open"), recommendation("done", state="done"), recommendation("accepted", state="accepted"),
        recommendation("real", state="realised"), recommendation("no", state="dismissed"), recommendation("old", state="expired"),
    )  # fmt: skip
    assert sorted(row[0] for row in shown.table(BY_SAVING)) == ["accepted", "done", "open"]
    assert sorted(row[0] for row in shown.table(CLOSED)) == ["no", "old", "real"]
    assert shown.card("To decide or to do").value == "3"
    assert shown.card("To decide or to do").detail == "1 accepted, 1 done, 1 open"
    assert shown.card("Saving per 30 days").value == "241.00 – 480.00 USD"


def test_what_is_done_or_not_found_any_more_promises_no_further_saving():
    shown = with_recommendations(recommendation("a", "100", "150", state="done"), recommendation("b", "30", "40", proposed=False))
    assert shown.card("Saving per 30 days").value == "unknown"


def test_a_recommendation_that_is_not_found_any_more_says_so():
    shown = with_recommendations(recommendation(proposed=False, state="accepted"))
    assert shown.table(BY_SAVING)[0][3] == "accepted, not found any more"


def test_who_decided_and_why_stands_behind_the_state():
    shown = with_recommendations(recommendation(state="accepted", state_by="ana", note="agreed with the team"))
    assert "since 29 Mar 2026, by ana: agreed with the team" in shown.attributes("title")


def test_every_figure_that_a_recommendation_rests_on_is_shown():
    known = datapoint("finops/resource_costs", "ResourceId = 'i-1'", "cost of 30 days", "300.00")
    points = [known, datapoint(None, None, None, None)]
    shown = with_recommendations(recommendation(datapoints=points))
    assert shown.table("What it rests on") == [
        ["cost of 30 days", "300.00", "finops/resource_costs", "ResourceId = 'i-1'"],
        ["", "unknown", "", ""],
    ]
    assert "Machine 0123456789abcdef is idle (0123456789abcdef)" in shown.section("recommendations")


def test_a_long_list_says_how_much_of_it_is_shown():
    shown = with_recommendations(*(recommendation(f"r{n:02}") for n in range(61)))
    assert len(shown.table(BY_SAVING)) == 60
    assert "The first 60 of 61." in shown.section("recommendations")


def test_recommendations_in_a_currency_without_costs_are_shown_too():
    shown = with_recommendations(recommendation(BillingCurrency="XTS"))
    assert "Recommendations in XTS" in shown.headings
    assert shown.card("Saving per 30 days").value == "120.50 – 240.00 XTS"


def test_what_the_bills_show_of_a_saving_is_told_with_its_interval():
    (row,) = with_recommendations(recommendation(state="realised"), savings=[saving()]).table(SAVED)
    assert row == [
        "0123456789abcdef", "Machine 0123456789abcdef is idle", "realised", "USD", "verified", "10.00", "4.79", "5.21",
        "4.50 – 5.90", "93.75", "18", "",
    ]  # fmt: skip


def test_a_saving_that_is_not_visible_is_not_zero_and_says_what_limits_it():
    less = {"saving_per_day_low": money("-3"), "reason": "the service as a whole moved more"}
    (row,) = with_recommendations(recommendation(), savings=[saving(result="not visible", to_date=None, **less)]).table(SAVED)
    assert row[4] == "not visible"
    assert row[8:] == ["−3.00 – 5.90", "–", "18", "the service as a whole moved more"]


def test_a_saving_whose_recommendation_is_gone_is_still_shown():
    (row,) = with_recommendations(savings=[saving()]).table(SAVED)
    assert row[:3] == ["0123456789abcdef", "unknown", "unknown"]


def test_steps_are_told_newest_first_and_those_that_were_not_possible_are_named():
    steps = [
        step(),
        step(before="open", after="accepted", at=NOW - timedelta(days=2), by="ana", note="yes"),
        step(before="accepted", after="open", at=NOW - timedelta(days=1), by="bob", note="no", applied=False),
    ]
    assert with_recommendations(recommendation(), events=steps).table("Steps, the newest first") == [
        ["31 Mar 2026", "0123456789abcdef", "accepted → open", "not possible in that state", "bob", "no"],
        ["30 Mar 2026", "0123456789abcdef", "open → accepted", "applied", "ana", "yes"],
        ["29 Mar 2026", "0123456789abcdef", "open", "applied", "cloudops", "found"],
    ]


def test_nothing_done_yet_is_said():
    shown = with_recommendations(recommendation(began=ago(1)))
    assert "Nothing was accepted or done yet, so nothing is measured." in shown.section("recommendations")
