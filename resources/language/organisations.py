"""Names of organisations in texts, by the legal form that ends them."""

import re
from collections.abc import Iterator

from resources.language.interface import Entity
from resources.language.words import listed

_SURE = (
    r"(?i:gmbh\s?&\s?co\.?\s?(?:kgaa|kg|ohg))", r"(?i:g?gmbh)", r"mbH",
    r"UG(?:\s?\(haftungsbeschränkt\))?", r"KGaA", r"OHG", r"GbR",
    r"PartG(?:\s?mbB)?", r"e\.\s?K\.", r"e\.\s?V\.", r"eG",
    r"L\.?L\.?C\.?", r"L\.?L\.?P\.?", r"Ltd\.?", r"Limited", r"LIMITED",
    r"LTD\.?", r"Inc\.?", r"INC\.?", r"Incorporated", r"Corp\.?",
    r"Corporation", r"PLC", r"plc", r"Pty\.?", r"CIC",
    r"S\.?\s?[àa]\s?r\.?\s?l\.?", r"S\.?A\.?R\.?L\.?", r"SASU?", r"S\.A\.S\.(?:U\.)?", r"EURL", r"SNC", r"SCOP", r"SCI",
    r"S\.?L\.?U\.?", r"S\.?L\.?L\.?", r"S\.L\.", r"S\.?A\.?U\.?", r"S\.\s?Coop\.?", r"C\.B\.",
    r"B\.?V\.?", r"N\.V\.", r"S\.?p\.?A\.?", r"S\.?r\.?l\.?", r"Oyj?",
    r"A/S", r"ApS", r"Sp\.\s?z\s?o\.\s?o\.", r"s\.r\.o\.", r"a\.s\.",
)  # fmt: skip
_LIKELY = (
    r"AG",
    r"KG",
    r"SE",
    r"S\.?A\.?",
    r"SL",
    r"NV",
    r"AB",
    r"Co\.?",
    r"Company",
    r"& Söhne",
    r"& Sons",
    r"& Fils",
    r"e Hijos",
)
"""Forms that are words or abbreviations of other things as well."""
_WORD = r"(?:[A-ZÀ-ÖØ-Þ0-9][\w'’.&+/-]*)"
_JOIN = r"(?:&|\+|und|and|et|y|e|of|the|de|del|des|du|la|le|les|für|von|van|der|den|d')"
_NAME = rf"{_WORD}(?:[ \u00a0](?:{_JOIN}[ \u00a0]){{0,2}}{_WORD}){{0,6}}?"
_FORM = "|".join(_SURE)
_PATTERN = re.compile(
    rf"(?<![\w.&])(?P<name>{_NAME}),? ?(?<=[ ,])"
    rf"(?:(?P<sure>{_FORM})|(?:{'|'.join(_LIKELY)})(?:,? (?P<also>{_FORM}))?)(?![\w&])"
)
_LABELS = listed(
    "Invoice Bill To From Rechnung Rechnungssteller Firma An Von Verkäufer Käufer Kunde Lieferant Seller Buyer Vendor Supplier "
    "Customer Client Sold Ship Facture Fournisseur Vendeur Acheteur Société Factura Proveedor Cliente Vendedor Comprador Empresa"
)
"""Words that stand before a name and are none of it, unless they are all of it."""
_ARTICLES = listed("The By Our Die Der Das Unsere Unser Unserer Eine Einer Notre Votre La Le Nuestra Nuestro El")
"""Words that are no name, even before a legal form (`Die AG`)."""


def organisations(text: str) -> Iterator[Entity]:
    """Names that end with a legal form, on one line; names without one are not known here."""
    for match in _PATTERN.finditer(text):
        start = match.start()
        words = match["name"].split(" ")
        while len(words) > 1 and words[0].rstrip(".:") in _LABELS | _ARTICLES:
            start += len(words.pop(0)) + 1
        if any(sign.isalpha() for sign in words[0]) and words[0] not in _ARTICLES:
            sure = 0.95 if match["sure"] or match["also"] else 0.85
            yield Entity("organisation", text[start : match.end()], start, match.end(), sure, "ORGANIZATION")
