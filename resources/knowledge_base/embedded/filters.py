"""What passages are filtered by, as arrays of a segment."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources.knowledge_base.embedded.arrays import Arrays, Words, sort_words
from resources.knowledge_base.interface import Filter

_UNKNOWN = -1
_NO_DAY = np.iinfo(np.int32).min
_EPOCH = date(1970, 1, 1)
FILTERED = ("dept", "language", "created_date", "tags")
"""Columns of `KB_DOCUMENTS` that filters look at."""


class FilterColumns:
    """Codes of departments and languages, days, and the rows of each tag."""

    def __init__(self, arrays: Arrays) -> None:
        self._departments, self._languages = Words(arrays, "dept"), Words(arrays, "language")
        self._tags = Words(arrays, "tags")
        self._department: NDArray[np.int32] = arrays["dept.codes"]
        self._language: NDArray[np.int32] = arrays["language.codes"]
        self._day: NDArray[np.int32] = arrays["days"]
        self._tag_starts: NDArray[np.int64] = arrays["tags.starts"]
        self._tag_rows: NDArray[np.int32] = arrays["tags.rows"]

    def passing(self, where: Filter) -> NDArray[np.bool_]:
        """Which rows pass, a value per row."""
        passes = self._with_tags(where.tags)
        if where.departments is not None:
            passes &= _any_of(self._department, self._departments, where.departments)
        if where.languages is not None:
            passes &= _any_of(self._language, self._languages, where.languages)
        if where.created_from is not None:
            passes &= self._day >= (where.created_from - _EPOCH).days
        if where.created_to is not None:
            passes &= (self._day <= (where.created_to - _EPOCH).days) & (self._day != _NO_DAY)
        return passes

    def _with_tags(self, tags: Iterable[str]) -> NDArray[np.bool_]:
        passes = np.ones(len(self._day), np.bool_)
        for tag in tags:
            number = self._tags.number(tag)
            tagged = np.zeros(len(self._day), np.bool_)
            if number is not None:
                tagged[self._tag_rows[self._tag_starts[number] : self._tag_starts[number + 1]]] = True
            passes &= tagged
        return passes


def _any_of(codes: NDArray[np.int32], words: Words, wanted: Iterable[str]) -> NDArray[np.bool_]:
    numbers = [number for number in map(words.number, wanted) if number is not None]
    if len(numbers) == 1:
        return np.equal(codes, numbers[0])
    chosen = np.zeros(len(words) + 1, np.bool_)  # the last place is that of the unknown, -1
    chosen[numbers] = True
    return chosen[codes]


def filter_arrays(rows: pl.DataFrame) -> dict[str, NDArray[Any]]:
    """What is stored of rows with the columns `FILTERED`."""
    tags = rows.select(pl.int_range(pl.len(), dtype=pl.Int32).alias("row"), "tags").explode("tags").drop_nulls().unique()
    words = sort_words(tags["tags"].unique().to_list())
    numbers = _codes(tags["tags"], words)
    order = np.lexsort((tags["row"].to_numpy(), numbers))
    days = rows["created_date"].to_physical().cast(pl.Int32).fill_null(_NO_DAY)
    return {
        **_coded(rows["dept"], "dept"),
        **_coded(rows["language"], "language"),
        "days": days.to_numpy(),
        **Words.arrays(words, "tags"),
        "tags.starts": np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=len(words)))]).astype(np.int64),
        "tags.rows": tags["row"].to_numpy()[order],
    }


def _coded(values: pl.Series, name: str) -> dict[str, NDArray[Any]]:
    words = sort_words(values.drop_nulls().unique().to_list())
    return {**Words.arrays(words, name), f"{name}.codes": _codes(values, words)}


def _codes(values: pl.Series, words: list[str]) -> NDArray[np.int32]:
    if not words:
        return np.full(len(values), _UNKNOWN, np.int32)
    coded = values.replace_strict(words, range(len(words)), default=_UNKNOWN, return_dtype=pl.Int32)
    return coded.fill_null(_UNKNOWN).to_numpy()
