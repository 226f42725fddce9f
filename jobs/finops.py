"""FinOps jobs: inspect what arrived, bring days up to date, look at all days."""

import dagster as dg

_TAGS = {"domain": "finops"}

finops_intake = dg.define_asset_job(
    "finops_intake",
    selection=dg.AssetSelection.assets(["finops", "billing_files"]),
    run_tags=_TAGS,
    description="Inspects new and rewritten billing files; which days changed is in the materialization's metadata.",
)
finops_days = dg.define_asset_job(
    "finops_days",
    selection=dg.AssetSelection.assets(["finops", "cost_and_usage"], ["finops", "daily_costs"], ["finops", "resource_costs"]),
    run_tags=_TAGS,
    description="Brings days up to date, from charge lines to costs per service and resource. Takes a day or a range of days.",
)
finops_overview = dg.define_asset_job(
    "finops_overview",
    selection=dg.AssetSelection.assets(
        *(
            ["finops", name]
            for name in (
                "cost_anomalies",
                "detection_quality",
                "cost_forecasts",
                "resource_efficiency",
                "unit_economics",
                "policy_matches",
                "recommendations",
                "actions",
                "focus_conformance",
                "finops_report",
            )
        )
    ),
    run_tags=_TAGS,
    description="Looks at all days: anomalies and how well they are detected, forecasts, efficiency, unit economics, "
    "policies, recommendations, proposed actions, conformance and the report.",
)
finops_oci_usage = dg.define_asset_job(
    "finops_oci_usage",
    selection=dg.AssetSelection.assets(["finops", "oci_usage"]),
    run_tags=_TAGS,
    description="Reads OCI's Usage API and holds it against the cost reports of the same days. It needs an OCI tenancy.",
)
finops_utilisation = dg.define_asset_job(
    "finops_utilisation",
    selection=dg.AssetSelection.assets(["finops", "resource_utilisation"]),
    run_tags=_TAGS,
    description="Reads from OCI Monitoring and Amazon CloudWatch what machines and databases use. It needs credentials.",
)
JOBS = (finops_intake, finops_days, finops_overview, finops_oci_usage, finops_utilisation)
