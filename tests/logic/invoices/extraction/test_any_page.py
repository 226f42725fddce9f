"""Whatever stands on a page: values are canonical, and reading ends soon."""

import time
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.invoices.logic.extraction import extract
from resources.document_ai.layout import Analysis, Word
from tests.logic.invoices.set_pages import page, words

TEXTS = st.sampled_from(
    [
        "Invoice No.", "Rechnung", "FACTURE N°", "Date:", "Due date", "Total", "VAT 20%", "Subtotal", "Seller:", "Bill to",
        "Balance due", "R-2024/17", "03/04/2024", "31.12.2023", "April 5, 2024", "1.234,56", "-12.00 €", "$7", "(3.50)", "20%",
        "Alpha Tools Ltd", "3 Forge Road", "Sheffield S1 2AB", "VAT: GB980780684", "IBAN DE89 3704 0044 0532 0130 00",
        "net 30 days", "-", "#", ":", "€", "N°",
    ]
)  # fmt: skip
PLACED = st.tuples(st.floats(0, 560), st.floats(0, 820), TEXTS | st.text(min_size=1, max_size=12))
DATES = {"issue_date", "due_date", "delivery_date"}
AMOUNTS = {
    "line_total", "allowance_total", "charge_total", "tax_total", "grand_total", "prepaid", "rounding", "due_payable",
}  # fmt: skip


def set_at_random(placed: list[tuple[float, float, str]]) -> list[Word]:
    return [word for left, top, text in placed for word in words(left, top, " ".join(text.split()))]


@settings(max_examples=60, deadline=None)
@given(st.lists(PLACED, max_size=40))
def test_every_value_is_in_its_canonical_form_and_among_its_candidates(placed: list[tuple[float, float, str]]) -> None:
    for invoice in extract(Analysis("set", (page(1, set_at_random(placed)),))):
        for name, value in invoice.fields.items():
            assert value.value.strip()
            assert value.chosen in value.candidates
            for candidate in value.candidates:
                if name in DATES:
                    date.fromisoformat(candidate.value)
                if name in AMOUNTS:
                    Decimal(candidate.value)


def test_a_page_crammed_with_labels_does_not_make_reading_slow() -> None:
    placed = [
        (20 + n % 5 * 110.0, 20 + n // 5 * 4.0, f"Total {n} 12.0{n % 10}" if n % 7 else "Seller: Foo GmbH") for n in range(1000)
    ]
    started = time.perf_counter()
    extract(Analysis("set", (page(1, set_at_random(placed)),)))
    assert time.perf_counter() - started < 30
