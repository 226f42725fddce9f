"""Who issued a receipt: the name and the address at its head, which have no labels."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from assets.invoices.logic.extraction.receipt_rows import Row
from assets.invoices.logic.invoice import Candidate
from resources.document_ai.layout import around

_LEGAL = re.compile(
    r"\b(?:sdn\W*bhd|s/b|5/b|bhd|berhad|enterprise|ltd|limited|incorporated|llc|plc|pte|gmbh|corp(?:oration)?)\b"
    r"|\w\W+(?:inc|ag|kg|ug|ohg|e\W?k|s\.?a\.?r\.?l|s\.?a\.?s|s\.?l\.?u?|s\.?a|s\.?p\.?a|s\.?r\.?l|b\.?v)\W*$",
    re.IGNORECASE,
)
_TRADE = re.compile(
    r"\b(?:trading|restoran|restaurant|hardware|(?:super|hyper|mini)?mar(?:t|ket)|store|shop|cafe|bistro|kedai|perniagaan|syarikat|"
    r"stationery|cent(?:re|er)|company|co|bakery|pharmacy|farmasi|electrical|bookstores?|hotel|motor|kitchen|boutique|"
    r"b[aä]ckerei|apotheke|markt|librairie|boulangerie|panader[ií]a|tienda|supermercado)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"\b(?:jalan|j[li1]n|jln\.|jaian|lorong|persiaran|lebuh\w*|taman|tmn|kampung|kg|bandar|seksyen|section|kawasan|desa|pusat|lot|plot|"
    r"batu|bangunan|level|floor|blk|block|unit|mall|shopping|road|rd|street|st|avenue|ave|lane|drive|plaza|suite|highway|"
    r"rue|boulevard|place|calle|avenida|via|piazza)\b|\w(?:stra(?:ss|ß)e|str\.|weg|platz|gasse)\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:n[o0]\b|lot|h\W*q\W|[a-z]{0,3}\d+[a-z]?(?:\W*-\W*[a-z]?\d+)*[a-z]?\s*[,.])", re.IGNORECASE)
"""How an address begins: `NO. 5`, `LOT 12`, `41-1,`, `LG226,`."""
_POSTCODE = re.compile(r"(?<!\d)\d{5}(?!\d)[\s,.]*[A-Za-z]|\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b")
_REGISTER = re.compile(
    r"^\W*(?:(?:company|co|comp|compary|business|roc|ssm)\W*)?(?:(?:reg|registration|roc|regn)\w*\W*)?(?:no|n[o0]|id)?\W*(?:\(?\w{0,3}\d[\d\s-]{3,}\W*[a-z]?\W*)$",
    re.IGNORECASE,
)
"""A number of a register of companies, alone on its line."""
_REGISTER_WORDS = re.compile(r"\b(?:co|company|compary|business|roc)\b\W*\b(?:reg|no|registration)|^\W*reg\W*no", re.IGNORECASE)
_TAX = re.compile(r"\b(?:gst|ggs|sst|vat|ust|tva|nif|gat)\b\W*(?:reg|id|no|n0|registration|:|\d)", re.IGNORECASE)
_CONTACT = re.compile(
    r"\b(?:te[li1](?:ephone)?\b|tel\W?\d|fax|phone|ph\b|h/?p\b|hotline|e\W*ma[il1]+|www|http)|@\w+\.|\.com", re.IGNORECASE
)
_END = re.compile(
    _CONTACT.pattern + r"|\b(?:tax invoice|invoice|receipt|resit|bill|cash\b|"
    r"cashier|date|doc\b|table|order|reg\b(?!\W*no)|mc #|slip|trans|guest|official|welcome|customer|member|time|ticket|rechnung|"
    r"beleg|facture|factura|mon\W|sun\W)|^\W*t ?a ?x\b|\d{1,2}[-/.]\d{1,2}[-/.]\d{2}|\d\d:\d\d",
    re.IGNORECASE,
)
"""Words with which the head of a receipt is over, or pauses."""
_CUSTOMER = re.compile(r"\b(?:bil\s?l|sold|ship|deliver\w*|invoice)\s*to\b|\bcustomer\b|\bbuyer\b", re.IGNORECASE)
_TITLE = re.compile(r"\b(?:invoice|receipt|welcome|cash\b|bill\b|duplicate|copy|reprint|order)", re.IGNORECASE)
_BEFORE_NAME = re.compile(r"^\W*(?:own(?:ed)?|operated|managed)\s*by\W*|^\W+", re.IGNORECASE)
_AFTER_NAME = re.compile(
    r"\s*[([]?\s*(?:(?:company|co|comp|business)\W*)?(?:reg\w*\W*)?(?:no\W*)?[([]?\s*\w{0,3}\d{4,}\s*-?\s*[a-z]?\s*[)\]]?\W*$",
    re.IGNORECASE,
)
_FORMER = re.compile(r"formerly|licensee|franchise|trading as|known as", re.IGNORECASE)
_LETTERS = 3
_HEAD_SHARE, _HEAD_LEAST = 0.45, 12
"""Share of the rows, and their number, in which the head ends at the latest."""
_ADDRESS_LINES = 7
_CLOSE = 1.0
"""Heights of a row from which an empty space parts the head from a note above it."""
_GAP = 2.2
"""Heights of a row from which an empty space ends a block."""


@dataclass(frozen=True, slots=True)
class _Name:
    rows: tuple[Row, ...]
    text: str
    score: float
    why: tuple[str, ...]


def seller_candidates(rows: Sequence[Row]) -> list[Candidate]:
    """Names that may be the seller's, best first."""
    head = _head(rows)
    start = next((place for place in range(len(head)) if _begins_address(head, place)), len(head))
    block = _block_start(head, start)
    names = [name for place in range(len(head)) if (name := _name(head, place, range(block, start))) is not None]
    return [
        Candidate(
            name.text,
            " ".join(row.text for row in name.rows),
            name.rows[0].page,
            around(row.box for row in name.rows),
            name.score,
            name.why,
            reading=min(row.reading for row in name.rows),
        )
        for name in sorted(names, key=lambda name: -name.score)
    ]


