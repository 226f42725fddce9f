"""Whether people ask what they used to: the questions of a week beside those of the four weeks before."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

WEEKS_BEFORE = 4
_WORD = re.compile(r"\w+")
_COLUMNS: dict[str, type[pl.DataType]] = {
    "week": pl.Date,
    "queries": pl.Int64,
    "new_terms_share": pl.Float64,
    "term_divergence": pl.Float64,
    "median_best_dense": pl.Float64,
    "empty_share": pl.Float64,
    "useful_share": pl.Float64,
    "p95_ms": pl.Float64,
}
_Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Chance:
    """What the divergence would be if a week's questions were drawn from the same as those before.

    Attributes:
        observed: Divergence of the week.
        median: Median of the divergences after shuffling.
        p99: 99 % of them are at most this.
    """

    observed: float
    median: float
    p99: float


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def words(question: str) -> list[str]:
    """The words of a question, whatever their case and width; characters that compose are composed."""
    return _WORD.findall(unicodedata.normalize("NFKC", question).casefold())


def weekly(searches: pl.DataFrame, votes: pl.DataFrame) -> pl.DataFrame:
    """Figures per week that has searches, oldest first.

    Args:
        searches: `query_id`, `asked_at` (UTC), `question`, `document_ids`, `best_dense`, `milliseconds`.
        votes: `query_id`, `document_id`, `by`, `said_at`, `useful`. They count for the week of the search; if somebody said
            both of the same result, the later holds.

    Returns:
        The columns of the table `documents/query_drift`.
    """
    dated = searches.with_columns(week=pl.col("asked_at").dt.date().dt.truncate("1w"))
    figures = dated.group_by("week").agg(
        queries=pl.len(),
        median_best_dense=pl.col("best_dense").median(),
        empty_share=(pl.col("document_ids").list.len() == 0).mean(),
        # "higher" never tells less than 95 % of the searches took
        p95_ms=pl.col("milliseconds").quantile(0.95, interpolation="higher"),
    )
    useful = (
        last_votes(votes)
        .join(dated.select("query_id", "week").unique("query_id"), on="query_id")
        .group_by("week")
        .agg(useful_share=pl.col("useful").mean())
    )
    asked = {week: rows["question"].to_list() for (week,), rows in dated.group_by("week")}
    changes = [{"week": week, **_change(_before(asked, week), asked[week])} for week in asked]
    schema = {name: _COLUMNS[name] for name in ("week", "new_terms_share", "term_divergence")}
    changed = pl.DataFrame(changes, schema=schema)
    together = figures.join(useful, on="week", how="left").join(changed, on="week", how="left")
    return together.select(pl.col(name).cast(dtype) for name, dtype in _COLUMNS.items()).sort("week")


def last_votes(votes: pl.DataFrame) -> pl.DataFrame:
    """One vote per search, document and person: the last."""
    return votes.sort("said_at", maintain_order=True).unique(["query_id", "document_id", "by"], keep="last", maintain_order=True)


def divergence(first: _Counts, second: _Counts) -> float:
    """Jensen-Shannon divergence of two distributions of words, in bits: 0 if they are the same, 1 if they share no word.

    Lin, J. (1991): Divergence measures based on the Shannon entropy. IEEE Transactions on Information Theory 37(1), 145-151.

    Args:
        first: How often each word occurs, at least one of them; shape (words,).
        second: The same words in the other.

    Raises:
        ValueError: One of them has no word.
    """
    if not (first.sum() > 0 and second.sum() > 0):
        raise ValueError("there are no words to compare")
    p, q = first / first.sum(), second / second.sum()
    between = _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2
    return float(min(max(between, 0.0), 1.0))


def by_chance(before: Sequence[str], now: Sequence[str], *, shuffles: int = 200, seed: int = 0) -> Chance | None:
    """How far the words of `now` would be from those of `before` if all were asked in any order; None without words in both.

    A permutation test: few questions differ from others in many words though nothing changed. Whole questions are shuffled, since
    words of one question are not independent.
    """
    asked = [words(question) for question in chain(before, now)]
    if not any(asked[: len(before)]) or not any(asked[len(before) :]):
        return None
    number = _numbered(asked)
    terms = np.fromiter((number[word] for word in chain.from_iterable(asked)), dtype=np.int64)
    owner = np.repeat(np.arange(len(asked)), [len(question) for question in asked])
    is_now = np.arange(len(asked)) >= len(before)
    generator = np.random.default_rng(seed)

    total = np.bincount(terms, minlength=len(number)).astype(np.float64)

    def split(now_too: NDArray[np.bool_]) -> float | None:
        second = np.bincount(terms[now_too[owner]], minlength=len(number)).astype(np.float64)
        first = total - second
        return divergence(first, second) if first.any() and second.any() else None

    observed = split(is_now)
    shuffled = [split(generator.permutation(is_now)) for _ in range(shuffles)]
    known = [value for value in shuffled if value is not None] or [1.0]
    return Chance(observed or 0.0, float(np.median(known)), float(np.quantile(known, 0.99)))


def last_week_and_before(searches: pl.DataFrame) -> tuple[list[str], list[str]]:
    """The questions of the last week that has any, and those of the four weeks before it, as (before, now)."""
    if searches.is_empty():
        return [], []
    dated = searches.select("question", week=pl.col("asked_at").dt.date().dt.truncate("1w"))
    asked = {week: rows["question"].to_list() for (week,), rows in dated.group_by("week", maintain_order=True)}
    last = max(asked)
    return _before(asked, last), asked[last]


def oldest_comparable(kept_since: datetime) -> date:
    """The first week whose four weeks before are all kept when nothing older than an instant is."""
    return monday(kept_since.date() + timedelta(days=6)) + timedelta(weeks=WEEKS_BEFORE)


def _before(asked: dict[Any, list[str]], week: date) -> list[str]:
    weeks = (week - timedelta(weeks=n) for n in range(WEEKS_BEFORE, 0, -1))
    return [question for earlier in weeks for question in asked.get(earlier, ())]


def _change(before: list[str], now: list[str]) -> dict[str, float | None]:
    old, new = ([words(question) for question in questions] for questions in (before, now))
    if not any(old) or not any(new):
        return {"new_terms_share": None, "term_divergence": None}
    number = _numbered([*old, *new])
    first, second = _counts(old, number), _counts(new, number)
    return {"new_terms_share": float(second[first == 0].sum() / second.sum()), "term_divergence": divergence(first, second)}


def _numbered(asked: Iterable[list[str]]) -> dict[str, int]:
    return {word: n for n, word in enumerate(dict.fromkeys(chain.from_iterable(asked)))}


def _counts(asked: Iterable[list[str]], number: dict[str, int]) -> _Counts:
    terms = [number[word] for word in chain.from_iterable(asked)]
    return np.bincount(terms, minlength=len(number)).astype(np.float64)


def _entropy(shares: _Counts) -> float:
    there = shares[shares > 0]
    return float(-(there * np.log2(there)).sum())
