"""Invoices that were there before: the same number of the same seller, or a second scan of the same sheet.

Every invoice is compared with those only that share a key with it (blocking), so that a hundred thousand past ones cost no more
than the few that are like it. Nearness of texts is that of their simhashes (Charikar 2002): two fingerprints of 64 bits that
differ in at most seven share at least one of eight bytes.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Literal

from assets.invoices.logic.invoice import FieldName, Invoice

_SHINGLE = 3
"""Words of the pieces that texts are compared by."""
_BITS, _BAND = 64, 8
_NEAR = 7
"""Bits in which two fingerprints of the same sheet differ at most."""
_SHORT = 20
"""Pieces that a text has at least if its fingerprint is to mean anything."""
_CONFUSED = str.maketrans("OQDILSBZG", "000115826")
"""Letters that scans take for digits."""
_LEGAL_FORMS = re.compile(
    r"\b(?:gmbh|ag|kg|kgaa|ohg|gbr|ug|e\.?k|e\.?v|inc|llc|ltd|limited|corp|corporation|co|company|plc|s\.?a\.?r\.?l|s\.?a\.?s|"
    r"s\.?a|s\.?l|s\.?r\.?l|s\.?p\.?a|b\.?v|n\.?v|lda|oy|ab|as|aps|pvt|pte|sdn|bhd|mbh|und|and|et|y|e)\b"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What of an invoice tells whether it is the same as another.

    Attributes:
        document: What a person knows it by: the name of its file.
        number: Its number, as printed.
        seller: Its seller, as printed.
        tax_ids: Of the seller.
        kind: `invoice`, `credit_note` or `receipt`; None if not known.
        total: With tax.
        currency: Of the total.
        issued: Its date.
        iban: Account that it asks to pay to.
        fingerprint: Simhash of its text; None if the text is too short to mean anything.
    """

    document: str
    number: str | None = None
    seller: str | None = None
    tax_ids: tuple[str, ...] = ()
    kind: str | None = None
    total: Decimal | None = None
    currency: str | None = None
    issued: date | None = None
    iban: str | None = None
    fingerprint: int | None = None

    @property
    def sellers(self) -> frozenset[str]:
        """The seller by each of its tax ids, and by its name without legal form."""
        named = frozenset({seller_key(self.seller)} if self.seller else ()) - {""}
        return named | frozenset(key for one in self.tax_ids if (key := compact(one)))


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two documents that are probably the same invoice.

    Attributes:
        document: The new one.
        other: The one that was there before.
        kind: `same_number`: number and seller are equal. `similar`: seller, total and date are, and the numbers are alike.
            `same_text`: the texts are nearly equal, and no field says otherwise.
        says: What is equal, in words.
    """

    document: str
    other: str
    kind: Literal["same_number", "similar", "same_text"]
    says: str


def seen(document: str, invoice: Invoice, text: str = "") -> Seen:
    """What is compared of an invoice that was read; `text` is all that its pages say."""

    def value(name: FieldName) -> str | None:
        return invoice.fields[name].value if name in invoice.fields else None

    ids = value("seller_tax_ids")
    return Seen(
        document,
        value("invoice_number"),
        value("seller"),
        tuple(part.strip() for part in ids.split(",") if part.strip()) if ids else (),
        value("document_type"),
        _decimal(value("grand_total")),
        value("currency"),
        _day(value("issue_date")),
        value("iban"),
        fingerprint(text),
    )


class PastInvoices:
    """Invoices that were there before, found by what they share with a new one."""

    def __init__(self, invoices: Iterable[Seen] = ()) -> None:
        self._by_key: dict[Hashable, list[Seen]] = defaultdict(list)
        self._by_seller: dict[str, list[Seen]] = defaultdict(list)
        for one in invoices:
            self.add(one)

    def add(self, one: Seen) -> None:
        """Remembers an invoice."""
        for key in (*_head_keys(one), *_text_keys(one)):
            self._by_key[key].append(one)
        if one.iban:
            for seller in one.sellers:
                self._by_seller[seller].append(one)

    def duplicates(self, one: Seen) -> list[Duplicate]:
        """Past invoices that are probably the same as a new one, each once; other documents only."""
        others = {id(other): other for key in _head_keys(one) for other in self._by_key.get(key, ())}
        others |= {id(other): other for key in _text_keys(one) for other in self._by_key.get(key, ()) if _near(one, other)}
        found = (_same(one, other) for other in others.values() if other.document != one.document)
        return [duplicate for duplicate in found if duplicate is not None]

    def accounts(self, one: Seen) -> list[Seen]:
        """Past invoices of the same seller that name an account, each once, in the order in which they were remembered."""
        return list({id(other): other for seller in one.sellers for other in self._by_seller.get(seller, ())}.values())


@lru_cache(maxsize=65_536)
def seller_key(name: str) -> str:
    """A name of a company as it is compared: without legal form, accents, case and marks."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    kept = re.sub(r"[^a-z0-9]+", "", _LEGAL_FORMS.sub(" ", bare))
    return kept or re.sub(r"\W+", "", bare)


