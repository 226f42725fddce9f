"""What is flagged before an invoice is paid."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.invoices.logic.duplicates import PastInvoices, Seen
from assets.invoices.logic.invoice import Check, Invoice
from assets.invoices.logic.risks import risks, without_own

VALID, OTHER, ABROAD = "DE89 3704 0044 0532 0130 00", "DE02120300000000202051", "FR14 2004 1010 0505 0001 3M02 606"
NEW = Seen("new.pdf", "17", "Müller GmbH", ("DE136695976",), total=Decimal("5.00"), iban=VALID)
EMPTY = Invoice((1,))


def kinds(one: Seen, invoice: Invoice = EMPTY, past: tuple[Seen, ...] = (), own: tuple[str, ...] = ()) -> list[str]:
    return [risk.kind for risk in risks(one, invoice, PastInvoices(past), own)]


def test_an_invoice_without_fault_has_no_risks() -> None:
    assert kinds(NEW, past=(replace(NEW, document="old.pdf", number="16"),), own=("DE123456788",)) == []


@pytest.mark.parametrize("own", ["DE136695976", "de 136 695 976", "DE-136695976"])
def test_our_own_tax_id_as_that_of_the_seller_is_flagged(own: str) -> None:
    assert kinds(NEW, own=(own,)) == ["own_tax_id_as_seller"]


def test_a_changed_account_names_both_documents_and_accounts() -> None:
    old = replace(NEW, document="old.pdf", number="16", iban=OTHER)
    [risk] = risks(NEW, EMPTY, PastInvoices([old]))
    assert risk.kind == "iban_changed"
    assert risk.documents == ("new.pdf", "old.pdf")
    assert VALID in risk.says
    assert OTHER in risk.says


def test_an_account_that_was_used_before_is_not_changed_however_it_is_written() -> None:
    first = replace(NEW, document="a.pdf", number="15", iban=VALID.replace(" ", "").lower())
    second = replace(NEW, document="b.pdf", number="16", iban=OTHER)
    assert kinds(NEW, past=(first, second)) == []


def test_an_account_of_another_seller_is_no_change() -> None:
    assert kinds(NEW, past=(Seen("old.pdf", "1", "Somebody else", iban=OTHER),)) == []


def test_an_account_in_another_country_than_the_seller_is_flagged() -> None:
    assert kinds(replace(NEW, iban=ABROAD)) == ["iban_abroad"]
    assert kinds(replace(NEW, iban=ABROAD, tax_ids=("201/113/40209",))) == []


def test_wrong_check_digits_are_flagged() -> None:
    assert kinds(replace(NEW, iban="DE88370400440532013000")) == ["invalid_iban"]
    assert kinds(replace(NEW, tax_ids=("DE136695977",))) == ["invalid_tax_id"]


@given(st.integers(0, 9), st.integers(4, 21))
def test_any_digit_that_is_changed_in_an_account_is_noticed(digit: int, place: int) -> None:
    iban = VALID.replace(" ", "")
    changed = iban[:place] + str(digit) + iban[place + 1 :]
    assert ("invalid_iban" in kinds(replace(NEW, iban=changed))) == (changed != iban)


def test_sums_that_do_not_agree_are_flagged_with_their_numbers() -> None:
    checks = (
        Check("net_and_tax_are_total", False, "100 + 19 = 119, not 120: 1 apart"),
        Check("quantity_times_price", False, "…", "line 1"),
    )
    [risk] = risks(NEW, Invoice((1,), checks=checks), PastInvoices())
    assert risk.kind == "total_mismatch"
    assert "1 apart" in risk.says


def test_a_duplicate_is_a_risk_that_names_both_documents() -> None:
    [risk] = risks(NEW, EMPTY, PastInvoices([replace(NEW, document="old.pdf")]))
    assert (risk.kind, risk.documents) == ("duplicate", ("new.pdf", "old.pdf"))


def test_our_own_tax_id_says_nothing_about_who_the_seller_is() -> None:
    """It is printed under our address, and may have been taken for one of the seller's."""
    own = "DE119274066"
    one = replace(NEW, tax_ids=(own, *NEW.tax_ids))
    another = Seen("other.pdf", "9", "Somebody Else Ltd", (own,), iban=OTHER)
    assert kinds(one, past=(without_own(another, [own]),), own=(own,)) == []
    assert kinds(another, own=(own,)) == ["own_tax_id_as_seller"]
