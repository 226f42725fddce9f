"""Files are read in a process of their own: whatever one of them does, the next one is read."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from assets.documents.logic.parsing import Limits, Unreadable, parse_file
from assets.documents.reader import Reader, lines_of
from tests.pdf_files import pdf


@pytest.fixture
def reader() -> Iterator[Reader]:
    with Reader(Limits()) as reader:
        yield reader


def file(folder: Path, content: bytes | str) -> Path:
    path = folder / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("a.txt", "Café.\n\nTwo."),
        ("a.md", "---\ntitle: T\ndate: 2024-03-05\ntags: [b, a]\n---\n# H\n\nWords"),
        ("../a\n\"'.html", "<html><h1>A</h1><p>b</html>"),
        ("a.pdf", pdf([["Some words of a page"], ["and another"]])),
    ],
)
def test_a_document_is_the_same_in_both_processes(reader: Reader, tmp_path: Path, key: str, content: bytes | str) -> None:
    path = file(tmp_path, content)
    assert reader.read(path, key) == parse_file(path, key, Limits(), lines_of) == reader.read(path, key)


def test_a_scan_is_recognised_within_the_limits_of_the_process(tmp_path: Path) -> None:
    picture = Image.new("L", (900, 400), 255)
    ImageDraw.Draw(picture).text((60, 100), "Notice period", fill=0, font=ImageFont.load_default(48))
    stream = io.BytesIO()
    picture.save(stream, "PDF", resolution=150, save_all=True, append_images=[Image.new("L", (2, 900), 255)])
    with Reader(Limits(seconds=20, ocr_seconds=60)) as reader:
        document = reader.read(file(tmp_path, stream.getvalue()), "a.pdf")
    assert (document.text, document.ocr_pages) == ("Notice period", (1, 2))


def test_what_cannot_be_read_says_why_and_the_next_is_read(reader: Reader, tmp_path: Path) -> None:
    for content, reason in ((b"", "it is empty"), (pdf([["x"]], password="p"), "it is encrypted")):
        with pytest.raises(Unreadable, match=reason):
            reader.read(file(tmp_path, content), "a.pdf")
    assert reader.read(file(tmp_path, "words"), "a.txt").text == "words"
    with pytest.raises(Unreadable, match="it cannot be opened: No such file"):
        reader.read(tmp_path / "absent", "a.txt")


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    with Reader(Limits(seconds=1)) as reader:
        with pytest.raises(Unreadable, match="it took longer than 1 s"):
            reader.read(file(tmp_path, "[" * 400_000), "a.md")
        assert reader.read(file(tmp_path, "words"), "a.txt").text == "words"
