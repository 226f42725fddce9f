"""E-mail: subject, people and message are read, attachments named; malformed mail does no harm."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.document_files import headings, parsed, reason


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {
        "From": "Ann <ann@example.com>",
        "To": "bob@example.com",
        "Subject": "Términos",
        "Date": "Tue, 05 Mar 2024 23:30:00 -0800",
        **headers,
    }.items():
        message[name] = value
    return message


def test_the_plain_version_is_preferred_and_attachments_are_noted(tmp_path: Path) -> None:
    message = mail()
    message.set_content("Dear Bob,\n\nplain words.\n")
    message.add_alternative("<html><body><p>rich words</body></html>", subtype="html")
    message.add_attachment(b"secret", maintype="application", subtype="pdf", filename="../../e\u202evil\n.pdf")
    message.add_attachment("notes", filename="notes.txt")
    document = parsed(tmp_path, "a.eml", message.as_bytes())
    assert document.text == (
        "Términos\n\nFrom: Ann <ann@example.com>\nTo: bob@example.com\nDate: Tue, 05 Mar 2024 23:30:00 -0800"
        "\n\nDear Bob,\n\nplain words."
    )
    assert headings(document) == [("Términos",)]
    assert (document.metadata.title, str(document.metadata.created_date), document.format) == ("Términos", "2024-03-05", "email")
    assert [note.startswith("attachment") for note in document.notes] == [True, True]
    assert "notes.txt" in document.notes[1]


def test_html_is_read_where_there_is_nothing_plain(tmp_path: Path) -> None:
    message = mail()
    message.set_content("\n")
    message.add_alternative("<h1>News</h1><p>rich words", subtype="html")
    document = parsed(tmp_path, "a.eml", message.as_bytes())
    assert document.text.endswith("News\n\nrich words")
    assert headings(document) == [("Términos",), ("Términos", "News")]


def test_all_texts_of_a_message_are_read(tmp_path: Path) -> None:
    content = (
        b"From: a@b.c\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"--x\r\n\r\nfirst\r\n--x\r\nContent-Type: multipart/related; boundary=y\r\n\r\n"
        b"--y\r\nContent-Type: text/html\r\n\r\n<p>second\r\n--y\r\nContent-Type: image/png\r\n\r\nzz\r\n--y--\r\n"
        b"--x\r\n\r\nthird\r\n--x--\r\n"
    )
    document = parsed(tmp_path, "mail", content)
    assert document.format == "email"
    assert document.text.endswith("first\n\nsecond\n\nthird")
    assert document.notes == ("attachment of type image/png was not read",)


@pytest.mark.parametrize("charset", ["nonsense", "utf-8", "rot13", "utf-16", '"a b"', "idna"])
def test_a_wrong_charset_does_not_hinder_reading(tmp_path: Path, charset: str) -> None:
    head = f"From: a@b.c\nSubject: s\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit"
    content = f"{head}\n\nCafé résumé naïve.\n"
    assert "Café résumé naïve." in parsed(tmp_path, "a.eml", content.encode("cp1252")).text


@pytest.mark.parametrize(
    "header",
    [
        "Date: never",
        "From: =?utf-8?q?=41=?= <@@>",
        "To: (((((",
        "Subject: =?x?b?!!?=",
        "Content-Disposition: attachment; filename*=x''%zz",
        "Keywords: " + "k," * 500,
    ],
)
def test_malformed_headers_do_not_hinder_reading(tmp_path: Path, header: str) -> None:
    document = parsed(tmp_path, "a.eml", f"{header}\nMessage-ID: <1>\nX-Other: y\n\nThe words.\n")
    assert document.text.endswith("The words.") or document.notes
    assert document.metadata.created_date is None


def test_parts_nested_beyond_sense_are_refused(tmp_path: Path) -> None:
    content = "From: a@b.c\nSubject: s\n" + "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(2000)
    )
    assert reason(tmp_path, "a.eml", content + "\nwords") == "it is damaged: its parts are nested too deeply"


def test_a_memo_is_no_mail(tmp_path: Path) -> None:
    assert parsed(tmp_path, "a.txt", "From: the board\nTo: all\nSubject: Holidays\n\nThey are free.").format == "text"
