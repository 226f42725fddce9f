"""Constants worked out without running code: text that was put together from pieces, numbers or encodings.

Every operation is bounded; what is larger, unknown or fails is not folded (None).
"""

import ast
import base64
import binascii
import bz2
import codecs
import gzip
import lzma
import operator
import textwrap
import zlib
from collections.abc import Callable, Sequence
from typing import Any


class _Unfolded:
    """Stands for what is not worked out."""


UNFOLDED = _Unfolded()
MOST = 200_000
"""Longest constant, in characters, bytes or elements."""
_MOST_NUMBER = 1 << 256
_Plain = (str, bytes, int, float, bool, type(None), tuple, list)

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Mod: operator.mod,
    ast.BitXor: operator.xor,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.FloorDiv: operator.floordiv,
    ast.RShift: operator.rshift,
}
_TEXT_METHODS = frozenset(
    [
        "join",
        "replace",
        "format",
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "swapcase",
        "title",
        "capitalize",
        "split",
        "rsplit",
        "splitlines",
        "encode",
        "decode",
        "hex",
        "translate",
        "removeprefix",
        "removesuffix",
        "casefold",
        "partition",
        "rpartition",
        "zfill",
        "index",
        "find",
        "startswith",
        "endswith",
        "copy",
    ]
)
_TEXTS = (str, bytes)


def _bounded_bz2(data: bytes) -> bytes:
    return bz2.BZ2Decompressor().decompress(data, MOST)


def _bounded_lzma(data: bytes) -> bytes:
    return lzma.LZMADecompressor(memlimit=1 << 26).decompress(data, MOST)


def _bounded_zlib(data: bytes, wbits: int = 15) -> bytes:
    return zlib.decompressobj(wbits).decompress(data, MOST)


def _bounded_gzip(data: bytes) -> bytes:
    return zlib.decompressobj(31).decompress(data, MOST)


def _codec(data: str | bytes, encoding: str = "utf-8", *_: str) -> object:
    name = encoding.lower().replace("-", "_").removesuffix("_codec")
    if name in _PACKED and isinstance(data, bytes):
        return _PACKED[name](data)
    return codecs.decode(data, name) if name in _CODECS else UNFOLDED  # type: ignore[arg-type]


_PACKED: dict[str, Callable[[bytes], object]] = {"zip": _bounded_zlib, "zlib": _bounded_zlib, "bz2": _bounded_bz2}
_CODECS = frozenset(
    [
        "rot13",
        "rot_13",
        "hex",
        "base64",
        "base_64",
        "quopri",
        "uu",
        "utf_8",
        "utf8",
        "ascii",
        "latin_1",
        "latin1",
        "unicode_escape",
        "raw_unicode_escape",
        "utf_16",
        "utf_7",
        "utf_32",
    ]
)
DECODERS: dict[str, Callable[..., object]] = {
    **{f"base64.{name}": getattr(base64, name) for name in dir(base64) if name.endswith("decode")},
    "base64.decodebytes": base64.decodebytes,
    "binascii.a2b_base64": binascii.a2b_base64,
    "binascii.unhexlify": binascii.unhexlify,
    "binascii.a2b_hex": binascii.a2b_hex,
    "builtins.bytes.fromhex": bytes.fromhex,
    "builtins.bytearray.fromhex": bytes.fromhex,
    "zlib.decompress": _bounded_zlib,
    "gzip.decompress": _bounded_gzip,
    "bz2.decompress": _bounded_bz2,
    "lzma.decompress": _bounded_lzma,
    "codecs.decode": _codec,
    "codecs.encode": _codec,
}
"""Functions that turn what nobody can read into text, and what works them out."""
HIDING_CODECS = frozenset(
    ["rot13", "rot_13", "rot-13", "hex", "hex_codec", "base64", "base_64", "zip", "zlib", "bz2", "uu", "quopri"]
)
"""Encodings that hide; utf-8 and its like are no more than text."""
_FUNCTIONS: dict[str, Callable[..., object]] = {
    "builtins.chr": chr,
    "builtins.ord": ord,
    "builtins.str": str,
    "builtins.int": int,
    "builtins.len": len,
    "builtins.bytes": bytes,
    "builtins.bytearray": bytes,
    "builtins.list": list,
    "builtins.tuple": tuple,
    "builtins.sorted": sorted,
    "builtins.sum": sum,
    "builtins.min": min,
    "builtins.max": max,
    "builtins.abs": abs,
    "builtins.hex": hex,
    "builtins.repr": repr,
    "builtins.ascii": ascii,
    "builtins.str.maketrans": str.maketrans,
    "builtins.reversed": lambda items: list(reversed(items)),
    "builtins.range": lambda *bounds: _small(range(*bounds)),
    "builtins.zip": lambda *rows: _small(zip(*rows, strict=False)),
    "builtins.enumerate": lambda rows: _small(enumerate(rows)),
    "builtins.divmod": divmod,
    "builtins.round": round,
    "builtins.bool": bool,
    "operator.add": operator.add,
    "operator.concat": operator.add,
    "operator.xor": operator.xor,
    "textwrap.dedent": textwrap.dedent,
}
_FAILURES = (
    TypeError,
    ValueError,
    KeyError,
    IndexError,
    OverflowError,
    MemoryError,
    AttributeError,
    LookupError,
    ArithmeticError,
)
_BROKEN = (*_FAILURES, zlib.error, lzma.LZMAError, OSError, EOFError, gzip.BadGzipFile)


