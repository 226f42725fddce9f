"""Which format a file has: its content says so, its extension only where the content could be several."""

import io
import re
import zipfile
from pathlib import PurePosixPath

from assets.documents.logic.parsing.limits import Unreadable

_EXTENSIONS = {
    ".txt": "text", ".text": "text", ".log": "text",
    ".md": "markdown", ".markdown": "markdown",
    ".html": "html", ".htm": "html", ".xhtml": "html",
    ".pdf": "pdf", ".docx": "docx", ".eml": "email",
}  # fmt: skip
_OTHERS = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"{\\rtf", "an RTF file: save it as DOCX"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\0", "a program"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_PACKAGES = (
    ("word/document.xml", "docx"),
    ("xl/workbook.xml", "a spreadsheet"),
    ("ppt/presentation.xml", "a presentation: save it as PDF"),
    ("mimetype", "an OpenDocument or EPUB file: save it as DOCX or PDF"),
)
_HEAD = 4096
_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_BEFORE_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>|<!--.*?-->|\s)*", re.DOTALL)
_TAG = re.compile(r"</?[a-z][a-z0-9]*\b[^>]*>", re.IGNORECASE)
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]?.*")
_TRANSPORT = {"message-id", "mime-version", "received", "return-path", "dkim-signature", "delivered-to"}
_MARKDOWN = re.compile(r"^(?:#{1,6} \S|```|~~~)|\A---\n\w+:", re.MULTILINE)


def expected(key: str) -> str | None:
    """The format that the extension of a key promises; None if it promises none."""
    return _EXTENSIONS.get(PurePosixPath(key).suffix.lower())


def binary(data: bytes) -> str | None:
    """`pdf`, `docx`, or None for what can only be text. Raises Unreadable for what is neither."""
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(_OLE):
        encrypted = _ENCRYPTED_PACKAGE in data
        raise Unreadable(
            "it is encrypted" if encrypted else "it is an old Office file, not a document that can be read: save it as DOCX"
        )
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _package(data)
    for magic, name in _OTHERS:
        if data.startswith(magic):
            raise Unreadable(f"it is {name}, not a document that can be read")
    return None


def textual(text: str, promised: str | None) -> str:
    """`html`, `email`, `markdown` or `text`."""
    head = text[:_HEAD]
    begin = _BEFORE_PAGE.match(head)
    if (begin and _PAGE.match(head, begin.end())) or (promised == "html" and _TAG.search(text)):
        return "html"
    names = _header_names(head)
    if (names & _TRANSPORT and "from" in names) or (promised == "email" and names):
        return "email"
    if promised == "markdown" or (promised != "text" and _MARKDOWN.search(text)):
        return "markdown"
    return "text"


def _package(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Unreadable(f"it is damaged: its archive cannot be opened ({error})") from error
    kind = next((kind for part, kind in _PACKAGES if part in names), "a zip archive")
    if kind != "docx":
        raise Unreadable(f"it is {kind}, not a document that can be read")
    return kind


def _header_names(head: str) -> set[str]:
    """Names of the header fields that the text begins with, in lower case."""
    names: set[str] = set()
    for line in head.splitlines():
        if names and line[:1] in (" ", "\t"):
            continue
        match = _HEADER.fullmatch(line)
        if not match:
            break
        names.add(match[1].lower())
    return names
