"""The tenancy and what is in it."""

import oci
import pytest

from sandbox.oci.clock import text
from sandbox.oci.services import identity
from tests.sandbox.oci.conftest import NOW, refused

MODELS = oci.identity.models


@pytest.fixture
def client(sandbox):
    return sandbox.client(oci.identity.IdentityClient, "identity")


def test_the_tenancy_has_a_home_region_among_its_regions(sandbox, client):
    tenancy = client.get_tenancy(sandbox.tenancy).data
    (home,) = [s for s in client.list_region_subscriptions(sandbox.tenancy).data if s.is_home_region]
    assert home.region_key == tenancy.home_region_key == "FRA"
    assert home.region_name in {region.name for region in client.list_regions().data}
    assert len(client.list_availability_domains(sandbox.tenancy).data) == 3


def test_compartments_form_a_tree_that_is_listed_by_level_or_whole(sandbox, client):
    details = MODELS.CreateCompartmentDetails(compartment_id=sandbox.tenancy, name="top", description="t")
    top = client.create_compartment(details).data
    client.create_compartment(MODELS.CreateCompartmentDetails(compartment_id=top.id, name="below", description="b"))
    assert [c.name for c in client.list_compartments(sandbox.tenancy).data] == ["dev", "prod", "top"]
    whole = client.list_compartments(sandbox.tenancy, compartment_id_in_subtree=True).data
    assert [c.name for c in whole] == ["below", "dev", "prod", "top"]
    assert client.get_compartment(top.id).data.name == "top"
    assert client.get_compartment(sandbox.tenancy).data.name == "acme"
    assert refused(client.list_compartments, top.id, compartment_id_in_subtree=True) == (400, "InvalidParameter")
    assert refused(client.create_compartment, details)[0] == 409


def test_compartments_and_policies_come_in_the_order_that_is_asked_for(sandbox, client):
    for name in ("zulu", "alpha"):
        sandbox.advance(60)
        client.create_compartment(MODELS.CreateCompartmentDetails(compartment_id=sandbox.tenancy, name=name, description="d"))
        usual = {"compartmentId": sandbox.tenancy, "description": "d", "lifecycleState": "ACTIVE", "statements": []}
        moment = text(sandbox.cloud.store.clock.now())
        sandbox.cloud.store.add(identity.POLICIES, {**usual, "id": name, "name": name, "timeCreated": moment})
    for call, others in ((client.list_compartments, ["dev", "prod"]), (client.list_policies, [])):
        orders = [
            [row.name for row in call(sandbox.tenancy, **order).data]
            for order in ({}, {"sort_order": "DESC"}, {"sort_by": "TIMECREATED"}, {"sort_by": "TIMECREATED", "sort_order": "ASC"})
        ]
        assert orders[0] == orders[1][::-1] == ["alpha", *others, "zulu"]
        assert orders[2][:2] == orders[3][::-1][:2] == ["alpha", "zulu"]


def test_tags_users_and_policies_are_told(sandbox, client):
    store, now = sandbox.cloud.store, text(NOW)
    usual = {"compartmentId": sandbox.tenancy, "description": "d", "timeCreated": now, "lifecycleState": "ACTIVE"}
    store.add(
        identity.TAG_NAMESPACES, {**usual, "id": "ns", "name": "cost", "isRetired": False, "freeformTags": {}, "definedTags": {}}
    )
    tag = {
        **usual,
        "id": "tag",
        "name": "team",
        "isRetired": False,
        "isCostTracking": True,
        "freeformTags": {},
        "definedTags": {},
    }
    store.add(identity.TAGS, tag, namespace="ns")
    store.add(identity.USERS, {**usual, "id": "user", "name": "ann", "isMfaActivated": True})
    store.add(
        identity.POLICIES, {**usual, "id": "policy", "name": "p", "statements": ["Allow group a to read buckets in tenancy"]}
    )
    assert "cost" in [n.name for n in client.list_tag_namespaces(sandbox.tenancy).data]
    assert [(t.name, t.is_cost_tracking) for t in client.list_tags("ns").data] == [("team", True)]
    assert client.get_user("user").data.name == "ann"
    assert client.list_policies(sandbox.tenancy).data[0].statements == ["Allow group a to read buckets in tenancy"]
