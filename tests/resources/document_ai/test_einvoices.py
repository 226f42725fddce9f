"""E-invoices say the same in every format; what is missing, doubtful or hostile is told."""

from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.document_ai.einvoices.resource import EInvoices, NoEInvoice, read
from resources.document_ai.einvoices.values import canonical
from resources.document_ai.interface import Limits, Unreadable
from resources.document_ai.layout import Analysis
from tests.einvoice_files import LINE_ITEMS, cii, cii_line, holding, ubl, zugferd_1
from tests.pdf_files import pdf

HEAD = {
    "invoice_number": "A-2026-17",
    "document_type": "invoice",
    "issue_date": "2026-03-02",
    "due_date": "2026-04-01",
    "seller": "Acme Tools GmbH",
    "seller_address": "Werkstr. 5, 10115 Berlin, DE",
    "seller_tax_ids": "DE136695976",
    "buyer": "Käufer AG",
    "iban": "DE02120300000000202051",
    "currency": "EUR",
    "line_total": "33.50",
    "tax_total": "6.37",
    "grand_total": "39.87",
    "due_payable": "39.87",
    "purchase_order": "PO 7",
}
ITEMS = [
    {
        "line_id": "1", "description": "Hammer", "quantity": "2", "unit": "H87", "unit_price": "10.00", "vat_rate": "19.00",
        "line_total": "20.00",
    },
    {
        "line_id": "2", "description": "Nails, box of 100", "quantity": "300", "unit": "H87", "unit_price": "4.50",
        "base_quantity": "100", "vat_rate": "19.00", "line_total": "13.50",
    },
]  # fmt: skip


@pytest.fixture
def analysed(tmp_path):
    def analysed(content: bytes) -> Analysis:
        path = tmp_path / "file"
        path.write_bytes(content)
        found = read(str(path))
        if found is None:
            raise NoEInvoice("none")
        return found

    return analysed


def head(analysis: Analysis) -> dict[str, str | None]:
    return {value.key: value.normalized for value in analysis.key_values if value.key != "note"}


def rows(analysis: Analysis, *, items: bool = True) -> list[dict[str | None, str]]:
    return [{cell.key: cell.text for cell in row} for table in analysis.tables if table.items is items for row in table.rows]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (cii(), "CII, EN16931"),
        (cii(guideline="urn:cen.eu:en16931:2017#compliant#urn:xoev-de:kosit:standard:xrechnung_2.1"), "CII, XRECHNUNG"),
        (zugferd_1(), "ZUGFeRD 1, COMFORT"),
        (ubl(), "UBL invoice, XRECHNUNG"),
        (holding({"factur-x.xml": cii()}), "CII, EN16931"),
        (holding({"other.xml": b"<note/>", "ZUGFeRD-invoice.xml": zugferd_1()}), "ZUGFeRD 1, COMFORT"),
        (holding({"xrechnung.xml": ubl()}), "UBL invoice, XRECHNUNG"),
    ],
    ids=["CII", "XRechnung CII", "ZUGFeRD 1", "UBL", "Factur-X in PDF", "ZUGFeRD 1 in PDF", "XRechnung in PDF"],
)
def test_every_format_says_the_same(analysed, content, said):
    found = analysed(content)
    assert head(found) == HEAD
    assert rows(found) == ITEMS
    assert rows(found, items=False) == [{"rate": "19.00", "base": "33.50", "amount": "6.37"}]
    assert found.notes == (f"e-invoice: {said}",)
    assert (found.structured, found.pages) == (True, ())
    assert [v.text for v in found.key_values if v.key == "seller_tax_ids"] == ["12/345/67890", "DE136695976"]


def test_a_text_in_place_of_a_line_item_is_a_note_of_the_invoice(analysed):
    found = analysed(zugferd_1())
    assert [value.text for value in found.key_values if value.key == "note"] == ["Dear customer"]
    assert len(rows(found)) == 2


@pytest.mark.parametrize("content", [ubl(credit_note=True), cii(code="381")], ids=["UBL", "CII"])
def test_a_credit_note_is_named_one_and_keeps_the_signs_of_its_amounts(analysed, content):
    found = analysed(content)
    assert head(found) == {**HEAD, "document_type": "credit_note"}
    assert rows(found) == ITEMS


