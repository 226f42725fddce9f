"""Who issued the invoice and who shall pay it.

A party is found in several ways that support one another: the block under a label, the letterhead, the sender's line above the
address window, the legal data in the footer, the window itself. A name that a domain of the page spells, or that stands on the
page again, is likelier.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from assets.invoices.logic.extraction import wordings
from assets.invoices.logic.extraction.dates import dates_in
from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.labels import Label, in_segment
from assets.invoices.logic.extraction.ranking import merged
from assets.invoices.logic.extraction.registrations import Registration, registrations
from assets.invoices.logic.extraction.sheet import Segment, Sheet, blocks, folded, level
from assets.invoices.logic.invoice import Candidate, FieldName
from resources.document_ai.layout import Box, around

_POSTCODE = re.compile(
    r"(?<![\w.,/-])(?:[A-Z]{1,2}[- ]?)?(?:\d{4,5}|\d{3} \d{2}|\d{2}-\d{3}|\d{4}-\d{3}|\d{4} ?[A-Z]{2})\s+[^\W\d_]"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b[A-Z]{2},? \d{5}(?:-\d{4})?\b"
    r"|[^\W\d_]{3,} ?[-–,]? ?\d{6}\b|[^\W\d_]{3,},? \d{4,5}\b"
)
_STREET = re.compile(
    r"(?:stra(?:ß|ss)e|str\.?|weg|platz|allee|gasse|ring|ufer|damm|promenade|laan|straat|plein|kade)\s*\d"
    r"|\b(?:street|st\.?|road|rd\.?|avenue|ave\.?|lane|drive|dr\.?|rue|avenue|av\.?|boulevard|bd|chemin|place|impasse|calle|c/|avda\.?|camino|plaza|via|viale|corso|piazza|rua)\b"
    r"|^\d{1,4}[a-z]?,? [^\W\d_]",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"@|www\.|https?:|\b(?:tel|fon|fax|phone|telefon|téléphone|mobil|mobile|e-?mail|iban|bic|swift|ust|vat|tva|btw|siret|siren|gln|hrb|kvk)\b|[☎✆✉�📞]",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"(?:@|www\.|https?://(?:www\.)?)([a-z0-9\-]+(?:\.[a-z0-9\-]+)*)\.[a-z]{2,}", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s+[●•·∙|–—*\-]\s+|\s*[●•·∙|]\s*|,\s+")
_CAPITAL = re.compile(r"\s+(?:SARL|SAS|SASU|SA|EURL|S\.A\.R\.L\.|S\.A\.S?\.)$")
_STATED_FORM = re.compile(
    r"(?P<name>.*?)[\s,.\-–]*\b(?:SARL|SASU|SAS|SA|EURL|S\.A\.R\.L\.|S\.A\.S?\.|soci[ée]t[ée] anonyme)\s+au\s+capital",
    re.IGNORECASE,
)
_SALUTATION = re.compile(
    r"^(?:herrn?|frau|firma|mr\.?|mrs\.?|ms\.?|m\.|mme|monsieur|madame|sr\.?|sra\.?|spett\.?le|an)\b\s*", re.IGNORECASE
)
_LEGAL_DATA = re.compile(
    r"\b(?:ust|ust-?idnr|vat|tva|hrb|hra|amtsgericht|handelsregister|registergericht|siret|siren|rcs|r\.c\.s|kvk|registered"
    r"|company no|registro mercantil|cif|nif|p\.? ?iva|geschäftsführ\w*|gstin|cin|iban|bic|steuernummer|steuer-nr)\b",
    re.IGNORECASE,
)
_GENERIC = {
    "gmail", "outlook", "hotmail", "yahoo", "web", "gmx", "icloud", "aol", "wanadoo", "orange", "localhost", "example", "mail",
    "provider",
}  # fmt: skip
"""Domains that name a provider of mail, not a company."""
_LONGEST_NAME = 60
_LINES = 7
_GAP = 2.5
"""Line heights between the address of a letterhead and its contact data at most."""
_PAYEE = 0.5
_REPEATED = 0.5
_SPELLED = 0.55


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
    """

    name: str
    lines: tuple[Segment, ...]
    address: tuple[Segment, ...]
    score: float
    why: str
    box: Box
    address_text: str = ""


