"""Documents as bytes: front matter, HTML, DOCX, PDF and e-mail, written by hand so that the same text gives the same bytes."""

import hashlib
import html
import io
import json
import re
import textwrap
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.message import EmailMessage
from email.utils import format_datetime

_LINES_OF_A_PAGE = 46
_LETTERS_OF_A_LINE = 88
_PASSWORD_PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
"""PDF 1.7 (ISO 32000-1), 7.6.3.3."""


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote.

    Attributes:
        key: Where the file lies, below `documents/`; its suffix is the format.
        title: Title.
        department: Department.
        day: When it was written.
        tags: Tags.
        body: Paragraphs between empty lines; `## ` begins a heading.
        has_sidecar: Whether what is known about it lies beside it.
    """

    key: str
    title: str
    department: str
    day: date
    tags: tuple[str, ...]
    body: str
    has_sidecar: bool

    @property
    def paragraphs(self) -> list[tuple[bool, str]]:
        """Its paragraphs in order, and whether each is a heading."""
        lines = re.sub(r"^(## .+)\n", r"\1\n\n", self.body, flags=re.MULTILINE).split("\n\n")
        return [(line.startswith("## "), line.removeprefix("## ").strip()) for line in lines if line.strip()]


def rendered(document: Written) -> bytes:
    """The document in the format of its suffix."""
    return _FORMATS[document.key.rpartition(".")[2]](document)


def _markdown(document: Written) -> bytes:
    matter = [
        f"title: {json.dumps(document.title, ensure_ascii=False)}",
        f"department: {document.department}",
        f"date: {document.day}",
        f"tags: [{', '.join(document.tags)}]",
    ]
    return "\n".join(("---", *matter, "---", "", f"# {document.title}", "", document.body, "")).encode()


def _plain(document: Written) -> bytes:
    return f"{document.title}\n\n{document.body}\n".encode()


def _html(document: Written) -> bytes:
    body = "\n".join(f"<{(tag := 'h2' if heading else 'p')}>{html.escape(text)}</{tag}>" for heading, text in document.paragraphs)
    title = html.escape(document.title)
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="date" content="{document.day}">
<meta name="keywords" content="{html.escape(", ".join(document.tags))}">
</head>
<body>
<nav><a href="/">Intranet</a> <a href="/search">Search</a></nav>
<main>
<h1>{title}</h1>
{body}
</main>
<footer>Acme intranet</footer>
</body>
</html>
"""
    return page.encode()


def _email(document: Written) -> bytes:
    head, _, body = document.body.partition("\n\n")
    message = EmailMessage()
    for line in head.splitlines():
        name, _, value = line.partition(": ")
        message[name] = value
    message["Subject"] = document.title
    message["Date"] = format_datetime(datetime.combine(document.day, time(9, 30), UTC))
    message["Message-ID"] = f"<{zlib.crc32(document.key.encode()):08x}@acme.example>"
    message["Keywords"] = ", ".join(document.tags)
    message.set_content(body + "\n", cte="quoted-printable")
    return message.as_bytes()


def _docx(document: Written) -> bytes:
    parts = [("Title", document.title), *(("Heading1" if heading else "", text) for heading, text in document.paragraphs)]
    return docx_package(
        "".join(_word_paragraph(style, text) for style, text in parts).encode(), document.title, document.day, document.tags
    )


