"""The section on anomalies: what was expected, who is behind it, and how far detection can be trusted."""

import json

from tests.logic.finops.report.plausible import (
    LAST,
    ago,
    anomalous_days,
    cost,
    culprit,
    detected,
    episode,
    every_day,
    money,
    page,
    report,
)

LISTED = "Anomalies, open ones first, by size of impact"
COSTS = every_day(ago(60), LAST, "525.125", SubAccountId="id-oracle-team-0")


def with_anomalies(*episodes, **more):
    return page(report(*COSTS, episodes=list(episodes), anomalies=[d for e in episodes for d in anomalous_days(e)], **more))


def test_an_anomaly_tells_what_was_expected_what_it_cost_and_which_resources_caused_it():
    (row,) = with_anomalies(episode()).table(LISTED)
    assert row == [
        "e0ffee123456", "spike", "20 Mar 2026 – 21 Mar 2026", "over", "Oracle", "Compute · eu-frankfurt-1 · id-oracle-team-0",
        "1,050.25", "4,200.50", "+3,150.25", "+1,575.12", "high", "none", "none",
        "ocid1.instance.oc1..first: 1,000.00 → 4,000.50; ocid1.instance.oc1..second: 50.25 → 200.00",
    ]  # fmt: skip


def test_the_heading_counts_anomalies_and_what_was_judged():
    text = with_anomalies(episode(), episode(episode_id="other", state="open")).section("anomalies")
    assert "2 anomalies found in 61 days of 1 series" in text


def test_no_anomaly_is_said_with_what_was_judged():
    text = page(report(*every_day(ago(40), LAST, "5"), cost(LAST, "1", service="Young"))).section("anomalies")
    assert "No anomalies found in 41 days of 2 series" in text
    assert "too little history to judge (fewer than 14 days): 1 of these series" in text


def test_open_anomalies_come_first_and_then_the_largest():
    small_open = episode(episode_id="open", state="open", actual="1100")
    large = episode(episode_id="large", actual="9000")
    saved = episode(episode_id="saved", actual="100")
    shown = with_anomalies(saved, large, small_open)
    assert [row[0] for row in shown.table(LISTED)] == ["open", "large", "saved"]


def test_the_cards_count_what_is_open_alerted_and_judged_and_add_up_what_is_at_stake():
    shown = with_anomalies(
        episode(episode_id="a", state="open", at_stake_per_day=money("100.5")),
        episode(episode_id="b", state="open", at_stake_per_day=money("1"), alerted_on=LAST),
        episode(episode_id="c", state="new level", verdict="false"),
    )
    assert (shown.card("Open").value, shown.card("Open").detail) == ("2", "101.50 USD a day at stake")
    assert [shown.card(label).value for label in ("Over, or a new level", "Alerts", "Verdicts")] == ["1", "1", "1"]


def test_a_price_step_is_listed_apart_and_is_no_anomaly():
    step = episode(episode_id="step", kind="price step", culprits=[])
    shown = with_anomalies(step)
    assert "No anomalies found" in shown.section("anomalies")
    (row,) = shown.table("Price steps")
    assert row == ["20 Mar 2026", "Oracle", "Compute · eu-frankfurt-1 · id-oracle-team-0", "USD", "+1,575.12"]


def test_each_anomaly_is_unfolded_to_its_days_its_resources_and_what_people_said():
    one = episode(verdict="expected", verdict_reason="ana: a load test")
    shown = with_anomalies(one)
    assert shown.table("Anomalous days") == [
        ["20 Mar 2026", "525.12", "2,100.25", "+1,575.12"],
        ["21 Mar 2026", "525.12", "2,100.25", "+1,575.12"],
    ]
    assert shown.table("Resources that moved")[0] == ["ocid1.instance.oc1..first", "1,000.00", "4,000.50", "+3,000.50"]
    assert "ana: a load test" in shown.section("anomalies")


