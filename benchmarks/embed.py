"""Claim: vectors are made several times as fast as by sentence-transformers, and find as much of what is relevant."""

import argparse
import csv
import json
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.outcome import Target, finish
from resources.embedding_models.onnx_runtime import OnnxEmbedder
from resources.embedding_models.weights import find
from resources.embeddings import Embedder

TARGETS = {
    "throughput_ratio_vs_sentence_transformers": Target(at_least=3),
    "mean_cosine": Target(at_least=0.99),
    "ndcg10_loss_pct": Target(at_most=0.5),
}
_BATCH = 32
_DEPTH = 10
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents and questions with judgements.

    Attributes:
        documents: Title and text in one, by identity.
        questions: By identity, those alone that something is relevant to.
        judgements: Grade of each judged document, by question.
    """

    documents: dict[str, str]
    questions: dict[str, str]
    judgements: dict[str, dict[str, float]]


def main(argv: list[str]) -> int:
    """`--data DIR` measures on every folder of DIR in the layout of BEIR, or on DIR itself."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks embed", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with corpus.jsonl, queries.jsonl and qrels.tsv, or of such"
    )
    parser.add_argument("--sample", type=int, default=600, help="texts that speed is measured on")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args(argv)
    folders = [found.parent for found in sorted([*arguments.data.glob("corpus.jsonl"), *arguments.data.glob("*/corpus.jsonl")])]
    if not folders:
        parser.error(f"there is no corpus.jsonl in {arguments.data} or its folders")
    collections = {folder.name: read(folder) for folder in folders}
    with TemporaryDirectory() as cache:
        ours = OnnxEmbedder(cache=cache)
        theirs = _sentence_transformer()
        metrics = _speed(ours, theirs, collections, arguments) | _quality(ours, theirs, collections)
    return finish("embed", metrics, TARGETS)


def read(folder: Path) -> Collection:
    """A collection in the layout of BEIR, with its judgements in `qrels.tsv` or `qrels/test.tsv`."""
    documents = {str(d["_id"]): f"{d.get('title') or ''} {d.get('text') or ''}".strip() for d in _lines(folder / "corpus.jsonl")}
    qrels = next(path for path in (folder / "qrels.tsv", folder / "qrels" / "test.tsv") if path.exists())
    judgements: dict[str, dict[str, float]] = {}
    with qrels.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            judgements.setdefault(row["query-id"], {})[row["corpus-id"]] = float(row["score"])
    judged = {question for question, grades in judgements.items() if any(grade > 0 for grade in grades.values())}
    questions = {str(q["_id"]): str(q["text"]) for q in _lines(folder / "queries.jsonl") if str(q["_id"]) in judged}
    return Collection(documents, questions, judgements)


def cut(text: str, embedder: Embedder) -> str:
    """The text as far as the model takes it in, so that both that are compared do the same work."""
    offsets, most = embedder.token_offsets(text), embedder.model().max_tokens
    return text if len(offsets) <= most else text[: offsets[most - 1][1]]


def sample(texts: list[str], size: int, seed: int) -> list[str]:
    """Different texts of all lengths: one by chance from each of `size` equal parts of the texts in order of length."""
    ordered = sorted(dict.fromkeys(texts), key=len)
    bounds = np.linspace(0, len(ordered), min(size, len(ordered)) + 1).astype(int)
    rng = random.Random(seed)
    chosen = [ordered[rng.randrange(first, after)] for first, after in pairwise(bounds)]
    rng.shuffle(chosen)
    return chosen


def ndcg(documents: Vectors, questions: Vectors, collection: Collection) -> float:
    """Mean nDCG@10 of the documents in order of their cosine similarity, gains linear as in trec_eval and BEIR."""
    names = list(collection.documents)
    discounts = 1 / np.log2(np.arange(2, _DEPTH + 2))
    found = []
    for question, similarities in zip(collection.questions, questions @ documents.T, strict=True):
        grades = {name: max(grade, 0) for name, grade in collection.judgements[question].items()}
        first = np.argsort(-similarities, kind="stable")[:_DEPTH]
        gains = np.array([grades.get(names[place], 0) for place in first])
        best = np.array(sorted(grades.values(), reverse=True)[:_DEPTH])
        found.append(float(gains @ discounts[: len(gains)]) / float(best @ discounts[: len(best)]))
    return float(np.mean(found))


