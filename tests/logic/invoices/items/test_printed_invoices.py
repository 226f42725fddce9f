"""Line items of printed invoices: PDF files of many layouts, read from their text layers."""

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pypdfium2
import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from assets.invoices.logic.items import line_items, tax_lines
from assets.invoices.logic.numbers import numerals
from resources.document_ai.layout import Page
from resources.document_ai.text_layer import page_of

HEADS: dict[str, dict[str, list[str]]] = {
    "english": {
        "number": ["#", "Line"], "sku": ["SKU", "Item No."], "name": ["Description", "Details"], "quantity": ["Qty", "Hours"],
        "price": ["Unit Price", "Rate"], "total": ["Amount", "Total excl. VAT"],
    },
    "german": {
        "number": ["Pos.", "Nr."], "sku": ["Art.-Nr."], "name": ["Bezeichnung", "Leistung"], "quantity": ["Menge", "Anzahl"],
        "price": ["Einzelpreis", "Preis in EUR"], "total": ["Gesamt €", "Betrag"],
    },
    "french": {
        "number": ["N°"], "sku": ["Réf.", "Code article"], "name": ["Désignation"], "quantity": ["Qté", "Quantité"],
        "price": ["P.U. HT", "Prix unitaire"], "total": ["Montant HT", "Total HT"],
    },
    "spanish": {
        "number": ["Nº"], "sku": ["Código"], "name": ["Concepto", "Descripción"], "quantity": ["Cant.", "Uds."],
        "price": ["Precio unit.", "Precio"], "total": ["Importe", "Total"],
    },
}  # fmt: skip
SUMS = {
    "english": ("Subtotal", "VAT", "Total due", "Carried forward", "."),
    "german": ("Summe netto", "zzgl. MwSt.", "Rechnungsbetrag", "Übertrag", ","),
    "french": ("Total HT", "TVA", "Net à payer", "Report", ","),
    "spanish": ("Base imponible", "IVA", "Total factura", "Suma y sigue", ","),
}
WORDS = "alpha bolt cable design engine filter gasket hosting lamp motor A4 3m X20 2000 service consulting pro kit".split()  # noqa: SIM905
GROUPS = {".": ",", ",": "."}


@dataclass(frozen=True)
class Line:
    name: str
    sku: str
    quantity: Decimal
    price: Decimal

    @property
    def total(self) -> Decimal:
        return (self.quantity * self.price).quantize(Decimal("0.01"))


