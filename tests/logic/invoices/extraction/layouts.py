"""Invoices of many layouts, languages and countries, as text set at places, with what their heads say.

A row is `top | left: text | left: text`. All companies are made up; their numbers have right check digits where a rule exists.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resources.document_ai.layout import Analysis, Page
from tests.logic.invoices.set_pages import page, words


def page_of(number: int, rows: str) -> Page:
    """A page from its rows."""
    content = []
    for row in rows.strip().splitlines():
        top, *cells = row.split(" | ")
        for cell in cells:
            left, text = cell.split(": ", 1)
            content += words(float(left), float(top), text.strip())
    return page(number, content)


def analysis(*pages: str) -> Analysis:
    """The pages of a file."""
    return Analysis("set", tuple(page_of(number, rows) for number, rows in enumerate(pages, 1)))


@dataclass(frozen=True)
class Layout:
    """An invoice and its head."""

    pages: Sequence[str]
    head: Mapping[str, str]


BRITISH = Layout(
    [
        """
40 | 40: Brightwater Consulting Ltd | 430: INVOICE
54 | 40: 14 Mill Lane
66 | 40: Bristol BS1 4DJ
78 | 40: accounts@brightwater-consulting.co.uk
90 | 40: VAT No: GB 980 7806 84
150 | 40: Invoice to: | 330: Invoice No: | 450: BW-1043
164 | 40: Harbour Foods plc | 330: Invoice Date: | 450: 3 March 2025
178 | 40: 2 Quay Street | 330: Your order number: | 450: PO-7781
192 | 40: Cardiff CF10 5AL | 330: Payment terms: | 450: 30 days
250 | 40: Description | 300: Days | 380: Rate | 480: Amount
270 | 40: Process review | 300: 4.5 | 380: 720.00 | 480: £3,240.00
290 | 40: Workshop | 300: 1 | 380: 960.00 | 480: £960.00
330 | 380: Subtotal | 480: £4,200.00
350 | 380: VAT 20% | 480: £840.00
370 | 380: Total due | 480: £5,040.00
700 | 40: Registered in England No. 07654321. Please pay by bank transfer to sort code 20-00-00, account 55779911.
"""
    ],
    {
        "invoice_number": "BW-1043", "issue_date": "2025-03-03", "due_date": "2025-04-02", "seller": "Brightwater Consulting Ltd",
        "buyer": "Harbour Foods plc", "currency": "GBP", "line_total": "4200.00", "tax_total": "840.00", "due_payable": "5040.00",
        "purchase_order": "PO-7781", "payment_terms": "30 days", "document_type": "invoice", "seller_tax_ids": "GB980780684",
        "seller_address": "14 Mill Lane, Bristol BS1 4DJ", "buyer_address": "2 Quay Street, Cardiff CF10 5AL",
    },
)  # fmt: skip

AMERICAN = Layout(
    [
        """
30 | 400: Lone Star Plumbing LLC
44 | 400: 880 Oak Street
58 | 400: Plano, TX 75023
72 | 400: (972) 555-0142
60 | 40: Invoice
100 | 40: Bill To | 300: Invoice # | 380: Date | 470: Due Date
114 | 40: Maria Jensen | 300: 10023 | 380: 04/05/2024 | 470: 05/05/2024
128 | 40: 12 Elm Court
142 | 40: Frisco, TX 75034
200 | 40: Qty | 100: Description | 400: Price | 490: Amount
220 | 40: 2 | 100: Replace kitchen faucet | 400: 145.00 | 490: 290.00
240 | 40: 1 | 100: Service call | 400: 89.00 | 490: 89.00
300 | 400: Subtotal | 490: $379.00
316 | 400: Sales Tax (8.25%) | 490: $31.27
332 | 400: Total | 490: $410.27
348 | 400: Payments | 490: -$100.00
364 | 400: Balance Due | 490: $310.27
420 | 40: Terms: Net 30. Thank you for your business!
"""
    ],
    {
        "invoice_number": "10023", "issue_date": "2024-04-05", "due_date": "2024-05-05", "seller": "Lone Star Plumbing LLC",
        "buyer": "Maria Jensen", "currency": "USD", "line_total": "379.00", "tax_total": "31.27", "grand_total": "410.27",
        "prepaid": "100.00", "due_payable": "310.27", "seller_address": "880 Oak Street, Plano, TX 75023",
    },
)  # fmt: skip

GERMAN_LETTER = Layout(
    [
        """
