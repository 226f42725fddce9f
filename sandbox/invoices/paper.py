"""Invoices on paper: PDF files with a text layer, in the layouts of different sellers."""

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from sandbox.invoices.wording import WORDINGS, Wording, day, money, number
from sandbox.invoices.written import Position, Written

Layout = Literal["letter", "boxes", "list"]
"""`letter` has labels left of their values in a block, `boxes` above them in a row, `list` amounts alone."""
_WIDTH, _HEIGHT = 595, 842
_LEFT, _RIGHT = 50, 545
_LAST_ROW = 730
_COLUMNS = {"letter": (50, 330, 418, 456, 545), "boxes": (50, 325, 414, 455, 545)}
"""Left edge of the description, then the right edges of quantity, unit price, rate and amount."""


def pdf(invoices: Sequence[Written], layout: Layout, *, embedded: Mapping[str, bytes] | None = None) -> bytes:
    """The invoices one after the other in one file.

    Args:
        invoices: What is drawn.
        layout: How.
        embedded: Files inside the file, by name.
    """
    from reportlab.pdfgen.canvas import Canvas

    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(_WIDTH, _HEIGHT), invariant=1)
    canvas.setTitle(invoices[0].number)
    for invoice in invoices:
        _Sheet(canvas, invoice, layout).draw()
    if embedded:
        _embed(canvas, embedded)
    canvas.save()
    return target.getvalue()


def _embed(canvas: Any, files: Mapping[str, bytes]) -> None:  # noqa: ANN401  reportlab has no types
    """Put files into the name tree of the document; ISO 32000-1, 7.11.4."""
    from reportlab.pdfbase import pdfdoc

    document = canvas._doc
    names: list[Any] = []
    for name, content in files.items():
        stream = pdfdoc.PDFStream(content=content, filters=[])
        stream.dictionary.dict |= {"Type": pdfdoc.PDFName("EmbeddedFile"), "Subtype": pdfdoc.PDFName("text/xml")}
        described = pdfdoc.PDFDictionary(
            {
                "Type": pdfdoc.PDFName("Filespec"),
                "F": pdfdoc.PDFString(name),
                "UF": pdfdoc.PDFString(name),
                "AFRelationship": pdfdoc.PDFName("Alternative"),
                "EF": pdfdoc.PDFDictionary({"F": document.Reference(stream)}),
            }
        )
        names += [pdfdoc.PDFString(name), document.Reference(described)]
    tree = pdfdoc.PDFDictionary({"Names": pdfdoc.PDFArray(names)})
    document.Catalog.Names = pdfdoc.PDFDictionary({"EmbeddedFiles": tree})