def _small(items: Any) -> list[object]:  # noqa: ANN401
    result: list[object] = []
    for item in items:
        if len(result) == MOST:
            raise ValueError
        result.append(item)
    return result


def _size(value: object) -> int:
    """Of a constant and all that is in it, counted no further than matters."""
    if isinstance(value, _TEXTS):
        return len(value)
    total, waiting = 1, [value]
    while waiting and total <= MOST:
        one = waiting.pop()
        if isinstance(one, (tuple, list, dict)):
            waiting.extend(one.values() if isinstance(one, dict) else one)
            total += len(one)
        else:
            total += len(one) if isinstance(one, _TEXTS) else 1
    return total


def _kept(work: Callable[[], object]) -> object:
    """What the work gives, if it is plain and small."""
    try:
        value = work()
    except _BROKEN:
        return UNFOLDED
    if isinstance(value, bytearray):
        value = bytes(value)
    if not isinstance(value, (*_Plain, dict)) or _size(value) > MOST:
        return UNFOLDED
    return UNFOLDED if isinstance(value, int) and abs(value) > _MOST_NUMBER else value


def binary(kind: ast.operator, left: object, right: object) -> object:
    """The result of an operator on constants; UNFOLDED if it is not worked out."""
    work = _OPERATORS.get(type(kind))
    if work is None or not _is_cheap(kind, left, right):
        return UNFOLDED
    return _kept(lambda: work(left, right))


def _is_cheap(kind: ast.operator, left: object, right: object) -> bool:
    if isinstance(kind, ast.Mult):
        times = [number for number in (left, right) if isinstance(number, int)]
        return max(_size(left), _size(right)) * max([1, *(abs(n) for n in times)] if len(times) == 1 else [1]) <= MOST
    if isinstance(kind, ast.Mod) and isinstance(left, _TEXTS):
        return _format_is_cheap(left if isinstance(left, str) else left.decode("latin-1"), right)
    return _size(left) + _size(right) <= MOST


def _format_is_cheap(text: str, values: object) -> bool:
    """Without widths, which could ask for gigabytes."""
    digits = [int(number) for number in _numbers(text)]
    return max(digits, default=0) <= 1000 and "*" not in text and len(text) * max(_size(values), 1) <= MOST


def _numbers(text: str) -> list[str]:
    return [number[:9] for number in "".join(c if c in "0123456789" else " " for c in text).split()]


def called(name: str, arguments: Sequence[object]) -> object:
    """The result of a known function on constants; UNFOLDED if it is not worked out."""
    work = DECODERS.get(name) or _FUNCTIONS.get(name)
    if work is None or any(_size(argument) > MOST for argument in arguments):
        return UNFOLDED
    if name in ("builtins.bytes", "builtins.bytearray") and arguments and isinstance(arguments[0], int):
        return UNFOLDED
    return _kept(lambda: work(*arguments))


def method(receiver: object, name: str, arguments: Sequence[object]) -> object:
    """The result of a method of a constant; UNFOLDED if it is not worked out."""
    if isinstance(receiver, int) and name == "to_bytes" and arguments and isinstance(arguments[0], int) and arguments[0] <= 64:
        return _kept(lambda: receiver.to_bytes(*arguments))  # type: ignore[arg-type]
    if not isinstance(receiver, _TEXTS) or name not in _TEXT_METHODS:
        return UNFOLDED
    if name == "decode" and isinstance(receiver, bytes):
        return _kept(lambda: _codec(receiver, *[str(a) for a in arguments]))
    if name == "format" and not _format_is_cheap(str(receiver), list(arguments)):
        return UNFOLDED
    if name == "format" and any(mark in str(receiver) for mark in (".", "[")):
        return UNFOLDED  # attributes of values are reached by them
    if name == "join" and sum(_size(part) for part in _parts(arguments)) > MOST:
        return UNFOLDED
    if name in ("replace", "zfill", "translate") and _size(receiver) * max([1, *map(_size, arguments)]) > MOST * 10:
        return UNFOLDED
    if name == "zfill" and not all(isinstance(a, int) and a <= MOST for a in arguments):
        return UNFOLDED
    return _kept(lambda: getattr(receiver, name)(*arguments))


def _parts(arguments: Sequence[object]) -> list[object]:
    return [part for argument in arguments if isinstance(argument, (list, tuple)) for part in argument]


def subscript(receiver: object, index: object) -> object:
    """An element or slice of a constant; UNFOLDED if it is not worked out."""
    if not isinstance(receiver, (*_TEXTS, tuple, list, dict)):
        return UNFOLDED
    return _kept(lambda: receiver[index])  # type: ignore[index, call-overload]
