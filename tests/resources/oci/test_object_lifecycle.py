"""Lifecycle rules of buckets in the embedded Oracle cloud."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import oci
import pytest

from resources.errors import BadInput, Conflict, Denied, NotFound
from resources.object_lifecycle import LifecycleRule, NotConfigured, Rules
from resources.oci.clients import OciClients
from resources.oci.object_lifecycle import OciObjectLifecycle
from sandbox.oci.services.object_lifecycle import REFUSED
from tests.sandboxes import Sandbox, running

NAMESPACE, REGION = "acmesandbox", "eu-frankfurt-1"
MODELS = oci.object_storage.models
OURS = LifecycleRule("cloudops-archive-expdp", "ARCHIVE", 90, ("expdp/",))


@dataclass(frozen=True)
class Place:
    sandbox: Sandbox
    lifecycle: OciObjectLifecycle
    client: oci.object_storage.ObjectStorageClient


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with running(tmp_path) as sandbox:
        clients = OciClients(endpoint=sandbox.url, config_file=sandbox.config_file, max_attempts=1)
        client = sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage")
        client.create_bucket(NAMESPACE, MODELS.CreateBucketDetails(name="b", compartment_id=sandbox.tenancy))
        yield Place(sandbox, OciObjectLifecycle(clients=clients), client)


def test_rules_come_back_as_they_were_given(place):
    assert place.lifecycle.rules(REGION, "b") == Rules(())

    place.lifecycle.replace(REGION, "b", [OURS], Rules(()))

    seen = place.lifecycle.rules("", "b")
    assert seen.rules == (OURS,)
    assert OURS.is_ours
    place.lifecycle.replace(REGION, "b", [], seen)
    assert place.lifecycle.rules(REGION, "b") == Rules(())
    place.lifecycle.replace(REGION, "b", [], Rules(()))


def test_a_rule_made_by_hand_stays_with_all_that_it_says(place):
    names = MODELS.ObjectNameFilter(inclusion_patterns=["*.dmp"], exclusion_patterns=["keep*"])
    by_hand = MODELS.ObjectLifecycleRule(
        name="mine",
        action="DELETE",
        time_amount=2,
        time_unit="YEARS",
        is_enabled=False,
        object_name_filter=names,
        target="objects",
    )
    details = MODELS.PutObjectLifecyclePolicyDetails(items=[by_hand])
    place.client.put_object_lifecycle_policy(NAMESPACE, "b", details)
    seen = place.lifecycle.rules(REGION, "b")
    assert [(rule.days, rule.is_enabled, rule.is_ours) for rule in seen.rules] == [(730, False, False)]

    place.lifecycle.replace(REGION, "b", [*seen.rules, OURS], seen)

    kept, _ = place.client.get_object_lifecycle_policy(NAMESPACE, "b").data.items
    assert kept.object_name_filter.inclusion_patterns == ["*.dmp"]
    assert kept.object_name_filter.exclusion_patterns == ["keep*"]
    assert (kept.time_amount, kept.time_unit, kept.is_enabled) == (2, "YEARS", False)


def test_who_saw_an_older_version_changes_nothing(place):
    place.lifecycle.replace(REGION, "b", [OURS], Rules(()))

    with pytest.raises(Conflict):
        place.lifecycle.replace(REGION, "b", [OURS], Rules(()))


def test_a_bucket_that_is_not_there_is_not_one_without_rules(place):
    with pytest.raises(NotFound):
        place.lifecycle.rules(REGION, "none")


def test_the_statement_that_the_service_lacks_is_told(place):
    place.sandbox.cloud.store.add(REFUSED, {"name": "b"}, key=f"{NAMESPACE}/b")

    with pytest.raises(Denied, match="Allow service objectstorage-eu-frankfurt-1 to manage object-family"):
        place.lifecycle.replace(REGION, "b", [OURS], Rules(()))


def test_without_a_cloud_it_says_what_to_set():
    with pytest.raises(BadInput, match="Set X"):
        NotConfigured(advice="Set X.").rules(REGION, "b")
