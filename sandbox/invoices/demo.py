"""The demo company's invoices: what arrived in its mailbox between August and October, and what is true of each file."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from sandbox.delivery import Invoiced
from sandbox.document_formats import Written as Letter
from sandbox.document_formats import encrypted_pdf
from sandbox.invoices import companies
from sandbox.invoices.electronic import FACTUR_X, cii, ubl
from sandbox.invoices.paper import Layout, pdf
from sandbox.invoices.pictures import as_file, page_picture, receipt, scanned, stained
from sandbox.invoices.wording import day
from sandbox.invoices.written import Language, Party, Position, Written, cents


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file, and what is true of it.

    Attributes:
        name: Its name.
        content: Its bytes.
        at: Day of its arrival.
        invoices: What stands in it, in order; none in a file that cannot be read.
        reads: Whether it can be read at all.
        risks: What is wrong with the invoice as such: `duplicate`, `iban_changed`, `own_tax_id`, `xml_disagrees`,
            `does_not_reconcile`, `does_not_tie_out`.
        repairable: Whether a damaged amount in it follows from the others.
        hidden: Fields that nobody can read in it.
    """

    name: str
    content: bytes
    at: date
    invoices: tuple[Written, ...] = ()
    reads: bool = True
    risks: tuple[str, ...] = ()
    repairable: bool = False
    hidden: tuple[str, ...] = ()


def arrived(aws: Sequence[Invoiced], oracle: Sequence[Invoiced]) -> list[Arrived]:
    """Every file, in order of arrival; those of the clouds ask for what was charged in months that are closed."""
    files = [*_on_paper(), *_electronic(), *_pictures(), *_from_the_clouds(aws, oracle), *_unusable()]
    return sorted(files, key=lambda file: (file.at, file.name))


_Spot = tuple[float, float, float, float]
_LEFT_OF_THE_8 = ((514.2, 355.0, 517.4, 366.0),)
"""Where the left half of the 8 in the total of 1.498,22 is rubbed off, so that it looks like a 3."""


def _positions(rate: str, *rows: tuple[str, str, str, str]) -> tuple[Position, ...]:
    """Positions of one rate from text, quantity, unit and price."""
    return tuple(Position(text, Decimal(quantity), Decimal(price), Decimal(rate), unit) for text, quantity, unit, price in rows)


def _invoice(
    number: str,
    issued: date,
    seller: Party,
    positions: Sequence[Position],
    language: Language,
    currency: str = "EUR",
    *,
    days: int = 30,
) -> Written:
    due = issued + timedelta(days=days)
    terms = {
        "de": f"Zahlbar innerhalb von {days} Tagen ohne Abzug",
        "en": f"{days} days net",
        "us": f"Net {days}",
        "fr": f"Paiement à {days} jours",
        "es": f"Pago a {days} días",
    }
    return Written(number, issued, seller, companies.ACME, tuple(positions), language, currency, due, terms=terms[language])


def _arrived(name: str, written: Written, layout: Layout, *, risks: tuple[str, ...] = ()) -> Arrived:
    return Arrived(name, pdf([written], layout), written.issued + timedelta(days=2), (written,), risks=risks)


def brochures(number: str, issued: date, copies: int) -> Written:
    """What the printer sends every month."""
    rows = (
        Position(
            "Broschüre A5, 24 Seiten, Recyclingpapier, Rückendrahtheftung", Decimal(copies), Decimal("0.74"), Decimal(19), "Stk"
        ),
        Position("Fachbuch Datenschutz, 3. Auflage", Decimal(6), Decimal("39.90"), Decimal(7), "Stk"),
        Position("Druckvorstufe und Proof", Decimal("3.5"), Decimal("68.00"), Decimal(19), "Std"),
    )
    return _invoice(number, issued, companies.NORDLICHT, rows, "de")


def office_supplies() -> Written:
    """An English invoice with shipping and a purchase order."""
    rows = _positions(
        "20",
        ("Copier paper A4, 80 gsm, box of five reams", "24", "", "18.95"),
        ("Ballpoint pens, blue, pack of 50", "6", "", "11.40"),
        ("Ergonomic office chair with adjustable lumbar support and armrests, black", "4", "", "229.00"),
    )
    written = _invoice("IN-10442", date(2026, 8, 18), companies.HARBOUR, rows, "en", "GBP")
    return replace(written, charge=Decimal("25.00"), order="PO-2026-0388")


