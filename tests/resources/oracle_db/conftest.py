"""A knowledge base whose database notes what it is told."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from resources.embeddings import EmbeddingModel
from resources.knowledge_base.interface import KB_DOCUMENTS
from resources.oracle_db.knowledge_base import OracleKnowledgeBase
from tests.resources.oracle_db.recording import RecordingDatabase, Session

MODEL = EmbeddingModel("mini", "r1", "d1", 4, 128, "folder:/models/mini")


def stored(
    state: str,
    number: int = 7,
    rows: int = 1000,
    index: str | None = "IVF",
    indexed: int | None = 900,
    model: EmbeddingModel = MODEL,
) -> tuple:
    """A row of the list of generations."""
    return (
        f"g{number:06d}", model.name, model.revision, model.digest, model.dimensions, model.max_tokens, model.source or None,
        "512/64", state, rows, number, index, indexed,
    )  # fmt: skip


def existing(session: Session, *names: str) -> None:
    """Let these objects be in the schema."""
    session.when("FROM user_objects", lambda binds: [(name,) for name in binds.values() if name in names])


def passages(*doc_ids: int, **columns) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "doc_id": doc_id,
                "parent_doc_id": "contract",
                "chunk_no": n,
                "title": "Vendor contracts",
                "heading": None,
                "dept": "Legal",
                "tags": ["risk", "vendor"],
                "created_date": date(2026, 3, 1),
                "language": "en",
                "source_key": "contracts/vendor.md",
                "page": None,
                "start_offset": 0,
                "end_offset": 40,
                "content": "Vendors may be terminated for a cause.",
                "model_version": MODEL.version,
            }
            | columns
            for n, doc_id in enumerate(doc_ids)
        ],
        schema=KB_DOCUMENTS.schema,
        orient="row",
    )


def unit(rows: int) -> np.ndarray:
    made = np.random.default_rng(5).normal(size=(rows, MODEL.dimensions)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture
def database() -> RecordingDatabase:
    return RecordingDatabase(user="kb", password="x", dsn="kb_high")


@pytest.fixture
def session(database: RecordingDatabase) -> Session:
    """Its session: generation g000007 is live, and there are no broken indexes."""
    return (
        database.session.when("SELECT generation_id", [stored("live")])
        .when("SELECT generation_no", [])
        .when("FROM user_indexes\nWHERE table_name", [])
        .when("FROM user_objects", [])
    )


@pytest.fixture
def base(database: RecordingDatabase, session: Session) -> OracleKnowledgeBase:
    return OracleKnowledgeBase(database=database, batch_rows=2, exact_rows=50, index_from_rows=500)
