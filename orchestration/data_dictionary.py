"""Writes `docs/data-dictionary.md` from the tables' definitions: `python -m orchestration.data_dictionary [--check]`."""

import sys
from pathlib import Path

from assets.documents import tables as documents
from assets.finops import tables as finops
from assets.fleet import tables as fleet
from assets.invoices import tables as invoices
from assets.layers import tables as layers
from assets.recovery import tables as recovery
from resources.knowledge_base.interface import KB_DOCUMENTS
from resources.metrics_sink import CUSTOM_METRICS
from resources.tables import Table

PAGE = Path(__file__).parent.parent / "docs" / "data-dictionary.md"
TABLES: tuple[Table, ...] = (
    *finops.TABLES,
    *documents.TABLES,
    *invoices.TABLES,
    *fleet.TABLES,
    *recovery.TABLES,
    *layers.TABLES,
    CUSTOM_METRICS,
    KB_DOCUMENTS,
)


def page() -> str:
    """The whole page."""
    parts = [
        "# Data dictionary",
        "Generated from the table definitions by `make format`; do not edit. All tables but `kb_documents`, which is in the "
        "knowledge base, are Delta tables below the lake's root. "
        "Times are UTC; money is `Decimal(38, 24)`, quantities are `Decimal(38, 18)`; null means unknown, never zero.",
        *(_table(t) for t in TABLES),
    ]
    return "\n\n".join(parts) + "\n"


def main(argv: list[str]) -> int:
    """Write the page, or with `--check` say whether it is up to date."""
    if "--check" in argv:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
            print(f"{PAGE} is out of date: run make format", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(page(), encoding="utf-8")
    return 0


def _table(table: Table) -> str:
    layout = [f"Partitioned by `{'`, `'.join(table.partition_by)}`."] if table.partition_by else []
    layout += ["Further `x_…` text columns come from the source."] if table.open_schema else []
    rows = [f"| `{c.name}` | {c.dtype} | {'' if c.nullable else 'no'} | {c.description} |" for c in table.columns]
    return "\n".join(
        [
            f"## {table.name}",
            "",
            " ".join([table.description, *layout]),
            "",
            "| Column | Type | Null | Meaning |",
            "|---|---|---|---|",
            *rows,
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
