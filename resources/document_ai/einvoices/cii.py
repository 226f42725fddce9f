"""Cross Industry Invoice of UN/CEFACT: Factur-X, ZUGFeRD and XRechnung (CII). Data only.

Source: Factur-X 1.0 / ZUGFeRD 2 "Technical Appendix", by the business terms of EN 16931; ZUGFeRD 1.0, "Technische Spezifikation".
"""

from collections.abc import Mapping

from resources.document_ai.einvoices.formats import Vocabulary

ROOTS: Mapping[str, str] = {
    "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice": "CII",
    "{urn:ferd:CrossIndustryDocument:invoice:1p0}CrossIndustryDocument": "ZUGFeRD 1",
    "{urn:un:unece:uncefact:data:standard:CBFBUY:5}Invoice": "ZUGFeRD 1",
}
"""Root element → format; the last is that of ZUGFeRD's release candidate."""

RENAMED: Mapping[str, str] = {
    "SpecifiedExchangedDocumentContext": "ExchangedDocumentContext",
    "HeaderExchangedDocument": "ExchangedDocument",
    "SpecifiedSupplyChainTradeTransaction": "SupplyChainTradeTransaction",
    "ApplicableSupplyChainTradeAgreement": "ApplicableHeaderTradeAgreement",
    "ApplicableSupplyChainTradeDelivery": "ApplicableHeaderTradeDelivery",
    "ApplicableSupplyChainTradeSettlement": "ApplicableHeaderTradeSettlement",
    "SpecifiedSupplyChainTradeAgreement": "SpecifiedLineTradeAgreement",
    "SpecifiedSupplyChainTradeDelivery": "SpecifiedLineTradeDelivery",
    "SpecifiedSupplyChainTradeSettlement": "SpecifiedLineTradeSettlement",
    "SpecifiedTradeSettlementHeaderMonetarySummation": "Summation",
    "SpecifiedTradeSettlementLineMonetarySummation": "Summation",
    "SpecifiedTradeSettlementMonetarySummation": "Summation",
    "ApplicablePercent": "RateApplicablePercent",
}
"""Names of ZUGFeRD 1 → those of its successors; the summations have one name here, whichever version calls them what."""

_DEAL = "SupplyChainTradeTransaction"
_AGREED = f"{_DEAL}/ApplicableHeaderTradeAgreement"
_DELIVERED = f"{_DEAL}/ApplicableHeaderTradeDelivery"
_SETTLED = f"{_DEAL}/ApplicableHeaderTradeSettlement"
_SUM = f"{_SETTLED}/Summation"
_IS = "normalize-space(ChargeIndicator)"


def _in_currency(name: str) -> tuple[str, ...]:
    """Paths of a total that may also be stated in the currency of the tax authority."""
    path = f"{_SUM}/{name}"
    return f"{path}[@currencyID=$currency]", f"{path}[not(string(@currencyID))]", f"{path}[$currency='']"