class Printer:
    """Sets an invoice by chance: columns and their order, fonts, sizes, pitches, currencies, pages."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.language = self.chance.choice(sorted(HEADS))
        self.subtotal, self.tax, self.grand, self.carried, self.mark = SUMS[self.language]
        self.font = self.chance.choice(["Helvetica", "Times-Roman", "Courier"])
        self.size = self.chance.choice([6, 7]) if self.font == "Courier" else self.chance.choice([7, 8, 9, 10])
        self.pitch = self.size * self.chance.choice([1.15, 1.25])
        self.apart = self.size * self.chance.choice([0.5, 0.8, 1.2])
        self.centred = self.chance.random() < 0.3
        self.currency = self.chance.choice(["", " €", " EUR"])
        order = self.chance.choice([["name", "quantity", "price", "total"], ["quantity", "name", "price", "total"]])
        if self.chance.random() < 0.4:
            order.insert(order.index("name"), "sku")
        if self.chance.random() < 0.5:
            order.insert(0, "number")
        self.heads = {name: self.chance.choice(HEADS[self.language][name]) for name in order}
        self.lines = [self._line() for _ in range(self.chance.choice([1, 2, 4, 8, 30]))]
        self.rate = self.chance.choice([7, 19, 20])

    def _line(self) -> Line:
        some = " ".join(self.chance.choice(WORDS) for _ in range(self.chance.choice([1, 2, 4, 9]))).capitalize()
        price = Decimal(self.chance.randrange(100, 9_999_99)) / 100
        return Line(some, f"A-{self.chance.randrange(1000, 9999)}", Decimal(self.chance.choice([1, 2, 3, 10, 250])), price)

    def money(self, value: Decimal) -> str:
        units, fraction = f"{value:,.2f}".split(".")
        return units.replace(",", GROUPS[self.mark]) + self.mark + fraction + self.currency

    def width(self, text: str) -> float:
        return float(stringWidth(text, self.font, self.size))

    def wrapped(self, text: str, width: float) -> list[str]:
        lines = [""]
        for word in text.split():
            if lines[-1] and self.width(f"{lines[-1]} {word}") > width:
                lines.append("")
            lines[-1] = f"{lines[-1]} {word}".strip()
        return lines

    def pdf(self) -> bytes:
        buffer = io.BytesIO()
        self.canvas = Canvas(buffer, (595, 842))
        rows = [
            {
                "number": str(i + 1),
                "sku": line.sku,
                "quantity": f"{line.quantity}",
                "price": self.money(line.price),
                "total": self.money(line.total),
            }
            for i, line in enumerate(self.lines)
        ]
        widths = {
            name: max(self.width(text) for text in (head, *(row[name] for row in rows)))
            for name, head in self.heads.items()
            if name != "name"
        }
        widths["name"] = 595 - 100 - sum(widths.values()) - 14 * (len(self.heads) - 1)
        self.left, self.right = {}, {}
        at = 50.0
        for name in self.heads:
            self.left[name], self.right[name] = at, at + widths[name]
            at += widths[name] + 14
        self.text(50, 790, "ACME Trading GmbH, Main street 5, 12345 Town", "Invoice 2024-118")
        top = self.head(700)
        carried = Decimal(0)
        for line, row in zip(self.lines, rows, strict=True):
            parts = self.wrapped(line.name, widths["name"])
            if top - len(parts) * self.pitch < 110:
                self.put({"total": self.money(carried)}, top)
                self.text(self.left["name"], top, self.carried)
                self.canvas.showPage()
                top = self.head(770)
            self.text(self.left["name"], top, *parts)
            self.put(row, top - (len(parts) - 1) * self.pitch / 2 if self.centred else top)
            carried += line.total
            top -= len(parts) * self.pitch + self.apart
        self.sums(carried, top - self.apart)
        self.canvas.save()
        return buffer.getvalue()

    def sums(self, net: Decimal, top: float) -> None:
        tax = (net * self.rate / 100).quantize(Decimal("0.01"))
        for label, value in ((self.subtotal, net), (f"{self.tax} {self.rate}%", tax), (self.grand, net + tax)):
            self.canvas.drawRightString(self.left["total"] - 16, top, label)
            self.put({"total": self.money(value)}, top)
            top -= self.pitch

    def head(self, top: float) -> float:
        self.canvas.setFont(self.font, self.size)
        self.put(self.heads, top)
        self.text(self.left["name"], top, self.heads["name"])
        return top - self.pitch - self.apart

    def text(self, left: float, top: float, *lines: str) -> None:
        self.canvas.setFont(self.font, self.size)
        for i, line in enumerate(lines):
            self.canvas.drawString(left, top - i * self.pitch, line)

    def put(self, row: dict[str, str], top: float) -> None:
        for name, text in row.items():
            if name in ("quantity", "price", "total"):
                self.canvas.drawRightString(self.right[name], top, text)
            elif name in self.heads and name != "name":
                self.canvas.drawString(self.left[name], top, text)


def pages_of(pdf: bytes) -> Sequence[Page]:
    document = pypdfium2.PdfDocument(pdf)
    return [page_of(document[i], i + 1) for i in range(len(document))]


@pytest.mark.parametrize("seed", range(40))
def test_every_line_item_of_a_printed_invoice_is_read(seed: int) -> None:
    printer = Printer(seed)
    pages = pages_of(printer.pdf())
    how = numerals(line.text for page in pages for line in page.lines)
    items = [{name: value.value for name, value in item.columns.items()} for item in line_items(pages, how)]
    assert [item["description"] for item in items] == [line.name for line in printer.lines]
    amounts = [tuple(Decimal(item[name]) for name in ("quantity", "unit_price", "line_total")) for item in items]
    assert amounts == [(line.quantity, line.price, line.total) for line in printer.lines]
    net = sum((line.total for line in printer.lines), Decimal(0))
    [tax] = tax_lines(pages, how)
    assert tax.rate is not None
    assert tax.amount is not None
    assert tax.rate.value == str(printer.rate)
    assert Decimal(tax.amount.value) == (net * printer.rate / 100).quantize(Decimal("0.01"))
