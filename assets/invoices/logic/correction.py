"""What people type for a field, in its canonical form, or why it cannot be taken."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date

AMOUNTS = frozenset(
    {"line_total", "allowance_total", "charge_total", "tax_total", "grand_total", "prepaid", "rounding", "due_payable"}
)
DATES = frozenset({"issue_date", "due_date", "delivery_date"})
TYPES = ("invoice", "credit_note", "receipt")
_LONGEST = 500
_AMOUNT = re.compile(r"[-+]?\d{1,13}(?:[.,]\d{1,6})?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*(?:[.,]\d{1,2})?")


def kind_of(field: str) -> str:
    """How a field is typed: `amount`, `date`, `currency`, `type`, `iban`, `identifiers` or `text`."""
    if field in AMOUNTS:
        return "amount"
    if field in DATES:
        return "date"
    named = {"currency": "currency", "document_type": "type", "iban": "iban"}
    return named.get(field, "identifiers" if field.endswith("_tax_ids") else "text")


def canonical(field: str, typed: str) -> str:
    """What was typed, as the field has it.

    Args:
        field: Name of the field.
        typed: As it was typed.

    Raises:
        ValueError: It cannot be that field's value; the text says what is expected.
    """
    text = unicodedata.normalize("NFC", " ".join(typed.split()))
    if not text:
        raise ValueError("nothing was typed")
    if len(text) > _LONGEST:
        raise ValueError(f"it is longer than {_LONGEST} characters")
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") for character in text):
        raise ValueError("it holds characters that cannot be seen")
    return _BY_KIND[kind_of(field)](text)


def _amount(text: str) -> str:
    """Point or comma before the decimals; between thousands only where that is plain."""
    if grouped := _GROUPED.fullmatch(text):
        mark = grouped.group(1)
        whole = text.replace(mark, "")
        decimals = re.search(r"[.,](\d{1,2})$", text)
        if decimals and decimals.group(0)[0] != mark:
            return _plain(whole.replace(",", "."))
        if text.count(mark) == 1 and mark in ".,":
            raise ValueError(f"{text} may be meant either way: leave out the mark between thousands")
        return _plain(whole)
    if not _AMOUNT.fullmatch(text):
        raise ValueError("an amount is expected, such as 1234.50")
    return _plain(text.replace(",", "."))


def _plain(text: str) -> str:
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text.removeprefix("+"))
    whole, point, decimals = digits.partition(".")
    number = (whole.lstrip("0") or "0") + point + decimals
    return number if set(number) <= set("0.") else sign + number


def _date(text: str) -> str:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("a date is expected, such as 2026-03-31") from error
    if not 1990 <= found.year <= 2100:
        raise ValueError(f"{found.year} is no year of an invoice")
    return found.isoformat()


def _currency(text: str) -> str:
    from babel.numbers import list_currencies

    code = text.upper()
    if code not in list_currencies():
        raise ValueError("the code of a currency is expected, such as EUR")
    return code


def _type(text: str) -> str:
    name = text.lower().replace(" ", "_")
    if name not in TYPES:
        raise ValueError(f"one of {', '.join(TYPES)} is expected")
    return name


def _iban(text: str) -> str:
    from stdnum import iban
    from stdnum.exceptions import ValidationError

    try:
        return str(iban.validate(text, check_country=False))
    except ValidationError as error:
        raise ValueError(f"this is no IBAN: {error}") from error


def _identifiers(text: str) -> str:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(any(character.isdigit() for character in part) for part in parts):
        raise ValueError("identifiers are expected, separated by commas, each with a digit")
    return ", ".join(dict.fromkeys(parts))


def _text(text: str) -> str:
    return text


_BY_KIND: Mapping[str, Callable[[str], str]] = {
    "amount": _amount,
    "date": _date,
    "currency": _currency,
    "type": _type,
    "iban": _iban,
    "identifiers": _identifiers,
    "text": _text,
}