def _on_paper() -> Iterator[Arrived]:
    for number, issued, copies in (("2026-0711", date(2026, 8, 3), 1500), ("2026-0793", date(2026, 9, 2), 2200)):
        yield _arrived(f"nordlicht-{number}.pdf", brochures(number, issued, copies), "letter")
    moved = replace(companies.NORDLICHT, iban=companies.NORDLICHT_NEW_ACCOUNT)
    changed = replace(brochures("2026-0845", date(2026, 10, 1), 1800), seller=moved)
    yield _arrived("nordlicht-2026-0845.pdf", changed, "letter", risks=("iban_changed",))
    yield _arrived("hofmann-R26-1187.pdf", _many_pages(), "letter")
    supplies = _arrived("harbour-IN-10442.pdf", office_supplies(), "boxes")
    yield supplies
    yield replace(supplies, name="harbour-IN-10442 (copy).pdf", at=date(2026, 8, 25), risks=("duplicate",))
    yield _two_in_one()
    yield _arrived("pinecrest-88213.pdf", _software(), "boxes")
    yield _arrived("atelier-lumiere-F2026-318.pdf", _lighting("F2026-318", date(2026, 8, 27)), "letter")
    yield from _stationery()
    yield _arrived("viñedos-2026-A-0457.pdf", _wine(), "boxes")
    own = replace(companies.KRAEMER, tax_id=companies.ACME.tax_id)
    furniture = _positions(
        "19", ("Besprechungstisch Eiche 240 x 110 cm", "1", "Stk", "1480.00"), ("Lieferung und Aufbau", "1", "psch", "160.00")
    )
    foreign = _invoice("RE-5588", date(2026, 9, 23), own, furniture, "de")
    yield _arrived("kraemer-RE-5588.pdf", foreign, "letter", risks=("own_tax_id",))
    wrong = _invoice("R26-1241", date(2026, 10, 6), companies.HOFMANN, _positions(
        "19", ("Unterverteilung Halle 2 erneuern", "1", "psch", "2350.00"), ("Prüfprotokoll", "1", "psch", "280.00"),
    ), "de")  # fmt: skip
    wrong = replace(wrong, printed={"line_total": Decimal("2730.00"), "grand_total": Decimal("3192.70")})
    yield _arrived("hofmann-R26-1241.pdf", wrong, "letter", risks=("does_not_reconcile",))


def _many_pages() -> Written:
    """An installation on three pages, with what is carried from one to the next."""
    parts = (
        "Leitungsschutzschalter B16",
        "Installationskabel NYM-J 3x1,5",
        "Steckdose Schuko weiß",
        "Fehlerstromschutzschalter 40 A",
    )
    rooms = (
        "Empfang",
        "Büro 1.01",
        "Büro 1.02",
        "Büro 1.03",
        "Büro 1.04",
        "Teeküche",
        "Serverraum",
        "Lager",
        "Flur 1. OG",
        "Flur 2. OG",
    )
    prices = ("4.85", "0.92", "3.60", "38.40")
    rows = [
        Position(
            f"{part}, {room}",
            Decimal(3 + (place * 7 + number * 5) % 17),
            Decimal(price),
            Decimal(19),
            "m" if "Kabel" in part else "Stk",
        )
        for number, room in enumerate(rooms)
        for place, (part, price) in enumerate(zip(parts, prices, strict=True))
    ]
    rows += [
        Position(f"Montage {room}, Facharbeiter", Decimal(n % 4) + Decimal("1.5"), Decimal("62.50"), Decimal(19), "Std")
        for n, room in enumerate(rooms)
    ]
    return replace(_invoice("R26-1187", date(2026, 8, 31), companies.HOFMANN, rows, "de", days=14), order="B-44019")


def _two_in_one() -> Arrived:
    lunch = _positions(
        "20", ("Working lunch for 24 people, vegetarian", "24", "", "14.50"), ("Service and crockery", "1", "", "65.00")
    )
    dinner = _positions("20", ("Team dinner, three courses", "18", "", "42.00"), ("Sparkling water 0.75 l", "12", "", "2.80"))
    both = tuple(
        _invoice(number, issued, companies.KETTLE, rows, "en", "GBP", days=14)
        for number, issued, rows in (("BK/0917", date(2026, 9, 8), lunch), ("BK/0921", date(2026, 9, 11), dinner))
    )
    return Arrived("blue-kettle-september.pdf", pdf(both, "letter"), date(2026, 9, 14), both)


def _software() -> Written:
    rows = (
        Position("Pinecrest Analytics, annual subscription, 25 seats", Decimal(25), Decimal("312.00")),
        Position("Onboarding workshop, remote", Decimal(2), Decimal("950.00")),
    )
    written = _invoice("88213", date(2026, 8, 14), companies.PINECREST, rows, "us", "USD")
    return replace(
        written,
        order="PO-2026-0401",
        notes=("Please include the invoice number with your payment. Thank you for your business!",),
    )


