"""Pages that were recognised on a picture: words set together, digits misread, amounts that cannot be read."""

from dataclasses import replace

import pytest

from assets.invoices.logic.extraction import extract
from assets.invoices.logic.invoice import Invoice
from resources.document_ai.layout import Line
from tests.logic.invoices.extraction.layouts import analysis

_HEAD = """
40 | 50: Taller Moreno S.L.
54 | 50: Calle Mayor 48 · 46004 Valencia
119 | 50: Alpina Sport AG | 345: Factura nº: | 480: T-22
131 | 50: Birkenallee 12 | 345: Fecha: | 480: 28/09/2024
143 | 50: 80331 München
240 | 50: Descripción | 280: Cantidad | 350: Precio | 420: IVA % | 480: Importe
"""
_LINES = """
260 | 50: Revisión | 290: 2 | 350: 185,00 | 430: 21 | 480: 370,00
280 | 50: Mano de obra | 290: 6,5 | 350: 46,00 | 430: 21 | 480: 299,00
"""
_TERMS = "400 | 50: Condiciones de pago: Pago a 30 días"


def recognised(*rows: str) -> Invoice:
    """The invoice on a page of which no character is certain."""
    read = analysis("\n".join(part.strip() for part in rows))
    pages = [
        replace(
            page,
            lines=tuple(Line(tuple(replace(word, confidence=0.98) for word in line.words)) for line in page.lines),
            origin="ocr",
        )
        for page in read.pages
    ]
    [invoice] = extract(replace(read, pages=tuple(pages)))
    return invoice


def sums(tax_label: str, tax: str = "140,49", total: str = "809,49") -> str:
    """The rows of the totals."""
    return f"""
320 | 380: Base imponible | 480: 669,00
334 | 380: {tax_label} | 480: {tax}
348 | 380: Total factura | 480: {total} €
"""


@pytest.mark.parametrize(
    "label",
    [
        "Cuota IVA 21 %",
        "CuotaIVA 21 %",
        "IVA (21 %)",
        "Importe IVA",
        "dont TVA 21 %",
        "VAT @ 21%",
        "BTW 21%",
        "MwSt21%",
        "USt21 %",
    ],
)
def test_the_tax_is_the_amount_beside_its_name_and_not_its_rate(label: str) -> None:
    invoice = recognised(_HEAD, _LINES, sums(label), _TERMS)
    assert invoice.fields["tax_total"].value == "140.49"
    assert invoice.reconciled


def test_a_column_of_rates_is_no_tax() -> None:
    invoice = recognised(_HEAD, _LINES, "348 | 380: Total factura | 480: 809,49 €")
    assert "tax_total" not in invoice.fields
    assert invoice.fields["grand_total"].value == "809.49"


def test_a_total_with_a_misread_digit_is_repaired_and_what_is_to_be_paid_follows_it() -> None:
    invoice = recognised(_HEAD, _LINES, sums("CuotaIVA 21 %", "140,49", "309,49"), _TERMS)
    total, due = invoice.fields["grand_total"], invoice.fields["due_payable"]
    assert (total.value, due.value) == ("809.49", "809.49")
    assert total.repaired
    assert due.repaired
    assert invoice.reconciled


def test_a_total_that_cannot_be_read_is_told_and_no_amount_of_a_line_takes_its_place() -> None:
    blotted = "320 | 380: Base imponible\n334 | 380: Cuota IVA 21 %\n348 | 380: Total factura"
    invoice = recognised(_HEAD, _LINES, blotted, _TERMS)
    assert not {"line_total", "tax_total", "grand_total", "due_payable"} & invoice.fields.keys()
    assert any("Total factura" in note for note in invoice.notes)


@pytest.mark.parametrize(
    ("row", "terms"),
    [
        ("Condiciones de pago: Pago a 30 días", "Pago a 30 días"),
        ("Terms: Net 30", "Net 30"),
        ("30 jours net", "30 jours net"),
        ("Betaling binnen 30 dagen", "Betaling binnen 30 dagen"),
        ("Conditions de paiement : 30 jours net", "30 jours net"),
    ],
)
def test_terms_of_payment_are_the_rest_of_their_line_and_no_payment(row: str, terms: str) -> None:
    invoice = recognised(_HEAD, _LINES, sums("IVA 21 %"), f"400 | 50: {row}\n412 | 50: Please name the number of the invoice.")
    assert invoice.fields["payment_terms"].value == terms
    assert "prepaid" not in invoice.fields
    assert invoice.fields["due_payable"].value == "809.49"


def test_the_number_of_a_house_before_its_street_does_not_end_the_address() -> None:
    invoice = recognised(
        """
40 | 330: Cedar Software Inc.
54 | 330: 2100 SW Alder Street
66 | 330: Portland, OR 97205
40 | 50: INVOICE
120 | 50: Bill to
134 | 50: Maria Jensen
146 | 50: 12 Elm Court
158 | 50: Frisco, TX 75034
210 | 50: Invoice # | 180: Date
224 | 50: 88213 | 180: 8/14/2024
300 | 400: Total | 490: $410.27
"""
    )
    assert invoice.fields["seller_address"].value == "2100 SW Alder Street, Portland, OR 97205"


def test_a_seller_whose_head_is_a_picture_is_read_from_the_line_at_the_bottom() -> None:
    invoice = recognised(
        """
119 | 50: Alpina Sport AG | 345: Rechnungsnummer: | 480: W-0711
131 | 50: Birkenallee 12 | 345: Rechnungsdatum: | 480: 03.08.2024
143 | 50: 80331 München
240 | 50: Bezeichnung | 300: Menge | 367: Einzelpreis | 480: Preis EUR
261 | 50: Broschüre A5 | 300: 1.000 | 380: 0,74 | 480: 740,00
348 | 380: Gesamtbetrag | 480: 740,00
790 | 50: Papierhaus Wendt GmbH · IBAN DE89 3704 0044 0532 0130 00 · USt-IdNr. DE118551137
"""
    )
    assert invoice.fields["seller"].value == "Papierhaus Wendt GmbH"
    assert invoice.fields["buyer"].value == "Alpina Sport AG"
    currency = invoice.fields["currency"].chosen
    assert (currency.value, currency.why) == ("EUR", ("heads a column of amounts",))


def test_what_a_tax_is_on_is_no_net_amount_of_the_invoice() -> None:
    taxes = """
320 | 380: Summe netto | 480: 669,00
334 | 380: USt 19 % (Nettobetrag 600,00) | 540: 114,00
348 | 380: USt 7 % (Nettobetrag 69,00) | 540: 4,83
362 | 380: Gesamtbetrag | 480: 787,83 €
"""
    invoice = recognised(_HEAD, _LINES, taxes)
    assert [candidate.value for candidate in invoice.fields["line_total"].candidates] == ["669.00"]
