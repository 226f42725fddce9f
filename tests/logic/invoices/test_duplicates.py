"""Which invoices are taken for the same as one that was there before."""

import random
import time
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.invoices.logic.duplicates import PastInvoices, Seen, fingerprint, seen, seller_key
from assets.invoices.logic.invoice import Candidate, Invoice, Value

TEXT = " ".join(f"word{i % 83} of line {i}" for i in range(120))
FIRST = Seen(
    "first.pdf", "RE-2024/0815", "Müller Bau GmbH", ("DE136695976",), "invoice", Decimal("119.00"), "EUR", date(2024, 5, 3),
    fingerprint=fingerprint(TEXT),
)  # fmt: skip


def kinds(one: Seen, *past: Seen) -> list[str]:
    return [duplicate.kind for duplicate in PastInvoices(past).duplicates(one)]


@pytest.mark.parametrize("number", ["RE-2024/0815", "re 2024 0815", "RE2024O8l5"])
@pytest.mark.parametrize("seller", ["Müller Bau GmbH", "MULLER BAU", "Mueller & Co"])
def test_the_same_number_of_the_same_seller_is_a_duplicate_however_it_is_printed(number: str, seller: str) -> None:
    again = replace(FIRST, document="again.pdf", number=number, seller=seller, total=None, fingerprint=None)
    [found] = PastInvoices([FIRST]).duplicates(again)
    assert found.kind == "same_number"
    assert "again.pdf" in found.says
    assert "first.pdf" in found.says


def test_the_same_number_of_another_seller_is_none() -> None:
    assert kinds(replace(FIRST, document="b.pdf", seller="Other", tax_ids=(), fingerprint=None), FIRST) == []


def test_the_same_amount_and_day_with_a_number_that_is_nearly_the_same_is_one() -> None:
    assert kinds(replace(FIRST, document="b.pdf", number="RE-2024/0845", fingerprint=None), FIRST) == ["similar"]
    assert kinds(replace(FIRST, document="b.pdf", number="RE-2024/0851", fingerprint=None), FIRST) == ["similar"]
    assert kinds(replace(FIRST, document="b.pdf", number="RE-2024/9999", fingerprint=None), FIRST) == []


def test_the_same_amount_every_month_is_none() -> None:
    later = replace(FIRST, document="b.pdf", number="RE-2024/0816", issued=date(2024, 6, 3))
    assert kinds(later, FIRST) == []


def test_a_credit_note_for_an_invoice_is_no_duplicate_of_it() -> None:
    assert kinds(replace(FIRST, document="b.pdf", kind="credit_note"), FIRST) == []


def test_a_receipt_of_an_invoice_is_the_same_purchase() -> None:
    assert kinds(replace(FIRST, document="b.pdf", kind="receipt", fingerprint=None), FIRST) == ["same_number"]


def test_a_second_scan_of_which_nothing_else_was_read_is_found_by_its_text() -> None:
    words = TEXT.split()
    noise = random.Random(3)
    for _ in range(4):
        words[noise.randrange(len(words))] = "smudge"
    scan = Seen("scan.png", fingerprint=fingerprint(" ".join(words)))
    assert kinds(scan, FIRST) == ["same_text"]
    assert kinds(replace(scan, total=Decimal("50.00")), FIRST) == []


def test_texts_of_different_invoices_are_far_apart() -> None:
    other = fingerprint(" ".join(f"entry{i % 71} on sheet {i}" for i in range(120)))
    assert kinds(Seen("other.pdf", fingerprint=other), FIRST) == []


def test_a_short_text_has_no_fingerprint() -> None:
    assert fingerprint("Invoice 1 Total 5.00") is None


def test_a_document_is_no_duplicate_of_itself() -> None:
    assert kinds(FIRST, FIRST) == []


@given(st.text(max_size=30))
def test_the_key_of_a_seller_does_not_depend_on_case(name: str) -> None:
    assert seller_key(name.casefold()) == seller_key(name)


def test_what_is_compared_is_taken_from_the_invoice() -> None:
    values = {
        "invoice_number": "7",
        "seller": "X",
        "seller_tax_ids": "DE136695976, 201/113",
        "grand_total": "5.00",
        "issue_date": "2024-05-03",
    }
    fields = {name: Value(Candidate(value, value)) for name, value in values.items()}
    one = seen("a.pdf", Invoice((1,), fields))  # type: ignore[arg-type]
    assert (one.number, one.tax_ids, one.total, one.issued) == (
        "7",
        ("DE136695976", "201/113"),
        Decimal("5.00"),
        date(2024, 5, 3),
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 4), st.integers(1, 3)), max_size=25))
def test_blocking_finds_what_comparing_all_pairs_finds(rows: list[tuple[int, int, int]]) -> None:
    """The same seller and number, or the same seller, total and day with a number alike."""
    invoices = [
        Seen(f"{i}.pdf", f"R{1000 + number}", f"Seller {'abcd'[seller - 1]}", total=Decimal(total), issued=date(2024, 1, total))
        for i, (number, seller, total) in enumerate(rows)
    ]
    for one in invoices:
        together = {found.other for found in PastInvoices(invoices).duplicates(one)}
        single = {other.document for other in invoices if PastInvoices([other]).duplicates(one)}
        assert together == single


def test_a_hundred_thousand_past_invoices_are_searched_quickly() -> None:
    noise = random.Random(1)
    day = date(2024, 1, 1)
    past = PastInvoices(
        Seen(
            f"{i}.pdf", f"R{i}", f"Seller {i % 500}", total=Decimal(i % 9_973), issued=day + timedelta(i % 300),
            fingerprint=noise.getrandbits(64),
        )
        for i in range(100_000)
    )  # fmt: skip
    started = time.perf_counter()
    found = [
        past.duplicates(Seen("new.pdf", f"R{i}", f"Seller {i % 500}", fingerprint=noise.getrandbits(64)))
        for i in range(0, 100_000, 5_000)
    ]
    assert all(
        any(duplicate.other == f"{i}.pdf" for duplicate in some) for i, some in zip(range(0, 100_000, 5_000), found, strict=True)
    )
    assert (time.perf_counter() - started) / len(found) < 0.25
