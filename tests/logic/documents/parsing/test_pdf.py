"""PDF: text layers, bookmarks and scans are read; what is encrypted, damaged or endless is refused with the reason."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from assets.documents.logic.parsing import Limits, Scanned, parse_unless_scanned
from tests.document_files import headings, parsed, reason, section
from tests.pdf_files import assembled, pdf

CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"
PROSE = [
    "The supplier shall keep all records for a period of seven",
    "years after the end of the agreement and its termi-",
    "nation. Long-term goals and long-",
    "term plans are kept in Anglo-",
    "American style, be-",
    "cause UNI-",
    "CODE exists.",
]


def scan(*lines: str, size: tuple[int, int] = (1240, 800)) -> bytes:
    picture = Image.new("L", size, 255)
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((100, 100 + number * 60), line, fill=0, font=ImageFont.load_default(36))
    stream = io.BytesIO()
    picture.save(stream, "PDF", resolution=150)
    return stream.getvalue()


def test_lines_become_paragraphs_and_hyphens_of_line_ends_go(tmp_path: Path) -> None:
    document = parsed(tmp_path, "a.pdf", pdf([[*PROSE, "", "Second paragraph."]]))
    assert document.text.replace("\n", " ") == (
        "The supplier shall keep all records for a period of seven years after the end of the agreement and its termination. "
        "Long-term goals and long-term plans are kept in Anglo-American style, because UNICODE exists.  Second paragraph."
    )
    assert document.text.count("\n\n") == 1


def test_pages_begin_where_their_text_does(tmp_path: Path) -> None:
    document = parsed(tmp_path, "a.pdf", pdf([["First page with enough words"], [], ["Third page with enough words"], []]))
    third = document.text.index("Third")
    assert document.page_starts == (0, third, third, len(document.text))
    assert document.ocr_pages == ()


def test_bookmarks_are_the_headings_wherever_their_titles_stand(tmp_path: Path) -> None:
    pages = [
        ["1 Introduction", "", *PROSE],
        ["More of the introduction here", "", "2. Duties", "", "Everybody has duties to fulfil"],
    ]
    document = parsed(tmp_path, "a.pdf", pdf(pages, bookmarks=[("Introduction", 0), ("Missing", 0), ("Duties", 1)]))
    assert headings(document) == [("Introduction",), ("Duties",)]
    assert section(document, "Duties") == "2. Duties\n\nEverybody has duties to fulfil"


def test_the_information_says_title_date_and_tags(tmp_path: Path) -> None:
    info = r"/Title(Microsoft Word - Policy \(final\))/CreationDate(D:20240305235959-08'00')/Keywords(risk; vendors)"
    said = parsed(tmp_path, "a.pdf", pdf([["Some words"]], info=info)).metadata
    assert (said.title, str(said.created_date), said.tags) == ("Policy (final)", "2024-03-05", ("risk", "vendors"))


def test_scanned_pages_are_counted_before_anything_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "scan").write_bytes(scan("Retention of records"))
    assert parse_unless_scanned(tmp_path / "scan", "a.pdf", Limits()) == Scanned(1)


def test_more_scanned_pages_or_pixels_than_allowed_are_refused(tmp_path: Path) -> None:
    assert reason(tmp_path, "a.pdf", scan("x"), Limits(ocr_pages=0)) == "1 of its pages are pictures; at most 0 are recognised"
    assert "a picture of 992,000 pixels" in reason(tmp_path, "a.pdf", scan("x"), Limits(pixels=900_000))


def test_an_encrypted_file_is_called_encrypted(tmp_path: Path) -> None:
    assert reason(tmp_path, "a.pdf", pdf([["secret"]], password="geheim")) == "it is encrypted"


def test_too_many_pages_are_refused_at_once(tmp_path: Path) -> None:
    assert reason(tmp_path, "a.pdf", pdf([["x"]] * 501)) == "it has 501 pages, more than 500"
    endless = assembled({1: CATALOGUE, 2: b"<</Type/Pages/Kids[]/Count 10000>>"}, "/Root 1 0 R")
    assert reason(tmp_path, "a.pdf", endless) == "it has 10,000 pages, more than 500"


@pytest.mark.parametrize(
    "content",
    [
        pdf([["words " * 10]] * 3)[:900],
        pdf([["words " * 10]] * 3)[:40],
        b"%PDF-1.7\n" + b"\0\xff" * 5000,
        assembled({1: CATALOGUE, 2: b"<</Type/Pages/Kids[2 0 R]/Count 9>>"}, "/Root 1 0 R"),
        assembled({1: CATALOGUE, 2: b"<</Type/Pages/Kids[3 0 R 2 0 R]/Count 3>>", 3: b"<</Type/Page>>"}, "/Root 1 0 R"),
    ],
    ids=["torn", "torn early", "noise", "a loop of pages", "pages of nothing and a loop"],
)  # fmt: skip
def test_a_damaged_or_looping_file_is_called_damaged(tmp_path: Path, content: bytes) -> None:
    assert reason(tmp_path, "a.pdf", content).startswith(("it is damaged", "there is no text"))


def test_a_damaged_page_is_noted_and_the_others_are_read(tmp_path: Path) -> None:
    content = pdf([["First page with many words"], ["Second page with many words"]]).replace(
        b"<</Type/Page/Parent 2 0 R", b"<</Type/Nope/Parent 2 0 R", 1
    )
    document = parsed(tmp_path, "a.pdf", content)
    assert "Second page" in document.text


def test_a_pdf_is_recognised_whatever_its_name(tmp_path: Path) -> None:
    document = parsed(tmp_path, "a.txt", pdf([["Some words"]]))
    assert (document.format, document.notes) == ("pdf", ("its name says text, but it is pdf",))
