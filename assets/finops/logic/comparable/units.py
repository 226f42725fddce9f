"""Units of measure in terms that compare between clouds, and exact quantities in them.

A comparable unit is written as FOCUS 1.2 writes units (attribute UnitFormat): `Hours`, `Requests`,
`GiB-Months`. The quantity in it is the quantity billed times a factor. Unlike things are not converted into
one another:

- **GB and GiB.** AWS and Oracle write GB and mean 2^30 bytes: the S3 FAQ defines it so, AWS meters
  byte-hours and divides by 1024^3, and OCI cost reports call one line both `GB Months` and `1 GiB MONTHS
  STORAGE_SIZE`. Theirs become GiB, factor 1. Azure's meaning differs by service, so its GB stays GB and
  compares only with itself. Bits stay bits.
- **Months** are never turned into hours: their length differs by month and by provider. Nor are seconds
  turned into hours, for 1/3600 is no finite decimal. Minutes become seconds, days hours, years months.
- **vCPU, OCPU and ECPU** stay apart: how many threads an OCPU is depends on the processor.
- A price `per GB per month`, a rate `GB/Month` and an amount `GB-Months` count the same: `GiB-Months`. An
  instance counts by its time alone: `Hours`. What happens (requests, data transferred) counts by number
  alone, whatever time the price names.
- A count without a noun (`10K`) is counted in `Units`.

What is not understood is null, never a factor of 1.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal
from functools import cache, lru_cache

import polars as pl

from assets.finops.logic.comparable.matching import canonical_provider, join_distinct, read_rows, spelling

ANY = "*"
"""Stands for every provider that the table has no row of its own for."""
_DECIMAL = pl.Decimal(38, 24)
_LARGEST = Decimal("99999999999999.999999999999999999999999")
_EXACT = Context(prec=120)
_SCALES = {"k": 10**3, "m": 10**6, "b": 10**9, "thousand": 10**3, "million": 10**6, "billion": 10**9}

_BITS = re.compile(r"[KMGTPE]i?b(ps|/s)?")
_NUMBER = re.compile(r"(?P<number>\d{1,3}(?:,\d{3})+|\d{1,12})(?:(?P<scale>[KkMB])(?![A-Za-z])|(?![\d.,]))\s*(?P<rest>.*)")
_WORD = re.compile(r"(?P<scale>thousand|million|billion)\b\s*(?P<rest>.*)", re.IGNORECASE)
_OVER_TIME = re.compile(
    r"(?P<head>.+?)(?:\s*[-/]\s*|\s+per\s+|\s+)(?:(?P<interval>[1-9]\d{0,3})\s+)?(?P<time>[^\s/-]+)",
    re.IGNORECASE,
)
_TIMELY = re.compile(r"(?P<time>hourly|daily|monthly|annual)\s+(?P<head>.+)", re.IGNORECASE)
_OCI = re.compile(r"(?P<size>[A-Za-z]+) (?P<time>[A-Z]+) (?P<measure>[A-Z][A-Z_]+)")

_OCI_HELD = frozenset({"STORAGE_SIZE", "STORAGE", "MEMORY", "MEMORY_SIZE", "EXECUTION_TIME", "BANDWIDTH"})
_OCI_MOVED = frozenset({"DATA_TRANSFERRED", "DATA_PROCESSED", "DATA_INGESTED"})
_OCI_PERFORMANCE = "PERFORMANCE_UNITS"


@dataclass(frozen=True, slots=True)
class ComparableUnit:
    """A provider-neutral unit; quantity in it = quantity as billed × `factor`, exactly."""

    unit: str
    factor: Decimal


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table; `measure` is `time`, `size`, `event`, `thing`, or `whole`: not combined further."""

    unit: str
    factor: Decimal
    measure: str


@lru_cache(maxsize=16_384)
def parse(unit: str, provider: str = ANY) -> ComparableUnit | None:
    """The comparable unit of a unit as it comes; None if not understood, or if its factor reaches 10^14.

    Args:
        unit: `Hrs`, `GB-Mo`, `10K Requests`, `1 GB/Month`, `1000000 NONE NONE DATAPOINTS`, …
        provider: Provider, in any usual spelling, for units that mean different things (`GB`).
    """
    canonical = canonical_provider(provider) or ANY
    text = re.sub(r"(?i)^per\s+", "", " ".join(unit.split()))
    whole = _row(text, canonical)
    if whole:
        return ComparableUnit(whole.unit, whole.factor)
    block, rest = _block(text)
    row = _oci(rest, canonical) or _measured(rest, canonical)
    factor = _EXACT.multiply(block, row.factor) if row else Decimal(0)
    return ComparableUnit(row.unit, factor) if row and 0 < factor <= _LARGEST else None


def table() -> pl.DataFrame:
    """Every word for a unit: provider (`*` = any), unit, comparable_unit, factor (decimal text), measure."""
    return pl.DataFrame(read_rows("units.csv"))


