"""Line items without a head: amounts one below the other that add up to the sum printed below them."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import permutations

from assets.invoices.logic.invoice import ItemField, LineItem, Value
from assets.invoices.logic.items.cells import number_value, text_value
from assets.invoices.logic.items.columns import RuledPage
from assets.invoices.logic.items.headings import CARRIED, TAXED, TOTAL
from assets.invoices.logic.items.rows import Row, Token
from assets.invoices.logic.items.table import labels_of
from assets.invoices.logic.numbers import Numerals
from resources.document_ai.layout import Word

_ALIGNED = 4.0
"""Points between the right edges of amounts of one column on a page that is 600 wide."""
_MOST = 100
"""Rows above a sum that are looked at."""
_CENT = Decimal("0.005")


def unheaded_items(pages: Sequence[RuledPage], numerals: Numerals) -> list[LineItem]:
    """The line items above the first sum that they add up to."""
    found = [(row, page.width) for page in pages for row in page.rows]
    for at, (row, width) in enumerate(found):
        total = _amount(row)
        if total is None or not _is_sum(row):
            continue
        above = _adding_up(total, [row for row, _ in found[max(0, at - _MOST) : at]], width)
        if above:
            return [_item(row, rest, numerals) for row, rest in above]
    return []


def _amount(row: Row) -> Token | None:
    """The number that ends a row, if it can be money."""
    last = row.tokens[-1]
    if not last.numbers or last.percent or len(row.tokens) == 1:
        return None
    return last if any(c in last.text for c in ".,") or any(not c.isdigit() for c in last.text.strip("-+ ")) else None


def _is_sum(row: Row) -> bool:
    return any(TOTAL.match(label) or CARRIED.match(label) for label in labels_of(row))


def _adding_up(total: Token, above: Sequence[Row], width: float) -> list[tuple[Row, list[Row]]]:
    """Rows with amounts in the column of the total that add up to it, each with the lines that go on with its text."""
    left, wanted = Decimal(0), total.numbers[0]
    taken: list[tuple[Row, list[Row]]] = []
    loose: list[Row] = []
    for row in reversed(above):
        amount = _amount(row)
        labels = labels_of(row)
        if amount is None or abs(amount.box.right - total.box.right) > _ALIGNED * width / 600:
            loose.insert(0, row)
            continue
        if any(TOTAL.match(label) or TAXED.match(label) for label in labels):
            loose = []
            continue
        taken.insert(0, (row, _going_on(row, loose)))
        loose = []
        left += amount.numbers[0]
        if abs(left - wanted) < _CENT:
            return taken
    return []


def _going_on(row: Row, below: Sequence[Row]) -> list[Row]:
    """The lines right below a row that begin where its text does."""
    kept: list[Row] = []
    above = row
    for line in below:
        pitch = (line.box.middle - above.box.middle) / max(above.box.height, 1e-6)
        if line.page != above.page or pitch > 1.45 or line.numbers or abs(line.box.left - row.box.left) > row.box.height:
            break
        kept.append(line)
        above = line
    return kept


def _item(row: Row, rest: Sequence[Row], numerals: Numerals) -> LineItem:
    total = row.tokens[-1]
    factors = _factors(row.tokens[:-1], total)
    used = {id(token) for token in (total, *factors.values())}
    words: list[Word] = [word for token in row.tokens if id(token) not in used for word in token.words]
    words += [word for line in rest for token in line.tokens for word in token.words]
    found: dict[ItemField, Value] = {}
    if words:
        found["description"] = text_value(words, row.page, "no head")
    for kind, token in factors.items():
        found[kind] = number_value(token, row.page, "no head", numerals)
    found["line_total"] = number_value(total, row.page, "no head", numerals)
    return LineItem(found, row.page)


def _factors(tokens: Sequence[Token], total: Token) -> dict[ItemField, Token]:
    """Quantity and price in a row: two numbers of which the total is the product, the whole one the quantity."""
    numbers = [token for token in tokens if token.numbers and not token.percent]
    for one, other in permutations(numbers, 2):
        if one.numbers[0] and abs(one.numbers[0] * other.numbers[0] - total.numbers[0]) < _CENT and _whole(one) >= _whole(other):
            return {"quantity": one, "unit_price": other}
    return {}


def _whole(token: Token) -> bool:
    return token.numbers[0] == token.numbers[0].to_integral_value()
