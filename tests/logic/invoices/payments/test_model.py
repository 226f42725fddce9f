"""The payment model: what it learns, that it learns from the past alone, and what it says."""

import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from assets.invoices.logic.payments.history import history_of
from assets.invoices.logic.payments.model import (
    LEAST_INVOICES,
    NotAModel,
    TooFewInvoices,
    distribution,
    fitted,
    from_json,
)
from assets.invoices.logic.payments.prediction import PREDICTIONS, predicted
from assets.invoices.logic.payments.records import known_on
from assets.invoices.logic.payments.validation import calibrated, model_card, reliability, scored
from tests.logic.invoices.payments.receivables import START, receivables

CUT = START + timedelta(days=380)
RECORDS = receivables()
HISTORY = history_of(RECORDS)


def test_it_beats_the_baselines_on_later_invoices():
    scores = scored(HISTORY, CUT)

    assert scores.invoices > 100
    assert scores.brier < scores.brier_logistic < scores.brier_rate
    assert scores.auc_late > scores.auc_logistic > 0.8
    assert scores.mae_days < 0.9 * scores.mae_customer_mean


def test_its_intervals_hold_about_what_they_promise():
    assert scored(HISTORY, CUT).coverage == pytest.approx(0.8, abs=0.08)


def test_learning_and_calibration_do_not_see_what_comes_later():
    known = history_of(known_on(RECORDS, CUT))

    assert calibrated(known, CUT) == calibrated(HISTORY, CUT)


def test_open_invoices_are_learnt_from_as_unfinished():
    model = fitted(HISTORY, CUT)
    open_then = RECORDS.filter((pl.col("issued") < CUT) & (pl.col("settled") >= CUT)).height

    assert model.censored == open_then > 0


def test_invoices_that_were_never_paid_make_long_waits_likelier():
    delay = (pl.col("settled") - pl.col("issued")).mean()
    prompt = RECORDS.group_by("party").agg(delay=delay).sort("delay")["party"].item(0)
    recent = (pl.col("party") == prompt) & (pl.col("issued") > CUT - timedelta(days=200))
    slow = RECORDS.with_columns(settled=pl.when(~recent).then("settled"))
    new = pl.DataFrame({"invoice_id": ["new"], "party": [prompt], "issued": [CUT], "due": [CUT + timedelta(days=30)]})
    late = []
    for records in (RECORDS, slow):
        history = history_of(pl.concat([known_on(records, CUT), new], how="diagonal"))
        late.append(predicted(fitted(history, CUT), history, only=["new"])["late"].item())

    assert late[1] > late[0]


def test_one_invoice_that_is_never_paid_says_little_of_the_others():
    old = HISTORY.rows.filter(pl.col("issued") < START + timedelta(days=60)).unique("party", keep="first", maintain_order=True)
    never = RECORDS.with_columns(settled=pl.when(~pl.col("invoice_id").is_in(old["invoice_id"].to_list())).then("settled"))
    plain, spoilt = (scored(history_of(records), CUT) for records in (RECORDS, never))

    assert old.height > 10
    assert spoilt.invoices == plain.invoices
    assert spoilt.mae_days < 1.1 * plain.mae_days


def test_a_stored_model_is_the_same_model():
    model = calibrated(HISTORY, CUT)
    found = from_json(model.to_json())

    assert found == model
    assert found.digest == model.digest


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"digest": "x", "format": 1}', "null"])
def test_what_is_no_model_is_refused(text):
    with pytest.raises(NotAModel):
        from_json(text)


def test_a_model_that_was_changed_in_storage_is_refused():
    body = json.loads(calibrated(HISTORY, CUT).to_json())
    body["errors_width"] += 1

    with pytest.raises(NotAModel, match="changed"):
        from_json(json.dumps(body))


def test_too_little_to_learn_from_is_said():
    with pytest.raises(TooFewInvoices, match=str(LEAST_INVOICES)):
        fitted(HISTORY, START + timedelta(days=20))
    with pytest.raises(TooFewInvoices, match="tested"):
        scored(HISTORY, date(2030, 1, 1))


def test_probabilities_of_the_three_statuses_add_up_to_one():
    frame = predicted(calibrated(HISTORY, CUT), HISTORY)
    total = frame.select(pl.sum_horizontal("on_time", "slightly_late", "significantly_late")).to_series()

    assert frame.schema == PREDICTIONS
    assert frame["invoice_id"].to_list() == HISTORY.rows["invoice_id"].to_list()
    assert (total - 1).abs().max() < 1e-9
    assert (frame["days_low"] <= frame["days_to_pay"]).all()
    assert set(frame["status"]) == {"ON_TIME", "SLIGHTLY_LATE", "SIGNIFICANTLY_LATE"}


