"""From a result of Document Understanding to an analysis. What the service says of numbers as floats is never used."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from resources.document_ai.layout import Analysis, Box, Cell, KeyValue, Page, Table, Word, around
from resources.document_ai.lines import lines_of

_VERSIONS = ("text_extraction_model_version", "key_value_extraction_model_version", "table_extraction_model_version")


@dataclass(frozen=True, slots=True)
class Labels:
    """Names of fields and of columns by the service's label in lower case."""

    fields: Mapping[str, str]
    columns: Mapping[str, str]

    @classmethod
    def of(cls, fields: Mapping[str, str], columns: Mapping[str, str]) -> "Labels":
        """Labels in any case."""
        return cls({k.lower(): v for k, v in fields.items()}, {k.lower(): v for k, v in columns.items()})


def analysis_of(result: Any, sizes: Sequence[tuple[float, float]], labels: Labels, engine: str) -> Analysis:  # noqa: ANN401
    """What the service made of a document.

    Places become those of the pages as they are measured here, not as the service saw them. What failed or is missing is noted.

    Args:
        result: The SDK's AnalyzeDocumentResult.
        sizes: Width and height of every page.
        labels: What the service's labels mean.
        engine: For the analysis.
    """
    reading = _Reading(labels, sizes)
    numbers = {page.page_number for page in result.pages or ()}
    for page in sorted(result.pages or (), key=lambda page: page.page_number):
        reading.read(page)
    errors = [f"Document Understanding: {error.code}: {error.message}" for error in result.errors or ()]
    missing = [n for n in range(1, len(sizes) + 1) if n not in numbers]
    if missing:
        errors.append(f"Document Understanding answered nothing on pages {', '.join(map(str, missing))}")
    models = [f"{name.split('_model')[0]} {getattr(result, name)}" for name in _VERSIONS if getattr(result, name)]
    about = [f"models of Document Understanding: {', '.join(models)}"] if models else []
    return Analysis(
        engine,
        tuple(reading.pages),
        tuple(reading.key_values),
        tuple(reading.tables),
        (*errors, *reading.notes, *about),
    )


@dataclass
class _Reading:
    """A result while it is read, page by page."""

    labels: Labels
    sizes: Sequence[tuple[float, float]]
    pages: list[Page] = field(default_factory=list)
    key_values: list[KeyValue] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def read(self, page: Any) -> None:  # noqa: ANN401
        number = page.page_number
        if not 1 <= number <= len(self.sizes):
            self.notes.append(f"Document Understanding answered a page {number} that the document does not have")
            return
        width, height = self.sizes[number - 1]
        place = _Place(width, height, page.words or ())
        words = list(place.known())
        if len(words) < len(place.words):
            self.notes.append(
                f"words of page {number} without a text or a place, which are left out: {len(place.words) - len(words)}"
            )
        self.pages.append(Page(number, width, height, tuple(lines_of(words)), "ocr"))
        fields = page.document_fields or ()
        self.key_values += [self._key_value(leaf, number, place) for one in fields for leaf in _leaves(one) if not _is_item(one)]
        rows = tuple(row for one in fields for line in _line_items(one) if (row := tuple(self._item(line, place))))
        if rows:
            self.tables.append(Table(number, rows, items=True))
        self.tables += [_table(table, number, place) for table in page.tables or ()]

    def _key_value(self, leaf: Any, number: int, place: "_Place") -> KeyValue:  # noqa: ANN401
        label, value = leaf.field_label, leaf.field_value
        return KeyValue(
            self.labels.fields.get(label.name.lower(), label.name),
            place.text(value),
            _confidence(label.confidence, value.confidence),
            number,
            place.box(value.bounding_polygon),
            _normalized(value),
        )

    def _item(self, line: Any, place: "_Place") -> Iterator[Cell]:  # noqa: ANN401
        """Cells of a line item; a second one of the same column keeps the service's label."""
        used: set[str] = set()
        for leaf in _leaves(line):
            label, value = leaf.field_label, leaf.field_value
            key = self.labels.columns.get(label.name.lower(), label.name)
            key = label.name if key in used else key
            used.add(key)
            yield Cell(place.text(value), place.box(value.bounding_polygon), _confidence(label.confidence, value.confidence), key)


@dataclass(frozen=True)
class _Place:
    """A page as its values refer to it: its size, and its words by their index."""

    width: float
    height: float
    words: Sequence[Any]

    def known(self) -> Iterator[Word]:
        for word in self.words:
            box = self.box(word.bounding_polygon)
            if box is not None and (word.text or "").strip():
                yield Word(word.text.strip(), box, _confidence(word.confidence))

    def box(self, polygon: Any) -> Box | None:  # noqa: ANN401
        """The box around a polygon whose corners are shares of the page; None if it has none."""
        corners = (polygon.normalized_vertices or ()) if polygon else ()
        if not corners:
            return None
        return around(Box(c.x * self.width, c.y * self.height, c.x * self.width, c.y * self.height) for c in corners)

    def text(self, value: Any) -> str:  # noqa: ANN401
        """A value as printed: what the service says, or else the words that it points at."""
        pointed = [self.words[n].text for n in value.word_indexes or () if 0 <= n < len(self.words)]
        plain = getattr(value, "value", None)
        return value.text or " ".join(pointed) or value.normalized_value or (plain if isinstance(plain, str) else "")


def _is_item(one: Any) -> bool:  # noqa: ANN401
    return str(one.field_type).startswith("LINE_ITEM")


def _leaves(one: Any) -> Iterator[Any]:  # noqa: ANN401
    """Fields below a field, or itself, that hold a value and no others."""
    items: Iterable[Any] | None = getattr(one.field_value, "items", None)
    if items is None:
        if one.field_label and one.field_label.name:
            yield one
        return
    for below in items:
        yield from _leaves(below)


def _line_items(one: Any) -> Iterator[Any]:  # noqa: ANN401
    """Line items below a field, however they are nested."""
    if one.field_type == "LINE_ITEM":
        yield one
        return
    for below in getattr(one.field_value, "items", None) or ():
        yield from _line_items(below)


def _table(table: Any, number: int, place: _Place) -> Table:  # noqa: ANN401
    rows = [*(table.header_rows or ()), *(table.body_rows or ()), *(table.footer_rows or ())]
    cells = [
        tuple(
            Cell(cell.text or "", place.box(cell.bounding_polygon), _confidence(cell.confidence))
            for cell in sorted(row.cells or (), key=lambda cell: cell.column_index)
        )
        for row in rows
    ]
    return Table(number, tuple(cells))


def _confidence(*given: float | None) -> float:
    """The lowest of those given, within 0 and 1; 0 if there is none."""
    known = [value for value in given if value is not None]
    return min(max(min(known), 0.0), 1.0) if known else 0.0


def _normalized(value: Any) -> str | None:  # noqa: ANN401
    """An ISO date or a plain decimal, where the service says it as text or as a date."""
    said = value.normalized_value
    if value.value_type == "DATE" and not said:
        found = getattr(value, "value", None)
        return found.date().isoformat() if found is not None else None
    if value.value_type in ("NUMBER", "INTEGER") and said:
        try:
            number = Decimal(said)
        except InvalidOperation:
            return None
        return f"{number:f}" if number.is_finite() else None
    return said or None
