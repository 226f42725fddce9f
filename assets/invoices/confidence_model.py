"""The asset of the confidence model: what says how sure a value is, taught by what people corrected and confirmed."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.catalogue import table_metadata
from assets.failures import errors_classified
from assets.invoices import tables
from assets.invoices.intake import ledger_of
from assets.invoices.logic.confidence import FEATURES, ConfidenceModel, checks_of, context_of, features, fitted, shipped
from assets.invoices.logic.invoice import Invoice, Value
from assets.invoices.logic.quality import same
from assets.invoices.logic.reading import Reading
from assets.invoices.readings import extracted
from assets.invoices.rows import Said, invoice_id
from assets.invoices.taught import MODEL, corrections_by_invoice
from resources.clock import Clock
from resources.lake import Lake

_KEY = dg.AssetKey(["invoices", "confidence_model"])
_FOLDS = 5
_FEWEST = 20
"""Corrected values below which nothing is learnt: less says little, and cannot be tested on itself."""


@dg.asset(
    key=_KEY,
    deps=[["invoices", "source_invoices"], ["invoices", "corrections"]],
    group_name="invoices",
    owners=["team:accounts-payable"],
    kinds={"python", "deltalake"},
    metadata=table_metadata(tables.CONFIDENCE_MODEL),
)
def confidence_model(lake: Lake, clock: Clock) -> dg.MaterializeResult:
    """Learns from corrections; what it learnt is used once it foretells corrections better that it has not seen."""
    with errors_classified():
        rows, right, invoices = _taught(lake, clock)
        shipped_loss = _loss(shipped(), rows, right)
        unseen_loss = _unseen_loss(rows, right, invoices)
        better = unseen_loss is not None and shipped_loss is not None and unseen_loss < shipped_loss
        model = fitted(rows, right, prior=shipped()) if better else shipped()
        row: dict[str, Any] = {
            "fitted_at": clock.now(),
            "corrected": len(right),
            "labelled": model.labelled,
            "log_loss_shipped": shipped_loss,
            "log_loss_learnt": unseen_loss,
            "in_force": better,
            "model": MODEL.dump_json(model).decode(),
        }
        lake.replace(tables.CONFIDENCE_MODEL, pl.DataFrame([row], schema=tables.CONFIDENCE_MODEL.schema), where=None)
    nothing = _nothing_learnt(len(right), better=better)
    return dg.MaterializeResult(
        metadata={
            **{name: value for name, value in row.items() if name not in ("model", "fitted_at") and value is not None},
            **({"nothing_learnt": nothing} if nothing else {}),
            "weights": dg.MetadataValue.json(dict(zip(FEATURES, model.weights, strict=True))),
            "accept_from": model.accept_from,
        }
    )


def _nothing_learnt(judged: int, *, better: bool) -> str | None:
    """Why the shipped model stays; None if it does not."""
    if better:
        return None
    if judged < _FEWEST:
        return f"{judged} values were corrected or confirmed; {_FEWEST} are needed"
    return "the shipped model foretells what people say as well as a learnt one"


def _taught(lake: Lake, clock: Clock) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.str_]]:
    """Features of every value that people judged, whether it was right, and of which invoice it is."""
    said = corrections_by_invoice(lake)
    files = {identity.rpartition("-")[0] for identity in said}
    versions = {
        e.content_hash: e.reader_version
        for e in ledger_of(lake).values()
        if e.state == "read" and e.content_hash is not None and e.content_hash[:32] in files
    }
    found: list[tuple[list[float], bool, str]] = []
    for content, reading in extracted(lake, clock).many(versions).items():
        for invoice in reading.invoices:
            identity = invoice_id(content, invoice)
            found += [(row, right, identity) for row, right in _judged(reading, invoice, said.get(identity, {}))]
    return (
        np.array([row for row, _, _ in found]).reshape(-1, len(FEATURES)),
        np.array([right for _, right, _ in found], bool),
        np.array([identity for *_, identity in found]),
    )


def _judged(reading: Reading, invoice: Invoice, said: dict[str, Said]) -> Iterator[tuple[list[float], bool]]:
    recognised = {page.number for page in reading.pages if page.origin == "ocr"}
    read: dict[str, Value] = {str(name): value for name, value in invoice.fields.items()}
    for name, one in said.items():
        value = read.get(name)
        if value is None or value.chosen.source == "structured":
            continue  # nothing was read, or nothing had to be
        context = context_of(invoice, value, recognised, checks_of(invoice, name))
        yield features(name, value, context), one.value is not None and same(name, value.value, one.value)


def _unseen_loss(rows: NDArray[np.float64], right: NDArray[np.bool_], invoices: NDArray[np.str_]) -> float | None:
    """Loss on invoices that were left out of the fit, each once; None for too few values."""
    if len(right) < _FEWEST:
        return None
    names, index = np.unique(invoices, return_inverse=True)
    folds = np.random.default_rng(0).permutation(len(names))[index] % _FOLDS
    total = 0.0
    for fold in range(_FOLDS):
        out = folds == fold
        model = fitted(rows[~out], right[~out], prior=shipped())
        total += (_loss(model, rows[out], right[out]) or 0.0) * int(out.sum())
    return total / len(right)


def _loss(model: ConfidenceModel, rows: NDArray[np.float64], right: NDArray[np.bool_]) -> float | None:
    """Mean negative log-likelihood of what people said; None of nothing."""
    if not len(right):
        return None
    said = np.array([model.probability(row) for row in rows.tolist()])
    return float(-np.mean(np.log(np.where(right, said, 1 - said))))
