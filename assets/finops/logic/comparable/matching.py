"""How a value in a billing file is matched to a row of a table: spelling, providers, distinct values.

Put nothing here that is about services, regions or units in particular.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl

_PROVIDERS = {
    "aws": "AWS",
    "amazon": "AWS",
    "amazon web services": "AWS",
    "amazon web services, inc.": "AWS",
    "oracle": "Oracle",
    "oci": "Oracle",
    "oracle cloud": "Oracle",
    "oracle cloud infrastructure": "Oracle",
    "microsoft": "Microsoft",
    "azure": "Microsoft",
    "microsoft azure": "Microsoft",
}


def spelling(text: str) -> str:
    """The text as it is compared: no outer spaces, inner ones single, case ignored."""
    return " ".join(text.casefold().split())


def canonical_provider(name: str) -> str | None:
    """`AWS`, `Oracle` or `Microsoft` for any of their usual spellings; None for any other."""
    return _PROVIDERS.get(spelling(name))


def read_rows(table: str) -> list[dict[str, str]]:
    """The rows of one of the tables beside this module, every cell as text."""
    with Path(__file__).with_name(table).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def join_distinct(
    df: pl.DataFrame,
    columns: Sequence[str],
    lookup: Callable[..., Sequence[object] | None],
    found: Mapping[str, pl.DataType | type[pl.DataType]],
) -> pl.DataFrame:
    """Add what `lookup` finds for each distinct combination of values, keeping rows and their order.

    Args:
        df: Any frame with those columns, as text.
        columns: Columns whose values are the arguments of `lookup`, in that order; values may be null.
        lookup: Called once per combination; gives one value per new column, or None if it knows nothing.
        found: Names and types of the new columns; null where nothing was found.

    Raises:
        polars.exceptions.ColumnNotFoundError: If one of the columns is missing.
    """
    distinct = df.select(columns).unique()
    nothing = (None,) * len(found)
    results = [lookup(*values) or nothing for values in distinct.iter_rows()]
    resolved = distinct.with_columns(
        pl.Series(name, [result[i] for result in results], dtype=dtype) for i, (name, dtype) in enumerate(found.items())
    )
    return df.join(resolved, on=list(columns), how="left", nulls_equal=True, maintain_order="left")
