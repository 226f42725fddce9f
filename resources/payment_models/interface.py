"""What every store of payment models offers: models are learnt aside, one of them is live, and that one answers."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import dagster as dg
import polars as pl

State = Literal["trained", "live", "previous"]

PREDICTIONS = pl.Schema(
    {
        "invoice_id": pl.String(),
        "status": pl.String(),
        "on_time": pl.Float64(),
        "slightly_late": pl.Float64(),
        "significantly_late": pl.Float64(),
        "days_to_pay": pl.Float64(),
        "days_low": pl.Float64(),
        "days_high": pl.Float64(),
    }
)
"""`status` is the most probable of ON_TIME, SLIGHTLY_LATE (at most 7 days) and SIGNIFICANTLY_LATE. The interval from `days_low`
to `days_high` holds four of five payments. Everything that a model cannot tell is null."""


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model.

    Attributes:
        model_id: Its name.
        trained_before: Only what was known on the morning of this day was learnt from.
        invoices: How many it was learnt from.
        state: `trained` (answers nobody yet), `live`, or `previous` (kept for a roll-back).
    """

    model_id: str
    trained_before: date
    invoices: int
    state: State


class PaymentModels(dg.ConfigurableResource[Any], ABC):
    """Payment models of one place. One process trains at a time; predictions may run beside it.

    The frame `rows` is the same everywhere: one row per invoice with a unique `invoice_id`, `issued`, `due` (null if unknown),
    `settled` (null while open), `days` from issue to payment, and the features, all numbers known at issue.
    """

    @abstractmethod
    def train(self, rows: pl.DataFrame, features: Sequence[str], before: date) -> TrainedModel:
        """Learn a model from what was known on the morning of a day. It answers nobody until `make_live`.

        Raises:
            BadInput: Too few invoices were paid by then to learn from.
        """

    @abstractmethod
    def predict(self, rows: pl.DataFrame, only: Collection[str], model_id: str | None = None) -> pl.DataFrame:
        """Predictions of some invoices, see `PREDICTIONS`; in the order of the rows.

        Args:
            rows: All invoices, those asked for among them.
            only: Their ids.
            model_id: Which model; the live one if None.

        Raises:
            NotFound: There is no such model, or none is live.
        """

    @abstractmethod
    def models(self) -> list[TrainedModel]:
        """All models, oldest first."""

    @abstractmethod
    def make_live(self, model_id: str) -> None:
        """Let a model answer from now on. The live one becomes the previous one; the previous one before that is dropped.

        Raises:
            NotFound: There is none of this name.
        """

    @abstractmethod
    def drop(self, model_id: str) -> None:
        """Remove a model that is not live.

        Raises:
            NotFound: There is none of this name.
            Conflict: It is live.
        """

    def live(self) -> TrainedModel | None:
        """The one that answers; None if there is none."""
        return next((model for model in self.models() if model.state == "live"), None)
