"""Known sellers: a list that people keep, and what it settles."""

from dataclasses import replace

import pytest

from assets.invoices.logic.invoice import Candidate, Invoice, Value
from assets.invoices.logic.known_sellers import KnownSellers, parsed

LIST = "name,tax_id,iban\nMuster GmbH,DE 136 695 976,\nAu bon moulin,FR11999999998,FR20 1242 1242 1242 1242 1242 124\n"


def _invoice(seller, *, confidence=0.6, **fields):
    named = {name: Value(Candidate(value, value), confidence=0.6) for name, value in fields.items()}
    return Invoice((1,), {"seller": replace(Value(Candidate(seller, seller)), confidence=confidence), **named})


def _sure(invoice):
    return parsed(LIST).vouch(invoice).fields["seller"].confidence


def test_a_known_name_beside_its_tax_identifier_is_sure():
    assert _sure(_invoice("MUSTER GMBH", seller_tax_ids="DE136695976")) > 0.99


def test_a_known_name_beside_its_account_is_sure():
    assert _sure(_invoice("Au bon moulin", iban="FR2012421242124212421242124")) > 0.99


def test_the_identifier_is_as_sure_as_the_name_and_a_new_account_is_not():
    known = parsed(LIST).vouch(_invoice("Muster GmbH", seller_tax_ids="DE136695976", iban="DE56120300001029384756"))
    sure = {name: value.confidence for name, value in known.fields.items()}
    assert sure == {"seller": 0.999, "seller_tax_ids": 0.999, "iban": 0.6}


def test_an_identifier_beside_the_known_one_is_not_vouched_for():
    mixed = _invoice("Muster GmbH", seller_tax_ids="DE136695976, DE999999999")
    assert parsed(LIST).vouch(mixed) == mixed


@pytest.mark.parametrize(
    "invoice",
    [
        _invoice("Muster GmbH"),
        _invoice("Muster GmbH", seller_tax_ids="FR11999999998"),
        _invoice("Acme AG", seller_tax_ids="DE136695976"),
    ],
    ids=["no identifier", "the identifier of another seller", "another name"],
)
def test_a_name_or_an_identifier_alone_settles_nothing(invoice):
    assert parsed(LIST).vouch(invoice) == invoice


def test_a_seller_whom_the_page_contradicts_stays_in_doubt():
    contradicted = _invoice("Muster GmbH", confidence=None, seller_tax_ids="DE136695976")
    assert parsed(LIST).vouch(contradicted) == contradicted


def test_an_invoice_without_a_seller_stays_as_it_is():
    assert parsed(LIST).vouch(Invoice((1,))) == Invoice((1,))


def test_an_empty_list_knows_nobody():
    assert parsed("name,tax_id,iban\n") == KnownSellers()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "lacks the columns name, tax_id, iban"),
        ("name,tax_id\nMuster GmbH,DE136695976\n", "lacks the columns iban"),
        ("name,tax_id,iban\nMuster GmbH,,\n", "line 2 has no identifier"),
        ("name,tax_id,iban\n,DE136695976,\n", "line 2 has no name"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(text, says):
    with pytest.raises(ValueError, match=says):
        parsed(text)
