"""Where page and XML of an invoice differ, the XML counts and somebody is told."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.invoices.logic.agreement import COMPARED, disagreements, merged
from assets.invoices.logic.invoice import Candidate, Invoice, LineItem, Value
from resources.document_ai.layout import Box

PLACE = Box(10, 20, 30, 40)


def stored(**fields: str) -> Invoice:
    return Invoice((), {name: Value(Candidate(text, text, source="structured"), (), 1.0) for name, text in fields.items()})


def printed(**fields: str | tuple[str, ...]) -> Invoice:
    """Fields as read from page 1, each with its candidates, the chosen one first."""
    values = {}
    for name, texts in fields.items():
        candidates = tuple(Candidate(t, t, 1, PLACE) for t in ((texts,) if isinstance(texts, str) else texts))
        values[name] = Value(candidates[0], candidates, 0.9)
    return Invoice((1,), values)


@pytest.mark.parametrize(
    ("field", "xml", "page"),
    [
        ("grand_total", "39.870", "39.87"),
        ("invoice_number", "RE 2026/7", "re2026/7"),
        ("iban", "DE02120300000000202051", "DE02 1203 0000 0000 2020 51"),
        ("seller", "GLN 4333741000005 MUSTERLIEFERANT GMBH", "Musterlieferant GmbH"),
        ("seller_address", "Werkstr. 5, 10115 Berlin, DE", "Werkstr. 5 10115 Berlin"),
        ("seller_tax_ids", "12/345/67890, DE136695976", "DE 136695976"),
        ("issue_date", "2026-03-02", ("2026-02-03", "2026-03-02")),
    ],
)
def test_the_same_in_other_words_is_no_difference(field, xml, page):
    one, other = stored(**{field: xml}), printed(**{field: page})
    assert disagreements(one, other) == []
    found = merged(one, other).fields[field]
    assert (found.value, found.confidence, found.chosen.page, found.chosen.box) == (xml, 1.0, 1, PLACE)


@pytest.mark.parametrize(
    ("field", "xml", "page"),
    [
        ("grand_total", "39.87", "39.78"),
        ("grand_total", "39.87", "-39.87"),
        ("invoice_number", "RE7", "RE8"),
        ("iban", "DE02120300000000202051", "DE02120300000000202052"),
        ("seller", "Acme Tools GmbH", "Other Works AG"),
        ("due_date", "2026-04-01", "2026-04-02"),
        ("seller_tax_ids", "DE1, DE2", "DE3"),
    ],
)
def test_a_difference_is_named_and_the_xml_counts_without_confidence(field, xml, page):
    one, other = stored(**{field: xml}), printed(**{field: page})
    (found,) = disagreements(one, other)
    assert (found.field, found.stored.value, found.printed.value) == (field, xml, page)
    assert found.says == f"{field}: the e-invoice says {xml!r}, the print of page 1 {page!r}"
    together = merged(one, other)
    assert (together.fields[field].value, together.fields[field].confidence) == (xml, None)
    assert found.says in together.notes


def test_a_credit_note_may_print_its_amounts_with_or_without_sign():
    assert disagreements(stored(document_type="credit_note", grand_total="39.87"), printed(grand_total="-39.87")) == []


def test_what_only_the_page_has_is_taken_from_there_but_no_amounts():
    page = printed(iban="DE1", due_date="2026-04-01", allowance_total="5")
    together = merged(stored(invoice_number="1"), replace(page, items=(LineItem({}, 1),)))
    assert {name: value.confidence for name, value in together.fields.items()} == {
        "invoice_number": 1.0,
        "iban": 0.9,
        "due_date": 0.9,
    }
    assert together.notes == ("taken from the print, since the e-invoice lacks it: due_date, iban, line items",)
    assert (together.pages, len(together.items)) == ((1,), 1)


def test_a_reading_that_is_hardly_believed_says_nothing_against_the_xml():
    page = printed(invoice_number="24")
    doubtful = replace(page, fields={"invoice_number": replace(page.fields["invoice_number"], confidence=0.2)})
    assert disagreements(stored(invoice_number="01-2014"), doubtful) == []
    assert merged(stored(invoice_number="01-2014"), doubtful).fields["invoice_number"].confidence == 1.0


def test_what_is_taken_off_may_have_a_sign_or_none():
    assert disagreements(stored(allowance_total="-0.23"), printed(allowance_total="0.23")) == []


def test_line_items_get_the_places_of_those_printed_with_the_same_numbers():
    def item(page: int | None, **columns: str) -> LineItem:
        box = PLACE if page else None
        return LineItem({name: Value(Candidate(text, text, page, box)) for name, text in columns.items()}, page)

    one = Invoice(
        (), items=(item(None, description="Hammer", line_total="20.00"), item(None, description="Nails", line_total="5"))
    )
    other = Invoice(
        (1, 2), items=(item(2, description="Hammer, red", line_total="20"), item(2, description="Nails", line_total="6"))
    )
    hammer, nails = merged(one, other).items
    assert (hammer.page, hammer.columns["line_total"].chosen.box) == (2, PLACE)
    assert (nails.page, nails.columns["line_total"].chosen.box) == (None, None)


amounts = st.decimals(-1000, 1000, places=2).map(str)


@given(st.dictionaries(st.sampled_from(sorted(COMPARED)), amounts), st.dictionaries(st.sampled_from(sorted(COMPARED)), amounts))
def test_merging_changes_no_value_of_the_xml_and_blames_each_field_once(xml, page):
    one, other = stored(**xml), printed(**page)
    together = merged(one, other)
    assert {name: together.fields[name].value for name in xml} == xml
    blamed = {found.field for found in disagreements(one, other)}
    assert blamed == {name for name, value in together.fields.items() if value.confidence is None}
    assert blamed <= xml.keys() & page.keys()
    assert not (together.fields.keys() - xml.keys()) & {"grand_total", "line_total"}
    for name in blamed & {"grand_total", "line_total"}:
        assert Decimal(xml[name]) != Decimal(page[name])
