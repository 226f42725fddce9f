"""DOCX: headings, paragraphs and tables in reading order, with insertions and without deletions, and the core properties."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from assets.documents.logic.parsing.blocks import Block, Parsed
from assets.documents.logic.parsing.limits import Limits, Unreadable

_MOST_PARTS = 10_000
_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_LIBRARY_TEMPLATE = datetime(2013, 12, 23, 23, 15, tzinfo=UTC)
"""The date that python-docx leaves in every document that it creates."""
_NOTES = ("/footnotes", "/endnotes")
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARAGRAPH, _TABLE, _ROW, _CELL, _RUN_TEXT = (_WORD + name for name in ("p", "tbl", "tr", "tc", "t"))
_SIGNS = {_WORD + "tab": "\t", _WORD + "br": "\n", _WORD + "cr": "\n", _WORD + "noBreakHyphen": "-"}
_GONE = {
    *(_WORD + name for name in ("del", "moveFrom", "pPr", "rPr", "sdtPr")),
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
}
"""What is no text of the document: deletions, second versions of drawings, properties."""


def read(data: bytes, limits: Limits) -> Parsed:
    """The text of a Word document. Raises Unreadable if it is encrypted, damaged or unpacks to more than the limits allow."""
    _check_archive(data, limits)
    try:
        return _read(data)
    except (KeyError, ValueError, AttributeError, TypeError, IndexError, SyntaxError, OSError, zipfile.BadZipFile) as error:
        # the library raises any of these where a part is missing or not as it should be; an error of XML is a SyntaxError
        raise Unreadable(f"it is damaged: it cannot be opened as DOCX ({type(error).__name__})") from error


def _check_archive(data: bytes, limits: Limits) -> None:
    """Raises Unreadable before anything is unpacked; no part can unpack to more than its entry says."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("it is encrypted")
    if len(parts) > _MOST_PARTS or unpacked > limits.unpacked or unpacked > limits.ratio * len(data):
        raise Unreadable(
            f"it is a zip bomb: {len(data):,} bytes unpack to {unpacked:,} in {len(parts):,} parts, "
            f"more than {limits.unpacked:,} or {limits.ratio} times as many"
        )


def _read(data: bytes) -> Parsed:
    import docx
    from docx.oxml import parse_xml

    word = docx.Document(io.BytesIO(data))
    levels = _heading_levels(word)
    blocks = list(_blocks(word.element.body, levels))
    for relation in word.part.rels.values():
        if relation.reltype.endswith(_NOTES) and not relation.is_external:
            blocks.extend(_blocks(parse_xml(relation.target_part.blob), levels))
    said = word.core_properties
    values = {"title": said.title, "department": None, "date": said.created, "tags": _tags(said.keywords, said.category)}
    if said.created in (_LIBRARY_TEMPLATE, _LIBRARY_TEMPLATE.replace(tzinfo=None)):
        values["date"] = None
    return Parsed(blocks, values)


def _tags(*texts: str | None) -> str:
    return ",".join(text for text in texts if text)


def _heading_levels(word: Any) -> dict[str, int]:  # noqa: ANN401
    """Level of every style for headings, by its identity; a style based on one is one too."""
    levels: dict[str, int] = {}
    for style in word.styles:
        base, seen = style, 0
        while base is not None and seen < 10:
            match = _HEADING.fullmatch(base.name or "")
            if match or base.name == "Title":
                levels[style.style_id] = int(match[1]) if match else 1
                break
            base, seen = getattr(base, "base_style", None), seen + 1
    return levels


def _blocks(element: Any, levels: dict[str, int]) -> Iterator[Block]:  # noqa: ANN401
    """Paragraphs and tables below an element, in order, whatever wraps them (content controls, insertions, notes)."""
    for child in element:
        if child.tag == _PARAGRAPH:
            yield Block("".join(_words(child)), levels.get(child.style or ""))
        elif child.tag == _TABLE:
            rows = [" | ".join(_cell(cell) for cell in _nearest(row, _CELL)) for row in _nearest(child, _ROW)]
            yield Block("\n".join(rows))
        elif child.tag not in _GONE:
            yield from _blocks(child, levels)


def _nearest(element: Any, tag: str) -> Iterator[Any]:  # noqa: ANN401
    """Elements of a kind, whatever wraps them, but none inside another: tables stand in cells of tables."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag not in _GONE:
            yield from _nearest(child, tag)


def _cell(cell: Any) -> str:  # noqa: ANN401
    return " ".join(words for block in _blocks(cell, {}) if (words := " ".join(block.text.split())))


def _words(element: Any) -> Iterator[str]:  # noqa: ANN401
    """The text below an element."""
    for child in element:
        if child.tag == _RUN_TEXT:
            yield child.text or ""
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag not in _GONE:
            yield from _words(child)
            if child.tag == _PARAGRAPH:  # in a text box
                yield "\n"