def address_candidates(rows: Sequence[Row]) -> list[Candidate]:
    """Addresses at the head of the receipt, best first."""
    head = _head(rows)
    found = []
    place = 0
    while place < len(head):
        if _begins_address(head, place):
            block = _block(head, place)
            found.append(_address(block))
            place = head.index(block[-1])
        place += 1
    return sorted(found, key=lambda candidate: -candidate.score)


def _head(rows: Sequence[Row]) -> list[Row]:
    """The rows before the receipt names its customer, at most so many."""
    head = rows[: max(_HEAD_LEAST, round(_HEAD_SHARE * len(rows)))]
    return list(takewhile(lambda row: not _CUSTOMER.search(row.text), head))


def _block_start(head: Sequence[Row], start: int) -> int:
    """The first of the rows that stand close together above the address."""
    first = min(start, len(head) - 1)
    while first > 0 and head[first].box.top - head[first - 1].box.bottom <= _CLOSE * head[first].box.height:
        first -= 1
    return first


def _name(head: Sequence[Row], place: int, block: range) -> _Name | None:
    """The name on a row, with the row before it if the name goes over two; None if there is no name."""
    row = head[place]
    text = _clean(row.text)
    legal = bool(_LEGAL.search(text))
    if sum(map(str.isalpha, text)) < _LETTERS or _is_no_name(row.text) or (place >= block.stop and not legal):
        return None
    rows: tuple[Row, ...] = (row,)
    if legal and place and _continues(head[place - 1], row, text):
        rows, text = (head[place - 1], row), f"{_clean(head[place - 1].text).rstrip('-')} {text}"
    score, why = _name_score(text, row, place, block)
    return _Name(rows, text, score, why)


def _name_score(text: str, row: Row, place: int, block: range) -> tuple[float, tuple[str, ...]]:
    score, why = 1.0 - 0.12 * max(place - block.start, 0), [f"row {place + 1} of the head"]
    if _LEGAL.search(text):
        score += 2.0
        why.append("it has a legal form")
    elif _TRADE.search(text):
        score += 0.1
        why.append("it has a word of a trade")
    if place in block:
        score += 0.3
        why.append("above the address")
    else:
        score -= 1.0 if place >= block.stop else 0.4
    if text.islower():
        score -= 0.5
    letters = sum(map(str.isalpha, text)) / max(sum(1 for c in text if not c.isspace()), 1)
    if _FORMER.search(text):
        score -= 1.5
        why.append("it says that it was another")
    return (score + 0.5 * letters - 0.3) * (0.4 + 0.6 * _mean(row)), tuple(why)


