"""Whose tax number is which."""

import re
from collections.abc import Mapping, Sequence

from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.places import places
from assets.invoices.logic.extraction.registrations import Registration, registrations
from assets.invoices.logic.invoice import Candidate

_OF_BUYER = re.compile(
    r"\b(?:client|customer|kunde|kunden|buyer|your|ihre|uw|votre|cliente|acheteur|käufer|leistungsempfänger|klant|vos)\b",
    re.IGNORECASE,
)


def tax_ids(document: Document, owner: Mapping[int, str]) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """All tax numbers of each party in one value, `, ` between them."""
    of_seller: list[Registration] = []
    of_buyer: list[Registration] = []
    of_client = _beside_buyers_labels(document)
    for found in registrations(document):
        role = owner.get(id(found.segment), "seller")
        said = id(found.segment) in of_client or _OF_BUYER.search(found.segment.text)
        if role == "buyer" or ((role != "seller" or said) and role != "other_party"):
            of_buyer.append(found)
        elif role == "seller" or not owner.get(id(found.segment)):
            of_seller.append(found)
    return _together(of_seller), _together(of_buyer)


def _beside_buyers_labels(document: Document) -> set[int]:
    """Identities of the lines beside a label that names the buyer's number (`Customer VAT number`)."""
    labels = [
        found for found in document.labelled("vat_id", "tax_number", "other_number") if _OF_BUYER.search(found[1].segment.text)
    ]
    return {id(place.segment) for sheet, label in labels for place in list(places(sheet, label, document.named))[:2]}


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