def test_discounts_of_a_line_are_allowances_less_charges(analysed):
    def amount(*, charge: bool, value: str) -> str:
        indicator = f"<ram:ChargeIndicator><udt:Indicator>{str(charge).lower()}</udt:Indicator></ram:ChargeIndicator>"
        parts = f"{indicator}<ram:ActualAmount>{value}</ram:ActualAmount>"
        return f"<ram:SpecifiedTradeAllowanceCharge>{parts}</ram:SpecifiedTradeAllowanceCharge>"

    more = amount(charge=False, value="1.00") + amount(charge=False, value="0.50") + amount(charge=True, value="0.20")
    (item,) = rows(analysed(cii(lines=cii_line("1", "Hammer", "2", "10.00", "18.70", more))))
    assert item["discount"] == "1.30"


def test_lines_that_group_others_are_not_counted_twice(analysed):
    group = "<ram:LineStatusReasonCode>GROUP</ram:LineStatusReasonCode>"
    found = analysed(cii(lines=cii_line("0", "Tools", "1", "33.50", "33.50", status=group) + LINE_ITEMS))
    assert rows(found) == ITEMS
    assert "lines that only group or explain others, and are not taken as line items: 1" in found.notes


def test_the_day_to_pay_without_discount_is_the_due_date(analysed):
    day = "<ram:DueDateDateTime><udt:DateTimeString format='102'>{}</udt:DateTimeString></ram:DueDateDateTime>"
    discount = "<ram:ApplicableTradePaymentDiscountTerms/>"
    between = "</ram:SpecifiedTradePaymentTerms><ram:SpecifiedTradePaymentTerms>"
    found = analysed(cii(terms=day.format("20260312") + discount + between + day.format("20260401")))
    assert head(found)["due_date"] == "2026-04-01"


@pytest.mark.parametrize(
    ("currency", "identifier"),
    [("EUR", ""), ("eur", ' currencyID="eur"'), ("EUR", ' currencyID=" EUR"'), ("EUR", ' currencyID="eur"')],
)
def test_taxes_of_the_invoice_are_told_from_those_for_the_authority_however_the_currency_is_written(
    analysed, currency, identifier
):
    content = ubl().decode().replace(' currencyID="EUR"', identifier).replace(">EUR<", f">{currency}<")
    found = analysed(content.encode())
    assert (head(found)["currency"], head(found)["tax_total"]) == ("EUR", "6.37")
    assert rows(found, items=False) == [{"rate": "19.00", "base": "33.50", "amount": "6.37"}]


def test_an_account_that_is_no_iban_is_told_and_not_taken_for_one(analysed):
    found = analysed(ubl().replace(b"DE02120300000000202051", b"1203 202051"))
    assert "iban" not in head(found)
    assert "iban of the head is no IBAN: '1203 202051'" in found.notes


def test_a_price_of_many_digits_is_kept_whole(analysed):
    found = analysed(cii(lines=cii_line("1", "Gas", "3", "0.30000000000000004", "0.90")))
    assert rows(found)[0]["unit_price"] == "0.30000000000000004"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_any_encoding_that_the_file_names_is_read(analysed, encoding):
    content = cii().decode().replace("UTF-8", encoding.removesuffix("-sig"))
    assert head(analysed(content.encode(encoding)))["buyer"] == "Käufer AG"


def test_empty_lines_before_an_e_invoice_do_not_matter(analysed):
    assert head(analysed(b"\r\n\n" + cii())) == head(analysed(cii()))


def test_of_two_values_the_first_is_taken_and_the_other_named(analysed):
    day = "<ram:DueDateDateTime><udt:DateTimeString format='102'>{}</udt:DateTimeString></ram:DueDateDateTime>"
    between = "</ram:SpecifiedTradePaymentTerms><ram:SpecifiedTradePaymentTerms>"
    found = analysed(cii(terms=day.format("20260401") + between + day.format("20260501")))
    assert head(found)["due_date"] == "2026-04-01"
    assert "due_date of the head is stated 2 times; the first is taken, not 2026-05-01" in found.notes


