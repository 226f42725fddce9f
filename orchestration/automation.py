"""The sensors that evaluate automation conditions, one per system, so that none delays another."""

import dagster as dg

finops_automation = dg.AutomationConditionSensorDefinition(
    "finops_automation",
    target=dg.AssetSelection.groups("finops"),
    run_tags={"domain": "finops"},
    default_status=dg.DefaultSensorStatus.RUNNING,
)
AUTOMATION_SENSORS = (finops_automation,)
