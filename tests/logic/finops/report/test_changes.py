"""What changed since the last report, and which report that is."""

import io
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.report.changes import changes
from assets.finops.logic.report.making import make
from assets.finops.logic.report.snapshot import SNAPSHOT, packed, snapshot, unpacked
from tests.logic.finops.report.plausible import (
    LAST,
    NOW,
    Page,
    ago,
    cost,
    episode,
    every_day,
    forecast_of_april,
    kept_of,
    made,
    page,
    plausible,
    quarantined,
    recommendation,
    report,
    saving,
)

FIRST = "First report: nothing to compare with."
ANOMALIES = "Anomalies that changed"
PROPOSALS = "Recommendations that changed"


def in_turn(*reports):
    """The reports, each an hour after the one before and made with what that one kept."""
    kept, done = None, []
    for number, data in enumerate(reports):
        done.append(make(replace(data, generated_at=NOW + timedelta(hours=number)), kept))
        kept = done[-1].kept
    return done


def told(report_made):
    return Page(report_made.page).section("changes")


def test_the_first_report_has_nothing_to_compare_with():
    first = made(report(cost(LAST, "1")))
    assert FIRST in told(first)
    assert first.changes == 0


def test_the_same_data_change_nothing():
    for data in (report(cost(LAST, "1")), plausible()):
        found = changes(snapshot(data), snapshot(data))
        assert found.rows.is_empty()
        assert found.since == NOW


def test_a_report_in_which_no_figure_differs_says_so():
    data = report(cost(LAST, "1", service="Compute"))
    before = replace(data, generated_at=NOW - timedelta(days=1))
    kept = pl.concat([snapshot(before).with_columns(issue=pl.lit(0, pl.Int8)), snapshot(before)])
    same = make(data, packed(kept))
    assert "Compared with the report of 31 Mar 2026, 06:30 UTC. No figure changed." in told(same)
    assert same.changes == 0


def test_new_days_are_counted_with_what_they_cost():
    before = report(*every_day(ago(5), ago(2), "10"))
    shown = page(report(*every_day(ago(5), LAST, "10")), before)
    assert shown.card("New days").value == "2"
    assert shown.card("Days whose cost changed").value == "0"
    assert shown.table("Costs that changed") == [["Oracle", "USD", "2", "20.00", "0", "–", "0"]]
    assert "Compared with the report of 1 Apr 2026, 06:30 UTC." in shown.section("changes")


def test_corrected_days_are_listed_the_largest_change_first():
    before = report(cost(ago(3), "10"), cost(ago(2), "10"), cost(ago(1), "10"), cost(LAST, "10"))
    shown = page(report(cost(ago(3), "11"), cost(ago(2), "2"), cost(LAST, "10")), before)
    assert shown.card("Days whose cost changed").value == "3"
    assert shown.table("Days whose cost changed") == [
        ["29 Mar 2026", "Oracle", "USD", "10.00", "2.00", "−8.00"],
        ["28 Mar 2026", "Oracle", "USD", "10.00", "11.00", "+1.00"],
        ["30 Mar 2026", "Oracle", "USD", "10.00", "no cost any more", "−10.00"],
    ]
    assert shown.table("Costs that changed") == [["Oracle", "USD", "0", "–", "2", "−7.00", "1"]]


def test_a_change_of_the_last_digit_is_a_change():
    big, more = "12345678901234.000000000000000000000001", "12345678901234.000000000000000000000002"
    found = changes(snapshot(report(cost(LAST, big))), snapshot(report(cost(LAST, more))))
    assert found.rows["change"].to_list() == [Decimal("1E-24")]


def test_a_cost_that_is_not_known_any_more_has_changed_by_an_unknown_amount():
    before = report(cost(LAST, "10", effective=None), cost(ago(1), "1", effective=None))
    shown = page(report(cost(LAST, None, effective=None), cost(ago(1), "1", effective=None)), before)
    assert shown.table("Days whose cost changed") == [["31 Mar 2026", "Oracle", "USD", "10.00", "unknown", "unknown"]]


def test_a_currency_that_is_measured_otherwise_is_not_compared_but_said():
    before = report(*every_day(ago(9), LAST, "10", effective=Decimal(8)), cost(LAST, "7", currency="EUR"))
    now = report(*every_day(ago(9), LAST, "10", effective=None), cost(LAST, "9", currency="EUR"))
    shown = page(now, before)
    assert "USD is shown as BilledCost instead of EffectiveCost: its days are not compared." in shown.section("changes")
    assert shown.table("Costs that changed") == [["Oracle", "EUR", "0", "–", "1", "+2.00", "0"]]
    assert shown.card("Days whose cost changed").value == "1"


def test_a_rerun_with_the_same_bills_does_not_hide_what_changed():
    old, new = report(cost(LAST, "10")), report(cost(LAST, "12"))
    _, second, rerun, again = in_turn(old, new, new, new)
    assert told(second) == told(rerun) == told(again)
    assert "Compared with the report of 1 Apr 2026, 06:30 UTC." in told(again)
    assert again.changes == 1


