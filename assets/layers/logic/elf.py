"""Shared libraries without what only linkers and debuggers read: symbol tables and debug sections.

The tools of binutils and LLVM are not used, for two reasons. Their output differs from version to version, and a layer is to be
the same whichever machine builds it. And they move segments, which breaks libraries that patchelf has lengthened ("ELF load
command address/offset not page-aligned" of NumPy's OpenBLAS). Here no segment is touched: what a program loads stays where it is,
byte for byte, on every architecture.

Source of the format: "Executable and Linkable Format", refspecs.linuxfoundation.org.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_MAGIC = b"\x7fELF\x02\x01"
"""Of 64 bits, little-endian: what Lambda runs."""
_EXECUTABLE, _SHARED = 2, 3
_NULL, _STRINGS, _NO_BITS = 0, 3, 8
_ALLOCATED = 0x2
_ALIGNMENT = 8
_NAMES = b".shstrtab"
_Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Section:
    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int

    @property
    def end(self) -> int:
        return self.offset + (0 if self.kind in (_NULL, _NO_BITS) else self.size)

    def packed(self) -> bytes:
        return _SECTION.pack(
            self.name, self.kind, self.flags, self.address, self.offset, self.size, self.link, self.info, self.alignment,
            self.entry_size,
        )  # fmt: skip


_NONE = _Section(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def is_elf(body: bytes) -> bool:
    """Whether it is a library or program of the kind that Lambda runs."""
    return body[:6] == _MAGIC and len(body) >= _HEADER.size


def without_symbols(body: bytes) -> bytes:
    """The file without what is not loaded.

    Sections keep their numbers, since dynamic symbols refer to them. What is not loaded but lies between segments is filled with
    zeros, which compress to nothing. A file that is anything else than a well-formed library or program, one with something
    behind its end, and one that would not get smaller, stays as it is.
    """
    if not is_elf(body):
        return body
    try:
        smaller = _rewritten(body)
    except (struct.error, IndexError, ValueError):
        return body
    return body if smaller is None or len(smaller) > len(body) else smaller


def _rewritten(body: bytes) -> bytes | None:
    header = list(_HEADER.unpack_from(body))
    kind, at_segments, at_sections = header[1], header[5], header[6]
    segment_count, section_count, names_at = header[10], header[12], header[13]
    if kind not in (_EXECUTABLE, _SHARED) or header[9] != _SEGMENT.size or header[11] != _SECTION.size or not section_count:
        return None
    sections = [_Section(*_SECTION.unpack_from(body, at_sections + n * _SECTION.size)) for n in range(section_count)]
    segments = [_SEGMENT.unpack_from(body, at_segments + n * _SEGMENT.size) for n in range(segment_count)]
    table = (at_sections, at_sections + section_count * _SECTION.size)
    loaded = [
        (0, _HEADER.size),
        (at_segments, at_segments + segment_count * _SEGMENT.size),
        *((segment[2], segment[2] + segment[5]) for segment in segments),
        *((one.offset, one.end) for one in sections if one.flags & _ALLOCATED),
    ]
    ends = [*(end for _, end in loaded), *(one.end for one in sections), table[1]]
    if max(ends) > len(body) or len(body) > max(ends) + _ALIGNMENT:
        return None
    kept = _last_dropped([one if one.flags & _ALLOCATED else _NONE for one in sections])
    if any(not _refers_to_kept(one, kept) for one in kept):
        return None
    front = body[: max(end for _, end in loaded)]
    return _assembled(_zeroed(front, loaded), _gaps(loaded), header, kept, sections[names_at], body)


def _last_dropped(sections: list[_Section]) -> list[_Section]:
    while len(sections) > 1 and sections[-1] == _NONE:
        sections.pop()
    return sections


def _refers_to_kept(section: _Section, kept: Sequence[_Section]) -> bool:
    return section.link == 0 or (section.link < len(kept) and kept[section.link] != _NONE)


def _zeroed(front: bytes, loaded: Iterable[_Range]) -> bytearray:
    """The bytes with zeros wherever nothing is loaded from."""
    whole = bytearray(len(front))
    for begin, end in loaded:
        whole[begin:end] = front[begin:end]
    return whole


def _gaps(loaded: Sequence[_Range]) -> list[_Range]:
    """Where nothing is loaded from, between what is."""
    gaps, reached = [], 0
    for begin, end in sorted(loaded):
        if begin > reached:
            gaps.append((reached, begin))
        reached = max(reached, end)
    return gaps


def _assembled(
    front: bytearray, gaps: Sequence[_Range], header: list[int], kept: Sequence[_Section], names: _Section, body: bytes
) -> bytes:
    """The file with a table of the sections that are kept: in a gap that is large enough, or at its end."""
    texts, named = bytearray(b"\0"), []
    for one in kept:
        if one == _NONE:
            named.append(one)
            continue
        begin = names.offset + one.name
        named.append(replace(one, name=len(texts)))
        texts += body[begin : body.index(b"\0", begin)] + b"\0"
    own_name = len(texts)
    texts += _NAMES + b"\0"
    needed = _aligned(len(texts)) + (len(named) + 1) * _SECTION.size
    place = next((_aligned(begin) for begin, end in gaps if _aligned(begin) + needed <= end), _aligned(len(front)))
    named.append(_Section(own_name, _STRINGS, 0, 0, place, len(texts), 0, 0, 1, 0))
    header[6], header[12], header[13] = place + _aligned(len(texts)), len(named), len(named) - 1
    tables = texts + bytes(-len(texts) % _ALIGNMENT) + b"".join(one.packed() for one in named)
    front += bytes(max(0, place - len(front)))
    front[place : place + len(tables)] = tables
    front[: _HEADER.size] = _HEADER.pack(*header)
    return bytes(front)


def _aligned(offset: int) -> int:
    return offset + -offset % _ALIGNMENT
