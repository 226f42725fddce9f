"""The reference: sentence-transformers in 32-bit floats, on a GPU where there is one."""

from functools import lru_cache
from typing import Any

import numpy as np
from pydantic import Field

from resources.embedding_models.local import LocalEmbedder, Tokens
from resources.embeddings import EmbeddingModel, Vectors
from resources.errors import BadInput


class SentenceTransformerEmbedder(LocalEmbedder):
    """Any model that sentence-transformers loads without code of its own, as its publisher means it."""

    device: str = Field(default="", description="Device as torch names it (`cpu`, `cuda:1`); the best there is if empty.")
    batch_size: int = Field(default=32, ge=1, description="Texts computed at once; they are sorted by length before.")

    def model(self) -> EmbeddingModel:
        """As `Embedder.model`."""
        local, loaded = self._local(), self._loaded()
        dimensions = int(loaded.get_embedding_dimension())
        return EmbeddingModel(local.files.name, local.files.revision, local.digest, dimensions, local.max_tokens)

    def _vectors(self, texts: list[str], tokens: list[Tokens]) -> Vectors:  # noqa: ARG002  # it splits texts itself
        found: Vectors = self._loaded().encode(
            texts, batch_size=self.batch_size, show_progress_bar=False, convert_to_numpy=True, normalize_embeddings=True
        )
        return np.asarray(found, dtype=np.float32)

    def _loaded(self) -> Any:  # noqa: ANN401  # the library is imported where it is used
        return _loaded(str(self._local().files.folder), self.device)


@lru_cache(maxsize=2)
def _loaded(folder: str, device: str) -> Any:  # noqa: ANN401
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(folder, device=device or None, local_files_only=True)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise BadInput(
            f"sentence-transformers cannot load {folder} ({type(error).__name__}: {error})",
            "Check the folder's files, and the device if one is named.",
        ) from error
