"""Invoices made up for timing: a PDF with a text layer, and the same page as a scan."""

from pathlib import Path

_ROWS = 24
_RATE = 19
_HEAD = (
    "Nordlicht Werkzeuge GmbH", "Hafenstraße 7", "20457 Hamburg", "USt-IdNr. DE136695976",
)  # fmt: skip
_BUYER = ("Ostwind Bau AG", "Ringweg 12", "10115 Berlin")


def invoice_pdf(path: Path, pages: int) -> None:
    """Write an invoice of so many pages, with a table of line items on each and the totals on the last."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    net = 0
    for page in range(1, pages + 1):
        canvas.setFont("Helvetica", 9)
        if page == 1:
            _lines(canvas, 50, 800, _HEAD)
            _lines(canvas, 50, 700, _BUYER)
            _lines(canvas, 380, 700, ("Rechnungsnummer: 2026-0815", "Rechnungsdatum: 03.02.2026", "Fällig am: 05.03.2026"))
        _row(canvas, 610, ("Pos", "Beschreibung", "Menge", "Einzelpreis", "Gesamt"))
        for row in range(_ROWS):
            number, quantity, price = (page - 1) * _ROWS + row + 1, row % 5 + 1, 1250 + 75 * row
            net += quantity * price
            _row(
                canvas,
                595 - 15 * row,
                (str(number), f"Schraubzwinge Größe {row}", str(quantity), *map(_euros, (price, quantity * price))),
            )
        canvas.drawString(500, 30, f"Seite {page} von {pages}")
        if page == pages:
            _total(canvas, net)
        canvas.showPage()
    canvas.save()


def scan(pdf: Path, image: Path, dpi: int = 200) -> None:
    """Write the first page of a PDF as a picture."""
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        document[0].render(scale=dpi / 72).to_pil().save(image)


def _total(canvas: "object", net: int) -> None:
    tax = (net * _RATE + 50) // 100
    for place, (label, amount) in enumerate((("Nettobetrag", net), (f"USt {_RATE} %", tax), ("Gesamtbetrag", net + tax))):
        _row(canvas, 200 - 15 * place, ("", "", "", label, _euros(amount)))


def _row(canvas: "object", height: float, cells: tuple[str, ...]) -> None:
    for left, text in zip((50, 90, 300, 380, 480), cells, strict=True):
        canvas.drawString(left, height, text)  # type: ignore[attr-defined]


def _lines(canvas: "object", left: float, top: float, lines: tuple[str, ...]) -> None:
    for number, text in enumerate(lines):
        canvas.drawString(left, top - 12 * number, text)  # type: ignore[attr-defined]


def _euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02}"
