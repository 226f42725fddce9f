"""The asset that measures how well documents are found: the golden questions, asked as people ask them."""

from datetime import datetime
from statistics import fmean
from typing import Any

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, picture, table_metadata
from assets.documents import tables
from assets.documents.golden_questions import GOLDEN_KEY, Golden, golden_set
from assets.documents.logic.pictures import quality_over_time
from assets.documents.measuring import Measured, measured, searcher_of
from assets.documents.serving import model_of
from assets.failures import errors_classified
from resources.clock import Clock
from resources.embeddings import EmbeddingModels
from resources.knowledge_base.interface import Generation, KnowledgeBase
from resources.lake import Lake
from resources.object_store import ObjectStore

_KEY = dg.AssetKey(["documents", "retrieval_quality"])
_FOUND, _USABLE = "golden_questions_are_answered", "the_golden_set_can_be_used"
_LEAST_NDCG = 0.5
_LEAST_QUESTIONS = 10
_KEPT_ROWS = 100_000


@dg.asset(
    key=_KEY,
    group_name="documents",
    owners=["team:knowledge"],
    kinds={"python", "deltalake"},
    metadata=table_metadata(tables.RETRIEVAL_QUALITY),
    deps=[dg.AssetKey(["documents", "kb_documents"]), dg.AssetKey(["documents", "search_usage"])],
    pool="documents_measuring",
    check_specs=[
        dg.AssetCheckSpec(_FOUND, asset=_KEY, description=f"The mean nDCG@10 of the golden questions is {_LEAST_NDCG} or more."),
        dg.AssetCheckSpec(
            _USABLE,
            asset=_KEY,
            description=f"At least {_LEAST_QUESTIONS} golden questions can be asked, and every line and key of theirs holds.",
        ),
    ],
)
def retrieval_quality(
    knowledge_base: dg.ResourceParam[KnowledgeBase],
    embedding_models: dg.ResourceParam[EmbeddingModels],
    lake: Lake,
    inputs_store: dg.ResourceParam[ObjectStore],
    clock: Clock,
) -> dg.MaterializeResult:
    """nDCG@10, recall@100 and reciprocal rank of each golden question (`documents/golden_queries.jsonl` among the inputs).

    Votes on results count as judgements too, where the golden file does not judge the question itself.
    """
    with errors_classified():
        live = knowledge_base.live()
        golden = golden_set(inputs_store, lake)
        found = [] if live is None else measured(searcher_of(knowledge_base, live, model_of(live, embedding_models)),
                                                 golden.questions)  # fmt: skip
        history = lake.scan(tables.RETRIEVAL_QUALITY).collect()
        if live is not None:
            rows = _rows(live, found, clock.now())
            history = pl.concat([history, rows]).tail(_KEPT_ROWS)
            lake.replace(tables.RETRIEVAL_QUALITY, history, where=None)
    ndcg10 = fmean(m.ndcg10 for m in found) if found else None
    return dg.MaterializeResult(
        metadata={"dagster/row_count": len(history), **_told(found, history)},
        check_results=[
            dg.AssetCheckResult(
                check_name=_FOUND,
                passed=ndcg10 is not None and ndcg10 >= _LEAST_NDCG,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"ndcg10": ndcg10, "questions": len(found)} if found else {"ndcg10": "not measured"},
            ),
            _usable(golden),
        ],
    )


def _rows(live: Generation, found: list[Measured], at: datetime) -> pl.DataFrame:
    base = {"measured_at": at, "generation_id": live.generation_id, "model_version": live.model.version}
    each = [
        {
            **base,
            "question": m.judged.question,
            "judgements": len(m.judged.relevant),
            "ndcg10": m.ndcg10,
            "recall100": m.recall100,
            "reciprocal_rank": m.reciprocal_rank,
            "first_relevant": m.first_relevant,
        }
        for m in found
    ]
    together = {
        **base,
        "question": None,
        "judgements": sum(len(m.judged.relevant) for m in found),
        "ndcg10": fmean(m.ndcg10 for m in found) if found else None,
        "recall100": fmean(m.recall100 for m in found) if found else None,
        "reciprocal_rank": fmean(m.reciprocal_rank for m in found) if found else None,
        "first_relevant": None,
    }
    return pl.DataFrame([together, *each], schema=tables.RETRIEVAL_QUALITY.schema)


def _told(found: list[Measured], history: pl.DataFrame) -> dict[str, Any]:
    if not found:
        return {"status": f"no golden question can be asked: write some into {GOLDEN_KEY} among the inputs"}
    worst = sorted(found, key=lambda m: m.ndcg10)[:10]
    listed = pl.DataFrame(
        {
            "question": [m.judged.question for m in worst],
            "nDCG@10": [round(m.ndcg10, 3) for m in worst],
            "first relevant": [m.first_relevant for m in worst],
        },
        schema={"question": pl.String, "nDCG@10": pl.Float64, "first relevant": pl.Int64},
    )
    return {
        "questions": len(found),
        "ndcg10": fmean(m.ndcg10 for m in found),
        "recall100": fmean(m.recall100 for m in found),
        "mean_reciprocal_rank": fmean(m.reciprocal_rank for m in found),
        "worst_questions": markdown_table(listed),
        "quality_over_time": picture("quality over time", quality_over_time(history)),
    }


def _usable(golden: Golden) -> dg.AssetCheckResult:
    problems = [*golden.refused, *(f"{key} is no document in force" for key in golden.unknown)]
    return dg.AssetCheckResult(
        check_name=_USABLE,
        passed=not problems and len(golden.questions) >= _LEAST_QUESTIONS,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"questions": len(golden.questions), "problems": dg.MetadataValue.json(problems[:50])},
    )
