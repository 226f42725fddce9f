"""The asset that watches the knowledge base: size and order, recall of the index, speed, and the documents' metadata."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg
import numpy as np
import polars as pl

from assets.catalogue import markdown_table, picture, table_metadata
from assets.documents import tables
from assets.documents.golden_questions import golden_set
from assets.documents.logic.pictures import hygiene, latencies
from assets.documents.measuring import searcher_of
from assets.documents.serving import model_of
from assets.failures import errors_classified
from resources.clock import Clock
from resources.embeddings import Embedder, EmbeddingModels
from resources.knowledge_base.interface import Filter, Generation, KnowledgeBase, Snapshot
from resources.lake import Lake
from resources.object_store import ObjectStore

_KEY = dg.AssetKey(["documents", "index_health"])
_RECALL, _ORDER, _HYGIENE, _QUICK = (
    "the_index_finds_what_an_exact_search_finds", "the_index_is_in_order", "metadata_is_complete", "search_is_quick",
)  # fmt: skip
_LEAST_RECALL = 0.95
_MOST_FRAGMENTATION = 0.3
_MOST_MISSING = 0.2
_MOST_P95_MS = 500.0
_SAMPLED = 50
_NOT_MEASURED = "unknown: there were no questions to ask, nothing to search, or the knowledge base does not tell"
_K = 10


@dg.asset(
    key=_KEY,
    group_name="documents",
    owners=["team:knowledge"],
    kinds={"python", "deltalake"},
    metadata=table_metadata(tables.INDEX_HEALTH),
    deps=[dg.AssetKey(["documents", "kb_documents"]), dg.AssetKey(["documents", "search_usage"])],
    pool="documents_index",
    check_specs=[
        dg.AssetCheckSpec(
            _RECALL, asset=_KEY, description=f"Recall@10 of the index against exact search is {_LEAST_RECALL} or more."
        ),
        dg.AssetCheckSpec(
            _ORDER, asset=_KEY, description=f"At most {_MOST_FRAGMENTATION:.0%} of the rows are dead or outside the index."
        ),
        dg.AssetCheckSpec(_QUICK, asset=_KEY, description=f"95 % of searches take at most {_MOST_P95_MS:.0f} ms."),
        dg.AssetCheckSpec(
            _HYGIENE,
            asset=_KEY,
            description=f"At most {_MOST_MISSING:.0%} of the documents lack a department, a date, or tags, each.",
        ),
    ],
)
def index_health(
    context: dg.AssetExecutionContext,
    knowledge_base: dg.ResourceParam[KnowledgeBase],
    embedding_models: dg.ResourceParam[EmbeddingModels],
    lake: Lake,
    inputs_store: dg.ResourceParam[ObjectStore],
    clock: Clock,
) -> dg.MaterializeResult:
    """Measures the live generation with questions that people asked and golden ones, and tidies it if need be."""
    with errors_classified():
        live = knowledge_base.live()
        documents = lake.scan(tables.DOCUMENTS).select("source_key", "dept", "created_date", "tags").collect()
        if live is None:
            return dg.MaterializeResult(metadata={"status": "there is no live generation"}, check_results=_unknown())
        fragmentation = knowledge_base.snapshot(live.generation_id).statistics().fragmentation
        if fragmentation is not None and fragmentation > _MOST_FRAGMENTATION:
            context.log.info("tidying %s, of which %.0f %% are dead or unindexed", live.generation_id, 100 * fragmentation)
            knowledge_base.optimise(live.generation_id)
        questions = _questions(lake, inputs_store)
        row, times = _measured(knowledge_base, live, model_of(live, embedding_models), questions)
        row |= {"measured_at": clock.now(), **_missing(documents)}
        history = pl.concat([lake.scan(tables.INDEX_HEALTH).collect(), pl.DataFrame([row], schema=tables.INDEX_HEALTH.schema)])
        lake.replace(tables.INDEX_HEALTH, history, where=None)
    told = {name: value for name, value in row.items() if value is not None and name != "measured_at"}
    pictures: dict[str, Any] = {"metadata_hygiene": picture("metadata", hygiene(documents))}
    if times:
        pictures["latency"] = picture("latency", latencies(times))
    return dg.MaterializeResult(
        metadata={"dagster/row_count": len(history), **told, **pictures}, check_results=_checks(row, documents)
    )


def _questions(lake: Lake, inputs: ObjectStore) -> list[str]:
    """What to measure with: the newest questions of people first, then golden ones."""
    asked = lake.scan(tables.SEARCH_LOG).sort("asked_at", descending=True).select("question").head(10 * _SAMPLED).collect()
    golden = [judged.question for judged in golden_set(inputs, lake).questions]
    return list(dict.fromkeys([*asked["question"].to_list(), *golden]))[:_SAMPLED]


def _measured(
    knowledge_base: KnowledgeBase, live: Generation, embedder: Embedder, questions: Sequence[str]
) -> tuple[dict[str, Any], list[float]]:
    snapshot = knowledge_base.snapshot(live.generation_id)
    statistics = snapshot.statistics()
    searcher = searcher_of(knowledge_base, live, embedder)
    times = []
    for question in questions:
        started = time.perf_counter()
        searcher.search(question, Filter(), _K)
        times.append(1000 * (time.perf_counter() - started))
    row = {
        "generation_id": live.generation_id,
        "model_version": live.model.version,
        "rows": statistics.rows,
        "bytes": statistics.bytes,
        "fragmentation": statistics.fragmentation,
        "parts": statistics.parts,
        "sampled_queries": len(questions),
        "recall10": _recall(snapshot, embedder, questions),
        "p50_ms": float(np.percentile(times, 50)) if times else None,
        "p95_ms": float(np.percentile(times, 95)) if times else None,
    }
    return row, times


def _recall(snapshot: Snapshot, embedder: Embedder, questions: Sequence[str]) -> float | None:
    """Share of the exact ten nearest that the usual look-up finds; None without questions."""
    shares = []
    for question in questions:
        vector = embedder.embed_query(question)
        exact = snapshot.nearest(vector, Filter(), _K, exact=True).doc_ids
        usual = snapshot.nearest(vector, Filter(), _K).doc_ids
        if len(exact):
            shares.append(len(set(exact.tolist()) & set(usual.tolist())) / len(exact))
    return float(np.mean(shares)) if shares else None


def _missing(documents: pl.DataFrame) -> dict[str, int]:
    return {
        "documents": len(documents),
        "missing_dept": documents["dept"].null_count(),
        "missing_date": documents["created_date"].null_count(),
        "missing_tags": int((documents["tags"].list.len() == 0).sum()),
    }


def _checks(row: dict[str, Any], documents: pl.DataFrame) -> list[dg.AssetCheckResult]:
    lacking = documents.filter(
        pl.col("dept").is_null() | pl.col("created_date").is_null() | (pl.col("tags").list.len() == 0)
    ).sort("source_key")
    shares = {
        name: row[name] / row["documents"] if row["documents"] else 0.0
        for name in ("missing_dept", "missing_date", "missing_tags")
    }
    return [
        _check(_RECALL, row["recall10"], lambda share: share >= _LEAST_RECALL),
        _check(_ORDER, row["fragmentation"], lambda share: share <= _MOST_FRAGMENTATION),
        _check(_QUICK, row["p95_ms"], lambda milliseconds: milliseconds <= _MOST_P95_MS),
        dg.AssetCheckResult(
            check_name=_HYGIENE,
            passed=all(share <= _MOST_MISSING for share in shares.values()),
            severity=dg.AssetCheckSeverity.WARN,
            metadata={**shares, "documents_lacking_some": markdown_table(lacking)},
        ),
    ]


def _check(name: str, value: float | None, well: Callable[[float], bool]) -> dg.AssetCheckResult:
    """A figure that was not measured is not well: it warns, and says that it is unknown."""
    return dg.AssetCheckResult(
        check_name=name,
        passed=value is not None and well(value),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"measured": value if value is not None else _NOT_MEASURED},
    )


def _unknown() -> list[dg.AssetCheckResult]:
    return [_check(name, None, lambda _: False) for name in (_RECALL, _ORDER, _QUICK, _HYGIENE)]
