"""Graphs made of weights: they compute what the reference computes, are kept whole, and need no torch."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.embedding_models.bert_graph import quantised
from resources.embedding_models.onnx_runtime import OnnxEmbedder, together
from resources.embedding_models.sentence_transformer import SentenceTransformerEmbedder
from resources.errors import BadInput, Denied
from tests.embedding_models import small_model

TEXTS = [
    "Vendors may end the contract.",
    "Short.",
    "A backup is kept for thirty-five days, and then moved to the archive by night.",
    "",
]
_MAKES = """
import sys
from resources.embedding_models.onnx_runtime import OnnxEmbedder
found = OnnxEmbedder(weights=sys.argv[1], cache=sys.argv[2]).embed(["Vendors may end the contract."])
print(found[0, :4].tolist(), sorted({"torch", "transformers", "onnx"} & set(sys.modules)))
"""


def in_a_process(weights, cache) -> str:
    command = [sys.executable, "-c", _MAKES, str(weights), str(cache)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "config",
    [
        {"pooling": "cls"},
        {"hidden_act": "relu"},
        {"hidden_act": "gelu_new"},
        {"model_type": "xlm-roberta", "architectures": ["XLMRobertaModel"], "pad_token_id": 1, "prefix": "roberta."},
    ],
    ids=str,
)
def test_a_graph_in_floats_computes_what_the_reference_computes(tmp_path, config):
    weights = str(small_model(tmp_path / "model", **config))
    found = OnnxEmbedder(weights=weights, cache=str(tmp_path), precision="float32").embed(TEXTS)
    assert found == pytest.approx(SentenceTransformerEmbedder(weights=weights).embed(TEXTS), abs=1e-5)


def test_a_graph_in_bytes_is_near_the_reference(tmp_path):
    bytes_, floats = (OnnxEmbedder(cache=str(tmp_path), precision=p).embed(TEXTS[:3]) for p in ("int8", "float32"))
    assert (bytes_ * floats).sum(axis=1).min() > 0.97
    assert np.abs(bytes_ - floats).max() > 1e-4


def test_processes_that_make_a_graph_at_once_keep_one_and_later_ones_need_neither_torch_nor_onnx(tmp_path):
    weights = small_model(tmp_path / "model")
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(lambda _: in_a_process(weights, tmp_path / "cache"), range(2))
    assert len(list((tmp_path / "cache").iterdir())) == 1
    third = in_a_process(weights, tmp_path / "cache")
    assert third.endswith("[]\n")
    assert {first.partition("]")[0], second.partition("]")[0]} == {third.partition("]")[0]}


def test_a_damaged_graph_is_made_again(tmp_path):
    weights, cache = small_model(tmp_path / "model"), tmp_path / "cache"
    before = in_a_process(weights, cache)
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2] + b"?" + whole[len(whole) // 2 + 1 :])
    assert in_a_process(weights, cache).partition("]")[0] == before.partition("]")[0]
    assert kept.read_bytes() == whole


def test_a_folder_that_cannot_hold_graphs_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Denied, match="name another folder"):
        OnnxEmbedder(weights=str(small_model(tmp_path / "model")), cache=str(tmp_path / "file")).embed(["text"])


@pytest.mark.parametrize(
    "config",
    [{"model_type": "mpnet"}, {"hidden_act": "swish"}, {"pooling": "max"}, {"position_embedding_type": "relative_key"}],
    ids=str,
)
def test_a_model_of_another_kind_is_refused_with_what_to_use(tmp_path, config):
    weights = str(small_model(tmp_path / "model", **config))
    with pytest.raises(BadInput, match="Use SentenceTransformerEmbedder"):
        OnnxEmbedder(weights=weights, cache=str(tmp_path / "cache")).model()
    assert not (tmp_path / "cache").exists()


@given(st.lists(st.integers(1, 60), max_size=60), st.integers(0, 1000))
def test_every_text_is_computed_once_and_only_beside_others_of_its_length(lengths, most):
    groups = together(lengths, most)
    assert sorted(place for group in groups for place in group) == list(range(len(lengths)))
    assert all(len({lengths[n] for n in group}) == 1 for group in groups)
    assert all(len(group) == 1 or len(group) * lengths[group[0]] <= most for group in groups)


@given(st.lists(st.lists(st.floats(-10, 10, width=32), min_size=3, max_size=3), min_size=1, max_size=8))
def test_a_number_in_bytes_is_off_by_half_a_step_at_most(rows):
    matrix = np.array(rows, dtype=np.float32)
    numbers, scales = quantised(matrix)
    assert np.abs(numbers).max() <= 127
    assert (np.abs(numbers * scales - matrix) <= scales * 0.5001 + 1e-30).all()
