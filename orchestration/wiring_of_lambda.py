"""Which variants look after functions and layers of Lambda in a deployment: the service, the store of layers, and metrics."""

from collections.abc import Callable

import dagster as dg

from orchestration.settings import Lambda, Settings
from resources.aws.clients import AwsClients
from resources.aws.custom_metrics import CloudWatchMetrics
from resources.aws.lambda_service import AwsLambda
from resources.aws.s3 import S3ObjectStore
from resources.clock import Clock
from resources.lake import Lake
from resources.lambda_service import LambdaService, NotConfigured
from resources.metrics_sink import LakeMetrics, MetricsSink
from resources.object_store import LocalObjectStore, ObjectStore

EMBEDDED = Lambda(
    accounts=("111122223333", "777788889999"),
    regions=("us-east-1", "eu-central-1"),
    role="cloudops",
    external_id="",
    test_role="cloudops-layer-test",
    layer_bucket="cloudops-layers-{account}-{region}",
)
"""Where the demo company has functions in the embedded AWS, which takes any role and has these buckets."""
_PREFIX = "layer-builds"
_CONNECTIONS = 32


def lambda_resources(settings: Settings, clients: Callable[..., AwsClients | None], lake: Lake, no_aws: str) -> dict[str, object]:
    """Resources of functions and layers by the name that assets and jobs use.

    Args:
        settings: Of the deployment.
        clients: Makes those of AWS with further settings; None where it must not be asked.
        lake: Keeps measurements where AWS does not.
        no_aws: What to set before AWS can be asked.
    """
    return {
        "lambda_service": _service(settings, clients) or NotConfigured(advice=no_aws),
        "layer_store": layer_store(settings),
        "layer_metrics": _metrics(clients(), lake),
    }


def _service(settings: Settings, clients: Callable[..., AwsClients | None]) -> LambdaService | None:
    """Functions and layers of the accounts and regions that are named; of the demo company in the embedded AWS."""
    named = settings.functions if not settings.is_local or settings.functions.accounts else EMBEDDED
    entering = clients(role=named.role, external_id=named.external_id, connections=_CONNECTIONS)
    if entering is None:
        return None
    return AwsLambda(
        clients=entering,
        accounts=list(named.accounts),
        regions=list(named.regions),
        test_role=named.test_role,
        layer_bucket=named.layer_bucket,
    )


def layer_store(settings: Settings) -> ObjectStore:
    """Where built layers are."""
    if settings.is_local:
        return LocalObjectStore(root=str(settings.home / "layers"))
    return S3ObjectStore(bucket=dg.EnvVar("CLOUDOPS_REPORT_BUCKET"), prefix=_PREFIX, region=dg.EnvVar("CLOUDOPS_REGION"))


def _metrics(clients: AwsClients | None, lake: Lake) -> MetricsSink:
    """Where measurements of layers go."""
    return LakeMetrics(lake=lake) if clients is None else CloudWatchMetrics(clients=clients, clock=Clock())
