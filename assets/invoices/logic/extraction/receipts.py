"""Receipts: long slips without a table of fields, whose seller has no label and whose totals are many."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from assets.invoices.logic.extraction.dates import DateOrder, Order, Printed, dates_in, order_of
from assets.invoices.logic.extraction.receipt_amounts import tax_candidates, total_candidates
from assets.invoices.logic.extraction.receipt_head import address_candidates, seller_candidates
from assets.invoices.logic.extraction.receipt_rows import Row, rows_of
from assets.invoices.logic.invoice import Candidate, FieldName
from resources.document_ai.layout import Analysis, Page, around

_CUES = tuple(
    re.compile(cue, re.IGNORECASE | re.MULTILINE)
    for cue in (
        r"\bcash\b|\bbar\b|esp[eè]ces|efectivo|\btender",
        r"\bchange\b|r[uü]ckgeld|\brendu\b",
        r"\bcashier\b|\bkassierer|\bcaissier|\bcajero|\bserver\b|\bsalesperson",
        r"\brounding\b|\bround(?:ed|ing)? adj",
        r"\breceipt\b|\bresit\b|kassenbon|\bquittung|ticket de caisse|\bslip\b",
        r"thank\s*you|vielen dank|\bmerci\b|\bgracias\b|come again",
        r"(?:gst|tax|vat) ?summary|simplified tax",
        r"\b(?:table|pax|pos|till|trans|counter)\b\W*(?:no|\(s\)|:|#|\d)",
        r"goods sold|not? (?:returnable|refundable)",
        r"\btotal (?:qty|items?|quantity)|\bitem count",
        r"^\s*\d{1,3}\s?[x×]\s?[^\W\d_].*(?:\n.*){0,2}\n\s*\d{1,3}\s?[x×]\s?[^\W\d_]",
    )
)
_LETTER = re.compile(
    r"\biban\b|\bbic\b|\bdue date|payment terms|zahlungsziel|zahlbar|bill(?:ing)? period|purchase order|"
    r"bankverbindung|[ée]ch[ée]ance",
    re.IGNORECASE,
)
"""What stands in invoices that are sent, not in receipts."""
_ENOUGH = 3
_COLUMNS = 48
"""Characters of a row on the widest paper of receipts."""
_LONGEST = 3
"""Pages."""
_MOST_WORDS = 900
_DATE_LABEL = re.compile(r"\bdate\b|\bdatum\b|\bfecha\b|\bdt\b|bizdate|\bdated\b|\bd ?a ?t ?e\b", re.IGNORECASE)
_IN_CODE = 0.6
"""What it takes from the score of a date that letters stand right before it, as in the number of an article."""
_OTHER_DATE = re.compile(r"print|expir|exp\b|valid|due|member|until|return|since|effective|closed", re.IGNORECASE)
_GLUED_TIME = re.compile(r"(?<=[-/.]\d\d\d\d)(?=\d{1,2}:\d\d)|(?<=[-/.]\d\d)(?=\d\d:\d\d)")
_GLUED_MONTH = re.compile(r"\b(\d{1,2})\W?([A-Za-z]{3})\W?((?:20)?\d\d)\b")
_SPREAD = re.compile(r"(?<![\d])(\d{1,4})\s?([-/.])[\s-]?\2?\s?(\d{1,2})\s?\2[\s-]?\2?\s?(\d{1,4})(?!\d)")
"""A date whose marks stand apart from its numbers, or twice."""
_DIGITS = re.compile(r"(?<![A-Za-z])[\dOoIl|]{1,2}[-/.][\dOoIl|]{1,2}[-/.][\dOoIl|]{2,4}(?![A-Za-z])")
_LIKE_DIGITS = str.maketrans("OoIl|", "00111")
_DAY_FIRST = re.compile(r"\brm\s?\d|\bmyr\b|sdn\W*bhd|malaysia|\bgst\b|€|£|\bs\$", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"\b[A-Z]{2}\s\d{5}(?:-\d{4})?\b|\bUSA?\b|sales tax")
_CURRENCIES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, re.compile(pattern, re.IGNORECASE))
    for code, pattern in (
        ("MYR", r"\brm\s?\d|\brm\b|\bmyr\b|sdn\W*bhd|malaysia"),
        ("SGD", r"\bsgd\b|\bs\$|singapore"),
        ("EUR", r"€|\beur\b"),
        ("GBP", r"£|\bgbp\b"),
        ("USD", r"\$|\busd\b"),
    )
)
_SIGN = r"(?:n[o0]s?|number|nr|num|#|id|№)"
_NUMBER_LABELS = tuple(
    (weight, re.compile(rf"{kind}\W*(?:{_SIGN}\W*[:;#.]*\s*(?P<value>.*)|\s*[#:]\s*:?\s*(?P<other>.*))", re.IGNORECASE))
    for weight, kind in (
        (1.0, r"(?:tax\s?)?\binv(?:o[il1]ce)?"),
        (0.9, r"\b(?:receipt|rcpt|rec|rechnung|beleg|facture|factura)\.?"),
        (0.8, r"\bb[i1l]{3}"),
        (0.75, r"\bdoc(?:ument)?\.?"),
        (0.6, r"\b(?:slip|check|trans(?:action)?|order|trx|ticket)\.?"),
    )
)
"""How clearly the label of a number says that it is the receipt's own."""
_NUMBER = re.compile(r"[A-Za-z]{1,4}\s\d[\w/.-]*|[A-Za-z0-9][\w/.-]*")
_TAX_ID = re.compile(
    r"\b(?:gst|ggs|sst|vat|ust|tva)\b[^\d:]{0,20}[:;.#]?\s*(?P<value>[A-Z]{0,3}\d[\d\s-]{7,17}\d)", re.IGNORECASE
)


