"""PDF files written by hand, as small as they can be, for tests: text, bookmarks, information, a password."""

import hashlib
from collections.abc import Sequence

_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def pdf(
    pages: Sequence[Sequence[str]],
    *,
    bookmarks: Sequence[tuple[str, int]] = (),
    info: str = "",
    password: str | None = None,
    leading: int = 14,
) -> bytes:
    """A PDF with a text layer.

    Args:
        pages: Lines of every page; an empty line is a gap.
        bookmarks: Titles and their pages, from 0.
        info: Entries of the information dictionary as PDF source.
        password: Needed to open it (RC4 with 40 bits, the oldest kind).
        leading: Points from line to line.
    """
    first = 6
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(pages)))
    objects: dict[int, bytes] = {
        1: b"<</Type/Catalog/Pages 2 0 R" + (b"/Outlines 5 0 R>>" if bookmarks else b">>"),
        2: f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        4: f"<<{info}>>".encode("latin-1"),
    }
    for n, lines in enumerate(pages):
        shown = "".join(f"({line}) Tj T*\n" if line else "T*\n" for line in lines)
        content = f"BT /F1 11 Tf {leading} TL 72 760 Td\n{shown}ET".encode("cp1252")
        objects[first + 2 * n] = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents {first + 2 * n + 1} 0 R>>"
        ).encode()
        objects[first + 2 * n + 1] = _stream(content)
    base = first + 2 * len(pages)
    if bookmarks:
        objects[5] = f"<</Type/Outlines/First {base} 0 R/Last {base + len(bookmarks) - 1} 0 R/Count {len(bookmarks)}>>".encode()
    for n, (title, page) in enumerate(bookmarks):
        following = f"/Next {base + n + 1} 0 R" if n + 1 < len(bookmarks) else ""
        objects[base + n] = (f"<</Title({title})/Parent 5 0 R/Dest[{first + 2 * page} 0 R/XYZ 0 800 0]{following}>>").encode(
            "latin-1"
        )
    return assembled(objects, "/Root 1 0 R/Info 4 0 R" + (_encryption(password) if password else ""))


def assembled(objects: dict[int, bytes], trailer: str) -> bytes:
    """The objects by their number as a file with a cross-reference table."""
    body = b"%PDF-1.4\n"
    offsets = {}
    for number, content in objects.items():
        offsets[number] = len(body)
        body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    size = max(objects) + 1
    rows = "".join(f"{offsets[n]:010} 00000 n \n" if n in offsets else "0000000000 65535 f \n" for n in range(size))
    return body + f"xref\n0 {size}\n{rows}trailer\n<</Size {size}{trailer}>>\nstartxref\n{len(body)}\n%%EOF".encode()


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)


def _encryption(password: str) -> str:
    """The standard security handler, revision 2 (PDF 1.4, algorithms 3.2 to 3.4); the content itself is left as it is."""
    padded = (password.encode() + _PADDING)[:32]
    owner = _rc4(hashlib.md5(padded, usedforsecurity=False).digest()[:5], padded)
    allowed = -4
    key = hashlib.md5(padded + owner + allowed.to_bytes(4, "little", signed=True) + b"0123456789abcdef", usedforsecurity=False)
    user = _rc4(key.digest()[:5], _PADDING)
    identity = b"0123456789abcdef".hex()
    return f"/ID[<{identity}><{identity}>]/Encrypt<</Filter/Standard/V 1/R 2/O<{owner.hex()}>/U<{user.hex()}>/P {allowed}>>"


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    out = bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
