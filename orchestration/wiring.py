"""Which variant of each resource a deployment gets; every `dg.EnvVar` lives here."""

import dagster as dg

from orchestration.settings import Settings
from resources.aws.s3 import S3ObjectStore
from resources.clock import Clock
from resources.lake import Lake
from resources.notifier import AppriseNotifier, LogNotifier
from resources.object_store import LocalObjectStore


def resources_for(settings: Settings) -> dict[str, object]:
    """Resources by the name that assets, jobs and sensors use."""
    return _local(settings) if settings.is_local else _production()


def local_lake(settings: Settings) -> Lake:
    """The lake of an embedded deployment."""
    return Lake(root=str(settings.home / "lake"))


def local_reports(settings: Settings) -> LocalObjectStore:
    """Where an embedded deployment writes its reports."""
    return LocalObjectStore(root=str(settings.home / "reports"))


def _local(settings: Settings) -> dict[str, object]:
    return {
        "billing_store": LocalObjectStore(root=str(settings.billing_root), read_only=True),
        "inputs_store": LocalObjectStore(root=str(settings.inputs_root), read_only=True),
        "report_store": local_reports(settings),
        "lake": local_lake(settings),
        "clock": Clock(),
        "notifier": LogNotifier(),
    }


def _production() -> dict[str, object]:
    region = dg.EnvVar("CLOUDOPS_REGION")
    return {
        "billing_store": S3ObjectStore(
            bucket=dg.EnvVar("CLOUDOPS_BILLING_BUCKET"), prefix=dg.EnvVar("CLOUDOPS_BILLING_PREFIX"), region=region
        ),
        "inputs_store": S3ObjectStore(bucket=dg.EnvVar("CLOUDOPS_INPUTS_BUCKET"), region=region),
        "report_store": S3ObjectStore(bucket=dg.EnvVar("CLOUDOPS_REPORT_BUCKET"), region=region),
        "lake": Lake(root=dg.EnvVar("CLOUDOPS_LAKE_ROOT"), region=region),
        "clock": Clock(),
        "notifier": AppriseNotifier(urls=[dg.EnvVar("CLOUDOPS_NOTIFY_URL")]),
    }
