"""The text of PDF files that are written plainly: content streams with literal strings, compressed or not.

What is not read, so that its pages have no words: scanned pages, fonts with encodings of their own (hexadecimal strings), object
streams, encrypted files. Source of the syntax: ISO 32000-1, 7.3 and 9.4.
"""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(\d+)\s+\d+\s+obj\b(.*?)\bendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_CONTENTS = re.compile(rb"/Contents\s*(?:\[([^\]]*)\]|(\d+\s+\d+\s+R))")
_SHOWN = re.compile(rb"\((?:\\.|[^\\()])*\)|[\[\]]|'|\"|T[jJdDm*]|\bBT\b|\bET\b", re.DOTALL)
_NEW_LINE = (b"Td", b"TD", b"Tm", b"T*", b"'", b'"', b"ET")
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.DOTALL)
_MOST_INFLATED = 64 * 1024 * 1024


def pages(content: bytes) -> list[list[str]]:
    """Lines of each page; a page that cannot be read has none."""
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    found = [body for body in objects.values() if re.search(rb"/Type\s*/Page\b(?!s)", body)]
    return [_lines(b"\n".join(_streams(page, objects))) for page in found]


def _streams(page: bytes, objects: dict[int, bytes]) -> list[bytes]:
    named = _CONTENTS.search(page)
    if named is None:
        return []
    numbers = re.findall(rb"(\d+)\s+\d+\s+R", named.group(1) or named.group(2))
    return [_inflated(objects.get(int(number), b"")) for number in numbers]


def _inflated(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if found is None:
        return b""
    if b"/FlateDecode" not in body[: found.start()]:
        return found.group(1) if b"/Filter" not in body[: found.start()] else b""
    try:
        return zlib.decompressobj().decompress(found.group(1), _MOST_INFLATED)
    except zlib.error:
        return b""


def _lines(content: bytes) -> list[str]:
    lines, line = [], ""
    for match in _SHOWN.finditer(content):
        token = match.group()
        if token.startswith(b"("):
            line += _text(token[1:-1])
        elif token in _NEW_LINE and line.strip():
            lines.append(line.strip())
            line = ""
    return [*lines, line.strip()] if line.strip() else lines


def _text(string: bytes) -> str:
    def plain(match: re.Match[bytes]) -> bytes:
        escaped = match.group(1)
        if escaped[:1].isdigit():
            return bytes([int(escaped, 8) % 256])
        return b"" if escaped.endswith(b"\n") else _ESCAPED.get(escaped, escaped)

    return _ESCAPE.sub(plain, string).decode("cp1252", errors="replace")