40 | 380: Tischlerei Ahrens GmbH
54 | 380: Am Kanal 9
68 | 380: 26122 Oldenburg
82 | 380: Telefon 0441 555010
150 | 60: Tischlerei Ahrens GmbH · Am Kanal 9 · 26122 Oldenburg
170 | 60: Frau
184 | 60: Dr. Helene Winter
198 | 60: Lindenallee 4
212 | 60: 26121 Oldenburg
260 | 380: Oldenburg, den 12.11.2024
290 | 60: Rechnung Nr. 2024-117
320 | 60: Sehr geehrte Frau Dr. Winter,
334 | 60: für unsere Lieferung vom 05.11.2024 erlauben wir uns zu berechnen:
370 | 60: Pos. | 100: Bezeichnung | 330: Menge | 400: Einzelpreis | 490: Gesamt
390 | 60: 1 | 100: Einbauregal Eiche | 330: 1 | 400: 1.480,00 € | 490: 1.480,00 €
410 | 60: 2 | 100: Montage | 330: 6 Std. | 400: 58,00 € | 490: 348,00 €
450 | 330: Nettobetrag | 490: 1.828,00 €
466 | 330: zzgl. 19 % MwSt. | 490: 347,32 €
482 | 330: Rechnungsbetrag | 490: 2.175,32 €
520 | 60: Bitte zahlen Sie innerhalb von 14 Tagen ohne Abzug auf das unten genannte Konto.
760 | 60: Tischlerei Ahrens GmbH | 230: Geschäftsführer: Jan Ahrens | 420: Volksbank Oldenburg
774 | 60: Am Kanal 9 | 230: Amtsgericht Oldenburg HRB 20411 | 420: IBAN DE89 3704 0044 0532 0130 00
788 | 60: 26122 Oldenburg | 230: USt-IdNr. DE136695976 | 420: BIC COBADEFFXXX
"""
    ],
    {
        "invoice_number": "2024-117", "issue_date": "2024-11-12", "due_date": "2024-11-26", "seller": "Tischlerei Ahrens GmbH",
        "buyer": "Dr. Helene Winter", "currency": "EUR", "line_total": "1828.00", "tax_total": "347.32", "grand_total": "2175.32",
        "iban": "DE89370400440532013000", "seller_tax_ids": "DE136695976", "document_type": "invoice",
        "buyer_address": "Lindenallee 4, 26121 Oldenburg",
    },
)  # fmt: skip

FRENCH = Layout(
    [
        """
40 | 40: Imprimerie des Trois Ponts
54 | 40: 8 quai Saint-Michel
68 | 40: 31000 Toulouse
82 | 40: Tél. 05 61 00 00 00
120 | 320: Facturé à :
134 | 320: Librairie Montaigne
148 | 320: 17 rue du Palais
162 | 320: 33000 Bordeaux
220 | 40: Facture n° : 2024-0098
234 | 40: Date de facturation : 15 janvier 2024
248 | 40: Date d'échéance : 14/02/2024
262 | 40: Bon de commande : BC-5521
300 | 40: Désignation | 300: Quantité | 380: Prix unitaire HT | 490: Montant HT
320 | 40: Brochures A5, 24 pages | 300: 1 000 | 380: 1,15 | 490: 1 150,00
340 | 40: Livraison | 300: 1 | 380: 45,00 | 490: 45,00
400 | 380: Total HT | 490: 1 195,00 €
416 | 380: TVA 20 % | 490: 239,00 €
432 | 380: Total TTC | 490: 1 434,00 €
448 | 380: Acompte versé | 490: 434,00 €
464 | 380: Net à payer | 490: 1 000,00 €
780 | 40: Imprimerie des Trois Ponts SARL au capital de 8 000 € - RCS Toulouse 404 833 048 - TVA FR83404833048
"""
    ],
    {
        "invoice_number": "2024-0098", "issue_date": "2024-01-15", "due_date": "2024-02-14",
        "seller": "Imprimerie des Trois Ponts",
        "buyer": "Librairie Montaigne", "currency": "EUR", "line_total": "1195.00", "tax_total": "239.00",
        "grand_total": "1434.00",
        "prepaid": "434.00", "due_payable": "1000.00", "purchase_order": "BC-5521", "seller_tax_ids": "FR83404833048",
    },
)  # fmt: skip

SPANISH = Layout(
    [
        """
40 | 40: FACTURA
70 | 40: Datos del emisor | 330: Datos del cliente
84 | 40: Cerámicas del Sur S.L. | 330: Hotel Mirador S.A.
98 | 40: Calle Real 21 | 330: Avda. de la Playa 3
112 | 40: 41004 Sevilla | 330: 29640 Fuengirola
126 | 40: CIF: B12345674 | 330: CIF: A58818501
170 | 40: Nº de factura: | 140: F-2023/451 | 330: Fecha: | 430: 02/07/2023
184 | 40: Su pedido: | 140: 88-12 | 330: Vencimiento: | 430: 01/08/2023
230 | 40: Concepto | 300: Cantidad | 380: Precio | 490: Importe
250 | 40: Azulejo azul 20x20 | 300: 300 | 380: 1,90 | 490: 570,00
270 | 40: Portes | 300: 1 | 380: 30,00 | 490: 30,00
330 | 380: Base imponible | 490: 600,00 €
346 | 380: IVA 21% | 490: 126,00 €
362 | 380: Total factura | 490: 726,00 €
400 | 40: Forma de pago: transferencia a ES91 2100 0418 4502 0005 1332
"""
    ],
    {
        "invoice_number": "F-2023/451", "issue_date": "2023-07-02", "due_date": "2023-08-01", "seller": "Cerámicas del Sur S.L.",
        "buyer": "Hotel Mirador S.A.", "currency": "EUR", "line_total": "600.00", "tax_total": "126.00", "grand_total": "726.00",
        "iban": "ES9121000418450200051332", "seller_address": "Calle Real 21, 41004 Sevilla", "seller_tax_ids": "B12345674",
        "buyer_tax_ids": "A58818501",
    },
)  # fmt: skip

ITALIAN = Layout(
    [
        """