def test_an_analysis_that_comes_in_late_adds_to_what_changed_with_its_bills():
    old, new = report(cost(LAST, "10")), report(cost(LAST, "12"))
    late = replace(new, episodes=report(episodes=[episode()]).episodes)
    *_, last = in_turn(old, new, late)
    shown = Page(last.page)
    assert (shown.card("Days whose cost changed").value, shown.card("New anomalies").value) == ("1", "1")


def test_new_bills_are_compared_with_the_last_report_of_the_bills_before():
    one, two, three = (report(cost(LAST, amount)) for amount in ("10", "12", "15"))
    *_, last = in_turn(one, two, two, three)
    assert "Compared with the report of 1 Apr 2026, 08:30 UTC." in told(last)
    assert Page(last.page).table("Days whose cost changed")[0][3:] == ["12.00", "15.00", "+3.00"]


def test_without_bills_before_an_analysis_is_compared_with_the_last_that_said_something_else():
    plain = report(cost(LAST, "10"))
    found = replace(plain, episodes=report(episodes=[episode()]).episodes)
    first, same, changed, rerun = in_turn(plain, plain, found, found)
    assert FIRST in told(first)
    assert FIRST in told(same)
    assert Page(changed.page).card("New anomalies").value == "1"
    assert told(rerun) == told(changed)


def test_bills_that_return_to_what_they_were_are_told_as_a_change_back():
    one, two = report(cost(LAST, "10")), report(cost(LAST, "12"))
    *_, last = in_turn(one, two, one)
    assert Page(last.page).table("Days whose cost changed")[0][3:] == ["12.00", "10.00", "−2.00"]


def test_of_reports_before_only_two_are_kept():
    *_, last = in_turn(*(report(cost(LAST, amount)) for amount in range(1, 5)))
    kept = unpacked(last.kept)
    assert dict(kept.schema) == SNAPSHOT
    assert sorted(kept["issue"].unique()) == [0, 1]
    assert kept.select(pl.col("made_at").n_unique().over("issue").max()).item() == 1


def test_the_order_of_rows_makes_no_other_bills():
    one = report(*every_day(ago(5), LAST, "1"), cost(LAST, "3", provider="AWS"), cost(LAST, "3", currency="EUR"))
    other = replace(one, daily=one.daily.reverse())
    assert snapshot(one).equals(snapshot(other))


def parquet(frame):
    file = io.BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


UNREADABLE = {
    "empty": (b"", "not a snapshot of a report"),
    "text": (b"<html>", "not a snapshot of a report"),
    "cut off": (kept_of(report(cost(LAST, "1")))[:-40], "not a snapshot of a report"),
    "other columns": (parquet(pl.DataFrame({"a": [1]})), "the snapshot of another version of the report"),
    "older version": (parquet(snapshot(report()).drop("bills")), "the snapshot of another version of the report"),
}


