"""What people type is taken as meant, or refused with what is expected."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.invoices.logic.correction import canonical


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        ("grand_total", "1234.50", "1234.50"),
        ("grand_total", "1234,5", "1234.5"),
        ("grand_total", "1,234.50", "1234.50"),
        ("grand_total", "1.234,50", "1234.50"),
        ("grand_total", "1'234'567.05", "1234567.05"),
        ("grand_total", "1 234,50", "1234.50"),
        ("grand_total", "-0042", "-42"),
        ("grand_total", "-0.00", "0.00"),
        ("issue_date", "2026-03-31", "2026-03-31"),
        ("currency", "eur", "EUR"),
        ("document_type", "Credit note", "credit_note"),
        ("iban", "de27 2004 1111 0047 1209 00", "DE27200411110047120900"),
        ("seller_tax_ids", "DE281044776 ,  DE281044776", "DE281044776"),
        ("seller", "  Müller   GmbH ", "Müller GmbH"),
    ],
)
def test_what_is_plain_is_taken(field, typed, value):
    assert canonical(field, typed) == value


@pytest.mark.parametrize(
    ("field", "typed", "why"),
    [
        ("grand_total", "1.234", "either way"),
        ("grand_total", "12a", "an amount is expected"),
        ("grand_total", "NaN", "an amount is expected"),
        ("grand_total", "9" * 20, "an amount is expected"),
        ("issue_date", "31.03.2026", "a date is expected"),
        ("issue_date", "1026-03-31", "no year of an invoice"),
        ("currency", "EURO", "code of a currency"),
        ("document_type", "letter", "credit_note"),
        ("iban", "DE27200411110047120901", "no IBAN"),
        ("buyer_tax_ids", "none", "identifiers are expected"),
        ("seller", "", "nothing was typed"),
        ("seller", "a\u202eb", "cannot be seen"),
        ("seller", "a" * 501, "longer than"),
    ],
)
def test_what_is_not_is_refused_with_what_is_expected(field, typed, why):
    with pytest.raises(ValueError, match=why):
        canonical(field, typed)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_an_amount_with_two_decimals_is_taken_in_every_notation(amount):
    for typed in (
        f"{amount}",
        f"{amount}".replace(".", ","),
        f"{amount:,}",
        f"{amount:,}".replace(",", "_").replace(".", ",").replace("_", "."),
    ):
        assert Decimal(canonical("grand_total", typed)) == amount