@dataclass(frozen=True, eq=False)
class Section:
    """The lines that a label of a party heads."""

    label: Label
    lines: tuple[Segment, ...]


def parties(document: Document) -> dict[FieldName, tuple[Candidate, ...]]:
    """Candidates for seller and buyer, their addresses and tax numbers."""
    sections = [section for sheet in document.sheets for section in _sections(document, sheet)]
    among_items = _among_items(document)
    owner = {id(line): section.label.role for section in sections for line in section.lines}
    sellers = [*_in_sections(sections, "seller", among_items), *_payees(document)]
    buyers = list(_in_sections(sections, "buyer", among_items))
    first = document.sheets[0]
    free = [segment for segment in first.segments if owner.get(id(segment)) not in ("buyer", "other_party")]
    senders = list(_sender_lines(first, free))
    buyers += _windows(first, free, senders)
    known_buyers = {_key(party.name) for party in buyers}
    sellers += [*senders, *_letterheads(first, free), *_footers(document, owner)]
    sellers = [p for p in sellers if _key(p.name) not in known_buyers or p.why.startswith("under")] or sellers
    evidence = _Evidence(document, owner)
    found: dict[FieldName, tuple[Candidate, ...]] = {
        "seller": _named_candidates(sellers, evidence),
        "buyer": _named_candidates(buyers, None),
        "seller_address": (),
        "buyer_address": (),
    }
    if found["seller"]:
        found["seller_address"] = _addresses(sellers, found["seller"][0].value)
    if found["buyer"]:
        found["buyer_address"] = _addresses(buyers, found["buyer"][0].value)
    seller_ids, buyer_ids = _tax_ids(document, owner)
    found |= {"seller_tax_ids": seller_ids, "buyer_tax_ids": buyer_ids}
    return {field: some for field, some in found.items() if some}


# --- sections ---------------------------------------------------------------------------------------------------------------


def _sections(document: Document, sheet: Sheet) -> Iterator[Section]:
    """The column of lines under each label that heads a section, up to the next heading in the same column."""
    roles = ("seller", "buyer", "other_party", "end_of_section", "payment_terms", "payee")
    heads = [label for label in document.labels[sheet.number] if label.role in roles and _heads(label)]
    heading = {id(label.segment) for label in heads}
    for label in heads:
        if label.role not in ("seller", "buyer", "other_party"):
            continue
        lines: list[Segment] = []
        bottom = label.box.bottom
        for line in _column(sheet, label):
            if id(line) in heading or line.box.top - bottom > 3.0 * max(label.box.height, 8.0) or len(lines) >= 3 * _LINES:
                break
            lines.append(line)
            bottom = max(bottom, line.box.bottom)
        inline = _inline(label)
        yield Section(label, (*inline, *lines))


def _heads(label: Label) -> bool:
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


def _among_items(document: Document) -> set[int]:
    """Identities of labels below the headings of line items on their page, where words have another sense."""
    found = set()
    for sheet in document.sheets:
        tops = [segment.box.top for segment in sheet.segments if id(segment) in document.headings]
        found |= {id(label) for label in document.labels[sheet.number] if tops and label.box.top > min(tops)}
    return found


def _in_sections(sections: Iterable[Section], role: str, among_items: set[int]) -> Iterator[Party]:
    for section in sections:
        if section.label.role == role and section.lines:
            weight = section.label.meaning.weight * (0.5 if id(section.label) in among_items else 1.0)
            why = f"under “{section.label.text}”"
            named = _named_line(section.lines)
            if named:
                yield replace(named, score=0.96 * weight, why=why)
            elif party := _first_name(section.lines, 0.93 * weight, why):
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
        if _CONTACT.search(line.text) or in_segment(line):
            return
        yield line
        if _POSTCODE.search(line.text):
            return


def _first_name(lines: Sequence[Segment], score: float, why: str) -> Party | None:
    for index, line in enumerate(lines[:_LINES]):
        if _SALUTATION.fullmatch(line.text.strip()):
            continue
        if name_like(line.text):
            return _party(lines[index:], score, why)
    return None