40 | 40: Officine Rossi S.r.l.
54 | 40: Via Garibaldi 40
68 | 40: 10122 Torino
82 | 40: P.IVA IT00743110157
120 | 330: Spett.le
134 | 330: Bianchi Arredi S.p.A.
148 | 330: Corso Italia 5
162 | 330: 20122 Milano
220 | 40: Fattura n. 55/2022 del 07/10/2022
234 | 40: Condizioni di pagamento: bonifico 60 giorni
248 | 40: Scadenza: 06/12/2022
290 | 40: Descrizione | 300: Q.tà | 380: Prezzo | 490: Importo
310 | 40: Revisione tornio | 300: 1 | 380: 2.000,00 | 490: 2.000,00
360 | 380: Imponibile | 490: 2.000,00
376 | 380: IVA 22% | 490: 440,00
392 | 380: Totale documento | 490: € 2.440,00
"""
    ],
    {
        "invoice_number": "55/2022", "issue_date": "2022-10-07", "due_date": "2022-12-06", "seller": "Officine Rossi S.r.l.",
        "buyer": "Bianchi Arredi S.p.A.", "currency": "EUR", "line_total": "2000.00", "tax_total": "440.00",
        "grand_total": "2440.00",
        "seller_tax_ids": "IT00743110157",
    },
)  # fmt: skip

DUTCH = Layout(
    [
        """
40 | 400: Fietsenwerk B.V.
54 | 400: Dorpsstraat 8
68 | 400: 3511 AB Utrecht
82 | 400: KvK 30123456
96 | 400: BTW NL810433941B01
120 | 40: Aan:
134 | 40: Gemeente Zeist
148 | 40: Het Rond 1
162 | 40: 3701 HS Zeist
210 | 40: FACTUUR
240 | 40: Factuurnummer | 160: 2023.0456
254 | 40: Factuurdatum | 160: 1 juni 2023
268 | 40: Vervaldatum | 160: 1 juli 2023
310 | 40: Omschrijving | 300: Aantal | 380: Prijs | 490: Bedrag
330 | 40: Onderhoud dienstfietsen | 300: 12 | 380: € 45,00 | 490: € 540,00
380 | 380: Totaal excl. btw | 490: € 540,00
396 | 380: Btw 21% | 490: € 113,40
412 | 380: Te betalen | 490: € 653,40
"""
    ],
    {
        "invoice_number": "2023.0456", "issue_date": "2023-06-01", "due_date": "2023-07-01", "seller": "Fietsenwerk B.V.",
        "buyer": "Gemeente Zeist", "currency": "EUR", "line_total": "540.00", "tax_total": "113.40", "due_payable": "653.40",
        "seller_tax_ids": "NL810433941B01",
    },
)  # fmt: skip

PORTUGUESE = Layout(
    [
        """
40 | 40: Vinhos da Serra, Lda
54 | 40: Rua das Flores 12
68 | 40: 5000-651 Vila Real
82 | 40: NIF: PT502757191
120 | 330: Cliente:
134 | 330: Restaurante O Pescador
148 | 330: Rua do Porto 77
162 | 330: 4050-450 Porto
210 | 40: Fatura nº FT 2021/88
224 | 40: Data de emissão: 18-03-2021
238 | 40: Data de vencimento: 17-04-2021
280 | 40: Descrição | 300: Quantidade | 380: Preço | 490: Valor
300 | 40: Vinho tinto 0,75 l | 300: 60 | 380: 4,50 | 490: 270,00
350 | 380: Total sem IVA | 490: 270,00 €
366 | 380: Valor do IVA | 490: 35,10 €
382 | 380: Total a pagar | 490: 305,10 €
"""
    ],
    {
        "invoice_number": "FT 2021/88", "issue_date": "2021-03-18", "due_date": "2021-04-17", "seller": "Vinhos da Serra, Lda",
        "buyer": "Restaurante O Pescador", "currency": "EUR", "line_total": "270.00", "tax_total": "35.10",
        "due_payable": "305.10",
    },
)  # fmt: skip

SWISS = Layout(
    [
        """
40 | 40: Bergbahn Technik AG
54 | 40: Bahnhofstrasse 3
68 | 40: 7000 Chur
82 | 40: CHE-116.281.710 MWST
96 | 40: www.bergbahn-technik.ch
150 | 340: Skiclub Arosa
164 | 340: Postfach
178 | 340: 7050 Arosa
230 | 40: Rechnung 20231
250 | 40: Rechnungsdatum | 150: 05.01.2023 | 330: Zahlbar bis | 430: 04.02.2023
300 | 40: Leistung | 300: Anzahl | 380: Ansatz | 490: Betrag CHF
320 | 40: Revision Antrieb | 300: 1 | 380: 12'500.00 | 490: 12'500.00
370 | 330: Total exkl. MWST | 490: 12'500.00
386 | 330: MWST 7.7% | 490: 962.50
402 | 330: Gesamtbetrag CHF | 490: 13'462.50
440 | 40: IBAN CH93 0076 2011 6238 5295 7
"""
    ],
    {
        "invoice_number": "20231", "issue_date": "2023-01-05", "due_date": "2023-02-04", "seller": "Bergbahn Technik AG",
        "currency": "CHF", "tax_total": "962.50", "grand_total": "13462.50", "iban": "CH9300762011623852957",
        "buyer": "Skiclub Arosa",
    },
)  # fmt: skip

CREDIT_NOTE = Layout(
    [
        """
