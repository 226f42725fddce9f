"""What the demo company has on the embedded Oracle cloud: compartments, tags, usage, metrics, and the bucket of cost reports."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from sandbox.oci.clock import text
from sandbox.oci.credentials import USER
from sandbox.oci.services import database, identity, monitoring, object_storage, usage_api
from sandbox.oci.store import Body, Store
from sandbox.oci_billing import billed_lines
from sandbox.oci_estate import COMPARTMENTS, TENANCY, Resource, resources
from sandbox.oci_lines import Line
from sandbox.scenario import parameters_of
from sandbox.usage import Window
from sandbox.utilisation import hours, load_of

HOME_REGION = "eu-frankfurt-1"
_TAGS = "acme"
_INSTANCE, _DATABASE = "instance", "autonomousdatabase"


def populate(store: Store, data: Path | None) -> None:
    """Let the company exist; with a scenario's folder, its usage, metrics and cost reports as well."""
    now = text(store.clock.now())
    identity.add_tenancy(store, TENANCY, "acme", HOME_REGION)
    usual: Body = {"compartmentId": TENANCY, "timeCreated": now, "lifecycleState": "ACTIVE"}
    store.add(identity.USERS, {**usual, "id": USER, "name": "cloudops", "description": "cloudops", "isMfaActivated": False})
    for name, ocid in COMPARTMENTS.items():
        identity.add_compartment(store, TENANCY, name, ocid)
    namespace = store.new_ocid("tagnamespace")
    tag: Body = {**usual, "isRetired": False, "freeformTags": {}, "definedTags": {}}
    store.add(identity.TAG_NAMESPACES, {**tag, "id": namespace, "name": _TAGS, "description": "costs"})
    for name in ("environment", "team"):
        described = {"id": store.new_ocid("tagdefinition"), "name": name, "description": name, "isCostTracking": True}
        store.add(identity.TAGS, {**tag, **described}, namespace=namespace)
    found = parameters_of(data) if data is not None else None
    object_storage.add_bucket(store, object_storage.REPORTS_NAMESPACE, TENANCY, TENANCY, HOME_REGION, "oracle")
    if data is None or found is None:
        return
    usage_api.add_lines(store, [_usage(line) for line in billed_lines(*found)])
    for resource in resources():
        _exist(store, resource)
        _measure(store, resource, *found)
    # days of a scenario do not age: a demo shows the same whenever it is looked at
    monitoring.reach_from(store, datetime.combine(found[0].last + timedelta(days=1), time(), UTC))
    reports = data / "billing" / "oci"
    for file in sorted(reports.rglob("*.gz")):
        modified = text(datetime.fromtimestamp(file.stat().st_mtime, UTC))
        name = file.relative_to(reports).as_posix()
        object_storage.add_object(store, object_storage.REPORTS_NAMESPACE, TENANCY, name, file.read_bytes(), modified)


def _exist(store: Store, resource: Resource) -> None:
    """Let a database exist, under the id that it is billed under."""
    if resource.kind == _DATABASE and resource.season != "absent":
        name = resource.name.replace("-", "")
        fields = {"id": resource.id, "displayName": resource.name, "computeCount": 4.0}
        database.add_database(store, resource.region, COMPARTMENTS[resource.compartment], name, **fields)


def _measure(store: Store, resource: Resource, window: Window, seed: int) -> None:
    """Let the metrics of an instance or database exist that the scenario's last days have."""
    if resource.season == "absent" or resource.kind not in (_INSTANCE, _DATABASE):
        return
    database = resource.kind == _DATABASE
    load = load_of(resource.name, database=database, season=resource.season)
    if load is None:
        return
    found = hours(resource.name, load, window, seed)
    namespace = "oci_autonomous_database" if database else "oci_computeagent"
    called = "resourceName" if database else "resourceDisplayName"
    dimensions = {"resourceId": resource.id, called: resource.name, "region": resource.region}
    metrics = {"CpuUtilization": found.cpu}
    if not database:
        metrics |= {"MemoryUtilization": found.memory or (), "NetworksBytesIn": found.network}
    for name, values in metrics.items():
        points = (monitoring.Datapoint(at, value) for at, value in zip(found.at, values, strict=False))
        monitoring.add_datapoints(store, resource.region, COMPARTMENTS[resource.compartment], namespace, name, dimensions, points)


def _usage(line: Line) -> Body:
    resource, meter = line.resource, line.meter
    return {
        "day": f"{line.start:%Y-%m-%d}",
        "cost": str(line.cost),
        "quantity": str(line.quantity),
        "currency": "EUR",
        "service": resource.service,
        "skuName": meter.description,
        "skuPartNumber": meter.sku,
        "unit": meter.unit,
        "compartmentId": COMPARTMENTS[resource.compartment],
        "compartmentName": resource.compartment,
        "compartmentPath": f"acme/{resource.compartment}",
        "platform": "Gen-2",
        "region": resource.region,
        "logicalAd": None,
        "resourceId": resource.id,
        "tenantId": TENANCY,
        "tenantName": "acme",
        "tagNamespace": _TAGS,
        "tagKey": "environment",
        "tagValue": resource.compartment,
    }
