"""Bytes as text: the encoding is what the bytes say, else what they must be, else what they most likely are."""

import codecs
import re

from assets.documents.logic.parsing.limits import Unreadable

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""<(?:meta[^>]{0,200}charset|\?xml[^>]{0,100}encoding)\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_CONTROLS = bytes({*range(0x20), 0x7F} - {0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1B})
_CONTROLS_OF_UTF8, _CONTROLS_OF_TEXT = 0.1, 0.005
"""Share of control characters up to which bytes are text: hardly anything else happens to be UTF-8."""
_LIKELY = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp932", "gb18030", "big5", "euc_jp", "euc_kr", "koi8_r")
_NO_CHARSETS = ("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem")
_SAMPLE = 100_000


def decoded(data: bytes) -> tuple[str, list[str]]:
    """The text and what was unusual about its encoding. Raises Unreadable if the bytes are no text."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _forgiving(data, encoding)
    wide = _without_mark(data)
    if wide:
        return _forgiving(data, wide)
    controls = 1 - len(data.translate(None, _CONTROLS)) / len(data) if data else 0
    try:
        text = data.decode()
    except UnicodeDecodeError:
        if controls > _CONTROLS_OF_TEXT:
            raise Unreadable("it is no text but binary data") from None
        return _forgiving(data, _declared(data) or _likely(data))
    if controls > _CONTROLS_OF_UTF8:
        raise Unreadable("it is no text but binary data")
    return text, []


def declared_as(data: bytes, charset: str | None) -> tuple[str, list[str]]:
    """The text of bytes whose sender names a charset, which is believed if it fits. Raises Unreadable if they are no text."""
    encoding = _known(charset or "")
    if encoding:
        try:
            return data.decode(encoding), []
        except (UnicodeError, ValueError):
            pass
    return decoded(data)


def _forgiving(data: bytes, encoding: str) -> tuple[str, list[str]]:
    notes = [] if encoding.startswith("utf") else [f"it is no UTF-8 and was read as {encoding}"]
    try:
        return data.decode(encoding), notes
    except UnicodeDecodeError:
        return data.decode(encoding, errors="replace"), [*notes, f"some of its bytes are no {encoding}"]


def _without_mark(data: bytes) -> str | None:
    """UTF-16 without its mark: every second byte of mostly Latin text is zero, and hardly any of the others."""
    sample = data[:_SAMPLE]
    half = len(sample) // 2
    if half < 2 or len(data) % 2:
        return None
    high, low = sample[0::2].count(0) / half, sample[1::2].count(0) / half
    if max(high, low) < 0.5 or min(high, low) > 0.05:
        return None
    return "utf-16-be" if high > low else "utf-16-le"


def _declared(data: bytes) -> str | None:
    match = _DECLARED.search(data, 0, 2048)
    return _known(match[1].decode("ascii", "ignore")) if match else None


def _known(charset: str) -> str | None:
    """Python's name of a charset that holds text; Latin-1 is Windows-1252, as browsers take it."""
    try:
        name = codecs.lookup(charset).name
        b"a".decode(name)
    except UnicodeError:
        pass  # half a character
    except (LookupError, ValueError):
        return None  # unknown, or no charset at all, such as base64
    if name in _NO_CHARSETS:
        return None
    return "cp1252" if name in ("iso8859-1", "ascii") else name


def _likely(data: bytes) -> str:
    from charset_normalizer import from_bytes

    matches = from_bytes(data[:_SAMPLE], cp_isolation=list(_LIKELY), enable_fallback=False)
    best = matches.best()
    if best is None:
        return "cp1252"
    # charsets of one family differ in few characters: where the text looks as good, the commonest is right
    equal = (match for match in matches if match.chaos <= best.chaos and match.coherence >= best.coherence)
    return "cp1252" if any("cp1252" in match.could_be_from_charset for match in equal) else best.encoding
