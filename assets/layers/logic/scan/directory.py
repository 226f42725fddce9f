"""What a zip says of its entries, read twice: in its central directory and in front of each entry's data.

`zipfile` believes the central directory and hides where the two disagree, which is where things hide. Nothing here raises on any
bytes: what cannot be read is told. Source of the layout: PKWARE's APPNOTE.TXT 6.3.10.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

_END = b"PK\x05\x06"
_CENTRAL = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_END64 = b"PK\x06\x06"
_LOCATOR64 = b"PK\x06\x07"
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_UTF8 = 0x800
STORED, DEFLATED = 0, 8
_PIECE = 1 << 20
MOST_ENTRIES = 200_000
"""More are not read: a layer may be 250 MB."""

Buffer = bytes | memoryview


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as the central directory tells it.

    Attributes:
        name: As text.
        raw_name: As bytes.
        flags: General purpose flags.
        method: Of compression.
        crc: CRC-32 that its content should have.
        packed: Bytes within the zip.
        size: Bytes that its content should have.
        mode: Unix mode with the kind of file; 0 if it tells none.
        start: Of its local header.
        extra: Further fields.
    """

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    start: int
    extra: bytes = b""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.name.endswith("/")

    @property
    def is_encrypted(self) -> bool:
        """Whether a password is needed."""
        return bool(self.flags & 0x41)


@dataclass(slots=True)
class Directory:
    """All entries of a zip, and what is wrong with the zip as such.

    Attributes:
        entries: In their order.
        faults: What could not be read or contradicts itself: path (empty for the zip as a whole) and what.
        data: Where the content of each entry begins, by start of its local header.
    """

    entries: list[Entry] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    data: dict[int, int] = field(default_factory=dict)


def directory_of(buffer: Buffer) -> Directory:
    """Entries of a zip, with everything where its two directories differ, overlap or leave something unsaid."""
    found = Directory()
    try:
        _read_central(buffer, found)
        _read_local(buffer, found)
    except (struct.error, ValueError, IndexError) as error:
        found.faults.append(("", f"cannot be read: {error}"))
    return found


def _tail(buffer: Buffer) -> tuple[int, bytes]:
    start = max(0, len(buffer) - 22 - _FULL16)
    return start, bytes(buffer[start:])


def _read_central(buffer: Buffer, found: Directory) -> None:
    offset, tail = _tail(buffer)
    at = tail.rfind(_END)
    if at < 0 or at + 22 > len(tail):
        raise ValueError("it has no end of central directory, so it is no zip or cut off")
    count, size, start, comment = struct.unpack_from("<HLLH", tail, at + 10)
    if at + 22 + comment != len(tail):
        found.faults.append(("", "there is data after its end"))
    end = offset + at
    if tail.count(_END) > 1 and any(_could_end(buffer, offset + i) for i in _places(tail[:at], _END)):
        found.faults.append(("", "it has two central directories: which one is read depends on the program"))
    if count == _FULL16 or _FULL32 in (size, start):
        count, size, start, end = _zip64(buffer, end, (count, size, start))
    if start + size != end:
        found.faults.append(("", "there is data in front of the zip, or between its directory and its end"))
        start = end - size if bytes(buffer[start : start + 4]) != _CENTRAL and end >= size else start
    _read_entries(buffer, found, start, end, count)


def _places(data: bytes, signature: bytes) -> Iterator[int]:
    at = data.find(signature)
    while at >= 0:
        yield at
        at = data.find(signature, at + 1)


def _could_end(buffer: Buffer, at: int) -> bool:
    """Whether a central directory seems to end there too."""
    if at + 22 > len(buffer):
        return False
    size, start = struct.unpack_from("<LL", buffer, at + 12)
    return bool(start + size <= at and bytes(buffer[start : start + 4]) == _CENTRAL)


def _zip64(buffer: Buffer, end: int, plain: tuple[int, int, int]) -> tuple[int, int, int, int]:
    locator = end - 20
    if locator < 0 or bytes(buffer[locator : locator + 4]) != _LOCATOR64:
        return *plain, end
    record = struct.unpack_from("<Q", buffer, locator + 8)[0]
    if record + 56 > len(buffer) or bytes(buffer[record : record + 4]) != _END64:
        raise ValueError("its 64-bit directory is not where it should be")
    count, size, start = struct.unpack_from("<QQQ", buffer, record + 32)
    return count, size, start, record


