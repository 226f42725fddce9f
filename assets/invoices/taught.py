"""What people taught: their corrections, and the confidence model that was learnt from them."""

from dataclasses import replace

import polars as pl
from pydantic import TypeAdapter, ValidationError

from assets.invoices import tables
from assets.invoices.logic.confidence import FEATURES, ConfidenceModel, shipped
from assets.invoices.rows import Said
from resources.lake import Lake

MODEL = TypeAdapter(ConfidenceModel)
"""Writes a model as JSON and checks it when it is read."""


def corrections_by_invoice(lake: Lake) -> dict[str, dict[str, Said]]:
    """What people said last of each field of each invoice."""
    said: dict[str, dict[str, Said]] = {}
    rows = lake.scan(tables.CORRECTIONS).sort("invoice_id", "revision").select("invoice_id", "field", "value", "by").collect()
    for identity, name, value, by in rows.iter_rows():
        said.setdefault(identity, {})[name] = Said(value, by)
    return said


def model_in_force(lake: Lake) -> ConfidenceModel:
    """The model that this deployment has learnt; the shipped one if there is none, or if it is of another make."""
    for text in lake.scan(tables.CONFIDENCE_MODEL).filter(pl.col("in_force")).collect()["model"]:
        try:
            model = MODEL.validate_json(text)
        except ValidationError:
            continue
        if model.features == FEATURES:
            return replace(model, accept_from=shipped().accept_from)
    return shipped()
