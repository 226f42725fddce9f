"""What the code location is made of, by name. A new module is added here."""

from assets.documents import index_health, kb_documents, retrieval_quality, search_usage, source_documents
from assets.finops import (
    actions,
    billing_files,
    cost_and_usage,
    cost_anomalies,
    cost_forecasts,
    daily_costs,
    detection_quality,
    finops_report,
    focus_conformance,
    oci_usage,
    policy_matches,
    recommendations,
    resource_efficiency,
    resource_utilisation,
    unit_economics,
)
from assets.fleet import capacity as fleet_capacity
from assets.fleet import databases as fleet_databases
from assets.fleet import detection_quality as fleet_detection_quality
from assets.fleet import fleet_report
from assets.fleet import measurements as fleet_measurements
from assets.fleet import metric_anomalies as fleet_metric_anomalies
from assets.fleet import recommendations as fleet_recommendations
from assets.fleet import status as fleet_status
from assets.invoices import (
    cloud_invoice_tie_out,
    complexity,
    confidence_model,
    extraction_quality,
    insights,
    invoices,
    payment_model,
    payments,
    review_queue,
    risks,
    source_invoices,
)
from assets.layers import builds as layer_builds
from assets.layers import layer_report, layer_tests
from assets.layers import scans as layer_scans
from assets.layers import usage as layer_usage
from assets.recovery import backups as recovery_backups
from assets.recovery import drill_results, replication, restorability
from jobs import backups as backups_jobs
from jobs import documents as documents_jobs
from jobs import finops as finops_jobs
from jobs import fleet as fleet_jobs
from jobs import invoices as invoices_jobs
from jobs import layers as layers_jobs
from jobs import recovery as recovery_jobs
from jobs import restore_tests as restore_tests_jobs
from jobs import standbys as standbys_jobs
from jobs.actions import finops_actions
from jobs.budgets import finops_budgets
from jobs.decisions import finops_decision
from jobs.fleet_alarms import fleet_alarms
from jobs.fleet_lifecycle import fleet_lifecycle
from jobs.fleet_migrations import fleet_migrate_schema
from jobs.fleet_scaling import fleet_scaling
from jobs.layer_cleanup import layer_cleanup
from jobs.layer_publish import layer_publish
from jobs.layer_rollout import layer_rollout
from jobs.maintenance import maintenance_lake, maintenance_retention
from orchestration.alerts import failed_checks, run_failures
from orchestration.automation import AUTOMATION_SENSORS
from orchestration.schedules import documents as documents_schedules
from orchestration.schedules import drills as drills_schedules
from orchestration.schedules import finops as finops_schedules
from orchestration.schedules import fleet as fleet_schedules
from orchestration.schedules import fleet_scaling as fleet_scaling_schedules
from orchestration.schedules import invoices as invoices_schedules
from orchestration.schedules import layers as layers_schedules
from orchestration.schedules import maintenance as maintenance_schedules
from orchestration.schedules import recovery as recovery_schedules
from orchestration.sensors import anomalies as anomaly_sensors
from orchestration.sensors import documents as documents_sensors
from orchestration.sensors import finops as finops_sensors
from orchestration.sensors import invoices as invoices_sensors

ASSET_MODULES = (
    billing_files, cost_and_usage, daily_costs, cost_anomalies, detection_quality, cost_forecasts, focus_conformance,
    resource_utilisation, resource_efficiency, policy_matches, recommendations, actions, unit_economics, oci_usage,
    finops_report,
    source_documents, kb_documents, search_usage, retrieval_quality, index_health,
    source_invoices, confidence_model, invoices, risks, review_queue, extraction_quality, complexity, payments, payment_model,
    insights, cloud_invoice_tie_out,
    fleet_databases, fleet_measurements, fleet_status, fleet_metric_anomalies, fleet_detection_quality,
    fleet_capacity, fleet_recommendations, fleet_report,
    recovery_backups, restorability, replication, drill_results,
    layer_builds, layer_scans, layer_tests, layer_usage, layer_report,
)  # fmt: skip
JOBS = (
    *finops_jobs.JOBS, finops_budgets, finops_actions, finops_decision, *documents_jobs.JOBS, *invoices_jobs.JOBS,
    *fleet_jobs.JOBS, fleet_alarms, fleet_lifecycle, fleet_migrate_schema, fleet_scaling,
    *backups_jobs.JOBS, *restore_tests_jobs.JOBS, *standbys_jobs.JOBS, *recovery_jobs.JOBS,
    *layers_jobs.JOBS, layer_cleanup,
    layer_publish, layer_rollout,
    maintenance_retention, maintenance_lake,
)  # fmt: skip
SCHEDULES = (
    *finops_schedules.SCHEDULES,
    *documents_schedules.SCHEDULES,
    *invoices_schedules.SCHEDULES,
    *fleet_schedules.SCHEDULES,
    *fleet_scaling_schedules.SCHEDULES,
    *recovery_schedules.SCHEDULES,
    *drills_schedules.SCHEDULES,
    *layers_schedules.SCHEDULES,
    *maintenance_schedules.SCHEDULES,
)
SENSORS = (
    *finops_sensors.SENSORS, *anomaly_sensors.SENSORS, *documents_sensors.SENSORS, *invoices_sensors.SENSORS,
    *AUTOMATION_SENSORS, run_failures, failed_checks,
)  # fmt: skip
