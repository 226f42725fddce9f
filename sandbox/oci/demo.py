"""What the demo company has on the embedded Oracle cloud: compartments, tags, usage, metrics, and the bucket of cost reports."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from sandbox.oci import fleet
from sandbox.oci.clock import text
from sandbox.oci.credentials import USER
from sandbox.oci.services import identity, monitoring, object_storage, usage_api
from sandbox.oci.store import Body, Store
from sandbox.oci_billing import billed_lines
from sandbox.oci_estate import COMPARTMENTS, TENANCY, Resource, resources
from sandbox.oci_lines import Line
from sandbox.scenario import parameters_of
from sandbox.usage import Window
from sandbox.utilisation import hours, load_of

HOME_REGION = "eu-frankfurt-1"
_TAGS = "acme"
_INSTANCE, _AGENT = "instance", "oci_computeagent"


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
        _measure(store, resource, *found)
    fleet.populate(store, found[0])
    # days of a scenario do not age: a demo shows the same whenever it is looked at
    monitoring.reach_from(store, datetime.combine(found[0].last + timedelta(days=1), time(), UTC))
    reports = data / "billing" / "oci"
    for file in sorted(reports.rglob("*.gz")):
        modified = text(datetime.fromtimestamp(file.stat().st_mtime, UTC))
        name = file.relative_to(reports).as_posix()
        object_storage.add_object(store, object_storage.REPORTS_NAMESPACE, TENANCY, name, file.read_bytes(), modified)


def _measure(store: Store, resource: Resource, window: Window, seed: int) -> None:
    """Let the metrics of an instance exist that the scenario's last days have."""
    if resource.season == "absent" or resource.kind != _INSTANCE:
        return
    load = load_of(resource.name, database=False, season=resource.season)
    if load is None:
        return
    found = hours(resource.name, load, window, seed)
    dimensions = {"resourceId": resource.id, "resourceDisplayName": resource.name, "region": resource.region}
    metrics = {"CpuUtilization": found.cpu, "MemoryUtilization": found.memory or (), "NetworksBytesIn": found.network}
    for name, values in metrics.items():
        points = (monitoring.Datapoint(at, value) for at, value in zip(found.at, values, strict=False))
        monitoring.add_datapoints(store, resource.region, COMPARTMENTS[resource.compartment], _AGENT, name, dimensions, points)


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
