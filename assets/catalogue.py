"""How tables of the lake appear in the asset catalogue. No system's own knowledge belongs here."""

import base64
from collections.abc import Iterable

import dagster as dg
import polars as pl

from resources.tables import Table


def table_metadata(table: Table) -> dict[str, object]:
    """Definition metadata of an asset that is a table: its column schema, name and kind of storage."""
    columns = [
        dg.TableColumn(
            c.name, type=str(c.dtype), description=c.description, constraints=dg.TableColumnConstraints(nullable=c.nullable)
        )
        for c in table.columns
    ]
    return {
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "dagster/table_name": table.name,
        "dagster/storage_kind": "deltalake",
    }


def markdown_table(frame: pl.DataFrame, *, limit: int = 20) -> dg.MarkdownMetadataValue:
    """A frame as a Markdown table for people, cut after `limit` rows with a note of how many there are."""
    header = [f"| {' | '.join(frame.columns)} |", f"|{'---|' * len(frame.columns)}"]
    rows = [f"| {' | '.join(_cell(v) for v in row)} |" for row in frame.head(limit).iter_rows()]
    rest = [f"\n… {len(frame) - limit} more rows"] if len(frame) > limit else []
    return dg.MetadataValue.md("\n".join([*header, *rows, *rest]))


def picture(name: str, png: bytes) -> dg.MarkdownMetadataValue:
    """A picture as metadata that the UI shows."""
    return dg.MetadataValue.md(f"![{name}](data:image/png;base64,{base64.b64encode(png).decode()})")


def _cell(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(str(v) for v in value)
    return str(value).replace("|", "\\|").replace("\n", " ")
