"""What every embedding model keeps: its interface's promises, whoever computes the vectors and wherever."""

import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from resources.embedding_models.onnx_runtime import OnnxEmbedder
from resources.embedding_models.sentence_transformer import SentenceTransformerEmbedder
from resources.errors import BadInput
from resources.oci.clients import OciClients
from resources.oci.embeddings import OciEmbedder
from tests.embedding_models import small_model
from tests.sandboxes import running

VARIANTS = ("reference", "int8", "float32", "installed", "oci")
TEXTS = [
    "A contract ends ninety days after notice.",
    "Backups are kept for 35 days; older ones go to the archive.",
    "Short.",
    "Die Kündigungsfrist beträgt drei Monate zum Quartalsende, sofern nichts anderes vereinbart ist.",
    "naïve café — 契約 终止 إنهاء",
    "deploy 🚀👩‍👩‍👧 done",
    "a\x00b and e\u0301",
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def embedders(home):
    small = str(small_model(home / "small"))
    cache = str(home / "cache")
    with running(home / "cloud") as sandbox:
        clients = OciClients(endpoint=sandbox.url, config_file=sandbox.config_file)
        yield {
            "reference": SentenceTransformerEmbedder(weights=small),
            "int8": OnnxEmbedder(weights=small, cache=cache),
            "float32": OnnxEmbedder(weights=small, cache=cache, precision="float32"),
            "installed": OnnxEmbedder(cache=cache),
            "oci": OciEmbedder(clients=clients, model_name="cohere.embed-english-light-v3.0"),
        }


@pytest.fixture(params=VARIANTS)
def embedder(request, embedders):
    return embedders[request.param]


def of_length(embedder, tokens: int) -> str:
    text = "cost and usage of the month " * (tokens // 4 + 1)
    return text[: embedder.token_offsets(text)[tokens - 1][1]]


def test_there_is_a_vector_of_unit_length_for_each_text(embedder):
    found = embedder.embed(TEXTS)
    assert found.dtype == np.float32
    assert found.shape == (len(TEXTS), embedder.model().dimensions)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_a_text_has_the_same_vector_whatever_its_place_and_its_neighbours(embedder):
    """That holds for 8-bit numbers as well: each text has its own range."""
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    order = [5, 0, 3, 6, 0, 1, 4, 2, 5]
    longest = of_length(embedder, min(embedder.model().max_tokens, 100))
    together = embedder.embed([longest, *(TEXTS[n] for n in order)])[1:]
    assert together == pytest.approx(alone[order], abs=1e-5)


def test_texts_that_differ_have_vectors_that_differ(embedder):
    found = embedder.embed(TEXTS)
    assert (found @ found.T)[~np.eye(len(TEXTS), dtype=bool)].max() < 0.999


def test_of_no_texts_there_are_no_vectors(embedder):
    assert embedder.embed([]).shape == (0, embedder.model().dimensions)


def test_a_text_of_as_many_tokens_as_the_model_takes_is_taken(embedder):
    text = of_length(embedder, embedder.model().max_tokens)
    assert len(embedder.token_offsets(text)) == embedder.model().max_tokens
    assert np.isfinite(embedder.embed([text])).all()


def test_a_longer_text_is_refused_and_never_cut(embedder):
    text = of_length(embedder, embedder.model().max_tokens + 1)
    with pytest.raises(BadInput, match=rf"{embedder.model().max_tokens + 1} tokens.*Split it into chunks"):
        embedder.embed(["Short.", text])


@pytest.mark.parametrize("text", [*TEXTS, "  led by spaces\n\nand lines\t"])
def test_tokens_cover_all_that_is_written(embedder, text):
    offsets = embedder.token_offsets(text)
    assert all(0 <= start < end <= len(text) for start, end in offsets)
    assert all(before <= after for before, after in pairwise(offsets))
    covered = {n for start, end in offsets for n in range(start, end)}
    assert all(n in covered for n, sign in enumerate(text) if sign.isalnum() and sign.isascii())


def test_blanks_have_no_tokens(embedder):
    assert embedder.token_offsets(" \n\t ") == []


def test_a_text_that_is_no_unicode_is_refused(embedder):
    with pytest.raises(BadInput, match="no valid Unicode"):
        embedder.embed(["half a pair \ud83d"])
    with pytest.raises(BadInput, match="no valid Unicode"):
        embedder.token_offsets("half a pair \ud83d")


def test_a_question_has_one_vector_however_long_it_is(embedder):
    for text in ("notice", of_length(embedder, embedder.model().max_tokens) + " and " + TEXTS[0]):
        found = embedder.embed_query(text)
        assert found.shape == (embedder.model().dimensions,)
        assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)


def test_a_question_without_words_is_refused(embedder):
    with pytest.raises(BadInput, match="no words"):
        embedder.embed_query("  ")


def test_what_a_vector_depends_on_is_in_the_identity(embedders, home):
    versions = {embedder.model().version for embedder in embedders.values()}
    assert len(versions) == len(VARIANTS)
    other = str(small_model(home / "other" / "small", seed=1))
    for kind, more in ((SentenceTransformerEmbedder, {}), (OnnxEmbedder, {"cache": str(home / "cache")})):
        same = next(e for e in embedders.values() if type(e) is kind).model()
        found = kind(weights=other, **more).model()
        assert (found.name, found.digest == same.digest) == (same.name, False)


def test_another_process_has_the_same_identity(embedders, home):
    program = f"""
from resources.embedding_models.onnx_runtime import OnnxEmbedder
from resources.oci.clients import OciClients
from resources.oci.embeddings import OciEmbedder
print(OnnxEmbedder(weights={str(home / "small")!r}, cache={str(home / "cache")!r}).model())
print(OciEmbedder(clients=OciClients(), model_name="cohere.embed-english-light-v3.0").model())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": "7"}
    )
    assert done.stdout.splitlines() == [str(embedders["int8"].model()), str(embedders["oci"].model())]
