"""Which variant of each resource a deployment gets; every `dg.EnvVar` lives here."""

import dagster as dg

from orchestration.settings import Clouds, Settings
from resources.aws.budgets import AwsBudgets
from resources.aws.clients import AwsClients
from resources.aws.s3 import S3ObjectStore
from resources.both_clouds import AWS, BothClouds
from resources.budgets import BudgetService, NotConfigured
from resources.clock import Clock
from resources.lake import Lake
from resources.notifier import AppriseNotifier, LogNotifier
from resources.object_store import LocalObjectStore, ObjectStore
from resources.oci.budgets import OciBudgets
from resources.oci.clients import OciClients
from resources.oci.object_storage import OciObjectStore
from resources.oci.usage import OciUsage

EMBEDDED_BUCKET, EMBEDDED_REGION = "acme-billing", "us-east-1"
"""Where the embedded AWS has the demo's billing files."""


def resources_for(settings: Settings) -> dict[str, object]:
    """Resources by the name that assets, jobs and sensors use."""
    own = _local(settings) if settings.is_local else _production(settings)
    clients = oci_clients(settings.clouds)
    budgets = {"oci_budgets": _oci_budgets(settings.clouds, clients), "aws_budgets": _aws_budgets(settings)}
    return {**own, **budgets, "oci_clients": clients, "oci_usage_source": OciUsage(clients=clients)}


def oci_clients(clouds: Clouds) -> OciClients:
    """Clients of Oracle's cloud, or of an embedded one."""
    return OciClients(
        region=clouds.oci_home_region,
        principal=clouds.oci_principal,
        config_file=clouds.oci_config_file,
        endpoint=clouds.oci_endpoint,
    )


def _oci_budgets(clouds: Clouds, clients: OciClients) -> BudgetService:
    """Budgets of the tenancy, if one is named."""
    if not clouds.oci_tenancy:
        return NotConfigured(of_system="oci", advice="Set CLOUDOPS_OCI_TENANCY and CLOUDOPS_OCI_HOME_REGION.")
    return OciBudgets(clients=clients, region=clouds.oci_home_region)


def _aws_budgets(settings: Settings) -> BudgetService:
    """Budgets of the account; an embedded deployment never asks the real one."""
    endpoint = settings.clouds.aws_endpoint
    if not settings.is_local:
        return AwsBudgets(clients=AwsClients(region=dg.EnvVar("CLOUDOPS_REGION"), endpoint_url=endpoint or None))
    if not endpoint:
        return NotConfigured(of_system="aws", advice="Set CLOUDOPS_AWS_ENDPOINT to the address of the embedded AWS.")
    return AwsBudgets(
        clients=AwsClients(
            region=EMBEDDED_REGION,
            endpoint_url=endpoint,
            access_key_id="embedded",
            secret_access_key="embedded",  # noqa: S106 - the embedded AWS takes any
        )
    )


def local_lake(settings: Settings) -> Lake:
    """The lake of an embedded deployment."""
    return Lake(root=str(settings.home / "lake"))


def local_reports(settings: Settings) -> LocalObjectStore:
    """Where an embedded deployment writes its reports."""
    return LocalObjectStore(root=str(settings.home / "reports"))


def _local(settings: Settings) -> dict[str, object]:
    return {
        "billing_store": _embedded_bills(settings.clouds) or LocalObjectStore(root=str(settings.billing_root), read_only=True),
        "inputs_store": LocalObjectStore(root=str(settings.inputs_root), read_only=True),
        "report_store": local_reports(settings),
        "lake": local_lake(settings),
        "clock": Clock(),
        "notifier": LogNotifier(),
    }


def _embedded_bills(clouds: Clouds) -> ObjectStore | None:
    """The billing files in the buckets of the embedded clouds, where both are there."""
    if not (clouds.aws_endpoint and clouds.oci_endpoint):
        return None
    aws = S3ObjectStore(
        bucket=EMBEDDED_BUCKET,
        prefix=AWS,
        region=EMBEDDED_REGION,
        endpoint_url=clouds.aws_endpoint,
        access_key_id="embedded",
        secret_access_key="embedded",  # noqa: S106 - the embedded AWS takes any
    )
    return _with_oci_reports(aws, clouds)


def _with_oci_reports(aws: ObjectStore, clouds: Clouds) -> ObjectStore:
    """The store of AWS files, and beside it Oracle's own bucket with the tenancy's reports where one is named."""
    if not clouds.oci_tenancy:
        return aws
    return BothClouds(aws=aws, oci=OciObjectStore.of_reports(oci_clients(clouds), clouds.oci_tenancy, clouds.oci_home_region))


def _production(settings: Settings) -> dict[str, object]:
    region = dg.EnvVar("CLOUDOPS_REGION")
    bills = S3ObjectStore(bucket=dg.EnvVar("CLOUDOPS_BILLING_BUCKET"), prefix=dg.EnvVar("CLOUDOPS_BILLING_PREFIX"), region=region)
    return {
        "billing_store": _with_oci_reports(bills, settings.clouds),
        "inputs_store": S3ObjectStore(bucket=dg.EnvVar("CLOUDOPS_INPUTS_BUCKET"), region=region),
        "report_store": S3ObjectStore(bucket=dg.EnvVar("CLOUDOPS_REPORT_BUCKET"), region=region),
        "lake": Lake(root=dg.EnvVar("CLOUDOPS_LAKE_ROOT"), region=region),
        "clock": Clock(),
        "notifier": AppriseNotifier(urls=[dg.EnvVar("CLOUDOPS_NOTIFY_URL")]),
    }