def _lighting(number: str, issued: date) -> Written:
    rows = _positions(
        "20",
        ("Suspension en verre soufflé, diamètre 40 cm", "6", "pce", "184.50"),
        ("Rail d'éclairage LED 2 m, blanc chaud", "3", "pce", "97.00"),
        ("Étude d'éclairage de la salle de réunion", "1", "forfait", "420.00"),
    )
    return replace(_invoice(number, issued, companies.LUMIERE, rows, "fr", days=45), allowance=Decimal("75.00"))


def _stationery() -> Iterator[Arrived]:
    rows = _positions(
        "20", ("Cahier relié A4, 96 feuilles", "40", "pce", "3.95"), ("Enveloppes C5, boîte de 500", "4", "boîte", "27.80")
    )
    sent = _invoice("FC-20417", date(2026, 9, 4), companies.CANAL, rows, "fr")
    yield _arrived("canal-FC-20417.pdf", sent, "boxes")
    back = replace(
        sent, number="AV-20033", issued=date(2026, 9, 25), due=None, terms=None,
        positions=(replace(rows[0], quantity=Decimal(10)),),
        kind="credit_note", preceding="FC-20417", notes=("Retour de 10 cahiers endommagés.",),
    )  # fmt: skip
    yield _arrived("canal-avoir-AV-20033.pdf", back, "boxes")


def _wine() -> Written:
    rows = _positions(
        "21",
        ("Vino tinto crianza 2022, caja de 6 botellas", "15", "caja", "51.60"),
        ("Aceite de oliva virgen extra, 5 l", "8", "ud", "38.75"),
    )
    return replace(_invoice("2026/A-0457", date(2026, 9, 16), companies.VINEDOS, rows, "es", days=60), prepaid=Decimal("400.00"))


def _repair_work(number: str, issued: date) -> Written:
    rows = _positions(
        "21",
        ("Revisión de carretilla elevadora", "2", "ud", "185.00"),
        ("Neumáticos macizos delanteros", "4", "ud", "142.30"),
        ("Mano de obra", "6.5", "h", "46.00"),
    )
    return _invoice(number, issued, companies.IBERICA, rows, "es")


def _electronic() -> Iterator[Arrived]:
    chairs = _positions(
        "19", ("Drehstuhl Modell 20, anthrazit", "8", "Stk", "268.00"), ("Rollcontainer, abschließbar", "8", "Stk", "149.50")
    )
    good = _invoice(
        "RE-5521", date(2026, 8, 20), companies.KRAEMER, [replace(p, sku=f"BK-{n}") for n, p in enumerate(chairs, 2040)], "de"
    )
    yield Arrived("kraemer-RE-5521.pdf", pdf([good], "boxes", embedded={FACTUR_X: cii(good)}), date(2026, 8, 21), (good,))
    lamps = _positions("19", ("Schreibtischleuchte LED", "12", "Stk", "64.90"), ("Ersatzleuchtmittel", "24", "Stk", "7.25"))
    page = _invoice("RE-5563", date(2026, 9, 10), companies.KRAEMER, lamps, "de")
    stored = replace(page, positions=(replace(lamps[0], quantity=Decimal(21)), lamps[1]))
    content = pdf([page], "boxes", embedded={FACTUR_X: cii(stored)})
    yield Arrived("kraemer-RE-5563.pdf", content, date(2026, 9, 11), (stored,), risks=("xml_disagrees",))
    service = _positions("19", ("Wartung Notstromanlage, 3. Quartal", "1", "psch", "890.00"), ("Anfahrt", "2", "Stk", "45.00"))
    sent = replace(_invoice("R26-1203", date(2026, 9, 17), companies.HOFMANN, service, "de"), order="B-44077")
    yield Arrived("hofmann-R26-1203.xml", ubl(sent), date(2026, 9, 18), (sent,))


def _pictures() -> Iterator[Arrived]:
    fuse = _invoice("R26-1160", date(2026, 8, 11), companies.HOFMANN, _positions(
        "19", ("Sicherungskasten prüfen und beschriften", "4", "Std", "62.50"), ("Kleinmaterial", "1", "psch", "38.20"),
        ("Anfahrtspauschale Zone 2", "1", "psch", "45.00"),
    ), "de")  # fmt: skip
    yield _pictured("scan-hofmann-R26-1160.pdf", fuse, "letter", "pdf", skew=0.4)
    yield _pictured(
        "scan-atelier-F2026-341.png", _lighting("F2026-341", date(2026, 9, 21)), "boxes", "png", skew=-1.8, noise=14.0
    )
    yield _pictured("scan-iberica-T-2207.tif", _repair_work("T-2207", date(2026, 9, 28)), "letter", "tiff", noise=8.0)
    again = _pictured("scan0042.jpg", office_supplies(), "boxes", "jpeg", skew=0.9, noise=9.0)
    yield replace(again, at=date(2026, 9, 29), risks=("duplicate",))
    snack = _positions(
        "19", ("Cappuccino", "3", "", "3.20"), ("Apfelkuchen", "2", "", "4.10"), ("Mineralwasser", "2", "", "2.60")
    )
    till = Written("48812", date(2026, 9, 30), companies.LOEWE, companies.ACME, snack, "de", "EUR", kind="receipt")
    yield Arrived(
        "photo-cafe-loewe.jpg", as_file(scanned(receipt(till), skew=1.2, noise=10.0), "jpeg"), date(2026, 10, 1), (till,)
    )
    rubbed = _pictured(
        "scan-iberica-T-2241.png", _repair_work("T-2241", date(2026, 10, 8)), "letter", "png", rubbed=_LEFT_OF_THE_8
    )
    yield replace(rubbed, repairable=True)
    blots = ((488, 256, 550, 290), (484, 322, 552, 374))
    blotted = _pictured("scan-iberica-T-2252.png", _repair_work("T-2252", date(2026, 10, 13)), "letter", "png", blots=blots)
    yield replace(blotted, hidden=("line_total", "tax_total", "grand_total", "due_payable"))


