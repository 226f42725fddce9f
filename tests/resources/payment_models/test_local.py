"""What is particular to payment models kept as JSON."""

from datetime import timedelta
from pathlib import Path

import pytest

from assets.invoices.local_payment_models import LocalPaymentModels
from assets.invoices.logic.payments.history import FEATURES, history_of
from resources.errors import BadInput
from resources.object_store import LocalObjectStore
from tests.logic.invoices.payments.receivables import START, receivables

ROWS = history_of(receivables()).rows
CUT = START + timedelta(days=380)


@pytest.fixture
def models(tmp_path: Path) -> LocalPaymentModels:
    return LocalPaymentModels(store=LocalObjectStore(root=str(tmp_path)))


def test_a_model_that_was_changed_among_the_objects_is_refused(models):
    name = models.train(ROWS, FEATURES, CUT).model_id
    key = f"{models.prefix}/{name}.json"
    models.store.put(key, models.store.get(key).replace(b'"errors_width": ', b'"errors_width": 1'))

    with pytest.raises(BadInput, match="changed"):
        models.load(name)


def test_other_features_than_those_of_the_history_are_refused(models):
    with pytest.raises(BadInput, match="features"):
        models.train(ROWS, FEATURES[:3], CUT)


def test_a_training_that_was_cut_off_leaves_nothing_that_is_listed(models, monkeypatch):
    put = LocalObjectStore.put

    def cut_off(self, key, body):
        if key.endswith("models.json"):
            raise KeyboardInterrupt
        return put(self, key, body)

    monkeypatch.setattr(LocalObjectStore, "put", cut_off)
    with pytest.raises(KeyboardInterrupt):
        models.train(ROWS, FEATURES, CUT)
    monkeypatch.undo()

    assert models.models() == []
    assert models.train(ROWS, FEATURES, CUT).model_id == "m000001"
