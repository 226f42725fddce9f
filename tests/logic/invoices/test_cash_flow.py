"""The cash forecast of open invoices: nothing lost, nothing summed across currencies, bands that hold."""

from datetime import timedelta
from decimal import Decimal

import polars as pl
import pytest

from assets.charts import drawn
from assets.invoices.logic.cash_flow import BY_WEEK, TOTALS, cash_flow, charts
from assets.invoices.logic.payments.history import history_of
from assets.invoices.logic.payments.records import known_on
from assets.invoices.logic.payments.validation import calibrated
from tests.logic.invoices.payments.receivables import START, receivables

TODAY = START + timedelta(days=401)
RECORDS = receivables().with_columns(
    currency=pl.when(pl.col("party").is_in(["party 1", "party 2"])).then(pl.lit("USD")).otherwise("currency")
)
HISTORY = history_of(known_on(RECORDS, TODAY))
MODEL = calibrated(HISTORY, TODAY)
AMOUNTS = RECORDS.filter(pl.col("issued") < TODAY).select("invoice_id", amount=pl.col("amount").cast(pl.Decimal(38, 2)))
OPEN = HISTORY.rows.filter(pl.col("settled").is_null())


def test_every_open_amount_falls_into_some_week_of_its_own_currency():
    found = cash_flow(MODEL, HISTORY, AMOUNTS, TODAY)
    expected = found.by_week.group_by("currency").agg(pl.col("expected").sum(), pl.col("invoices").sum())
    totals = found.totals.join(expected, on="currency")

    assert found.totals["currency"].to_list() == ["EUR", "USD"]
    assert totals["expected"].to_list() == pytest.approx(totals["open_total"].cast(pl.Float64).to_list())
    assert totals["invoices"].to_list() == pytest.approx(totals["open_invoices"].to_list())
    assert found.by_week.schema == BY_WEEK
    assert found.totals.schema == TOTALS


def test_totals_are_exact_and_name_what_is_overdue_or_unknown():
    gone = OPEN.filter(pl.col("currency") == "EUR")["invoice_id"].item(0)
    found = cash_flow(MODEL, HISTORY, AMOUNTS.filter(pl.col("invoice_id") != gone), TODAY).totals.row(0, named=True)
    open_euro = OPEN.filter((pl.col("currency") == "EUR") & (pl.col("invoice_id") != gone))

    assert found["unknown_invoices"] == 1
    assert found["open_total"] == sum((Decimal(str(amount)) for amount in open_euro["amount"]), Decimal())
    assert found["overdue_invoices"] == OPEN.filter((pl.col("currency") == "EUR") & (pl.col("due") < TODAY)).height


def test_the_bands_hold_about_what_they_promise():
    inside = []
    for shift in range(0, 140, 14):
        today = START + timedelta(days=350 + shift)
        known = known_on(RECORDS, today)
        history = history_of(known)
        amounts = known.select("invoice_id", pl.col("amount").cast(pl.Decimal(38, 2)))
        weeks = cash_flow(calibrated(history, today), history, amounts, today, weeks=5).by_week.filter(
            (pl.col("currency") == "EUR") & pl.col("week").is_not_null()
        )
        came = RECORDS.filter((pl.col("issued") < today) & (pl.col("settled") >= today) & (pl.col("currency") == "EUR"))
        paid = came.group_by(week=pl.col("settled").dt.truncate("1w")).agg(paid=pl.col("amount").sum())
        joined = weeks.join(paid, on="week", how="left").with_columns(pl.col("paid").fill_null(0))
        inside.append(joined.select(pl.col("paid").is_between("lower_80", "upper_80").mean()).item())

    assert sum(inside) / len(inside) == pytest.approx(0.8, abs=0.12)


def test_the_first_week_is_that_of_today_and_the_last_row_is_what_comes_after():
    weeks = cash_flow(MODEL, HISTORY, AMOUNTS, TODAY, weeks=2).by_week.filter(pl.col("currency") == "EUR")["week"].to_list()

    assert weeks[0] <= TODAY < weeks[0] + timedelta(days=7)
    assert weeks[0].weekday() == 0
    assert weeks[2] is None


def test_a_credit_lowers_what_is_expected():
    credit = AMOUNTS.with_columns(pl.col("amount").neg())
    found = cash_flow(MODEL, HISTORY, credit, TODAY)

    assert (found.by_week["expected"] <= 0).all()
    assert found.totals["open_total"].max() < 0


def test_nothing_open_is_an_empty_forecast():
    found = cash_flow(MODEL, HISTORY, AMOUNTS, START - timedelta(days=1))

    assert found.by_week.is_empty()
    assert found.totals.is_empty()


def test_there_is_a_picture_per_currency():
    pictures = {name: drawn(chart) for name, chart in charts(cash_flow(MODEL, HISTORY, AMOUNTS, TODAY)).items()}

    assert list(pictures) == ["EUR", "USD"]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures.values())


def test_an_amount_that_would_be_counted_twice_or_not_at_all_is_refused():
    with pytest.raises(ValueError, match="more than one amount"):
        cash_flow(MODEL, HISTORY, pl.concat([AMOUNTS, AMOUNTS.head(1)]), TODAY)
    with pytest.raises(ValueError, match="not in the history"):
        cash_flow(MODEL, HISTORY, AMOUNTS.with_columns(invoice_id=pl.lit("?")).head(1), TODAY)
