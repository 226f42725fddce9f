"""A reader of compiled Python that runs nothing and cannot crash: `marshal` itself is not safe with what others made.

Source of the format: CPython's Python/marshal.c, for 3.8 to 3.14.
"""

import struct
from dataclasses import dataclass
from typing import Any

_MOST_OBJECTS = 500_000
_DEEPEST = 200
_HEADER = 16
_VERSIONS = ((3413, 3.08), (3425, 3.09), (3439, 3.10), (3495, 3.11), (3531, 3.12), (3571, 3.13), (3627, 3.14))
"""Last magic number of each version."""


class Unreadable(ValueError):
    """It is no compiled Python that can be read."""


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """A code object.

    Attributes:
        name: Of it.
        line: Its first one.
        code: Instructions.
        constants: Constants, code objects among them.
        names: Global names and attributes.
        variables: Local names, cells and free ones.
        shape: Numbers of arguments and flags.
    """

    name: str
    line: int
    code: bytes
    constants: tuple[Any, ...]
    names: tuple[str, ...]
    variables: tuple[str, ...]
    shape: tuple[int, ...]


def read_compiled(data: bytes) -> Code:
    """The code of a `.pyc` file.

    Raises:
        Unreadable: It is none of Python 3.8 to 3.14, or broken.
    """
    magic = int.from_bytes(data[:2], "little")
    version = next((v for last, v in _VERSIONS if magic <= last), None)
    if len(data) < _HEADER or data[2:4] != b"\r\n" or version is None or magic < 3400:
        raise Unreadable("it is not compiled by Python 3.8 to 3.14")
    found = read_marshalled(data[_HEADER:], is_new=version >= 3.11)
    if not isinstance(found, Code):
        raise Unreadable("it holds no code")
    return found


def read_marshalled(data: bytes, *, is_new: bool) -> object:
    """An object as `marshal` writes it. Raises Unreadable."""
    try:
        return _Reader(data, is_new=is_new).read(0)
    except (IndexError, struct.error, ValueError, RecursionError, TypeError, OverflowError, MemoryError) as error:
        raise Unreadable(f"it is broken: {error}") from error


class _Reader:
    def __init__(self, data: bytes, *, is_new: bool) -> None:
        self._data, self._at, self._is_new, self._count = data, 0, is_new, 0
        self._refs: list[object] = []

    def _take(self, count: int) -> bytes:
        piece = self._data[self._at : self._at + count]
        if count < 0 or len(piece) != count:
            raise Unreadable("it ends too early")
        self._at += count
        return piece

    def _long(self) -> int:
        return int(struct.unpack("<i", self._take(4))[0])

    def read(self, depth: int) -> Any:  # noqa: ANN401
        self._count += 1
        if self._count > _MOST_OBJECTS or depth > _DEEPEST:
            raise Unreadable("it holds too much")
        head = self._take(1)[0]
        kind, keep = chr(head & 0x7F), head & 0x80
        place = len(self._refs)
        if keep:
            self._refs.append(None)
        value = self._value(kind, depth)
        if keep:
            self._refs[place] = value
        return value

    def _value(self, kind: str, depth: int) -> Any:  # noqa: ANN401
        if kind in _SINGLE:
            return _SINGLE[kind]
        if kind == "i":
            return self._long()
        if kind == "r":
            return self._refs[self._long()]
        if kind in "aAutszZ":
            return self._text(kind)
        if kind in ")(<>[{:":
            return self._container(kind, depth)
        return self._code(depth) if kind == "c" else self._number(kind)

    def _text(self, kind: str) -> Any:  # noqa: ANN401
        raw = self._take(self._take(1)[0] if kind in "zZ" else self._long())
        return raw if kind == "s" else raw.decode("utf-8", "surrogatepass") if kind in "ut" else raw.decode("latin-1")

    def _number(self, kind: str) -> Any:  # noqa: ANN401
        if kind == "l":
            size = self._long()
            digits = struct.unpack(f"<{abs(size)}H", self._take(2 * abs(size)))
            number = sum(digit << (15 * place) for place, digit in enumerate(digits[:5000]))
            return -number if size < 0 else number
        if kind == "g":
            return struct.unpack("<d", self._take(8))[0]
        if kind == "y":
            return complex(*struct.unpack("<dd", self._take(16)))
        if kind == "I":
            return struct.unpack("<q", self._take(8))[0]
        raise Unreadable(f"it has an object of kind {kind!r}")

    def _container(self, kind: str, depth: int) -> Any:  # noqa: ANN401
        if kind == "{":
            pairs = []
            while self._data[self._at : self._at + 1] != b"0":
                pairs.append((self.read(depth + 1), self.read(depth + 1)))
            self._at += 1
            return tuple(pairs)
        if kind == ":":
            return ("slice", self.read(depth + 1), self.read(depth + 1), self.read(depth + 1))
        size = self._take(1)[0] if kind == ")" else self._long()
        if size > len(self._data):
            raise Unreadable("it ends too early")
        items = tuple(self.read(depth + 1) for _ in range(size))
        return tuple(sorted(items, key=repr)) if kind in "<>" else items

    def _code(self, depth: int) -> Code:
        shape = [self._long() for _ in range(5 if self._is_new else 6)]
        code = self.read(depth + 1)
        constants, names = self.read(depth + 1), self.read(depth + 1)
        variables = self.read(depth + 1)
        if self._is_new:
            self.read(depth + 1)
        else:
            variables = (*variables, *self.read(depth + 1), *self.read(depth + 1))
        self.read(depth + 1)
        name = self.read(depth + 1)
        if self._is_new:
            self.read(depth + 1)
        line = self._long()
        self.read(depth + 1)
        if self._is_new:
            self.read(depth + 1)
        texts = [tuple(str(one) for one in group) for group in (names, variables)]
        return Code(str(name), line, bytes(code), tuple(constants), texts[0], texts[1], tuple(shape))


_SINGLE: dict[str, object] = {"0": None, "N": None, "F": False, "T": True, "S": StopIteration, ".": Ellipsis}
