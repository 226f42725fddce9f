"""Where models come from, and what is said when they cannot be had."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from resources.embedding_models import weights
from resources.embedding_models.local import local_model
from resources.errors import BadInput, NotFound, Unavailable
from tests.embedding_models import small_model

NAME = "sentence-transformers/all-MiniLM-L12-v2"
COMMIT = "c004d8e3e901237d8fa7e9fff12774962e391ce5"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The hub's cache in a folder of its own, and no network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def test_the_installed_model_is_the_usual_one():
    found = local_model("", "")
    assert (found.files.name, found.files.revision, found.max_tokens) == ("all-MiniLM-L6-v2", "0.1.0", 254)
    assert found.files.pooling() == "mean"


def test_a_model_in_the_hubs_cache_is_used_without_the_network(hub, tmp_path):
    home = hub / f"models--{NAME.replace('/', '--')}"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text(COMMIT)
    small_model(home / "snapshots" / COMMIT, max_length=128, max_position_embeddings=512)
    found = local_model(NAME, "")
    assert (found.files.name, found.files.revision, found.max_tokens) == ("all-MiniLM-L12-v2", COMMIT, 126)
    assert local_model(NAME, COMMIT).digest == found.digest


def test_a_model_that_is_not_there_is_an_error_that_says_how_to_get_it(hub, tmp_path):
    with pytest.raises(Unavailable, match=rf"hf download {NAME}.*leave `weights` empty"):
        weights.find(NAME)
    with pytest.raises(BadInput, match="neither a folder nor a name"):
        weights.find("a model?")
    with pytest.raises(NotFound, match="no folder"):
        weights.find(str(tmp_path / "none"))
    with pytest.raises(BadInput, match=r"no config\.json"):
        weights.find(str(tmp_path))


def test_a_hub_out_of_reach_is_an_error_that_says_how_to_get_the_model(tmp_path):
    program = f"from resources.embedding_models.weights import find; find({NAME!r})"
    unreachable = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, **unreachable})
    assert "Unavailable" in done.stderr.splitlines()[-1]
    assert f"hf download {NAME}" in done.stderr.splitlines()[-1]


def test_a_folder_never_needs_the_network(tmp_path):
    folder = small_model(tmp_path / "model")
    program = f"""
import sys
def alone(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        print("asked for", arguments, file=sys.stderr)
        sys.exit(9)
sys.addaudithook(alone)
from resources.embedding_models.onnx_runtime import OnnxEmbedder
from resources.embedding_models.sentence_transformer import SentenceTransformerEmbedder
SentenceTransformerEmbedder(weights={str(folder)!r}).embed(["text"])
OnnxEmbedder(weights={str(folder)!r}, cache={str(tmp_path / "cache")!r}).embed(["text"])
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("published", "usual", "positions", "longest"),
    [(256, 512, 512, 256), (None, 128, 512, 128), (None, int(1e30), 512, 512), (1024, 512, 80, 80)],
)
def test_the_limit_is_the_published_one_and_never_beyond_the_positions(tmp_path, published, usual, positions, longest):
    folder = small_model(tmp_path / "model", max_position_embeddings=positions)
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": published}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": usual}))
    assert weights.find(str(folder)).longest_sequence() == longest


def test_positions_that_are_left_out_for_padding_are_not_counted(tmp_path):
    folder = small_model(tmp_path / "model", model_type="roberta", pad_token_id=1, max_length=512, max_position_embeddings=514)
    assert weights.find(str(folder)).longest_sequence() == 512


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "config.json", "1_Pooling/config.json", "modules.json"])
def test_any_file_that_decides_on_vectors_changes_the_digest(tmp_path, file):
    folder = small_model(tmp_path / "model")
    before = weights.find(str(folder)).digest()
    (folder / "README.md").write_text("Another description.")
    assert weights.find(str(folder)).digest() == before
    with (folder / file).open("ab") as content:
        content.write(b" ")
    assert weights.find(str(folder)).digest() != before


def test_a_copy_elsewhere_has_the_same_digest(tmp_path):
    folder = small_model(tmp_path / "model")
    shutil.copytree(folder, tmp_path / "copy")
    assert weights.find(str(tmp_path / "copy")).digest() == weights.find(str(folder)).digest()


def test_files_that_are_broken_are_named(tmp_path):
    folder = small_model(tmp_path / "model")
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(BadInput, match="tokenizer in"):
        local_model(str(folder), "")
    (folder / "config.json").write_text("{")
    with pytest.raises(BadInput, match=r"config\.json cannot be read"):
        weights.find(str(folder)).longest_sequence()