def _pictured(
    name: str,
    written: Written,
    layout: Layout,
    kind: str,
    *,
    skew: float = 0.0,
    noise: float = 6.0,
    rubbed: Sequence[_Spot] = (),
    blots: Sequence[_Spot] = (),
) -> Arrived:
    page = stained(stained(page_picture(pdf([written], layout)), rubbed, ink=255), blots, ink=120)
    content = as_file(scanned(page, skew=skew, noise=noise), kind)
    return Arrived(name, content, written.issued + timedelta(days=3), (written,))


def _from_the_clouds(aws: Sequence[Invoiced], oracle: Sequence[Invoiced]) -> Iterator[Arrived]:
    """Two invoices of AWS, the later of which asks for more than its charges come to, and one of Oracle."""
    for billed, surplus in zip(aws[-2:], (Decimal(0), Decimal("118.40")), strict=False):
        written = _for_services(billed, companies.AWS, "us", "USD", surplus)
        yield _arrived(f"aws-{billed.month:%Y-%m}.pdf", written, "list", risks=("does_not_tie_out",) if surplus else ())
    for billed in oracle[-1:]:
        yield _arrived(
            f"oracle-{billed.month:%Y-%m}.pdf", _for_services(billed, companies.ORACLE, "en", "EUR", Decimal(0)), "list"
        )


def _for_services(billed: Invoiced, seller: Party, language: Language, currency: str, surplus: Decimal) -> Written:
    """An invoice with a line per service; the total is the sum of charges to the cent."""
    after = (billed.month + timedelta(days=31)).replace(day=1)
    rows = [
        Position(f"{service}, usage charges", Decimal(1), cents(cost))
        for service, cost in sorted(billed.services.items())
        if cents(cost)
    ]
    largest = max(range(len(rows)), key=lambda place: rows[place].price)
    missing = cents(sum(billed.services.values(), Decimal(0))) - sum((row.price for row in rows), Decimal(0))
    rows[largest] = replace(rows[largest], price=rows[largest].price + missing + surplus)
    written = _invoice(billed.number, after + timedelta(days=2), seller, rows, language, currency)
    last = after - timedelta(days=1)
    return replace(written, notes=(f"Billing period {day(billed.month, language)} - {day(last, language)}",))


def _unusable() -> Iterator[Arrived]:
    """What every mailbox holds too: an empty file, half a download, a protected one, a web page, and one made to do harm.

    The last is a PDF under the name of a photograph, which is what it is: a good invoice.
    """
    whole = pdf([brochures("2026-0912", date(2026, 10, 20), 900)], "letter")
    locked = Letter("protected.pdf", "Invoice", "", date(2026, 10, 9), (), "Invoice 7781 for 400.00 euros.", has_sidecar=False)
    last_day = date(2026, 10, 21)
    yield Arrived("empty.pdf", b"", last_day, reads=False)
    yield Arrived("half-downloaded.pdf", whole[:700], last_day, reads=False)
    yield Arrived("protected.pdf", encrypted_pdf(locked, b"ask accounting"), last_day, reads=False)
    yield Arrived(
        "lunch-menu.pdf", b"<!DOCTYPE html><html><body><h1>Menu</h1><p>Soup 4.50</p></body></html>\n", last_day, reads=False
    )
    yield Arrived("enormous.png", _picture_bomb(), last_day, reads=False)
    misnamed = _lighting("F2026-377", date(2026, 10, 15))
    yield Arrived("IMG_2031.jpg", pdf([misnamed], "boxes"), date(2026, 10, 19), (misnamed,))


def _picture_bomb() -> bytes:
    """A PNG of a few kilobytes that says it has 3.6 billion pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(2_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
