"""A small embedding model of the tests' own: words are hashed into dimensions, so that texts that share words are near."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from pydantic import PrivateAttr

from resources.embeddings import Embedder, EmbeddingModel, EmbeddingModels, Vectors
from resources.errors import BadInput, NotFound

_WORD = re.compile(r"\w+|[^\w\s]")


class HashingEmbedder(Embedder):
    """Deterministic vectors without weights; keeps what it was asked to embed.

    To it, `synlaptop` means what `laptop` means, which no index of words knows; a model whose name ends in `poor` does not know
    either.
    """

    name: str = "hashing"
    dimensions: int = 64
    max_tokens: int = 120
    _embedded: list[str] = PrivateAttr(default_factory=list)

    @property
    def embedded(self) -> list[str]:
        return self._embedded

    def model(self) -> EmbeddingModel:
        digest = hashlib.sha256(f"{self.name} {self.dimensions}".encode()).hexdigest()
        return EmbeddingModel(self.name, "1", digest, self.dimensions, self.max_tokens, self.name)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return [found.span() for found in _WORD.finditer(text)]

    def embed(self, texts: Sequence[str]) -> Vectors:
        long = next((text for text in texts if len(self.token_offsets(text)) > self.max_tokens), None)
        if long is not None:
            raise BadInput("a text is too long", "Cut it.")
        self._embedded.extend(texts)
        return np.stack([self._vector(text) for text in texts]) if texts else np.zeros((0, self.dimensions), np.float32)

    def _vector(self, text: str) -> Vectors:
        vector = np.full(self.dimensions, 1e-3, np.float32)
        for word in _WORD.findall(text.lower()):
            meaning = word if self.name.endswith("poor") else word.removeprefix("syn")
            digest = hashlib.sha256(f"{self.name} {meaning}".encode()).digest()
            vector[int.from_bytes(digest[:4]) % self.dimensions] += 1.0
        unit: Vectors = vector / np.float32(np.linalg.norm(vector))
        return unit


class HashingModels(EmbeddingModels):
    """Models by name; the same one each time, so that tests see what it embedded."""

    first: str = "hashing"
    _loaded: dict[str, HashingEmbedder] = PrivateAttr(default_factory=dict)

    @property
    def default(self) -> str:
        return self.first

    def load(self, source: str) -> HashingEmbedder:
        if not source.startswith("hashing"):
            raise NotFound(f"there is no model {source}", "Take one that begins with `hashing`.")
        return self._loaded.setdefault(source, HashingEmbedder(name=source))
