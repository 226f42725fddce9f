"""Invoices as XML: UN/CEFACT CII, as Factur-X embeds it, and UBL 2.1, as XRechnung sends it."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

from sandbox.invoices.written import Party, Position, Written

FACTUR_X = "factur-x.xml"
"""Name of the embedded file; Factur-X 1.0, 6.2."""
_EN_16931 = "urn:cen.eu:en16931:2017"
_XRECHNUNG = f"{_EN_16931}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
_TYPES = {"invoice": "380", "credit_note": "381", "receipt": "380"}


def cii(invoice: Written) -> bytes:
    """Cross Industry Invoice, profile EN 16931."""
    transaction = "".join(_cii_item(number, p) for number, p in enumerate(invoice.positions, 1))
    agreement = _cii_party("SellerTradeParty", invoice.seller) + _cii_party("BuyerTradeParty", invoice.buyer)
    if invoice.order:
        agreement += f"<ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>{escape(invoice.order)}</ram:IssuerAssignedID></ram:BuyerOrderReferencedDocument>"  # noqa: E501
    transaction += f"<ram:ApplicableHeaderTradeAgreement>{agreement}</ram:ApplicableHeaderTradeAgreement>"
    transaction += "<ram:ApplicableHeaderTradeDelivery/>" + _cii_settlement(invoice)
    body = (
        f"<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>{_EN_16931}</ram:ID>"
        "</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>"
        f"<rsm:ExchangedDocument><ram:ID>{escape(invoice.number)}</ram:ID><ram:TypeCode>{_TYPES[invoice.kind]}</ram:TypeCode>"
        f"<ram:IssueDateTime>{_cii_day(invoice.issued)}</ram:IssueDateTime></rsm:ExchangedDocument>"
        f"<rsm:SupplyChainTradeTransaction>{transaction}</rsm:SupplyChainTradeTransaction>"
    )
    spaces = (
        'xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" '
        'xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100" '
        'xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"'
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice {spaces}>{body}</rsm:CrossIndustryInvoice>'.encode()
    )


def _cii_day(day: date) -> str:
    return f'<udt:DateTimeString format="102">{day:%Y%m%d}</udt:DateTimeString>'


def _cii_party(tag: str, party: Party) -> str:
    code, _, town = party.place.partition(" ")
    tax = (
        f'<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">{party.tax_id}</ram:ID></ram:SpecifiedTaxRegistration>'
        if party.tax_id
        else ""
    )
    return (
        f"<ram:{tag}><ram:Name>{escape(party.name)}</ram:Name><ram:PostalTradeAddress><ram:PostcodeCode>{code}</ram:PostcodeCode>"
        f"<ram:LineOne>{escape(party.street)}</ram:LineOne><ram:CityName>{escape(town)}</ram:CityName>"
        f"<ram:CountryID>{party.country}</ram:CountryID></ram:PostalTradeAddress>{tax}</ram:{tag}>"
    )


def _cii_item(number: int, position: Position) -> str:
    sku = f"<ram:SellerAssignedID>{escape(position.sku)}</ram:SellerAssignedID>" if position.sku else ""
    return (
        f"<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument><ram:LineID>{number}</ram:LineID>"
        f"</ram:AssociatedDocumentLineDocument><ram:SpecifiedTradeProduct>{sku}<ram:Name>{escape(position.text)}</ram:Name>"
        "</ram:SpecifiedTradeProduct><ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice>"
        f"<ram:ChargeAmount>{position.price}</ram:ChargeAmount></ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>"
        f'<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="C62">{position.quantity}</ram:BilledQuantity>'
        "</ram:SpecifiedLineTradeDelivery><ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode>"
        f"<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>{position.rate}</ram:RateApplicablePercent>"
        "</ram:ApplicableTradeTax><ram:SpecifiedTradeSettlementLineMonetarySummation>"
        f"<ram:LineTotalAmount>{position.total}</ram:LineTotalAmount></ram:SpecifiedTradeSettlementLineMonetarySummation>"
        "</ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>"
    )


def _cii_settlement(invoice: Written) -> str:
    account = (
        "<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>58</ram:TypeCode><ram:PayeePartyCreditorFinancialAccount>"
        f"<ram:IBANID>{invoice.seller.iban}</ram:IBANID></ram:PayeePartyCreditorFinancialAccount>"
        "</ram:SpecifiedTradeSettlementPaymentMeans>"
        if invoice.seller.iban
        else ""
    )
    taxes = "".join(
        f"<ram:ApplicableTradeTax><ram:CalculatedAmount>{amount}</ram:CalculatedAmount><ram:TypeCode>VAT</ram:TypeCode>"
        f"<ram:BasisAmount>{base}</ram:BasisAmount><ram:CategoryCode>S</ram:CategoryCode>"
        f"<ram:RateApplicablePercent>{rate}</ram:RateApplicablePercent></ram:ApplicableTradeTax>"
        for rate, base, amount in invoice.taxes
    )
    terms = "<ram:SpecifiedTradePaymentTerms>"
    terms += f"<ram:Description>{escape(invoice.terms)}</ram:Description>" if invoice.terms else ""
    terms += f"<ram:DueDateDateTime>{_cii_day(invoice.due)}</ram:DueDateDateTime>" if invoice.due else ""
    terms += "</ram:SpecifiedTradePaymentTerms>"
    sums = (
        f"<ram:LineTotalAmount>{invoice.lines}</ram:LineTotalAmount><ram:TaxBasisTotalAmount>{invoice.lines}"
        f'</ram:TaxBasisTotalAmount><ram:TaxTotalAmount currencyID="{invoice.currency}">{invoice.tax}</ram:TaxTotalAmount>'
        f"<ram:GrandTotalAmount>{invoice.total}</ram:GrandTotalAmount><ram:DuePayableAmount>{invoice.to_pay}</ram:DuePayableAmount>"
    )
    return (
        f"<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>{invoice.currency}</ram:InvoiceCurrencyCode>"
        f"{account}{taxes}{terms}<ram:SpecifiedTradeSettlementHeaderMonetarySummation>{sums}"
        "</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>"
    )


def ubl(invoice: Written) -> bytes:
    """UBL 2.1 invoice, as XRechnung has it."""
    due = f"<cbc:DueDate>{invoice.due}</cbc:DueDate>" if invoice.due else ""
    order = f"<cac:OrderReference><cbc:ID>{escape(invoice.order)}</cbc:ID></cac:OrderReference>" if invoice.order else ""
    means = (
        "<cac:PaymentMeans><cbc:PaymentMeansCode>58</cbc:PaymentMeansCode><cac:PayeeFinancialAccount>"
        f"<cbc:ID>{invoice.seller.iban}</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>"
        if invoice.seller.iban
        else ""
    )
    terms = f"<cac:PaymentTerms><cbc:Note>{escape(invoice.terms)}</cbc:Note></cac:PaymentTerms>" if invoice.terms else ""
    body = (
        f"<cbc:CustomizationID>{_XRECHNUNG}</cbc:CustomizationID><cbc:ID>{escape(invoice.number)}</cbc:ID>"
        f"<cbc:IssueDate>{invoice.issued}</cbc:IssueDate>{due}"
        f"<cbc:InvoiceTypeCode>{_TYPES[invoice.kind]}</cbc:InvoiceTypeCode>"
        f"<cbc:DocumentCurrencyCode>{invoice.currency}</cbc:DocumentCurrencyCode>{order}"
        + _ubl_party("AccountingSupplierParty", invoice.seller)
        + _ubl_party("AccountingCustomerParty", invoice.buyer)
        + means
        + terms
        + _ubl_taxes(invoice)
        + "<cac:LegalMonetaryTotal>"
        + _amounts(
            invoice.currency,
            (
                ("LineExtensionAmount", invoice.lines),
                ("TaxExclusiveAmount", invoice.lines),
                ("TaxInclusiveAmount", invoice.total),
                ("PayableAmount", invoice.to_pay),
            ),
        )
        + "</cac:LegalMonetaryTotal>"
        + "".join(_ubl_item(number, p, invoice.currency) for number, p in enumerate(invoice.positions, 1))
    )
    space = "urn:oasis:names:specification:ubl:schema:xsd"
    spaces = (
        f'xmlns="{space}:Invoice-2" xmlns:cac="{space}:CommonAggregateComponents-2" xmlns:cbc="{space}:CommonBasicComponents-2"'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Invoice {spaces}>{body}</Invoice>'.encode()


def _amounts(currency: str, amounts: Iterable[tuple[str, Decimal]]) -> str:
    return "".join(f'<cbc:{name} currencyID="{currency}">{amount}</cbc:{name}>' for name, amount in amounts)


def _ubl_party(tag: str, party: Party) -> str:
    code, _, town = party.place.partition(" ")
    tax = (
        f"<cac:PartyTaxScheme><cbc:CompanyID>{party.tax_id}</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
        "</cac:PartyTaxScheme>"
        if party.tax_id
        else ""
    )
    return (
        f"<cac:{tag}><cac:Party><cac:PostalAddress><cbc:StreetName>{escape(party.street)}</cbc:StreetName>"
        f"<cbc:CityName>{escape(town)}</cbc:CityName><cbc:PostalZone>{code}</cbc:PostalZone><cac:Country>"
        f"<cbc:IdentificationCode>{party.country}</cbc:IdentificationCode></cac:Country></cac:PostalAddress>{tax}"
        f"<cac:PartyLegalEntity><cbc:RegistrationName>{escape(party.name)}</cbc:RegistrationName></cac:PartyLegalEntity>"
        f"</cac:Party></cac:{tag}>"
    )


def _ubl_taxes(invoice: Written) -> str:
    parts = "".join(
        f"<cac:TaxSubtotal>{_amounts(invoice.currency, (('TaxableAmount', base), ('TaxAmount', amount)))}<cac:TaxCategory>"
        f"<cbc:ID>S</cbc:ID><cbc:Percent>{rate}</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
        "</cac:TaxCategory></cac:TaxSubtotal>"
        for rate, base, amount in invoice.taxes
    )
    return f"<cac:TaxTotal>{_amounts(invoice.currency, (('TaxAmount', invoice.tax),))}{parts}</cac:TaxTotal>"


def _ubl_item(number: int, position: Position, currency: str) -> str:
    return (
        f'<cac:InvoiceLine><cbc:ID>{number}</cbc:ID><cbc:InvoicedQuantity unitCode="C62">{position.quantity}'
        f"</cbc:InvoicedQuantity>{_amounts(currency, (('LineExtensionAmount', position.total),))}<cac:Item>"
        f"<cbc:Name>{escape(position.text)}</cbc:Name><cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID>"
        f"<cbc:Percent>{position.rate}</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
        f"</cac:ClassifiedTaxCategory></cac:Item><cac:Price>{_amounts(currency, (('PriceAmount', position.price),))}</cac:Price>"
        "</cac:InvoiceLine>"
    )
