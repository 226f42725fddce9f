"""Control totals: rows and money of a billing file, read from its raw columns without the normaliser.

They are the *source* side of the proof that nothing was lost: what the lake holds is compared with them per file, day,
currency and invoice.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, localcontext
from pathlib import Path

import polars as pl

from assets.finops.logic.decimals import MONEY_SCALE, doubtful, read_decimal
from assets.finops.logic.formats.layout import ROW, Control, Layout
from assets.finops.logic.reading import DamagedFile, Peek, batches, is_ragged, scan_csv
from assets.finops.logic.timestamps import read_time

_MONEY = pl.Decimal(38, MONEY_SCALE)
SCHEMA = {
    "x_charge_date": pl.Date(),
    "BillingCurrency": pl.String(),
    "InvoiceId": pl.String(),
    "rows": pl.Int64(),
    "BilledCost": _MONEY,
    "unreadable_costs": pl.Int64(),
}

_Key = tuple[date | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class ControlTotals:
    """What a file holds.

    Attributes:
        totals: One row per day, currency and invoice, columns as in `SCHEMA`.
        careful: The file needs the careful reader.
    """

    totals: pl.DataFrame
    careful: bool

    @property
    def rows(self) -> int:
        """Data records in the file."""
        return int(self.totals["rows"].sum())


def control_totals(path: Path, look: Peek, layout: Layout) -> ControlTotals:
    """Read the control totals of a file. Raises DamagedFile."""
    if look.kind == "csv" and look.encoding == "utf-8" and look.width == len(look.header):
        try:
            return ControlTotals(_fast(path, look, layout.control), careful=False)
        except (pl.exceptions.PolarsError, OSError, _NotSound):
            pass  # the careful reader says what is wrong, record by record
    careful = look.kind == "csv"
    return ControlTotals(_slow(path, look, layout.control, careful=careful), careful=careful)


class _NotSound(Exception):
    """The fast reader would misread the file's structure."""


_EXACT = Context(prec=400)


def _fast(path: Path, look: Peek, control: Control) -> pl.DataFrame:
    # Polars finds records that are too long, and torn quotes, only where it reads every column
    every = pl.any_horizontal(pl.col(name).is_null() for name in look.header)
    cost = pl.col(control.cost)
    read = cost.cast(_MONEY, strict=False)
    doubt = doubtful(cost, MONEY_SCALE)
    invoice = pl.col(control.invoice) if control.invoice else pl.lit(None, pl.String)
    grouped = (
        scan_csv(path, look)
        .group_by(
            start=pl.col(control.start),
            currency=pl.col(control.currency),
            invoice=invoice,
            text=pl.when(doubt).then(cost),
        )
        .agg(
            rows=pl.len(),
            cost=read.filter(~doubt).sum(),
            ends_empty=pl.col(look.header[-1]).null_count(),
            any_empty=every.sum(),
        )
        .collect(engine="streaming")
    )
    if grouped["ends_empty"].sum() and is_ragged(path, look, int(grouped["rows"].sum())):
        raise _NotSound
    return _add_up(grouped)


def _slow(path: Path, look: Peek, control: Control, *, careful: bool) -> pl.DataFrame:
    """The same through the record reader: broken records count as rows without day and money."""
    parts = []
    broken = 0
    for batch in batches(path, look, careful=careful):
        broken += len(batch.broken)
        invoice = pl.col(control.invoice) if control.invoice else pl.lit(None, pl.String)
        parts.append(
            batch.frame.group_by(
                start=pl.col(control.start),
                currency=pl.col(control.currency),
                invoice=invoice,
                text=pl.col(control.cost),
            ).agg(rows=pl.col(ROW).len(), cost=pl.lit(0).cast(_MONEY))
        )
    if not parts:
        raise DamagedFile("no header")
    grouped = pl.concat(parts)
    if broken:
        nothing = {
            "start": None,
            "currency": None,
            "invoice": None,
            "text": None,
            "rows": broken,
            "cost": Decimal(0),
        }
        grouped = pl.concat([grouped, pl.DataFrame([nothing], schema=grouped.schema)])
    return _add_up(grouped)


def _add_up(grouped: pl.DataFrame) -> pl.DataFrame:
    rows: dict[_Key, int] = defaultdict(int)
    costs: dict[_Key, Decimal] = defaultdict(Decimal)
    unreadable: dict[_Key, int] = defaultdict(int)
    with localcontext(_EXACT):  # 28 digits are too few
        for start, currency, invoice, text, count, cost in grouped.select(
            "start", "currency", "invoice", "text", "rows", "cost"
        ).iter_rows():
            moment = read_time(start)[0] if start else None
            key = (moment.date() if moment else None, currency, invoice)
            rows[key] += count
            costs[key] += cost or 0
            if text is not None:
                value = read_decimal(text).value
                if value is None:
                    unreadable[key] += count
                else:
                    costs[key] += value * count
    records = [(*key, rows[key], costs[key], unreadable[key]) for key in rows]
    records.sort(key=lambda r: tuple(str(part or "") for part in r[:3]))
    return pl.DataFrame(records, schema=SCHEMA, orient="row")
