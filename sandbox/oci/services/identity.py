"""Identity: the tenancy, its compartments and users, regions, tags and policies."""

from sandbox.oci.clock import text
from sandbox.oci.errors import conflict, invalid, not_found
from sandbox.oci.exchange import Answer, Asked, answers, page
from sandbox.oci.store import Body, Store

COMPARTMENTS, TENANCIES, USERS = "identity.compartments", "identity.tenancies", "identity.users"
TAG_NAMESPACES, TAGS, POLICIES = "identity.tag_namespaces", "identity.tags", "identity.policies"
REGIONS = {"us-ashburn-1": "IAD", "us-phoenix-1": "PHX", "eu-frankfurt-1": "FRA", "uk-london-1": "LHR"}
"""Names and keys of the regions that the sandbox has. Source: docs.oracle.com, "Regions and Availability Domains"."""


def add_tenancy(store: Store, ocid: str, name: str, home: str) -> None:
    """Let a tenancy exist."""
    body = {"id": ocid, "name": name, "description": name, "homeRegionKey": REGIONS[home], "freeformTags": {}, "definedTags": {}}
    store.add(TENANCIES, body)


def add_compartment(store: Store, parent: str, name: str, ocid: str = "", description: str = "") -> Body:
    """Let a compartment exist below another one or the tenancy."""
    body: Body = {
        "id": ocid or store.new_ocid("compartment"),
        "compartmentId": parent,
        "name": name,
        "description": description or name,
        "timeCreated": text(store.clock.now()),
        "lifecycleState": "ACTIVE",
        "isAccessible": True,
        "freeformTags": {},
        "definedTags": {},
    }
    store.add(COMPARTMENTS, body)
    return body


def demand_compartment(asked: Asked, ocid: str) -> None:
    """Raises OciError (404) unless it is the caller's tenancy or a compartment in it."""
    if ocid != asked.tenancy and ocid not in asked.store.table(COMPARTMENTS):
        raise not_found()


def below(store: Store, ocid: str) -> set[str]:
    """A compartment and all below it."""
    found = {ocid}
    rows = [r.body for r in store.all(COMPARTMENTS)]
    while True:
        more = {row["id"] for row in rows if row["compartmentId"] in found} - found
        if not more:
            return found
        found |= more


@answers("identity")
def get_tenancy(asked: Asked) -> Answer:
    """The tenancy."""
    return Answer(asked.store.find(TENANCIES, asked.path["tenancyId"]).body)


@answers("identity")
def list_compartments(asked: Asked) -> Answer:
    """Compartments directly below one; below the tenancy, with `compartmentIdInSubtree`, all of them.

    Source: SDK docstring of list_compartments: the subtree may be asked for at the tenancy alone.
    """
    parent, subtree = asked.query["compartmentId"], asked.query.get("compartmentIdInSubtree", False)
    demand_compartment(asked, parent)
    if subtree and parent != asked.tenancy:
        raise invalid("compartmentIdInSubtree can be true for the tenancy alone")
    rows = [r.body for r in asked.store.all(COMPARTMENTS) if subtree or r.body["compartmentId"] == parent]
    for field in ("name", "lifecycleState"):
        rows = [row for row in rows if asked.query.get(field) in (None, row[field])]
    return page(asked, _in_order(asked, rows))


@answers("identity")
def get_compartment(asked: Asked) -> Answer:
    """One compartment; the tenancy is the root one."""
    ocid = asked.path["compartmentId"]
    if ocid == asked.tenancy:
        tenancy = asked.store.find(TENANCIES, ocid).body
        made = {"compartmentId": ocid, "timeCreated": text(asked.store.clock.now()), "lifecycleState": "ACTIVE"}
        return Answer({"id": ocid, "name": tenancy["name"], "description": tenancy["description"], **made})
    found = asked.store.find(COMPARTMENTS, ocid)
    return Answer(found.body, headers={"etag": found.etag})


@answers("identity")
def create_compartment(asked: Asked) -> Answer:
    """A new compartment; names are unique within their parent. Source: SDK docstring of CreateCompartmentDetails."""
    parent, name = asked.body["compartmentId"], asked.body["name"]
    demand_compartment(asked, parent)
    if any(r.body["compartmentId"] == parent and r.body["name"] == name for r in asked.store.all(COMPARTMENTS)):
        raise conflict(f"Compartment '{name}' already exists.", "CompartmentAlreadyExists")
    return Answer(add_compartment(asked.store, parent, name, description=asked.body["description"]))


@answers("identity")
def list_regions(_asked: Asked) -> Answer:
    """All regions."""
    return Answer([{"key": key, "name": name} for name, key in REGIONS.items()])


@answers("identity")
def list_region_subscriptions(asked: Asked) -> Answer:
    """The regions that the tenancy uses; all of the sandbox's are subscribed."""
    tenancy = asked.store.find(TENANCIES, asked.path["tenancyId"]).body
    return Answer(
        [
            {"regionKey": key, "regionName": name, "status": "READY", "isHomeRegion": key == tenancy["homeRegionKey"]}
            for name, key in REGIONS.items()
        ]
    )


@answers("identity")
def list_availability_domains(asked: Asked) -> Answer:
    """Three of the region."""
    demand_compartment(asked, asked.query["compartmentId"])
    key = REGIONS.get(asked.region, "XXX")
    return Answer(
        [
            {
                "id": f"ocid1.availabilitydomain.oc1..{key.lower()}{n}",
                "name": f"SbOx:{key}-AD-{n}",
                "compartmentId": asked.tenancy,
            }
            for n in (1, 2, 3)
        ]
    )


@answers("identity")
def list_tag_namespaces(asked: Asked) -> Answer:
    """Tag namespaces of a compartment."""
    demand_compartment(asked, asked.query["compartmentId"])
    wanted = (
        below(asked.store, asked.query["compartmentId"])
        if asked.query.get("includeSubcompartments")
        else {asked.query["compartmentId"]}
    )
    return page(asked, [r.body for r in asked.store.all(TAG_NAMESPACES) if r.body["compartmentId"] in wanted])


@answers("identity")
def list_tags(asked: Asked) -> Answer:
    """Keys of a tag namespace; `isCostTracking` tells which a budget can target."""
    namespace = asked.store.find(TAG_NAMESPACES, asked.path["tagNamespaceId"]).body
    return page(asked, [r.body for r in asked.store.all(TAGS) if r.hidden["namespace"] == namespace["id"]])


@answers("identity")
def get_user(asked: Asked) -> Answer:
    """A user."""
    found = asked.store.find(USERS, asked.path["userId"])
    return Answer(found.body, headers={"etag": found.etag})


@answers("identity")
def list_policies(asked: Asked) -> Answer:
    """Policies of a compartment."""
    demand_compartment(asked, asked.query["compartmentId"])
    rows = [r.body for r in asked.store.all(POLICIES) if r.body["compartmentId"] == asked.query["compartmentId"]]
    return page(asked, _in_order(asked, rows))


def _in_order(asked: Asked, rows: list[Body]) -> list[Body]:
    """By time, the youngest first, or by name from A on, which is usual here. Source: SDK docstring of `sort_by`."""
    by_time = asked.query.get("sortBy") == "TIMECREATED"
    usual = "DESC" if by_time else "ASC"
    field = "timeCreated" if by_time else "name"
    return sorted(rows, key=lambda row: (row[field], row["id"]), reverse=asked.query.get("sortOrder", usual) == "DESC")