def is_receipt(analysis: Analysis) -> bool:
    """Whether a document is a receipt rather than an invoice that was sent: by what only one of them says."""
    if (
        not 0 < len(analysis.pages) <= _LONGEST
        or sum(len(line.words) for page in analysis.pages for line in page.lines) > _MOST_WORDS
    ):
        return False
    text = "\n".join(page.text for page in analysis.pages)
    cues = sum(1 for cue in _CUES if cue.search(text))
    cues += all(_is_slip(page) for page in analysis.pages)
    scanned = all(page.origin == "ocr" for page in analysis.pages)
    return cues - 2 * len(set(map(str.casefold, _LETTER.findall(text)))) >= (_ENOUGH - 1 if scanned else _ENOUGH)


def _is_slip(page: Page) -> bool:
    """Whether a page is printed as on a roll of paper: in short rows, taller than wide."""
    lengths = sorted(len(row.text) for row in rows_of([page]))
    if not lengths:
        return False
    box = around(line.box for line in page.lines)
    return lengths[round(0.9 * (len(lengths) - 1))] <= _COLUMNS and box.height > box.width


def receipt_candidates(pages: Sequence[Page]) -> Mapping[FieldName, list[Candidate]]:
    """What the fields of a receipt may be, best first; fields for which nothing was found are absent."""
    rows = rows_of(pages)
    found: dict[FieldName, list[Candidate]] = {
        "seller": seller_candidates(rows),
        "seller_address": address_candidates(rows),
        "issue_date": date_candidates(rows),
        "grand_total": total_candidates(rows),
        "tax_total": tax_candidates(rows),
        "currency": currency_candidates(rows),
        "invoice_number": number_candidates(rows),
        "seller_tax_ids": list(_tax_ids(rows)),
    }
    return {name: candidates for name, candidates in found.items() if candidates}


def date_candidates(rows: Sequence[Row]) -> list[Candidate]:
    """The day of the receipt, best first: the first that is labelled as its date, or the first at all."""
    texts = [_readable(row.text) for row in rows]
    order = order_of(texts, _hint(texts))
    candidates: dict[str, Candidate] = {}
    for place, (row, text) in enumerate(zip(rows, texts, strict=True)):
        for printed in dates_in(text):
            for candidate in _dated(row, text, printed, order, place):
                known = candidates.get(candidate.value)
                if known is None or candidate.score > known.score:
                    candidates[candidate.value] = candidate
    return sorted(candidates.values(), key=lambda candidate: -candidate.score)


def currency_candidates(rows: Iterable[Row]) -> list[Candidate]:
    """The currency by its signs, or by the country that shows."""
    text = "\n".join(row.text for row in rows)
    found: list[Candidate] = []
    for code, pattern in _CURRENCIES:
        if match := pattern.search(text):
            found.append(Candidate(code, match[0], score=1.0 - 0.1 * len(found), why=(f"“{match[0]}” is printed",)))
    return found


def number_candidates(rows: Sequence[Row]) -> list[Candidate]:
    """The number of the receipt, by its label."""
    found: dict[str, Candidate] = {}
    for row in rows:
        for weight, label in _NUMBER_LABELS:
            match = label.search(row.text)
            number = _NUMBER.match((match["value"] or match["other"] or "").lstrip(" :;.#")) if match else None
            if match and number and any(map(str.isdigit, number[0])) and number[0] not in found:
                value = number[0].rstrip(".-/")
                label_text = match[0][: match[0].find(number[0])].strip()
                found[value] = Candidate(
                    value, value, row.page, row.box, weight, (f"beside “{label_text}”",), reading=row.reading
                )
                break
    return sorted(found.values(), key=lambda candidate: -candidate.score)


def _tax_ids(rows: Iterable[Row]) -> Iterator[Candidate]:
    seen: set[str] = set()
    for row in rows:
        if match := _TAX_ID.search(row.text):
            value = re.sub(r"[\s-]", "", match["value"])
            if value not in seen:
                seen.add(value)
                yield Candidate(
                    value, match["value"], row.page, row.box, 1.0, ("beside the name of the tax",), reading=row.reading
                )


def _dated(row: Row, text: str, printed: Printed, order: DateOrder, place: int) -> Iterator[Candidate]:
    before = text[: printed.start]
    labelled = bool(_DATE_LABEL.search(before))
    score = 1.0 + 0.5 * labelled - 0.01 * place - 0.6 * bool(_OTHER_DATE.search(before))
    score -= _IN_CODE * (before[-1:].isalpha() and not labelled)
    for day, belief, reason in order.ranked(printed.days):
        why = ["labelled as the date"] if labelled else ["a date on the receipt"]
        raw = text[printed.start : printed.end]
        yield Candidate(
            day.isoformat(), raw, row.page, row.box, score * belief, (*why, *([reason] if reason else [])), reading=row.reading
        )


def _readable(text: str) -> str:
    """The text with dates as they are meant: apart from a time that follows, with digits for letters like them."""
    text = _DIGITS.sub(lambda match: match[0].translate(_LIKE_DIGITS), text)
    text = _GLUED_MONTH.sub(r"\1 \2 \3", text)
    return _SPREAD.sub(r"\1\2\3\2\4", _GLUED_TIME.sub(" ", text))


def _hint(texts: Iterable[str]) -> tuple[Order | None, str]:
    text = "\n".join(texts)
    if match := _DAY_FIRST.search(text):
        return "day", f"where “{match[0]}” is printed the day comes first"
    if match := _MONTH_FIRST.search(text):
        return "month", f"where “{match[0]}” is printed the month comes first"
    return None, ""
