"""The benchmark of retrieval on a tiny collection."""

import json
from pathlib import Path

import pytest

from benchmarks.retrieval import lexical_rankings, read, reciprocal_rank_fusion, search_rankings
from tests.hashing_embedder import HashingEmbedder

DOCUMENTS = {
    "d/1": ("Wings", "The lift of a wing in a slipstream."),
    "d'2": ("Heat", "Heat transfer through slabs."),
    "d3": ("Lift of propellers", ""),
}
QUESTIONS = {"q1": "lift of a wing", "q2": "heat of slabs", "q3": "nothing is relevant to it", "q4": "nobody judged it"}
QRELS = "query-id\tcorpus-id\tscore\nq1\td/1\t2\nq1\td3\t1\nq2\td'2\t1\nq3\td3\t0\n"


@pytest.fixture(params=["qrels.tsv", "qrels/test.tsv"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    found = tmp_path / "aero"
    (found / "qrels").mkdir(parents=True)
    rows = [json.dumps({"_id": i, "title": title, "text": text}) for i, (title, text) in DOCUMENTS.items()]
    (found / "corpus.jsonl").write_text("\n".join(rows))
    (found / "queries.jsonl").write_text("\n".join(json.dumps({"_id": i, "text": text}) for i, text in QUESTIONS.items()))
    (found / request.param).write_text(QRELS)
    return found


def test_only_questions_with_relevant_documents_are_asked(folder: Path) -> None:
    collection = read(folder)
    assert list(collection.questions) == ["q1", "q2"]
    assert collection.judgements["q1"] == {"d/1": 2, "d3": 1}


def test_the_product_ranks_every_document_by_its_identity_in_the_collection(folder: Path, tmp_path: Path) -> None:
    first, second = search_rankings(read(folder), HashingEmbedder(), tmp_path)
    assert sorted(first) == sorted(DOCUMENTS)
    assert first[0] == "d/1"
    assert second[0] == "d'2"


def test_the_lexical_baseline_finds_only_what_shares_a_word(folder: Path) -> None:
    first, second = lexical_rankings(read(folder))
    assert set(first) == {"d/1", "d3"}
    assert list(second) == ["d'2"]


def test_reciprocal_ranks_are_summed() -> None:
    # a: 1/61 + 1/63, b: 1/62 + 1/61, c: 1/62
    assert reciprocal_rank_fusion([["a", "b"], ["b", "c", "a"]]) == ["b", "a", "c"]