@pytest.mark.parametrize(
    ("content", "missing", "says"),
    [
        (cii(seller=""), "seller", "the e-invoice lacks seller, which EN16931 demands"),
        (cii(totals=""), "due_payable", "the e-invoice lacks due_payable, which EN16931 demands"),
        (cii(lines=""), "items", "the e-invoice lacks items, which EN16931 demands"),
        (cii(number=" "), "invoice_number", "the e-invoice lacks invoice_number, which EN16931 demands"),
        (cii(code="9999"), "document_type", "document_type of the head is no document type: '9999'"),
        (
            cii(terms="<ram:DueDateDateTime>20139102</ram:DueDateDateTime>"),
            "due_date",
            "due_date of the head is no date: '20139102'",
        ),
        (
            cii(totals="<ram:DuePayableAmount>1,50</ram:DuePayableAmount>"),
            "due_payable",
            "due_payable of the head is no amount: '1,50'",
        ),
    ],
)
def test_what_is_missing_or_no_value_is_told_and_not_invented(analysed, content, missing, says):
    found = analysed(content)
    assert missing not in head(found)
    assert says in found.notes


def test_smaller_profiles_may_lack_what_larger_ones_must_have(analysed):
    found = analysed(cii(guideline="urn:factur-x.eu:1p0:minimum", lines=""))
    assert found.notes == ("e-invoice: CII, MINIMUM",)


def test_an_unknown_profile_is_told(analysed):
    assert analysed(cii(guideline="urn:example")).notes == ("e-invoice: CII, of no known profile ('urn:example')",)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a document",
        b"<html/>",
        cii().replace(b"CrossIndustryInvoice", b"SCRDMCCBDACIOMessageStructure"),
        pdf([["a page"]]),
        holding({"order-x.xml": cii().replace(b"CrossIndustryInvoice", b"SCRDMCCBDACIOMessageStructure")}),
        holding({"factur-x.txt": b"CrossIndustryInvoice", "data.xml": b"<data/>", "broken.xml": b"<data>"}),
    ],
    ids=["empty", "text", "HTML", "an order", "a PDF without files", "an order in a PDF", "other files in a PDF"],
)
def test_a_file_without_an_e_invoice_has_none(analysed, content):
    with pytest.raises(NoEInvoice):
        analysed(content)


ENTITIES = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(12))
HOSTILE = {
    "billion laughs": f'<!DOCTYPE a [<!ENTITY l0 "ha">{ENTITIES}]><a>&l12;</a>'.encode(),
    "billion laughs in an attribute": f'<!DOCTYPE a [<!ENTITY l0 "ha">{ENTITIES}]><a b="&l12;"/>'.encode(),
    "quadratic blow-up": f'<!DOCTYPE a [<!ENTITY b "{"b" * 100_000}">]><a>{"&b;" * 100_000}</a>'.encode(),
    "a file of this machine": b'<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>&f;</a>',
    "a parameter entity": b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd"> %p;]><a/>',
    "a document type elsewhere": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
    "a document type in UTF-16": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'.encode(
        "utf-16"
    ),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.timeout(20)
def test_no_document_type_is_read(analysed, content):
    with pytest.raises(Unreadable, match="declares a document type"):
        analysed(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<a>" * 101, "nested more than 100 deep"),
        (b"<a>" + b"<b/>" * 500_001 + b"</a>", "more than 500,000 elements"),
        (b"<a>" + b" " * 20_000_001, "more than 20,000,000"),
        (b"<a>" + b"x" * 11_000_000 + b"</a>", "not well-formed"),
        (cii()[:-30], "not well-formed"),
        (cii(number="&nothing;"), "not well-formed"),
        (cii().replace(b"Acme", b"\xff\xfe"), "not well-formed"),
        (holding({"factur-x.xml": cii()[:-30]}), "its embedded factur-x.xml cannot be used: its XML is not well-formed"),
        (holding({"factur-x.xml": HOSTILE["billion laughs"]}), "factur-x.xml cannot be used: its XML declares"),
        (pdf([["secret"]], password="x"), "it is encrypted"),
    ],
)
def test_an_e_invoice_that_cannot_be_used_says_why(analysed, content, reason):
    with pytest.raises(Unreadable, match=reason) as caught:
        analysed(content)
    assert not isinstance(caught.value, NoEInvoice)