def compact(text: str) -> str:
    """An identifier as it is compared: capital letters and digits only."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isalnum())


def fingerprint(text: str) -> int | None:
    """The simhash of a text; None if it is too short."""
    words = re.findall(r"\w+", text.casefold())
    pieces = {" ".join(words[i : i + _SHINGLE]) for i in range(len(words) - _SHINGLE + 1)}
    if len(pieces) < _SHORT:
        return None
    counts = [0] * _BITS
    for piece in pieces:
        bits = int.from_bytes(blake2b(piece.encode(), digest_size=_BITS // 8).digest())
        for i in range(_BITS):
            counts[i] += 1 if bits >> i & 1 else -1
    return sum(1 << i for i, count in enumerate(counts) if count > 0)


def _head_keys(one: Seen) -> Iterator[Hashable]:
    """What another invoice of the same seller has to share at least one of."""
    number = _readable(one.number) if one.number else None
    for seller in one.sellers:
        if number:
            yield "number", seller, number
        if one.total is not None and one.issued is not None:
            yield "total", seller, one.total, one.issued


def _text_keys(one: Seen) -> Iterator[Hashable]:
    """What another scan of the same sheet has to share at least one of."""
    if one.fingerprint is not None:
        for i in range(0, _BITS, _BAND):
            yield "text", i, one.fingerprint >> i & (1 << _BAND) - 1


def _near(one: Seen, other: Seen) -> bool:
    return (
        one.fingerprint is not None
        and other.fingerprint is not None
        and (one.fingerprint ^ other.fingerprint).bit_count() <= _NEAR
    )


def _same(one: Seen, other: Seen) -> Duplicate | None:
    if (one.kind == "credit_note") != (other.kind == "credit_note") and one.kind and other.kind:
        return None  # a receipt of an invoice is the same purchase
    both = f"{one.document} and {other.document}"
    shared = bool(one.sellers & other.sellers)
    seller = one.seller or ", ".join(one.tax_ids)
    if shared and one.number and other.number and _readable(one.number) == _readable(other.number):
        says = f"{both}: number {one.number} of {seller}, totals {_money(one)} and {_money(other)}"
        return Duplicate(one.document, other.document, "same_number", says)
    agree = _equal(one.total, other.total) and _equal(one.issued, other.issued) and not _differ(one.currency, other.currency)
    if shared and agree and one.number and other.number and _alike(one.number, other.number):
        says = f"{both}: {_money(one)} of {seller} on {one.issued}, numbers {one.number} and {other.number}"
        return Duplicate(one.document, other.document, "similar", says)
    return _same_text(one, other, both)


def _same_text(one: Seen, other: Seen, both: str) -> Duplicate | None:
    numbers = bool(one.number and other.number and not _alike(one.number, other.number))
    if not _near(one, other) or numbers or _differ(one.total, other.total) or _differ(one.issued, other.issued):
        return None
    return Duplicate(one.document, other.document, "same_text", f"{both}: what they say is nearly the same, word for word")


def _readable(number: str) -> str:
    """A number of a document with letters that scans take for digits as those digits, and without leading zeros."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", compact(number).translate(_CONFUSED))


def _alike(one: str, other: str) -> bool:
    """Whether two numbers are equal but for one character: misread, lost, or exchanged with its neighbour."""
    a, b = _readable(one), _readable(other)
    if a == b:
        return True
    if len(a) == len(b):
        wrong = [i for i in range(len(a)) if a[i] != b[i]]
        swapped = any((i, j) == (wrong[0], wrong[-1]) for i, j in pairwise(range(len(a)))) and a[wrong[0]] == b[wrong[-1]]
        return len(wrong) == 1 or (len(wrong) == 2 and swapped and a[wrong[-1]] == b[wrong[0]])
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return len(longer) - len(shorter) == 1 and any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))


def _equal(one: object, other: object) -> bool:
    return one is not None and one == other


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other


def _money(one: Seen) -> str:
    return "unknown" if one.total is None else f"{one.total} {one.currency or ''}".strip()


def _decimal(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
