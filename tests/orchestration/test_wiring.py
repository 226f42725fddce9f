"""Which variant of a resource a deployment gets."""

import pytest

from orchestration.settings import current_settings
from orchestration.wiring import resources_for
from resources.aws.cloudwatch import CloudWatch
from resources.aws.notifications import SnsNotifier
from resources.notifier import AppriseNotifier, LogNotifier
from resources.oci.monitoring import OciMonitoring
from resources.oci.notifications import OnsNotifier
from resources.utilisation import NotMeasured

OCI_TOPIC, AWS_TOPIC = "ocid1.onstopic.oc1.eu-frankfurt-1.a", "arn:aws:sns:eu-central-1:123456789012:alerts"


def wired(monkeypatch, **variables):
    for name, value in variables.items():
        monkeypatch.setenv(f"CLOUDOPS_{name}", value)
    return resources_for(current_settings())


@pytest.mark.parametrize(
    ("variables", "kind"),
    [
        ({}, LogNotifier),
        ({"DEPLOYMENT": "production"}, AppriseNotifier),
        ({"DEPLOYMENT": "production", "NOTIFY_TOPIC": OCI_TOPIC}, OnsNotifier),
        ({"DEPLOYMENT": "production", "NOTIFY_TOPIC": AWS_TOPIC}, SnsNotifier),
    ],
)
def test_alerts_go_to_a_topic_where_one_is_named(monkeypatch, variables, kind):
    assert type(wired(monkeypatch, **variables)["notifier"]) is kind


def test_an_embedded_deployment_without_clouds_asks_none_for_use(monkeypatch):
    wiring = wired(monkeypatch)

    for name in ("oci_utilisation", "aws_utilisation"):
        source = wiring[name]
        assert isinstance(source, NotMeasured)
        assert "CLOUDOPS_" in source.advice


def test_each_cloud_that_is_named_is_asked_for_use(monkeypatch):
    wiring = wired(monkeypatch, DEPLOYMENT="production", OCI_TENANCY="ocid1.tenancy.oc1..a", AWS_METRICS="linked accounts")

    assert isinstance(wiring["oci_utilisation"], OciMonitoring)
    amazon = wiring["aws_utilisation"]
    assert isinstance(amazon, CloudWatch)
    assert amazon.linked_accounts


def test_whose_metrics_are_read_has_two_answers(monkeypatch):
    with pytest.raises(ValueError, match="expected one of own account, linked accounts"):
        wired(monkeypatch, AWS_METRICS="all")
