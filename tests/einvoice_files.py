"""E-invoices written by hand for tests: one made-up invoice as CII, ZUGFeRD 1 and UBL, and PDFs that hold them."""

import io
from collections.abc import Mapping

import pypdfium2

from tests.pdf_files import pdf

LINES = [
    "INVOICE",
    "Acme Tools GmbH, Werkstr. 5, 10115 Berlin",
    "Invoice number: A-2026-17",
    "Invoice date: 2026-03-02",
    "Due date: 2026-04-01",
    "Hammer 2 10.00 20.00",
    "Nails, box of 100 300 4.50 13.50",
    "Net total 33.50",
    "VAT 19 % 6.37",
    "Total EUR 39.87",
]
"""What the page of the made-up invoice says."""


def cii(
    number: str = "A-2026-17",
    *,
    guideline: str = "urn:cen.eu:en16931:2017",
    code: str = "380",
    head: str = "",
    terms: str = "<ram:DueDateDateTime><udt:DateTimeString format='102'>20260401</udt:DateTimeString></ram:DueDateDateTime>",
    seller: str = "<ram:Name>Acme Tools GmbH</ram:Name>",
    totals: str = "<ram:GrandTotalAmount>39.87</ram:GrandTotalAmount><ram:DuePayableAmount>39.87</ram:DuePayableAmount>",
    lines: str | None = None,
) -> bytes:
    """The invoice as Factur-X, ZUGFeRD 2 and XRechnung have it."""
    names = {"rsm": "CrossIndustryInvoice", "udt": "UnqualifiedDataType", "ram": "ReusableAggregateBusinessInformationEntity"}
    spaces = " ".join(f'xmlns:{prefix}="urn:un:unece:uncefact:data:standard:{name}:100"' for prefix, name in names.items())
    return f"""<?xml version="1.0" encoding="UTF-8"?><rsm:CrossIndustryInvoice {spaces}>
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>{guideline}</ram:ID>
</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>{number}</ram:ID><ram:TypeCode>{code}</ram:TypeCode>
<ram:IssueDateTime><udt:DateTimeString format="102">20260302</udt:DateTimeString></ram:IssueDateTime>{head}
</rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>{LINE_ITEMS if lines is None else lines}
<ram:ApplicableHeaderTradeAgreement>
<ram:SellerTradeParty>{seller}
<ram:PostalTradeAddress><ram:PostcodeCode>10115</ram:PostcodeCode><ram:LineOne>Werkstr. 5</ram:LineOne>
<ram:CityName>Berlin</ram:CityName><ram:CountryID>DE</ram:CountryID></ram:PostalTradeAddress>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="FC">12/345/67890</ram:ID></ram:SpecifiedTaxRegistration>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">DE136695976</ram:ID></ram:SpecifiedTaxRegistration></ram:SellerTradeParty>
<ram:BuyerTradeParty><ram:Name>Käufer AG</ram:Name></ram:BuyerTradeParty>
<ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>PO 7</ram:IssuerAssignedID></ram:BuyerOrderReferencedDocument>
</ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeDelivery/>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradeSettlementPaymentMeans><ram:PayeePartyCreditorFinancialAccount>
<ram:IBANID>DE02 1203 0000 0000 2020 51</ram:IBANID></ram:PayeePartyCreditorFinancialAccount>
</ram:SpecifiedTradeSettlementPaymentMeans>
<ram:ApplicableTradeTax><ram:CalculatedAmount>6.37</ram:CalculatedAmount><ram:TypeCode>VAT</ram:TypeCode>
<ram:BasisAmount>33.50</ram:BasisAmount><ram:RateApplicablePercent>19.00</ram:RateApplicablePercent></ram:ApplicableTradeTax>
<ram:SpecifiedTradePaymentTerms>{terms}</ram:SpecifiedTradePaymentTerms>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:LineTotalAmount>33.50</ram:LineTotalAmount>
<ram:TaxTotalAmount currencyID="SEK">70.00</ram:TaxTotalAmount>
<ram:TaxTotalAmount currencyID="EUR">6.37</ram:TaxTotalAmount>{totals}
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>""".encode()


def cii_line(
    number: str, name: str, quantity: str, price: str, total: str, more: str = "", base: str = "", status: str = ""
) -> str:
    """A line item of `cii`."""
    return f"""<ram:IncludedSupplyChainTradeLineItem>
<ram:AssociatedDocumentLineDocument><ram:LineID>{number}</ram:LineID>{status}</ram:AssociatedDocumentLineDocument>
<ram:SpecifiedTradeProduct><ram:Name>{name}</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>{price}</ram:ChargeAmount>{base}
</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery>
<ram:BilledQuantity unitCode="H87">{quantity}</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:RateApplicablePercent>19.00</ram:RateApplicablePercent>
</ram:ApplicableTradeTax>{more}
<ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>{total}</ram:LineTotalAmount>
</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>"""


LINE_ITEMS = cii_line("1", "Hammer", "2", "10.00", "20.00") + cii_line(
    "2", "Nails, box of 100", "300", "4.50", "13.50", base='<ram:BasisQuantity unitCode="H87">100</ram:BasisQuantity>'
)


