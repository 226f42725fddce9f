"""What the demo company has on the embedded Oracle cloud: compartments, tags, usage, and the bucket with its cost reports."""

from datetime import UTC, datetime
from pathlib import Path

from sandbox.oci.clock import text
from sandbox.oci.credentials import USER
from sandbox.oci.services import identity, object_storage, usage_api
from sandbox.oci.store import Body, Store
from sandbox.oci_billing import billed_lines
from sandbox.oci_estate import COMPARTMENTS, TENANCY
from sandbox.oci_lines import Line
from sandbox.scenario import parameters_of

HOME_REGION = "eu-frankfurt-1"
_TAGS = "acme"


def populate(store: Store, data: Path | None) -> None:
    """Let the company exist; with a scenario's folder, its usage and cost reports as well."""
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
    reports = data / "billing" / "oci"
    for file in sorted(reports.rglob("*.gz")):
        modified = text(datetime.fromtimestamp(file.stat().st_mtime, UTC))
        name = file.relative_to(reports).as_posix()
        object_storage.add_object(store, object_storage.REPORTS_NAMESPACE, TENANCY, name, file.read_bytes(), modified)


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
