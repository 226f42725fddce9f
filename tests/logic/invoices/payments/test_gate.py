"""A model is replaced only by one that is better on later invoices."""

from datetime import date, timedelta

import polars as pl
import pytest

from assets.invoices.logic.payments.gate import Contender, Gate, Incomplete, Verdict, judged, window
from assets.invoices.logic.payments.history import history_of
from assets.invoices.logic.payments.model import fitted
from assets.invoices.logic.payments.prediction import predicted
from assets.invoices.logic.payments.records import known_on
from tests.logic.invoices.payments.receivables import START, receivables

RECORDS = receivables()
HISTORY = history_of(RECORDS)
TODAY = START + timedelta(days=560)


def contender(days: int) -> Contender:
    model = fitted(HISTORY, START + timedelta(days=days))
    return Contender(model.digest, model.trained_before, predicted(model, HISTORY))


OLD, NEW = contender(140), contender(320)


def verdict(candidate: Contender, incumbent: Contender | None, today: date = TODAY, **gate: float) -> Verdict:
    return judged(candidate, incumbent, RECORDS, today, Gate(**gate))


def test_the_first_model_is_taken():
    found = verdict(OLD, None)

    assert found.replaced
    assert found.incumbent is None


def test_a_model_that_learnt_more_replaces_one_that_learnt_less_and_not_the_other_way_round():
    forward, backward = verdict(NEW, OLD), verdict(OLD, NEW)

    assert forward.replaced
    assert not backward.replaced
    assert forward.first_issue >= NEW.trained_before
    assert forward.after == backward.before < forward.before


def test_what_was_decided_says_on_what_grounds():
    kept = verdict(OLD, NEW)

    assert (kept.replaced, kept.incumbent, kept.candidate) == (False, NEW.identity, OLD.identity)
    assert kept.after >= kept.before
    assert f"{kept.invoices} later invoices" in kept.reason


def test_the_same_model_changes_nothing():
    assert not verdict(NEW, NEW).replaced


@pytest.mark.parametrize(("days", "invoices"), [(321, 0), (380, None)])
def test_without_enough_later_invoices_nothing_changes(days, invoices):
    found = verdict(NEW, OLD, START + timedelta(days=days))

    assert not found.replaced
    assert "are needed" in found.reason
    assert invoices is None or found.invoices == invoices


def test_a_margin_must_be_exceeded():
    assert not verdict(NEW, OLD, margin=0.9).replaced


def test_payments_that_came_after_the_decision_are_not_looked_at():
    today = START + timedelta(days=440)

    assert judged(NEW, OLD, known_on(RECORDS, today), today, Gate()) == verdict(NEW, OLD, today)


def test_an_invoice_that_is_open_long_after_its_due_date_is_in_the_window_and_counts_as_late():
    never = RECORDS.with_columns(settled=pl.lit(None, dtype=pl.Date()))
    found = judged(NEW, OLD, never, TODAY, Gate())

    assert found.invoices == window(RECORDS, NEW.trained_before, TODAY).height
    assert found.after > verdict(NEW, OLD).after


def test_a_model_that_left_out_invoices_is_not_judged():
    partial = Contender("partial", NEW.trained_before, NEW.predictions.head(3))

    with pytest.raises(Incomplete, match="partial has not predicted"):
        verdict(partial, OLD)
