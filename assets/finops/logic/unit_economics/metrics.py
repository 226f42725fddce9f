"""Business metrics from the CSV that a user supplies: strict, so that a slip is told and never counted."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import polars as pl

from assets.finops.logic.decimals import QUANTITY_SCALE, read_decimal

SCOPE = ("ProviderName", "SubAccountId", "ServiceName")
"""What a metric may be restricted to; an empty cell stands for all."""
SCHEMA: dict[str, pl.DataType] = {
    "metric": pl.String(),
    **dict.fromkeys(SCOPE, pl.String()),
    "kind": pl.String(),
    "metric_currency": pl.String(),
    "period": pl.String(),
    "period_start": pl.Date(),
    "metric_value": pl.Decimal(38, QUANTITY_SCALE),
}
_REQUIRED = ("date", "metric", "value")
_OPTIONAL = ("kind", "currency", *SCOPE)
_KINDS = ("count", "revenue")
_REVENUE = re.compile(r"(^|[^a-z])(revenue|sales|turnover)($|[^a-z])", re.IGNORECASE)
_DAY, _MONTH, _CURRENCY = re.compile(r"\d{4}-\d{2}-\d{2}"), re.compile(r"\d{4}-\d{2}"), re.compile(r"[A-Z]{3}")
_YEARS = range(2000, 2100)
"""Every day from the first to the last one gets a row: a slip in a year would make millions."""
_SHOWN = 5


class UnreadableMetrics(ValueError):
    """The file cannot be taken as it is; the message names lines and values.

    Attributes:
        advice: What its author should do.
    """

    def __init__(self, faults: list[str], advice: str) -> None:
        rest = [f"and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
        super().__init__("; ".join([*faults[:_SHOWN], *rest]))
        self.advice = advice


def read_metrics(content: bytes) -> pl.DataFrame:
    """Every value of the file, columns as in `SCHEMA`.

    The columns `date`, `metric` and `value` are required; `kind` (`count` or `revenue`; empty: by the metric's name), `currency`
    (of revenue) and those of `SCOPE` are optional; others are refused, as a misspelt scope would silently mean everything. Dates
    are days (`2026-01-31`) or, for a metric as a whole, months (`2026-01`).

    Raises:
        UnreadableMetrics: With every line at fault; nothing of the file is taken.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableMetrics([f"byte {error.start} is not UTF-8"], "Save the file as CSV in UTF-8.") from error
    found = _Found()
    try:
        for line, cells in _records(text):
            found.take(line, cells)
    except csv.Error as error:
        raise UnreadableMetrics(
            [f"not readable as CSV: {error}"], "Quote cells with quotes or line breaks as CSV does."
        ) from error
    if found.faults:
        raise UnreadableMetrics(found.faults, "Correct these lines; nothing of the file was taken.")
    return pl.DataFrame(found.rows, schema=SCHEMA, orient="row")


def no_metrics() -> pl.DataFrame:
    """What there is if no file was supplied."""
    return pl.DataFrame(schema=SCHEMA)


def _records(text: str) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Line number and cells of each record; a text in place of the cells says what is wrong with their number."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [name.strip() for name in next(reader, [])]
    _check_header(header)
    line = reader.line_num + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            named = dict(zip(header, (cell.strip() for cell in cells), strict=False))
            yield line, named if len(cells) == len(header) else f"has {len(cells)} cells, the header {len(header)}"
        line = reader.line_num + 1


def _check_header(header: list[str]) -> None:
    allowed = f"Columns are {', '.join(_REQUIRED)} and, if wanted, {', '.join(_OPTIONAL)}, separated by commas."
    faults = [f"line 1: column {name} is missing" for name in _REQUIRED if name not in header]
    faults += [f"line 1: column {name!r} is not known" for name in header if name not in (*_REQUIRED, *_OPTIONAL)]
    faults += [f"line 1: column {name} is there twice" for name in sorted({n for n in header if header.count(n) > 1})]
    if faults:
        raise UnreadableMetrics(faults, allowed)


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows and faults so far, and what the lines so far say of each metric and where."""

    rows: list[tuple[object, ...]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _seen: dict[tuple[str | None, ...], int] = field(default_factory=dict)
    _traits: dict[tuple[str | None, ...], tuple[str | None, int]] = field(default_factory=dict)

    def take(self, line: int, cells: Mapping[str, str] | str) -> None:
        """Read one record."""
        if isinstance(cells, str):
            self.faults.append(f"line {line} {cells}")
            return
        try:
            self.rows.append(self._row(line, cells))
        except ValueError as error:
            self.faults.append(f"line {line}: {error}")

    def _row(self, line: int, cells: Mapping[str, str]) -> tuple[object, ...]:
        metric = cells["metric"]
        if not metric:
            raise ValueError("metric is empty")
        period, start = _when(cells["date"])
        kind = _kind(metric, cells.get("kind", ""))
        currency = _currency(kind, cells.get("currency", ""))
        value = _value(kind, cells["value"])
        scope = tuple(cells.get(name) or None for name in SCOPE)
        for trait, known, where in (
            ("period", period, (metric,)),
            ("kind", kind, (metric,)),
            ("currency", currency, (metric, *scope)),
        ):
            first, since = self._traits.setdefault((trait, *where), (known, line))
            if first != known:
                raise ValueError(f"{trait} of {metric!r} is {known!r}, but {first!r} in line {since}; use one, or another name")
        earlier = self._seen.setdefault((metric, cells["date"], *scope), line)
        if earlier != line:
            raise ValueError(f"{metric!r} on {cells['date']} was given in line {earlier} already; keep one")
        return metric, *scope, kind, currency, period, start, value


def _when(text: str) -> tuple[str, date]:
    period, day = ("month", f"{text}-01") if _MONTH.fullmatch(text) else ("day", text if _DAY.fullmatch(text) else "")
    try:
        start = date.fromisoformat(day)
    except ValueError:
        raise ValueError(f"date {text!r} is neither a day nor a month; write 2026-01-31 or 2026-01") from None
    if start.year not in _YEARS:
        raise ValueError(f"date {text!r} is not between {_YEARS[0]} and {_YEARS[-1]}; correct the year")
    return period, start


def _kind(metric: str, text: str) -> str:
    if text and text not in _KINDS:
        raise ValueError(f"kind {text!r} is neither count nor revenue")
    return text or ("revenue" if _REVENUE.search(metric) else "count")


def _currency(kind: str, text: str) -> str | None:
    if text and not _CURRENCY.fullmatch(text):
        raise ValueError(f"currency {text!r} is no code of three capital letters, such as USD")
    if kind == "revenue" and not text:
        raise ValueError("revenue needs its currency; amounts are never converted")
    if kind == "count" and text:
        raise ValueError(f"currency {text!r} of a count; leave it empty, or write kind revenue")
    return text or None


def _value(kind: str, text: str) -> Decimal:
    read = read_decimal(text, QUANTITY_SCALE)
    if read.value is None:
        raise ValueError(f"value {text!r} is {read.fault}; write it with a point and without separators, such as 1234.5")
    if kind == "count" and read.value < 0:
        raise ValueError(f"value {text!r} of a count is below zero")
    return read.value
