"""Stored values in their canonical form: plain decimals, ISO dates, codes as words."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from resources.document_ai.einvoices.formats import CREDIT_NOTES, INVOICES, Kind

_DECIMAL = re.compile(r"[+-]?(\d{1,30}(\.\d{0,40})?|\.\d{1,40})", re.ASCII)
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:\d{4}(?:\d{2})?|T.*|Z|[+-]\d{2}:\d{2})?", re.ASCII)
"""`CCYYMMDD` (formats 102, 203 and 204 of UNTDID 2379) and XML Schema's dates and times, of which the day is taken."""


def canonical(kind: Kind, text: str) -> str | None:
    """A value as fields hold it; None if it is none of its kind."""
    return _BY_KIND[kind](text)


def _text(text: str) -> str | None:
    return " ".join(text.split()) or None


def _words(text: str) -> str | None:
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines()) or None


def _amount(text: str) -> str | None:
    return f"{Decimal(text.strip()):f}" if _DECIMAL.fullmatch(text.strip()) else None


def _date(text: str) -> str | None:
    found = _DAY.fullmatch("".join(text.split()))
    try:
        return datetime.strptime("".join(found.groups()), "%Y%m%d").date().isoformat() if found else None  # noqa: DTZ007
    except ValueError:
        return None


def _identifier(text: str) -> str | None:
    return "".join(text.split()).upper() or None


def _account(text: str) -> str | None:
    """An account as IBAN; whether its check digits are right is not asked here. Other account numbers (BT-84) are none."""
    account = _identifier(text) or ""
    return account if _IBAN.fullmatch(account) else None


def _document_type(text: str) -> str | None:
    code = text.strip()
    return "credit_note" if code in CREDIT_NOTES else "invoice" if code in INVOICES else None


_BY_KIND: Mapping[Kind, Callable[[str], str | None]] = {
    "amount": _amount,
    "date": _date,
    "text": _text,
    "words": _words,
    "address": _text,
    "identifier": _identifier,
    "IBAN": _account,
    "document type": _document_type,
}
