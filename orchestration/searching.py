"""How a deployment is searched: the one place that puts model, knowledge base, votes and log together for commands and server."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, cast

from assets.documents.logic.ranking.preferences import Weights
from assets.documents.logic.results import Answer
from assets.documents.search import Searcher
from orchestration.settings import Settings
from orchestration.wiring import lake_of, oci_clients
from orchestration.wiring_of_documents import ORACLE, embedding_models, knowledge_base
from orchestration.wiring_of_documents import search_log as wired_log
from resources.knowledge_base.interface import Filter, Generation, KnowledgeBase
from resources.lake import Lake
from resources.search_log import SearchLog

__all__ = ["Searches", "Weights", "search_log", "searcher"]
_VOTES_SECONDS = 300.0
"""How old the votes may be that popularity is counted from."""


class Searches(Protocol):
    """Whatever answers questions."""

    def search(self, question: str, where: Filter, k: int, *, weights: Weights, today: date) -> Answer:
        """The best documents. Raises BadInput for a question that cannot be asked, NotFound without a live generation."""

    def live(self) -> Generation | None:
        """The generation that answers; None before the first."""


def searcher(settings: Settings) -> Searches:
    """What answers questions in a deployment; the model is loaded by the first question."""
    base, lake = knowledge_base(settings), lake_of(settings)
    # only where variables of the environment are to be filled in: Dagster takes a second for it
    if settings.documents.knowledge_base == ORACLE:
        base = cast(KnowledgeBase, base.process_config_and_initialize())
    if not settings.is_local:
        lake = cast(Lake, lake.process_config_and_initialize())
    models = embedding_models(settings, oci_clients(settings.clouds))
    return _Deployed(base, Searcher(models, base), _Votes(lake))


def search_log(settings: Settings) -> SearchLog:
    """Where a deployment's searches are recorded."""
    return wired_log(settings)


@dataclass(slots=True)
class _Votes:
    """Useful and not useful votes by document, read from the lake now and then."""

    lake: Lake
    _read_at: float = float("-inf")
    _votes: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def now(self) -> Mapping[str, tuple[int, int]]:
        if time.monotonic() - self._read_at > _VOTES_SECONDS:
            from assets.documents.votes import votes

            self._votes, self._read_at = votes(self.lake), time.monotonic()
        return self._votes


@dataclass(frozen=True, slots=True)
class _Deployed:
    base: KnowledgeBase
    searcher: Searcher
    votes: _Votes

    def search(self, question: str, where: Filter, k: int, *, weights: Weights, today: date) -> Answer:
        votes = self.votes.now() if weights.popularity else {}
        return self.searcher.search(question, where, k, weights=weights, today=today, votes=votes)

    def live(self) -> Generation | None:
        return self.base.live()
