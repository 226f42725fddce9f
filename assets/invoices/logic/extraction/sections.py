"""Parties under labels (`Bill to`), in blocks or as keys and values."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.labels import Label, in_segment
from assets.invoices.logic.extraction.names import CONTACT, POSTCODE, name_like
from assets.invoices.logic.extraction.party import LINES, Party, first_name
from assets.invoices.logic.extraction.sheet import Segment, Sheet, level


@dataclass(frozen=True, eq=False)
class Section:
    """The lines that a label of a party heads."""

    label: Label
    lines: tuple[Segment, ...]


def sections_of(document: Document, sheet: Sheet) -> Iterator[Section]:
    """The column of lines under each label that heads a section, up to the next heading in the same column."""
    roles = ("seller", "buyer", "other_party", "end_of_section", "payment_terms", "payee")
    heads = [label for label in document.labels[sheet.number] if label.role in roles and is_heading(label)]
    heading = {id(label.segment) for label in heads}
    for label in heads:
        if label.role not in ("seller", "buyer", "other_party"):
            continue
        lines: list[Segment] = []
        bottom = label.box.bottom
        for line in _column(sheet, label):
            if id(line) in heading or line.box.top - bottom > 3.0 * max(label.box.height, 8.0) or len(lines) >= 3 * LINES:
                break
            lines.append(line)
            bottom = max(bottom, line.box.bottom)
        inline = _inline(label)
        yield Section(label, (*inline, *lines))


def is_heading(label: Label) -> bool:
    """Whether a label heads a section: alone in its line, or before a name after a colon."""
    text = label.segment.text
    if label.start > 0 and text[: label.start].strip(" *-"):
        return False
    return label.alone or (label.meaning.weight >= 1 and text[label.end :].lstrip().startswith(":"))


def _inline(label: Label) -> tuple[Segment, ...]:
    rest = label.segment.text[label.end :].strip(" :.")
    if not rest or not name_like(rest):
        return ()
    start = label.segment.text.index(rest, label.end)
    words = tuple(word for word in label.segment.words if word.text and word.text in rest)
    return (Segment(label.segment.page, words or label.segment.words, rest, label.segment.place(start, start + len(rest))),)


def _column(sheet: Sheet, label: Label) -> list[Segment]:
    """Lines below a label, from its left edge to the next label in its row."""
    row = [other for other in sheet.beside(label.segment) if in_segment(other)]
    right = min((other.box.left for other in row), default=sheet.width)
    right = min(right, label.box.left + 0.62 * sheet.width)
    left = label.box.left - 6
    inside = [s for s in sheet.segments if s.box.middle > label.box.bottom and left <= s.box.left < right - 2]
    return sorted(inside, key=lambda s: (s.box.top, s.box.left))


def among_items_of(document: Document) -> set[int]:
    """Identities of labels below the headings of line items on their page, where words have another sense."""
    found = set()
    for sheet in document.sheets:
        tops = [segment.box.top for segment in sheet.segments if id(segment) in document.headings]
        found |= {id(label) for label in document.labels[sheet.number] if tops and label.box.top > min(tops)}
    return found


def parties_in(sections: Iterable[Section], role: str, among_items: set[int]) -> Iterator[Party]:
    """The parties in the sections of a role; labels among line items count half."""
    for section in sections:
        if section.label.role == role and section.lines:
            weight = section.label.meaning.weight * (0.5 if id(section.label) in among_items else 1.0)
            why = f"under “{section.label.text}”"
            named = _named_line(section.lines)
            if named:
                yield replace(named, score=0.96 * weight, why=why)
            elif party := first_name(section.lines, 0.93 * weight, why):
                yield party


def _named_line(lines: Sequence[Segment]) -> Party | None:
    """The name in a section of keys and values (`Name: …`)."""
    for index, line in enumerate(lines):
        label = next((found for found in in_segment(line) if found.role == "name" and found.start == 0), None)
        if label is None or not (label.alone or label.rest.lstrip(" .").startswith(":")):
            continue
        row = [other for other in lines[index + 1 :] if level(line.box, other.box)]
        value = line.text[label.end :].strip(" :.") or (row[0].text.strip(" :") if row else "")
        if name_like(value):
            source = row[0] if row and not line.text[label.end :].strip(" :.") else line
            address = _keyed_address(lines[index + 1 :])
            return Party(value, (source,), address, 0.0, "", source.box)
    return None


def _keyed_address(lines: Sequence[Segment]) -> tuple[Segment, ...]:
    for index, line in enumerate(lines):
        if any(found.role == "address" and found.start == 0 for found in in_segment(line)):
            values = [other for other in lines[index + 1 :] if other.box.left > line.box.right]
            return tuple(_until_contact(values[:4]))
    return ()


def _until_contact(lines: Iterable[Segment]) -> Iterator[Segment]:
    """Address lines up to the one with the postal code, and the country after it."""
    for line in lines:
        if CONTACT.search(line.text) or in_segment(line):
            return
        yield line
        if POSTCODE.search(line.text):
            return
