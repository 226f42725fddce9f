"""A party as found on a page: name and address from the lines of a block."""

from collections.abc import Sequence
from dataclasses import dataclass

from assets.invoices.logic.extraction.dates import dates_in
from assets.invoices.logic.extraction.names import CONTACT, POSTCODE, SALUTATION, STREET, cleaned, legal_form, name_like
from assets.invoices.logic.extraction.sheet import Segment
from resources.document_ai.layout import Box, around

LINES = 7


@dataclass(frozen=True, eq=False)
class Party:
    """A party found in one way.

    Attributes:
        name: Its name.
        lines: The line or lines that the name stands in.
        address: Lines of its address; empty if none is with it.
        score: How likely it is in the role, 0 to 1.
        why: What speaks for it.
        box: Around the name.
        address_text: The address where it is a part of a line.
        numbered: Lines of its tax numbers, where they end its block.
    """

    name: str
    lines: tuple[Segment, ...]
    address: tuple[Segment, ...]
    score: float
    why: str
    box: Box
    address_text: str = ""
    numbered: tuple[Segment, ...] = ()


def first_name(lines: Sequence[Segment], score: float, why: str) -> Party | None:
    """The party whose name is the first of the lines that may be one; None if none may."""
    for index, line in enumerate(lines[:LINES]):
        if SALUTATION.fullmatch(line.text.strip()):
            continue
        if name_like(line.text):
            return party_of(lines[index:], score, why)
    return None


def party_of(lines: Sequence[Segment], score: float, why: str) -> Party:
    """A party from the lines of its block, the first of which is its name."""
    name, used = cleaned(lines[0].text), 1
    if len(lines) > 1 and not legal_form(name) and _second_line(lines[0], lines[1]):
        name, used = f"{name} {cleaned(lines[1].text)}", 2
    address = _address(lines[used:])
    return Party(name, tuple(lines[:used]), address, score, why, around(line.box for line in lines[:used]))


def _second_line(first: Segment, second: Segment) -> bool:
    """Whether a name goes on in the second line: only there stands the legal form."""
    close = second.box.top - first.box.bottom < 0.6 * first.box.height
    same = abs(second.box.height - first.box.height) < 0.25 * first.box.height
    return (
        close and same and bool(legal_form(second.text)) and name_like(second.text) and not any(c.isdigit() for c in second.text)
    )


def _address(lines: Sequence[Segment]) -> tuple[Segment, ...]:
    """The lines after a name up to the postal code; persons before the street belong to it no more than phones after it."""
    found: list[Segment] = []
    for index, line in enumerate(lines[:5]):
        if CONTACT.search(line.text) or dates_in(line.text):
            break
        found.append(line)
        if POSTCODE.search(line.text) and not _only_street(lines[index : index + 2]):
            return tuple(found)
    streets = [index for index, line in enumerate(found) if STREET.search(line.text)]
    return tuple(found[: streets[-1] + 1]) if streets else ()


def _only_street(lines: Sequence[Segment]) -> bool:
    """Whether the number of a house, before the name of the street, looks like a postal code, which stands in the next line."""
    street, *following = (line.text for line in lines)
    numbered = POSTCODE.match(street) and STREET.search(street)
    return bool(numbered) and any(POSTCODE.search(text) and not CONTACT.search(text) for text in following)
