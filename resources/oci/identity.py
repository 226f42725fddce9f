"""Who calls Oracle's cloud, and what the caller may look at: calls that change nothing, each with the policy that it needs."""

import importlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from resources.errors import CloudOpsError
from resources.oci import policies
from resources.oci.clients import OciClients, Service
from resources.oci.errors import Call, translated

MOST_SKEW = timedelta(minutes=5)
"""What the clock of a caller may differ by. Source: docs.oracle.com, "Request Signatures"."""
_MODULES = ("budget", "identity", "monitoring", "object_storage", "usage_api")


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller as Oracle knows it.

    Attributes:
        tenancy: OCID of its tenancy.
        namespace: Of the tenancy's Object Storage.
        principal: Kind of its credentials.
        region: That is asked; empty if it is that of the credentials.
    """

    tenancy: str
    namespace: str
    principal: str
    region: str


def load() -> None:
    """Import the SDK, which several threads should not do for the first time at once."""
    for module in _MODULES:
        importlib.import_module(f"oci.{module}")


def caller(clients: OciClients) -> Caller:
    """Who calls; everybody who is known may ask that.

    GetNamespace needs no permission. Source: docs.oracle.com, "Details for Object Storage" of the policy reference.

    Raises:
        Denied: The credentials are missing or not accepted.
    """
    namespace = str(_namespace(clients).data)
    return Caller(clients.tenancy(), namespace, clients.principal, clients.region)


def told_time(clients: OciClients) -> datetime | None:
    """The time by Oracle's clock, which it tells whether or not it knows the caller; None if its answer has none."""
    try:
        headers = _namespace(clients).headers
    except CloudOpsError as error:
        headers = getattr(error.__cause__, "headers", None)
        if headers is None:
            raise
    told = headers.get("date")
    return parsedate_to_datetime(told) if told else None


def see_compartments(clients: OciClients) -> None:
    """List the first compartment below the root. Raises Denied."""
    _see(clients, "identity", "list_compartments", compartment_id_in_subtree=True, access_level="ANY", limit=1)


def see_tags(clients: OciClients) -> None:
    """List the first tag namespace. Raises Denied."""
    _see(clients, "identity", "list_tag_namespaces", limit=1)


def see_budgets(clients: OciClients) -> None:
    """List the first budget of the tenancy. Raises Denied."""
    _see(clients, "budget", "list_budgets", target_type="ALL", limit=1)


def see_metrics(clients: OciClients) -> None:
    """List the first metric of any compartment. Raises Denied."""
    _see(clients, "monitoring", "list_metrics", {}, compartment_id_in_subtree=True, limit=1)


def see_databases(clients: OciClients) -> None:
    """List the first Autonomous Database of the root compartment. Raises Denied."""
    _see(clients, "database", "list_autonomous_databases", limit=1)


def _see(clients: OciClients, service: Service, operation: str, *arguments: object, **named: object) -> None:
    """Ask about the root compartment, which is surely there: what is not found may not be seen."""
    tenancy, method = clients.tenancy(), getattr(clients.client(service), operation)
    allowed_by = policies.in_tenancy(service, operation, clients.subject)
    with translated(Call(service, operation, allowed_by=allowed_by, surely_there=True)):
        method(tenancy, *arguments, **named)


def _namespace(clients: OciClients) -> Any:  # noqa: ANN401  # the SDK has no types of its own
    return clients.operation("object_storage", "get_namespace")()