def with_comparable_units(
    df: pl.DataFrame,
    *,
    provider: str = "ProviderName",
    unit: str = "PricingUnit",
    quantity: str = "PricingQuantity",
) -> pl.DataFrame:
    """Add `x_comparable_unit` and `x_comparable_quantity` (Decimal(38, 24)), null if the unit is unknown.

    The product is exact; one with more than 24 decimal places is rounded half-even there. A quantity of more
    than 14 digits before the point does not fit and is null beside its unit.

    Raises:
        polars.exceptions.ColumnNotFoundError: If one of the named columns is missing.
    """
    added = ("x_comparable_unit", "x_comparable_quantity")
    found = {"x_comparable_unit": pl.String(), "_factor": _DECIMAL, "_limit": _DECIMAL}
    joined = join_distinct(df.drop(added, strict=False), (provider, unit), _find, found)
    amount = pl.col(quantity).cast(_DECIMAL, strict=False)
    # Polars refuses a whole column for one product that does not fit, so such quantities are left out
    fitting = pl.when(amount.is_between(-pl.col("_limit"), pl.col("_limit"))).then(amount)
    return joined.with_columns(x_comparable_quantity=fitting * pl.col("_factor")).drop("_factor", "_limit")


def _find(provider: str | None, unit: str | None) -> tuple[str, Decimal, Decimal] | None:
    known = parse(unit, provider or ANY) if unit else None
    if known is None:
        return None
    limit = Context(prec=38, rounding=ROUND_DOWN).divide(_LARGEST, max(known.factor, Decimal(1)))
    return known.unit, known.factor, limit.quantize(Decimal("1e-24"), ROUND_DOWN, Context(prec=60))


def _block(text: str) -> tuple[Decimal, str]:
    """Block size and what a block is of: `10K Requests` is (10000, Requests), `1/Hour` is (1, Units/Hour)."""
    size, rest = Decimal(1), text
    for pattern in (_NUMBER, _WORD):
        if match := pattern.fullmatch(rest):
            parts = match.groupdict()
            number = Decimal((parts.get("number") or "1").replace(",", ""))
            size = size * number * _SCALES.get((parts["scale"] or "").lower(), 1)
            rest = match["rest"]
    if rest != text and (not rest or rest.startswith("/")):
        rest = f"Units{rest}"
    return size, rest


def _measured(text: str, provider: str) -> _Row | None:
    """A unit without block size: a word of the table, or one over time."""
    if row := _row(text, provider):
        return row
    match = _TIMELY.fullmatch(text) or _OVER_TIME.fullmatch(text)
    if match is None:
        return None
    time, head = _row(match["time"], provider), _row(match["head"], provider)
    return _over_time(head, time, int(match.groupdict().get("interval") or 1))


def _over_time(head: _Row | None, time: _Row | None, interval: int = 1) -> _Row | None:
    if head is None or time is None or time.measure != "time" or head.measure in ("time", "whole"):
        return None
    if head.measure == "event":
        return head
    unit = time.unit if head.unit == "Instances" else f"{_singular(head.unit)}-{time.unit}"
    return _Row(unit, _EXACT.multiply(_EXACT.multiply(head.factor, time.factor), Decimal(interval)), "whole")


def _oci(text: str, provider: str) -> _Row | None:
    """Oracle's billingUnitReadable after its block size: size, time and what is measured, or `NONE`."""
    match = _OCI.fullmatch(text)
    if match is None:
        return None
    measure, sized, timed = match["measure"], match["size"] != "NONE", match["time"] != "NONE"
    head = _row(match["size"] if sized else measure.replace("_", " "), provider)
    if sized and measure in _OCI_MOVED:
        return head
    if sized and measure == _OCI_PERFORMANCE:
        head = _row("Performance Units Per Gigabyte", provider)
    elif sized and measure not in _OCI_HELD:
        return None
    return _over_time(head, _row(match["time"], provider)) if timed else head


def _singular(unit: str) -> str:
    """FOCUS writes the noun before a time in the singular; sizes and rates are their own."""
    if unit.endswith("ies"):
        return f"{unit[:-3]}y"
    if unit.endswith("sses"):
        return unit[:-2]
    return unit[:-1] if unit.endswith("s") and not unit.endswith("ps") else unit


def _row(text: str, provider: str) -> _Row | None:
    rows, key = _rows(), _key(text)
    return rows.get((provider, key)) or rows.get((ANY, key))


def _key(text: str) -> str:
    """Case is ignored, except that `Gb` and `Gbps` are bits where `GB` and `GBps` are bytes."""
    return text if _BITS.fullmatch(text) else spelling(text)


@cache
def _rows() -> dict[tuple[str, str], _Row]:
    return {
        (row["provider"], _key(row["unit"])): _Row(row["comparable_unit"], Decimal(row["factor"]), row["measure"])
        for row in read_rows("units.csv")
    }
