"""Which variants look after functions and layers of Lambda in a deployment."""

import pytest

from orchestration.settings import current_settings
from orchestration.wiring import resources_for
from resources.aws.custom_metrics import CloudWatchMetrics
from resources.aws.lambda_service import AwsLambda
from resources.aws.s3 import S3ObjectStore
from resources.lambda_service import NotConfigured
from resources.metrics_sink import LakeMetrics
from resources.object_store import LocalObjectStore
from sandbox.aws_estate import ACCOUNTS, REGIONS
from sandbox.aws_lambda_staging import staging_buckets

NAMES = ("lambda_service", "layer_store", "layer_metrics")
REAL = {"DEPLOYMENT": "production", "REGION": "eu-central-1", "REPORT_BUCKET": "reports"}


def wired(monkeypatch, **variables):
    for name, value in variables.items():
        monkeypatch.setenv(f"CLOUDOPS_{name}", value)
    wiring = resources_for(current_settings())
    return [wiring[name] for name in NAMES]


def test_an_embedded_deployment_without_aws_asks_none_and_keeps_its_metrics_in_the_lake(monkeypatch, tmp_path):
    service, store, metrics = wired(monkeypatch, HOME=str(tmp_path))

    assert isinstance(service, NotConfigured)
    assert "CLOUDOPS_AWS_ENDPOINT" in service.missing()
    assert isinstance(store, LocalObjectStore)
    assert store.root == str(tmp_path / "layers")
    assert isinstance(metrics, LakeMetrics)


def test_the_embedded_aws_is_asked_in_the_demos_accounts_and_regions(monkeypatch):
    service, _, metrics = wired(monkeypatch, AWS_ENDPOINT="http://127.0.0.1:1")

    assert isinstance(service, AwsLambda)
    assert service.missing() is None
    assert set(service.accounts) < set(ACCOUNTS.values())
    assert set(service.regions) == set(REGIONS)
    assert service.test_role
    buckets = {service.layer_bucket.format(account=account, region=region) for account in service.accounts for region in REGIONS}
    assert buckets < {bucket for _, _, bucket in staging_buckets()}
    assert isinstance(metrics, CloudWatchMetrics)
    assert service.clients.endpoint_url == metrics.clients.endpoint_url == "http://127.0.0.1:1"


def test_a_real_deployment_looks_where_its_variables_say(monkeypatch):
    service, store, metrics = wired(
        monkeypatch, **REAL, LAMBDA_ACCOUNTS="111122223333, 777788889999,111122223333", LAMBDA_REGIONS="us-east-1",
        LAMBDA_ROLE="/ops/cloudops", LAMBDA_EXTERNAL_ID="x", LAMBDA_TEST_ROLE="test", LAYER_BUCKET="layers-{region}",
    )  # fmt: skip

    assert isinstance(service, AwsLambda)
    assert (service.accounts, service.regions) == (["111122223333", "777788889999"], ["us-east-1"])
    assert (service.clients.role, service.clients.external_id) == ("ops/cloudops", "x")
    assert (service.test_role, service.layer_bucket, service.missing()) == ("test", "layers-{region}", None)
    assert isinstance(store, S3ObjectStore)
    assert store.prefix == "layer-builds"
    assert isinstance(metrics, CloudWatchMetrics)
    assert metrics.clients.endpoint_url is None


def test_without_variables_it_looks_at_the_callers_own_account_and_region(monkeypatch):
    service, *_ = wired(monkeypatch, **REAL)

    assert (service.accounts, service.regions, service.missing()) == ([], [], None)
    assert "CLOUDOPS_LAMBDA_ROLE" in wired(monkeypatch, **REAL, LAMBDA_ACCOUNTS="111122223333")[0].missing()


def test_what_is_no_account_number_is_named(monkeypatch):
    with pytest.raises(ValueError, match="CLOUDOPS_LAMBDA_ACCOUNTS has acme-prod"):
        wired(monkeypatch, LAMBDA_ACCOUNTS="111122223333,acme-prod")
