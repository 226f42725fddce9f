"""Embeddings by OCI Generative AI: texts leave this machine, and each call costs money."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field

from resources.embeddings import Embedder, EmbeddingModel, Vectors
from resources.errors import BadInput, Conflict, Unavailable
from resources.oci.clients import OciClients

MOST_INPUTS = 96
"""Texts of one call. Source: docs.oracle.com, "Create Text Embeddings in Generative AI"."""
_PIECE = re.compile(r"[A-Za-z]{1,3}(?=[A-Za-z]*(?![A-Za-z0-9]))|\S")
"""Letters before a digit are of an identifier, which tokenizers know no parts of."""


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """What is known of a model that only its service has.

    Attributes:
        dimensions: Of its vectors, unless others are asked for.
        max_tokens: Of one text.
        choices: Dimensions that may be asked for.
    """

    dimensions: int
    max_tokens: int = 512
    choices: tuple[int, ...] = ()


MODELS: Mapping[str, RemoteModel] = {
    "cohere.embed-english-v3.0": RemoteModel(1024),
    "cohere.embed-multilingual-v3.0": RemoteModel(1024),
    "cohere.embed-english-light-v3.0": RemoteModel(384),
    "cohere.embed-multilingual-light-v3.0": RemoteModel(384),
    "cohere.embed-v4.0": RemoteModel(1536, 128_000, (256, 512, 1024, 1536)),
}
"""Source: docs.oracle.com, "Cohere Embed English 3" and its siblings; of v4, the SDK's docstring of `output_dimensions` and
docs.oracle.com, "Create Text Embeddings in Generative AI"."""


class OciEmbedder(Embedder):
    """A model of Cohere that OCI Generative AI serves on demand.

    Documents and questions are embedded differently, as the model was trained to. The service is told to refuse what is too
    long, never to cut it.
    """

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    model_name: str = Field(default="cohere.embed-multilingual-v3.0", description="Name of the model.")
    compartment_id: str = Field(default="", description="OCID of the compartment that is billed; the tenancy's root if empty.")
    region: str = Field(default="", description="Region that serves the model; the usual one if empty.")
    dimensions: int = Field(default=0, ge=0, description="Of a vector, where the model leaves a choice; its usual ones if 0.")

    def model(self) -> EmbeddingModel:
        """As `Embedder.model`; the service is not asked, and the digest is of the model's name and dimensions.

        Raises:
            BadInput: The model is not known, or has no such dimensions.
        """
        known = self._known()
        dimensions = self.dimensions or known.dimensions
        digest = hashlib.sha256(json.dumps(["oci", self.model_name, dimensions]).encode()).hexdigest()
        return EmbeddingModel(self.model_name, self.model_name.rpartition("-")[2], digest, dimensions, known.max_tokens)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """An estimate on the high side: the model's tokenizer is the service's alone.

        Three letters of the Latin alphabet are a token; each letter before a digit and any other sign are one; a sign outside
        ASCII is counted as often as it has bytes in UTF-8, less one. English prose has about half as many tokens in BERT's
        vocabulary. Random letters, or a language that the model was not made for, may have more than estimated: then the
        service refuses the text, and nothing is cut.

        Raises:
            BadInput: The text is no valid Unicode.
        """
        try:
            return list(_estimated(text))
        except UnicodeEncodeError as error:
            raise BadInput(
                f"a text is no valid Unicode ({error})", "Decode it with `errors='replace'` where it is read."
            ) from error

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As `Embedder.embed`. A text is sent once per call of this method, however often it is in it.

        Raises:
            BadInput: A text is too long, by `token_offsets` or by the service's own count, or has no words.
            Conflict: Another model answered.
            Unavailable: The service did not answer, or not for every text.
            CloudOpsError: It refused for another reason.
        """
        return self._embedded(texts, "SEARCH_DOCUMENT")

    def _embed_questions(self, texts: Sequence[str]) -> Vectors:
        return self._embedded(texts, "SEARCH_QUERY")

    def _embedded(self, texts: Sequence[str], kind: Literal["SEARCH_DOCUMENT", "SEARCH_QUERY"]) -> Vectors:
        model = self.model()
        distinct = list(dict.fromkeys(texts))
        for text in distinct:
            self._demand_fit(text, model)
        if not distinct:
            return np.empty((0, model.dimensions), dtype=np.float32)
        calls = [distinct[start : start + MOST_INPUTS] for start in range(0, len(distinct), MOST_INPUTS)]
        found = np.concatenate([self._asked(inputs, kind, model) for inputs in calls])
        row = {text: n for n, text in enumerate(distinct)}
        return np.asarray(found[[row[text] for text in texts]], dtype=np.float32)

    def _asked(self, inputs: list[str], kind: str, model: EmbeddingModel) -> Vectors:
        from oci.generative_ai_inference.models import EmbedTextDetails, OnDemandServingMode

        details = EmbedTextDetails(
            inputs=inputs,
            serving_mode=OnDemandServingMode(model_id=self.model_name),
            compartment_id=self.compartment_id or self.clients.tenancy(),
            truncate="NONE",
            input_type=kind,
            output_dimensions=self.dimensions or None,
        )
        answer = self.clients.operation("generative_ai_inference", "embed_text", self.region)(details).data
        return self._checked(answer, len(inputs), model)

    def _checked(self, answer: Any, texts: int, model: EmbeddingModel) -> Vectors:  # noqa: ANN401  # the SDK has no types
        if answer.model_id != self.model_name:
            raise Conflict(
                f"{self.model_name} was asked, and {answer.model_id} answered",
                "Name the model that the service has now as `model_name`, and embed all documents anew with it.",
            )
        rows = answer.embeddings or []
        if [len(row) for row in rows] != [model.dimensions] * texts:
            raise Unavailable(
                f"{self.model_name} answered {len(rows)} vectors to {texts} texts, not all of {model.dimensions} dimensions",
                "Repeat later; if it lasts, check the model's dimensions in Oracle's documentation.",
            )
        found = np.array(rows, dtype=np.float32)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        if not (np.isfinite(lengths) & (lengths > 0)).all():
            raise Unavailable(f"{self.model_name} answered a vector without direction", "Repeat later.")
        return np.asarray(found / lengths, dtype=np.float32)

    def _demand_fit(self, text: str, model: EmbeddingModel) -> None:
        tokens = len(self.token_offsets(text))
        if not tokens:
            raise BadInput("a text has no words", "Leave it out: the service takes no empty text.")
        if tokens > model.max_tokens:
            raise BadInput(
                f"{text[:60]!r}… has about {tokens} tokens; {model.name} takes in {model.max_tokens}",
                "Split it into chunks by `token_offsets`, or use a model that takes in more.",
            )

    def _known(self) -> RemoteModel:
        known = MODELS.get(self.model_name)
        if known is None:
            raise BadInput(f"the model {self.model_name!r} is not known", f"Use one of {', '.join(MODELS)}.")
        if self.dimensions and self.dimensions not in known.choices:
            choices = ", ".join(map(str, known.choices)) or str(known.dimensions)
            raise BadInput(
                f"{self.model_name} makes no vectors of {self.dimensions} dimensions", f"It has {choices}; 0 is usual."
            )
        return known


def _estimated(text: str) -> Iterator[tuple[int, int]]:
    for piece in _PIECE.finditer(text):
        sign = piece.group()
        yield from [piece.span()] * (1 if sign.isascii() else len(sign.encode()) - 1)
