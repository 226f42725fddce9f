"""Universal Business Language 2: invoices and credit notes of XRechnung (UBL), Peppol and their kin. Data only.

Source: EN 16931-3-2, syntax binding to UBL 2.1.
"""

from collections.abc import Mapping

from resources.document_ai.einvoices.formats import Vocabulary

ROOTS: Mapping[str, str] = {
    "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice": "UBL invoice",
    "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote": "UBL credit note",
}
"""Root element → format."""

RENAMED: Mapping[str, str] = {
    "CreditNoteTypeCode": "InvoiceTypeCode",
    "CreditNoteLine": "InvoiceLine",
    "CreditedQuantity": "InvoicedQuantity",
}
"""Names in a credit note → those in an invoice."""

_SELLER, _BUYER = "AccountingSupplierParty/Party", "AccountingCustomerParty/Party"
_SUM = "LegalMonetaryTotal"
_TAXES = (
    "TaxTotal[TaxAmount[@currencyID=$currency or $currency='']]",
    "TaxTotal[TaxAmount[not(string(@currencyID))]]",
)
"""Taxes may be stated once more in the currency of the tax authority (BT-111)."""

UBL = Vocabulary(
    guideline="CustomizationID",
    test="TestIndicator",
    fields={
        "invoice_number": ("ID",),
        "document_type": ("InvoiceTypeCode",),
        "issue_date": ("IssueDate",),
        "due_date": ("DueDate", "PaymentMeans/PaymentDueDate"),
        "delivery_date": ("Delivery/ActualDeliveryDate",),
        "seller": (f"{_SELLER}/PartyLegalEntity/RegistrationName", f"{_SELLER}/PartyName/Name"),
        "seller_address": (f"{_SELLER}/PostalAddress",),
        "seller_tax_ids": (f"{_SELLER}/PartyTaxScheme/CompanyID",),
        "buyer": (f"{_BUYER}/PartyLegalEntity/RegistrationName", f"{_BUYER}/PartyName/Name"),
        "buyer_address": (f"{_BUYER}/PostalAddress",),
        "buyer_tax_ids": (f"{_BUYER}/PartyTaxScheme/CompanyID",),
        "iban": ("PaymentMeans/PayeeFinancialAccount/ID",),
        "currency": ("DocumentCurrencyCode",),
        "line_total": (f"{_SUM}/LineExtensionAmount",),
        "allowance_total": (f"{_SUM}/AllowanceTotalAmount",),
        "charge_total": (f"{_SUM}/ChargeTotalAmount",),
        "tax_total": tuple(f"{tax}/TaxAmount" for tax in _TAXES),
        "grand_total": (f"{_SUM}/TaxInclusiveAmount",),
        "prepaid": (f"{_SUM}/PrepaidAmount",),
        "rounding": (f"{_SUM}/PayableRoundingAmount",),
        "due_payable": (f"{_SUM}/PayableAmount",),
        "purchase_order": ("OrderReference/ID",),
        "payment_terms": ("PaymentTerms/Note",),
        "preceding_invoice": ("BillingReference/InvoiceDocumentReference/ID",),
    },
    address=(
        ("StreetName",),
        ("AdditionalStreetName",),
        ("AddressLine/Line",),
        ("PostalZone", "CityName"),
        ("CountrySubentity",),
        ("Country/IdentificationCode",),
    ),
    items="InvoiceLine",
    item={
        "line_id": ("ID",),
        "description": ("Item/Name", "Item/Description"),
        "sku": ("Item/SellersItemIdentification/ID",),
        "quantity": ("InvoicedQuantity",),
        "unit": ("InvoicedQuantity/@unitCode",),
        "unit_price": ("Price/PriceAmount",),
        "base_quantity": ("Price/BaseQuantity",),
        "vat_rate": ("Item/ClassifiedTaxCategory/Percent",),
        "line_total": ("LineExtensionAmount",),
    },
    allowances="AllowanceCharge[normalize-space(ChargeIndicator)='false' or normalize-space(ChargeIndicator)='0']/Amount",
    charges="AllowanceCharge[normalize-space(ChargeIndicator)='true' or normalize-space(ChargeIndicator)='1']/Amount",
    item_notes="Note",
    parts=None,
    taxes=" | ".join(f"{tax}/TaxSubtotal" for tax in _TAXES),
    tax={"rate": "TaxCategory/Percent", "base": "TaxableAmount", "amount": "TaxAmount"},
    notes="Note",
)
