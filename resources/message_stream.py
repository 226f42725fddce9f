"""Messages in the order of their partition, kept for a while: the interface; the variant for OCI is in `resources.oci`.

Who reads keeps how far it came itself (`read`), or lets the stream keep it for a group of readers (`claim`, `commit`). Either way
it moves on only when the work on what was read is durable: a reader that dies in between is given the same messages again, and so
it may see a message more than once. Work must therefore be such that doing it again changes nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg
from pydantic import Field

from resources.errors import BadInput

Position = Mapping[str, int]
"""How far a stream was read: the offset of the last message by partition. Empty for nothing yet."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be put into a stream; those with the same key stay in order. Without a key, the stream chooses one."""

    value: bytes
    key: str = ""


@dataclass(frozen=True, slots=True)
class NotPut:
    """A message that the stream did not take, and why."""

    message: Outgoing
    reason: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a stream.

    Attributes:
        partition: Where it is.
        offset: Its place there.
        received_at: When the stream took it, aware UTC.
        value: What it says.
        key: What it was put under; None if nothing is known of one.
    """

    partition: str
    offset: int
    received_at: datetime
    value: bytes
    key: bytes | None = None

    @property
    def id(self) -> str:
        """Its identity in the stream, the same whenever it is delivered."""
        return f"{self.partition}:{self.offset}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that were read together.

    Attributes:
        messages: In the order of offsets within each partition.
        position: How far the stream has been read with them.
        notes: What was found to be lost, such as messages that were too old to be kept before they were read.
        claim: What the stream knows a claim of a group by; empty if it was not claimed.
    """

    messages: tuple[Message, ...]
    position: Position
    notes: tuple[str, ...] = ()
    claim: str = ""


class MessageStream(dg.ConfigurableResource[Any], ABC):
    """One stream. Methods raise only errors of `resources.errors`."""

    @abstractmethod
    def put(self, messages: Sequence[Outgoing]) -> tuple[NotPut, ...]:
        """Put messages; what the stream does not take is tried again, and told if it still does not take it.

        Raises:
            BadInput: A message is larger than the stream takes; then none was put.
            CloudOpsError: The stream did not answer; messages may have been put or not.
        """

    @abstractmethod
    def read(self, after: Position, limit: int = 1000) -> Batch:
        """The messages after a position that the caller keeps, at most `limit` of them, shared among the partitions.

        A position whose messages are no longer kept is no error: reading goes on with the oldest, and `notes` say what was lost.
        """

    @abstractmethod
    def claim(self, group: str, limit: int = 1000) -> Batch:
        """The messages after what a group committed last, at most `limit` of them.

        Until it commits, the group is given them again with its next claim. A new group begins with the oldest message.
        """

    @abstractmethod
    def hold(self, batch: Batch) -> Batch:
        """The same claim, for longer; to be called now and then while the work on it takes long.

        Raises:
            Conflict: The claim has run out: the messages will be given again.
        """

    @abstractmethod
    def commit(self, batch: Batch) -> None:
        """Let the group's next claim begin after a claimed batch, whose work is durable.

        Raises:
            Conflict: The claim has run out: the messages will be given again.
        """


class NotConfigured(MessageStream):
    """The place of a stream that nobody named: every use of it raises BadInput with what to set."""

    advice: str = Field(description="What to set.")

    def put(self, messages: Sequence[Outgoing]) -> tuple[NotPut, ...]:  # noqa: ARG002
        """See MessageStream."""
        raise self._error

    def read(self, after: Position, limit: int = 1000) -> Batch:  # noqa: ARG002
        """See MessageStream."""
        raise self._error

    def claim(self, group: str, limit: int = 1000) -> Batch:  # noqa: ARG002
        """See MessageStream."""
        raise self._error

    def hold(self, batch: Batch) -> Batch:  # noqa: ARG002
        """See MessageStream."""
        raise self._error

    def commit(self, batch: Batch) -> None:  # noqa: ARG002
        """See MessageStream."""
        raise self._error

    @property
    def _error(self) -> BadInput:
        return BadInput("no stream is configured", self.advice)
