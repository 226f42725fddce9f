"""The asset of the payment model: learnt from what is known, held against the one in use, and replaced only when better."""

import json
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from assets.catalogue import table_metadata
from assets.failures import errors_classified
from assets.invoices import tables
from assets.invoices.local_payment_models import LocalPaymentModels
from assets.invoices.logic.payments.gate import Contender, Gate, Verdict, judged, window
from assets.invoices.logic.payments.history import FEATURES, History, history_of
from assets.invoices.logic.payments.model import LEAST_INVOICES
from assets.invoices.logic.payments.validation import model_card
from assets.invoices.payments import for_model, records_and_day
from resources.clock import Clock
from resources.lake import Lake
from resources.payment_models.interface import PaymentModels, TrainedModel

_KEY = dg.AssetKey(["invoices", "payment_model"])
_LIVE = "a_payment_model_is_live"


@dg.asset(
    key=_KEY,
    deps=[["invoices", "payment_records"]],
    group_name="invoices",
    owners=["team:accounts-payable"],
    kinds={"python"},
    metadata=table_metadata(tables.PAYMENT_MODEL_JOURNAL),
    pool="payment_models",
    check_specs=[dg.AssetCheckSpec(_LIVE, asset=_KEY, description="There is a model that predicts when invoices are paid.")],
)
def payment_model(
    context: dg.AssetExecutionContext, lake: Lake, clock: Clock, payment_models: dg.ResourceParam[PaymentModels]
) -> dg.MaterializeResult:
    """Learn a model from everything that is known, and let it take over if it predicts later invoices better than the one in use.

    The first model takes over at once. Every decision is journalled with the model's card.
    """
    with errors_classified():
        records, day = records_and_day(lake, clock)
        paid = int(records["settled"].is_not_null().sum())
        metadata: dict[str, Any] = {"paid": paid, "as_of": str(day)}
        if paid < LEAST_INVOICES:
            metadata["nothing_learnt"] = f"{paid} paid invoices are known; {LEAST_INVOICES} are needed"
        else:
            history = history_of(for_model(records))
            verdict, card = replaced_if_better(payment_models, history, day)
            _journal(lake, clock, verdict, card)
            context.log.info("%s", verdict)
            metadata |= {"verdict": verdict.reason, "replaced": verdict.replaced, "invoices_judged": verdict.invoices}
            metadata |= {name: value for name, value in card.items() if isinstance(value, float | int | str)}
            metadata["card"] = dg.MetadataValue.json(card)
        live = payment_models.live()
    return dg.MaterializeResult(
        metadata=metadata,
        check_results=[
            dg.AssetCheckResult(
                check_name=_LIVE,
                passed=live is not None,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"model": live.model_id if live else "none"},
            )
        ],
    )


def replaced_if_better(
    models: PaymentModels, history: History, day: date, gate: Gate | None = None
) -> tuple[Verdict, dict[str, Any]]:
    """Learn a model, and make it live if it is better; returns what was decided and the card of the new model.

    Args:
        models: Where models are kept.
        history: All invoices.
        day: Only what was known on its morning is learnt from.
        gate: What is demanded.
    """
    incumbent = models.live()
    candidate = models.train(history.rows, FEATURES, day)
    verdict = judged(
        _contender(models, candidate, history, incumbent, day),
        None if incumbent is None else _contender(models, incumbent, history, candidate, day),
        history.rows,
        day,
        gate or Gate(),
    )
    if verdict.replaced:
        models.make_live(candidate.model_id)
    card = model_card(models.load(candidate.model_id), history) if isinstance(models, LocalPaymentModels) else {}
    if not verdict.replaced:
        models.drop(candidate.model_id)
    return verdict, card


def _contender(models: PaymentModels, one: TrainedModel, history: History, other: TrainedModel | None, day: date) -> Contender:
    since = max(one.trained_before, other.trained_before) if other else day
    asked = window(history.rows, since, day)["invoice_id"].to_list()
    predictions = models.predict(history.rows, asked, one.model_id)
    return Contender(one.model_id, one.trained_before, predictions)


def _journal(lake: Lake, clock: Clock, verdict: Verdict, card: dict[str, Any]) -> None:
    now = clock.now()
    row = {
        "decided_at": now,
        "action": "replaced" if verdict.replaced else "kept",
        "incumbent": verdict.incumbent,
        "candidate": verdict.candidate,
        "invoices": verdict.invoices,
        "score_before": verdict.before,
        "score_after": verdict.after,
        "reason": verdict.reason,
        "card": json.dumps(card),
    }
    lake.replace(
        tables.PAYMENT_MODEL_JOURNAL,
        pl.DataFrame([row], schema=tables.PAYMENT_MODEL_JOURNAL.schema),
        where=f"candidate = '{verdict.candidate}' AND decided_at = '{now.isoformat()}'",
    )
