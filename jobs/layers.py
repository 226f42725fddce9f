"""Jobs of layers that change nothing in the cloud: they are built, and it is looked who uses them."""

import dagster as dg

layer_build = dg.define_asset_job(
    "layer_build",
    selection=dg.AssetSelection.assets(["layers", "builds"]).downstream(),
    run_tags={"domain": "layers"},
    description="Builds the layers of `layers/layers.yaml` whose specification changed (with `upgrade`, of the newest versions "
    "that it allows), looks through them and tests them on this machine. Changes nothing in the cloud.",
)
layer_report = dg.define_asset_job(
    "layer_report",
    selection=dg.AssetSelection.assets(["layers", "usage"], ["layers", "report"]),
    run_tags={"domain": "layers"},
    description="Looks in all accounts and regions who uses which version of which layer, and writes the report; changes nothing "
    "in the cloud.",
)
JOBS = (layer_build, layer_report)
