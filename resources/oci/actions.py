"""What can be done to Autonomous Databases: stop, start, change the number of ECPUs, and turn auto scaling on and off.

The service knows no `opc-retry-token` for these calls: it is `if-match` that keeps a repeat from doing something twice.
"""

import time
from collections.abc import Callable
from typing import Any

from pydantic import Field

from resources.actions import ABSENT, ActionService, Operation, Resource, Seen, Status
from resources.errors import BadInput, PermanentError, Unavailable
from resources.oci.clients import OciClients

_DATABASE = "ocid1.autonomousdatabase."
_STATUS: dict[str, Status] = {
    "AVAILABLE": "running", "AVAILABLE_NEEDS_ATTENTION": "running", "STOPPED": "stopped", "TERMINATED": "absent",
    **dict.fromkeys(
        ("PROVISIONING", "STARTING", "STOPPING", "RESTARTING", "SCALE_IN_PROGRESS", "UPDATING", "TERMINATING", "UPGRADING",
         "BACKUP_IN_PROGRESS", "RESTORE_IN_PROGRESS", "MAINTENANCE_IN_PROGRESS", "ROLE_CHANGE_IN_PROGRESS", "RECREATING"),
        "changing",
    ),
}  # fmt: skip
_LEAST_ECPUS = 2
_OPERATIONS: frozenset[Operation] = frozenset({"stop", "start", "resize", "autoscale", "autoscale-off"})
_OVER = ("SUCCEEDED", "FAILED", "CANCELED")


class OciActions(ActionService):
    """Autonomous Databases of the tenancy that the clients call for; each is asked in the region that its bill names."""

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    longest_wait_seconds: float = Field(default=1200, ge=0, description="How long to wait for something to be done.")
    poll_seconds: float = Field(default=10, ge=0, description="How long to wait between two looks.")

    @property
    def system(self) -> str:
        """See ActionService."""
        return "oci"

    def kind(self, resource: Resource) -> str:
        """See ActionService."""
        return "database" if resource.id.startswith(_DATABASE) else ""

    def operations(self, resource: Resource) -> frozenset[Operation]:
        """See ActionService."""
        return _OPERATIONS if self.kind(resource) else frozenset()

    def look(self, resource: Resource) -> Seen:
        """See ActionService. Its size is the number of its ECPUs; one that is counted in OCPUs has none that can be changed.

        An Always Free database and one for developers have a fixed shape, and no auto scaling. Source: SDK docstrings of
        `is_free_tier` and `is_dev_tier`.
        One that was terminated is told for some time as such, and not at all after that.
        """
        if not self.kind(resource):
            raise BadInput(f"{resource.id} is no Autonomous Database", "Nothing else in OCI can be acted on.")
        answer = self._call("get_autonomous_database", resource)(resource.id)
        found = answer.data
        size = f"{found.compute_count:g}" if found.compute_model == "ECPU" and found.compute_count else ""
        tags = {**(found.freeform_tags or {})}
        for namespace, defined in (found.defined_tags or {}).items():
            tags |= {f"{namespace}.{key}": str(value) for key, value in defined.items()}
        status = _STATUS.get(found.lifecycle_state, "unknown")
        scaling = None if found.is_free_tier or found.is_dev_tier else bool(found.is_auto_scaling_enabled)
        if status == "absent":
            return ABSENT
        return Seen(status, size, answer.headers["etag"], tuple(sorted(tags.items())), auto_scaling=scaling)

    def _act(self, operation: Operation, resource: Resource, current: Seen, size: str) -> None:
        details = _details(operation, resource, current, size)
        if details is not None:
            answer = self._call("update_autonomous_database", resource)(resource.id, details, if_match=current.version)
        else:
            answer = self._call(f"{operation}_autonomous_database", resource)(resource.id, if_match=current.version)
        request = answer.headers.get("opc-work-request-id")
        if request:
            self._await_work(resource, request)

    def _await_work(self, resource: Resource, request: str) -> None:
        """Wait until a work request is over. Raises PermanentError, with what the service says of it, if it failed."""
        ask = self.clients.operation("work_requests", "get_work_request", resource.region)

        def status() -> str | None:
            found = ask(request).data.status
            return found if found in _OVER else None

        if self._waited(status, f"work request {request} on {resource.id}") != "SUCCEEDED":
            listed = self.clients.operation("work_requests", "list_work_request_errors", resource.region)(request).data
            said = "; ".join(f"{error.code} {error.message}" for error in listed) or "without a reason"
            raise PermanentError(f"{resource.id}: the cloud gave it up: {said}", "See the work request in the console.")

    def _settled(self, resource: Resource) -> Seen:
        """See ActionService."""

        def settled() -> Seen | None:
            now = self.look(resource)
            return None if now.status == "changing" else now

        found: Seen = self._waited(settled, f"{resource.id}, which is changing,")
        return found

    def _waited(self, ask: Callable[[], Any], about: str) -> Any:  # noqa: ANN401
        """What `ask` answers, as soon as it is not None."""
        waited = 0.0
        while (found := ask()) is None:
            if waited >= self.longest_wait_seconds:
                raise Unavailable(
                    f"{about} was not done within {self.longest_wait_seconds:g} s",
                    "It goes on. Run this job again in a while: it looks what became of it.",
                )
            time.sleep(self.poll_seconds)
            waited += max(self.poll_seconds, 0.01)
        return found

    def _call(self, operation: str, resource: Resource) -> Callable[..., Any]:
        return self.clients.operation("database", operation, resource.region)


def _details(operation: Operation, resource: Resource, current: Seen, size: str) -> object | None:
    """What an update is to change; None of an operation that is no update."""
    if operation == "resize":
        return _scaled(resource, current, size)
    if operation in ("autoscale", "autoscale-off"):
        return _scaling(resource, current, on=operation == "autoscale")
    return None


def _scaling(resource: Resource, current: Seen, *, on: bool) -> object:
    from oci.database import models

    if current.auto_scaling is None:
        raise BadInput(f"{resource.id}: its shape is fixed, it has no auto scaling", "Nothing can be done about it.")
    made: object = models.UpdateAutonomousDatabaseDetails(is_auto_scaling_enabled=on)
    return made


def _scaled(resource: Resource, current: Seen, size: str) -> object:
    from oci.database import models

    if not current.size or not size.isdigit() or int(size) < _LEAST_ECPUS:
        raise BadInput(
            f"{resource.id}: cannot be scaled from {current.size or 'a size in OCPUs'} to {size!r}",
            f"Give a whole number of ECPUs, {_LEAST_ECPUS} at least.",
        )
    made: object = models.UpdateAutonomousDatabaseDetails(compute_model="ECPU", compute_count=float(size))
    return made
