"""Payment models that are learnt in this process and kept as JSON among the objects of a store."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

import polars as pl
from pydantic import Field

from assets.invoices.logic.payments.history import FEATURES, History
from assets.invoices.logic.payments.model import NotAModel, PaymentModel, TooFewInvoices, from_json
from assets.invoices.logic.payments.prediction import predicted
from assets.invoices.logic.payments.validation import calibrated
from resources.errors import BadInput, Conflict, NotFound
from resources.object_store import ObjectStore
from resources.payment_models.interface import PREDICTIONS, PaymentModels, TrainedModel


class LocalPaymentModels(PaymentModels):
    """See PaymentModels; `rows` is the whole `History.rows`.

    The list of models is one object, written last, so that a switch is one write, and a training that is cut off leaves nothing
    that is listed.
    """

    store: ObjectStore = Field(description="Where models are kept.")
    prefix: str = Field(default="invoices/payment_models", description="What the keys of all of them begin with.")

    def train(self, rows: pl.DataFrame, features: Sequence[str], before: date) -> TrainedModel:
        """See PaymentModels."""
        if tuple(features) != FEATURES:
            raise BadInput("these are not the features of the history", "Pass History.rows and FEATURES together.")
        try:
            model = calibrated(History(rows), before)
        except TooFewInvoices as error:
            raise BadInput(str(error), "Train once more invoices have been paid.") from error
        listed = self.models()
        number = 1 + max((int(one.model_id[1:]) for one in listed), default=0)
        trained = TrainedModel(f"m{number:06d}", before, model.invoices, "trained")
        self.store.put(self._key(trained.model_id), model.to_json().encode())
        self._write([*listed, trained])
        return trained

    def predict(self, rows: pl.DataFrame, only: Collection[str], model_id: str | None = None) -> pl.DataFrame:
        """See PaymentModels."""
        found = predicted(self.load(model_id), History(rows), only=only)
        return found.select(PREDICTIONS.names())

    def load(self, model_id: str | None = None) -> PaymentModel:
        """The model itself; the live one if None.

        Raises:
            NotFound: There is no such model, or none is live.
            BadInput: What is stored was changed.
        """
        if model_id is None:
            live = self.live()
            if live is None:
                raise NotFound("no payment model is live", "Train one, and make it live.")
            model_id = live.model_id
        self._position(model_id)
        try:
            return from_json(self.store.get(self._key(model_id)).decode())
        except (NotAModel, UnicodeDecodeError) as error:
            raise BadInput(f"payment model {model_id} cannot be read: {error}", "Drop it, and train anew.") from error

    def models(self) -> list[TrainedModel]:
        """See PaymentModels."""
        try:
            body: list[dict[str, Any]] = json.loads(self.store.get(self._list_key))
        except NotFound:
            return []
        return [TrainedModel(**(one | {"trained_before": date.fromisoformat(one["trained_before"])})) for one in body]

    def make_live(self, model_id: str) -> None:
        """See PaymentModels."""
        listed, position = self.models(), self._position(model_id)
        if listed[position].state == "live":
            return
        gone = [one for one in listed if one.state == "previous" and one.model_id != model_id]
        kept = [
            replace(one, state="live" if one.model_id == model_id else "previous" if one.state == "live" else one.state)
            for one in listed
            if one not in gone
        ]
        self._write(kept)
        for one in gone:
            self.store.delete(self._key(one.model_id))

    def drop(self, model_id: str) -> None:
        """See PaymentModels."""
        listed = self.models()
        dropped = listed.pop(self._position(model_id))
        if dropped.state == "live":
            raise Conflict(f"payment model {model_id} is live", "Make another one live first.")
        self._write(listed)
        self.store.delete(self._key(model_id))

    @property
    def _list_key(self) -> str:
        return f"{self.prefix}/models.json"

    def _key(self, model_id: str) -> str:
        return f"{self.prefix}/{model_id}.json"

    def _position(self, model_id: str) -> int:
        for position, one in enumerate(self.models()):
            if one.model_id == model_id:
                return position
        raise NotFound(f"there is no payment model {model_id}", "Look at `models`: it was dropped or never trained.")

    def _write(self, listed: Sequence[TrainedModel]) -> None:
        self.store.put(self._list_key, json.dumps([asdict(one) for one in listed], default=str).encode())
