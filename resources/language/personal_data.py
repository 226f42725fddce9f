"""Personal data in texts: by its form, by its check digits where it has some, and by the label before it.

Types have the names that OCI Language gives them. What is unsure is rather told than not: this decides what is hidden before a
text leaves the machine.
"""

import re
from collections.abc import Callable, Iterator

from resources.language.interface import PersonalDatum
from resources.language.spans import outermost

_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_PHONES = re.compile(
    r"(?<![\w+])\+\d{1,3}(?:[ ./()-]{0,2}\d){6,12}(?!\w)"
    r"|(?<![\w(])\(\d{3}\) ?\d{3}[-. ]\d{4}(?!\d)"
    r"|(?<![\d.,])0[1-9](?:[ .]\d{2}){4}(?![\d.,])"
)
_PHONE_BY_LABEL = re.compile(
    r"(?i:\b(?:tele(?:fon|phone|fax)|téléphone|teléfono|tel|tél|phone|mobil(?:e|funk)?|fax|móvil|handy|portable))\b"
    r"[ .]{0,2}(?:-?Nr\.?|no\.?|number|n°)?[ :.]{0,3}(\(?\+?\d(?:[ ()/.-]{0,3}\d){5,14})(?!\d)"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")
_IBAN_LABEL = re.compile(r"\bIBAN\b[ :.]{0,3}$")
_VAT = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2} ?[A-Z0-9](?:[ .-]?[A-Z0-9]){6,12}(?![A-Za-z0-9])")
_TAX_BY_LABEL = re.compile(
    r"(?i:\b(?:steuer-? ?(?:nummer|nr|id)|st\.? ?-?nr|ust\.?-? ?id(?:ent)?(?:-? ?nr|nummer)?|uid|tin|ein|ssn|n\.?i\.?f|c\.?i\.?f|"
    r"n\.?i\.?e|siret|siren|vat(?: ?(?:id|no|number|reg(?:\. no)?))?|tax ?(?:id|no|number)|n° ?tva|tva(?: intracom\w*)?))"
    r"[ .]{0,2}(?:nr|no|n°)?[ .:#]{0,3}((?:[A-Z]{1,3}[ -]?)?\d[A-Z0-9](?:[ ./-]?[A-Z0-9]){4,14})(?![A-Za-z0-9])"
)
_SOCIAL = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
_CARD = re.compile(r"(?<![\d.,-])[2-6]\d{3}(?:[ -]?\d){10,15}(?![\d-])")
_ISSUERS = re.compile(
    r"4(?:\d{15}|\d{18})|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3[0689]\d{12}|35[2-8]\d{13}|(?:6011|6[245]\d\d)\d{12,15}|(?:5[06-9]|6[37])\d{14}"
)
"""Beginnings and lengths of the card schemes' numbers; other numbers, of articles and places, have a Luhn digit as well."""
_NAME = r"(?!(?:Tel|Tél|Fax|Mail|E-Mail|Phone|Mobil|Dr|Prof|Mr|Mrs|Herr|Frau)\b)[^\W\d_a-zß-öø-ÿ][^\W\d_]+(?:-[^\W\d_]+)?"
_NAMES = rf"{_NAME}(?: (?:von |van |de |del |la |le |du |[A-Z]\. ))?(?: ?{_NAME}){{0,2}}"
_PERSON_BY_LABEL = re.compile(
    r"(?i:\b(?:ansprechpartner(?:in)?|(?:sach)?bearbeiter(?:in)?|kontoinhaber(?:in)?|z\. ?hd\.?|kontakt(?:person)?|attn|"
    r"attention|contact(?: person)?|account holder|prepared by|interlocuteur|titulaire|à l['’]attention de|contacto|titular|att|"
    r"atención|a la atención de))\b[ .]{0,2}:?[ ]{0,2}(?:(?:Mr|Mrs|Ms|Dr|Herrn?|Frau|M|Mme|Sra?|D|Dña)\.? )?"
    rf"({_NAMES})"
)
_PERSON_BY_TITLE = re.compile(
    rf"(?<!\w)(?:(?:Mr|Mrs|Ms|Dr|Prof|M|Mme|Mlle|Sra?|Dña)\.|Mr|Mrs|Ms|Herrn?|Frau|Monsieur|Madame|Mme|Señora?) "
    rf"(?:(?:Dr|Prof)\.? )*({_NAMES})"
)


def personal_data(text: str) -> Iterator[PersonalDatum]:
    """E-mail addresses, telephone, account, tax and card numbers, and names of persons that a label or title announces."""
    yield from outermost([datum for rule in _RULES for datum in rule(text)])


def _matching(kind: str, pattern: re.Pattern[str], confidence: float, group: int = 0) -> Callable[[str], Iterator[PersonalDatum]]:
    def found(text: str) -> Iterator[PersonalDatum]:
        for match in pattern.finditer(text):
            yield PersonalDatum(kind, match[group], match.start(group), match.end(group), confidence)

    return found


def _accounts(text: str) -> Iterator[PersonalDatum]:
    """IBANs whose check digits are right, without the words in capitals that follow; after its label, also what is misread."""
    from stdnum import iban

    for match in _IBAN.finditer(text):
        start = match.start()
        ends = (end for end in range(match.end(), start + 14, -1) if text[end - 1] != " ")
        end = next((end for end in ends if iban.is_valid(text[start:end], check_country=False)), None)
        if end is not None:
            yield PersonalDatum("BANK_ACCOUNT_NUMBER", text[start:end], start, end, 0.99)
        elif _IBAN_LABEL.search(text, 0, start):
            yield PersonalDatum("BANK_ACCOUNT_NUMBER", match.group(), *match.span(), 0.85)


def _tax_numbers(text: str) -> Iterator[PersonalDatum]:
    """VAT numbers of the European Union whose check digits are right."""
    from stdnum.eu import vat

    for match in _VAT.finditer(text):
        if vat.is_valid(match.group()):
            yield PersonalDatum("SSN_OR_TAXPAYER", match.group(), *match.span(), 0.98)


def _cards(text: str) -> Iterator[PersonalDatum]:
    from stdnum import luhn

    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if _ISSUERS.fullmatch(digits) and luhn.is_valid(digits):
            yield PersonalDatum("CREDIT_DEBIT_NUMBER", match.group(), *match.span(), 0.95)


_RULES: tuple[Callable[[str], Iterator[PersonalDatum]], ...] = (
    _matching("EMAIL", _EMAIL, 0.99),
    _matching("TELEPHONE_NUMBER", _PHONES, 0.9),
    _matching("TELEPHONE_NUMBER", _PHONE_BY_LABEL, 0.93, 1),
    _accounts,
    _tax_numbers,
    _matching("SSN_OR_TAXPAYER", _TAX_BY_LABEL, 0.85, 1),
    _matching("SSN_OR_TAXPAYER", _SOCIAL, 0.8),
    _cards,
    _matching("PERSON", _PERSON_BY_LABEL, 0.8, 1),
    _matching("PERSON", _PERSON_BY_TITLE, 0.85, 1),
)
