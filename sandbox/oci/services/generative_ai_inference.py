"""Embeddings of texts: vectors of hashed words, the same for the same text, near for texts that share words."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.oci.errors import OciError, invalid, not_found
from sandbox.oci.exchange import Answer, Asked, answers
from sandbox.oci.services.identity import demand_compartment
from sandbox.oci.store import Body

Vector = NDArray[np.float32]
MOST_INPUTS = 96
"""Source: docs.oracle.com, "Create Text Embeddings in Generative AI"."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model.

    Attributes:
        dimensions: Of its vectors, if none are asked for.
        choices: Dimensions that may be asked for.
        most_tokens: Of one input.
    """

    dimensions: int
    choices: tuple[int, ...] = ()
    most_tokens: int = 512


MODELS: Mapping[str, Model] = {
    "cohere.embed-english-v3.0": Model(1024),
    "cohere.embed-multilingual-v3.0": Model(1024),
    "cohere.embed-english-light-v3.0": Model(384),
    "cohere.embed-multilingual-light-v3.0": Model(384),
    "cohere.embed-v4.0": Model(1536, (256, 512, 1024, 1536), 128_000),
}
"""Source: docs.oracle.com, "Cohere Embed English 3" and its siblings; for v4 the SDK docstring of `outputDimensions` and, for its
tokens, "Create Text Embeddings in Generative AI"; that v4 has 1,536 dimensions unless asked is not sourced."""
_TOKEN = re.compile(r"\w+|[^\w\s]")
_PLACES = 4
"""So many dimensions per word, so that words rarely fall together."""
_BY_TYPE: Mapping[str, Callable[[Vector], object]] = {
    "float": lambda v: [float(x) for x in v],
    "int8": lambda v: [int(x) for x in np.clip(np.round(v * 127), -128, 127)],
    "uint8": lambda v: [int(x) for x in np.clip(np.round(v * 127) + 128, 0, 255)],
    "binary": lambda v: [int(x) for x in np.packbits(v > 0).astype(np.int16) - 128],
    "ubinary": lambda v: [int(x) for x in np.packbits(v > 0)],
    "base64": lambda v: base64.b64encode(v.astype("<f4").tobytes()).decode(),
}
"""Names of types. Source: SDK docstring of `embeddingTypes`; how they are made of floats is not sourced."""


@answers("generative_ai_inference")
def embed_text(asked: Asked) -> Answer:
    """Vectors of texts, at most 96 at once.

    Source: docs.oracle.com, "Create Text Embeddings in Generative AI" (an input that is too long is cut at START or END, or
    refused with NONE). That NONE is usual, and that a token is a word or a sign, is not sourced.
    """
    body = asked.body
    demand_compartment(asked, body["compartmentId"])
    name, model = _model(body)
    inputs = _inputs(body)
    dimensions = _dimensions(body, model)
    cut = [_cut(text, model.most_tokens, body.get("truncate") or "NONE", n) for n, text in enumerate(inputs)]
    vectors = [vector(tokens, dimensions) for tokens in cut]
    kinds = body.get("embeddingTypes") or ["float"]
    tokens = sum(len(t) for t in cut)
    asked.store.made += 1
    digest = hashlib.sha256(f"embedding/{asked.store.made}".encode()).hexdigest()
    return Answer(
        {
            "id": f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}",
            "inputs": inputs if body.get("isEcho") else None,
            "embeddings": [_BY_TYPE["float"](v) for v in vectors] if "float" in kinds else [],
            "embeddingsByType": {kind: [_BY_TYPE[kind](v) for v in vectors] for kind in kinds}
            if body.get("embeddingTypes")
            else None,
            "modelId": name,
            "modelVersion": name.rpartition("-v")[2],
            "usage": {"promptTokens": tokens, "completionTokens": 0, "totalTokens": tokens},
        }
    )


def vector(tokens: Sequence[str], dimensions: int) -> Vector:
    """A vector of length 1: each word adds to a few dimensions that its hash names; signs count where there are no words."""
    found = np.zeros(dimensions, dtype=np.float64)
    for token in [token for token in tokens if token[0].isalnum()] or tokens:
        digest = hashlib.sha256(token.lower().encode()).digest()
        for n in range(_PLACES):
            place = int.from_bytes(digest[4 * n : 4 * n + 4], "big")
            found[place % dimensions] += 1.0 if digest[16 + n] % 2 else -1.0
    length = float(np.linalg.norm(found))
    if length == 0:
        found[0] = length = 1.0
    return (found / length).astype(np.float32)


def _model(body: Body) -> tuple[str, Model]:
    mode = body["servingMode"]
    name = mode.get("modelId", "") if mode["servingType"] == "ON_DEMAND" else ""
    if name not in MODELS:
        raise not_found(f"model or endpoint {mode.get('modelId') or mode.get('endpointId')}")
    return name, MODELS[name]


def _inputs(body: Body) -> list[str]:
    if body.get("inputType") == "IMAGE" or body.get("embedContents"):
        raise OciError(501, "NotImplemented", "The sandbox embeds no images: see docs/sandbox.md.")
    inputs = body.get("inputs") or []
    if not 1 <= len(inputs) <= MOST_INPUTS:
        raise invalid(f"inputs must have between 1 and {MOST_INPUTS} items")
    empty = [n for n, text in enumerate(inputs) if not text.strip()]
    if empty:
        raise invalid(f"inputs[{empty[0]}] is empty")
    unknown = sorted(set(body.get("embeddingTypes") or ()) - set(_BY_TYPE))
    if unknown:
        raise invalid(f"embeddingTypes has an unknown item: {unknown[0]}")
    return list(inputs)


def _dimensions(body: Body, model: Model) -> int:
    """Source: SDK docstring of `outputDimensions`: for embed-v4 and newer alone."""
    asked_for = body.get("outputDimensions")
    if asked_for is None:
        return model.dimensions
    if asked_for not in model.choices:
        raise invalid(f"outputDimensions must be one of {', '.join(map(str, model.choices)) or 'those of embed-v4 models'}")
    return int(asked_for)


def _cut(text: str, most: int, truncate: str, place: int) -> list[str]:
    tokens = _TOKEN.findall(text)
    if len(tokens) <= most:
        return tokens
    if truncate == "NONE":
        raise invalid(f"inputs[{place}] has {len(tokens)} tokens; the model takes {most}, unless truncate is START or END")
    return tokens[-most:] if truncate == "START" else tokens[:most]
