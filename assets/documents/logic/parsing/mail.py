"""E-mail: subject, who wrote to whom, and the message itself; attachments are named, not read."""

import email
from collections.abc import Iterator
from email import policy
from email.errors import MessageError
from email.message import MIMEPart

from assets.documents.logic.parsing import plain_text, web_page
from assets.documents.logic.parsing.blocks import Block, Parsed, line
from assets.documents.logic.parsing.encoding import declared_as
from assets.documents.logic.parsing.limits import Unreadable

_HEAD = ("From", "To", "Cc", "Date")
_FAULTS = (MessageError, ValueError, LookupError, AttributeError, TypeError, AssertionError)
"""What the library raises for headers that are no headers."""


def read(data: bytes) -> Parsed:
    """The blocks of a message. Raises Unreadable if its parts are nested beyond sense."""
    try:
        message = email.message_from_bytes(data, policy=policy.default)
        del message["Content-Disposition"]  # the message itself is not attached to anything
        notes: list[str] = []
        bodies = list(_bodies(message, notes))
    except RecursionError as error:
        raise Unreadable("it is damaged: its parts are nested too deeply") from error
    subject = _header(message, "Subject")
    head = [f"{name}: {value}" for name in _HEAD if (value := _header(message, name))]
    blocks = [Block(subject, level=1), Block("\n".join(head))]
    for body in bodies:
        blocks.extend(_blocks(body, notes))
    values = {"title": subject, "date": _header(message, "Date"), "tags": _header(message, "Keywords")}
    return Parsed(blocks, values, notes=notes)


def _bodies(part: MIMEPart, notes: list[str]) -> Iterator[MIMEPart]:
    """The parts that are the message, of several versions the plainest that says something; others are noted."""
    kind = part.get_content_type()
    if kind == "multipart/alternative":
        versions = [list(_bodies(version, notes)) for version in part.iter_parts()]
        versions.sort(key=lambda version: any(body.get_content_type() == "text/html" for body in version))
        yield from next((version for version in versions if any(_text(body)[0].strip() for body in version)), [])
    elif part.is_multipart() and part.get_content_maintype() == "multipart":
        for inner in part.iter_parts():
            yield from _bodies(inner, notes)
    elif kind in ("text/plain", "text/html") and not _is_attachment(part):
        yield part
    else:
        notes.append(f"attachment {_name(part)} was not read")


def _blocks(body: MIMEPart, notes: list[str]) -> Iterator[Block]:
    text, faults = _text(body)
    notes.extend(faults)
    parsed = web_page.read(text) if body.get_content_type() == "text/html" else plain_text.read(text)
    for block in parsed.blocks:
        yield Block(block.text, block.level and block.level + 1)  # below the subject


def _text(body: MIMEPart) -> tuple[str, list[str]]:
    content = body.get_payload(decode=True)
    if not isinstance(content, bytes):
        return "", []
    try:
        charset = body.get_content_charset()
    except _FAULTS:
        charset = None
    return declared_as(content, charset)


def _is_attachment(part: MIMEPart) -> bool:
    try:
        return part.is_attachment() or part.get_filename() is not None
    except _FAULTS:
        return True


def _name(part: MIMEPart) -> str:
    try:
        name = part.get_filename()
    except _FAULTS:
        name = None
    return repr(line(name)) if name else f"of type {part.get_content_type()}"


def _header(message: MIMEPart, name: str) -> str:
    """The header on one line; empty if it is missing or makes no sense."""
    try:
        return line(str(message[name] or ""))
    except _FAULTS:
        return ""
