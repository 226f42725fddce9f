"""Invoices jobs: take in what arrived, and bring everything that follows from it up to date."""

import dagster as dg

_TAGS = {"domain": "invoices"}

_MODEL = dg.AssetSelection.assets(["invoices", "payment_model"])
invoices_refresh = dg.define_asset_job(
    "invoices_refresh",
    selection=dg.AssetSelection.groups("invoices") - _MODEL,
    run_tags=_TAGS,
    description="Reads invoices that are new or changed, takes in corrections, and says what a person has to look at.",
)

payment_model_retrain = dg.define_asset_job(
    "payment_model_retrain",
    selection=dg.AssetSelection.assets(
        *(["invoices", name] for name in ("payment_records", "payment_model", "payment_predictions", "cash_flow", "insights"))
    ),
    run_tags=_TAGS,
    description="Learns when invoices are paid from everything that is known, and predicts anew if the new model is better.",
)

JOBS = (invoices_refresh, payment_model_retrain)
