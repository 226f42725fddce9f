"""Jobs of layers that change nothing in the cloud: what is built of them, and who uses them."""

import dagster as dg

layer_build = dg.define_asset_job(
    "layer_build",
    selection=dg.AssetSelection.assets(["layers", "builds"], ["layers", "scans"], ["layers", "tests"]),
    run_tags={"domain": "layers"},
    description="Builds the layers of layers/layers.yaml, looks through them and tests them on this machine; publishes nothing.",
)

layer_report = dg.define_asset_job(
    "layer_report",
    selection=dg.AssetSelection.assets(["layers", "usage"], ["layers", "report"]),
    run_tags={"domain": "layers"},
    description="Looks in all accounts and regions who uses which version of which layer, and writes the report; changes nothing "
    "in the cloud.",
)
JOBS = (layer_build, layer_report)
