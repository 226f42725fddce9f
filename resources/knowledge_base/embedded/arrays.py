"""Named arrays in one file: JSON of names, types, shapes and places, then their bytes, aligned, to be mapped as they are."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ALIGNED = 64
Arrays = Mapping[str, NDArray[Any]]


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write them to a new file."""
    places, place = {}, 0
    for name, array in arrays.items():
        places[name] = [array.dtype.str, array.shape, place]
        place += -(-array.nbytes // _ALIGNED) * _ALIGNED
    head = json.dumps(places).encode()
    head += b" " * (-(len(head) + 8) % _ALIGNED)
    with path.open("wb") as stream:
        stream.write(len(head).to_bytes(8, "little"))
        stream.write(head)
        for array in arrays.values():
            stream.write(np.ascontiguousarray(array).data if array.size else b"")
            stream.write(bytes(-array.nbytes % _ALIGNED))


def read_arrays(content: memoryview) -> Arrays:
    """Views of the arrays in a mapped file."""
    length = int.from_bytes(content[:8], "little")
    places = json.loads(bytes(content[8 : 8 + length]))
    return {name: _view(content, 8 + length + place, dtype, shape) for name, (dtype, shape, place) in places.items()}


def _view(content: memoryview, start: int, dtype: str, shape: Sequence[int]) -> NDArray[Any]:
    count = int(np.prod(shape, dtype=np.int64))
    if not count:
        return np.empty(shape, dtype)
    return np.frombuffer(content, dtype, count, start).reshape(shape)


class Words:
    """Sorted distinct texts as two arrays, looked up by halving."""

    def __init__(self, arrays: Arrays, name: str) -> None:
        self._bytes: NDArray[np.uint8] = arrays[f"{name}.bytes"]
        self._ends: NDArray[np.int64] = arrays[f"{name}.ends"]

    @staticmethod
    def arrays(words: Sequence[str], name: str) -> dict[str, NDArray[Any]]:
        """What is stored of texts that are sorted by their UTF-8 bytes."""
        encoded = [word.encode("utf-8", "surrogatepass") for word in words]
        return {
            f"{name}.bytes": np.frombuffer(b"".join(encoded), np.uint8),
            f"{name}.ends": np.cumsum([0, *map(len, encoded)], dtype=np.int64),
        }

    def __len__(self) -> int:
        return len(self._ends) - 1

    def encoded(self, number: int) -> bytes:
        """The UTF-8 bytes of one of them."""
        return self._bytes[self._ends[number] : self._ends[number + 1]].tobytes()

    def all(self) -> list[str]:
        """All of them, in order."""
        whole, ends = self._bytes.tobytes(), self._ends.tolist()
        return [whole[a:b].decode("utf-8", "surrogatepass") for a, b in pairwise(ends)]

    def number(self, word: str) -> int | None:
        """Its place; None if it is not among them."""
        wanted = word.encode("utf-8", "surrogatepass")
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self.encoded(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self.encoded(low) == wanted else None


def sort_words(words: Sequence[str]) -> list[str]:
    """In the order that `Words` needs."""
    return sorted(words, key=lambda word: word.encode("utf-8", "surrogatepass"))
