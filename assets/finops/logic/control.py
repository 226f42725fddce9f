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

from assets.finops.logic.decimals import MONEY_SCALE, doubtful, read_decimal, read_decimals
from assets.finops.logic.formats.layout import Control, Layout
from assets.finops.logic.reading import OVERFLOW, Peek, batches, is_ragged, scan_csv
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


def control_totals(path: Path, look: Peek, layout: Layout, *, careful: bool = False) -> ControlTotals:
    """Read the control totals of a file, with the careful reader where it needs that or `careful` says so. Raises DamagedFile."""
    if not careful and look.kind == "csv" and look.encoding == "utf-8" and look.width == len(look.header):
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
            unreadable=pl.lit(0, pl.Int64),
            ends_empty=pl.col(look.header[-1]).null_count(),
            too_long=pl.col(OVERFLOW).count(),
        )
        .collect(engine="streaming")
    )
    if grouped["too_long"].sum():
        raise _NotSound
    if grouped["ends_empty"].sum() and is_ragged(path, look, int(grouped["rows"].sum())):
        raise _NotSound
    return _add_up(grouped)


def _slow(path: Path, look: Peek, control: Control, *, careful: bool) -> pl.DataFrame:
    """The same through the record reader: broken records count as rows without day and money."""
    parts = [pl.DataFrame(schema=_GROUPED)]
    for batch in batches(path, look, careful=careful):
        cost = read_decimals(batch.frame[control.cost])
        unreadable = pl.lit(False) if cost.faults is None else pl.lit(cost.faults.is_not_null())
        invoice = pl.col(control.invoice) if control.invoice else pl.lit(None, pl.String)
        keys = {"start": pl.col(control.start), "currency": pl.col(control.currency), "invoice": invoice}
        found = batch.frame.select(**keys, cost=pl.lit(cost.values), unreadable=unreadable)
        parts.append(
            found.group_by(*keys).agg(
                rows=pl.len(), cost=pl.col("cost").sum(), unreadable=pl.col("unreadable").sum(), text=pl.lit(None, pl.String)
            )
        )
        nothing = {"rows": len(batch.broken), "cost": Decimal(0), "unreadable": 0}
        parts.append(pl.DataFrame([nothing] if batch.broken else [], schema=_GROUPED))
    return _add_up(pl.concat([part.select(pl.col(n).cast(t) for n, t in _GROUPED.items()) for part in parts]))


_GROUPED: dict[str, pl.DataType] = {
    "start": pl.String(),
    "currency": pl.String(),
    "invoice": pl.String(),
    "text": pl.String(),
    "rows": pl.Int64(),
    "cost": _MONEY,
    "unreadable": pl.Int64(),
}


def _add_up(grouped: pl.DataFrame) -> pl.DataFrame:
    rows: dict[_Key, int] = defaultdict(int)
    costs: dict[_Key, Decimal] = defaultdict(Decimal)
    unreadable: dict[_Key, int] = defaultdict(int)
    with localcontext(_EXACT):  # 28 digits are too few
        for start, currency, invoice, text, count, cost, faulty in grouped.select(*_GROUPED).iter_rows():
            moment = read_time(start)[0] if start else None
            key = (moment.date() if moment else None, currency, invoice)
            rows[key] += count
            costs[key] += cost or 0
            unreadable[key] += faulty
            if text is not None:
                value = read_decimal(text).value
                if value is None:
                    unreadable[key] += count
                else:
                    costs[key] += value * count
    records = [(*key, rows[key], costs[key], unreadable[key]) for key in rows]
    records.sort(key=lambda r: tuple(str(part or "") for part in r[:3]))
    return pl.DataFrame(records, schema=SCHEMA, orient="row")
