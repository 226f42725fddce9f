"""Plain text and Markdown are read in whatever encoding they come."""

import codecs
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.documents.logic.parsing import Limits, Unreadable
from tests.document_files import headings, parsed, reason, section

GERMAN = "Die Kündigungsfrist beträgt drei Monate. Größe und Maß sind in der Anlage geregelt."


@pytest.mark.parametrize(
    "content",
    [
        GERMAN.encode(),
        codecs.BOM_UTF8 + GERMAN.encode(),
        GERMAN.encode("utf-16"),
        GERMAN.encode("utf-16-le"),
        GERMAN.encode("utf-16-be"),
        GERMAN.encode("utf-32"),
    ],
)
def test_every_form_of_unicode_gives_the_same_text(tmp_path: Path, content: bytes) -> None:
    document = parsed(tmp_path, "a.txt", content)
    assert document.text == GERMAN
    assert document.notes == ()


@pytest.mark.parametrize("text", [GERMAN, "Café résumé naïve", "“Smart quotes” – and a dash… €5", "It costs £5 a month."])
def test_texts_of_western_windows_are_found_out_and_noted(tmp_path: Path, text: str) -> None:
    document = parsed(tmp_path, "a.txt", text.encode("cp1252"))
    assert document.text == text
    assert document.notes == ("it is no UTF-8 and was read as cp1252",)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Umowa najmu może być wypowiedziana przez każdą ze stron, jeżeli właściciel zażąda zwrotu.", "cp1250"),
        ("Договор аренды помещения может быть расторгнут любой из сторон.", "cp1251"),
        ("契約書の解除は三か月前に通知しなければならない。", "cp932"),
    ],
)
def test_other_encodings_are_found_out_too(tmp_path: Path, text: str, encoding: str) -> None:
    assert parsed(tmp_path, "a.txt", text.encode(encoding)).text == text


def test_binary_data_is_no_text(tmp_path: Path) -> None:
    assert reason(tmp_path, "a.txt", bytes(range(256)) * 20) == "it is no text but binary data"


@pytest.mark.parametrize("content", [b"", b" \n\t\n", "\ufeff".encode(), b"---\n***\n"])
def test_a_file_without_words_is_unreadable(tmp_path: Path, content: bytes) -> None:
    assert reason(tmp_path, "a.txt", content) in ("it is empty", "there is no text in it")


def test_a_file_or_text_beyond_the_limits_is_unreadable(tmp_path: Path) -> None:
    assert "larger than 10 bytes" in reason(tmp_path, "a.txt", "word " * 10, Limits(size=10))
    assert "longer than 20 characters" in reason(tmp_path, "a.txt", "word " * 10, Limits(characters=20))


def test_paragraphs_are_separated_by_one_empty_line_and_hold_no_control_characters(tmp_path: Path) -> None:
    document = parsed(tmp_path, "a.txt", "one\x07 e\u0301 hy\u00adphen\r\n\r\n\r\n \r\ntwo\u202e\u00a0three\r\rfour\x0cfive\x1b")
    assert document.text == "one é hyphen\n\ntwo three\n\nfour\nfive"


def test_lines_broken_by_width_are_joined_and_others_are_kept(tmp_path: Path) -> None:
    prose = (
        "The supplier shall keep all records of the contract for a\nperiod of seven years, or as law asks for and allows\nmore."
    )
    rows = "2024-01-01 backup of the first database has been finished\n2024-01-02 backup of the other database has been finished"
    document = parsed(tmp_path, "a.txt", f"{prose}\n\n{rows}\n\nshort\nlines")
    assert document.text == f"{prose.replace(chr(10), ' ')}\n\n{rows}\n\nshort\nlines"


def test_front_matter_is_taken_out_of_the_text_and_told(tmp_path: Path) -> None:
    text = "---\ntitle: Vendor policy\ndept: Legal\ndate: 2024-03-05\ntags: [risk, vendors, risk]\n---\n# Scope\n\nAll vendors."
    document = parsed(tmp_path, "a.md", text)
    assert document.text == "Scope\n\nAll vendors."
    said = document.metadata
    assert (said.title, said.department, str(said.created_date), said.tags) == (
        "Vendor policy",
        "Legal",
        "2024-03-05",
        ("risk", "vendors"),
    )


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\ntitle: [*b, *b]",
        "title: " + "[" * 5000,
        "title: !!python/object/apply:os.system ['true']",
        "date: 2024-99-99",
        "title: " + "9" * 5000,
        "\ttitle: x",
    ],
)
def test_malformed_front_matter_is_a_note_and_stays_in_the_text(tmp_path: Path, bomb: str) -> None:
    document = parsed(tmp_path, "a.md", f"---\n{bomb}\n---\n\nWords of the text.")
    assert document.text.endswith("Words of the text.")
    assert document.metadata.title is None
    assert document.notes[0].startswith(("its front matter is not used", "title of the file is not used"))


def test_words_between_two_rules_are_no_front_matter(tmp_path: Path) -> None:
    assert parsed(tmp_path, "a.md", "---\nOnly words\n---\nmore").text.startswith("Only words")


def test_headings_of_markdown_are_sections_and_those_in_code_are_not(tmp_path: Path) -> None:
    text = (
        "intro\n\n# Plan\n\nWhy *this* [plan](http://x).\n\n```sh\n# no heading\nrun\n```\n\n"
        "## Steps\n\n1. first\n2. second\n   - inner\n\nRisks\n====="
    )
    document = parsed(tmp_path, "a.md", text)
    assert headings(document) == [(), ("Plan",), ("Plan", "Steps"), ("Risks",)]
    assert section(document, "Plan") == "Plan\n\nWhy this plan.\n\n# no heading\nrun\n\n"
    assert section(document, "Plan", "Steps") == "Steps\n\n1. first\n2. second\n  - inner\n\n"


def test_tables_and_markup_of_markdown_keep_their_words(tmp_path: Path) -> None:
    text = "| Role | Days |\n|---|---|\n| Admin | 90 |\n\n<p>raw <b>words</b><script>no()</script>\n\n![a picture](x) and\nmore"
    assert parsed(tmp_path, "a.md", text).text == "Role | Days\nAdmin | 90\n\nraw words\n\na picture and more"


@pytest.mark.parametrize(
    "text", [">" * 5000 + " deep words", "".join("  " * n + f"- item{n}\n" for n in range(150)), "[" * 5000 + "words"]
)
def test_deeply_nested_markdown_loses_no_words(tmp_path: Path, text: str) -> None:
    document = parsed(tmp_path, "a.md", text)
    assert "words" in document.text or "item149" in document.text


@given(st.text(min_size=1, max_size=300))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_text_comes_sections_cover_it_and_it_is_clean(tmp_path: Path, text: str) -> None:
    content = ("# a\n\n" + text).encode("utf-8", "surrogatepass")
    for key in ("a.md", "a.txt", "a.html", "a"):
        try:
            document = parsed(tmp_path, key, content)
        except Unreadable:
            continue
        assert document == parsed(tmp_path, key, content)
        assert [s.start for s in document.sections] == [0, *(s.end for s in document.sections[:-1])]
        assert document.sections[-1].end == len(document.text)
        assert all(s.start < s.end for s in document.sections)
        assert document.text == unicodedata.normalize("NFC", document.text)
        assert "\n\n\n" not in document.text
        assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in document.text if c not in "\n\t")
