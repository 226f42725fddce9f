"""A small searcher that runs anywhere: passages that hold words of the question, most first. No model, no index."""

import re
import threading
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

from assets.documents.logic.results import Answer, Components, Result
from orchestration.searching import Weights
from resources.embeddings import EmbeddingModel
from resources.errors import BadInput, NotFound
from resources.knowledge_base.interface import Filter, Generation

MODEL = EmbeddingModel("words", "1", "a" * 64, 3, 100)
GENERATION = Generation("20260302T080000000000Z-abc", MODEL, "whole", "live", 0)
SCRIPT = "<script>document.title='owned'</script>"
IMAGE = "<img src=x onerror=\"document.title='owned'\">"


@dataclass(frozen=True)
class Passage:
    document_id: str
    title: str
    text: str
    department: str | None = None
    created: date | None = None
    tags: tuple[str, ...] = ()
    language: str | None = "en"
    link: str = "policies/some.md"
    heading: str | None = None


PASSAGES = (
    Passage(
        "contract", "Vendor contracts", "🚀 A vendor may be given notice of termination at any time. The risk is ours.",
        "Legal", date(2025, 5, 1), ("contract", "vendor"), link="policies/vendor contracts.md", heading="Ending › Notice",
    ),
    Passage("travel", "Travel policy", "Who travels books the hotel.\nA vendor pays for itself.", "HR", date(2024, 1, 31)),
    Passage(
        "hostile", f"{SCRIPT} vendor \x1b[31m", f"vendor {IMAGE} {SCRIPT} vendor", link="javascript:alert(1)", heading=IMAGE
    ),
    Passage("web", "Page about a vendor", "vendor", "Legal", date(2026, 2, 1), language=None, link="https://example.com/a?b=<c>"),
)  # fmt: skip


@dataclass
class SmallSearch:
    """Answers from passages; `seconds` is how long a search takes, `at_work` how many run and `most_at_work` ran at once."""

    passages: Sequence[Passage] = PASSAGES
    seconds: float = 0.0
    generation: Generation | None = GENERATION
    failure: Exception | None = None
    at_work: int = 0
    most_at_work: int = 0
    asked: list[tuple[str, Filter, int, Weights, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def live(self) -> Generation | None:
        return self.generation

    def search(self, question: str, where: Filter, k: int, *, weights: Weights, today: date) -> Answer:
        with self._lock:
            self.at_work += 1
            self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            time.sleep(self.seconds)
            return self._answer(question, where, k, weights, today)
        finally:
            with self._lock:
                self.at_work -= 1

    def _answer(self, question: str, where: Filter, k: int, weights: Weights, today: date) -> Answer:
        self.asked.append((question, where, k, weights, today))
        if self.failure is not None:
            raise self.failure
        if self.generation is None:
            raise NotFound("/secret/place has no index", "Look into /secret/place.")
        words = set(re.findall(r"\w+", question.casefold()))
        if not words:
            raise BadInput("the question has no words", "Ask with at least one word.")
        matching = [p for p in self.passages if _passes(p, where)]
        found = sorted(((_places(p.text, words), p) for p in matching), key=lambda pair: -len(pair[0]))
        results = [_result(n, places, p) for n, (places, p) in enumerate(((s, p) for s, p in found if s), 1)][:k]
        plan = "exact scan: there are few passages"
        return Answer(
            uuid4().hex, question, tuple(results), len(matching), plan, plan, MODEL.version, self.generation.generation_id, 0.0123
        )


def _passes(passage: Passage, where: Filter) -> bool:
    return (
        (where.departments is None or passage.department in where.departments)
        and (where.created_from is None or (passage.created is not None and passage.created >= where.created_from))
        and (where.created_to is None or (passage.created is not None and passage.created <= where.created_to))
        and where.tags <= set(passage.tags)
        and (where.languages is None or passage.language in where.languages)
    )


def _places(text: str, words: set[str]) -> tuple[tuple[int, int], ...]:
    text = unicodedata.normalize("NFC", text)
    return tuple(m.span() for m in re.finditer(r"\w+", text) if m.group().casefold() in words)


def _result(rank: int, places: tuple[tuple[int, int], ...], p: Passage) -> Result:
    parts = Components(0.5 / rank, float(len(places)), 1 / rank, None, None, rank, None)
    return Result(
        rank, 1 / rank, parts, p.document_id, rank, p.title, p.heading, p.department, p.created, p.tags, p.language, p.link,
        None, 0, len(p.text), p.text, places, 2 if rank == 1 else 0,
    )  # fmt: skip
