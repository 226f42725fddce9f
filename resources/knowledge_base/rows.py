"""What a knowledge base takes: rows and vectors, checked before any of them is stored."""

import numpy as np
import polars as pl

from resources.embeddings import EmbeddingModel, Vectors
from resources.errors import BadInput
from resources.knowledge_base.interface import KB_DOCUMENTS

_UNIT = 1e-3
"""How far a vector's length may be from 1: half precision and rounding, not another measure."""


def checked_rows(rows: pl.DataFrame, model: EmbeddingModel) -> pl.DataFrame:
    """The rows with exactly the columns and types of `KB_DOCUMENTS`.

    Raises:
        BadInput: A column is missing or unknown or of another type, a value is missing, a `doc_id` is not positive or
            given twice, or a row's vector is of another model.
    """
    different = set(rows.columns) ^ set(KB_DOCUMENTS.schema)
    if different:
        raise BadInput(f"passages have other columns: {', '.join(sorted(different))}", "Give those of kb_documents.")
    try:
        rows = rows.select(pl.col(name).cast(dtype) for name, dtype in KB_DOCUMENTS.schema.items())
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"passages have other types: {error}", "Give the types of kb_documents.") from error
    empty = [c.name for c in KB_DOCUMENTS.columns if not c.nullable and rows[c.name].null_count()]
    if empty:
        raise BadInput(f"passages lack {', '.join(empty)}", "Fill these columns.")
    if rows.height and rows["tags"].list.eval(pl.element().is_null().any()).list.any().any():
        raise BadInput("a tag of a passage is empty", "Leave it out.")
    if rows.height and (rows["doc_id"].min() or 0) < 1:  # type: ignore[operator]
        raise BadInput("a doc_id is not positive", "Number passages from 1.")
    if rows["doc_id"].is_duplicated().any():
        raise BadInput("two passages have the same doc_id", "Give each passage once.")
    others = [v for v in rows["model_version"].unique() if v != model.version]
    if others:
        raise BadInput(
            f"passages of {', '.join(sorted(others))} cannot go among those of {model.version}: distances of different "
            "models mean nothing",
            "Embed them with the generation's model, or begin a generation for the other model and cut over to it.",
        )
    return rows


def checked_vectors(vectors: Vectors, rows: int, model: EmbeddingModel) -> Vectors:
    """The vectors as float32.

    Raises:
        BadInput: They have another shape, are not finite, or not of unit length.
    """
    if vectors.shape != (rows, model.dimensions):
        raise BadInput(
            f"vectors have the shape {vectors.shape}, not {(rows, model.dimensions)}",
            f"Give one vector of {model.version} per passage.",
        )
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    if not np.all(np.abs(lengths - 1) <= _UNIT):  # so written, NaN is refused too
        raise BadInput("a vector is not finite or not of unit length", "Divide vectors by their length, and look for NaN.")
    return vectors


def checked_query(vector: Vectors, k: int, model: EmbeddingModel) -> Vectors:
    """The vector of a question as float32.

    Raises:
        BadInput: It has other dimensions or is not finite, or `k` is less than 1.
    """
    if vector.shape != (model.dimensions,):
        raise BadInput(
            f"the question's vector has the shape {vector.shape}, not {(model.dimensions,)}",
            f"Embed the question with {model.version}.",
        )
    if not np.isfinite(vector).all():
        raise BadInput("the question's vector is not finite", "Embed the question anew.")
    checked_k(k)
    return np.ascontiguousarray(vector, dtype=np.float32)


def checked_k(k: int) -> None:
    """Raises BadInput if `k` is less than 1."""
    if k < 1:
        raise BadInput(f"{k} results cannot be asked for", "Ask for at least 1.")
