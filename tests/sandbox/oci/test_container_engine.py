"""Kubernetes clusters and node pools as the service shows them."""

import oci
import pytest

from sandbox.oci.services.container_engine import add_cluster, add_node_pool
from sandbox.oci.services.identity import add_compartment
from tests.sandbox.oci.conftest import refused

HOME, AWAY = "eu-frankfurt-1", "us-ashburn-1"


@pytest.fixture
def client(sandbox):
    return sandbox.client(oci.container_engine.ContainerEngineClient, "container_engine")


def test_clusters_of_a_compartment_are_listed_in_pages(sandbox, client):
    store = sandbox.cloud.store
    for number in range(3):
        add_cluster(store, HOME, sandbox.tenancy, f"c{number}")
    add_cluster(store, AWAY, sandbox.tenancy, "away")
    add_cluster(store, HOME, add_compartment(store, sandbox.tenancy, "other")["id"], "elsewhere")
    first = client.list_clusters(sandbox.tenancy, limit=2)
    rest = client.list_clusters(sandbox.tenancy, limit=2, page=first.next_page)
    assert [c.name for c in first.data + rest.data] == ["c0", "c1", "c2"]
    assert not rest.has_next_page


def test_clusters_are_narrowed_by_name_and_by_several_states(sandbox, client):
    for name, state in (("a", "ACTIVE"), ("b", "UPDATING"), ("c", "DELETED")):
        add_cluster(sandbox.cloud.store, HOME, sandbox.tenancy, name, lifecycleState=state)
    several = client.list_clusters(sandbox.tenancy, lifecycle_state=["ACTIVE", "UPDATING"], sort_by="NAME", sort_order="DESC")
    assert [c.name for c in several.data] == ["b", "a"]
    assert [c.name for c in client.list_clusters(sandbox.tenancy, lifecycle_state=["DELETED"]).data] == ["c"]
    assert [c.name for c in client.list_clusters(sandbox.tenancy, name="b").data] == ["b"]


def test_a_cluster_is_shown_with_its_version_and_etag(sandbox, client):
    made = add_cluster(
        sandbox.cloud.store, HOME, sandbox.tenancy, "shop", kubernetesVersion="v1.32.1", kmsKeyId="ocid1.key.oc1..a"
    )
    answer = client.get_cluster(made.body["id"])
    assert (answer.data.name, answer.data.kubernetes_version, answer.headers["etag"]) == ("shop", "v1.32.1", made.etag)
    assert answer.data.kms_key_id == "ocid1.key.oc1..a"
    assert client.list_clusters(sandbox.tenancy).data[0].metadata.time_created is not None


def test_node_pools_are_listed_without_their_nodes_and_shown_with_them(sandbox, client):
    cluster = add_cluster(sandbox.cloud.store, HOME, sandbox.tenancy, "shop")
    other = add_cluster(sandbox.cloud.store, HOME, sandbox.tenancy, "other")
    pool = add_node_pool(sandbox.cloud.store, cluster, "blue", size=4).body["id"]
    add_node_pool(sandbox.cloud.store, cluster, "green")
    add_node_pool(sandbox.cloud.store, other, "red", lifecycleState="NEEDS_ATTENTION")
    first = client.list_node_pools(sandbox.tenancy, limit=2)
    rest = client.list_node_pools(sandbox.tenancy, limit=2, page=first.next_page)
    assert [p.name for p in first.data + rest.data] == ["blue", "green", "red"]
    mine = client.list_node_pools(sandbox.tenancy, cluster_id=cluster.body["id"], sort_by="NAME", sort_order="DESC").data
    assert [p.name for p in mine] == ["green", "blue"]
    assert [p.name for p in client.list_node_pools(sandbox.tenancy, lifecycle_state=["NEEDS_ATTENTION"]).data] == ["red"]
    found = client.get_node_pool(pool).data
    assert (len(found.nodes), found.node_config_details.size, found.node_shape_config.ocpus) == (4, 4, 2.0)
    assert len({node.availability_domain for node in found.nodes}) == 3


def test_what_is_elsewhere_is_not_found(sandbox, client):
    away = add_cluster(sandbox.cloud.store, AWAY, sandbox.tenancy, "away")
    pool = add_node_pool(sandbox.cloud.store, away, "pool").body["id"]
    missing = (404, "NotAuthorizedOrNotFound")
    assert refused(client.get_cluster, away.body["id"]) == missing
    assert refused(client.get_node_pool, pool) == missing
    assert refused(client.list_clusters, "ocid1.compartment.oc1..none") == missing
    assert refused(client.list_node_pools, "ocid1.compartment.oc1..none") == missing


def test_nothing_creates_a_cluster_by_request(sandbox, client):
    details = oci.container_engine.models.CreateClusterDetails(
        name="x", compartment_id=sandbox.tenancy, vcn_id="v", kubernetes_version="v1.33.1"
    )
    assert refused(client.create_cluster, details) == (501, "NotImplemented")
