"""Lifecycle policies of buckets, through the SDK."""

import oci
import pytest

from sandbox.oci.services.object_lifecycle import REFUSED
from tests.sandbox.oci.conftest import refused

NAMESPACE = "acmesandbox"
MODELS = oci.object_storage.models


@pytest.fixture
def client(sandbox):
    made = sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage")
    made.create_bucket(NAMESPACE, MODELS.CreateBucketDetails(name="b", compartment_id=sandbox.tenancy))
    return made


def policy(*actions: str, **fields):
    rules = [
        MODELS.ObjectLifecycleRule(
            name=action.lower(), action=action, time_amount=90, time_unit="DAYS", is_enabled=True, **fields
        )
        for action in actions
    ]
    return MODELS.PutObjectLifecyclePolicyDetails(items=rules)


def test_a_policy_is_kept_replaced_and_deleted(client):
    assert refused(client.get_object_lifecycle_policy, NAMESPACE, "b") == (404, "LifecyclePolicyNotFound")

    first = client.put_object_lifecycle_policy(NAMESPACE, "b", policy("ARCHIVE"), if_none_match="*")
    second = client.put_object_lifecycle_policy(NAMESPACE, "b", policy("ARCHIVE", "DELETE"), if_match=first.headers["etag"])

    shown = client.get_object_lifecycle_policy(NAMESPACE, "b")
    assert [rule.action for rule in shown.data.items] == ["ARCHIVE", "DELETE"]
    assert shown.headers["etag"] == second.headers["etag"] != first.headers["etag"]
    client.delete_object_lifecycle_policy(NAMESPACE, "b", if_match=second.headers["etag"])
    assert refused(client.delete_object_lifecycle_policy, NAMESPACE, "b")[0] == 404


def test_who_saw_another_version_changes_nothing(client):
    put = client.put_object_lifecycle_policy
    old = put(NAMESPACE, "b", policy("ARCHIVE")).headers["etag"]
    put(NAMESPACE, "b", policy("DELETE"), if_match=old)

    assert refused(put, NAMESPACE, "b", policy("ARCHIVE"), if_match=old)[0] == 412
    assert refused(put, NAMESPACE, "b", policy("ARCHIVE"), if_none_match="*")[0] == 412
    assert refused(client.delete_object_lifecycle_policy, NAMESPACE, "b", if_match=old)[0] == 412


def test_rules_that_mean_nothing_are_refused(client):
    put = client.put_object_lifecycle_policy
    assert refused(put, NAMESPACE, "b", policy("ABORT"))[0] == 400
    assert refused(put, NAMESPACE, "b", policy("ARCHIVE", "ARCHIVE"))[0] == 400
    assert refused(put, NAMESPACE, "none", policy("ARCHIVE")) == (404, "BucketNotFound")


def test_the_service_needs_a_permission_of_its_own(sandbox, client):
    sandbox.cloud.store.add(REFUSED, {"name": "b"}, key=f"{NAMESPACE}/b")

    told = refused(client.put_object_lifecycle_policy, NAMESPACE, "b", policy("ARCHIVE"))
    assert told == (400, "InsufficientServicePermissions")