def test_a_broken_e_invoice_beside_a_good_one_does_not_matter(analysed):
    assert head(analysed(holding({"factur-x.xml": b"<", "xrechnung.xml": ubl()}))) == HEAD


def test_an_embedded_e_invoice_is_known_by_its_content_and_others_beside_it_are_told(analysed):
    found = analysed(holding({"A1.dat": ubl("B-2"), "xrechnung.xml": ubl(), "picture.png": b"\x89PNG"}))
    assert head(found) == HEAD
    assert "the file holds 2 e-invoices, of which the first is read" in found.notes
    assert head(analysed(holding({"A1.dat": ubl("B-2")})))["invoice_number"] == "B-2"


WHOLE = cii()


@settings(max_examples=150)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 60), st.binary(max_size=12))
def test_a_damaged_e_invoice_is_read_or_unreadable(tmp_path_factory, start, length, instead):
    path = tmp_path_factory.getbasetemp() / "damaged.xml"
    path.write_bytes(WHOLE[:start] + instead + WHOLE[start + length :])
    with suppress(Unreadable):
        found = read(str(path))
        assert found is None or found.structured


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_amounts_keep_their_value(number):
    assert Decimal(canonical("amount", f" {number:f} ") or "") == number


@given(st.dates(min_value=date(1000, 1, 1)))
def test_days_are_read_in_every_form_that_the_formats_have(day):
    for form in ("%Y%m%d", "%Y-%m-%d", "%Y%m%d1530", "%Y-%m-%dT00:00:00", "%Y-%m-%d+01:00", "%Y-%m-%dZ"):
        assert canonical("date", day.strftime(form)) == day.isoformat()


@pytest.mark.parametrize("text", ["", "1,5", "NaN", "Infinity", "1e5", "١٢", "9" * 31, "--1", "."])
def test_what_is_no_amount_is_none(text):
    assert canonical("amount", text) is None


@pytest.mark.parametrize("text", ["", "2013-02-30", "201336", "201301", "20130101x", "today"])
def test_what_is_no_day_is_none(text):
    assert canonical("date", text) is None


def test_the_resource_reads_in_a_process_of_its_own_and_tells_none_from_broken(tmp_path):
    engine = EInvoices()
    good, none, broken = (tmp_path / name for name in ("good.pdf", "none.pdf", "broken.xml"))
    good.write_bytes(holding({"factur-x.xml": cii()}))
    none.write_bytes(pdf([["a page"]]))
    broken.write_bytes(b"<a>")
    found = engine.analyse(good, "good.pdf", Limits())
    assert (head(found), rows(found), found.engine) == (HEAD, ITEMS, engine.engine)
    with pytest.raises(NoEInvoice, match="it holds no e-invoice"):
        engine.analyse(none, "none.pdf", Limits())
    with pytest.raises(Unreadable, match="not well-formed"):
        engine.analyse(broken, "broken.xml", Limits())
    with pytest.raises(Unreadable, match="more than 2"):
        engine.analyse(broken, "broken.xml", Limits(size=2))
    with pytest.raises(Unreadable, match="cannot be opened"):
        engine.analyse(tmp_path / "missing.xml", "missing.xml", Limits())


@pytest.mark.data
def test_every_real_e_invoice_is_read_with_its_profile(data_folder: Path):
    files = sorted((data_folder / "invoices" / "zugferd-with-xml").glob("*.pdf"))
    if not files:
        pytest.skip("data: CLOUDOPS_DATA holds no e-invoices")
    for file in files:
        found = read(str(file))
        assert found is not None, file.name
        assert {"invoice_number", "issue_date", "seller", "grand_total"} <= set(head(found)), file.name
        assert not [note for note in found.notes if "no known profile" in note], file.name
