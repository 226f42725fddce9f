"""What a passage is without its vector, as one short text that changes whenever any of it does."""

import hashlib
import json

import polars as pl

from resources.knowledge_base.interface import KB_DOCUMENTS

_BYTES = 16


def fingerprints(rows: pl.DataFrame) -> list[str]:
    """One per row, 32 hexadecimal digits: BLAKE2b of the columns of `KB_DOCUMENTS`, the same on every machine."""
    return [_digest(row) for row in rows.select(list(KB_DOCUMENTS.schema)).iter_rows()]


def _digest(row: tuple[object, ...]) -> str:
    plain = json.dumps(row, ensure_ascii=False, default=str)
    return hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=_BYTES).hexdigest()
