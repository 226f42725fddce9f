"""Who issued the invoice and who shall pay it.

A party is found in several ways that support one another: the block under a label, the letterhead, the sender's line above the
address window, the legal data in the footer, the window itself. A name that a domain of the page spells, or that stands on the
page again, is likelier.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.letterheads import footers, letterheads, payees, sender_lines, windows
from assets.invoices.logic.extraction.names import STATED_FORM, core_of, key_of, legal_form
from assets.invoices.logic.extraction.party import Party
from assets.invoices.logic.extraction.ranking import merged
from assets.invoices.logic.extraction.sections import among_items_of, parties_in, sections_of
from assets.invoices.logic.extraction.tax_ids import tax_ids
from assets.invoices.logic.invoice import Candidate, FieldName
from resources.document_ai.layout import around

_DOMAIN = re.compile(r"(?:@|www\.|https?://(?:www\.)?)([a-z0-9\-]+(?:\.[a-z0-9\-]+)*)\.[a-z]{2,}", re.IGNORECASE)
_CAPITAL = re.compile(r"\s+(?:SARL|SAS|SASU|SA|EURL|S\.A\.R\.L\.|S\.A\.S?\.)$")
_GENERIC = {
    "gmail", "outlook", "hotmail", "yahoo", "web", "gmx", "icloud", "aol", "wanadoo", "orange", "localhost", "example", "mail",
    "provider",
}  # fmt: skip
"""Domains that name a provider of mail, not a company."""
_NAMED = 0.8
"""Score from which a label names the buyer, so that another block with an address is no second one."""
_REPEATED = 0.5
_SPELLED = 0.55


def parties(document: Document) -> dict[FieldName, tuple[Candidate, ...]]:
    """Candidates for seller and buyer, their addresses and tax numbers."""
    sections = [section for sheet in document.sheets for section in sections_of(document, sheet)]
    among_items = among_items_of(document)
    owner: dict[int, str] = {id(line): section.label.role for section in sections for line in section.lines}
    sellers = [*parties_in(sections, "seller", among_items), *payees(document)]
    buyers = list(parties_in(sections, "buyer", among_items))
    first = document.sheets[0]
    free = [segment for segment in first.segments if owner.get(id(segment)) not in ("buyer", "other_party")]
    senders = list(sender_lines(first, free))
    if all(party.score < _NAMED for party in buyers):
        buyers += windows(first, free, senders)
    known_buyers = {key_of(party.name) for party in buyers}
    sellers += [*senders, *letterheads(first, free), *footers(document, owner)]
    sellers = [p for p in sellers if key_of(p.name) not in known_buyers or p.why.startswith("under")] or sellers
    sellers = list(_in_full(sellers))
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
        own = [party for party in buyers if key_of(party.name) == key_of(found["buyer"][0].value)]
        owner |= {id(line): "buyer" for party in own for line in party.numbered}
    seller_ids, buyer_ids = tax_ids(document, owner)
    found |= {"seller_tax_ids": seller_ids, "buyer_tax_ids": buyer_ids}
    return {field: some for field, some in found.items() if some}


class _Evidence:
    """What the page says elsewhere for a name of the seller."""

    def __init__(self, document: Document, owner: Mapping[int, str]) -> None:
        lines = [s for s in document.segments if owner.get(id(s)) not in ("buyer", "other_party")]
        self._all = [key_of(segment.text) for segment in document.segments]
        self._domains = {d for segment in lines for d in _domains(segment.text)}
        self._stated = any(STATED_FORM.search(text) for text in document.texts)

    def of(self, name: str) -> list[tuple[float, str]]:
        core = core_of(name)
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
        yield replace(candidate, value=spelled.setdefault(key_of(candidate.value), candidate.value))


def _in_full(found: Sequence[Party]) -> Iterator[Party]:
    """A brand, which stands without an address, goes by the name with a legal form that stands above one."""
    full = {core_of(party.name): party for party in found if party.address and legal_form(party.name)}
    for party in found:
        company = full.get(key_of(party.name))
        yield replace(party, name=company.name) if company and not party.address else party


def _addresses(found: Iterable[Party], name: str) -> tuple[Candidate, ...]:
    candidates = []
    for party in found:
        if core_of(party.name) == core_of(name) and party.address:
            text = party.address_text or ", ".join(line.text.strip(" ,") for line in party.address)
            box = around(line.box for line in party.address)
            reading = min(word.confidence for line in party.address for word in line.words)
            why = (f"with the name {party.name!r} {party.why}",)
            candidates.append(Candidate(text, text, party.address[0].page, box, party.score, why, reading=reading))
    return merged(candidates)
