"""What can be done to a resource of a cloud: look at it, stop, start, resize, scale by load, delete or restore it.

Every operation is guarded by the state that the caller saw: a resource that somebody changed meanwhile is left alone. Every one
may be repeated after it was cut off anywhere: what was done is not done twice, what was left out is made up for.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from resources.budgets import Budget, BudgetService
from resources.errors import BadInput, Conflict, NotFound, PermanentError, TransientError, Unavailable

Operation = Literal["stop", "start", "resize", "autoscale", "autoscale-off", "delete", "restore", "hold"]
"""`autoscale` lets the cloud follow the load; `restore` brings back what was deleted; `hold` sets a budget back to the amount
that was seen."""
Status = Literal["running", "stopped", "attached", "unattached", "changing", "absent", "unknown"]
"""`changing`: on its way from one to another; `unknown`: in a state in which nothing should be done to it."""
UNDO: dict[Operation, Operation] = {
    "stop": "start", "start": "stop", "resize": "resize", "autoscale": "autoscale-off", "delete": "restore",
}  # fmt: skip
"""The operation that takes one back; a resize by a resize to the former size."""
_AFTER: dict[Operation, Status] = {"stop": "stopped", "start": "running", "delete": "absent"}
_SCALING: dict[Operation, bool] = {"autoscale": True, "autoscale-off": False}


@dataclass(frozen=True, slots=True)
class Resource:
    """Something in a cloud.

    Attributes:
        system: Cloud: `oci` or `aws`.
        id: As bills name it: OCID, id or ARN; of a budget, kind and name of its target.
        region: Where it is; the usual region if empty.
        account: Sub-account that pays for it: compartment or account number; empty if not known.
    """

    system: str
    id: str
    region: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A resource as it was when somebody looked.

    Attributes:
        status: Whether it runs.
        size: Its size, as its cloud writes it; of a budget, its amount. Empty if it has none.
        version: Changes with every change that the cloud tells of: an etag, or a digest. Two that differ only in it, or in what
            follows, are in the same state.
        tags: Its tags, sorted.
        under_way: What of ours was begun and is not finished; empty if nothing is.
        auto_scaling: Whether its cloud lets its size follow the load; None of what has no auto scaling of its own.
    """

    status: Status
    size: str = ""
    version: str = field(default="", compare=False)
    tags: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    under_way: str = field(default="", compare=False)
    auto_scaling: bool | None = field(default=None, compare=False)


ABSENT = Seen("absent")


class ActionService(dg.ConfigurableResource[Any], ABC):
    """What can be done to the resources of one cloud. Methods raise only errors of `resources.errors`."""

    @property
    @abstractmethod
    def system(self) -> str:
        """Name of the cloud: `oci` or `aws`."""

    def missing(self) -> str | None:
        """What must be set before this cloud can be asked; None if nothing is missing."""
        return None

    @abstractmethod
    def kind(self, resource: Resource) -> str:
        """What it is, by its id alone: `instance`, `volume`, `database`, …; empty if nothing can be done to such a thing."""

    @abstractmethod
    def operations(self, resource: Resource) -> frozenset[Operation]:
        """What can be done to it, by its id alone."""

    @abstractmethod
    def look(self, resource: Resource) -> Seen:
        """How it is now; one that is known to be gone is `absent`.

        Raises:
            BadInput: Nothing can be done to such a thing, so that nobody looks at it.
            NotFound: It is gone, or may not be seen: the cloud does not say which.
        """

    def stop(self, resource: Resource, seen: Seen) -> Seen:
        """Stop what was seen running; returns it as it is then. See `start` for what is raised."""
        return self._do("stop", resource, seen)

    def start(self, resource: Resource, seen: Seen) -> Seen:
        """Start what was seen stopped; returns it as it is then.

        Raises:
            BadInput: This cannot be done to such a thing, or not as asked for; nothing was done.
            Conflict: Somebody changed it since it was seen; it is left alone.
            NotFound: It is gone.
            TransientError: It is not known whether it was done, or it goes on: look, and repeat.
        """
        return self._do("start", resource, seen)

    def resize(self, resource: Resource, seen: Seen, size: str) -> Seen:
        """Give it another size; what ran runs afterwards. See `start` for what is raised."""
        return self._do("resize", resource, seen, size)

    def autoscale(self, resource: Resource, seen: Seen) -> Seen:
        """Let its cloud scale it by its load. See `start` for what is raised."""
        return self._do("autoscale", resource, seen)

    def autoscale_off(self, resource: Resource, seen: Seen) -> Seen:
        """Let it have its size whatever its load is. See `start` for what is raised."""
        return self._do("autoscale-off", resource, seen)

    def delete(self, resource: Resource, seen: Seen) -> Seen:
        """Delete it, after a copy from which it can be restored. See `start` for what is raised."""
        return self._do("delete", resource, seen)

    def restore(self, resource: Resource, seen: Seen) -> Seen:
        """Make it again from the copy that `delete` made; it may get another id. See `start` for what is raised."""
        return self._do("restore", resource, seen)

    def hold(self, resource: Resource, seen: Seen, size: str) -> Seen:
        """Set a budget back to an amount. See `start` for what is raised."""
        return self._do("hold", resource, seen, size)

    def perform(self, operation: Operation, resource: Resource, seen: Seen, size: str = "") -> Seen:
        """The operation of that name; `size` is for `resize` and `hold`."""
        return self._do(operation, resource, seen, size)

    def reached(self, operation: Operation, resource: Resource, now: Seen, size: str = "") -> bool:  # noqa: ARG002
        """Whether a resource is as the operation would leave it."""
        if now.under_way:
            return False
        if operation in _AFTER:
            return now.status == _AFTER[operation]
        if operation in _SCALING:
            return now.auto_scaling is _SCALING[operation] and now.status in ("running", "stopped")
        return now.size == size and now.status in ("running", "stopped")

    @abstractmethod
    def _act(self, operation: Operation, resource: Resource, current: Seen, size: str) -> None:
        """Do it, to what is as `current` says or is under way; returns when it is done or goes on by itself."""

    def _settled(self, resource: Resource) -> Seen:
        """It as it is when nothing goes on any more. Raises Unavailable if that takes too long."""
        now = self.look(resource)
        if now.status == "changing":
            raise Unavailable(f"{resource.id} is still changing", "Run this job again in a while: it looks what became of it.")
        return now

    def _do(self, operation: Operation, resource: Resource, seen: Seen, size: str = "") -> Seen:
        if operation not in self.operations(resource):
            can = ", ".join(sorted(self.operations(resource))) or "nothing"
            raise BadInput(f"{resource.id}: {operation} cannot be done to it", f"What can be done to it: {can}.")
        current = self._settled(resource)
        if self.reached(operation, resource, current, size):
            return current
        if current.status == "absent" and operation != "restore":
            raise NotFound(f"{resource.id} is gone", "Nothing is left to do.")
        if current.status == "unknown":
            raise Conflict(f"{resource.id} is in a state in which nothing should be done to it", "See in its console what it is.")
        if current != seen or current.version != seen.version:
            raise Conflict(
                f"{resource.id} was changed meanwhile: it was {told(seen)}, and is {told(current)}", "It is left alone."
            )
        try:
            self._act(operation, resource, current, size)
        except (TransientError, Conflict):
            # an answer may have been lost, and a repeat be refused for what the first request did
            if not self.reached(operation, resource, self._settled(resource), size):
                raise
        after = self._settled(resource)
        if not self.reached(operation, resource, after, size):
            raise PermanentError(
                f"{resource.id}: {operation} was asked for, and it is {told(after)}",
                "See in its console what hinders it.",
            )
        return after


