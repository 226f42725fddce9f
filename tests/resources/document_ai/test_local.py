"""The engine on this machine reads PDFs, pictures and scans, and survives what is none of them."""

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from resources.document_ai.interface import Limits, Unreadable
from resources.document_ai.layout import Analysis
from resources.document_ai.local import LocalDocumentAI
from tests.pdf_files import assembled, pdf
from tests.resources.document_ai.drawing import drawn, encoded, picture, texts

LIMITS = Limits(pixels=4_000_000, pages=20, ocr_pages=5, seconds=60, ocr_seconds=120)


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalDocumentAI]:
    engine = LocalDocumentAI()
    yield engine
    engine.close()


@pytest.fixture
def read(engine: LocalDocumentAI, tmp_path: Path):
    def read(data: bytes, key: str = "a.pdf", limits: Limits = LIMITS) -> Analysis:
        path = tmp_path / "file"
        path.write_bytes(data)
        return engine.analyse(path, key, limits)

    return read


def test_a_text_pdf_is_read_without_recognition(read, engine):
    found = read(pdf([["Invoice 4711", "Total 12.50"], ["Page 2"]]))
    assert [(page.number, page.origin, texts(page)) for page in found.pages] == [
        (1, "text", ["Invoice 4711", "Total 12.50"]),
        (2, "text", ["Page 2"]),
    ]
    assert (found.engine, found.notes) == (engine.engine, ())


def test_of_a_mixed_pdf_only_the_pages_that_are_pictures_are_recognised(read):
    def draw(canvas):
        canvas.drawString(72, 700, "This page has a layer of text")
        canvas.showPage()
        scan = io.BytesIO(encoded(picture("Scanned total 88.10", size=(900, 600)), "PNG"))
        from reportlab.lib.utils import ImageReader

        canvas.drawImage(ImageReader(scan), 0, 200, 595, 397)

    first, second = read(drawn(draw)).pages
    assert (first.origin, texts(first)) == ("text", ["This page has a layer of text"])
    assert (second.origin, texts(second)) == ("ocr", ["Scanned total 88.10"])
    assert (second.width, second.height) == (pytest.approx(595, abs=1), pytest.approx(842, abs=1))
    box = second.lines[0].box
    assert (box.left, box.middle) == (pytest.approx(40, abs=8), pytest.approx(295, abs=12))


def test_a_tiff_has_its_pages_and_a_wrong_name_is_noted(read):
    pages = [picture(f"Sheet number {n}", size=(500, 160)).convert("1") for n in (1, 2)]
    found = read(encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="group4"), "scan.pdf")
    assert [texts(page) for page in found.pages] == [["Sheet number 1"], ["Sheet number 2"]]
    assert found.notes == ("its name says PDF, but it is TIFF",)


def test_a_photograph_is_read_as_the_camera_was_held(read):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    found = read(encoded(picture("Upright receipt", size=(500, 160)).rotate(90, expand=True), "JPEG", exif=exif), "a.jpg")
    (page,) = found.pages
    assert (texts(page), page.turn, page.width) == (["Upright receipt"], 0, 500)


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


_ENTRIES = ((256, 3, 8), (257, 3, 8), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (279, 4, 64))
"""Tags of a TIFF of 8 by 8 pixels in grey, whose 64 bytes begin at 8: number, type, value."""


def _tiff(count: int, after_the_last: int) -> bytes:
    """So many directories with the same picture, the last of which names another place."""
    size = 2 + 12 * len(_ENTRIES) + 4
    entries = struct.pack("<H", len(_ENTRIES)) + b"".join(struct.pack("<HHII", tag, kind, 1, v) for tag, kind, v in _ENTRIES)
    links = [72 + size * n for n in range(1, count)] + [after_the_last]
    return b"II*\0" + struct.pack("<I", 72) + bytes(64) + b"".join(entries + struct.pack("<I", link) for link in links)


def _pages_that_are_one(count: int) -> bytes:
    """A PDF that says it has so many pages, all of them the same."""
    return assembled(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[" + b"3 0 R " * count + b"]/Count %d>>" % count,
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        },
        "/Root 1 0 R",
    )


