"""What may be the name of a party, and what belongs to its address, its contact data or its registration."""

import re
from functools import lru_cache

from assets.invoices.logic.extraction import wordings
from assets.invoices.logic.extraction.dates import dates_in
from assets.invoices.logic.extraction.labels import in_segment
from assets.invoices.logic.extraction.sheet import Segment, folded
from resources.document_ai.layout import Box, Word

POSTCODE = re.compile(
    r"(?<![\w.,/-])(?:[A-Z]{1,2}[- ]?)?(?:\d{4,5}|\d{3} \d{2}|\d{2}-\d{3}|\d{4}-\d{3}|\d{4} ?[A-Z]{2})\s+[^\W\d_]"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b[A-Z]{2},? \d{5}(?:-\d{4})?\b"
    r"|[^\W\d_]{3,} ?[-–,]? ?\d{6}\b|[^\W\d_]{3,},? \d{4,5}\b"
)
STREET = re.compile(
    r"(?:stra(?:ß|ss)e|str\.?|weg|platz|allee|gasse|ring|ufer|damm|promenade|laan|straat|plein|kade)\s*\d"
    r"|\b(?:street|st\.?|road|rd\.?|avenue|ave\.?|lane|drive|dr\.?|rue|avenue|av\.?|boulevard|bd|chemin|place|impasse|calle|c/|avda\.?|avenida|camino|plaza|via|viale|corso|piazza|rua)\b"
    r"|^\d{1,4}[a-z]?,? [^\W\d_]",
    re.IGNORECASE,
)
CONTACT = re.compile(
    r"@|www\.|https?:|\b(?:tel|fon|fax|phone|telefon|téléphone|mobil|mobile|e-?mail|iban|bic|swift|ust|vat|tva|btw|siret|siren|gln|hrb|kvk)\b|[☎✆✉�📞]",
    re.IGNORECASE,
)
STATED_FORM = re.compile(
    r"(?P<name>.*?)[\s,.\-–]*\b(?:SARL|SASU|SAS|SA|EURL|S\.A\.R\.L\.|S\.A\.S?\.|soci[ée]t[ée] anonyme)\s+au\s+capital",
    re.IGNORECASE,
)
SALUTATION = re.compile(
    r"^(?:herrn?|frau|firma|mr\.?|mrs\.?|ms\.?|m\.|mme|monsieur|madame|sr\.?|sra\.?|spett\.?le|an)\b\s*", re.IGNORECASE
)
LEGAL_DATA = re.compile(
    r"\b(?:ust|ust-?idnr|vat|tva|hrb|hra|amtsgericht|handelsregister|registergericht|siret|siren|rcs|r\.c\.s|kvk|registered"
    r"|company no|registro mercantil|cif|nif|p\.? ?iva|geschäftsführ\w*|gstin|cin|iban|bic|steuernummer|steuer-nr)\b",
    re.IGNORECASE,
)
TAX_NUMBER = re.compile(
    r"\b(?:ust|vat|tva|btw|iva|cif|nif|gstin|tax|abn|mwst|st\.?-?nr|steuer-?(?:nr|nummer|id\w*))\b.*\d", re.IGNORECASE
)
_LONGEST_NAME = 60
_PLACE = re.compile(
    r"^\d+(?:st|nd|rd|th)\b|\bfloor$"
    r"|^(?:unit|suite|floor|level|building|block|plot|flat|room|p\.? ?o\.? ?box|postfach|postbus|apartado)\b.*\d",
    re.IGNORECASE,
)
"""How a part of an address begins that is no street."""
_ALSO_NAMES = {"bon", "bill", "nota"}
"""Titles of documents that are words of names, too (`Au bon moulin`)."""
_ADDRESSED = re.compile(
    r"(?:gentile|spettabile|egregio|ch[eè]re?|querid[oa]|estimad[oa]) \w+$|(?:dear|your|ihre?|votre|vos|uw|vostra|sua)\b",
    re.IGNORECASE,
)
"""How a letter speaks to its reader, and of what is theirs."""


def name_like(text: str) -> bool:
    """Whether a text may be the name of a party: letters more than digits, no address, no contact, no label, no title."""
    text = text.strip()
    letters, digits = sum(c.isalpha() for c in text), sum(c.isdigit() for c in text)
    if letters < 2 or digits > 0.3 * letters or not 2 <= len(text) <= _LONGEST_NAME or len(text.split()) > 8:
        return False
    if ":" in text or text[0] in "(#" or CONTACT.search(text) or dates_in(text) or (POSTCODE.search(text) and digits > 3):
        return False
    if _PLACE.search(text) or _ADDRESSED.match(text):
        return False
    if (STREET.search(text) and digits) or (text.endswith((".", "!", "?")) and not legal_form(text)):
        return False
    found = in_segment(_bare(text))
    if any(label.start == 0 and label.end >= len(text) - 2 for label in found):
        return False
    heads = {folded(word) for word in text.split()} & set(wordings.ITEM_HEADINGS.split())
    clear = [
        label
        for label in found
        if label.meaning.weight >= 1
        and (label.start == 0 or label.role.startswith("title_"))
        and folded(label.text) not in _ALSO_NAMES
    ]
    return bool(legal_form(text)) or not (clear or (heads and len(text.split()) <= 2))


def _bare(text: str) -> Segment:
    box = Box(0, 0, 1, 1)
    return Segment(0, tuple(Word(word, box) for word in text.split()), " ".join(text.split()), box)


def is_title(segment: Segment) -> bool:
    """Whether a line is the title of the document."""
    return any(label.role.startswith("title_") and (label.alone or label.start == 0) for label in in_segment(segment))


@lru_cache(maxsize=1)
def _forms() -> re.Pattern[str]:
    forms = sorted(wordings.LEGAL_FORMS.split("|"), key=len, reverse=True)
    return re.compile(rf"(?:^|[\s,])(?:{'|'.join(re.escape(form) for form in forms)})(?=$|[\s,)])", re.IGNORECASE)


def legal_form(text: str) -> str | None:
    """The legal form at the end of a company's name; None if it ends otherwise."""
    last = next(reversed(list(_forms().finditer(text.strip()))), None)
    return last.group().strip(" ,") if last and last.end() >= len(text.strip()) - 1 else None


def cleaned(text: str) -> str:
    """A name without salutation and the marks around it."""
    return SALUTATION.sub("", text.strip(" ,;:|*•●")) or text.strip()


def key_of(name: str) -> str:
    """Letters and digits of a name: names that differ in case and punctuation only have the same."""
    return "".join(c for c in folded(name) if c.isalnum())


def core_of(name: str) -> str:
    """The key of a name without its legal form."""
    form = legal_form(name)
    return key_of(name.strip()[: -len(form)] if form and name.strip().endswith(form) else name)
