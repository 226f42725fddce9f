"""Makes a generation the one that answers, and clears away what nobody needs then."""

import polars as pl

from assets.documents import tables
from assets.documents.index_journal import IndexJournal
from resources.clock import Clock
from resources.errors import Conflict
from resources.knowledge_base.interface import Generation, KnowledgeBase
from resources.lake import Lake


def cut_over(knowledge_base: KnowledgeBase, journal: IndexJournal, generation: Generation, clock: Clock, *, reason: str) -> None:
    """Let the generation answer, and drop those that other models began and nobody finished: each has the size of a whole one."""
    journal.note(generation, "cut over", clock.now(), reason=reason)
    knowledge_base.cut_over(generation.generation_id)
    for unfinished in (g for g in knowledge_base.generations() if g.state == "building"):
        try:
            knowledge_base.drop(unfinished.generation_id)
        except Conflict:  # it is being written to
            continue
        journal.note(unfinished, "dropped", clock.now(), reason=f"{generation.generation_id} took over")


def forget_dropped(knowledge_base: KnowledgeBase, lake: Lake) -> None:
    """Forget what was in generations that are no more."""
    noted = set(lake.scan(tables.INDEXED_DOCUMENTS).select("generation_id").unique().collect()["generation_id"])
    for generation_id in sorted(noted - {g.generation_id for g in knowledge_base.generations()}):
        none = pl.DataFrame(schema=tables.INDEXED_DOCUMENTS.schema)
        lake.replace(tables.INDEXED_DOCUMENTS, none, where=f"generation_id = '{generation_id}'")
