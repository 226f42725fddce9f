"""What systems that take files in from a store have in common: identities of content and names, and batches."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

UNNAMEABLE = "its name is not valid UTF-8: rename it"
"""Why a file is refused whose key cannot be stored."""


class _Sized(Protocol):
    @property
    def size(self) -> int: ...


_Item = TypeVar("_Item", bound=_Sized)


def batches(items: Sequence[_Item], most: int, most_bytes: int) -> Iterator[list[_Item]]:
    """The items in order, so many at a time, and so many bytes unless one alone is larger."""
    batch: list[_Item] = []
    for item in items:
        if batch and (len(batch) >= most or sum(i.size for i in batch) + item.size > most_bytes):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def content_hash_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def text_hash_of(text: str) -> str:
    """SHA-256 of a text, hexadecimal; of names that are no valid Unicode too."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_storable(key: str) -> bool:
    """Whether a key can be stored; names of files on Linux are bytes, of any encoding."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True


def printable(key: str) -> str:
    """A key that can be shown, whatever it is made of."""
    return key.encode("utf-8", "backslashreplace").decode()
