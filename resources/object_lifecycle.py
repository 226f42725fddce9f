"""Rules by which objects of a bucket move to cheaper storage with age, or go: the interface; `resources.oci` has Oracle's."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from resources.errors import BadInput

OWN_PREFIX = "cloudops-"
"""Rules whose names begin so are kept by the product; all others were made by people, and stay."""


@dataclass(frozen=True, slots=True)
class LifecycleRule:
    """What happens to objects of some age.

    Attributes:
        name: Unique in the bucket.
        action: `INFREQUENT_ACCESS` and `ARCHIVE` move, `DELETE` deletes; `ABORT` (of unfinished uploads) is never ours.
        days: Age at which it happens.
        prefixes: Objects whose names begin with one of these; all if empty.
        is_enabled: Whether it is in force.
        origin: The rule as the service has it, with whatever it has besides; None of a new one.
    """

    name: str
    action: Literal["INFREQUENT_ACCESS", "ARCHIVE", "DELETE", "ABORT"]
    days: int
    prefixes: tuple[str, ...]
    is_enabled: bool = True
    origin: Any = field(default=None, compare=False, repr=False)

    @property
    def is_ours(self) -> bool:
        """Whether the product keeps it."""
        return self.name.startswith(OWN_PREFIX)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a bucket, and the version that was seen; empty if it has none."""

    rules: tuple[LifecycleRule, ...]
    etag: str = ""


class ObjectLifecycle(dg.ConfigurableResource[Any], ABC):
    """Rules of buckets. Every method raises the errors of `resources.errors`."""

    @abstractmethod
    def rules(self, region: str, bucket: str) -> Rules:
        """All rules of a bucket. Raises NotFound if there is no such bucket: that is not a bucket without rules."""

    @abstractmethod
    def replace(self, region: str, bucket: str, rules: Sequence[LifecycleRule], seen: Rules) -> None:
        """Let a bucket have these rules and no others. Raises Conflict if somebody changed them since they were seen."""


class NotConfigured(ObjectLifecycle):
    """No cloud that has buckets of exports."""

    advice: str = Field(description="What to set.")

    def rules(self, region: str, bucket: str) -> Rules:  # noqa: ARG002
        """Raises BadInput."""
        raise BadInput(f"rules of bucket {bucket}: no cloud is configured", self.advice)

    def replace(self, region: str, bucket: str, rules: Sequence[LifecycleRule], seen: Rules) -> None:  # noqa: ARG002
        """Raises BadInput."""
        raise BadInput(f"rules of bucket {bucket}: no cloud is configured", self.advice)
