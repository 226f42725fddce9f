"""Databases of other kinds, listed as far as somebody let them exist: base databases and Exadata in the cloud."""

from __future__ import annotations

from sandbox.oci.clock import text
from sandbox.oci.exchange import Answer, Asked, answers, page
from sandbox.oci.services.database.autonomous import in_order
from sandbox.oci.services.identity import demand_compartment
from sandbox.oci.store import Body, Resource, Store

DB_SYSTEMS, VM_CLUSTERS, EXADATA = "database.db_systems", "database.cloud_vm_clusters", "database.cloud_exadata_infrastructures"


def add_db_system(store: Store, region: str, compartment: str, name: str, **fields: object) -> Resource:
    """Let a DB system exist, which holds base databases."""
    body: Body = {
        "id": store.new_ocid("dbsystem", region),
        "compartmentId": compartment,
        "displayName": name,
        "availabilityDomain": "AD-1",
        "subnetId": store.new_ocid("subnet", region),
        "shape": "VM.Standard.E4.Flex",
        "sshPublicKeys": [],
        "hostname": name.lower(),
        "domain": "example.oraclevcn.com",
        "cpuCoreCount": 2,
        "databaseEdition": "ENTERPRISE_EDITION",
        "lifecycleState": "AVAILABLE",
        "timeCreated": text(store.clock.now()),
    }
    return store.add(DB_SYSTEMS, {**body, **fields}, region)


@answers("database")
def list_db_systems(asked: Asked) -> Answer:
    """DB systems of a compartment."""
    return _listed(asked, DB_SYSTEMS)


@answers("database")
def list_cloud_vm_clusters(asked: Asked) -> Answer:
    """VM clusters on Exadata of a compartment."""
    return _listed(asked, VM_CLUSTERS)


@answers("database")
def list_cloud_exadata_infrastructures(asked: Asked) -> Answer:
    """Exadata infrastructure of a compartment."""
    return _listed(asked, EXADATA)


def _listed(asked: Asked, table: str) -> Answer:
    compartment = asked.query["compartmentId"]
    demand_compartment(asked, compartment)
    state = asked.query.get("lifecycleState")
    rows = [r.body for r in asked.store.all(table, asked.region) if r.body["compartmentId"] == compartment]
    return page(asked, in_order(asked, [row for row in rows if state in (None, row["lifecycleState"])], "timeCreated"))
