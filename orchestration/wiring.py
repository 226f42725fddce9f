"""Which variant of each resource a deployment gets; every `dg.EnvVar` lives here."""

from functools import partial
from typing import Any

import dagster as dg

from orchestration.settings import Clouds, Settings
from orchestration.wiring_of_databases import database_resources
from orchestration.wiring_of_documents import document_resources
from orchestration.wiring_of_invoices import invoice_resources
from orchestration.wiring_of_lambda import lambda_resources
from resources.actions import ActionService
from resources.actions import NotConfigured as NothingToDo
from resources.advisories import Advisories, NoAdvisories, PipAudit
from resources.aws.actions import AwsActions
from resources.aws.budgets import AwsBudgets
from resources.aws.clients import AwsClients
from resources.aws.cloudwatch import CloudWatch
from resources.aws.notifications import SnsNotifier
from resources.aws.s3 import S3ObjectStore
from resources.both_clouds import BothClouds
from resources.budgets import BudgetService, NotConfigured
from resources.clock import Clock
from resources.lake import Lake
from resources.notifier import AppriseNotifier, LogNotifier, Notifier
from resources.object_store import LocalObjectStore, ObjectStore
from resources.oci.actions import OciActions
from resources.oci.budgets import OciBudgets
from resources.oci.clients import OciClients
from resources.oci.monitoring import OciMonitoring
from resources.oci.notifications import OnsNotifier
from resources.oci.object_storage import OciObjectStore
from resources.oci.usage import OciUsage
from resources.utilisation import NotMeasured, Utilisation

EMBEDDED_BUCKET, EMBEDDED_REGION = "acme-billing", "us-east-1"
"""Where the embedded AWS has the demo's billing files."""
_NO_OCI = "Set CLOUDOPS_OCI_TENANCY and CLOUDOPS_OCI_HOME_REGION."
_NO_EMBEDDED_OCI = "Set CLOUDOPS_OCI_ENDPOINT to the address of the embedded Oracle cloud."
_NO_AWS = "Set CLOUDOPS_AWS_ENDPOINT to the address of the embedded AWS."


def resources_for(settings: Settings) -> dict[str, object]:
    """Resources by the name that assets, jobs and sensors use."""
    own = _local(settings) if settings.is_local else _production(settings)
    clients = oci_clients(settings.clouds)
    budgets = {"oci_budgets": _oci_budgets(settings, clients), "aws_budgets": _aws_budgets(settings)}
    use = {"oci_utilisation": _oci_utilisation(settings, clients), "aws_utilisation": _aws_utilisation(settings)}
    acts = {"oci_actions": _oci_actions(settings, clients), "aws_actions": _aws_actions(settings)}
    documents, invoices = document_resources(settings, clients), invoice_resources(settings, clients, lake_of(settings))
    return {
        **own,
        **budgets,
        **use,
        **acts,
        **documents,
        **invoices,
        **database_resources(settings, clients, _no_oci(settings)),
        **lambda_resources(settings, partial(_aws_clients, settings), lake_of(settings), _NO_AWS),
        "oci_clients": clients,
        "oci_usage_source": OciUsage(clients=clients),
    }


def oci_clients(clouds: Clouds) -> OciClients:
    """Clients of Oracle's cloud, or of an embedded one."""
    return OciClients(
        region=clouds.oci_home_region,
        principal=clouds.oci_principal,
        config_file=clouds.oci_config_file,
        endpoint=clouds.oci_endpoint,
    )


def _no_oci(settings: Settings) -> str | None:
    """What to set before Oracle's cloud is asked; an embedded deployment never asks the real one."""
    if not settings.clouds.oci_tenancy:
        return _NO_OCI
    return _NO_EMBEDDED_OCI if settings.is_local and not settings.clouds.oci_endpoint else None


def _oci_budgets(settings: Settings, clients: OciClients) -> BudgetService:
    """Budgets of the tenancy, if one is named."""
    advice = _no_oci(settings)
    if advice:
        return NotConfigured(of_system="oci", advice=advice)
    return OciBudgets(clients=clients, region=settings.clouds.oci_home_region)


def _aws_budgets(settings: Settings) -> BudgetService:
    """Budgets of the account; an embedded deployment never asks the real one."""
    clients = _aws_clients(settings)
    return NotConfigured(of_system="aws", advice=_NO_AWS) if clients is None else AwsBudgets(clients=clients)


