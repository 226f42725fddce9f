"""Invoices jobs: take in what arrived, and bring everything that follows from it up to date."""

import dagster as dg

_TAGS = {"domain": "invoices"}

invoices_refresh = dg.define_asset_job(
    "invoices_refresh",
    selection=dg.AssetSelection.groups("invoices"),
    run_tags=_TAGS,
    description="Reads invoices that are new or changed, takes in corrections, and says what a person has to look at.",
)

JOBS = (invoices_refresh,)
