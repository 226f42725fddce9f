"""Fleet jobs: look at all databases, and judge what was seen."""

import dagster as dg

_TAGS = {"domain": "fleet"}
REFRESHED = ("databases", "measurements", "status", "metric_anomalies")
"""Assets that every look at the fleet brings up to date."""

fleet_refresh = dg.define_asset_job(
    "fleet_refresh",
    selection=dg.AssetSelection.assets(*(["fleet", name] for name in REFRESHED)),
    run_tags=_TAGS,
    description="Lists all databases, measures each, holds them against thresholds and tells what is unusual. Run it as often as "
    "rates and response times shall be resolved: they are of the time between two runs.",
)
fleet_report = dg.define_asset_job(
    "fleet_report",
    selection=dg.AssetSelection.assets(
        *(["fleet", name] for name in (*REFRESHED, "capacity", "recommendations", "fleet_report"))
    ),
    run_tags=_TAGS,
    description="Looks at all databases and judges them; then when they are full, what should be done, and the report: what "
    "changed since yesterday first, and a page for each database.",
)
fleet_detection_quality = dg.define_asset_job(
    "fleet_detection_quality",
    selection=dg.AssetSelection.assets(["fleet", "detection_quality"]),
    run_tags=_TAGS,
    description="Measures how well anomalies are found in the fleet's own metrics.",
)
JOBS = (fleet_refresh, fleet_report, fleet_detection_quality)
