"""How invoices of a language put it: labels, dates and numbers."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandbox.invoices.written import Kind, Language

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}


@dataclass(frozen=True, slots=True)
class Wording:
    """Labels of one language; `columns` are description, quantity, unit price, rate and amount."""

    invoice: str
    credit_note: str
    receipt: str
    number: str
    issued: str
    due: str
    buyer: str
    tax_id: str
    order: str
    preceding: str
    columns: tuple[str, str, str, str, str]
    lines: str
    allowance: str
    charge: str
    base: str
    tax: str
    total: str
    prepaid: str
    to_pay: str
    terms: str
    carried: str
    brought: str
    page: str

    def title(self, kind: Kind) -> str:
        """What the document calls itself."""
        return {"invoice": self.invoice, "credit_note": self.credit_note, "receipt": self.receipt}[kind]


_ENGLISH = Wording(
    "Invoice", "Credit note", "Receipt", "Invoice number", "Invoice date", "Due date", "Bill to", "VAT no.", "Purchase order",
    "Original invoice", ("Description", "Qty", "Unit price", "VAT %", "Amount"), "Subtotal", "Discount", "Shipping",
    "Net amount", "VAT", "Total", "Paid in advance", "Amount due", "Payment terms", "Carried forward", "Brought forward", "Page",
)  # fmt: skip
WORDINGS: dict[Language, Wording] = {
    "en": _ENGLISH,
    "us": Wording(
        "INVOICE", "CREDIT MEMO", "RECEIPT", "Invoice #", "Date", "Payment due", "Bill to", "Tax ID", "PO number",
        "Original invoice", ("Item", "Qty", "Rate", "Tax %", "Amount"), "Subtotal", "Discount", "Shipping",
        "Taxable amount", "Sales tax", "Total", "Deposit", "Balance due", "Terms", "Carried forward", "Brought forward", "Page",
    ),
    "de": Wording(
        "Rechnung", "Gutschrift", "Kassenbeleg", "Rechnungsnummer", "Rechnungsdatum", "Zahlbar bis", "Rechnungsempfänger",
        "USt-IdNr.", "Bestellnummer", "Zu Rechnung", ("Bezeichnung", "Menge", "Einzelpreis", "USt %", "Gesamtpreis"),
        "Summe netto", "Rabatt", "Versandkosten", "Nettobetrag", "USt", "Gesamtbetrag", "Anzahlung", "Zahlbetrag",
        "Zahlungsbedingungen", "Übertrag", "Übertrag von Seite", "Seite",
    ),
    "fr": Wording(
        "Facture", "Avoir", "Ticket", "Facture n°", "Date de facture", "Date d'échéance", "Facturé à", "N° TVA",
        "Bon de commande", "Facture d'origine", ("Désignation", "Quantité", "Prix unitaire HT", "TVA %", "Montant HT"),
        "Total HT", "Remise", "Frais de port", "Base HT", "TVA", "Total TTC", "Acompte versé", "Net à payer",
        "Conditions de paiement", "À reporter", "Report", "Page",
    ),
    "es": Wording(
        "Factura", "Factura rectificativa", "Tique", "Número de factura", "Fecha de factura", "Fecha de vencimiento", "Cliente",
        "NIF-IVA", "Pedido", "Factura original", ("Descripción", "Cantidad", "Precio unitario", "IVA %", "Importe"),
        "Base imponible", "Descuento", "Gastos de envío", "Base", "Cuota IVA", "Total factura", "Anticipo", "Total a pagar",
        "Condiciones de pago", "Suma y sigue", "Suma anterior", "Página",
    ),
}  # fmt: skip


def day(value: date, language: Language) -> str:
    """A date as it is printed."""
    match language:
        case "us":
            return f"{value.month}/{value.day}/{value.year}"
        case "en" | "fr":
            return f"{value.day} {_MONTHS[language].split()[value.month - 1]} {value.year}"
        case "de":
            return f"{value:%d.%m.%Y}"
        case "es":
            return f"{value:%d/%m/%Y}"


def number(value: Decimal, language: Language) -> str:
    """A number as it is printed: point or comma, and what stands between thousands."""
    text = f"{value:,}"
    if language in ("en", "us"):
        return text
    group = "\xa0" if language == "fr" else "."
    return text.replace(",", "_").replace(".", ",").replace("_", group)


def money(value: Decimal, currency: str, language: Language) -> str:
    """An amount with its currency."""
    symbol = _SYMBOLS.get(currency, currency)
    if language in ("en", "us") and symbol in "£$€":
        sign = "-" if value < 0 else ""
        return f"{sign}{symbol}{number(abs(value), language)}"
    return f"{number(value, language)} {symbol}"