def _aws_clients(settings: Settings, **more: Any) -> AwsClients | None:  # noqa: ANN401  # settings of any type
    """Clients of AWS, with these further settings; None in an embedded deployment without an embedded AWS."""
    endpoint = settings.clouds.aws_endpoint
    if not settings.is_local:
        return AwsClients(region=dg.EnvVar("CLOUDOPS_REGION"), endpoint_url=endpoint or None, **more)
    if not endpoint:
        return None
    return AwsClients(
        region=EMBEDDED_REGION,
        endpoint_url=endpoint,
        access_key_id="embedded",
        secret_access_key="embedded",  # noqa: S106 - the embedded AWS takes any
        **more,
    )


def _oci_actions(settings: Settings, clients: OciClients) -> ActionService:
    """What can be done to resources of the tenancy, if one is named."""
    advice = _no_oci(settings)
    return NothingToDo(of_system="oci", advice=advice) if advice else OciActions(clients=clients)


def _aws_actions(settings: Settings) -> ActionService:
    """What can be done to resources of the account; the embedded AWS has those of all accounts in one."""
    clients = _aws_clients(settings)
    if clients is None:
        return NothingToDo(of_system="aws", advice=_NO_AWS)
    return AwsActions(clients=clients, one_account=not settings.is_local)


def _oci_utilisation(settings: Settings, clients: OciClients) -> Utilisation:
    """Metrics of the tenancy, if one is named."""
    advice = _no_oci(settings)
    return NotMeasured(of_provider="Oracle", advice=advice) if advice else OciMonitoring(clients=clients)


def _aws_utilisation(settings: Settings) -> Utilisation:
    """Metrics that the account sees."""
    clients = _aws_clients(settings)
    if clients is None:
        return NotMeasured(of_provider="AWS", advice=_NO_AWS)
    return CloudWatch(clients=clients, linked_accounts=settings.clouds.aws_metrics == "linked accounts")


def local_lake(settings: Settings) -> Lake:
    """The lake of an embedded deployment."""
    return Lake(root=str(settings.home / "lake"))


def lake_of(settings: Settings) -> Lake:
    """The lake of a deployment."""
    if settings.is_local:
        return local_lake(settings)
    return Lake(root=dg.EnvVar("CLOUDOPS_LAKE_ROOT"), region=dg.EnvVar("CLOUDOPS_REGION"))


def local_reports(settings: Settings) -> LocalObjectStore:
    """Where an embedded deployment writes its reports."""
    return LocalObjectStore(root=str(settings.home / "reports"))


def _local(settings: Settings) -> dict[str, object]:
    return {
        "billing_store": _embedded_bills(settings.clouds) or LocalObjectStore(root=str(settings.billing_root), read_only=True),
        "inputs_store": LocalObjectStore(root=str(settings.inputs_root), read_only=True),
        "report_store": local_reports(settings),
        "lake": lake_of(settings),
        "clock": Clock(),
        "advisories": _local_advisories(settings.clouds),
        "notifier": LogNotifier(),
    }


def _local_advisories(clouds: Clouds) -> Advisories:
    """Nobody is asked about the demo's packages: nothing of it leaves this machine."""
    return NoAdvisories(reason="the demo asks nobody") if clouds.aws_endpoint else PipAudit()


def _embedded_bills(clouds: Clouds) -> ObjectStore | None:
    """The billing files in the buckets of the embedded clouds, where both are there."""
    if not (clouds.aws_endpoint and clouds.oci_endpoint):
        return None
    aws = S3ObjectStore(
        bucket=EMBEDDED_BUCKET,
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
        "lake": lake_of(settings),
        "clock": Clock(),
        "advisories": PipAudit(),
        "notifier": _notifier(settings),
    }


def _notifier(settings: Settings) -> Notifier:
    """A topic of either cloud, if one is named; else whatever the Apprise URL says."""
    topic = settings.clouds.notify_topic
    if topic.startswith("ocid1.onstopic."):
        return OnsNotifier(clients=oci_clients(settings.clouds), topic=topic)
    if topic:
        return SnsNotifier(clients=AwsClients(endpoint_url=settings.clouds.aws_endpoint or None), topic=topic)
    return AppriseNotifier(urls=[dg.EnvVar("CLOUDOPS_NOTIFY_URL")])
