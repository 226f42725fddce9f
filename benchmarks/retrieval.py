"""Claim: the default search finds more of what is relevant, and earlier, than the usual fusion of words and vectors."""

import argparse
import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.documents import tables
from assets.documents.indexing import bring_up_to_date, chunking_identity
from assets.documents.logic.retrieval_metrics import mean, ndcg, recall
from assets.documents.search import LONGEST_QUESTION, Searcher
from benchmarks.outcome import Target, finish
from resources.embedding_models.onnx_runtime import OnnxEmbedder
from resources.embedding_models.weights import find
from resources.embeddings import Embedder
from resources.knowledge_base.embedded.store import EmbeddedKnowledgeBase
from resources.knowledge_base.interface import Filter
from resources.lake import Lake

TARGETS = {"mean_ratio_vs_rrf": Target(at_least=1.05), "ahead_of_each_component": Target(equals=True)}
_DEPTH = 100
_RRF_K = 60
_BATCH = 32
_METHODS = ("search", "bm25", "dense", "rrf")
Ranking = Sequence[str]
Judgements = dict[str, float]


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents and questions with judgements.

    Attributes:
        name: Of its folder.
        documents: Title and text by identity.
        questions: By identity, those with judgements only.
        judgements: Grade of each judged document, by question.
    """

    name: str
    documents: dict[str, tuple[str, str]]
    questions: dict[str, str]
    judgements: dict[str, Judgements]

    @property
    def texts(self) -> list[str]:
        """Title and text of each document in one, as the baselines take them."""
        return [f"{title} {text}".strip() for title, text in self.documents.values()]


def main(argv: list[str]) -> int:
    """`--data DIR` measures on each folder of DIR that has the layout of BEIR, or on DIR itself."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks retrieval", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with corpus.jsonl, queries.jsonl and qrels.tsv, or with such folders"
    )
    folder = parser.parse_args(argv).data
    folders = [found.parent for found in sorted([*folder.glob("corpus.jsonl"), *folder.glob("*/corpus.jsonl")])]
    if not folders:
        parser.error(f"there is no corpus.jsonl in {folder} or its folders")
    with TemporaryDirectory() as cache:
        embedder = OnnxEmbedder(cache=cache)
        measured = {found.name: _measured(read(found), embedder) for found in folders}
    return finish("retrieval", _metrics(measured), TARGETS)


