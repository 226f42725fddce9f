"""Texts as vectors: the interface of embedding models. Variants lie beside it: `embedding_models/` and `oci/embeddings.py`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
import numpy as np
from numpy.typing import NDArray

from resources.errors import BadInput

Vectors = NDArray[np.float32]
"""Rows of unit length, one per text."""


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """Which model made a vector. Vectors are comparable only if all of it is the same.

    Attributes:
        name: Name of the model and, where it is not the reference, of its numeric form (`all-MiniLM-L6-v2-int8`).
        revision: Revision that its publisher gave the weights, or the version of the package that brought them.
        digest: SHA-256 of what computes the vectors (weights, tokenizer, pooling), hexadecimal; of a remote model
            that nobody can hash, of its name, revision and parameters.
        dimensions: Length of a vector.
        max_tokens: Tokens of text that one vector can take in, without the model's own special tokens.
        source: How to load it again, as `EmbeddingModels.load` takes it; no part of its identity.
    """

    name: str
    revision: str
    digest: str
    dimensions: int
    max_tokens: int
    source: str = field(default="", compare=False)

    @property
    def version(self) -> str:
        """The identity that every vector carries: `name@revision#digest`, the latter two shortened."""
        return f"{self.name}@{self.revision[:12]}#{self.digest[:12]}"


class Embedder(dg.ConfigurableResource[Any], ABC):
    """Makes vectors of texts. Every method raises only errors of `resources.errors`."""

    @abstractmethod
    def model(self) -> EmbeddingModel:
        """The model, loading it if need be."""

    @abstractmethod
    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Start and end (in characters, end excluded) of every token of the model's own tokenizer, special ones left out."""

    @abstractmethod
    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector per text, in order: float32, shape (len(texts), dimensions), unit length.

        Raises:
            BadInput: A text has more tokens than the model takes in; nothing is ever cut off silently.
        """

    def embed_query(self, text: str) -> Vectors:
        """The vector of a question, shape (dimensions,); one longer than the model takes in is the mean of its pieces.

        Raises:
            BadInput: There is no word in the question.
        """
        offsets = self.token_offsets(text)
        if not offsets:
            raise BadInput("the question has no words", "Ask with at least one word.")
        most = self.model().max_tokens
        pieces = [text[part[0][0] : part[-1][1]] for part in (offsets[n : n + most] for n in range(0, len(offsets), most))]
        mean = self._embed_questions(pieces).mean(axis=0)
        unit: Vectors = (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
        return unit

    def _embed_questions(self, texts: Sequence[str]) -> Vectors:
        """As `embed`; for models that embed a question in another way than what answers it."""
        return self.embed(texts)


class EmbeddingModels(dg.ConfigurableResource[Any], ABC):
    """All models that can be had, by source, each loaded once per process."""

    @property
    @abstractmethod
    def default(self) -> str:
        """Source of the model that a new knowledge base begins with."""

    @abstractmethod
    def load(self, source: str) -> Embedder:
        """The model of a source; loading its weights may wait until it is used.

        Raises:
            BadInput: There is no such kind of source; the message lists them.
            NotFound: The model is not there, with what to do about it.
        """
