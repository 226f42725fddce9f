"""Files embedded in a PDF come out whole, within limits."""

import io

import pypdfium2
import pytest

from resources.document_ai.attachments import EmbeddedFile, embedded_files
from resources.document_ai.interface import Unreadable
from tests.pdf_files import pdf


def holding(files: dict[str, bytes]) -> bytes:
    """A PDF of one page with embedded files."""
    document = pypdfium2.PdfDocument(pdf([["see the attachment"]]))
    for name, content in files.items():
        document.new_attachment(name).set_data(content)
    stream = io.BytesIO()
    document.save(stream)
    document.close()
    return stream.getvalue()


def test_embedded_files_come_out_with_their_names():
    files = {"factur-x.xml": b"<invoice/>", "zeitnachweis über März.csv": bytes(range(256))}
    assert embedded_files(holding(files), largest=1000) == [EmbeddedFile(name, content) for name, content in files.items()]


def test_a_pdf_without_embedded_files_has_none():
    assert embedded_files(pdf([["nothing else"]]), largest=1000) == []


def test_an_embedded_file_beyond_the_limit_is_named_without_content():
    (found,) = embedded_files(holding({"bomb.xml": b" " * 1001}), largest=1000)
    assert found == EmbeddedFile("bomb.xml", None, "it has 1,001 bytes, more than 1,000")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pdf([["secret"]], password="x"), "it is encrypted"),
        (b"%PDF-1.4 and no more", "it is damaged: it cannot be opened as PDF"),
        (b"", "it is damaged: it cannot be opened as PDF"),
    ],
)
def test_a_pdf_that_cannot_be_opened_says_why(data, reason):
    with pytest.raises(Unreadable) as caught:
        embedded_files(data, largest=1000)
    assert str(caught.value) == reason
