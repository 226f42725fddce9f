"""What differs between two reports, figure by figure."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from assets.finops.logic.report.snapshot import COST, KEY

NEW, GONE, CHANGED = "new", "gone", "changed"
_MONEY = pl.Decimal(38, 24)
_ABOUT = ("name", "currency", "day")
CHANGES: dict[str, pl.DataType] = {
    "subject": pl.String(),
    "id": pl.String(),
    "figure": pl.String(),
    "what": pl.String(),
    "name": pl.String(),
    "currency": pl.String(),
    "day": pl.Date(),
    "text_before": pl.String(),
    "text_now": pl.String(),
    "amount_before": _MONEY,
    "amount_now": _MONEY,
    "change": _MONEY,
}
"""One row per figure that differs. `what` is of its subject: `new`, `gone` or `changed`; `change` is null where either amount
is unknown."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since an earlier report.

    Attributes:
        since: When that was made; None if there is none to compare with.
        rows: As `CHANGES`.
        lost: Why there is none to compare with, though there was one; empty otherwise.
    """

    since: datetime | None
    rows: pl.DataFrame
    lost: str = ""


def nothing_before(lost: str = "") -> Changes:
    """The changes of the first report: none can be told."""
    return Changes(None, pl.DataFrame(schema=CHANGES), lost)


def changes(before: pl.DataFrame | None, now: pl.DataFrame) -> Changes:
    """Compare two reports.

    Where the measure of a currency is another one, the cost of its days is not compared: the rows tell the measures alone.

    Args:
        before: Snapshot of the earlier report; None if there is none.
        now: Snapshot of the new one.
    """
    if before is None:
        return nothing_before()
    old = _comparable(before, now).with_columns(old=pl.lit(value=True))
    new = _comparable(now, before).with_columns(new=pl.lit(value=True))
    joined = old.join(new, on=KEY, how="full", coalesce=True, nulls_equal=True, suffix="_now")
    differs = pl.col("text").ne_missing(pl.col("text_now")) | pl.col("amount").ne_missing(pl.col("amount_now"))
    one_sided = pl.col("old").is_null() | pl.col("new").is_null()
    rows = joined.filter(differs | one_sided).with_columns(
        _what(before, now),
        *(pl.coalesce(f"{name}_now", name).alias(name) for name in _ABOUT),
        text_before=pl.col("text"),
        amount_before=pl.col("amount"),
        change=pl.col("amount_now") - pl.col("amount"),
    )
    told = rows.select(pl.col(name).cast(dtype) for name, dtype in CHANGES.items()).sort("subject", "what", "id", "figure")
    return Changes(before["made_at"].item(0), told)


def _comparable(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Figures of subjects, without costs in a currency that the two measure differently."""
    figures = one.filter(pl.col("subject") != "report").drop("issue", "made_at", "bills")
    measure = pl.col("subject").eq(COST) & pl.col("figure").eq("measure")
    here, there = (dict(f.filter(measure).select("currency", "text").iter_rows()) for f in (one, other))
    differing = [currency for currency in here if currency in there and here[currency] != there[currency]]
    return figures.filter(pl.col("subject").ne(COST) | measure | ~pl.col("currency").is_in(differing))


def _what(before: pl.DataFrame, now: pl.DataFrame) -> pl.Expr:
    """Whether the row's subject is in one of the reports alone."""
    subject = pl.concat_str("subject", "id", separator="/")
    known, present = (frame.select(subject.alias("s"))["s"].unique().implode() for frame in (before, now))
    return (
        pl.when(~subject.is_in(known))
        .then(pl.lit(NEW))
        .when(~subject.is_in(present))
        .then(pl.lit(GONE))
        .otherwise(pl.lit(CHANGED))
    ).alias("what")
