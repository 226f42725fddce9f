"""Claim: vectors are made several times as fast as by sentence-transformers, and find as much of what is relevant."""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.documents.logic.retrieval_metrics import mean, ndcg
from benchmarks.outcome import Target, finish
from benchmarks.retrieval import Collection, read
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


def mean_ndcg(documents: Vectors, questions: Vectors, collection: Collection) -> float:
    """Mean nDCG@10 of the documents in order of their cosine similarity."""
    names = np.array(list(collection.documents))
    orders = np.argsort(-(questions @ documents.T), axis=1, kind="stable")[:, :_DEPTH]
    judged = zip(collection.questions, orders, strict=True)
    found = mean([ndcg(names[order].tolist(), collection.judgements[question], _DEPTH) for question, order in judged])
    if found is None:
        raise ValueError(f"nothing is judged relevant in {collection.name}")
    return found


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

    texts = [cut(text, ours) for one in collections.values() for text in one.texts]
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
        texts = [cut(text, ours) for text in (*collection.texts, *collection.questions.values())]
        found, reference = ours.embed(texts), theirs(texts)
        _say(f"{name}: {len(texts)} texts")
        reference = reference / np.linalg.norm(reference, axis=1, keepdims=True)
        cosines.append((found * reference).sum(axis=1))
        documents = len(collection.documents)
        gains.append(mean_ndcg(found[:documents], found[documents:], collection))
        reference_gains.append(mean_ndcg(reference[:documents], reference[documents:], collection))
        metrics |= {f"{name}.ndcg10": gains[-1], f"{name}.ndcg10_reference": reference_gains[-1]}
    every = np.concatenate(cosines)
    return {
        "mean_cosine": float(every.mean()),
        "least_cosine": float(every.min()),
        "ndcg10_loss_pct": 100 * (1 - float(np.mean(gains)) / float(np.mean(reference_gains))),
        **metrics,
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