class _Sheet:
    """One invoice on as many pages as it needs; places are points from the upper left corner."""

    def __init__(self, canvas: Any, invoice: Written, layout: Layout) -> None:  # noqa: ANN401
        self._canvas, self._invoice, self._layout = canvas, invoice, layout
        self._words: Wording = WORDINGS[invoice.language]
        self._page = 1

    def draw(self) -> None:
        top = {"letter": self._letter_head, "boxes": self._boxes_head, "list": self._letter_head}[self._layout]()
        top = self._positions(top)
        if top > 620:
            top = self._next_page()
        self._foot(self._sums(top + 16) + 22)
        self._canvas.showPage()

    def _text(self, x: float, top: float, text: str, size: float = 9.5, *, bold: bool = False, right: bool = False) -> None:
        self._canvas.setFont("Helvetica-Bold" if bold else "Helvetica", size)
        draw = self._canvas.drawRightString if right else self._canvas.drawString
        draw(x, _HEIGHT - top, text)

    def _rule(self, top: float, left: float = _LEFT) -> None:
        self._canvas.setLineWidth(0.6)
        self._canvas.line(left, _HEIGHT - top, _RIGHT, _HEIGHT - top)

    def _block(self, x: float, top: float, lines: Sequence[str], step: float = 12.5) -> float:
        for line in lines:
            self._text(x, top, line)
            top += step
        return top

    def _buyer_id(self) -> list[str]:
        tax_id = self._invoice.buyer.tax_id
        return [f"{self._words.tax_id} {tax_id}"] if tax_id else []

    def _facts(self) -> list[tuple[str, str]]:
        """Labels and values of the head."""
        invoice, words = self._invoice, self._words
        facts = [(words.number, invoice.number), (words.issued, day(invoice.issued, invoice.language))]
        if invoice.due:
            facts.append((words.due, day(invoice.due, invoice.language)))
        if invoice.order:
            facts.append((words.order, invoice.order))
        if invoice.preceding:
            facts.append((words.preceding, invoice.preceding))
        return facts

    def _letter_head(self) -> float:
        """Seller above, buyer in the window of an envelope, facts to the right of it."""
        seller, buyer = self._invoice.seller, self._invoice.buyer
        self._text(_LEFT, 58, seller.name, 15, bold=True)
        self._block(_LEFT, 74, [f"{seller.street} · {seller.place}"])
        self._block(_LEFT, 128, [buyer.name, buyer.street, buyer.place, *self._buyer_id()])
        top = 128.0
        for label, value in self._facts():
            self._text(345, top, f"{label}:")
            self._text(_RIGHT, top, value, right=True)
            top += 14
        self._text(_LEFT, 222, f"{self._words.title(self._invoice.kind)} {self._invoice.number}", 14, bold=True)
        return 250

    def _boxes_head(self) -> float:
        """A large title, parties beside each other, and the facts in a row of boxes."""
        seller, buyer = self._invoice.seller, self._invoice.buyer
        self._text(_LEFT, 70, self._words.title(self._invoice.kind).upper(), 24, bold=True)
        own = [seller.name, seller.street, seller.place]
        own += [f"{self._words.tax_id} {seller.tax_id}"] if seller.tax_id else []
        self._block(330, 56, own)
        self._text(_LEFT, 128, self._words.buyer, 8, bold=True)
        self._block(_LEFT, 142, [buyer.name, buyer.street, buyer.place, *self._buyer_id()])
        facts = self._facts()
        step = (_RIGHT - _LEFT) / len(facts)
        for place, (label, value) in enumerate(facts):
            x = _LEFT + place * step
            self._canvas.rect(x, _HEIGHT - 242, step, 36)
            self._text(x + 6, 219, label, 7.5)
            self._text(x + 6, 235, value, 10, bold=True)
        return 272

    def _positions(self, top: float) -> float:
        self._table_head(top)
        top += 20
        so_far = Decimal(0)
        for position in self._invoice.positions:
            lines = _wrapped(position.text, 44 if self._layout != "list" else 70)
            if top + 12 * len(lines) > _LAST_ROW:
                self._carried(top, self._words.carried, so_far)
                top = self._next_page()
                self._table_head(top)
                self._carried(top + 20, self._words.brought, so_far)
                top += 38
            self._position(top, position, lines)
            so_far += position.total
            top += 12 * len(lines) + 5
        self._rule(top)
        return top

    def _table_head(self, top: float) -> None:
        title, quantity, price, rate, amount = self._words.columns
        if self._layout == "list":
            self._text(_LEFT, top, title, bold=True)
        else:
            left, *edges = _COLUMNS[self._layout]
            self._text(left, top, title, bold=True)
            for edge, said in zip(edges[:3], (quantity, price, rate), strict=True):
                self._text(edge, top, said, bold=True, right=True)
        self._text(_RIGHT, top, f"{amount} {self._invoice.currency}", bold=True, right=True)
        self._rule(top + 5)

    def _position(self, top: float, position: Position, lines: Sequence[str]) -> None:
        language = self._invoice.language
        self._block(_LEFT, top, lines, 12)
        self._text(_RIGHT, top, number(position.total, language), right=True)
        if self._layout != "list":
            _, quantity, price, rate, _ = _COLUMNS[self._layout]
            amount = f"{number(position.quantity, language)} {position.unit}".strip()
            self._text(quantity, top, amount, right=True)
            self._text(price, top, number(position.price, language), right=True)
            self._text(rate, top, number(position.rate.normalize() + 0, language), right=True)

    def _carried(self, top: float, label: str, amount: Decimal) -> None:
        self._text(_LEFT, top, label)
        self._text(_RIGHT, top, number(amount, self._invoice.language), right=True)

    def _next_page(self) -> float:
        self._text(_RIGHT, 815, f"{self._words.page} {self._page}", 8, right=True)
        self._canvas.showPage()
        self._page += 1
        self._text(_LEFT, 50, f"{self._invoice.seller.name} – {self._words.title(self._invoice.kind)} {self._invoice.number}", 9)
        return 80

    def _sums(self, top: float) -> float:
        invoice, words = self._invoice, self._words
        rows = [(words.lines, invoice.lines)]
        if invoice.allowance:
            rows.append((words.allowance, -invoice.allowance))
        if invoice.charge:
            rows.append((words.charge, invoice.charge))
        for rate, base, amount in invoice.taxes:
            percent = number(rate.normalize() + 0, invoice.language)
            based = f" ({words.base} {number(base, invoice.language)})" if len(invoice.taxes) > 1 else ""
            rows.append((f"{words.tax} {percent} %{based}", amount))
        for label, amount in rows:
            self._text(455, top, label, right=True)
            self._text(_RIGHT, top, number(amount, invoice.language), right=True)
            top += 14
        return self._last_sums(top)

    def _last_sums(self, top: float) -> float:
        invoice, words = self._invoice, self._words
        self._rule(top - 9, 345)
        self._text(445, top + 4, words.total, 11, bold=True, right=True)
        self._text(_RIGHT, top + 4, money(invoice.total, invoice.currency, invoice.language), 11, bold=True, right=True)
        top += 20
        if invoice.prepaid:
            for label, amount in ((words.prepaid, -invoice.prepaid), (words.to_pay, invoice.to_pay)):
                self._text(445, top, label, right=True)
                self._text(_RIGHT, top, money(amount, invoice.currency, invoice.language), right=True)
                top += 14
        return top

    def _foot(self, top: float) -> None:
        invoice, seller = self._invoice, self._invoice.seller
        lines = [f"{self._words.terms}: {invoice.terms}"] if invoice.terms else []
        lines += invoice.notes
        self._block(_LEFT, top, lines)
        own = [seller.name, seller.phone or "", f"IBAN {_grouped(seller.iban)}" if seller.iban else ""]
        if self._layout != "boxes" and seller.tax_id:
            own.append(f"{self._words.tax_id} {seller.tax_id}")
        self._rule(785)
        self._text(_LEFT, 798, " · ".join(part for part in own if part), 8)
        self._text(_RIGHT, 815, f"{self._words.page} {self._page}", 8, right=True)


def _grouped(iban: str) -> str:
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def _wrapped(text: str, letters: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, letters)
