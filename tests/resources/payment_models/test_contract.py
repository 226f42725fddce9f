"""What every store of payment models promises, whatever learns in it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.invoices.local_payment_models import LocalPaymentModels
from assets.invoices.logic.payments.history import FEATURES, history_of
from assets.invoices.logic.payments.records import known_on
from resources.errors import BadInput, Conflict, NotFound
from resources.object_store import LocalObjectStore
from resources.payment_models.interface import PREDICTIONS, PaymentModels
from tests.logic.invoices.payments.receivables import START, receivables
from tests.resources.oracle_db.live import live_payment_models

CUT = START + timedelta(days=380)
RECORDS = receivables()
ROWS = history_of(RECORDS).rows
LATER = ROWS.filter(pl.col("issued") >= CUT)
IDS = LATER["invoice_id"].to_list()


@pytest.fixture(params=["local", pytest.param("oracle", marks=pytest.mark.live)])
def models(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PaymentModels]:
    if request.param == "oracle":
        with live_payment_models() as of_database:
            yield of_database
    else:
        yield LocalPaymentModels(store=LocalObjectStore(root=str(tmp_path)))


def trained(models: PaymentModels, days_before: int = 0) -> str:
    return models.train(ROWS, FEATURES, CUT - timedelta(days=days_before)).model_id


def states(models: PaymentModels) -> dict[str, str]:
    return {model.model_id: model.state for model in models.models()}


def test_nothing_is_there_before_the_first_training(models):
    assert models.models() == []
    assert models.live() is None


def test_a_trained_model_answers_nobody_until_it_is_made_live(models):
    name = trained(models)

    assert states(models) == {name: "trained"}
    assert models.models()[0].trained_before == CUT
    with pytest.raises(NotFound, match="live"):
        models.predict(ROWS, IDS)
    models.make_live(name)
    assert models.live().model_id == name
    assert models.predict(ROWS, IDS).height == len(IDS)


def test_predictions_are_complete_and_better_than_the_rate(models):
    found = models.predict(ROWS, IDS, trained(models))
    total = found.select(pl.sum_horizontal("on_time", "slightly_late", "significantly_late")).to_series()
    late = LATER["is_late"].cast(pl.Float64)

    assert found.schema == PREDICTIONS
    assert found["invoice_id"].to_list() == IDS
    assert (total - 1).abs().max() < 1e-6
    assert (found["days_low"] <= found["days_high"]).all()
    assert ((1 - found["on_time"] - late) ** 2).mean() < ((late.mean() - late) ** 2).mean()
    assert (found["days_to_pay"] - LATER["days"]).abs().mean() < (LATER["days"] - LATER["days"].mean()).abs().mean()


def test_an_invoice_without_due_date_has_no_status(models):
    rows = ROWS.with_columns(due=pl.lit(None, dtype=pl.Date()))
    [row] = models.predict(rows, IDS[:1], trained(models)).to_dicts()

    assert row["status"] is row["on_time"] is row["slightly_late"] is row["significantly_late"] is None
    assert row["days_to_pay"] > 0


def test_what_was_not_known_on_the_day_is_not_learnt_from(models):
    known = history_of(known_on(RECORDS, CUT)).rows
    both = [models.train(rows, FEATURES, CUT).model_id for rows in (ROWS, known)]
    one, other = (models.predict(ROWS, IDS[:5], name) for name in both)

    assert one.equals(other)


def test_the_previous_model_is_kept_for_a_roll_back_and_the_one_before_it_goes(models):
    first, second, third = (trained(models, days) for days in (20, 10, 0))
    for name in (first, second, third):
        models.make_live(name)

    assert states(models) == {second: "previous", third: "live"}
    models.make_live(second)
    assert states(models) == {second: "live", third: "previous"}


def test_a_switch_to_the_live_model_changes_nothing(models):
    first, second = trained(models, 10), trained(models)
    for name in (first, second, second):
        models.make_live(name)

    assert states(models) == {first: "previous", second: "live"}


def test_a_model_can_be_dropped_but_not_the_live_one(models):
    first, second = trained(models, 10), trained(models)
    models.make_live(first)
    models.drop(second)

    assert states(models) == {first: "live"}
    with pytest.raises(Conflict, match="live"):
        models.drop(first)
    with pytest.raises(NotFound):
        models.drop(second)
    with pytest.raises(NotFound):
        models.make_live(second)


def test_too_few_invoices_are_not_learnt_from(models):
    with pytest.raises(BadInput, match="paid before"):
        models.train(ROWS, FEATURES, START + timedelta(days=20))
    assert models.models() == []
