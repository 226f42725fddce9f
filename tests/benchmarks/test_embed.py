"""The benchmark of embeddings on a small collection of the layout that it reads."""

import json

import numpy as np
import pytest

from benchmarks import embed
from benchmarks.retrieval import Collection

DOCUMENTS = {"d1": "Backups are kept for thirty days.", "d2": "Vendors may end the contract.", "d3": "Lunch is at noon."}


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "one"
    made.mkdir()
    documents = [{"_id": name, "title": "", "text": text} for name, text in DOCUMENTS.items()]
    questions = [{"_id": "q1", "text": "termination by a supplier"}, {"_id": "q2", "text": "nothing is judged"}]
    (made / "corpus.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (made / "queries.jsonl").write_text("\n".join(map(json.dumps, questions)))
    (made / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td2\t1\nq2\td1\t0\n")
    return made


def test_the_outcome_compares_speed_and_what_is_found(folder, capsys):
    embed.main(["--data", str(folder.parent), "--sample", "3", "--repeats", "1"])
    metrics = json.loads(capsys.readouterr().out.splitlines()[-1])["metrics"]
    assert metrics["timed_on"] == 3
    assert metrics["throughput_ratio_vs_sentence_transformers"] > 0
    assert 0.95 < metrics["least_cosine"] <= metrics["mean_cosine"] < 0.99999
    assert (metrics["one.ndcg10"], metrics["one.ndcg10_reference"], metrics["ndcg10_loss_pct"]) == (1, 1, 0)


def test_documents_are_ranked_by_the_similarity_of_their_vectors():
    judgements = {"q1": {"d1": 2.0, "d2": 1.0, "d3": 0.0}}
    collection = Collection("one", {name: ("", text) for name, text in DOCUMENTS.items()}, {"q1": "?"}, judgements)
    question = np.array([[1, 0]], dtype=np.float32)
    worse = np.array([[0.5, 0], [1, 0], [0, 0]], dtype=np.float32)
    assert embed.mean_ndcg(worse[[1, 0, 2]], question, collection) == pytest.approx(1)
    assert embed.mean_ndcg(worse, question, collection) == pytest.approx((1 + 2 / np.log2(3)) / (2 + 1 / np.log2(3)))


def test_a_sample_has_each_text_once_and_all_lengths():
    texts = ["x" * n for n in range(1, 101)] * 2
    chosen = embed.sample(texts, 10, seed=1)
    assert sorted((len(text) - 1) // 10 for text in chosen) == list(range(10))
    assert chosen == embed.sample(texts, 10, seed=1)
    assert sorted(embed.sample(texts, 1000, seed=1)) == sorted(set(texts))