def _party(lines: Sequence[Segment], score: float, why: str) -> Party:
    """A party from the lines of its block, the first of which is its name."""
    name, used = _clean(lines[0].text), 1
    if len(lines) > 1 and not legal_form(name) and _second_line(lines[0], lines[1]):
        name, used = f"{name} {_clean(lines[1].text)}", 2
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
    for line in lines[:5]:
        if _CONTACT.search(line.text) or dates_in(line.text):
            break
        found.append(line)
        if _POSTCODE.search(line.text):
            return tuple(found)
    streets = [index for index, line in enumerate(found) if _STREET.search(line.text)]
    return tuple(found[: streets[-1] + 1]) if streets else ()


# --- letterhead, sender's line, footer, window --------------------------------------------------------------------------------


def _sender_lines(sheet: Sheet, segments: Iterable[Segment]) -> Iterator[Party]:
    """Name and address in one line, as above the window of an envelope."""
    for segment in segments:
        parts = [part.strip() for part in _SEPARATOR.split(segment.text) if part.strip()]
        if len(parts) < 3 or (segment.box.top > 0.6 * sheet.height and segment.box.top < 0.85 * sheet.height):
            continue
        coded = next((n for n, part in enumerate(parts) if n > 1 and _POSTCODE.match(part + " x")), None)
        if coded is None or not name_like(parts[0]) or len(segment.text) > 130:
            continue
        name = _clean(parts[0])
        end = segment.text.index(parts[0]) + len(parts[0])
        why = "with its address in one line"
        yield Party(name, (segment,), (segment,), 0.85, why, segment.place(0, end), ", ".join(parts[1:]))


