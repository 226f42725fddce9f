"""Models of BERT's family in ONNX Runtime: without torch, ready at once, several times as fast on a CPU."""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from resources.embedding_models import graph_cache
from resources.embedding_models.bert_graph import RECIPE, Precision, graph
from resources.embedding_models.local import LocalEmbedder, LocalModel, Tokens
from resources.embeddings import EmbeddingModel, Vectors

_GPU = "CUDAExecutionProvider"
_GPU_TOKENS = 16_384
_CPU_TOKENS = 512
"""Tokens computed at once: as many as stay in a core's cache."""


class OnnxEmbedder(LocalEmbedder):
    """A graph made once of a model's weights and kept in a folder.

    Texts are never padded. Cores take texts of their own, which needs less waiting for each other than sharing one. `int8` is
    for CPUs: each text is computed by itself, since ranges for quantisation are found per run and a vector would otherwise
    depend on the texts beside it. `float32` gives the reference's vectors to 1e-5, on a GPU where ONNX Runtime has one.
    """

    cache: str = Field(description="Folder for graphs, shared by any number of processes; it may be emptied at any time.")
    precision: Precision = Field(default="int8", description="Numbers that linear layers compute with.")
    threads: int = Field(default=0, ge=0, description="Texts computed at the same time; as many as there are cores if 0.")

    def model(self) -> EmbeddingModel:
        """As `Embedder.model`, with the precision in the name and in the digest."""
        local, loaded = self._local(), self._loaded()
        digest = hashlib.sha256(_key(local, self.precision).encode()).hexdigest()
        name = f"{local.files.name}-{'fp32' if self.precision == 'float32' else self.precision}"
        return EmbeddingModel(name, local.files.revision, digest, loaded.dimensions, local.max_tokens)

    def _vectors(self, texts: list[str], tokens: list[Tokens]) -> Vectors:  # noqa: ARG002  # tokens are all it needs
        loaded = self._loaded()
        found = np.empty((len(tokens), loaded.dimensions), dtype=np.float32)

        def fill(group: list[int]) -> None:
            found[group] = loaded.run([tokens[n] for n in group])

        groups = together([len(one) for one in tokens], loaded.most_tokens)
        if len(groups) == 1:
            fill(groups[0])
            return found
        with ThreadPoolExecutor(self.threads or len(os.sched_getaffinity(0))) as pool:
            list(pool.map(fill, groups))
        return found

    def _loaded(self) -> "_Loaded":
        return _loaded(self._local(), self.cache, self.precision)


def together(lengths: Sequence[int], most_tokens: int) -> list[list[int]]:
    """Places of texts to compute at once: longest first, of the same length, at most so many tokens, one text at least."""
    groups: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda n: -lengths[n]):
        length = lengths[place]
        if groups and lengths[groups[-1][0]] == length and length * (len(groups[-1]) + 1) <= most_tokens:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A graph ready to run.

    Attributes:
        session: Of ONNX Runtime; any number of threads may run it.
        dimensions: Of a vector.
        most_tokens: Computed at once; one text at a time if 0.
    """

    session: Any
    dimensions: int
    most_tokens: int

    def run(self, texts: list[Tokens]) -> NDArray[np.float32]:
        """Vectors of texts of the same length."""
        found: NDArray[np.float32] = self.session.run(None, {"tokens": np.stack(texts)})[0]
        return found


@lru_cache(maxsize=2)
def _loaded(local: LocalModel, cache: str, precision: Precision) -> _Loaded:
    import onnxruntime

    made = graph_cache.kept(Path(cache), _key(local, precision), lambda: graph(local.files, precision))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    # CPUs without VNNI add up signed bytes in 16 bits and overflow; ONNX Runtime then holds the same numbers unsigned
    options.add_session_config_entry("session.x64quantprecision", "1")
    gpu = precision == "float32" and _GPU in onnxruntime.get_available_providers()
    providers = [*([_GPU] if gpu else []), "CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(made, options, providers=providers)
    at_once = 0 if precision == "int8" else _GPU_TOKENS if gpu else _CPU_TOKENS
    return _Loaded(session, int(session.get_outputs()[0].shape[1]), at_once)


def _key(local: LocalModel, precision: Precision) -> str:
    return f"{local.digest} {precision} {RECIPE}"
