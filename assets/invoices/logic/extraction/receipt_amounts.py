"""The total of a receipt and its tax: by their labels, and by what was paid.

Receipts name many totals: before tax, before rounding, of items, of the tax itself. What the customer owes is the one after
rounding; money handed over less the change tells which it is.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from assets.invoices.logic.extraction.receipt_rows import Amount, Row
from assets.invoices.logic.invoice import Candidate
from assets.invoices.logic.numbers import plain

Meaning = Literal["total", "subtotal", "net", "tax", "charge", "rounding", "discount", "paid", "change", "count", "summary"]
"""What a label says about the amount beside it; `summary` heads the table of taxes, whose amounts repeat others."""

_TOTAL = r"(?:t[o0]ta[li1|]|summe|gesamt(?:betrag)?|importe)"
_TAXES = r"(?:gst|sst|vat|tax|mwst|ust|tva|iva)"
_PATTERNS: tuple[tuple[Meaning, float, str], ...] = (
    ("summary", 1.0, rf"\b(?:{_TAXES}|t ?a ?x)\s*(?:summ\w*|analysis|breakdown|code)|summary|amount ?\(\w+\) ?tax"),
    ("subtotal", 1.0, rf"\bsub\W*{_TOTAL}|zwischensumme|sous\W*total"),
    ("count", 1.0, rf"{_TOTAL}\W*(?:items?|no\b|pcs|pax|count|lines?)|\b(?:qty|quantity|item count|savings?|points?)"),
    ("change", 1.0, r"\bch[ai]nge\b|r[uü]ckgeld|\brendu\b|\bcambio\b|\bbaki\b"),
    ("charge", 1.0, r"\bserv(?:ice)?\W*(?:ch|tax)|\bservice charge|\bsvc\b|\bdelivery|\bpackaging|\bbedienung"),
    ("rounding", 1.0, r"\bround(?:i?ng)?\b(?!ed)|\brundung|\barrondi"),
    ("discount", 1.0, r"\bdisc(?:ount)?\b|\brabatt|\bremise|\bvoucher|\brebate"),
    ("total", 1.0, rf"round(?:ed)?\b.*{_TOTAL}|{_TOTAL}.*\b(?:rounded|after (?:round|adj)\w*|payable|due)"),
    ("total", 1.0, rf"\bgrand\W*{_TOTAL}|\b(?:amount|amt|balance)\W*(?:due|payable)|\bzu zahlen|\b(?:net )?[aà] payer"),
    ("tax", 1.0, rf"\binclude[sd]?\b.*\b{_TAXES}\W*\d*\W*$"),
    ("net", 1.0, rf"{_TOTAL}.*\b(?:before|w/?o|without|net of)\b|\bexcl(?:\.|uding|usive|\b)|\btaxable|\b{_TAXES}\s*ta amt"),
    ("total", 0.8, rf"{_TOTAL}.*(?:inc[li1]|\binc\b|\bind[li1]|\b(?:with|after) {_TAXES}|\bttc\b)|\binclusive"),
    ("tax", 1.0, rf"\b{_TAXES}(?:\b|(?=\d{{1,2}}\s?%))(?!\W*(?:invoice|reg|id|no\b))|govtax"),
    (
        "paid",
        0.5,
        r"\b(?:cash|visa|master(?:card)?|card|debit|credit|tender(?:ed)?|paid|payment|bar|karte|esp[eè]ces|efectivo)\b",
    ),
    ("total", 0.9, _TOTAL),
)
"""What each meaning is said with, and how clearly; the first that fits is meant."""
_MEANINGS = tuple((meaning, weight, re.compile(pattern)) for meaning, weight, pattern in _PATTERNS)
_NOT_A_LABEL = re.compile(r"\bcash(?:ier| bill| sale| memo)|\binvoice\b|\bacc?epted\b")
_STAND_IN = 0.5
"""Weight of a subtotal where nothing is called a total."""
_FAR = 0.35
"""Difference of scores from which the better total leaves no doubt: the other is one before tax or rounding."""
_CENT = Decimal("0.01")
_MOST_ROUNDED = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class _Labelled:
    meaning: Meaning
    weight: float
    row: Row
    amount: Amount
    place: int


def total_candidates(rows: Sequence[Row]) -> list[Candidate]:
    """What the customer owes, best first."""
    found = list(_labelled(rows))
    totals = [one for one in found if one.meaning == "total" and one.amount.value > 0]
    if not totals:
        totals = [replace(one, weight=_STAND_IN) for one in found if one.meaning == "subtotal" and one.amount.value > 0]
    handed = _handed_over(found)
    candidates: dict[Decimal, Candidate] = {}
    for one in totals:
        score, why = _judged(one, totals, found, handed)
        known = candidates.get(one.amount.value)
        if known is None or score > known.score:
            candidates[one.amount.value] = _candidate(one, score, why)
    for value, place in _unlabelled(handed, found, rows):
        if value not in candidates:
            candidates[value] = place
    best = max((candidate.score for candidate in candidates.values()), default=0.0)
    close = (candidate for candidate in candidates.values() if candidate.score > best - _FAR)
    return sorted(close, key=lambda candidate: -candidate.score)


def tax_candidates(rows: Sequence[Row]) -> list[Candidate]:
    """The tax in all, best first."""
    found = list(_labelled(rows))
    totals = {one.amount.value for one in found if one.meaning == "total"}
    nets = {one.amount.value for one in found if one.meaning in ("net", "subtotal")}
    nets |= {a.value for one in found if one.meaning == "tax" for a in one.row.amounts[:-1]}
    candidates: dict[Decimal, Candidate] = {}
    for one in (
        one for one in found if one.meaning == "tax" and 0 <= one.amount.value < max(totals, default=Decimal("Infinity"))
    ):
        value, why, score = one.amount.value, [f"beside “{_label(one)}”"], 0.6 * one.weight
        if any(abs(net + value - total) <= _MOST_ROUNDED for net in nets for total in totals):
            score += 0.3
            why.append("the amount before tax and it make the total")
        if re.search(_TOTAL, one.row.text.casefold()):
            score += 0.1
        if value not in candidates or score > candidates[value].score:
            candidates[value] = _candidate(one, score, why)
    return sorted(candidates.values(), key=lambda candidate: -candidate.score)


def meaning_of(label: str) -> tuple[Meaning, float] | None:
    """What the words of a row say about its amount, and how clearly; None if they say nothing."""
    text = label.casefold()
    if _NOT_A_LABEL.search(text):
        return None
    return next(((meaning, weight) for meaning, weight, pattern in _MEANINGS if pattern.search(text)), None)


def _labelled(rows: Sequence[Row]) -> Iterator[_Labelled]:
    """The amounts with a label beside them, or above them where they stand alone; not those of the table of taxes."""
    for place, row in enumerate(rows):
        found = meaning_of(_words(row))
        if found is None:
            continue
        if found[0] == "summary":
            if place > len(rows) / 3:
                yield from _of_summary(rows[place + 1 :], place + 1)
                return
            continue
        holder = row
        if not row.amounts and place + 1 < len(rows) and _alone(rows[place + 1]):
            holder = rows[place + 1]
        if holder.amounts:
            yield _Labelled(*found, holder if holder is not row else row, holder.amounts[-1], place)


def _of_summary(rows: Sequence[Row], place: int) -> Iterator[_Labelled]:
    """The taxes in the table at the foot: the last amount of a row, after the amount that it is due on."""
    for row in rows:
        if len(row.amounts) > 1 and row.amounts[-1].value <= row.amounts[-2].value:
            yield _Labelled("net", 0.3, row, row.amounts[-2], place)
            yield _Labelled("tax", 0.3, row, row.amounts[-1], place)


def _words(row: Row) -> str:
    amounts = {id(amount.word) for amount in row.amounts}
    return " ".join(word.text for line in row.lines for word in line.words if id(word) not in amounts)


def _alone(row: Row) -> bool:
    return bool(row.amounts) and sum(map(str.isalpha, _words(row))) <= len("RM")


def _judged(
    one: _Labelled, totals: Sequence[_Labelled], found: Sequence[_Labelled], handed: set[Decimal]
) -> tuple[float, list[str]]:
    value = one.amount.value
    score, why = one.weight, [f"beside “{_label(one)}”"]
    others = sum(1 for other in totals if other is not one and other.amount.value == value)
    if others:
        score += 0.1 * min(others, 3)
        why.append(f"named total {others + 1} times")
    if value in handed:
        score += 0.25
        why.append("it is what was paid less the change")
    roundings = [r.amount.value for r in found if r.meaning == "rounding" and 0 < abs(r.amount.value) <= _MOST_ROUNDED]
    if any(abs(other.amount.value + r - value) < _CENT for other in totals for r in roundings):
        score += 0.3
        why.append("another total and the rounding make it")
    if any(value in _parts(other, found) for other in totals):
        score -= 0.3
        why.append("with what is below it, it makes a later total")
    elif _parts(one, found):
        score += 0.3
        why.append("what is above it makes it")
    score += 0.02 * sum(1 for other in totals if other.place < one.place)
    if not one.amount.exact:
        score -= 0.2
        why.append("letters were taken for digits")
    return score, why


def _parts(one: _Labelled, found: Sequence[_Labelled]) -> set[Decimal]:
    """The totals above this one that make it with the taxes, charges, discounts and the rounding between the two."""
    parts = set()
    for first in found:
        if first.meaning in ("total", "subtotal", "net") and first.place < one.place:
            between = [f for f in found if first.place < f.place < one.place]
            added = sum((f.amount.value for f in between if f.meaning in ("tax", "charge", "rounding")), Decimal(0))
            taken = sum((abs(f.amount.value) for f in between if f.meaning == "discount"), Decimal(0))
            if added - taken and abs(first.amount.value + added - taken - one.amount.value) < _CENT:
                parts.add(first.amount.value)
    return parts


def _handed_over(found: Sequence[_Labelled]) -> set[Decimal]:
    """What was paid less the change, by every pair of such rows."""
    paid = [one.amount.value for one in found if one.meaning == "paid"]
    change = [abs(one.amount.value) for one in found if one.meaning == "change"] or [Decimal(0)]
    return {abs(p) - c for p in paid for c in change if abs(p) - c > 0}


def _unlabelled(handed: set[Decimal], found: Sequence[_Labelled], rows: Sequence[Row]) -> Iterator[tuple[Decimal, Candidate]]:
    """Amounts that stand without a label of a total, but are what was paid, or the amount before tax with the tax."""
    before = [one.amount.value for one in found if one.meaning in ("subtotal", "net")]
    taxes = [one.amount.value for one in found if one.meaning == "tax"]
    sums = {b + t for b in before for t in taxes}
    for row in rows:
        for amount in row.amounts:
            if amount.value in handed or amount.value in sums:
                why = "it is what was paid less the change" if amount.value in handed else "the amount before tax with the tax"
                score = 0.45 + 0.2 * (amount.value in sums)
                yield (
                    amount.value,
                    Candidate(
                        plain(amount.value),
                        amount.word.text,
                        row.page,
                        amount.word.box,
                        score,
                        (why,),
                        reading=amount.word.confidence,
                    ),
                )


def _label(one: _Labelled) -> str:
    return " ".join(_words(one.row).split())


def _candidate(one: _Labelled, score: float, why: Iterable[str]) -> Candidate:
    return _reading(one.amount, one.row, score, why)


def _reading(amount: Amount, row: Row, score: float, why: Iterable[str]) -> Candidate:
    word = amount.word
    return Candidate(plain(amount.value), word.text, row.page, word.box, score, tuple(why), reading=word.confidence)
