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
    columns = ("invoice_id", "field", "value", "by", "action", "revision")
    rows = lake.scan(tables.CORRECTIONS).sort("invoice_id", "revision").select(columns).collect()
    for identity, name, *rest in rows.iter_rows():
        said.setdefault(identity, {})[name] = Said(*rest)
    return said


def still_open(doubts: pl.LazyFrame, lake: Lake) -> pl.LazyFrame:
    """Doubts about which nobody said anything since they arose: later than the correction that their `revision` names."""
    last = lake.scan(tables.CORRECTIONS).group_by("invoice_id", "field").agg(pl.col("revision").max().alias("last"))
    known = doubts.join(last, on=["invoice_id", "field"], how="left")
    return known.filter(pl.col("last").fill_null(0) <= pl.col("revision").fill_null(0)).drop("last")


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
