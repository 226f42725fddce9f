"""The asset of searchable passages: every document in force, cut, embedded and in the live knowledge base."""

import dagster as dg
import polars as pl

from assets import progress
from assets.catalogue import table_metadata
from assets.documents import tables
from assets.documents.index_journal import IndexJournal
from assets.documents.indexing import bring_up_to_date
from assets.documents.serving import serving
from assets.failures import errors_classified
from resources.clock import Clock
from resources.embeddings import EmbeddingModels
from resources.knowledge_base.interface import KB_DOCUMENTS, Filter, KnowledgeBase
from resources.lake import Lake

_KEY = dg.AssetKey(["documents", "kb_documents"])
_COMPLETE, _CURRENT = "every_document_can_be_found", "the_configured_model_answers"


@dg.asset(
    key=_KEY,
    group_name="documents",
    owners=["team:knowledge"],
    kinds={"python", "huggingface"},
    metadata=table_metadata(KB_DOCUMENTS),
    deps=[dg.AssetKey(["documents", "source_documents"])],
    pool="documents_index",
    check_specs=[
        dg.AssetCheckSpec(_COMPLETE, asset=_KEY, description="Every document in force has its passages in the live generation."),
        dg.AssetCheckSpec(
            _CURRENT,
            asset=_KEY,
            description="The live generation was made by the configured model and the present way of cutting; "
            "if not, the job documents_reembed builds one that is.",
        ),
    ],
)
def kb_documents(
    context: dg.AssetExecutionContext,
    knowledge_base: dg.ResourceParam[KnowledgeBase],
    embedding_models: dg.ResourceParam[EmbeddingModels],
    lake: Lake,
    clock: Clock,
) -> dg.MaterializeResult:
    """The passages of all documents in the knowledge base that answers; only those that are new are embedded.

    The first generation goes live as soon as it is complete. Another model never gets in here: see `documents_reembed`.
    """
    with errors_classified():
        used = serving(knowledge_base, embedding_models)
        brought = bring_up_to_date(knowledge_base, used.embedder, lake, used.generation, progress.show)
        if not used.is_live:
            knowledge_base.optimise(used.generation.generation_id)
            journal = IndexJournal(lake, context.run.run_id, "cloudops")
            journal.note(used.generation, "cut over", clock.now(), reason="the first generation")
            knowledge_base.cut_over(used.generation.generation_id)
        snapshot = knowledge_base.snapshot()
        rows = snapshot.count(Filter())
        missing = _missing(lake, used.generation.generation_id)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "documents": brought.documents,
            "documents_changed": brought.changed,
            "documents_removed": brought.removed,
            "passages_embedded": brought.embedded,
            "passages_kept": brought.kept,
            "passages_removed": brought.gone,
            "model_version": used.generation.model.version,
            "generation": used.generation.generation_id,
        },
        check_results=[
            dg.AssetCheckResult(check_name=_COMPLETE, passed=not missing, metadata={"documents_missing": missing}),
            dg.AssetCheckResult(
                check_name=_CURRENT,
                passed=used.outdated is None,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"reason": used.outdated or "it was"},
            ),
        ],
    )


def _missing(lake: Lake, generation_id: str) -> int:
    """Documents in force that the generation does not hold as they are."""
    there = lake.scan(tables.INDEXED_DOCUMENTS).filter(pl.col("generation_id") == generation_id)
    wanted = lake.scan(tables.DOCUMENTS).select("document_id", "fingerprint")
    return int(wanted.join(there, on=["document_id", "fingerprint"], how="anti").select(pl.len()).collect().item())
