"""The lexical index of a segment: which rows hold a term, and how often."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resources.knowledge_base.embedded.arrays import Arrays, Words, sort_words


class Postings:
    """Terms, and for each the rows that hold it, ascending, with its weighted frequency there."""

    def __init__(self, arrays: Arrays) -> None:
        self.terms = Words(arrays, "terms")
        self.lengths: NDArray[np.float32] = arrays["lexical.lengths"]
        self._starts: NDArray[np.int64] = arrays["lexical.starts"]
        self._rows: NDArray[np.int32] = arrays["lexical.rows"]
        self._frequencies: NDArray[np.float32] = arrays["lexical.frequencies"]

    def of(self, term: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Rows with the term and its weighted frequencies; both empty if none has it."""
        number = self.terms.number(term)
        if number is None:
            return self._rows[:0], self._frequencies[:0]
        start, end = self._starts[number], self._starts[number + 1]
        return self._rows[start:end], self._frequencies[start:end]

    def moved(self, to: NDArray[np.int64]) -> "Moved":
        """All of it for a new segment: row n becomes `to[n]`, and is left out if that is negative."""
        numbers = np.repeat(np.arange(len(self.terms), dtype=np.int32), np.diff(self._starts))
        rows = to[self._rows]
        kept = rows >= 0
        return Moved(self.terms.all(), numbers[kept], rows[kept].astype(np.int32), self._frequencies[kept])


@dataclass(frozen=True, slots=True)
class Moved:
    """Postings as triples: number of the term in `terms`, row, and weighted frequency."""

    terms: Sequence[str]
    numbers: NDArray[np.int32]
    rows: NDArray[np.int32]
    frequencies: NDArray[np.float32]

    @staticmethod
    def of_passages(passages: Iterable[Mapping[str, float]]) -> "Moved":
        """Those of new passages, in the order of their rows."""
        known: dict[str, int] = {}
        numbers, frequencies, counts = array("i"), array("f"), array("i")
        for passage in passages:
            numbers.extend(known.setdefault(term, len(known)) for term in passage)
            frequencies.extend(passage.values())
            counts.append(len(passage))
        rows = np.repeat(np.arange(len(counts), dtype=np.int32), np.array(counts, dtype=np.int32))
        return Moved(list(known), np.array(numbers, np.int32), rows, np.array(frequencies, np.float32))


def posting_arrays(parts: Sequence[Moved], lengths: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """What is stored of a segment with these postings and these lengths of its rows."""
    used = [np.unique(part.numbers).tolist() for part in parts]
    terms = sort_words(list({part.terms[n] for part, numbers in zip(parts, used, strict=True) for n in numbers}))
    place = {term: n for n, term in enumerate(terms)}
    numbers = np.concatenate(
        [np.empty(0, np.int32), *(np.array([place.get(t, -1) for t in p.terms], np.int32)[p.numbers] for p in parts)]
    )
    rows = np.concatenate([np.empty(0, np.int32), *(part.rows for part in parts)])
    frequencies = np.concatenate([np.empty(0, np.float32), *(part.frequencies for part in parts)])
    order = np.lexsort((rows, numbers))
    return {
        **Words.arrays(terms, "terms"),
        "lexical.lengths": lengths,
        "lexical.starts": np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=len(terms)))]).astype(np.int64),
        "lexical.rows": rows[order],
        "lexical.frequencies": frequencies[order],
    }