def _letterheads(sheet: Sheet, free: Sequence[Segment]) -> Iterator[Party]:
    """Blocks at the top of the first page: with contact data, in large letters, or with a legal form."""
    tallest = max((segment.box.height for segment in free), default=1.0)
    found = blocks(s for s in free if s.box.top < 0.42 * sheet.height)
    for block in found:
        start = next((n for n, line in enumerate(block[:3]) if name_like(line.text)), None)
        if start is None or _is_title(block[start]):
            continue
        party = _party(block[start:], 0.0, "")
        score, why = _letterhead_score(sheet, [*block, *_continued(block, found)], party, tallest)
        if score:
            yield replace(party, score=score, why=why)
        for line in block[start + 1 : start + 3]:
            if name_like(line.text) and line not in party.lines and score:
                yield replace(
                    _party(block[block.index(line) :], 0.0, ""), score=0.45 * score, why=f"second line of a block {why}"
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
    text = "\n".join(line.text for line in block)
    if _LEGAL_DATA.search(text):
        reasons, score = [*reasons, "with its registration"], score + 0.3
    if _CONTACT.search(text):
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


def _windows(sheet: Sheet, free: Sequence[Segment], senders: Sequence[Party]) -> Iterator[Party]:
    """The recipient in the address window: a block with a postal code and no contact data in the upper part of the page."""
    for block in blocks(s for s in free if 0.1 * sheet.height < s.box.top < 0.4 * sheet.height):
        text = "\n".join(line.text for line in block)
        if len(block) < 3 or _LEGAL_DATA.search(text) or not any(_POSTCODE.search(line.text) for line in block[1:]):
            continue
        above = any(
            0 < block[0].box.top - party.box.bottom < 0.06 * sheet.height and party.lines[0] not in block for party in senders
        )
        saluted = bool(_SALUTATION.match(block[0].text))
        score = 0.75 if above or saluted else 0.35
        if any(_key(party.name) == _key(block[0].text) for party in senders):
            continue
        if party := _first_name(block, score, "in the address window"):
            yield party


def _footers(document: Document, owner: Mapping[int, str]) -> Iterator[Party]:
    """Companies in legal data: blocks that name a register or a tax number, and sentences with form and capital."""
    for sheet in document.sheets:
        lines = [s for s in sheet.segments if owner.get(id(s)) not in ("buyer", "other_party")]
        for segment in lines:
            if stated := _STATED_FORM.search(segment.text):
                name = _clean(re.split(r"\s[-–]\s|:\s", stated["name"])[-1])
                if name_like(name):
                    yield Party(name, (segment,), (), 0.6, "named with its legal form and capital", segment.box)
        for block in blocks(lines):
            yield from _legal_block(sheet, block)


def _legal_block(sheet: Sheet, block: Sequence[Segment]) -> Iterator[Party]:
    """A block that begins with a company; at the bottom of the page its neighbours may hold the legal data."""
    for index, line in enumerate(block):
        if not legal_form(line.text) or not name_like(line.text):
            continue
        near = [*block[index:], *(other for member in block[index : index + 3] for other in sheet.beside(member))]
        if any(_LEGAL_DATA.search(other.text) for other in near):
            yield replace(_party(block[index:], 0.0, ""), score=0.5, why="with legal data")
        elif index == 0 and len(block) == 1 and line.box.top > 0.6 * sheet.height:
            yield replace(_party(block[index:], 0.0, ""), score=0.25, why="a company near the bottom of the page")
        return


def _payees(document: Document) -> Iterator[Party]:
    """Holders of the account to pay to."""
    for sheet, label in document.labelled("payee"):
        if not _heads(label) and ":" not in label.segment.text:
            continue
        rest = label.segment.text[label.end :].strip(" :.")
        near = [*sheet.beside(label.segment)[:1], *list(sheet.below(label.segment, label.box, 2.0))[:1]]
        for line in [label.segment] if rest else near:
            found = [f for f in in_segment(line) if f.role in ("name", "payee") and f.start == 0]
            text = line.text[found[0].end :].strip(" :.") if found else line.text.strip(" :.")
            if name_like(text):
                yield Party(_clean(text), (line,), (), _PAYEE, "holds the account to pay to", line.box)


# --- names ------------------------------------------------------------------------------------------------------------------


def name_like(text: str) -> bool:
    """Whether a text may be the name of a party: letters more than digits, no address, no contact, no label, no title."""
    text = text.strip()
    letters, digits = sum(c.isalpha() for c in text), sum(c.isdigit() for c in text)
    if letters < 2 or digits > 0.3 * letters or not 2 <= len(text) <= _LONGEST_NAME or len(text.split()) > 8:
        return False
    if ":" in text or text[0] in "(#" or _CONTACT.search(text) or dates_in(text) or (_POSTCODE.search(text) and digits > 3):
        return False
    if (_STREET.search(text) and digits) or (text.endswith((".", "!", "?")) and not legal_form(text)):
        return False
    found = in_segment(_bare(text))
    if any(label.start == 0 and label.end >= len(text) - 2 for label in found):
        return False
    heads = {folded(word) for word in text.split()} & set(wordings.ITEM_HEADINGS.split())
    clear = [label for label in found if label.meaning.weight >= 1 and (label.start == 0 or label.role.startswith("title_"))]
    return bool(legal_form(text)) or not (clear or (heads and len(text.split()) <= 2))


def _bare(text: str) -> Segment:
    from resources.document_ai.layout import Word

    box = Box(0, 0, 1, 1)
    return Segment(0, tuple(Word(word, box) for word in text.split()), " ".join(text.split()), box)


def _is_title(segment: Segment) -> bool:
    return any(label.role.startswith("title_") and (label.alone or label.start == 0) for label in in_segment(segment))


@lru_cache(maxsize=1)
def _forms() -> re.Pattern[str]:
    forms = sorted(wordings.LEGAL_FORMS.split("|"), key=len, reverse=True)
    return re.compile(rf"(?:^|[\s,])(?:{'|'.join(re.escape(form) for form in forms)})(?=$|[\s,)])", re.IGNORECASE)


def legal_form(text: str) -> str | None:
    """The legal form at the end of a company's name; None if it ends otherwise."""
    last = next(reversed(list(_forms().finditer(text.strip()))), None)
    return last.group().strip(" ,") if last and last.end() >= len(text.strip()) - 1 else None


def _clean(text: str) -> str:
    return _SALUTATION.sub("", text.strip(" ,;:|*•●")) or text.strip()


def _key(name: str) -> str:
    return "".join(c for c in folded(name) if c.isalnum())


def _core(name: str) -> str:
    form = legal_form(name)
    return _key(name.strip()[: -len(form)] if form and name.strip().endswith(form) else name)


class _Evidence:
    """What the page says elsewhere for a name of the seller."""

    def __init__(self, document: Document, owner: Mapping[int, str]) -> None:
        lines = [s for s in document.segments if owner.get(id(s)) not in ("buyer", "other_party")]
        self._texts = Counter(_key(segment.text) for segment in document.segments)
        self._all = [_key(segment.text) for segment in document.segments]
        self._domains = {d for segment in lines for d in _domains(segment.text)}
        self._stated = any(_STATED_FORM.search(text) for text in document.texts)

    def of(self, name: str) -> list[tuple[float, str]]:
        core = _core(name)
        found = []
        if len(core) > 2 and any(core == domain or (len(core) > 4 and core in domain) for domain in self._domains):
            found.append((_SPELLED, "a domain on the page spells it"))
        if len(core) > 3 and sum(core in text for text in self._all) > 1:
            found.append((_REPEATED, "stands on the page again"))
        return found

    def written(self, name: str) -> str:
        """The name without its legal form where the page states the form with the capital, and so apart from the name."""
        return _CAPITAL.sub("", name) if self._stated else name


def _domains(text: str) -> Iterator[str]:
    for found in _DOMAIN.findall(text):
        label = found.split(".")[-1].lower()
        if label not in _GENERIC:
            yield "".join(c for c in label if c.isalnum())


def _named_candidates(found: Iterable[Party], evidence: _Evidence | None) -> tuple[Candidate, ...]:
    candidates = []
    for party in found:
        name = evidence.written(party.name) if evidence else party.name
        missing, why = 1 - party.score, [party.why]
        for weight, reason in evidence.of(name) if evidence else ():
            missing *= 1 - weight * min(1.0, 0.4 + party.score)
            why.append(reason)
        reading = min((word.confidence for line in party.lines for word in line.words), default=1.0)
        raw = " ".join(line.text for line in party.lines) if party.lines else party.name
        candidates.append(Candidate(name, raw, party.lines[0].page, party.box, 1 - missing, tuple(why), reading=reading))
    return merged(_unified(candidates))


def _unified(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Names that differ in case and punctuation only are one, as first found."""
    spelled: dict[str, str] = {}
    for candidate in sorted(candidates, key=lambda c: c.score, reverse=True):
        yield replace(candidate, value=spelled.setdefault(_key(candidate.value), candidate.value))


def _addresses(found: Iterable[Party], name: str) -> tuple[Candidate, ...]:
    candidates = []
    for party in found:
        if _core(party.name) == _core(name) and party.address:
            text = party.address_text or ", ".join(line.text.strip(" ,") for line in party.address)
            box = around(line.box for line in party.address)
            reading = min(word.confidence for line in party.address for word in line.words)
            why = (f"with the name {party.name!r} {party.why}",)
            candidates.append(Candidate(text, text, party.address[0].page, box, party.score, why, reading=reading))
    return merged(candidates)


# --- tax numbers ------------------------------------------------------------------------------------------------------------

_OF_BUYER = re.compile(
    r"\b(?:client|customer|kunde|kunden|buyer|your|ihre|uw|votre|cliente|acheteur|käufer|leistungsempfänger|klant|vos)\b",
    re.IGNORECASE,
)


def _tax_ids(document: Document, owner: Mapping[int, str]) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """All tax numbers of each party in one value, `, ` between them."""
    of_seller: list[Registration] = []
    of_buyer: list[Registration] = []
    for found in registrations(document):
        role = owner.get(id(found.segment), "seller")
        if role == "buyer" or ((role != "seller" or _OF_BUYER.search(found.segment.text)) and role != "other_party"):
            of_buyer.append(found)
        elif role == "seller" or not owner.get(id(found.segment)):
            of_seller.append(found)
    return _together(of_seller), _together(of_buyer)


def _together(found: Sequence[Registration]) -> tuple[Candidate, ...]:
    distinct = list({one.number: one for one in reversed(found)}.values())[::-1]
    if not distinct:
        return ()
    sure = min(0.95 if one.valid else 0.7 if one.valid is None else 0.5 for one in distinct)
    why = tuple(f"{one.number}: {_VERDICT[one.valid]}" for one in distinct)
    first = distinct[0]
    value = ", ".join(one.number for one in distinct)
    return (Candidate(value, first.raw, first.segment.page, first.box, sure, why),)


_VERDICT = {True: "its check digits are right", False: "its check digits are wrong", None: "has no check digits that are known"}