class NotConfigured(ActionService):
    """A cloud that this deployment does not use: nothing can be done to anything in it, and it says what to set."""

    of_system: str = Field(description="Name of the cloud.")
    advice: str = Field(description="What to set.")

    @property
    def system(self) -> str:
        """See ActionService."""
        return self.of_system

    def missing(self) -> str | None:
        """See ActionService."""
        return self.advice

    def kind(self, resource: Resource) -> str:  # noqa: ARG002
        """See ActionService."""
        return ""

    def operations(self, resource: Resource) -> frozenset[Operation]:  # noqa: ARG002
        """See ActionService."""
        return frozenset()

    def look(self, resource: Resource) -> Seen:
        """Refused. Raises BadInput."""
        raise BadInput(f"{resource.id}: {self.of_system} is not configured", self.advice)

    def _act(self, operation: Operation, resource: Resource, current: Seen, size: str) -> None:
        raise AssertionError(f"{operation} of {resource.id} ({current}, {size}) was not refused")


class BudgetActions(ActionService):
    """The budgets of a cloud that carry our mark, as things that can be held where they are; ids are `Budget.key`."""

    budgets: BudgetService = Field(description="Budgets of the cloud.")

    @property
    def system(self) -> str:
        """See ActionService."""
        return self.budgets.system

    def missing(self) -> str | None:
        """See ActionService."""
        return self.budgets.missing()

    def kind(self, resource: Resource) -> str:
        """See ActionService."""
        return "budget" if resource.id.partition(":")[0] in ("compartment", "tag", "service", "account") else ""

    def operations(self, resource: Resource) -> frozenset[Operation]:
        """See ActionService."""
        return frozenset({"hold"}) if self.kind(resource) else frozenset()

    def look(self, resource: Resource) -> Seen:
        """See ActionService."""
        found = self._found(resource)
        return ABSENT if found is None else Seen("running", f"{found.amount:f}", f"{found.amount:f}")

    def _act(self, operation: Operation, resource: Resource, current: Seen, size: str) -> None:  # noqa: ARG002
        found = self._found(resource)
        if found is None:
            raise NotFound(f"{resource.id} is gone", "Nothing is left to do.")
        wanted = Budget(
            found.system, found.target_kind, found.target, found.name, Decimal(size), found.currency, found.rules
        )  # fmt: skip
        self.budgets.update(found, wanted)

    def _found(self, resource: Resource) -> Budget | None:
        return next((budget for budget in self.budgets.managed() if budget.key == resource.id), None)


def told(seen: Seen) -> str:
    """A state in words."""
    size = f" with size {seen.size}" if seen.size else ""
    scaling = " and auto scaling" if seen.auto_scaling else ""
    return f"{seen.status}{size}{scaling}{', with something under way' if seen.under_way else ''}"