40 | 40: CREDIT NOTE
60 | 40: Paper & Ink Limited
74 | 40: 5 High Street
88 | 40: Leeds LS1 6AG
110 | 40: Credit Note No. | 160: CN-0007
124 | 40: Date | 160: 21/02/2024
138 | 40: Original invoice | 160: INV-0391
170 | 40: Customer
184 | 40: School of Arts
198 | 40: 1 Park Row
212 | 40: Leeds LS2 8QQ
260 | 40: Item | 300: Quantity | 380: Price | 490: Total
280 | 40: Paper A4 returned | 300: 10 | 380: 4.00 | 490: -40.00
320 | 380: Net total | 490: -40.00
336 | 380: VAT 20% | 490: -8.00
352 | 380: Total GBP | 490: -48.00
"""
    ],
    {
        "document_type": "credit_note", "invoice_number": "CN-0007", "issue_date": "2024-02-21", "preceding_invoice": "INV-0391",
        "seller": "Paper & Ink Limited", "buyer": "School of Arts", "currency": "GBP", "line_total": "40.00", "tax_total": "8.00",
        "grand_total": "48.00",
    },
)  # fmt: skip

STACKED_LABELS = Layout(
    [
        """
40 | 200: TAX INVOICE
60 | 40: Outback Solar Pty Ltd
74 | 40: ABN 51 824 753 556
88 | 40: 9 Station Road
102 | 40: Dubbo NSW 2830
150 | 40: Invoice | 140: Invoice | 240: Customer | 340: Payment | 440: Total AUD
160 | 40: number | 140: date | 240: number | 340: due date | 440: incl. GST
180 | 40: OS-5510 | 140: 30 Jun 2023 | 240: 4471 | 340: 14 Jul 2023 | 440: $1,650.00
230 | 40: Bill to:
244 | 40: Wattle Farm
258 | 40: Lot 2, Creek Lane
272 | 40: Narromine NSW 2821
320 | 40: Description | 300: Quantity | 380: Unit price | 490: Amount
340 | 40: Panel cleaning | 300: 30 | 380: 50.00 | 490: 1,500.00
390 | 380: Subtotal | 490: 1,500.00
406 | 380: GST 10% | 490: 150.00
422 | 380: TOTAL | 490: $1,650.00
440 | 40: All amounts in Australian dollars
"""
    ],
    {
        "invoice_number": "OS-5510", "issue_date": "2023-06-30", "due_date": "2023-07-14", "seller": "Outback Solar Pty Ltd",
        "buyer": "Wattle Farm", "line_total": "1500.00", "tax_total": "150.00", "grand_total": "1650.00", "currency": "AUD",
    },
)  # fmt: skip

TOTALS_IN_A_ROW = Layout(
    [
        """
40 | 40: Maschinenbau Keller KG | 400: R E C H N U N G
54 | 40: Industriestr. 77
68 | 40: 70565 Stuttgart
100 | 400: Beleg-Nr. | 480: 8801234
114 | 400: Beleg-Datum | 480: 28.02.23
128 | 400: Kunden-Nr. | 480: 10442
142 | 400: Bestell-Nr. | 480: 4500012345
156 | 400: Bestell-Datum | 480: 01.02.23
150 | 60: Rechnungsempfänger
164 | 60: Autoteile Schwab GmbH
178 | 60: Werkstr. 2
192 | 60: 73728 Esslingen
240 | 60: Pos | 100: Bezeichnung | 330: Menge | 400: Preis | 490: Betrag
260 | 60: 10 | 100: Spannfutter | 330: 2 | 400: 310,00 | 490: 620,00
300 | 60: Warenwert | 150: Fracht | 230: Nettobetrag | 330: MwSt-% | 400: MwSt-Betrag | 490: Endbetrag
316 | 60: 620,00 | 150: 30,00 | 230: 650,00 | 330: 19,0 | 400: 123,50 | 490: 773,50
350 | 60: Zahlbar bis 14.03.23 mit 2 % Skonto, bis 30.03.23 netto. Alle Beträge in EUR.
760 | 60: Maschinenbau Keller KG | 300: Amtsgericht Stuttgart HRA 1234 | 460: USt-IdNr. DE136695976
"""
    ],
    {
        "invoice_number": "8801234", "issue_date": "2023-02-28", "purchase_order": "4500012345", "line_total": "620.00",
        "tax_total": "123.50", "grand_total": "773.50", "seller": "Maschinenbau Keller KG", "buyer": "Autoteile Schwab GmbH",
        "currency": "EUR", "charge_total": "30.00", "due_date": "2023-03-30",
    },
)  # fmt: skip

INDIAN = Layout(
    [
        """
40 | 230: Tax Invoice
70 | 40: Sold By: Kaveri Retail Private Limited | 380: Invoice Number # FABC2300012345
84 | 40: Plot 9, Hosur Road, Bengaluru 560068 | 380: GSTIN - 29AAGCB1286Q1Z0
120 | 40: Order ID: OD218372 | 230: Bill To | 420: Ship To
134 | 40: Order Date: 12-05-2023 | 230: Anil Mehta | 420: Anil Mehta
148 | 40: Invoice Date: 13-05-2023 | 230: 4 Lake View | 420: 4 Lake View
162 | 40: PAN: AAGCB1286Q | 230: Pune 411001 | 420: Pune 411001
210 | 40: Product | 260: Qty | 320: Gross Amount | 420: IGST | 490: Total
230 | 40: Steel bottle 1 l | 260: 2 | 320: 1,100.00 | 420: 198.00 | 490: 1,298.00
280 | 40: Total | 260: 2 | 320: 1,100.00 | 420: 198.00 | 490: 1,298.00
310 | 420: Grand Total | 490: ₹ 1,298.00
"""
    ],
    {
        "invoice_number": "FABC2300012345", "issue_date": "2023-05-13", "seller": "Kaveri Retail Private Limited",
        "buyer": "Anil Mehta", "currency": "INR", "grand_total": "1298.00", "seller_tax_ids": "29AAGCB1286Q1Z0",
    },
)  # fmt: skip

DIRECT_DEBIT = Layout(
    [
        """
