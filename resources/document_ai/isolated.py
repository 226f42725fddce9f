"""The process in which files that may be hostile are opened, apart from the recognition of pictures: one for all engines."""

from functools import cache

from resources.document_ai.interface import Unreadable
from resources.isolation import IsolatedCalls


@cache
def opener(megabytes: int) -> IsolatedCalls:
    """Calls in that process, which fail with `Unreadable`; it is started once.

    Args:
        megabytes: Address space of the process.
    """
    return IsolatedCalls(Unreadable, name="the opener of documents", megabytes=megabytes)