def test_without_a_due_date_the_status_is_unknown_but_not_the_day():
    records = known_on(RECORDS, CUT)
    new = pl.DataFrame({"invoice_id": ["new"], "party": ["party 3"], "issued": [CUT]})
    history = history_of(pl.concat([records, new], how="diagonal"))
    row = predicted(calibrated(history, CUT), history, only=["new"]).row(0, named=True)

    assert row["status"] is row["late"] is row["on_time"] is None
    assert row["pay_date"] > CUT


def test_an_invoice_that_is_still_open_is_not_predicted_to_be_paid_in_the_past():
    today = CUT
    history = history_of(known_on(RECORDS, today))
    waiting = history.rows.filter(pl.col("settled").is_null())
    frame = predicted(calibrated(history, today), history, today=today, only=waiting["invoice_id"].to_list())
    joined = frame.join(waiting, on="invoice_id")

    assert (frame["pay_date_low"] >= today).all()
    assert joined.filter(pl.col("due") < today)["on_time"].to_list() == [0.0] * joined.filter(pl.col("due") < today).height


def test_a_paperless_bill_is_expected_sooner():
    records = known_on(RECORDS, CUT)
    pair = pl.DataFrame(
        {
            "invoice_id": ["paper", "paperless"],
            "party": ["party 3"] * 2,
            "issued": [CUT] * 2,
            "due": [CUT + timedelta(days=30)] * 2,
            "paperless_since": [None, CUT],
        }
    )
    history = history_of(pl.concat([records, pair], how="diagonal"))
    days = predicted(calibrated(history, CUT), history, only=["paper", "paperless"])["days_to_pay"]

    assert days[0] - days[1] == pytest.approx(7, abs=3)


def test_a_party_of_its_own_habits_is_judged_by_them_and_a_new_one_by_others():
    rows = HISTORY.rows.with_row_index("n").filter(pl.col("issued") >= CUT)
    spread = distribution(fitted(HISTORY, CUT), HISTORY, rows["n"].to_numpy().astype(np.int64)).quantile(0.5)

    assert np.corrcoef(spread, rows["days"].to_numpy())[0, 1] > 0.8


def test_no_invoices_give_no_predictions():
    frame = predicted(calibrated(HISTORY, CUT), HISTORY, only=[])

    assert frame.height == 0


def test_the_card_names_data_features_baselines_and_identity():
    model = calibrated(HISTORY, CUT)
    card = model_card(model, HISTORY)

    assert json.loads(json.dumps(card)) == card
    assert card["digest"] == model.digest
    assert card["last_issue"] < CUT.isoformat()
    assert max(card["origins"]) < CUT.isoformat()
    assert card["brier"] < card["brier_rate"]
    assert card["coverage"] == pytest.approx(0.8, abs=0.1)
    assert card["invoices"] == RECORDS.filter(pl.col("issued") < CUT).height


def test_the_card_of_a_model_that_could_not_be_measured_says_unknown():
    early = START + timedelta(days=110)
    card = model_card(fitted(HISTORY, early), HISTORY)

    assert card["brier"] is None
    assert card["reliability"] == []
    assert card["tested_invoices"] == 0


def test_reliability_is_by_bins_of_equal_counts_and_observed_follows_predicted():
    scores = scored(HISTORY, CUT)
    found = reliability([scores])
    counts = [one["invoices"] for one in found]

    assert sum(counts) == scores.invoices
    assert max(counts) - min(counts) <= 1
    assert sum(abs(one["predicted"] - one["observed"]) for one in found) / len(found) < 0.1
    assert reliability([]) == []


def test_one_wrong_date_or_amount_does_not_spoil_the_rest():
    first = pl.col("invoice_id") == HISTORY.rows["invoice_id"].item(0)
    wrong = RECORDS.with_columns(
        settled=pl.when(first).then(pl.col("issued") + timedelta(days=30_000)).otherwise("settled"),
        amount=pl.when(first).then(float("nan")).otherwise("amount"),
    )
    history = history_of(
        wrong.with_columns(issued=pl.when(first).then(pl.col("issued") - timedelta(days=31_000)).otherwise("issued"))
    )
    later = history.rows.filter(pl.col("issued") >= CUT)
    days = predicted(calibrated(history, CUT), history, only=later["invoice_id"].to_list())["days_to_pay"]

    assert (days - later["days"]).abs().mean() < 1.1 * scored(HISTORY, CUT).mae_days