def _mean(row: Row) -> float:
    words = [word for line in row.lines for word in line.words]
    return sum(word.confidence * len(word.text) for word in words) / sum(len(word.text) for word in words)


def _continues(before: Row, row: Row, text: str) -> bool:
    """Whether a name begins in the row before: what stands before the legal form here is too little for one."""
    if _is_no_name(before.text) or _BEFORE_NAME.match(row.text) or _LEGAL.search(before.text) or _AFTER_NAME.search(before.text):
        return False
    if row.box.top - before.box.bottom > row.box.height or any(map(str.isdigit, before.text)):
        return False
    own = re.sub(r"\(\w+\)|\bco\b", " ", text[: min(m.start() for m in _LEGAL.finditer(text))], flags=re.IGNORECASE).split()
    own = [word for word in own if any(map(str.isalnum, word))]
    return not own or (len(own) == 1 and (before.text.rstrip().endswith("-") or len(before.text.split()) > 1))


def _is_no_name(text: str) -> bool:
    if _TAX.search(text) or _REGISTER.match(text) or _CONTACT.search(text):
        return True
    if _LEGAL.search(_clean(text)):
        return False  # whatever words it has: `CASH & CARRY SDN BHD`
    return bool(_REGISTER_WORDS.search(text) or _TITLE.search(text) or _END.search(text))


def _clean(text: str) -> str:
    text = _BEFORE_NAME.sub("", text)
    text = re.sub(r"\b5/B\b", "S/B", _AFTER_NAME.sub("", text))
    return re.sub(r"\s+", " ", text).strip(" ,;:*'\"-~_")


def _begins_address(head: Sequence[Row], place: int) -> bool:
    text = _before_end(head[place].text)
    if not text or _is_register(text) or _LEGAL.search(_clean(text)):
        return False
    if _POSTCODE.search(text) or (_NUMBERED.match(text.lstrip("(")) and sum(map(str.isalpha, text)) > 1):
        return True
    if _ADDRESS.search(text):
        return bool(any(map(str.isdigit, text)) or "," in text or (place + 1 < len(head) and _goes_on(head[place + 1].text)))
    following = _before_end(head[place + 1].text) if place + 1 < len(head) else ""
    return text.rstrip().endswith(",") and bool(_ADDRESS.search(following) or _POSTCODE.search(following))


def _goes_on(text: str) -> bool:
    text = _before_end(text)
    return bool(_ADDRESS.search(text) or _POSTCODE.search(text))


def _before_end(text: str) -> str:
    """What of a row belongs to an address: all of it, or what stands before a telephone number and the like."""
    ends = [match.start() for pattern in (_END, _TAX) if (match := pattern.search(text))]
    return text[: min(ends)].rstrip(" ([-,;:") if ends else text


def _has_words(text: str) -> bool:
    return sum(map(str.isalpha, text)) > _LETTERS


def _is_register(text: str) -> bool:
    return bool(_REGISTER.match(text) or _REGISTER_WORDS.search(text)) and not _POSTCODE.search(text)


def _block(head: Sequence[Row], place: int) -> list[Row]:
    """The rows of an address from its first on."""
    block = [head[place]]
    for row in head[place + 1 : place + _ADDRESS_LINES]:
        text = _before_end(row.text)
        if _before_end(block[-1].text) != block[-1].text or _is_register(text) or not _has_words(text):
            break
        if row.box.top - block[-1].box.bottom > _GAP * min(row.box.height, block[-1].box.height):
            break
        block.append(row)
    return block


def _address(block: Sequence[Row]) -> Candidate:
    raw = " ".join(row.text for row in block)
    text = " ".join(re.sub(r"^\W+", "", _before_end(row.text)) for row in block)
    score, why = 0.4 + 0.1 * min(len(block), 4), [f"{len(block)} rows at the head"]
    if _POSTCODE.search(text):
        score += 0.4
        why.append("it has a postcode")
    if _ADDRESS.search(text):
        score += 0.3
        why.append("it has a word of a street or place")
    box = around(row.box for row in block)
    text = re.sub(r"\s+", " ", text).strip()
    return Candidate(text, raw, block[0].page, box, score, tuple(why), reading=min(row.reading for row in block))
