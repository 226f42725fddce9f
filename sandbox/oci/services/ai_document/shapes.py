"""Pages, fields and tables of documents as the service shows them, each with its place on the page.

Source of the shapes: SDK models Page, Word, Line, DocumentField, FieldValue and Table; of the nesting of line items and of values
of dates: answers of the service in public projects. Places are those of a plain layout, line below line: not sourced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.oci.clock import parsed, text
from sandbox.oci.services.ai_document.known import CONFIDENCE
from sandbox.oci.services.ai_document.reading import lines
from sandbox.oci.store import Body

_LINE_HEIGHT, _MARGIN, _SIGNS_PER_LINE = 0.02, 0.08, 100
_DIMENSIONS: Mapping[str, object] = {"width": 1654.0, "height": 2339.0, "unit": "PIXEL"}
"""A4 at 200 dots per inch."""


def page(number: int, source: Body, wanted: frozenset[str]) -> Body:
    """A page with what is wanted of it; what is not is null. Source: answers of the service in public tutorials."""
    words, rows = _words(source)
    with_text = bool(wanted & {"TEXT_EXTRACTION", "KEY_VALUE_EXTRACTION", "TABLE_EXTRACTION"})
    return {
        "pageNumber": number,
        "dimensions": dict(_DIMENSIONS),
        "detectedDocumentTypes": None,
        "detectedLanguages": None,
        "words": words if with_text else None,
        "lines": rows if with_text else None,
        "tables": [_table(rows_of, words) for rows_of in source.get("tables") or ()] if "TABLE_EXTRACTION" in wanted else None,
        "documentFields": _fields(source, words) if "KEY_VALUE_EXTRACTION" in wanted else None,
    }


def _words(source: Body) -> tuple[list[Body], list[Body]]:
    words: list[Body] = []
    rows: list[Body] = []
    for n, line in enumerate(lines(source)):
        first, column = len(words), 0
        for word in line:
            place = _polygon(*word["box"]) if "box" in word else _box(n, column, len(word["text"]))
            words.append({"text": word["text"], "confidence": word["confidence"], "boundingPolygon": place})
            column += len(word["text"]) + 1
        said = " ".join(word["text"] for word in line)
        rows.append(
            {
                "text": said,
                "confidence": min((word["confidence"] for word in line), default=CONFIDENCE),
                "boundingPolygon": _around(range(first, len(words)), words),
                "wordIndexes": list(range(first, len(words))),
            }
        )
    return words, rows


def _fields(source: Body, words: Sequence[Body]) -> list[Body]:
    found = [_field("KEY_VALUE", field, words) for field in source.get("fields") or ()]
    items = source.get("items") or ()
    if not items:
        return found
    of_items = [_array("LINE_ITEM", "Item", [_field("LINE_ITEM_FIELD", field, words) for field in item], words) for item in items]
    return [*found, _array("LINE_ITEM_GROUP", "Items", of_items, words)]


def _field(kind: str, field: Body, words: Sequence[Body]) -> Body:
    confidence, value_type = field.get("confidence", CONFIDENCE), field.get("type", "STRING")
    found = _place(str(field["text"]), words)
    name = field.get("name")
    return {
        "fieldType": kind,
        "fieldLabel": {"name": field["label"], "confidence": confidence},
        "fieldName": _named(name, confidence, words) if name else None,
        "fieldValue": {
            "valueType": value_type,
            "text": field["text"],
            "confidence": confidence,
            "value": _value(value_type, field.get("value", field["text"])),
            **found,
        },
    }


def _named(name: str, confidence: float, words: Sequence[Body]) -> Body:
    return {"name": name, "confidence": confidence, **_place(name, words)}


def _array(kind: str, label: str, items: list[Body], words: Sequence[Body]) -> Body:
    confidence = min((item["fieldLabel"]["confidence"] for item in items), default=CONFIDENCE)
    indexes = sorted({n for item in items for n in item["fieldValue"]["wordIndexes"]})
    return {
        "fieldType": kind,
        "fieldLabel": {"name": label, "confidence": confidence},
        "fieldName": None,
        "fieldValue": {
            "valueType": "ARRAY",
            "text": None,
            "confidence": confidence,
            "boundingPolygon": _around(indexes, words),
            "wordIndexes": indexes,
            "items": items,
        },
    }


def _table(rows: Sequence[Sequence[str]], words: Sequence[Body]) -> Body:
    shown = [{"cells": [_cell(said, n, m, words) for m, said in enumerate(row)]} for n, row in enumerate(rows)]
    indexes = sorted({n for row in shown for cell in row["cells"] for n in cell["wordIndexes"]})
    return {
        "rowCount": len(rows),
        "columnCount": max((len(row) for row in rows), default=0),
        "headerRows": shown[:1],
        "bodyRows": shown[1:],
        "footerRows": [],
        "confidence": CONFIDENCE,
        "boundingPolygon": _around(indexes, words),
    }


def _cell(said: str, row: int, column: int, words: Sequence[Body]) -> Body:
    return {"text": said, "rowIndex": row, "columnIndex": column, "confidence": CONFIDENCE, **_place(said, words)}


def _value(value_type: str, value: Any) -> Any:  # noqa: ANN401
    """A value in its type. Source: SDK models ValueDate, ValueNumber and so on."""
    if value_type == "NUMBER":
        return float(value)
    if value_type == "INTEGER":
        return int(value)
    return text(parsed(str(value))) if value_type in ("DATE", "TIME") else value


def _place(said: str, words: Sequence[Body]) -> Body:
    """Where a text stands on the page: the first run of words that spells it."""
    parts = said.split()
    for start in range(len(words) - len(parts) + 1):
        if parts and all(words[start + n]["text"] == part for n, part in enumerate(parts)):
            indexes = list(range(start, start + len(parts)))
            return {"boundingPolygon": _around(indexes, words), "wordIndexes": indexes}
    return {"boundingPolygon": _around([], words), "wordIndexes": []}


def _around(indexes: Sequence[int], words: Sequence[Body]) -> Body:
    corners = [corner for n in indexes for corner in words[n]["boundingPolygon"]["normalizedVertices"]]
    if not corners:
        return {"normalizedVertices": []}
    across, down = [c["x"] for c in corners], [c["y"] for c in corners]
    return _polygon(min(across), min(down), max(across), max(down))


def _box(line: int, column: int, length: int) -> Body:
    width = (1 - 2 * _MARGIN) / _SIGNS_PER_LINE
    left, top = _MARGIN + column * width, _MARGIN + line * _LINE_HEIGHT
    return _polygon(left, top, left + length * width, top + 0.8 * _LINE_HEIGHT)


def _polygon(left: float, top: float, right: float, bottom: float) -> Body:
    ends = ((left, top), (right, top), (right, bottom), (left, bottom))
    return {"normalizedVertices": [{"x": round(min(x, 1.0), 5), "y": round(min(y, 1.0), 5)} for x, y in ends]}
