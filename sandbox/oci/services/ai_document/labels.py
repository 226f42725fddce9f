"""Fields of an invoice that nobody told the sandbox about: what stands behind a caption on a line of its text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sandbox.oci.store import Body

_CAPTIONS: tuple[tuple[str, str, str], ...] = (
    ("InvoiceId", "STRING", r"invoice (?:no\.?|number|id)|rechnungs?-?(?:nr\.?|nummer)"),
    ("InvoiceDate", "STRING", r"invoice date|date of issue|rechnungsdatum"),
    ("DueDate", "STRING", r"due date|payable until|zahlbar bis|fällig am"),
    ("PurchaseOrder", "STRING", r"(?:purchase )?order (?:no\.?|number)|p\.?o\.? number|bestellnummer"),
    ("SubTotal", "NUMBER", r"sub-?total|net (?:total|amount)|nettobetrag|zwischensumme"),
    ("TotalTax", "NUMBER", r"(?:vat|tax|mwst\.?|ust\.?)(?: total)?(?: [\d.,]+ ?%)?"),
    ("InvoiceTotal", "NUMBER", r"(?:invoice |grand )?total(?: [A-Z]{3})?|rechnungsbetrag|gesamtbetrag"),
    ("AmountDue", "NUMBER", r"amount due|balance due|zahlbetrag"),
)
"""Label, type of the value, and the captions before it. Source of labels: docs.oracle.com, "Key Value Extraction (Invoices)"; the
captions are the sandbox's own."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_CONFIDENCE = 0.9


def fields(lines: Sequence[Sequence[Body]]) -> list[Body]:
    """Fields as `known.add_document` takes them, the first of each label."""
    found: dict[str, Body] = {}
    for line in lines:
        said = " ".join(word["text"] for word in line)
        for label, kind, captions in _CAPTIONS:
            match = re.match(rf"(?P<name>{captions})\s*:?\s+(?P<value>\S+)$", said, re.IGNORECASE)
            if match and label not in found:
                found[label] = _field(label, kind, match["name"], match["value"])
    return list(found.values())


def _field(label: str, kind: str, name: str, text: str) -> Body:
    plain = text.replace(",", "")
    typed = kind == "NUMBER" and _NUMBER.fullmatch(plain) is not None
    more = {"type": "NUMBER", "value": plain} if typed else {}
    return {"label": label, "text": text, "name": name, "confidence": _CONFIDENCE, **more}