40 | 40: Stadtnetz Telekom GmbH | 360: Rechnungsnummer | 460: 77 0012 3456
54 | 40: Postfach 10 20 | 360: Kundennummer | 460: 5512998
68 | 40: 50667 Köln | 360: Rechnungsdatum | 460: 04.09.2024
82 | 360: Seite | 460: 1 von 2
140 | 40: Herrn
154 | 40: Paul Sommer
168 | 40: Gartenweg 3
182 | 40: 50733 Köln
230 | 40: Ihre Rechnung für September 2024
260 | 40: Summe der Leistungen (netto) | 490: 33,61 €
276 | 40: Umsatzsteuer 19 % | 490: 6,39 €
292 | 40: Zu zahlender Betrag | 490: 40,00 €
330 | 40: Der Rechnungsbetrag wird am 16.09.2024 von Ihrem Konto DE89 3704 0044 0532 0130 00 abgebucht.
780 | 40: Stadtnetz Telekom GmbH, Amtsgericht Köln HRB 9999, USt-IdNr. DE136695976
""",
        """
40 | 40: Rechnungsnummer | 140: 77 0012 3456 | 360: Seite | 460: 2 von 2
80 | 40: Leistung | 300: Menge | 400: Einzelpreis | 490: Betrag
100 | 40: Internet 100 | 300: 1 | 400: 25,20 | 490: 25,20
120 | 40: Telefon | 300: 1 | 400: 8,41 | 490: 8,41
""",
    ],
    {
        "invoice_number": "77 0012 3456", "issue_date": "2024-09-04", "due_date": "2024-09-16",
        "seller": "Stadtnetz Telekom GmbH",
        "buyer": "Paul Sommer", "currency": "EUR", "tax_total": "6.39", "due_payable": "40.00", "seller_tax_ids": "DE136695976",
    },
)  # fmt: skip

BILINGUAL = Layout(
    [
        """
40 | 40: Hanse Logistik GmbH & Co. KG
54 | 40: Speicherstadt 14, 20457 Hamburg
100 | 40: RECHNUNG / INVOICE
130 | 40: Rechnungsnummer / Invoice No.: RE-55012
144 | 40: Rechnungsdatum / Invoice Date: 2024-05-31
158 | 40: Fällig am / Due date: 2024-06-30
172 | 40: Ihre Bestellung / Your order: 99-443
200 | 40: Rechnungsempfänger / Bill to:
214 | 40: Nordsea Trading B.V.
228 | 40: Maasboulevard 100
242 | 40: 3063 NS Rotterdam
290 | 40: Beschreibung / Description | 330: Menge / Qty | 480: Betrag / Amount
310 | 40: Container transport | 330: 2 | 480: 1,800.00
360 | 300: Nettobetrag / Net amount | 480: 1,800.00
376 | 300: MwSt / VAT 0 % | 480: 0.00
392 | 300: Gesamtbetrag / Total amount | 480: EUR 1,800.00
420 | 40: Steuerfreie innergemeinschaftliche Leistung / Reverse charge
"""
    ],
    {
        "invoice_number": "RE-55012", "issue_date": "2024-05-31", "due_date": "2024-06-30", "currency": "EUR",
        "seller": "Hanse Logistik GmbH & Co. KG", "buyer": "Nordsea Trading B.V.", "line_total": "1800.00", "tax_total": "0.00",
        "grand_total": "1800.00",
    },
)  # fmt: skip

SOLE_TRADER = Layout(
    [
        """
40 | 40: Mira Lang
54 | 40: Grafikdesign
68 | 40: Rosenweg 8 | 400: hallo@miralang-design.de
82 | 40: 04109 Leipzig | 400: St.-Nr. 201/113/40209
130 | 40: Café Paulus
144 | 40: Karl-Heine-Str. 50
158 | 40: 04229 Leipzig
210 | 40: Rechnung | 400: Leipzig, 9. Juli 2024
226 | 40: Rechnungsnr. 24-031
260 | 40: Logo und Speisekarte, pauschal | 490: 850,00 €
300 | 40: Gesamt | 490: 850,00 €
330 | 40: Gemäß § 19 UStG wird keine Umsatzsteuer berechnet.
346 | 40: Zahlbar ohne Abzug bis 23.07.2024.
"""
    ],
    {
        "invoice_number": "24-031", "issue_date": "2024-07-09", "due_date": "2024-07-23", "seller": "Mira Lang",
        "buyer": "Café Paulus", "currency": "EUR", "grand_total": "850.00", "seller_tax_ids": "201/113/40209",
    },
)  # fmt: skip

NUMBER_BELOW_TITLE = Layout(
    [
        """
40 | 40: Pinewood Studio
54 | 40: hello@pinewoodstudio.com
40 | 470: INVOICE
62 | 470: No. 000123
90 | 400: Issued: | 470: Jan. 5, 2024
104 | 400: P.O. #: | 470: 8841
118 | 400: Due: | 470: Feb. 4, 2024
140 | 40: BILLED TO
154 | 40: Acme Corp.
168 | 40: 500 Main Street
182 | 40: Springfield, IL 62701
240 | 40: Item | 300: Hours | 380: Rate | 490: Amount
260 | 40: Brand design | 300: 20 | 380: $80.00 | 490: $1,600.00
320 | 380: Total | 490: $1,600.00
"""
    ],
    {
        "invoice_number": "000123", "issue_date": "2024-01-05", "due_date": "2024-02-04", "seller": "Pinewood Studio",
        "buyer": "Acme Corp.", "currency": "USD", "grand_total": "1600.00", "purchase_order": "8841",
    },
)  # fmt: skip

GERMAN_CREDIT = Layout(
    [
        """
