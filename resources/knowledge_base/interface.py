"""What every knowledge base offers: generations that are built aside and cut over, and snapshots that answer."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import TracebackType
from typing import Any, Literal, Self

import dagster as dg
import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources.embeddings import EmbeddingModel, Vectors
from resources.tables import Column, Table

PlanKind = Literal["exact scan", "pre-filter", "index"]
State = Literal["building", "live", "previous"]

KB_DOCUMENTS = Table(
    name="kb_documents",
    description="One passage (chunk) of a document, as it is searched.",
    columns=(
        Column("doc_id", pl.Int64(), "Identity of the passage: the same for the same text in the same document.", nullable=False),
        Column("parent_doc_id", pl.String(), "Document that the passage is from.", nullable=False),
        Column("chunk_no", pl.Int32(), "Place of the passage in the document, from 0.", nullable=False),
        Column("title", pl.String(), "Title of the document.", nullable=False),
        Column("heading", pl.String(), "Headings above the passage, joined by ` › `; null if there are none."),
        Column("dept", pl.String(), "Department that the document belongs to; null if unknown."),
        Column("tags", pl.List(pl.String()), "Tags of the document, sorted.", nullable=False),
        Column("created_date", pl.Date(), "When the document was written; null if unknown."),
        Column("language", pl.String(), "ISO 639-1 code of the passage's language; null if unknown."),
        Column("source_key", pl.String(), "Key of the object that holds the document.", nullable=False),
        Column("page", pl.Int32(), "Page that the passage begins on, from 1; null where there are no pages."),
        Column("start_offset", pl.Int64(), "First character of the passage in the document's text, from 0.", nullable=False),
        Column("end_offset", pl.Int64(), "Character after the passage's last one.", nullable=False),
        Column("content", pl.String(), "The passage.", nullable=False),
        Column("model_version", pl.String(), "Model that made the vector (see EmbeddingModel.version).", nullable=False),
    ),
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which passages may be found; everything given must hold.

    Attributes:
        departments: Any of these; None takes all, those without a department too.
        created_from: Written on this day or later; passages without a date do not match.
        created_to: Written on this day or before.
        tags: All of these.
        languages: Any of these ISO 639-1 codes.
    """

    departments: frozenset[str] | None = None
    created_from: date | None = None
    created_to: date | None = None
    tags: frozenset[str] = field(default_factory=frozenset)
    languages: frozenset[str] | None = None

    @property
    def passes_everything(self) -> bool:
        """Whether nothing is filtered."""
        return self == Filter()


@dataclass(frozen=True, slots=True)
class Plan:
    """How candidates were looked up.

    Attributes:
        kind: `exact scan` (every row compared), `pre-filter` (the rows that match compared), `index` (approximate).
        matches: Rows that pass the filter; None if the variant does not count them.
        rows: Rows of the generation.
        reason: Why it was chosen, for people.
    """

    kind: PlanKind
    matches: int | None
    rows: int
    reason: str


@dataclass(frozen=True, slots=True)
class Hits:
    """Candidates, best first: `doc_ids` (int64) and `scores` (float32; cosine similarity, or the lexical score)."""

    doc_ids: NDArray[np.int64]
    scores: NDArray[np.float32]
    plan: Plan


@dataclass(frozen=True, slots=True)
class Generation:
    """One complete index of one model.

    Attributes:
        generation_id: Name, sorted by time of creation.
        model: Model of every vector in it.
        chunking: Identity of the way documents were cut.
        state: `building` (answers nobody yet), `live`, or `previous` (kept for a roll-back).
        rows: Passages in it.
    """

    generation_id: str
    model: EmbeddingModel
    chunking: str
    state: State
    rows: int


@dataclass(frozen=True, slots=True)
class IndexStatistics:
    """What an operator watches.

    Attributes:
        rows: Passages that can be found.
        bytes: Size on disk; None if the variant cannot know.
        fragmentation: Share of dead rows and of rows outside the approximate index, 0 to 1; None if unknown.
        parts: Segments or partitions.
        details: Further figures of the variant, by name with unit.
    """

    rows: int
    bytes: int | None
    fragmentation: float | None
    parts: int | None
    details: Mapping[str, float | str]