def docx_package(paragraphs: bytes, title: str, day: date, tags: Sequence[str] = ()) -> bytes:
    """A DOCX file around the XML of its paragraphs."""
    namespace = "http://schemas.openxmlformats.org/"
    office, package = f"{namespace}officeDocument/2006/relationships", f"{namespace}package/2006"
    word = f"{namespace}wordprocessingml/2006/main"
    kinds = "application/vnd.openxmlformats-officedocument.wordprocessingml."
    normal = '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    styles = normal + "".join(
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{said}"/></w:style>'
        for name, said in (("Title", "Title"), ("Heading1", "heading 1"))
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kinds}document.main+xml"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{kinds}styles+xml"/>'
        '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="r2" Type="{package}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
        "</Relationships>",
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "word/styles.xml": f'<w:styles xmlns:w="{word}">{styles}</w:styles>',
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{package}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{html.escape(title)}</dc:title><cp:keywords>{html.escape(', '.join(tags))}</cp:keywords>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{day}T09:00:00Z</dcterms:created></cp:coreProperties>',
    }
    declared = {name: f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{text}'.encode() for name, text in parts.items()}
    body = b'<w:document xmlns:w="' + word.encode() + b'"><w:body>' + paragraphs + b"</w:body></w:document>"
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (declared | {"word/document.xml": body}).items():
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 9, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return target.getvalue()


def _word_paragraph(style: str, text: str) -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{properties}<w:r><w:t xml:space="preserve">{html.escape(text, quote=False)}</w:t></w:r></w:p>'


def _pdf(document: Written) -> bytes:
    return pdf_file(_pages(document), _information(document))


def encrypted_pdf(document: Written, password: bytes) -> bytes:
    """The document as a PDF that opens only with the password (RC4 with 40 bits, as old programs write it)."""
    return pdf_file(_pages(document), _information(document), password=password)


def scanned_pdf(document: Written) -> bytes | None:
    """The document as a PDF whose page is a picture without text; None if nothing here can draw."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError:
        return None
    page = Image.new("L", (1240, 1754), 250)
    draw = ImageDraw.Draw(page)
    top = 150
    for size, line in _lines(document, letters=62):
        draw.text((120, top), line, fill=25, font=ImageFont.load_default(44 if size > 12 else 32))
        top += 66 if size > 12 else 46
    picture = zlib.compress(page.tobytes(), 9)
    image = (
        b"<< /Type /XObject /Subtype /Image /Width 1240 /Height 1754 /ColorSpace /DeviceGray /BitsPerComponent 8 "
        b"/Filter /FlateDecode /Length %d >>" % len(picture)
    )
    return pdf_file([b"q 595 0 0 842 0 0 cm /Scan Do Q"], {}, picture=(image, picture))


def _information(document: Written) -> dict[str, bytes]:
    created = f"D:{document.day:%Y%m%d}090000Z"
    return {"Title": _pdf_text(document.title), "CreationDate": created.encode(), "Keywords": _pdf_text(", ".join(document.tags))}


def _lines(document: Written, letters: int = _LETTERS_OF_A_LINE) -> list[tuple[int, str]]:
    """Size and text of every line on paper; an empty one follows each paragraph."""
    lines = [(16, line) for line in textwrap.wrap(document.title, letters - 20)]
    lines.append((10, ""))
    for heading, text in document.paragraphs:
        lines += [(13 if heading else 10, line) for line in textwrap.wrap(text, letters)]
        lines.append((10, ""))
    return lines


def _pages(document: Written) -> list[bytes]:
    """What is drawn on each page."""
    lines = _lines(document)
    pages = []
    for first in range(0, len(lines), _LINES_OF_A_PAGE):
        drawn = [b"BT 16 TL 60 780 Td"]
        for size, line in lines[first : first + _LINES_OF_A_PAGE]:
            drawn.append(b"/F%d %d Tf (%s) Tj T*" % (2 if size > 10 else 1, size, _pdf_text(line)))
        pages.append(b"\n".join([*drawn, b"ET"]))
    return pages


def _pdf_text(text: str) -> bytes:
    return re.sub(rb"([\\()])", rb"\\\1", text.encode("cp1252"))


def pdf_file(
    pages: Sequence[bytes],
    information: Mapping[str, bytes],
    *,
    picture: tuple[bytes, bytes] | None = None,
    password: bytes | None = None,
) -> bytes:
    """A PDF file.

    Args:
        pages: What is drawn on each page.
        information: Its title and the like, escaped.
        picture: Dictionary and data of a picture that pages draw as `Scan`.
        password: What opens it; None leaves it open to all.
    """
    kids = [f"{6 + 2 * number} 0 R" for number in range(len(pages))]
    fonts = " ".join(
        f"/F{n} << /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
        for n, name in ((1, "Helvetica"), (2, "Helvetica-Bold"))
    )
    identity = hashlib.md5(b"".join(pages), usedforsecurity=False).digest()
    cipher = _Cipher(password, identity) if password is not None else None
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(pages)} >>".encode(),
        f"<< /Font << {fonts} >>{' /XObject << /Scan 5 0 R >>' if picture else ''} >>".encode(),
        _information_object(information, cipher),
        _stream(picture[0], picture[1]) if picture else b"null",
    ]
    for number, drawn in enumerate(pages):
        content = 7 + 2 * number
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources 3 0 R /Contents {content} 0 R >>"
        data = cipher.applied(drawn, content) if cipher else drawn
        objects += [page.encode(), _stream(b"<< /Length %d >>" % len(data), data)]
    return _file(objects, identity, cipher)


def _stream(dictionary: bytes, data: bytes) -> bytes:
    return dictionary + b"\nstream\n" + data + b"\nendstream"


def _information_object(information: Mapping[str, bytes], cipher: "_Cipher | None") -> bytes:
    entries = b""
    for name, value in information.items():
        said = b"<" + cipher.applied(value, 4).hex().encode() + b">" if cipher else b"(" + value + b")"
        entries += b"/" + name.encode() + b" " + said + b" "
    return b"<< " + entries + b">>"


def _file(objects: Sequence[bytes], identity: bytes, cipher: "_Cipher | None") -> bytes:
    """Objects with the table of where they lie."""
    target = io.BytesIO()
    target.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(target.tell())
        target.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    table = target.tell()
    target.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    target.writelines(b"%010d 00000 n \n" % place for place in places)
    encryption = b" /Encrypt " + cipher.dictionary if cipher else b""
    name = identity.hex().encode()
    target.write(b"trailer\n<< /Size %d /Root 1 0 R /Info 4 0 R /ID [<%s> <%s>]" % (len(objects) + 1, name, name))
    target.write(encryption + b" >>\nstartxref\n%d\n%%%%EOF\n" % table)
    return target.getvalue()


class _Cipher:
    """The standard security handler of PDF 1.7 (ISO 32000-1, 7.6.3), revision 2."""

    def __init__(self, password: bytes, identity: bytes) -> None:
        padded = (password + _PASSWORD_PADDING)[:32]
        owner = _rc4(_md5(padded)[:5], padded)
        permissions = -4
        self._key = _md5(padded + owner + permissions.to_bytes(4, "little", signed=True) + identity)[:5]
        user = _rc4(self._key, _PASSWORD_PADDING)
        self.dictionary = b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P %d >>" % (
            owner.hex().encode(),
            user.hex().encode(),
            permissions,
        )

    def applied(self, data: bytes, number: int) -> bytes:
        """The string or stream of an object, enciphered."""
        return _rc4(_md5(self._key + number.to_bytes(3, "little") + b"\0\0")[:10], data)


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    result = bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        result.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(result)


_FORMATS: dict[str, Callable[[Written], bytes]] = {
    "md": _markdown,
    "txt": _plain,
    "html": _html,
    "eml": _email,
    "docx": _docx,
    "pdf": _pdf,
}
