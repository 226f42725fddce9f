"""A stream of OCI Streaming, read and written at the address of its messages."""

import base64
import binascii
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

from pydantic import Field, PrivateAttr

from resources.errors import BadInput, Conflict, NotFound
from resources.message_stream import Batch, Message, MessageStream, NotPut, Outgoing, Position
from resources.oci.clients import OciClients

MOST_BYTES = 1 << 20
"""Of a request, keys and values. Source: SDK docstring of put_messages."""
MOST_KEY = 256
"""Bytes. Source: SDK docstring of PutMessagesDetailsEntry.key."""
MOST_READ = 10_000
"""Messages of an answer. Source: SDK docstring of get_messages."""
_EMPTY_ANSWERS = 2
"""So many answers without messages in a row end a claim: an answer need not have messages of every partition."""


class OciStream(MessageStream):
    """One stream of OCI Streaming.

    A request to put messages is never sent twice, since the service would take them twice; messages that it says it did not
    take are. Among these, the order of messages of one key may change.
    """

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    stream_id: str = Field(description="OCID of the stream.")
    region: str = Field(default="", description="Region of the stream; the usual one if empty.")
    instance: str = Field(
        default="cloudops", description="Name of this reader in its groups; no two that run at once may have the same."
    )
    claim_seconds: int = Field(
        default=300, ge=1, description="How long a claim lasts without `hold`; cursors of the service last five minutes."
    )
    _known: tuple[str, tuple[str, ...]] | None = PrivateAttr(default=None)

    def put(self, messages: Sequence[Outgoing]) -> tuple[NotPut, ...]:
        """See MessageStream."""
        for message in messages:
            _demand_fit(message)
        left = [NotPut(message, "") for message in messages]
        for attempt in range(1, self.clients.max_attempts + 1):
            left = [failed for request in _requests([one.message for one in left]) for failed in self._put(request)]
            if not left or attempt == self.clients.max_attempts:
                break
            time.sleep(self.clients.limits.wait(attempt))
        return tuple(left)

    def read(self, after: Position, limit: int = 1000) -> Batch:
        """See MessageStream."""
        _, partitions = self._stream()
        share = max(limit // len(partitions), 1)
        messages: list[Message] = []
        position, notes = dict(after), []
        for partition in partitions:
            last = after.get(partition)
            found = self._after(partition, last, min(share, limit - len(messages)))
            if found and last is not None and found[0].offset != last + 1:
                notes.append(_gap(partition, last, found[0].offset))
            if found:
                position[partition] = found[-1].offset
            messages += found
        return Batch(tuple(messages), position, tuple(notes))

    def claim(self, group: str, limit: int = 1000) -> Batch:
        """See MessageStream."""
        from oci.streaming.models import CreateGroupCursorDetails

        details = CreateGroupCursorDetails(
            type="TRIM_HORIZON",
            group_name=group,
            instance_name=self.instance,
            timeout_in_ms=self.claim_seconds * 1000,
            commit_on_get=False,
        )
        cursor = str(self._operation("create_group_cursor")(self.stream_id, details).data.value)
        messages: list[Message] = []
        empty = 0
        while len(messages) < limit and empty < _EMPTY_ANSWERS:
            found, cursor = self._got(cursor, limit - len(messages))
            messages += found
            empty = 0 if found else empty + 1
        position: dict[str, int] = {}
        for message in messages:
            position[message.partition] = max(message.offset, position.get(message.partition, -1))
        return Batch(tuple(messages), position, claim=cursor)

    def hold(self, batch: Batch) -> Batch:
        """See MessageStream."""
        return replace(batch, claim=self._moved("consumer_heartbeat", batch))

    def commit(self, batch: Batch) -> None:
        """See MessageStream."""
        self._moved("consumer_commit", batch)

    def _moved(self, operation: str, batch: Batch) -> str:
        if not batch.claim:
            raise BadInput("the messages were read, not claimed", "Keep their position yourself, or use `claim`.")
        try:
            return str(self._operation(operation)(self.stream_id, batch.claim).data.value)
        except (BadInput, NotFound) as error:
            raise Conflict(
                f"a claim of {len(batch.messages)} messages has run out ({error.message})",
                "Claim again: the messages are given again. Use `hold` while work takes long, or claim fewer at once.",
            ) from error

    def _put(self, request: Sequence[Outgoing]) -> Iterator[NotPut]:
        from oci.streaming.models import PutMessagesDetails, PutMessagesDetailsEntry

        entries = [
            PutMessagesDetailsEntry(key=_encoded(message.key.encode()) if message.key else None, value=_encoded(message.value))
            for message in request
        ]
        answer = self._operation("put_messages")(self.stream_id, PutMessagesDetails(messages=entries)).data
        if len(answer.entries) != len(request):
            raise Conflict(
                f"the stream answered {len(answer.entries)} entries to {len(request)} messages",
                "Put them again: a message that is there twice does no harm.",
            )
        for message, entry in zip(request, answer.entries, strict=True):
            if entry.error:
                yield NotPut(message, f"{entry.error}: {entry.error_message}")

    def _after(self, partition: str, last: int | None, limit: int) -> list[Message]:
        """Messages of a partition; a cursor that ran out is replaced by one for where reading had come to."""
        messages: list[Message] = []
        cursor = ""
        while len(messages) < limit:
            fresh = not cursor
            cursor = cursor or self._cursor(partition, messages[-1].offset if messages else last)
            try:
                found, cursor = self._got(cursor, limit - len(messages))
            except BadInput:
                if fresh:
                    raise
                cursor = ""
                continue
            if not found:
                break
            messages += found
        return messages

    def _cursor(self, partition: str, last: int | None) -> str:
        """A cursor after an offset; after one whose message is gone, a cursor for the oldest message."""
        from oci.streaming.models import CreateCursorDetails

        create = self._operation("create_cursor")
        if last is not None:
            try:
                details = CreateCursorDetails(partition=partition, type="AFTER_OFFSET", offset=last)
                return str(create(self.stream_id, details).data.value)
            except BadInput:
                pass  # it is no longer kept
        return str(create(self.stream_id, CreateCursorDetails(partition=partition, type="TRIM_HORIZON")).data.value)

    def _got(self, cursor: str, limit: int) -> tuple[list[Message], str]:
        answer = self._operation("get_messages")(self.stream_id, cursor, limit=min(limit, MOST_READ))
        return [_message(one) for one in answer.data], str(answer.headers["opc-next-cursor"])

    def _operation(self, name: str) -> Callable[..., Any]:
        endpoint, _ = self._stream()
        return self.clients.operation("streaming_messages", name, self.region, endpoint)

    def _stream(self) -> tuple[str, tuple[str, ...]]:
        """Address of the messages, and partitions."""
        if self._known is None:
            found = self.clients.operation("streaming", "get_stream", self.region)(self.stream_id).data
            self._known = str(found.messages_endpoint), tuple(str(number) for number in range(found.partitions))
        return self._known


def _demand_fit(message: Outgoing) -> None:
    size = len(message.value) + len(message.key.encode())
    if size > MOST_BYTES or len(message.key.encode()) > MOST_KEY:
        raise BadInput(
            f"a message of {size} bytes with a key of {len(message.key.encode())} bytes is too large for a stream",
            f"Put at most {MOST_BYTES} bytes under a key of at most {MOST_KEY}; what is larger belongs into a bucket.",
        )


def _requests(messages: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    """The messages in requests that the service takes."""
    request: list[Outgoing] = []
    size = 0
    for message in messages:
        more = len(message.value) + len(message.key.encode())
        if request and size + more > MOST_BYTES:
            yield request
            request, size = [], 0
        request.append(message)
        size += more
    if request:
        yield request


def _gap(partition: str, last: int, first: int) -> str:
    if first <= last:
        return (
            f"partition {partition} begins anew at offset {first}: offset {last}, which was read before, is of an earlier stream"
        )
    return f"partition {partition}: {first - last - 1} messages after offset {last} were no longer kept when they should be read"


def _message(one: Any) -> Message:  # noqa: ANN401  # the SDK has no types
    return Message(
        str(one.partition),
        int(one.offset),
        one.timestamp.astimezone(UTC),
        _decoded(one.value) or b"",
        _decoded(one.key),
    )


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decoded(value: str | None) -> bytes | None:
    """What base64 says; text that is none is given as it is, for the reader to judge: it must not hold up what follows."""
    if value is None:
        return None
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value.encode()