40 | 40: Verkäufer:
54 | 40: Großhandel Busch e.K.
68 | 40: Marktplatz 2
82 | 40: 99084 Erfurt
110 | 40: Käufer:
124 | 40: Bäckerei Stein
138 | 40: Mühlgasse 6
152 | 40: 99085 Erfurt
200 | 40: Gutschrift Nr. G-2023-14 vom 03.08.2023
220 | 40: zur Rechnung Nr. R-2023-201 vom 20.07.2023
260 | 40: Bezeichnung | 330: Menge | 400: Preis | 490: Gesamt
280 | 40: Rücknahme Mehl Type 550 | 330: 4 | 400: 12,50 | 490: 50,00
320 | 330: Summe netto | 490: 50,00 EUR
336 | 330: MwSt 7 % | 490: 3,50 EUR
352 | 330: Gutschriftbetrag | 490: 53,50 EUR
"""
    ],
    {
        "document_type": "credit_note", "invoice_number": "G-2023-14", "issue_date": "2023-08-03",
        "preceding_invoice": "R-2023-201",
        "seller": "Großhandel Busch e.K.", "buyer": "Bäckerei Stein", "line_total": "50.00", "tax_total": "3.50",
        "grand_total": "53.50", "currency": "EUR",
    },
)  # fmt: skip

SEVERAL_RATES = Layout(
    [
        """
40 | 40: Ferme du Lac SAS
54 | 40: 2 chemin des Prés
68 | 40: 74000 Annecy
82 | 40: SIRET 404 833 048 00022 - N° TVA FR83404833048
120 | 330: Épicerie Blanche
134 | 330: 9 place du Marché
148 | 330: 73000 Chambéry
200 | 40: FACTURE
220 | 40: N° | 120: Date | 220: Client | 320: Échéance
234 | 40: F2403 | 120: 08/03/2024 | 220: C118 | 320: 07/04/2024
280 | 40: Désignation | 300: Qté | 360: P.U. HT | 430: TVA | 500: Montant HT
300 | 40: Fromage | 300: 10 | 360: 12,00 | 430: 5,5 % | 500: 120,00
320 | 40: Panier cadeau | 300: 2 | 360: 25,00 | 430: 20 % | 500: 50,00
370 | 40: Base HT | 120: Taux | 200: Montant TVA | 380: Total HT | 500: 170,00
386 | 40: 120,00 | 120: 5,5 % | 200: 6,60 | 380: Total TVA | 500: 16,60
402 | 40: 50,00 | 120: 20 % | 200: 10,00 | 380: Total TTC | 500: 186,60 €
440 | 40: Conditions de règlement : 30 jours net
"""
    ],
    {
        "invoice_number": "F2403", "issue_date": "2024-03-08", "due_date": "2024-04-07", "seller": "Ferme du Lac SAS",
        "buyer": "Épicerie Blanche", "currency": "EUR", "line_total": "170.00", "tax_total": "16.60", "grand_total": "186.60",
        "payment_terms": "30 jours net", "seller_tax_ids": "FR83404833048",
    },
)  # fmt: skip

UTILITY = Layout(
    [
        """
30 | 40: Energía Clara, S.A. | 400: FACTURA DE ELECTRICIDAD
50 | 400: Nº factura: 21240301010012345
64 | 400: Fecha emisión: 01 de marzo de 2024
78 | 400: Periodo de facturación: 01/02/2024 - 29/02/2024
92 | 400: Fecha de cargo: 08 de marzo de 2024
120 | 40: Titular: LUCÍA ROMERO
134 | 40: Calle Olmo 5
148 | 40: 28012 Madrid
200 | 40: Energía consumida | 480: 41,20 €
216 | 40: Potencia contratada | 480: 12,80 €
232 | 40: Impuesto electricidad | 480: 2,76 €
248 | 40: IVA 21% s/ 56,76 | 480: 11,92 €
264 | 40: TOTAL IMPORTE FACTURA | 480: 68,68 €
760 | 40: Energía Clara, S.A. CIF A58818501. Registro Mercantil de Madrid. www.energiaclara.es
"""
    ],
    {
        "invoice_number": "21240301010012345", "issue_date": "2024-03-01", "seller": "Energía Clara, S.A.",
        "currency": "EUR", "grand_total": "68.68", "due_date": "2024-03-08",
    },
)  # fmt: skip

NUMBERED_RECIPIENT = Layout(
    [
        """
40 | 50: Papierhaus Wendt GmbH
54 | 50: Kanalweg 7 · 20457 Hamburg
119 | 50: Alpina Sport AG | 345: Rechnungsnummer: | 480: W-0711
131 | 50: Birkenallee 12 | 345: Rechnungsdatum: | 480: 03.08.2024
143 | 50: 80331 München | 345: Zahlbar bis: | 480: 02.09.2024
155 | 50: USt-IdNr. DE136695976
208 | 50: Rechnung W-0711
240 | 50: Bezeichnung | 300: Menge | 367: Einzelpreis | 480: Gesamtpreis
261 | 50: Broschüre A5 | 300: 1.000 | 380: 0,74 | 480: 740,00
320 | 380: Summe netto | 480: 740,00
334 | 380: USt 19 % | 480: 140,60
348 | 380: Gesamtbetrag | 480: 880,60 €
400 | 50: Zahlungsbedingungen: Zahlbar innerhalb von 30 Tagen ohne Abzug
780 | 50: Papierhaus Wendt GmbH · IBAN DE89 3704 0044 0532 0130 00 · USt-IdNr. DE118551137
"""
    ],
    {
        "invoice_number": "W-0711", "seller": "Papierhaus Wendt GmbH", "seller_tax_ids": "DE118551137",
        "buyer": "Alpina Sport AG", "buyer_address": "Birkenallee 12, 80331 München", "buyer_tax_ids": "DE136695976",
        "tax_total": "140.60", "grand_total": "880.60",
        "payment_terms": "Zahlbar innerhalb von 30 Tagen ohne Abzug",
    },
)  # fmt: skip

BRAND_AND_COMPANY = Layout(
    [
        """