def test_a_series_that_moved_as_a_whole_says_so():
    shown = with_anomalies(episode(culprits=[]))
    assert "No resource stands out: the series moved as a whole." in shown.section("anomalies")
    assert shown.table(LISTED)[0][-1] == "none told"


def test_more_culprits_than_fit_are_counted():
    shown = with_anomalies(episode(culprits=[culprit(f"r{n}", "1", "2") for n in range(5)]))
    assert shown.table(LISTED)[0][-1].endswith("r2: 1.00 → 2.00; and 2 more")
    assert len(shown.table("Resources that moved")) == 5


def test_a_cost_that_belongs_to_no_resource_is_unknown():
    shown = with_anomalies(episode(culprits=[culprit(None, "1", "2")]))
    assert shown.table("Resources that moved") == [["unknown", "1.00", "2.00", "+1.00"]]
    assert "None" not in shown.attributes("title")


def test_the_chart_of_an_anomaly_shows_its_series_alone():
    other = every_day(ago(60), LAST, "77777", service="Other")
    one = episode()
    shown = page(report(*COSTS, *other, episodes=[one], anomalies=anomalous_days(one)))
    (spec,) = [json.loads(s) for s in shown.scripts if s.startswith("{") and '"Anomalous day"' in s]
    actual, expected, marked = (layer["data"]["values"] for layer in spec["layer"])
    assert [p["day"] for p in actual][:1] == ["2026-02-17"]
    assert {p["amount"] for p in actual} == {525.125}
    assert [(p["day"], p["amount"]) for p in expected] == [("2026-03-20", 525.125), ("2026-03-21", 525.125)]
    assert [p["amount"] for p in marked] == [2100.25, 2100.25]


def test_of_many_anomalies_the_first_are_listed_and_fewer_have_a_chart():
    shown = with_anomalies(*(episode(episode_id=f"e{n:02}") for n in range(65)))
    assert len(shown.table(LISTED)) == 60
    assert sum('"Anomalous day"' in script for script in shown.scripts if script.startswith("{")) == 12
    assert "65 anomalies found" in shown.section("anomalies")
    assert "The first 60 are listed." in shown.section("anomalies")


def test_anomalies_stand_with_their_currency():
    euro = episode(episode_id="euro", BillingCurrency="EUR")
    costs = [*COSTS, *every_day(ago(60), LAST, "1", currency="EUR")]
    shown = page(report(*costs, episodes=[euro], anomalies=anomalous_days(euro)))
    text = shown.section("anomalies")
    assert "No anomalies found" in text[text.index("Anomalies in USD") :]
    assert "1 anomaly found" in text[text.index("Anomalies in EUR") :]


def test_the_measured_quality_of_detection_is_told_own_method_first():
    shown = page(
        report(
            *COSTS, detection=[detected("isolation forest", found=90), detected(), detected(kind="level_shift", found=150)]
        )
    )  # fmt: skip
    assert [row[:4] for row in shown.table("Detection per method")] == [
        ["walk-forward", "180 of 200", "90.0 %", "85.0 % – 94.0 %"],
        ["isolation forest", "90 of 200", "45.0 %", "40.0 % – 49.0 %"],
    ]
    assert shown.card("Recall").detail == "85.0 % – 94.0 %; 180 of 200 found"
    assert shown.card("Precision").value == "87.5 %"
    assert [row[:4] for row in shown.table("Recall per type of anomaly")] == [
        ["walk-forward", "level shift", "150 of 200", "75.0 %"]
    ]


def test_what_could_not_be_measured_is_not_a_number():
    unknown = dict.fromkeys(("recall", "recall_low", "recall_high", "precision", "median_days_to_detect", "culprit_share"))
    shown = page(report(*COSTS, detection=[detected(status="not enough history", **unknown)]))
    assert shown.card("Recall").value == "not enough history"
    assert shown.table("Detection per method") == [["walk-forward", "not enough history", *"––––––"]]
