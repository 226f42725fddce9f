"""Jobs of layers that only look: at who uses them."""

import dagster as dg

layer_report = dg.define_asset_job(
    "layer_report",
    selection=dg.AssetSelection.assets(["layers", "usage"], ["layers", "report"]),
    run_tags={"domain": "layers"},
    description="Looks in all accounts and regions who uses which version of which layer, and writes the report; changes nothing "
    "in the cloud.",
)
JOBS = (layer_report,)
