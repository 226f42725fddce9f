"""How matches go on from run to run: since when, and whether they are new, continuing, ended or not to be known."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import polars as pl

from assets.finops.logic.efficiency.amounts import KEY
from assets.finops.logic.policies.evaluate import Evaluation

IDENTITY = ("policy", *KEY)
NEW, CONTINUING, ENDED, UNKNOWN = "new", "continuing", "ended", "unknown"


def follow(
    found: Evaluation, rows: pl.DataFrame, stored: pl.DataFrame, ends: pl.DataFrame, kept: Collection[str]
) -> pl.DataFrame:
    """The rows of `finops/policy_matches` after an evaluation; the same evaluation again gives the same rows.

    A match is `new` on the day of the bills on which it was first seen, `continuing` after that. One that is not found any more
    has `ended`; it is `unknown` while a filter that decides cannot be known. One that comes back after it ended is new.

    Args:
        found: What the policies say now.
        rows: Its matches with what else is stored of them.
        stored: Rows of the table as they are.
        ends: `ProviderName` and `as_of`, the day up to which the bills of each provider are settled.
        kept: Files of policies that could not be evaluated: what they matched before is unknown, not ended.
    """
    before = stored.filter(pl.col("state") != ENDED).select(*IDENTITY, "first_matched")
    current = rows.join(before, on=IDENTITY, how="left", nulls_equal=True, maintain_order="left")
    current = current.rename({"as_of": "matched_at"}).with_columns(pl.col("first_matched").fill_null(pl.col("matched_at")))
    fresh = pl.col("first_matched") == pl.col("matched_at")
    current = current.with_columns(
        state=pl.when(fresh).then(pl.lit(NEW)).otherwise(pl.lit(CONTINUING)), ended_at=pl.lit(None, pl.Date)
    )
    current = current.with_columns(_ids(current))
    gone = stored.join(current, on=IDENTITY, how="anti", nulls_equal=True)
    return pl.concat([current, _gone(gone, found, ends, kept)], how="diagonal_relaxed").sort(*IDENTITY, nulls_last=True)


def _gone(gone: pl.DataFrame, found: Evaluation, ends: pl.DataFrame, kept: Collection[str]) -> pl.DataFrame:
    """Stored rows that are not matched now: what ended before stays as it was."""
    undecided = found.unknown.select(IDENTITY).with_columns(undecided=pl.lit(value=True))
    judged = gone.join(undecided, on=IDENTITY, how="left", nulls_equal=True).join(
        ends.select("ProviderName", pl.col("as_of").alias("settled")), on="ProviderName", how="left", nulls_equal=True
    )  # fmt: skip
    open_still = pl.col("undecided").fill_null(value=False) | pl.col("policy_file").is_in(list(kept))
    over = pl.col("state") == ENDED
    day = pl.coalesce("settled", "matched_at")
    return judged.with_columns(
        state=pl.when(over | ~open_still).then(pl.lit(ENDED)).otherwise(pl.lit(UNKNOWN)),
        ended_at=pl.when(over).then("ended_at").when(~open_still).then(day),
    ).drop("undecided", "settled")


def _ids(rows: pl.DataFrame) -> pl.Series:
    """Identity of each match: the same for the same policy and resource, in every run."""
    texts = ("\x1f".join("" if part is None else str(part) for part in row) for row in rows.select(IDENTITY).iter_rows())
    return pl.Series("match_id", [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts], dtype=pl.String)