CII = Vocabulary(
    guideline="ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID",
    test="ExchangedDocumentContext/TestIndicator",
    fields={
        "invoice_number": ("ExchangedDocument/ID",),
        "document_type": ("ExchangedDocument/TypeCode",),
        "issue_date": ("ExchangedDocument/IssueDateTime",),
        "due_date": (
            f"{_SETTLED}/SpecifiedTradePaymentTerms[not(ApplicableTradePaymentDiscountTerms)]/DueDateDateTime",
            f"{_SETTLED}/SpecifiedTradePaymentTerms/DueDateDateTime",
        ),
        "delivery_date": (f"{_DELIVERED}/ActualDeliverySupplyChainEvent/OccurrenceDateTime",),
        "seller": (
            f"{_AGREED}/SellerTradeParty/Name",
            f"{_AGREED}/SellerTradeParty/SpecifiedLegalOrganization/TradingBusinessName",
        ),
        "seller_address": (f"{_AGREED}/SellerTradeParty/PostalTradeAddress",),
        "seller_tax_ids": (f"{_AGREED}/SellerTradeParty/SpecifiedTaxRegistration/ID",),
        "buyer": (
            f"{_AGREED}/BuyerTradeParty/Name",
            f"{_AGREED}/BuyerTradeParty/SpecifiedLegalOrganization/TradingBusinessName",
        ),
        "buyer_address": (f"{_AGREED}/BuyerTradeParty/PostalTradeAddress",),
        "buyer_tax_ids": (f"{_AGREED}/BuyerTradeParty/SpecifiedTaxRegistration/ID",),
        "iban": (f"{_SETTLED}/SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount/IBANID",),
        "currency": (f"{_SETTLED}/InvoiceCurrencyCode",),
        "line_total": (f"{_SUM}/LineTotalAmount",),
        "allowance_total": (f"{_SUM}/AllowanceTotalAmount",),
        "charge_total": (f"{_SUM}/ChargeTotalAmount",),
        "tax_total": _in_currency("TaxTotalAmount"),
        "grand_total": _in_currency("GrandTotalAmount"),
        "prepaid": (f"{_SUM}/TotalPrepaidAmount",),
        "rounding": (f"{_SUM}/RoundingAmount",),
        "due_payable": (f"{_SUM}/DuePayableAmount",),
        "purchase_order": (
            f"{_AGREED}/BuyerOrderReferencedDocument/IssuerAssignedID",
            f"{_AGREED}/BuyerOrderReferencedDocument/ID",
        ),
        "payment_terms": (f"{_SETTLED}/SpecifiedTradePaymentTerms/Description",),
        "preceding_invoice": (
            f"{_SETTLED}/InvoiceReferencedDocument/IssuerAssignedID",
            f"{_SETTLED}/InvoiceReferencedDocument/ID",
        ),
    },
    address=(
        ("LineOne",),
        ("LineTwo",),
        ("LineThree",),
        ("PostcodeCode", "CityName"),
        ("CountrySubDivisionName",),
        ("CountryID",),
    ),
    items=f"{_DEAL}/IncludedSupplyChainTradeLineItem",
    item={
        "line_id": ("AssociatedDocumentLineDocument/LineID",),
        "description": ("SpecifiedTradeProduct/Name", "SpecifiedTradeProduct/Description"),
        "sku": ("SpecifiedTradeProduct/SellerAssignedID",),
        "quantity": ("SpecifiedLineTradeDelivery/BilledQuantity",),
        "unit": ("SpecifiedLineTradeDelivery/BilledQuantity/@unitCode",),
        "unit_price": ("SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount",),
        "base_quantity": (
            "SpecifiedLineTradeAgreement/NetPriceProductTradePrice/BasisQuantity",
            "SpecifiedLineTradeAgreement/GrossPriceProductTradePrice/BasisQuantity",
        ),
        "vat_rate": ("SpecifiedLineTradeSettlement/ApplicableTradeTax/RateApplicablePercent",),
        "line_total": ("SpecifiedLineTradeSettlement/Summation/LineTotalAmount",),
    },
    allowances=f"SpecifiedLineTradeSettlement/SpecifiedTradeAllowanceCharge[{_IS}='false' or {_IS}='0']/ActualAmount",
    charges=f"SpecifiedLineTradeSettlement/SpecifiedTradeAllowanceCharge[{_IS}='true' or {_IS}='1']/ActualAmount",
    item_notes="AssociatedDocumentLineDocument/IncludedNote/Content",
    parts="AssociatedDocumentLineDocument/LineStatusReasonCode[.='GROUP' or .='INFORMATION']",
    taxes=f"{_SETTLED}/ApplicableTradeTax",
    tax={"rate": "RateApplicablePercent", "base": "BasisAmount", "amount": "CalculatedAmount"},
    notes="ExchangedDocument/IncludedNote/Content",
)