class Snapshot(ABC):
    """A generation as it was when the snapshot was taken; later writes do not show in it.

    A context manager: what it holds of a database is given back at its end, whatever happened inside.
    """

    generation: Generation

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:  # noqa: B027  # most variants hold nothing
        """Give back what it holds; nothing should be asked of it afterwards."""

    @abstractmethod
    def nearest(self, vector: Vectors, where: Filter, k: int, *, exact: bool = False) -> Hits:
        """The passages nearest to a unit vector, by cosine similarity: min(k, matches) of them whatever the filter.

        Args:
            vector: Shape (dimensions,).
            where: Which passages may be found.
            k: How many, at least 1.
            exact: Compare all that match, for measuring the index.

        Raises:
            BadInput: The vector has other dimensions than the generation's model.
        """

    @abstractmethod
    def analyse(self, text: str) -> list[str]:
        """The terms of a text as this variant's index has them, in order, with repetitions."""

    @abstractmethod
    def matching(self, terms: Mapping[str, float], where: Filter, k: int) -> Hits:
        """The passages that hold any of the terms (of `analyse`, with weights), by the lexical score; at most k."""

    @abstractmethod
    def document_frequencies(self, terms: Collection[str]) -> dict[str, int]:
        """In how many passages each term occurs; 0 for unknown ones."""

    @abstractmethod
    def count(self, where: Filter) -> int:
        """Passages that pass the filter."""

    @abstractmethod
    def rows(self, doc_ids: Sequence[int] | NDArray[np.int64]) -> pl.DataFrame:
        """The passages in the order asked for, with the columns of `KB_DOCUMENTS`; unknown ones are left out."""

    @abstractmethod
    def vectors(self, doc_ids: Sequence[int] | NDArray[np.int64]) -> Vectors:
        """Their vectors in the order asked for.

        Raises:
            NotFound: One of them is not there.
        """

    @abstractmethod
    def identities(self) -> pl.DataFrame:
        """`doc_id` and `fingerprint` (of everything but the vector) of every passage, to see what a write must change."""

    @abstractmethod
    def statistics(self) -> IndexStatistics:
        """Size and health."""


class KnowledgeBase(dg.ConfigurableResource[Any], ABC):
    """Generations of passages. Every method raises only errors of `resources.errors`."""

    @abstractmethod
    def generations(self) -> list[Generation]:
        """All that exist, oldest first."""

    def live(self) -> Generation | None:
        """The generation that answers; None before the first cut-over."""
        return next((g for g in self.generations() if g.state == "live"), None)

    @abstractmethod
    def begin(self, model: EmbeddingModel, chunking: str) -> Generation:
        """A generation being built for the model and the chunking: the unfinished one if there is one, else a new one."""

    @abstractmethod
    def write(self, generation_id: str, rows: pl.DataFrame, vectors: Vectors, *, remove: Collection[int] = ()) -> None:
        """Add passages, replace those with the same `doc_id`, and remove others, in one step that readers see whole or not.

        Raises:
            BadInput: `model_version` of a row is not the generation's, which would mix models, or the shapes do not fit.
            NotFound: There is no such generation.
        """

    @abstractmethod
    def update(self, generation_id: str, rows: pl.DataFrame) -> None:
        """Replace everything but the vector of passages that are there, in one step.

        Raises:
            NotFound: There is no such generation or passage.
        """

    @abstractmethod
    def cut_over(self, generation_id: str) -> None:
        """Make the generation live at once; the live one becomes `previous`, and an older `previous` is dropped."""

    @abstractmethod
    def roll_back(self) -> Generation:
        """Make the previous generation live again; the live one becomes `previous`. Raises NotFound if there is none."""

    @abstractmethod
    def drop(self, generation_id: str) -> None:
        """Delete a generation. Raises Conflict if it is live."""

    @abstractmethod
    def snapshot(self, generation_id: str | None = None) -> Snapshot:
        """The generation as it is now, the live one if none is named. Raises NotFound if there is none."""

    @abstractmethod
    def optimise(self, generation_id: str) -> None:
        """Bring the index back into shape (merge parts, forget removed rows, rebuild where it pays); readers go on."""
