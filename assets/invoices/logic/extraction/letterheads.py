"""Parties without a label: letterhead, sender's line, address window, legal data in the footer, holder of the account."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.labels import in_segment
from assets.invoices.logic.extraction.names import (
    CONTACT,
    LEGAL_DATA,
    POSTCODE,
    SALUTATION,
    STATED_FORM,
    TAX_NUMBER,
    cleaned,
    is_title,
    key_of,
    legal_form,
    name_like,
)
from assets.invoices.logic.extraction.party import Party, first_name, party_of
from assets.invoices.logic.extraction.sections import is_heading
from assets.invoices.logic.extraction.sheet import Segment, Sheet, blocks

_SEPARATOR = re.compile(r"\s+[●•·∙|–—*\-]\s+|\s*[●•·∙|]\s*|,\s+")
_OF_AMOUNT = re.compile(r"\d\s?%|\d[.,]\d{2}(?!\d|[.,]\d)")
"""What tells that a line with the name of a tax is about its amount, not about who is registered for it."""
_ATTENTION = re.compile(
    r"\bz\. ?h(?:d|änden)\b|\battn\b|\battention\b|\bt\.? ?a\.? ?v\b|\ball'attenzione\b|\ba la atención\b", re.IGNORECASE
)
"""To whose hands a letter goes: said of its reader only."""
_PAYEE = 0.5
_GAP = 2.5
"""Line heights between the address of a letterhead and its contact data at most."""


def sender_lines(sheet: Sheet, segments: Iterable[Segment]) -> Iterator[Party]:
    """Name and address in one line, as above the window of an envelope."""
    for segment in segments:
        parts = [part.strip() for part in _SEPARATOR.split(segment.text) if part.strip()]
        if len(parts) < 3 or (segment.box.top > 0.6 * sheet.height and segment.box.top < 0.85 * sheet.height):
            continue
        coded = next((n for n, part in enumerate(parts) if n > 1 and POSTCODE.match(part + " x")), None)
        if coded is None or not name_like(parts[0]) or len(segment.text) > 130:
            continue
        name = cleaned(parts[0])
        end = segment.text.index(parts[0]) + len(parts[0])
        why = "with its address in one line"
        yield Party(name, (segment,), (segment,), 0.85, why, segment.place(0, end), ", ".join(parts[1:]))


def letterheads(sheet: Sheet, free: Sequence[Segment]) -> Iterator[Party]:
    """Blocks at the top of the first page: with contact data, in large letters, or with a legal form."""
    tallest = max((segment.box.height for segment in free), default=1.0)
    found = blocks(s for s in free if s.box.top < 0.42 * sheet.height)
    for block in found:
        start = next((n for n, line in enumerate(block[:3]) if name_like(line.text)), None)
        if start is None or is_title(block[start]) or any(_ATTENTION.search(line.text) for line in block):
            continue
        party = party_of(block[start:], 0.0, "")
        score, why = _letterhead_score(sheet, [*block, *_continued(block, found)], party, tallest)
        if score:
            yield replace(party, score=score, why=why)
        for line in block[start + 1 : start + 3]:
            if name_like(line.text) and not POSTCODE.search(line.text) and line not in party.lines and score:
                yield replace(
                    party_of(block[block.index(line) :], 0.0, ""), score=0.45 * score, why=f"second line of a block {why}"
                )


def _continued(block: Sequence[Segment], others: Iterable[Sequence[Segment]]) -> Sequence[Segment]:
    """The block that follows another in its column after a small gap: contact data below an address."""
    last = block[-1].box
    for other in others:
        box = other[0].box
        if abs(box.left - block[0].box.left) < last.height and 0 < box.top - last.bottom < _GAP * last.height:
            return other
    return ()


def _letterhead_score(sheet: Sheet, block: Sequence[Segment], party: Party, tallest: float) -> tuple[float, str]:
    reasons: list[str] = []
    score = 0.12
    text = "\n".join(line.text for line in block if not _OF_AMOUNT.search(line.text))
    if LEGAL_DATA.search(text):
        reasons, score = [*reasons, "with its registration"], score + 0.3
    if CONTACT.search(text):
        reasons, score = [*reasons, "with contact data"], score + 0.15
    if legal_form(party.name):
        reasons, score = [*reasons, "with a legal form"], score + 0.2
    if party.address:
        reasons, score = [*reasons, "with an address"], score + 0.12
    if block[0].box.top < 0.12 * sheet.height:
        reasons, score = [*reasons, "at the top of the page"], score + 0.15
    if party.lines[0].box.height > 0.9 * tallest and tallest > 1.25 * _usual_height(sheet):
        reasons, score = [*reasons, "in the largest letters"], score + 0.15
    return (min(score, 0.85), ", ".join(reasons)) if reasons else (0.0, "")


def _usual_height(sheet: Sheet) -> float:
    heights = sorted(segment.box.height for segment in sheet.segments)
    return heights[len(heights) // 2] if heights else 1.0


def windows(sheet: Sheet, free: Sequence[Segment], senders: Sequence[Party]) -> Iterator[Party]:
    """The recipient in the address window: a block with a postal code and no contact data in the upper part of the page.

    The recipient's tax number may end the block; only below the head of another company it is not the issuer's own.
    """
    heads = [block for block in blocks(s for s in free if s.box.top < 0.4 * sheet.height) if _heads(block)]
    for block in blocks(s for s in free if 0.1 * sheet.height < s.box.top < 0.4 * sheet.height):
        numbered = next((n for n, line in enumerate(block) if _legal(line.text)), len(block))
        address, rest = block[:numbered], block[numbered:]
        if len(address) < 3 or not any(POSTCODE.search(line.text) for line in address[1:]):
            continue
        headed = any(_above(head, block) for head in heads)
        if rest and not (headed and all(TAX_NUMBER.search(line.text) for line in rest)):
            continue
        above = any(
            0 < block[0].box.top - party.box.bottom < 0.06 * sheet.height and party.lines[0] not in block for party in senders
        )
        saluted = bool(SALUTATION.match(block[0].text)) or any(_ATTENTION.search(line.text) for line in address)
        score = 0.75 if above or saluted or (rest and headed) else 0.35
        if any(key_of(party.name) == key_of(block[0].text) for party in senders):
            continue
        if party := first_name(address, score, "in the address window"):
            yield replace(party, numbered=tuple(rest))


def _legal(text: str) -> bool:
    return bool(LEGAL_DATA.search(text) or TAX_NUMBER.search(text))


def _heads(block: Sequence[Segment]) -> bool:
    """Whether a block may be a letterhead: the name of a company, or a name and its address."""
    named = name_like(block[0].text)
    return named and bool(legal_form(block[0].text) or any(POSTCODE.search(line.text) for line in block[1:]))


def _above(head: Sequence[Segment], block: Sequence[Segment]) -> bool:
    """Whether the head of another company stands above a block."""
    return head[-1].box.bottom < block[0].box.top and key_of(head[0].text) != key_of(block[0].text)


def footers(document: Document, owner: Mapping[int, str]) -> Iterator[Party]:
    """Companies in legal data: blocks that name a register or a tax number, and sentences with form and capital."""
    for sheet in document.sheets:
        lines = [s for s in sheet.segments if owner.get(id(s)) not in ("buyer", "other_party")]
        for segment in lines:
            if stated := STATED_FORM.search(segment.text):
                name = cleaned(re.split(r"\s[-–]\s|:\s", stated["name"])[-1])
                if name_like(name):
                    yield Party(name, (segment,), (), 0.6, "named with its legal form and capital", segment.box)
            elif segment.box.top > 0.8 * sheet.height:
                yield from _legal_line(segment)
        for block in blocks(lines):
            yield from _legal_block(sheet, block)


def _legal_line(segment: Segment) -> Iterator[Party]:
    """A line at the bottom of the page that begins with a company and goes on with its numbers."""
    name, *rest = [part.strip() for part in _SEPARATOR.split(segment.text) if part.strip()] or [""]
    if legal_form(name) and name_like(name) and any(LEGAL_DATA.search(part) for part in rest):
        start = segment.text.index(name)
        box = segment.place(start, start + len(name))
        yield Party(cleaned(name), (segment,), (), 0.6, "with its numbers in a line at the bottom of the page", box)


def _legal_block(sheet: Sheet, block: Sequence[Segment]) -> Iterator[Party]:
    """A block that begins with a company; at the bottom of the page its neighbours may hold the legal data."""
    for index, line in enumerate(block):
        if not legal_form(line.text) or not name_like(line.text):
            continue
        near = [*block[index:], *(other for member in block[index : index + 3] for other in sheet.beside(member))]
        if any(LEGAL_DATA.search(other.text) for other in near):
            yield replace(party_of(block[index:], 0.0, ""), score=0.5, why="with legal data")
        elif index == 0 and len(block) == 1 and line.box.top > 0.6 * sheet.height:
            yield replace(party_of(block[index:], 0.0, ""), score=0.25, why="a company near the bottom of the page")
        return


def payees(document: Document) -> Iterator[Party]:
    """Holders of the account to pay to."""
    for sheet, label in document.labelled("payee"):
        if not is_heading(label) and ":" not in label.segment.text:
            continue
        rest = label.segment.text[label.end :].strip(" :.")
        near = [*sheet.beside(label.segment)[:1], *list(sheet.below(label.segment, label.box, 2.0))[:1]]
        for line in [label.segment] if rest else near:
            found = [f for f in in_segment(line) if f.role in ("name", "payee") and f.start == 0]
            text = line.text[found[0].end :].strip(" :.") if found else line.text.strip(" :.")
            if name_like(text):
                yield Party(cleaned(text), (line,), (), _PAYEE, "holds the account to pay to", line.box)
