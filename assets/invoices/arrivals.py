"""Takes invoices in as a stream tells of their arrival: claim, work, and only then commit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assets.invoices.logic.arrival_messages import Arrival, Rejected, parse
from resources.message_stream import Message, MessageStream


@dataclass(frozen=True, slots=True)
class Invalid:
    """A message that says of no arrival, and where it is in the stream."""

    message: Message
    rejected: Rejected


@dataclass(frozen=True, slots=True)
class Consumed:
    """What was done with one claim.

    Attributes:
        messages: Messages of it; 0 if none waited.
        arrivals: Versions of objects that they told of, each once.
        invalid: Messages that were put into quarantine.
        notes: What the stream found to be lost.
    """

    messages: int
    arrivals: int
    invalid: int
    notes: tuple[str, ...] = ()


def consume(
    stream: MessageStream,
    group: str,
    work: Callable[[Sequence[Arrival]], None],
    quarantine: Callable[[Sequence[Invalid]], None],
    limit: int = 500,
) -> Consumed:
    """Do the work of one claim, and commit it.

    Whatever fails before the commit leaves the messages to be claimed again, so both functions must return only when what they
    did is durable, and must change nothing when they are called again with what they know.

    Args:
        stream: Tells of arrivals.
        group: Whose claims they are.
        work: Takes in the objects, each version once, in the order in which they arrived; not called if there is none.
        quarantine: Keeps messages that are none; not called if there is none.
        limit: Messages of the claim.

    Raises:
        Conflict: The work took longer than the claim lasts: it is done, and will be asked for again.
        CloudOpsError: The stream did not answer.
    """
    batch = stream.claim(group, limit)
    parsed = [(message, parse(message.value)) for message in batch.messages]
    arrivals = {found.identity: found for _, found in parsed if isinstance(found, Arrival)}
    invalid = [Invalid(message, found) for message, found in parsed if isinstance(found, Rejected)]
    if invalid:
        quarantine(invalid)
    if arrivals:
        work(list(arrivals.values()))
    if batch.messages:
        stream.commit(batch)
    return Consumed(len(batch.messages), len(arrivals), len(invalid), batch.notes)