def _sentence_transformer() -> Callable[[list[str]], Vectors]:
    """The library as it is used without settings: 32-bit floats, its own number of threads, on the CPU."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(find("").folder), device="cpu", local_files_only=True)

    def embedded(texts: list[str]) -> Vectors:
        found: Vectors = model.encode(texts, batch_size=_BATCH, show_progress_bar=False)
        return found

    return embedded


def _speed(
    ours: OnnxEmbedder, theirs: Callable[[list[str]], Vectors], collections: dict[str, Collection], arguments: argparse.Namespace
) -> dict[str, object]:
    """Both in turn in this process, each with the threads that it takes by itself."""
    import torch

    texts = [cut(text, ours) for one in collections.values() for text in one.documents.values()]
    chosen = sample(texts, arguments.sample, arguments.seed)
    for embed in (ours.embed, theirs):
        embed(chosen[:_BATCH])
    pairs = []
    for n in range(arguments.repeats):
        pairs.append((_timed(theirs, chosen), _timed(ours.embed, chosen)))
        _say(f"round {n + 1}: {len(chosen)} texts in {pairs[-1][0][0]:.1f} s and {pairs[-1][1][0]:.1f} s")
    return {
        "throughput_ratio_vs_sentence_transformers": median(a[0] / b[0] for a, b in pairs),
        "cpu_seconds_ratio": median(a[1] / b[1] for a, b in pairs),
        "texts_per_second": len(chosen) / median(b[0] for _, b in pairs),
        "sentence_transformers_texts_per_second": len(chosen) / median(a[0] for a, _ in pairs),
        "ratios": [a[0] / b[0] for a, b in pairs],
        "timed_on": len(chosen),
        "mean_tokens": float(np.mean([len(ours.token_offsets(text)) for text in chosen])),
        "cores": len(os.sched_getaffinity(0)),
        "threads": ours.threads or len(os.sched_getaffinity(0)),
        "sentence_transformers_threads": torch.get_num_threads(),
    }


def _timed(embed: Callable[[list[str]], Any], texts: list[str]) -> tuple[float, float]:
    """Seconds by the clock, and of all cores together."""
    wall, cpu = time.perf_counter(), time.process_time()
    embed(texts)
    return time.perf_counter() - wall, time.process_time() - cpu


def _quality(ours: OnnxEmbedder, theirs: Callable[[list[str]], Vectors], collections: dict[str, Collection]) -> dict[str, object]:
    """Similarity of vectors, and what search by them alone finds, on all documents and questions."""
    metrics: dict[str, object] = {}
    cosines, gains, reference_gains = [], [], []
    for name, collection in collections.items():
        texts = [cut(text, ours) for text in (*collection.documents.values(), *collection.questions.values())]
        found, reference = ours.embed(texts), theirs(texts)
        _say(f"{name}: {len(texts)} texts")
        reference = reference / np.linalg.norm(reference, axis=1, keepdims=True)
        cosines.append((found * reference).sum(axis=1))
        documents = len(collection.documents)
        gains.append(ndcg(found[:documents], found[documents:], collection))
        reference_gains.append(ndcg(reference[:documents], reference[documents:], collection))
        metrics |= {f"{name}.ndcg10": gains[-1], f"{name}.ndcg10_reference": reference_gains[-1]}
    every = np.concatenate(cosines)
    return {
        "mean_cosine": float(every.mean()),
        "least_cosine": float(every.min()),
        "ndcg10_loss_pct": 100 * (1 - float(np.mean(gains)) / float(np.mean(reference_gains))),
        **metrics,
    }


def _lines(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
