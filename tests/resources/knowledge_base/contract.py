"""Passages to try knowledge bases with, and the plainest knowledge base there can be, to compare answers with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from resources.embeddings import EmbeddingModel, Vectors
from resources.knowledge_base.interface import KB_DOCUMENTS, Filter

DIMENSIONS = 16
MODEL = EmbeddingModel("small", "1", "0123456789abcdef", DIMENSIONS, 128, source="folder:small")
OTHER_MODEL = EmbeddingModel("small", "2", "fedcba9876543210", DIMENSIONS, 128)
CHUNKING = "sentences-128-16"
DEPARTMENTS = ("Legal", "Finance", "Operations", None)
TAGS = ("contract", "policy", "runbook", "vendor")
LANGUAGES = ("en", "de", None)
WORDS = (
    *("vendor", "contract", "risk", "termination", "invoice", "backup", "restore"),
    *("database", "policy", "travel", "budget", "review", "audit", "security"),
)
FIRST_DAY = date(2024, 1, 1)


def passage(doc_id: int, seed: int = 0, **given: Any) -> dict[str, Any]:
    """A row of `kb_documents` that is the same for the same arguments."""
    rng = np.random.default_rng((doc_id, seed))
    row = {
        "doc_id": doc_id,
        "parent_doc_id": f"document-{doc_id // 3}",
        "chunk_no": doc_id % 3,
        "title": " ".join(rng.choice(WORDS, 2)),
        "heading": str(rng.choice(WORDS)) if rng.random() < 0.5 else None,
        "dept": DEPARTMENTS[rng.integers(len(DEPARTMENTS))],
        "tags": sorted(tag for tag in TAGS if rng.random() < 0.4),
        "created_date": FIRST_DAY + timedelta(days=int(rng.integers(700))) if rng.random() < 0.9 else None,
        "language": LANGUAGES[rng.integers(len(LANGUAGES))],
        "source_key": f"documents/{doc_id // 3}.md",
        "page": int(rng.integers(1, 9)) if rng.random() < 0.5 else None,
        "start_offset": doc_id * 100,
        "end_offset": doc_id * 100 + 99,
        "content": " ".join(rng.choice(WORDS, int(rng.integers(3, 20)))),
        "model_version": MODEL.version,
    }
    return {**row, **given}


def frame(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """Rows as a knowledge base takes them."""
    return pl.DataFrame(list(rows), schema=KB_DOCUMENTS.schema)


def passages(doc_ids: Iterable[int], seed: int = 0, **given: Any) -> pl.DataFrame:
    """Rows with these identities."""
    return frame(passage(doc_id, seed, **given) for doc_id in doc_ids)


def vectors(doc_ids: Iterable[int], seed: int = 0, dimensions: int = DIMENSIONS) -> Vectors:
    """Their unit vectors."""
    raw = [np.random.default_rng((doc_id, seed, 7)).normal(size=dimensions) for doc_id in doc_ids]
    unit = np.array(raw, np.float32).reshape(-1, dimensions)
    return (unit / np.linalg.norm(unit, axis=1, keepdims=True)).astype(np.float32)


def question(seed: int, dimensions: int = DIMENSIONS) -> Vectors:
    """The unit vector of a question."""
    return vectors([seed], 99, dimensions)[0]


def passes(row: dict[str, Any], where: Filter) -> bool:
    """What a filter means, one row at a time."""
    day = row["created_date"]
    return (
        (where.departments is None or row["dept"] in where.departments)
        and (where.languages is None or row["language"] in where.languages)
        and where.tags <= set(row["tags"])
        and (where.created_from is None or (day is not None and day >= where.created_from))
        and (where.created_to is None or (day is not None and day <= where.created_to))
    )


FILTERS: Sequence[Filter] = (
    Filter(),
    Filter(departments=frozenset({"Legal"})),
    Filter(departments=frozenset({"Legal", "Finance", "Nobody"})),
    Filter(departments=frozenset()),
    Filter(created_from=FIRST_DAY + timedelta(days=300)),
    Filter(created_to=FIRST_DAY + timedelta(days=100)),
    Filter(created_from=FIRST_DAY + timedelta(days=10), created_to=FIRST_DAY + timedelta(days=20)),
    Filter(tags=frozenset({"contract"})),
    Filter(tags=frozenset({"contract", "vendor"})),
    Filter(tags=frozenset({"contract", "unknown"})),
    Filter(languages=frozenset({"de"})),
    Filter(frozenset({"Legal"}), FIRST_DAY, FIRST_DAY + timedelta(days=400), frozenset({"policy"}), frozenset({"en"})),
)


@dataclass
class Naive:
    """Rows and vectors by `doc_id`; every answer is computed from all of them."""

    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    vectors: dict[int, Vectors] = field(default_factory=dict)

    def write(self, rows: pl.DataFrame, vectors: Vectors, remove: Iterable[int] = ()) -> None:
        for doc_id in remove:
            self.rows.pop(doc_id, None)
            self.vectors.pop(doc_id, None)
        self.update(rows)
        self.vectors.update(zip(rows["doc_id"].to_list(), vectors, strict=True))

    def update(self, rows: pl.DataFrame) -> None:
        self.rows.update({row["doc_id"]: row for row in rows.to_dicts()})

    def matches(self, where: Filter) -> list[int]:
        return sorted(doc_id for doc_id, row in self.rows.items() if passes(row, where))

    def similarities(self, vector: Vectors, where: Filter) -> dict[int, float]:
        return {doc_id: float(self.vectors[doc_id] @ vector) for doc_id in self.matches(where)}