@pytest.mark.parametrize(("kept", "why"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_snapshot_that_cannot_be_read_tells_why_and_does_not_prevent_the_report(kept, why):
    data = report(episodes=[episode()])
    new = make(data, kept)
    assert f"The last report cannot be compared with: {why}." in told(new)
    assert "Data quality" in Page(new.page).headings
    assert new.changes == 0
    assert unpacked(new.kept).equals(snapshot(data))


def test_a_snapshot_that_is_cut_off_anywhere_is_none():
    kept = kept_of(plausible())
    for end in range(0, len(kept), 501):
        with pytest.raises(ValueError, match="not a snapshot of a report"):
            unpacked(kept[:end])


@pytest.mark.parametrize(("place", "byte"), [(1165, 68), (3213, 147), (3471, 78), (3530, 79), (3843, 189)])
def test_a_snapshot_with_a_damaged_byte_does_not_prevent_the_report(place, byte):
    kept = bytearray(kept_of(report(*every_day(ago(9), LAST, "1"), episodes=[episode()])))
    kept[place] = byte
    assert "Data quality" in Page(make(report(), bytes(kept)).page).headings


def test_an_anomaly_is_told_as_new_grown_shrunk_judged_ended_or_gone():
    before = [
        episode(episode_id="grown", state="open"), episode(episode_id="shrunk", state="open"),
        episode(episode_id="judged"), episode(episode_id="ended", state="open"), episode(episode_id="gone"),
        episode(episode_id="same"), episode(episode_id="lasts", state="open"), episode(episode_id="taken back", verdict="true"),
    ]  # fmt: skip
    now = [
        episode(episode_id="grown", state="open", actual="5000.5", alerted_on=LAST),
        episode(episode_id="shrunk", state="open", actual="3000"), episode(episode_id="judged", verdict="false"),
        episode(episode_id="ended"), episode(episode_id="same"), episode(episode_id="lasts", state="new level"),
        episode(episode_id="new", state="open"), episode(episode_id="taken back"),
    ]  # fmt: skip
    shown = page(report(episodes=now), report(episodes=before))
    said = {row[0]: row[1] for row in shown.table(ANOMALIES)}
    assert said == {
        "new": "new",
        "grown": "grew, alert",
        "shrunk": "shrank",
        "judged": "verdict: false",
        "taken back": "verdict: withdrawn",
        "ended": "ended",
        "lasts": "new level",
        "gone": "not found any more: the bills were corrected",
    }
    order = [row[0] for row in shown.table(ANOMALIES)]
    assert (order[0], order[-1]) == ("new", "gone")
    impact = {row[0]: row[5:] for row in shown.table(ANOMALIES)}
    assert impact["grown"] == ["+3,150.25", "+3,950.25"]
    assert impact["ended"] == ["as before", "as before"]
    assert impact["new"] == ["–", "+3,150.25"]
    assert impact["gone"] == ["+3,150.25", "–"]
    assert (shown.card("New anomalies").value, shown.card("Anomalies ended").value) == ("1", "2")


def test_a_new_price_step_is_not_told_as_a_new_anomaly():
    step = episode(episode_id="step", kind="price step")
    shown = page(report(episodes=[step, episode(episode_id="real")]), report())
    assert shown.card("New anomalies").value == "1"
    assert [row[0] for row in shown.table(ANOMALIES)] == ["real"]


def test_a_forecast_that_moved_is_told_per_month_and_cloud():
    costs = every_day(ago(0), LAST, "5")
    before = report(*costs, forecasts=forecast_of_april(Oracle="100", AWS="50"))
    shown = page(report(*costs, forecasts=forecast_of_april(Oracle="110", AWS="50")), before)
    assert shown.table("Months whose expected total changed") == [
        ["2026-04", "Oracle", "USD", "3,000.00", "3,300.00", "+300.00", "+10.0 %"],
        ["2026-04", "all clouds", "USD", "4,500.00", "4,800.00", "+300.00", "+6.7 %"],
    ]


def test_a_recommendation_is_told_as_new_decided_or_worth_something_else():
    before = [recommendation("decided"), recommendation("worth"), recommendation("same")]
    now = [
        recommendation("decided", state="accepted"), recommendation("worth", "90", "100"), recommendation("same"),
        recommendation("new", None),
    ]  # fmt: skip
    shown = page(report(recommendations=now), report(recommendations=before))
    assert {row[0]: (row[1], *row[4:]) for row in shown.table(PROPOSALS)} == {
        "new": ("new", "–", "unknown"),
        "decided": ("open → accepted", "as before", "as before"),
        "worth": ("saving changed", "120.50", "90.00"),
    }
    assert shown.card("New recommendations").value == "1"


def test_a_saving_is_told_with_its_result_and_amount():
    old = [saving("a", "not enough days", None), saving("b"), saving("c", "not visible"), saving("d")]
    new = [saving("a"), saving("b", to_date="99"), saving("c"), saving("d")]
    shown = page(report(savings=new), report(savings=old))
    assert {row[0]: row[3:] for row in shown.table("Savings that changed")} == {
        "a": ["not enough days → verified", "–", "93.75"],
        "b": ["as before", "93.75", "99.00"],
        "c": ["not visible → verified", "as before", "as before"],
    }


def test_files_with_more_or_fewer_quarantined_records_are_told():
    def waiting(**files):
        return report(quarantine=[quarantined(n, x_source_file=file) for file, count in files.items() for n in range(count)])

    shown = page(waiting(more=3, fewer=1, new=2), waiting(more=2, fewer=4, gone=1))
    assert shown.table("Quarantined records") == [
        ["fewer", "4", "1"], ["more", "2", "3"], ["gone", "1", "0"], ["new", "0", "2"],
    ]  # fmt: skip
    assert shown.card("Files with new quarantined records").value == "2"


def test_a_long_list_says_how_much_of_it_is_shown():
    shown = page(report(episodes=[episode(episode_id=f"e{n:02}") for n in range(41)]), report())
    assert len(shown.table(ANOMALIES)) == 40
    assert "The first 40 of 41." in shown.section("changes")
    assert shown.card("New anomalies").value == "41"


KEYS = st.tuples(st.integers(0, 4), st.sampled_from(["AWS", "Oracle"]), st.sampled_from(["EUR", "USD"]))
BILLS = st.dictionaries(KEYS, st.decimals(-(10**13), 10**13, places=24), max_size=8)


@given(BILLS, BILLS)
@settings(max_examples=30, deadline=None)
def test_the_changes_are_exactly_the_difference_between_two_reports(before, now):
    one, other = (
        report(*(cost(ago(n), amount, provider=cloud, currency=code) for (n, cloud, code), amount in bills.items()))
        for bills in (before, now)
    )
    days = changes(snapshot(one), snapshot(other)).rows.filter(pl.col("figure") == "cost")
    found = {
        ((LAST - row["day"]).days, row["name"], row["currency"]): (row["what"], row["amount_before"], row["amount_now"])
        for row in days.iter_rows(named=True)
    }
    assert found == {
        key: ("new" if key not in before else "gone" if key not in now else "changed", before.get(key), now.get(key))
        for key in {*before, *now}
        if before.get(key) != now.get(key)
    }


def test_what_is_kept_is_what_was_packed():
    now = snapshot(plausible())
    assert unpacked(packed(now)).equals(now)