40 | 40: Invoice | 460: Pixelforge
70 | 40: Invoice number | 150: 4F2A1B0C-0007
84 | 40: Date of issue | 150: March 12, 2023
98 | 40: Date due | 150: March 26, 2023
130 | 40: Pixelforge, Inc. | 300: Bill to
144 | 40: 548 Market Street | 300: Lena Fischer
158 | 40: San Francisco, California 94104 | 300: Torstraße 1
172 | 40: United States | 300: 10119 Berlin
220 | 40: $23.80 USD due March 26, 2023
260 | 40: Description | 300: Qty | 360: Unit price | 430: Tax | 490: Amount
280 | 40: Pro plan | 300: 1 | 360: $20.00 | 430: 19% | 490: $20.00
320 | 300: Subtotal | 490: $20.00
352 | 300: VAT - Germany (19% on $20.00) | 490: $3.80
368 | 300: Total | 490: $23.80
384 | 300: Amount due | 490: $23.80 USD
"""
    ],
    {
        "invoice_number": "4F2A1B0C-0007", "issue_date": "2023-03-12", "due_date": "2023-03-26", "seller": "Pixelforge, Inc.",
        "buyer": "Lena Fischer", "currency": "USD", "line_total": "20.00", "tax_total": "3.80", "grand_total": "23.80",
    },
)  # fmt: skip

TAXES_BY_RATE_ONLY = Layout(
    [
        """
40 | 40: AU BON MOULIN
54 | 40: 12 chemin de l'olive
68 | 40: 84340 Malaucène
82 | 40: N° TVA : FR83404833048
120 | 330: MA JOLIE BOUTIQUE
134 | 330: 35 rue de la République
148 | 330: 69001 Lyon
180 | 40: FACTURE | 330: Date : 2017/11/13
200 | 40: N° FA-2017-0010 | 330: Client : CLI-0033
260 | 40: Réf. | 110: Désignation | 300: Qté | 350: PU HT | 410: TVA | 490: Total HT
280 | 40: NOUG250 | 110: Nougat 250g | 300: 20 | 350: 4,55 | 410: 20,00% | 490: 91,00
296 | 40: BISC500 | 110: Biscuits 300g | 300: 50 | 350: 3,20 | 410: 5,50% | 490: 160,00
330 | 380: Total HT | 490: 251,00 €
346 | 380: Dont TVA 20 % | 490: 18,20 €
362 | 380: Dont TVA 5,5 % | 490: 8,80 €
378 | 380: Total TTC | 490: 278,00 €
400 | 40: Prélèvement automatique le 20/11/2017
"""
    ],
    {
        "invoice_number": "FA-2017-0010", "issue_date": "2017-11-13", "due_date": "2017-11-20", "seller": "AU BON MOULIN",
        "currency": "EUR", "line_total": "251.00", "tax_total": "27.00", "grand_total": "278.00",
    },
)  # fmt: skip

ANNUAL_BILL = Layout(
    [
        """
40 | 380: Stadtwerke Auental GmbH
54 | 380: Kundenservice
110 | 40: Stadtwerke Auental GmbH, Postfach 10 01, 34117 Kassel
130 | 40: Frau
144 | 40: Erika Sommer
158 | 40: Ahornweg 3
172 | 40: 34119 Kassel
150 | 380: Kundennummer: 4711001
164 | 380: Vertragskonto: 220033441
178 | 380: Rechnungsnummer: VR 20191234
192 | 380: Rechnungs-/Lieferdatum: 15.01.2019
250 | 40: Ihre Jahresabrechnung Strom vom 01.01.2018 bis 31.12.2018
310 | 40: Arbeitspreis 3.214 kWh x 24,87 Cent | 480: 799,32 EUR
326 | 40: Grundpreis | 480: 102,00 EUR
342 | 40: Nettobetrag | 480: 901,32 EUR
358 | 40: Umsatzsteuer 19 % | 480: 171,25 EUR
374 | 40: Rechnungsbetrag brutto | 480: 1.072,57 EUR
390 | 40: abzüglich geleistete Abschläge | 480: -1.020,00 EUR
406 | 40: Nachzahlung | 480: 52,57 EUR
430 | 40: Den Betrag von 52,57 EUR buchen wir am 01.02.2019 von Ihrem Konto ab.
"""
    ],
    {
        "invoice_number": "VR 20191234", "issue_date": "2019-01-15", "due_date": "2019-02-01", "prepaid": "1020.00",
        "seller": "Stadtwerke Auental GmbH", "buyer": "Erika Sommer", "currency": "EUR", "grand_total": "1072.57",
        "tax_total": "171.25", "due_payable": "52.57",
    },
)  # fmt: skip

TWO_TAXES_OF_ONE_RATE = Layout(
    [
        """