def read(folder: Path) -> Collection:
    """A collection in the layout of BEIR, with its judgements in `qrels.tsv` or `qrels/test.tsv`."""
    documents = {str(d["_id"]): (d.get("title") or "", d.get("text") or "") for d in _lines(folder / "corpus.jsonl")}
    judgements: dict[str, Judgements] = {}
    qrels = folder / "qrels.tsv"
    with (qrels if qrels.exists() else folder / "qrels" / "test.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            judgements.setdefault(row["query-id"], {})[row["corpus-id"]] = float(row["score"])
    judged = {question for question, grades in judgements.items() if any(grade > 0 for grade in grades.values())}
    questions = {str(q["_id"]): q["text"] for q in _lines(folder / "queries.jsonl") if str(q["_id"]) in judged}
    return Collection(folder.name, documents, questions, judgements)


def search_rankings(collection: Collection, embedder: Embedder, folder: Path) -> list[Ranking]:
    """Documents for each question by the product: cut, embedded, indexed and searched as in production.

    A question that is longer than the product takes is asked without its end.
    """
    lake, base = Lake(root=str(folder / "lake")), EmbeddedKnowledgeBase(root=str(folder / "knowledge_base"))
    lake.replace(tables.DOCUMENTS, _as_read(collection), where=None)
    model = embedder.model()
    generation = base.begin(model, chunking_identity(model))
    bring_up_to_date(base, embedder, lake, generation, lambda *_: None)
    base.cut_over(generation.generation_id)
    searcher = Searcher(embedder, base)
    answers = (searcher.search(question[:LONGEST_QUESTION], Filter(), _DEPTH) for question in collection.questions.values())
    return [[result.link for result in answer.results] for answer in answers]


def lexical_rankings(collection: Collection) -> list[Ranking]:
    """By bm25s with Lucene's formula, English stop words and Snowball's stems; only documents that share a word."""
    import bm25s
    from Stemmer import Stemmer

    def tokens(texts: list[str]) -> list[list[str]]:
        found: list[list[str]] = bm25s.tokenize(
            texts, stopwords="en", stemmer=Stemmer("english"), return_ids=False, show_progress=False
        )
        return found

    index = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    index.index(tokens(collection.texts), show_progress=False)
    ids = np.array(list(collection.documents))
    rankings: list[Ranking] = []
    for question in tokens(list(collection.questions.values())):
        scores = index.get_scores(question) if question else np.zeros(len(ids))
        order = np.argsort(-scores, kind="stable")
        rankings.append(ids[order[scores[order] > 0]].tolist())
    return rankings


def dense_rankings(collection: Collection) -> list[Ranking]:
    """By the cosine similarity of whole documents and questions as sentence-transformers embeds them."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(find("", "").folder), device="cpu")

    def embedded(texts: list[str]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = model.encode(texts, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False)
        return found

    ids = np.array(list(collection.documents))
    similarities = embedded(list(collection.questions.values())) @ embedded(collection.texts).T
    return [ids[np.argsort(-row, kind="stable")].tolist() for row in similarities]


def reciprocal_rank_fusion(rankings: Sequence[Ranking], k: int = _RRF_K) -> Ranking:
    """Documents by Σ 1 / (k + rank). Source: Cormack, Clarke and Büttcher, 2009."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, document in enumerate(ranking, 1):
            scores[document] = scores.get(document, 0.0) + 1 / (k + rank)
    return sorted(scores, key=lambda document: (-scores[document], document))


def _measured(collection: Collection, embedder: Embedder) -> dict[str, dict[str, float | None]]:
    """nDCG@10 and recall@100 by method."""
    lexical, dense = lexical_rankings(collection), dense_rankings(collection)
    with TemporaryDirectory() as folder:
        ours = search_rankings(collection, embedder, Path(folder))
    fused = [reciprocal_rank_fusion(both) for both in zip(lexical, dense, strict=True)]
    judgements = [collection.judgements[question] for question in collection.questions]
    return {
        method: {
            "ndcg10": mean([ndcg(r, j, 10) for r, j in zip(rankings, judgements, strict=True)]),
            "recall100": mean([recall(r, j, _DEPTH) for r, j in zip(rankings, judgements, strict=True)]),
        }
        for method, rankings in zip(_METHODS, (ours, lexical, dense, fused), strict=True)
    }


def _metrics(measured: Mapping[str, Mapping[str, Mapping[str, float | None]]]) -> dict[str, object]:
    sets: dict[str, dict[str, dict[str, float | None]]] = {
        name: {metric: {method: values[metric] for method, values in methods.items()} for metric in ("ndcg10", "recall100")}
        for name, methods in measured.items()
    }
    flat = {
        f"{name}.{metric}.{method}": value
        for name, metrics in sets.items()
        for metric, methods in metrics.items()
        for method, value in methods.items()
    }
    gain = {method: np.array([methods[method]["ndcg10"] for methods in measured.values()], float) for method in _METHODS}
    of_means = float(gain["search"].mean() / gain["rrf"].mean())
    of_ratios = float((gain["search"] / gain["rrf"]).mean())
    return {
        **sets,
        **flat,
        "ratio_of_means": of_means,
        "mean_of_ratios": of_ratios,
        "mean_ratio_vs_rrf": min(of_means, of_ratios),
        "ahead_of_each_component": bool(np.all(gain["search"] > np.maximum(gain["bm25"], gain["dense"]))),
    }


def _as_read(collection: Collection) -> pl.DataFrame:
    """The documents as if each had been a text file; one without text consists of its title."""
    rows = [
        {
            **dict.fromkeys(tables.DOCUMENTS.schema),
            "document_id": sha256(identity.encode()).hexdigest(),
            "source_key": identity,
            "content_hash": sha256(text.encode()).hexdigest(),
            "fingerprint": sha256(f"{title}\0{text}".encode()).hexdigest(),
            "title": title,
            "tags": [],
            "metadata_from": [],
            "format": "text",
            "text": text or title,
            "sections": [{"headings": [], "start": 0, "end": len(text or title)}],
            "page_starts": [],
            "ocr_pages": [],
            "notes": [],
        }
        for identity, (title, text) in collection.documents.items()
    ]
    return pl.DataFrame(rows, schema=tables.DOCUMENTS.schema)


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]
