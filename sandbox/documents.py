"""The demo company's documents: policies, contracts, runbooks, minutes and e-mails of six departments, with golden questions.

Their words lie in `corpus/`, a file per department; each document begins with a line `=== key | title | day | tags`, and with
`| sidecar` where what is known about it lies in a file beside it.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

from sandbox.delivery import Delivery
from sandbox.document_formats import Written, docx_package, encrypted_pdf, rendered, scanned_pdf

_CORPUS = Path(__file__).parent / "corpus"
_DEPARTMENTS = {
    "legal": "Legal",
    "hr": "HR",
    "finance": "Finance",
    "it-operations": "IT Operations",
    "security": "Security",
    "procurement": "Procurement",
}
_INPUTS = ("golden_queries.jsonl", "path_rules.yaml")
_UNPACKED_MEGABYTES = 40
"""Size to which the hostile document unpacks from forty kilobytes."""

_POWER_OF_ATTORNEY = Written(
    "legal/scanned-power-of-attorney.pdf",
    "Power of attorney",
    "Legal",
    date(2026, 1, 5),
    (),
    "Acme AG authorises Ines Falk, general counsel, to represent the company before courts, the land registry and the "
    "chamber of commerce.\n\nShe may buy and sell real estate up to a value of two million euros. Loans and guarantees are "
    "excluded.\n\nThis power ends on 31 December 2027. It cannot be passed on to others.",
    has_sidecar=True,
)
_SETTLEMENT = Written(
    "legal/settlement-2025-protected.pdf",
    "Settlement agreement",
    "Legal",
    date(2025, 12, 22),
    (),
    "The parties settle all claims from the delivery of 2024 against payment of 40,000 euros.",
    has_sidecar=False,
)


def documents() -> list[Delivery]:
    """Documents with their sidecars, files that cannot be used, golden questions and path rules, in order of time."""
    files = [file for document in _written() for file in _delivered(document, rendered(document))]
    if (scan := scanned_pdf(_POWER_OF_ATTORNEY)) is not None:
        files += _delivered(_POWER_OF_ATTORNEY, scan)
    files += _unusable()
    files.sort(key=lambda file: (file.at, file.path))
    inputs = [Delivery(f"inputs/documents/{name}", (_CORPUS / name).read_bytes(), files[-1].at) for name in _INPUTS]
    return [*files, *inputs]


def _written() -> Iterator[Written]:
    for folder, department in _DEPARTMENTS.items():
        text = (_CORPUS / f"{folder}.txt").read_text(encoding="utf-8")
        for block in text.removeprefix("=== ").split("\n=== "):
            head, _, body = block.partition("\n")
            key, title, day, tags, *more = (part.strip() for part in head.split("|"))
            named = tuple(tag.strip() for tag in tags.split(",") if tag.strip())
            yield Written(key, title, department, date.fromisoformat(day), named, body.strip(), more == ["sidecar"])


def _delivered(document: Written, content: bytes) -> Iterator[Delivery]:
    at = _at(document.day)
    yield Delivery(f"documents/{document.key}", content, at)
    if document.has_sidecar:
        said = {
            "title": document.title,
            "department": document.department,
            "date": document.day.isoformat(),
            "tags": list(document.tags),
        }
        text = json.dumps(said, indent=2) + "\n"
        yield Delivery(f"documents/{document.key}.meta.json", text.encode(), at)


def _unusable() -> list[Delivery]:
    """What every real folder holds too: an empty file, half a download, a protected one, and one that was made to do harm."""
    day = date(2026, 9, 2)
    whole = rendered(next(document for document in _written() if document.key == "it-operations/capacity-report-q2.pdf"))
    spaces = b" " * (_UNPACKED_MEGABYTES * 1_000_000)
    return [
        Delivery("documents/it-operations/notes-to-be-written.txt", b"", _at(day)),
        Delivery("documents/it-operations/capacity-report-q3-partial.pdf", whole[:60], _at(day)),
        Delivery(f"documents/{_SETTLEMENT.key}", encrypted_pdf(_SETTLEMENT, b"only for counsel"), _at(_SETTLEMENT.day)),
        Delivery("documents/procurement/price-list-oversized.docx", docx_package(spaces, "Price list", day), _at(day)),
    ]


def _at(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC)
