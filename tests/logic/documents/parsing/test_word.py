"""DOCX: everything that is text is read in order; bombs and damaged files are refused with the reason."""

import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml

from assets.documents.logic.parsing import Limits
from tests.document_files import headings, parsed, reason, section

NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def saved(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_headings_paragraphs_and_tables_stand_in_order(tmp_path: Path) -> None:
    word = docx.Document()
    word.add_heading("Handbook", 0)
    word.add_paragraph("About it.")
    word.add_heading("Roles", 2)
    table = word.add_table(2, 2)
    for cell, text in zip(table._cells, ["Role", "Days", "Admin", "90"], strict=True):
        cell.text = text
    table.cell(1, 1).add_table(1, 1).cell(0, 0).text = "inner"
    word.add_paragraph("The end.")
    document = parsed(tmp_path, "a.docx", saved(word))
    assert document.text == "Handbook\n\nAbout it.\n\nRoles\n\nRole | Days\nAdmin | 90 inner\n\nThe end."
    assert headings(document) == [("Handbook",), ("Handbook", "Roles")]
    assert section(document, "Handbook") == "Handbook\n\nAbout it.\n\n"


def test_insertions_controls_and_links_are_text_and_deletions_are_not(tmp_path: Path) -> None:
    word = docx.Document()
    body = word.element.body
    body.insert(0, parse_xml(
        f"<w:p {NS}><w:r><w:t>kept </w:t></w:r><w:ins><w:r><w:t>inserted </w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>deleted </w:delText></w:r></w:del><w:moveFrom><w:r><w:t>moved </w:t></w:r></w:moveFrom>"
        "<w:hyperlink><w:r><w:t>link</w:t><w:tab/><w:t>x</w:t></w:r></w:hyperlink></w:p>"
    ))  # fmt: skip
    body.insert(1, parse_xml(f"<w:sdt {NS}><w:sdtContent><w:p><w:r><w:t>controlled</w:t></w:r></w:p></w:sdtContent></w:sdt>"))
    assert parsed(tmp_path, "a.docx", saved(word)).text == "kept inserted link\tx\n\ncontrolled"


def test_the_properties_say_title_date_and_tags(tmp_path: Path) -> None:
    word = docx.Document()
    word.add_paragraph("text")
    assert parsed(tmp_path, "a.docx", saved(word)).metadata.created_date is None
    said = word.core_properties
    said.title, said.keywords, said.category, said.created = "Policy", "risk, vendors", "Legal", datetime(2024, 3, 5)
    found = parsed(tmp_path, "a.docx", saved(word)).metadata
    assert (found.title, found.tags, str(found.created_date)) == ("Policy", ("Legal", "risk", "vendors"), "2024-03-05")


@pytest.mark.parametrize(
    ("limits", "content"),
    [
        (Limits(), b"\0" * 50_000_000),
        (Limits(unpacked=1000, ratio=10_000), b"\0" * 2000),
    ],
)
def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, limits: Limits, content: bytes) -> None:
    assert reason(tmp_path, "a.docx", zipped({"word/document.xml": content}), limits).startswith("it is a zip bomb")


def test_entities_do_not_multiply(tmp_path: Path) -> None:
    word = docx.Document()
    word.add_paragraph("text")
    with zipfile.ZipFile(io.BytesIO(saved(word))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>'.encode()
    content = parts["word/document.xml"]
    parts["word/document.xml"] = bomb + content[content.index(b"<w:document") :].replace(b">text<", b">&l9;<")
    assert reason(tmp_path, "a.docx", zipped(parts)).startswith(("it is damaged", "there is no text"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (zipped({"word/document.xml": b"<x/>"}), "it is damaged"),
        (zipped({"xl/workbook.xml": b"<x/>"}), "it is a spreadsheet"),
        (zipped({"a.txt": b"x"}), "it is a zip archive"),
        (zipped({"word/document.xml": b"<x/>" * 999})[:-30], "it is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "it is encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"old", "it is an old Office file"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "it is a PNG picture"),
        (b"{\\rtf1 words}", "it is an RTF file"),
    ],
)
def test_what_is_no_readable_document_is_named(tmp_path: Path, content: bytes, expected: str) -> None:
    for key in ("a.docx", "a.pdf", "a"):
        assert reason(tmp_path, key, content).startswith(expected)


def test_every_cut_of_a_file_is_read_or_refused(tmp_path: Path) -> None:
    word = docx.Document()
    word.add_paragraph("text")
    content = saved(word)
    for length in range(50, len(content) - 1, len(content) // 40):
        assert reason(tmp_path, "a.docx", content[:length])
