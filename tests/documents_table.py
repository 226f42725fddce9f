"""The table of documents as tests fill it, without files."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import polars as pl

from assets.documents import tables
from resources.lake import Lake


class Documents:
    """The table of documents, as the intake leaves it."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.rows: dict[str, dict[str, Any]] = {}

    def put(self, name: str, text: str, **more: object) -> None:
        known = {"title": name, "dept": "Legal", "source_key": f"{name}.md", **more}
        self.rows[name] = {
            "document_id": hashlib.sha256(name.encode()).hexdigest(),
            "content_hash": hashlib.sha256(text.encode()).hexdigest(),
            "fingerprint": hashlib.sha256(f"{text} {sorted(known.items())}".encode()).hexdigest(),
            "created_date": date(2026, 1, 1),
            "tags": [],
            "metadata_from": [],
            "language": "en",
            "format": "markdown",
            "text": text,
            "sections": [{"headings": [], "start": 0, "end": len(text)}],
            "page_starts": [],
            "ocr_pages": [],
            "notes": [],
            **known,
        }
        self.store()

    def delete(self, name: str) -> None:
        del self.rows[name]
        self.store()

    def store(self) -> None:
        frame = pl.DataFrame(list(self.rows.values()), schema=tables.DOCUMENTS.schema)
        self.lake.replace(tables.DOCUMENTS, frame, where=None)