def _picture_bomb(width: int, height: int) -> bytes:
    """A page with a picture that unpacks to far more than it is."""
    packed = zlib.compress(bytes(width * height // 8))
    image = (
        f"<</Type/XObject/Subtype/Image/Width {width}/Height {height}/BitsPerComponent 1/ColorSpace/DeviceGray"
        f"/Filter/FlateDecode/Length {len(packed)}>>stream\n"
    ).encode()
    content = b"q 500 0 0 500 0 0 cm /I Do Q"
    return assembled(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 500]/Resources<</XObject<</I 4 0 R>>>>/Contents 5 0 R>>",
            4: image + packed + b"\nendstream",
            5: b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        },
        "/Root 1 0 R",
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"Dear Sir or Madam", "it is an unknown file, not a PDF, PNG, JPEG or TIFF"),
        (b"PK\x03\x04 and so on", "it is a zip archive or an Office file, not a PDF, PNG, JPEG or TIFF"),
        (pdf([["secret"]], password="p"), "it is encrypted"),
        (b"%PDF-1.7\nnothing else", "it is damaged: it cannot be opened as PDF"),
        (_pages_that_are_one(1000), "it has 1,000 pages, more than 20"),
        (_picture_bomb(8000, 8000), "it holds a picture of 64,000,000 pixels, more than 4,000,000"),
        (_png(100_000, 100_000), "it holds a picture of too many pixels"),
        (_png(9_000, 9_000), "it holds a picture of 81,000,000 pixels, more than 4,000,000"),
        (_png(900, 900), "it is damaged: its picture cannot be unpacked"),
        (encoded(picture("cut off", size=(500, 160)), "JPEG")[:900], "it is damaged: its picture cannot be unpacked"),
        (b"\xff\xd8\xff\xe0 and no more", "it is damaged: its picture cannot be unpacked"),
        (_tiff(10_000, 0), "it has more than 20 pages"),
        (b"II*\0\xff\xff\xff\x7f", "it is damaged: its picture cannot be unpacked"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_what_cannot_be_read_says_why_and_the_next_is_read(read, data, reason):
    with pytest.raises(Unreadable) as caught:
        read(data)
    assert str(caught.value).startswith(reason)
    assert texts(read(pdf([["still there"]])).pages[0]) == ["still there"]


def test_a_tiff_whose_directory_follows_itself_has_one_page(read):
    (page,) = read(_tiff(1, 72), "a.tif").pages
    assert (page.width, page.height, page.lines) == (8, 8, ())


def test_more_pictures_than_may_be_recognised_are_refused_before_any_is(read):
    pages = [Image.new("1", (50, 50), 1)] * 6
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    with pytest.raises(Unreadable, match="6 of its pages are pictures; at most 5 are recognised"):
        read(data, "a.tif", Limits(ocr_pages=5, seconds=60, ocr_seconds=0.01))


def test_a_pdf_with_a_broken_table_of_objects_is_read_all_the_same(read):
    whole = pdf([["Invoice 4711"]])
    broken = whole[: whole.rindex(b"xref\n")] + b"xref\n0 1\ngarbage\ntrailer\n<</Root 1 0 R>>\nstartxref\n99999\n%%EOF"
    assert texts(read(broken).pages[0]) == ["Invoice 4711"]


def test_a_file_beyond_the_size_is_not_even_opened(read):
    with pytest.raises(Unreadable, match="it is larger than 10 bytes"):
        read(pdf([["x"]]), limits=Limits(size=10))


def test_a_page_whose_letters_are_only_drawn_is_recognised(read):
    def draw(canvas):
        path = canvas.beginPath()
        for x, y, width, height in ((100, 600, 30, 150), (200, 600, 30, 150), (130, 660, 70, 30), (280, 600, 30, 150)):
            path.rect(x, y, width, height)
        canvas.drawPath(path, fill=1, stroke=0)

    (page,) = read(drawn(draw)).pages
    assert page.origin == "ocr"
    assert page.text.upper().startswith("H")


def test_the_engine_names_everything_that_changes_results(engine):
    name, _, rest = engine.engine.partition("@")
    assert name == "local"
    assert all(library in rest for library in ("pypdfium2-", "rapidocr-", "onnxruntime-", "opencv", "pillow-"))
