"""How a deployment is searched: the one place that puts model, knowledge base and log together for commands and server."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from assets.documents.logic.results import Answer
from orchestration.settings import Settings
from resources.knowledge_base.interface import Filter, Generation
from resources.search_log import SearchLog


@dataclass(frozen=True, slots=True)
class Weights:
    """How much recency and popularity count beside relevance; 0 for not at all."""

    recency: float = 0.0
    popularity: float = 0.0


class Searches(Protocol):
    """Whatever answers questions."""

    def search(self, question: str, where: Filter, k: int, *, weights: Weights, today: date) -> Answer:
        """The best documents. Raises BadInput for a question that cannot be asked, NotFound without a live generation."""

    def live(self) -> Generation | None:
        """The generation that answers; None before the first."""


def searcher(settings: Settings) -> Searches:
    """What answers questions in a deployment; models are loaded by the first question."""
    raise NotImplementedError


def search_log(settings: Settings) -> SearchLog:
    """Where a deployment's searches are recorded."""
    return SearchLog(root=str(settings.home / "search-log"))
