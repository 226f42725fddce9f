"""What a table of the lake is: its name, columns and layout. The data dictionary is generated from these."""

from dataclasses import dataclass

import polars as pl

MONEY = pl.Decimal(38, 24)
"""Exact decimal for costs and prices: 14 digits before the point, 24 after it."""
QUANTITY = pl.Decimal(38, 18)
"""Exact decimal for quantities, which may be counted in bytes: 20 digits before the point, 18 after it."""
UTC = pl.Datetime("us", time_zone="UTC")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, Polars type and meaning (with unit where it has one)."""

    name: str
    dtype: pl.DataType | type[pl.DataType]
    description: str
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """One Delta table of the lake.

    Attributes:
        name: Path below the lake's root, `system/noun`.
        description: What a row is, for the data dictionary.
        columns: Columns that every row has. Extra `x_…` columns are allowed only if `open_schema`.
        partition_by: Physical partition columns.
        indexed: Columns whose least and greatest value is kept per data file, so that rows are found without reading.
        open_schema: The source may add columns of its own (always text).
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    partition_by: tuple[str, ...] = ()
    indexed: tuple[str, ...] = ()
    open_schema: bool = False

    @property
    def schema(self) -> dict[str, pl.DataType | type[pl.DataType]]:
        """Column name to Polars type, in order."""
        return {c.name: c.dtype for c in self.columns}