def _read_entries(buffer: Buffer, found: Directory, start: int, end: int, count: int) -> None:
    at = start
    while at + 46 <= end and bytes(buffer[at : at + 4]) == _CENTRAL and len(found.entries) < MOST_ENTRIES:
        (made_by, _, flags, method, _, crc, packed, size, name, extra, comment, _, _, attributes, local) = struct.unpack_from(
            "<HHHHLLLLHHHHHLL", buffer, at + 4
        )
        if at + 46 + name + extra + comment > end:
            found.faults.append(("", "its central directory is cut off"))
            break
        raw = bytes(buffer[at + 46 : at + 46 + name])
        more = bytes(buffer[at + 46 + name : at + 46 + name + extra])
        size, packed, local = _wide(more, size, packed, local)
        mode = attributes >> 16 if made_by >> 8 in (3, 19) else 0
        found.entries.append(Entry(_text(raw, flags), raw, flags, method, crc, packed, size, mode, local, more))
        at += 46 + name + extra + comment
    if len(found.entries) != count:
        found.faults.append(("", f"its end tells {count} entries, its directory has {len(found.entries)}"))


def _wide(extra: bytes, *values: int) -> tuple[int, int, int]:
    """Values that a 64-bit extra field replaces."""
    field64 = next((body for kind, body in extra_fields(extra) if kind == 1), b"")
    wide = iter(struct.unpack(f"<{len(field64) // 8}Q", field64[: len(field64) // 8 * 8]))
    size, packed, local = (next(wide, value) if value == _FULL32 else value for value in values)
    return size, packed, local


def extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Extra fields of an entry: kind and content."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length


def _text(raw: bytes, flags: int) -> str:
    if not flags & _UTF8:
        try:
            return raw.decode("ascii")
        except UnicodeDecodeError:
            pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")


def _read_local(buffer: Buffer, found: Directory) -> None:
    end = 0
    for entry in sorted(found.entries, key=lambda one: one.start):
        start = entry.start
        if start < end:
            found.faults.append((entry.name, "its data overlaps that of another entry"))
        elif start > end and _LOCAL in bytes(buffer[end : min(start, end + _PIECE)]):
            found.faults.append((entry.name, "in front of it is an entry that the directory does not tell"))
        end = max(end, _local(buffer, found, entry))


def _local(buffer: Buffer, found: Directory, entry: Entry) -> int:
    """Compare an entry with its local header; where its data ends."""
    at = entry.start
    if at + 30 > len(buffer) or bytes(buffer[at : at + 4]) != _LOCAL:
        found.faults.append((entry.name, "the directory points to where no entry is"))
        return at
    flags, method, _, crc, packed, size, name, extra = struct.unpack_from("<HHLLLLHH", buffer, at + 6)
    begin = at + 30 + name + extra
    if begin + entry.packed > len(buffer):
        found.faults.append((entry.name, "its data is cut off"))
        return at
    found.data[at] = begin
    if bytes(buffer[at + 30 : at + 30 + name]) != entry.raw_name:
        found.faults.append((entry.name, "its name differs between directory and data"))
    if method != entry.method or (flags & 0x41) != (entry.flags & 0x41):
        found.faults.append((entry.name, "its compression or encryption differs between directory and data"))
    told_later = flags & 8
    said = (crc, packed, size)
    if not told_later and any(a not in (b, _FULL32) for a, b in zip(said, (entry.crc, entry.packed, entry.size), strict=True)):
        found.faults.append((entry.name, "its size or checksum differs between directory and data"))
    return int(begin + entry.packed)


class Corrupt(ValueError):
    """The content of an entry is not what the directory says."""


class TooLarge(ValueError):
    """The content of an entry is larger than is looked at."""


def content_of(buffer: Buffer, directory: Directory, entry: Entry, most: int) -> bytes:
    """The content of an entry, of at most `most` bytes, of which no more is ever held.

    Raises:
        TooLarge: It is larger.
        Corrupt: It cannot be unpacked, or its size or checksum is not as told.
    """
    start = directory.data.get(entry.start)
    if start is None or entry.is_encrypted or entry.method not in (STORED, DEFLATED):
        raise Corrupt("it cannot be unpacked")
    packed = buffer[start : start + entry.packed]
    if entry.method == STORED:
        if len(packed) > most:
            raise TooLarge(f"it is larger than {most} bytes")
        content = bytes(packed)
    else:
        content = inflated(packed, most, entry.size)
    if len(content) != entry.size or zlib.crc32(content) != entry.crc:
        raise Corrupt("its content has another size or checksum than told")
    return content


def inflated(packed: Buffer, most: int, told: int) -> bytes:
    """Raw deflate data unpacked, `told` bytes long; see `content_of`."""
    bound = min(most, told)
    unpacking = zlib.decompressobj(-15)
    pieces: list[bytes] = []
    size = at = 0
    try:
        while at < len(packed) and not unpacking.eof:
            waiting = bytes(packed[at : at + _PIECE])
            at += _PIECE
            while waiting and not unpacking.eof:
                piece = unpacking.decompress(waiting, bound - size + 1)
                size += len(piece)
                pieces.append(piece)
                if size > bound:
                    raise TooLarge(f"it unpacks to more than {bound} bytes")
                waiting = unpacking.unconsumed_tail
    except zlib.error as error:
        raise Corrupt(f"it cannot be unpacked: {error}") from error
    if not unpacking.eof:
        raise Corrupt("its data ends too early")
    return b"".join(pieces)
