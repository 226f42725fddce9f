"""What models that compute on this machine have in common: tokens, the limit on them, and each text computed once."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from resources.embedding_models.weights import ModelFiles, find
from resources.embeddings import Embedder, Vectors
from resources.errors import BadInput

Tokens = NDArray[np.int32]
"""Identifiers of the tokens of a text, special ones included."""
_BLOCK = 1024
"""So many texts are split at once: what the tokenizer says of each is larger than its tokens."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """Files of a model and what is read from them once per process.

    Attributes:
        files: Of the model.
        tokenizer: Its tokenizer (`tokenizers.Tokenizer`), which neither pads nor cuts.
        special: Tokens that it adds to every text.
        digest: Of the files.
        max_tokens: As `EmbeddingModel.max_tokens`.
    """

    files: ModelFiles
    tokenizer: Any
    special: int
    digest: str
    max_tokens: int


@lru_cache(maxsize=4)
def local_model(weights: str, revision: str) -> LocalModel:
    """A model as `weights.find` finds it; files that change later are not read again by the same process."""
    from tokenizers import Tokenizer

    files = find(weights, revision)
    try:
        tokenizer = Tokenizer.from_file(str(files.folder / "tokenizer.json"))
    except Exception as error:  # the library raises nothing narrower
        raise BadInput(
            f"the tokenizer in {files.folder} cannot be read ({error})", "Install or download the model again."
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    special = int(tokenizer.num_special_tokens_to_add(is_pair=False))
    return LocalModel(files, tokenizer, special, files.digest(), files.longest_sequence() - special)


class LocalEmbedder(Embedder):
    """Computes on this machine. A text is computed once per call, however often it is in it."""

    weights: str = Field(
        default="",
        description="Folder of a sentence-transformers model, or its name on the Hugging Face hub, such as "
        "sentence-transformers/all-MiniLM-L12-v2; all-MiniLM-L6-v2 as installed with this package if empty.",
    )
    revision: str = Field(default="", description="Branch, tag or commit of a model on the hub; its `main` if empty.")

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """As `Embedder.token_offsets`.

        Raises:
            BadInput: The text is no valid Unicode.
        """
        encoded = self._split([text], exact=True)[0]
        return [(int(start), int(end)) for start, end in encoded.offsets]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As `Embedder.embed`; nothing is computed if any text is too long."""
        model = self.model()
        distinct = list(dict.fromkeys(texts))
        if not distinct:
            return np.empty((0, model.dimensions), dtype=np.float32)
        tokens = self._tokens(distinct)
        row = {text: n for n, text in enumerate(distinct)}
        return self._vectors(distinct, tokens)[[row[text] for text in texts]]

    @abstractmethod
    def _vectors(self, texts: list[str], tokens: list[Tokens]) -> Vectors:
        """Vectors of different texts, none of them too long, whose tokens are given as well."""

    def _local(self) -> LocalModel:
        return local_model(self.weights, self.revision)

    def _tokens(self, texts: list[str]) -> list[Tokens]:
        local = self._local()
        found: list[Tokens] = []
        for start in range(0, len(texts), _BLOCK):
            found += [np.array(e.ids, dtype=np.int32) for e in self._split(texts[start : start + _BLOCK])]
        lengths = [len(one) - local.special for one in found]
        longest = max(range(len(texts)), key=lengths.__getitem__)
        if lengths[longest] > local.max_tokens:
            raise BadInput(
                f"{texts[longest][:60]!r}… has {lengths[longest]} tokens; {local.files.name} takes in {local.max_tokens}",
                "Split it into chunks by `token_offsets`, or use a model that takes in more.",
            )
        return found

    def _split(self, texts: list[str], *, exact: bool = False) -> list[Any]:
        """What the tokenizer says of each text; where its tokens are, and no special ones, only if `exact`."""
        tokenizer = self._local().tokenizer
        try:
            if exact:
                return list(tokenizer.encode_batch(texts, add_special_tokens=False))
            return list(tokenizer.encode_batch_fast(texts))
        except (TypeError, UnicodeError) as error:
            raise BadInput(
                f"a text is no valid Unicode ({error})", "Decode it with `errors='replace'` where it is read."
            ) from error
