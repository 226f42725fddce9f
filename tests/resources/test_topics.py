"""Messages through topics of both clouds, over HTTP: what subscribers get, what is cut, and what a refusal says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import oci
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.aws.notifications import SnsNotifier
from resources.errors import BadInput, NotFound, Unavailable
from resources.notifier import shortened
from resources.oci.clients import OciClients
from resources.oci.notifications import MOST_BYTES, OnsNotifier
from sandbox.oci.services.ons import MESSAGES
from tests.aws_metrics import aws, client, clients
from tests.sandboxes import Sandbox, running

SECRET = "Zx9kQ2wL7pRt4vBn"


@pytest.fixture
def oracle(tmp_path: Path) -> Any:
    with running(tmp_path / "cloud") as sandbox:
        yield sandbox


@pytest.fixture
def amazon() -> Any:
    with aws() as endpoint:
        yield endpoint


def ons(sandbox: Sandbox, topic: str) -> OnsNotifier:
    return OnsNotifier(clients=OciClients(endpoint=sandbox.url, config_file=sandbox.config_file, max_attempts=1), topic=topic)


def topic(sandbox: Sandbox, region: str = "eu-frankfurt-1") -> str:
    details = oci.ons.models.CreateTopicDetails(name="alerts", compartment_id=sandbox.tenancy)
    made = sandbox.client(oci.ons.NotificationControlPlaneClient, "ons", region)
    return str(made.create_topic(details).data.topic_id)


def published(sandbox: Sandbox) -> list[dict[str, Any]]:
    return sandbox.cloud.store.journal(MESSAGES)


def test_a_message_reaches_a_topic_of_oracle_with_its_severity_and_without_secrets(oracle: Sandbox):
    ons(oracle, topic(oracle)).notify("Costs rose", f"token={SECRET}\nsecond line", "warning")

    said = json.dumps(published(oracle))
    assert "[warning] Costs rose" in said
    assert "second line" in said
    assert SECRET not in said


def test_a_topic_of_oracle_is_asked_in_its_own_region(oracle: Sandbox):
    ons(oracle, topic(oracle, "us-ashburn-1")).notify("title", "body", "info")

    assert len(published(oracle)) == 1


def test_a_long_message_is_cut_to_what_oracle_takes(oracle: Sandbox):
    ons(oracle, topic(oracle)).notify("title", "ä" * MOST_BYTES, "info")

    assert "…" in json.dumps(published(oracle), ensure_ascii=False)


def test_a_topic_of_oracle_that_is_missing_says_what_to_allow(oracle: Sandbox):
    with pytest.raises(NotFound, match="use ons-topics"):
        ons(oracle, "ocid1.onstopic.oc1.eu-frankfurt-1.nothing").notify("title", "body", "info")


def test_what_is_no_topic_is_refused(oracle: Sandbox):
    with pytest.raises(BadInput, match="no OCID of a topic"):
        ons(oracle, "ocid1.instance.oc1.x.y").notify("title", "body", "info")
    with pytest.raises(BadInput, match="no ARN of a topic"):
        SnsNotifier(clients=clients("http://127.0.0.1:1"), topic="arn:aws:sqs:r:1:q").notify("title", "body", "info")


def received(endpoint: str) -> tuple[str, Any]:
    """A topic, and a queue that gets its messages."""
    queue = client(endpoint, "sqs").create_queue(QueueName="inbox")["QueueUrl"]
    sns = client(endpoint, "sns")
    arn = sns.create_topic(Name="alerts")["TopicArn"]
    queue_arn = client(endpoint, "sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)

    def read() -> list[dict[str, str]]:
        got = client(endpoint, "sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in got]

    return arn, read


def test_a_message_reaches_the_subscribers_of_a_topic_of_amazon_in_its_region(amazon: str):
    arn, read = received(amazon)

    SnsNotifier(clients=clients(amazon, region=None), topic=arn).notify("Kosten über\nPlan", f"password={SECRET}", "failure")

    (message,) = read()
    assert message["Subject"] == "[failure] Kosten ?ber Plan"
    assert message["Message"].startswith("Kosten über")
    assert SECRET not in json.dumps(message)


def test_a_long_subject_is_cut_to_what_amazon_takes(amazon: str):
    arn, read = received(amazon)

    SnsNotifier(clients=clients(amazon), topic=arn).notify("long " * 50, "body", "info")

    (message,) = read()
    assert len(message["Subject"]) == 100


def test_a_topic_of_amazon_that_is_missing_or_silent_raises(amazon: str):
    with pytest.raises(NotFound):
        SnsNotifier(clients=clients(amazon), topic="arn:aws:sns:eu-central-1:123456789012:none").notify("title", "body", "info")
    with pytest.raises(Unavailable):
        SnsNotifier(clients=clients("http://127.0.0.1:1"), topic="arn:aws:sns:eu-central-1:1:a").notify("title", "body", "info")


@given(st.text(max_size=60), st.integers(4, 80))
def test_a_text_that_fits_is_kept_and_another_is_cut_within_its_bytes(text, most):
    short = shortened(text, most)

    assert len(short.encode()) <= most
    assert short == text if len(text.encode()) <= most else short.endswith("…")
