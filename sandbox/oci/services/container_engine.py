"""Kubernetes clusters and their node pools: listed and shown. Scenarios let them exist; nothing creates them by request."""

from __future__ import annotations

from typing import Any

from sandbox.oci.clock import text
from sandbox.oci.exchange import Answer, Asked, answers, etag_shown, page, shown
from sandbox.oci.services.identity import REGIONS, demand_compartment
from sandbox.oci.store import Body, Resource, Store

CLUSTERS, POOLS = "container_engine.clusters", "container_engine.node_pools"
_CLUSTER_ALONE = ("kmsKeyId", "openIdConnectDiscoveryEndpoint", "openIdConnectDiscoveryKey")
_POOL_ALONE = ("nodes", "nodeMetadata")
"""Fields that lists leave out. Source: SDK models ClusterSummary and NodePoolSummary."""
_VERSION = "v1.33.1"
_ORDER = {"ID": "id", "NAME": "name", "TIME_CREATED": "made"}


def add_cluster(store: Store, region: str, compartment: str, name: str, **fields: Any) -> Resource:  # noqa: ANN401
    """Let a cluster exist: ACTIVE, unless fields say otherwise."""
    now = text(store.clock.now())
    body: Body = {
        "id": store.new_ocid("cluster", region),
        "name": name,
        "compartmentId": compartment,
        "vcnId": store.new_ocid("vcn", region),
        "kubernetesVersion": _VERSION,
        "availableKubernetesUpgrades": [],
        "lifecycleState": "ACTIVE",
        "lifecycleDetails": "",
        "type": "ENHANCED_CLUSTER",
        "endpointConfig": {"subnetId": store.new_ocid("subnet", region), "nsgIds": [], "isPublicIpEnabled": False},
        "endpoints": {"privateEndpoint": "10.0.0.10:6443"},
        "clusterPodNetworkOptions": [{"cniType": "OCI_VCN_IP_NATIVE"}],
        "metadata": {"timeCreated": now, "timeUpdated": now},
        "freeformTags": {},
        "definedTags": {},
        "systemTags": {},
        **fields,
    }
    return store.add(CLUSTERS, body, region, made=now)


def add_node_pool(store: Store, cluster: Resource, name: str, size: int = 3, **fields: Any) -> Resource:  # noqa: ANN401
    """Let a node pool exist with so many nodes, spread over the availability domains of its cluster's region."""
    region, pool = cluster.region, store.new_ocid("nodepool", cluster.region)
    subnet = store.new_ocid("subnet", region)
    domains = [f"SbOx:{REGIONS.get(region, 'XXX')}-AD-{n}" for n in (1, 2, 3)]
    image = store.new_ocid("image", region)
    version = cluster.body["kubernetesVersion"]
    nodes = [
        {
            "id": store.new_ocid("instance", region),
            "name": f"{name}-{n}",
            "nodePoolId": pool,
            "kubernetesVersion": version,
            "availabilityDomain": domains[n % len(domains)],
            "faultDomain": f"FAULT-DOMAIN-{n % 3 + 1}",
            "subnetId": subnet,
            "privateIp": f"10.0.{n // 250 + 1}.{n % 250 + 2}",
            "lifecycleState": "ACTIVE",
        }
        for n in range(size)
    ]
    body: Body = {
        "id": pool,
        "name": name,
        "compartmentId": cluster.body["compartmentId"],
        "clusterId": cluster.body["id"],
        "lifecycleState": "ACTIVE",
        "lifecycleDetails": "",
        "kubernetesVersion": version,
        "nodeShape": "VM.Standard.E5.Flex",
        "nodeShapeConfig": {"ocpus": 2.0, "memoryInGBs": 16.0},
        "nodeSourceDetails": {"sourceType": "IMAGE", "imageId": image},
        "nodeConfigDetails": {
            "size": size,
            "nsgIds": [],
            "placementConfigs": [{"availabilityDomain": domain, "subnetId": subnet} for domain in domains],
        },
        "nodes": nodes,
        "nodeMetadata": {},
        "initialNodeLabels": [],
        "subnetIds": [subnet],
        "freeformTags": {},
        "definedTags": {},
        "systemTags": {},
        **fields,
    }
    return store.add(POOLS, body, region, made=text(store.clock.now()))


@answers("container_engine")
def list_clusters(asked: Asked) -> Answer:
    """Clusters of a compartment, in this region."""
    rows = [r for r in asked.store.all(CLUSTERS, asked.region) if _is_wanted(asked, r)]
    return _listed(asked, rows, _CLUSTER_ALONE)


@answers("container_engine")
def get_cluster(asked: Asked) -> Answer:
    """One cluster."""
    found = asked.store.find(CLUSTERS, asked.path["clusterId"], asked.region)
    return Answer(shown(asked, found.body, found.before), headers={"etag": etag_shown(asked, found)})


@answers("container_engine")
def list_node_pools(asked: Asked) -> Answer:
    """Node pools of a compartment, or of one cluster in it; without their nodes."""
    wanted = asked.query.get("clusterId")
    rows = [r for r in asked.store.all(POOLS, asked.region) if _is_wanted(asked, r) and wanted in (None, r.body["clusterId"])]
    return _listed(asked, rows, _POOL_ALONE)


@answers("container_engine")
def get_node_pool(asked: Asked) -> Answer:
    """One node pool with its nodes."""
    found = asked.store.find(POOLS, asked.path["nodePoolId"], asked.region)
    return Answer(shown(asked, found.body, found.before), headers={"etag": etag_shown(asked, found)})


def _is_wanted(asked: Asked, found: Resource) -> bool:
    """Whether a resource is of the compartment, the name and one of the states. Source: SDK docstrings of the lists."""
    query, body = asked.query, found.body
    return (
        body["compartmentId"] == query["compartmentId"]
        and query.get("name") in (None, body["name"])
        and ("lifecycleState" not in query or body["lifecycleState"] in query["lifecycleState"])
    )


def _listed(asked: Asked, rows: list[Resource], left_out: tuple[str, ...]) -> Answer:
    """A page in the order that was asked for; that the usual one is by time, ascending, is not sourced."""
    demand_compartment(asked, asked.query["compartmentId"])
    field = _ORDER[asked.query.get("sortBy", "TIME_CREATED")]
    keys: list[tuple[Any, int]] = [(r.hidden["made"] if field == "made" else r.body[field], n) for n, r in enumerate(rows)]
    order = sorted(keys, reverse=asked.query.get("sortOrder", "ASC") == "DESC")
    bodies = [shown(asked, rows[n].body, rows[n].before) for _, n in order]
    return page(asked, [{name: value for name, value in body.items() if name not in left_out} for body in bodies])
