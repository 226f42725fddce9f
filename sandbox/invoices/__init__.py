"""Invoices that the demo company received, on paper, as pictures and as XML, the truth about them, and how it has paid so far."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib.util import find_spec

from sandbox.delivery import Delivery, Invoiced
from sandbox.invoices.companies import ACME, SELLERS
from sandbox.invoices.demo import Arrived, arrived
from sandbox.invoices.ledger import payment_history
from sandbox.invoices.written import Written


def invoices(aws: Sequence[Invoiced], oracle: Sequence[Invoiced]) -> list[Delivery]:
    """`invoices/`, what people supply about them below `inputs/invoices/`, and `truth/invoices.json`.

    Without the library that draws them there are none: the sandbox is an extra.

    Args:
        aws: What AWS asks for.
        oracle: What Oracle asks for.
    """
    if find_spec("reportlab") is None:
        return []
    files = arrived(aws, oracle)
    delivered = [Delivery(f"invoices/{file.name}", file.content, _at(file.at)) for file in files]
    truth = json.dumps([_truth(file) for file in files], indent=2, ensure_ascii=False) + "\n"
    last = delivered[-1].at
    return [
        *delivered,
        Delivery("inputs/invoices/payment_history.csv", payment_history(), last),
        Delivery("inputs/invoices/known_sellers.csv", known_sellers(), last),
        Delivery("inputs/invoices/own_tax_ids.txt", f"{ACME.tax_id}\n".encode(), last),
        Delivery("inputs/invoices/labelled_invoices.json", truth.encode(), last),
        Delivery("truth/invoices.json", truth.encode(), last),
    ]


def known_sellers() -> bytes:
    """Those that the company has paid before, as its list of sellers has them; one that it deals with first is not on it."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(("name", "tax_id", "iban"))
    writer.writerows((one.name, one.tax_id or "", one.iban or "") for one in SELLERS if one.tax_id or one.iban)
    return lines.getvalue().encode()


def _at(day: date) -> datetime:
    return datetime.combine(day, time(8, 30), UTC)


def _truth(file: Arrived) -> dict[str, object]:
    return {
        "file": file.name,
        "reads": file.reads,
        "risks": list(file.risks),
        "repairable": file.repairable,
        "invoices": [
            {
                "fields": {name: value for name, value in fields_of(invoice).items() if name not in file.hidden},
                "line_items": _items(invoice),
            }
            for invoice in file.invoices
        ],
    }


def fields_of(invoice: Written) -> dict[str, object]:
    """What is true of an invoice, by the names of EN 16931's terms; only what is printed."""
    fields: dict[str, object] = {
        "invoice_number": invoice.number,
        "document_type": invoice.kind,
        "issue_date": invoice.issued.isoformat(),
        "due_date": invoice.due.isoformat() if invoice.due else None,
        "seller": invoice.seller.name,
        "seller_address": invoice.seller.address,
        "seller_tax_ids": [invoice.seller.tax_id] if invoice.seller.tax_id and invoice.kind != "receipt" else None,
        "iban": invoice.seller.iban,
        "currency": invoice.currency,
        "tax_total": _amount(invoice.tax) if invoice.taxes else None,
        "grand_total": _amount(invoice.total),
        "prepaid": _amount(invoice.prepaid) if invoice.prepaid else None,
        "purchase_order": invoice.order,
        "payment_terms": invoice.terms,
        "preceding_invoice": invoice.preceding,
    }
    if invoice.kind != "receipt":  # a till prints neither its customer nor a sum before tax
        fields |= {
            "buyer": invoice.buyer.name,
            "buyer_address": invoice.buyer.address,
            "buyer_tax_ids": [invoice.buyer.tax_id],
            "line_total": _amount(invoice.lines),
            "allowance_total": _amount(invoice.allowance) if invoice.allowance else None,
            "charge_total": _amount(invoice.charge) if invoice.charge else None,
            "due_payable": _amount(invoice.to_pay),
        }
    return {name: value for name, value in fields.items() if value is not None}


def _items(invoice: Written) -> list[dict[str, str]]:
    return [
        {
            "description": position.text,
            "quantity": format(position.quantity, "f"),
            "unit_price": format(position.price, "f"),
            "vat_rate": format(position.rate, "f"),
            "line_total": _amount(position.total),
        }
        for position in invoice.positions
    ]


def _amount(value: Decimal) -> str:
    return format(value, "f")