40 | 200: Oak Stays Private Limited
54 | 200: 9th Floor, Palm Court, Sector 69, Gurgaon, Haryana 122001
68 | 200: GSTIN 06AABCO6063D1ZX
100 | 40: INVOICE
120 | 40: Booking ID: OSTY1234567 | 330: Invoice No.: IBZY2087
134 | 40: Guest Name: Anita Rao | 330: Date: 31-Dec-17
190 | 40: Description | 300: Nights | 380: Tariff | 480: Total
210 | 40: Room charges | 300: 1 | 380: Rs. 1,731.25 | 480: Rs. 1,731.25
240 | 380: CGST 6% | 480: Rs. 103.88
256 | 380: SGST 6% | 480: Rs. 103.88
272 | 380: Grand Total | 480: Rs. 1,939.01
"""
    ],
    {
        "invoice_number": "IBZY2087", "issue_date": "2017-12-31", "seller": "Oak Stays Private Limited", "buyer": "Anita Rao",
        "currency": "INR", "tax_total": "207.76", "grand_total": "1939.01",
    },
)  # fmt: skip

DATES_AMONG_ITEMS = Layout(
    [
        """
40 | 40: Elektro Meyer · Hauptstr. 4 · 21335 Lüneburg
100 | 40: Firma
114 | 40: Autohaus Brandt GmbH & Co. KG
128 | 40: Industrieweg 22
142 | 40: 21337 Lüneburg
160 | 40: Quittung über Arbeiten
176 | 40: EM-471102 vom 14.09.2018
220 | 40: Datum | 110: Leistung | 330: Anzahl | 400: Einzel | 490: Betrag
240 | 40: 12.09.2018 | 110: Montage | 330: 2 | 400: 89,00 | 490: 178,00
256 | 40: 13.09.2018 | 110: Prüfung | 330: 2 | 400: 12,50 | 490: 25,00
272 | 40: 13.09.2018 | 110: Anfahrt | 330: 2 | 400: 8,00 | 490: 16,00
300 | 330: Nettobetrag | 490: 219,00
316 | 330: 19 % USt. | 490: 41,61
332 | 330: Gesamtbetrag € | 490: 260,61
360 | 40: Zahlbar innerhalb von 8 Tagen mit 2% Skonto oder 30 Tagen netto.
"""
    ],
    {
        "invoice_number": "EM-471102", "issue_date": "2018-09-14", "due_date": "2018-10-14", "seller": "Elektro Meyer",
        "buyer": "Autohaus Brandt GmbH & Co. KG", "currency": "EUR", "line_total": "219.00", "tax_total": "41.61",
        "grand_total": "260.61",
    },
)  # fmt: skip

NUMBERED_RECIPIENT_ABROAD = Layout(
    [
        """
40 | 50: Brightwater Ltd
54 | 50: 14 Mill Lane, Bristol BS1 4DJ
119 | 50: Gemeente Zeist | 345: Invoice No: | 480: W-0711
131 | 50: Het Rond 1 | 345: Date: | 480: 03.08.2024
143 | 50: 3701 HS Zeist
155 | 50: Netherlands
167 | 50: BTW-nummer: NL810433941B01
208 | 50: INVOICE
240 | 50: Description | 300: Qty | 367: Price | 480: Amount GBP
261 | 50: Consulting | 300: 1 | 380: 740.00 | 480: 740.00
320 | 380: Net | 480: 740.00
334 | 380: VAT @ 20% | 480: 148.00
348 | 380: Total | 480: 888.00
400 | 50: Terms Net 30
780 | 50: Brightwater Ltd. Registered in England 07654321. VAT No GB 980 7806 84
"""
    ],
    {
        "invoice_number": "W-0711", "seller": "Brightwater Ltd", "seller_tax_ids": "GB980780684", "buyer": "Gemeente Zeist",
        "buyer_address": "Het Rond 1, 3701 HS Zeist", "buyer_tax_ids": "NL810433941B01", "currency": "GBP",
        "line_total": "740.00", "tax_total": "148.00", "grand_total": "888.00", "due_payable": "888.00",
        "payment_terms": "Net 30",
    },
)  # fmt: skip

LAYOUTS: dict[str, Layout] = {
    "british": BRITISH,
    "american": AMERICAN,
    "german_letter": GERMAN_LETTER,
    "french": FRENCH,
    "spanish": SPANISH,
    "italian": ITALIAN,
    "dutch": DUTCH,
    "portuguese": PORTUGUESE,
    "swiss": SWISS,
    "credit_note": CREDIT_NOTE,
    "stacked_labels": STACKED_LABELS,
    "totals_in_a_row": TOTALS_IN_A_ROW,
    "indian": INDIAN,
    "direct_debit": DIRECT_DEBIT,
    "bilingual": BILINGUAL,
    "sole_trader": SOLE_TRADER,
    "number_below_title": NUMBER_BELOW_TITLE,
    "german_credit": GERMAN_CREDIT,
    "several_rates": SEVERAL_RATES,
    "utility": UTILITY,
    "numbered_recipient": NUMBERED_RECIPIENT,
    "numbered_recipient_abroad": NUMBERED_RECIPIENT_ABROAD,
    "brand_and_company": BRAND_AND_COMPANY,
    "taxes_by_rate_only": TAXES_BY_RATE_ONLY,
    "annual_bill": ANNUAL_BILL,
    "two_taxes_of_one_rate": TWO_TAXES_OF_ONE_RATE,
    "dates_among_items": DATES_AMONG_ITEMS,
}
