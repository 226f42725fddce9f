"""How files that may be hostile are opened: within a size, in a process apart from all that matters."""

from functools import cache
from pathlib import Path

from resources.document_ai.interface import Unreadable
from resources.isolation import IsolatedCalls


def size_within(path: Path, most: int) -> int:
    """Bytes of a file.

    Raises:
        Unreadable: It cannot be opened, or has more than `most`.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise Unreadable(f"it cannot be opened: {error.strerror}") from error
    if size > most:
        raise Unreadable(f"it has {size:,} bytes, more than {most:,}")
    return size


@cache
def opener(megabytes: int) -> IsolatedCalls:
    """Calls in a process that is started once for all engines that need no recognition; they fail with `Unreadable`.

    Args:
        megabytes: Address space of the process.
    """
    return IsolatedCalls(Unreadable, name="the opener of documents", megabytes=megabytes)
