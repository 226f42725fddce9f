"""What can be done in AWS: stop, start and resize EC2 instances, delete and restore EBS volumes, stop and start RDS databases.

EC2 and RDS have no etags: that nothing changed is looked at right before each step. What takes several steps leaves a tag on the
instance from the first to the last, so that a repeat knows what it was in the middle of.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import Field

from resources.actions import ABSENT, ActionService, Operation, Resource, Seen, Status
from resources.aws.clients import AwsClients
from resources.errors import BadInput, CloudOpsError, Denied, NotFound, PermanentError, Unavailable

RESIZING_TAG, SNAPSHOT_TAG, RESTORED_TAG = "cloudops-resizing", "cloudops-copy-of", "cloudops-restored-from"
"""On an instance whose type is being changed: `old>new:status before`; on a snapshot, and on a volume that was made of one: the
volume that was deleted."""
_KINDS = {
    "instance": re.compile(r"(?:.*[:/])?(i-[0-9a-f]{8,17})"),
    "volume": re.compile(r"(?:.*[:/])?(vol-[0-9a-f]{8,17})"),
    "database": re.compile(r"arn:[^:]+:rds:[^:]*:[^:]*:db:(.+)"),
    "database cluster": re.compile(r"arn:[^:]+:rds:[^:]*:[^:]*:cluster:(.+)"),
}
_OPERATIONS: Mapping[str, frozenset[Operation]] = {
    "instance": frozenset({"stop", "start", "resize"}),
    "volume": frozenset({"delete", "restore"}),
    "database": frozenset({"stop", "start"}),
    "database cluster": frozenset({"stop", "start"}),
}
_INSTANCE: Mapping[str, Status] = {
    "running": "running", "stopped": "stopped", "terminated": "absent", "pending": "changing", "stopping": "changing",
    "shutting-down": "changing",
}  # fmt: skip
_VOLUME: Mapping[str, Status] = {
    "available": "unattached", "in-use": "attached", "deleted": "absent", "creating": "changing", "deleting": "changing",
}  # fmt: skip
_RDS: Mapping[str, Status] = {
    "available": "running", "stopped": "stopped",
    **dict.fromkeys(
        ("starting", "stopping", "modifying", "backing-up", "rebooting", "creating", "deleting", "upgrading"), "changing"
    ),
}  # fmt: skip


class AwsActions(ActionService):
    """Resources of the account that the clients call for; each is asked in the region that its bill names."""

    clients: AwsClients = Field(description="Clients of AWS.")
    one_account: bool = Field(
        default=True,
        description="Whether what other accounts pay for is refused, since the clients cannot see it: it is not gone.",
    )
    longest_wait_seconds: float = Field(default=1200, ge=0, description="How long to wait for something to be done.")
    poll_seconds: float = Field(default=10, ge=0, description="How long to wait between two looks.")

    @property
    def system(self) -> str:
        """See ActionService."""
        return "aws"

    def kind(self, resource: Resource) -> str:
        """See ActionService."""
        return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(resource.id)), "")

    def operations(self, resource: Resource) -> frozenset[Operation]:
        """See ActionService."""
        return _OPERATIONS.get(self.kind(resource), frozenset())

    def look(self, resource: Resource) -> Seen:
        """See ActionService. The size of an instance or database is its type, that of a volume its GiB."""
        looks: Mapping[str, Callable[[Resource], Seen]] = {
            "instance": self._instance,
            "volume": self._volume,
            "database": self._database,
            "database cluster": self._cluster,
        }
        kind = self.kind(resource)
        if not kind:
            raise BadInput(f"{resource.id} is no instance, volume or database", "Nothing else in AWS can be acted on.")
        if self.one_account and resource.account and resource.account != self.clients.account():
            raise Denied(
                f"{resource.id} is in account {resource.account}, and the caller's is {self.clients.account()}",
                "Run the product with credentials of that account.",
            )
        try:
            return looks[kind](resource)
        except NotFound:
            return ABSENT

    def reached(self, operation: Operation, resource: Resource, now: Seen, size: str = "") -> bool:
        """See ActionService."""
        if operation == "restore":
            return now.status != "absent" or bool(self._restored(resource))
        return super().reached(operation, resource, now, size)

    def _act(self, operation: Operation, resource: Resource, current: Seen, size: str) -> None:
        kind = self.kind(resource)
        if operation == "resize":
            self._resize(resource, current, size)
        elif operation == "delete":
            self._delete(resource, current)
        elif operation == "restore":
            self._restore(resource)
        elif kind == "instance":
            self._ask("ec2", f"{operation}_instances", resource, InstanceIds=[_name(resource)])
        elif kind == "database":
            self._ask("rds", f"{operation}_db_instance", resource, DBInstanceIdentifier=_name(resource))
        else:
            self._ask("rds", f"{operation}_db_cluster", resource, DBClusterIdentifier=_name(resource))

    def _instance(self, resource: Resource) -> Seen:
        answer = self._ask("ec2", "describe_instances", resource, InstanceIds=[_name(resource)])
        found = _only([one for group in answer["Reservations"] for one in group["Instances"]], resource)
        tags = _tags(found.get("Tags"))
        return _seen(_INSTANCE, found["State"]["Name"], found["InstanceType"], tags, tags.pop(RESIZING_TAG, ""))

    def _volume(self, resource: Resource) -> Seen:
        found = _only(self._ask("ec2", "describe_volumes", resource, VolumeIds=[_name(resource)])["Volumes"], resource)
        return _seen(_VOLUME, found["State"], str(found["Size"]), _tags(found.get("Tags")))

    def _database(self, resource: Resource) -> Seen:
        answer = self._ask("rds", "describe_db_instances", resource, DBInstanceIdentifier=_name(resource))
        found = _only(answer["DBInstances"], resource)
        return _seen(_RDS, found["DBInstanceStatus"], found["DBInstanceClass"], _tags(found.get("TagList")))

    def _cluster(self, resource: Resource) -> Seen:
        found = _only(
            self._ask("rds", "describe_db_clusters", resource, DBClusterIdentifier=_name(resource))["DBClusters"], resource
        )
        return _seen(_RDS, found["Status"], "", _tags(found.get("TagList")))

    def _resize(self, resource: Resource, current: Seen, size: str) -> None:
        """Stop, change, start: only while it is stopped an instance takes another type. What fails is put back."""
        before, wanted, status = _resizing(current.under_way) or (current.size, size, current.status)
        if wanted != size:
            raise BadInput(
                f"{resource.id}: a change to {wanted} is under way", f"Finish it, or take the tag {RESIZING_TAG} away."
            )
        if not current.under_way:
            self._ask("ec2", "describe_instance_types", resource, InstanceTypes=[size])
            mark = [{"Key": RESIZING_TAG, "Value": f"{before}>{size}:{status}"}]
            self._ask("ec2", "create_tags", resource, Resources=[_name(resource)], Tags=mark)
        try:
            self._become(resource, size, status)
        except PermanentError:
            self._become(resource, before, status)
            self._unmark(resource)
            raise
        self._unmark(resource)

    def _become(self, resource: Resource, size: str, status: str) -> None:
        """Bring an instance to a type and a status."""
        one = {"InstanceIds": [_name(resource)]}
        now = self._settled(resource)
        if now.size != size:
            if now.status == "running":
                self._ask("ec2", "stop_instances", resource, **one)
                self._await(resource, "stopped")
            self._ask("ec2", "modify_instance_attribute", resource, InstanceId=_name(resource), InstanceType={"Value": size})
            now = self._settled(resource)
        if now.status == "stopped" and status == "running":
            self._ask("ec2", "start_instances", resource, **one)
            self._await(resource, "running")

    def _unmark(self, resource: Resource) -> None:
        self._ask("ec2", "delete_tags", resource, Resources=[_name(resource)], Tags=[{"Key": RESIZING_TAG}])

    def _delete(self, resource: Resource, current: Seen) -> None:
        if current.status != "unattached":
            raise BadInput(f"{resource.id} is {current.status}", "Only what is attached to nothing is deleted.")
        if not self._copies(resource):
            found = _only(self._ask("ec2", "describe_volumes", resource, VolumeIds=[_name(resource)])["Volumes"], resource)
            tags = {
                SNAPSHOT_TAG: _name(resource),
                "cloudops-zone": found["AvailabilityZone"],
                "cloudops-type": found["VolumeType"],
            }
            self._ask(
                "ec2", "create_snapshot", resource, VolumeId=_name(resource),
                Description=f"Copy of {_name(resource)} before it was deleted", TagSpecifications=_tagged("snapshot", tags),
            )  # fmt: skip
        self._wait(lambda: self._copies(resource, done=True), f"the copy of {resource.id}")
        # a copy takes time, in which somebody may have attached it: AWS refuses to delete what is attached
        self._ask("ec2", "delete_volume", resource, VolumeId=_name(resource))

    def _restore(self, resource: Resource) -> None:
        copies = self._copies(resource, done=True)
        if not copies:
            raise NotFound(f"there is no copy of {resource.id}", "It cannot be restored.")
        copy, tags = copies[0], _tags(copies[0]["Tags"])
        self._ask(
            "ec2", "create_volume", resource, SnapshotId=copy["SnapshotId"], AvailabilityZone=tags["cloudops-zone"],
            VolumeType=tags["cloudops-type"], ClientToken=hashlib.sha256(f"restore {_name(resource)}".encode()).hexdigest(),
            TagSpecifications=_tagged("volume", {RESTORED_TAG: _name(resource)}),
        )  # fmt: skip

    def _copies(self, resource: Resource, *, done: bool = False) -> list[dict[str, Any]]:
        """Snapshots that were made before it was deleted, the newest first; whole ones alone if `done`."""
        filters = [{"Name": f"tag:{SNAPSHOT_TAG}", "Values": [_name(resource)]}]
        found = self._ask("ec2", "describe_snapshots", resource, OwnerIds=["self"], Filters=filters)["Snapshots"]
        usable = [one for one in found if one["State"] == "completed" or (not done and one["State"] == "pending")]
        return sorted(usable, key=lambda one: str(one["StartTime"]), reverse=True)

    def _restored(self, resource: Resource) -> list[dict[str, Any]]:
        filters = [{"Name": f"tag:{RESTORED_TAG}", "Values": [_name(resource)]}]
        found: list[dict[str, Any]] = self._ask("ec2", "describe_volumes", resource, Filters=filters)["Volumes"]
        return found

    def _settled(self, resource: Resource) -> Seen:
        """See ActionService."""
        found: Seen = self._wait(lambda: None if (now := self.look(resource)).status == "changing" else now, resource.id)
        return found

    def _await(self, resource: Resource, status: Status) -> None:
        self._wait(lambda: self.look(resource).status == status, f"{resource.id}, which is to be {status},")

    def _wait(self, ask: Callable[[], Any], about: str) -> Any:  # noqa: ANN401
        """What `ask` answers, as soon as it is something."""
        waited = 0.0
        while not (found := ask()):
            if waited >= self.longest_wait_seconds:
                raise Unavailable(
                    f"{about} was not done within {self.longest_wait_seconds:g} s",
                    "It goes on. Run this job again in a while: it looks what became of it.",
                )
            time.sleep(self.poll_seconds)
            waited += max(self.poll_seconds, 0.01)
        return found

    def _ask(self, service: str, operation: str, resource: Resource, **request: Any) -> Any:  # noqa: ANN401
        method = getattr(self.clients.client(service, resource.region), operation)
        action = "".join(part.capitalize() for part in operation.split("_")).replace("Db", "DB")
        try:
            with self.clients.errors(f"{service}:{action}", resource.id):
                return method(**request)
        except BadInput as error:
            raise _gone(error) from error


def _gone(error: CloudOpsError) -> CloudOpsError:
    """EC2 answers 400 for what is not there, with a code that says so."""
    missing = ".NotFound" in error.message or ".Malformed" in error.message
    return NotFound(error.message, error.advice) if missing else error


def _only(found: list[dict[str, Any]], resource: Resource) -> dict[str, Any]:
    if len(found) != 1:
        raise NotFound(f"there is no {resource.id}", "Check its id and region.")
    return found[0]


def _seen(states: Mapping[str, Status], state: str, size: str, tags: Mapping[str, str], under_way: str = "") -> Seen:
    status = states.get(state, "unknown")
    if status == "absent":
        return ABSENT
    version = hashlib.sha256(f"{state}/{size}/{under_way}".encode()).hexdigest()[:16]
    return Seen(status, size, version, tuple(sorted(tags.items())), under_way)


def _resizing(mark: str) -> tuple[str, str, str] | None:
    """Type before, type wanted and status before, of a mark."""
    found = re.fullmatch(r"(.+)>(.+):(.+)", mark)
    return (found[1], found[2], found[3]) if found else None


def _name(resource: Resource) -> str:
    """The id as the service's calls take it."""
    return next((found[1] for pattern in _KINDS.values() if (found := pattern.fullmatch(resource.id))), resource.id)


def _tags(listed: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in listed or ()}


def _tagged(kind: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]
