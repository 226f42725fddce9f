"""What Document Understanding calls fields of invoices and receipts, and what we call them. Data only.

Source: docs.oracle.com, "Key Value Extraction (Invoices)" and "Key Value Extraction (Receipts)"; for fields in line items of
invoices, answers of the service in public projects.
"""

from collections.abc import Mapping

LABELS: Mapping[str, str] = {
    "InvoiceId": "invoice_number",
    "InvoiceDate": "issue_date",
    "DueDate": "due_date",
    "VendorName": "seller",
    "VendorAddress": "seller_address",
    "VendorTaxId": "seller_tax_ids",
    "CustomerName": "buyer",
    "CustomerAddress": "buyer_address",
    "BillingAddress": "buyer_address",
    "CustomerTaxId": "buyer_tax_ids",
    "PurchaseOrder": "purchase_order",
    "PaymentTerm": "payment_terms",
    "Subtotal": "line_total",
    "TotalDiscount": "allowance_total",
    "ShippingCost": "charge_total",
    "TotalTax": "tax_total",
    "InvoiceTotal": "grand_total",
    "AmountDue": "due_payable",
    "MerchantName": "seller",
    "MerchantAddress": "seller_address",
    "TransactionDate": "issue_date",
    "Tax": "tax_total",
    "Total": "grand_total",
}
"""Label → field. Labels are compared without regard to case: the service writes `SubTotal` as well."""

ITEM_LABELS: Mapping[str, str] = {
    "Description": "description",
    "Name": "description",
    "ItemName": "description",
    "ProductCode": "sku",
    "Quantity": "quantity",
    "ItemQuantity": "quantity",
    "Unit": "unit",
    "UnitPrice": "unit_price",
    "ItemPrice": "unit_price",
    "TaxRate": "vat_rate",
    "Amount": "line_total",
    "ItemTotalPrice": "line_total",
}
"""Label within a line item → column."""