def zugferd_1(number: str = "A-2026-17") -> bytes:
    """The invoice as ZUGFeRD 1 has it: the names of 2014, and a line that is only a text."""
    newer = cii(number, guideline="urn:ferd:CrossIndustryDocument:invoice:1p0:comfort").decode()
    text = "<ram:AssociatedDocumentLineDocument><ram:IncludedNote><ram:Content>Dear customer</ram:Content></ram:IncludedNote>"
    line = "IncludedSupplyChainTradeLineItem"
    note = f"<ram:{line}>{text}</ram:AssociatedDocumentLineDocument></ram:{line}>"
    older = newer.replace("<rsm:SupplyChainTradeTransaction>", f"<rsm:SupplyChainTradeTransaction>{note}")
    for new, old in (
        ("urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100", "urn:ferd:CrossIndustryDocument:invoice:1p0"),
        ("InformationEntity:100", "InformationEntity:12"),
        ("DataType:100", "DataType:15"),
        ("CrossIndustryInvoice", "CrossIndustryDocument"),
        ("rsm:ExchangedDocumentContext", "rsm:SpecifiedExchangedDocumentContext"),
        ("rsm:ExchangedDocument>", "rsm:HeaderExchangedDocument>"),
        ("rsm:SupplyChain", "rsm:SpecifiedSupplyChain"),
        ("ApplicableHeaderTrade", "ApplicableSupplyChainTrade"),
        ("SpecifiedLineTrade", "SpecifiedSupplyChainTrade"),
        ("SettlementLineMonetary", "SettlementMonetary"),
        ("SettlementHeaderMonetary", "SettlementMonetary"),
        ("RateApplicablePercent", "ApplicablePercent"),
        ("IssuerAssignedID", "ID"),
    ):
        older = older.replace(new, old)
    return older.encode()


def ubl(number: str = "A-2026-17", *, credit_note: bool = False) -> bytes:
    """The invoice as XRechnung (UBL) and Peppol have it, or the same as a credit note."""
    kind, quantity, code = ("CreditNote", "CreditedQuantity", "381") if credit_note else ("Invoice", "InvoicedQuantity", "380")
    parts = "urn:oasis:names:specification:ubl:schema:xsd:Common"
    due = "" if credit_note else "<b:DueDate>2026-04-01</b:DueDate>"
    due_later = "<b:PaymentDueDate>2026-04-01</b:PaymentDueDate>" if credit_note else ""
    lines = "".join(
        f"""<a:{kind}Line><b:ID>{n}</b:ID><b:{quantity} unitCode="H87">{q}</b:{quantity}>
<b:LineExtensionAmount currencyID="EUR">{total}</b:LineExtensionAmount><a:Item><b:Name>{name}</b:Name>
<a:ClassifiedTaxCategory><b:Percent>19.00</b:Percent></a:ClassifiedTaxCategory></a:Item>
<a:Price><b:PriceAmount currencyID="EUR">{price}</b:PriceAmount>{base}</a:Price></a:{kind}Line>"""
        for n, name, q, price, total, base in (
            ("1", "Hammer", "2", "10.00", "20.00", ""),
            ("2", "Nails, box of 100", "300", "4.50", "13.50", '<b:BaseQuantity unitCode="H87">100</b:BaseQuantity>'),
        )
    )

    def party(role: str, name: str, more: str) -> str:
        legal = f"<a:PartyLegalEntity><b:RegistrationName>{name}</b:RegistrationName></a:PartyLegalEntity>"
        return f"<a:{role}><a:Party>{more}{legal}</a:Party></a:{role}>"

    address = (
        "<a:PostalAddress><b:StreetName>Werkstr. 5</b:StreetName><b:CityName>Berlin</b:CityName>"
        "<b:PostalZone>10115</b:PostalZone>"
        "<a:Country><b:IdentificationCode>DE</b:IdentificationCode></a:Country></a:PostalAddress>"
        "<a:PartyTaxScheme><b:CompanyID>12/345/67890</b:CompanyID></a:PartyTaxScheme>"
        "<a:PartyTaxScheme><b:CompanyID>DE136695976</b:CompanyID></a:PartyTaxScheme>"
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<{kind} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{kind}-2" xmlns:a="{parts}AggregateComponents-2"
 xmlns:b="{parts}BasicComponents-2">
<b:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0</b:CustomizationID>
<b:ID>{number}</b:ID><b:IssueDate>2026-03-02</b:IssueDate>{due}<b:{kind}TypeCode>{code}</b:{kind}TypeCode>
<b:DocumentCurrencyCode>EUR</b:DocumentCurrencyCode><a:OrderReference><b:ID>PO 7</b:ID></a:OrderReference>
{party("AccountingSupplierParty", "Acme Tools GmbH", address)}{party("AccountingCustomerParty", "Käufer AG", "")}
<a:PaymentMeans>{due_later}<a:PayeeFinancialAccount><b:ID>DE02120300000000202051</b:ID></a:PayeeFinancialAccount></a:PaymentMeans>
<a:TaxTotal><b:TaxAmount currencyID="SEK">70.00</b:TaxAmount></a:TaxTotal>
<a:TaxTotal><b:TaxAmount currencyID="EUR">6.37</b:TaxAmount>
<a:TaxSubtotal><b:TaxableAmount currencyID="EUR">33.50</b:TaxableAmount>
<b:TaxAmount currencyID="EUR">6.37</b:TaxAmount><a:TaxCategory><b:Percent>19.00</b:Percent></a:TaxCategory>
</a:TaxSubtotal></a:TaxTotal>
<a:LegalMonetaryTotal><b:LineExtensionAmount currencyID="EUR">33.50</b:LineExtensionAmount>
<b:TaxInclusiveAmount currencyID="EUR">39.87</b:TaxInclusiveAmount><b:PayableAmount currencyID="EUR">39.87</b:PayableAmount>
</a:LegalMonetaryTotal>{lines}</{kind}>""".encode()


def holding(files: Mapping[str, bytes], lines: list[str] | None = None) -> bytes:
    """A PDF of one page with embedded files."""
    document = pypdfium2.PdfDocument(pdf([lines or LINES]))
    for name, content in files.items():
        document.new_attachment(name).set_data(content)
    stream = io.BytesIO()
    document.save(stream)
    document.close()
    return stream.getvalue()
