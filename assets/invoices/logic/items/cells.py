"""Cells of line items: which number of a row belongs to which column, and the values that cells become."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from assets.invoices.logic.invoice import Candidate, Value
from assets.invoices.logic.items.columns import Column
from assets.invoices.logic.items.headings import Heading
from assets.invoices.logic.items.rows import Row, Token
from assets.invoices.logic.numbers import Numerals, plain, readings
from resources.document_ai.layout import Word, around

Cells = dict[Heading, Token]

_REACH = 0.1
"""Part of the page's width between a number and the head of its column at most."""
_RATES = Decimal(40)
"""Tax rates are below this."""
_AMOUNT_DIGITS = 11
"""From so many digits on, a number is that of an article or an account."""
_SLACK = Decimal("0.02")
_SECOND, _ALTERNATIVE = 0.5, 0.3
"""Scores of a number's less likely reading, and of one that the engine itself thought less likely."""


def cells(row: Row, columns: Sequence[Column], width: float) -> tuple[Cells, list[Word]]:
    """The numbers of a row under the heads that they stand nearest to, and the words that are none of them."""
    found: Cells = {}
    for token, column in _aligned(row.numbers, columns, width * _REACH):
        if column.heading not in {"sku", "description", "unit"}:
            found.setdefault(column.heading, token)
    taken = {id(token) for token in found.values()}
    return found, [word for token in row.tokens if id(token) not in taken for word in token.words]


def multiplies(found: Cells, *, taxed: bool = False) -> bool:
    """Whether quantity times price, less the discount of the line, is the total, give or take a tenth; with tax if `taxed`."""
    products = [abs(q * p) for q in found["quantity"].numbers for p in found["unit_price"].numbers]
    rates = found["vat_rate"].numbers if taxed and "vat_rate" in found else ()
    products += [product * (1 + abs(rate) / 100) for product in products for rate in rates]
    off = found["discount"].numbers if "discount" in found else ()
    products += [less for product in products for d in off for less in (product * (1 - abs(d) / 100), product - abs(d))]
    return any(abs(p - abs(t)) <= max(_SLACK, abs(p) / 10) for p in products for t in found["line_total"].numbers)


def number_value(token: Token, page: int, head: str, numerals: Numerals) -> Value:
    """A cell that is a number, with all that it may be read as."""
    box = around(word.box for word in token.words)
    sure = min(word.confidence for word in token.words)
    scored = [(number, 1.0 if i == 0 else _SECOND, sure) for i, number in enumerate(token.numbers)]
    scored += [(number, _ALTERNATIVE, 1.0 - sure) for text in _others(token) for number in readings(text, numerals)]
    seen: dict[str, Candidate] = {}
    for number, score, reading in scored:
        why = (f"below “{head}”",) if score > _ALTERNATIVE else (f"below “{head}”", "another reading by the engine")
        seen.setdefault(plain(number), Candidate(plain(number), token.text, page, box, score, why, reading=reading))
    candidates = tuple(seen.values())
    return Value(candidates[0], candidates)


def text_value(words: Sequence[Word], page: int, head: str) -> Value:
    """A cell that is text."""
    text = " ".join(word.text for word in words)
    sure = min(word.confidence for word in words)
    only = Candidate(text, text, page, around(w.box for w in words), 1.0, (f"below “{head}”",), reading=sure)
    return Value(only, (only,))


def _others(token: Token) -> Iterator[str]:
    """The token with one of its words as the engine might have read it as well."""
    texts = [word.text for word in token.words]
    for i, word in enumerate(token.words):
        for other in word.alternatives:
            yield " ".join([*texts[:i], other, *texts[i + 1 :]])


def _aligned(tokens: Sequence[Token], columns: Sequence[Column], reach: float) -> list[tuple[Token, Column]]:
    """The cheapest assignment that keeps the order from left to right; what is out of reach of every column is left out."""
    size, width = len(tokens), len(columns)
    cost = [[0.0] * (width + 1) for _ in range(size + 1)]
    for i in range(1, size + 1):
        cost[i][0] = cost[i - 1][0] + reach
        for j in range(1, width + 1):
            both = cost[i - 1][j - 1] + _distance(tokens[i - 1], columns[j - 1], reach)
            cost[i][j] = min(cost[i - 1][j] + reach, cost[i][j - 1], both)
    found: list[tuple[Token, Column]] = []
    i, j = size, width
    while i and j:
        if cost[i][j] == cost[i][j - 1]:
            j -= 1
        elif cost[i][j] == cost[i - 1][j] + reach:
            i -= 1
        else:
            found.append((tokens[i - 1], columns[j - 1]))
            i, j = i - 1, j - 1
    return found[::-1]


def _distance(token: Token, column: Column, reach: float) -> float:
    """How far a number stands from the head of a column; prohibitive where it cannot belong there."""
    one, other = token.box, column.box
    apart = max(0.0, max(one.left, other.left) - min(one.right, other.right))
    if apart >= reach or not _fits(token, column.heading):
        return 3 * reach
    middle = abs(one.left + one.right - other.left - other.right) / 2
    return apart + 0.2 * min(abs(one.left - other.left), abs(one.right - other.right), middle)


def _fits(token: Token, kind: Heading) -> bool:
    if token.percent:
        return kind in {"vat_rate", "discount", "other"}
    if kind == "vat_rate":
        return 0 <= token.numbers[0] < _RATES
    if kind in {"quantity", "unit_price", "line_total", "gross_total", "discount"}:
        return sum(c.isdigit() for c in token.text) < _AMOUNT_DIGITS
    return True
