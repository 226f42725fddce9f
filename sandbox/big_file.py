"""Write one large FOCUS 1.2 file, to measure with.

`python -m sandbox.big_file --rows N --out FILE.csv.gz [--seed 1]`. Cardinalities are those of a middling
estate: 5,000 resources, 20 services, 30 days. Rows come in no order of time, as in real exports. Memory stays
flat: rows are made and compressed in chunks, one chunk ahead of the compressor.
"""

import argparse
import sys
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl

from sandbox.focus_columns import AWS_COLUMNS, FOCUS_1_2

_HEADER = (*FOCUS_1_2, *AWS_COLUMNS[1:3])
_CHUNK = 50_000
_RESOURCES = 5_000
_SERVICES = 20
_ACCOUNTS = 10
_DAYS = 30
_MONTH = "2026-09"
_GZIP = 31
"""`wbits` of zlib for a gzip header, which then carries no time."""
_REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "eu-west-1")
_KINDS = (
    ("Amazon Elastic Compute Cloud", "Compute", "Virtual Machines", "Hrs"),
    ("Amazon Simple Storage Service", "Storage", "Object Storage", "GB-Mo"),
    ("Amazon Relational Database Service", "Databases", "Relational Databases", "Hrs"),
    ("AmazonCloudWatch", "Management and Governance", "Observability", "GB"),
)


def write_big_file(path: Path, rows: int, seed: int) -> None:
    """Write `rows` records; the same rows and seed give the same bytes. The file appears once it is whole."""
    partial = path.with_name(f".{path.name}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    packer = zlib.compressobj(level=1, wbits=_GZIP)
    with partial.open("wb") as file, ThreadPoolExecutor(max_workers=1) as pool:
        file.write(packer.compress((",".join(_HEADER) + "\n").encode()))
        chunks = _chunks(rows, seed)
        ahead = pool.submit(next, chunks, None)
        while (chunk := ahead.result()) is not None:
            ahead = pool.submit(next, chunks, None)
            file.write(packer.compress(chunk))
        file.write(packer.flush())
    partial.replace(path)


def _chunks(rows: int, seed: int) -> Iterator[bytes]:
    estate = _estate()
    rng = np.random.default_rng(seed)
    for start in range(0, rows, _CHUNK):
        yield _chunk(estate, rng, min(_CHUNK, rows - start))


def _estate() -> pl.DataFrame:
    """The columns that depend on the resource alone, one row per resource."""
    number = pl.Series("number", np.arange(_RESOURCES))
    service, account = number % _SERVICES, number % _ACCOUNTS
    kinds = [_KINDS[n % len(_KINDS)] for n in service]
    regions = [_REGIONS[n % len(_REGIONS)] for n in number // _SERVICES]
    placed = list(zip(regions, number, strict=True))
    teams = [f"team-{n % 7}" for n in number]
    tags = [f'{{"environment": "prod", "team": "{team}", "cost-centre": "{4000 + n % 40}"}}'
            for n, team in zip(number, teams, strict=True)]  # fmt: skip
    return pl.DataFrame(
        {
            "AvailabilityZone": [f"{region}a" for region in regions],
            "RegionId": regions,
            "RegionName": [f"AWS {region}" for region in regions],
            "ResourceId": [f"arn:aws:ec2:{r}:111122223333:instance/i-{n:017x}" for r, n in placed],
            "ResourceName": [f"resource-{n}" for n in number],
            "ServiceCategory": [kind[1] for kind in kinds],
            "ServiceName": [f"{kind[0]} {n // len(_KINDS)}" for kind, n in zip(kinds, service, strict=True)],
            "ServiceSubcategory": [kind[2] for kind in kinds],
            "ConsumedUnit": [kind[3] for kind in kinds],
            "PricingUnit": [kind[3] for kind in kinds],
            "SkuId": [f"SKU{n:013d}" for n in service],
            "SkuPriceId": [f"SKU{n:013d}.JRTCKXETXF.6YS6EN2CT7" for n in service],
            "SubAccountId": [f"{111122223333 + n}" for n in account],
            "SubAccountName": [f"account-{n}" for n in account],
            "Tags": tags,
            "x_ServiceCode": [f"AmazonService{n}" for n in service],
        }
    )


_CONSTANT = {
    "BillingAccountId": "123456789012",
    "BillingAccountName": "acme",
    "BillingAccountType": "Management Account",
    "BillingCurrency": "USD",
    "BillingPeriodEnd": "2026-10-01T00:00:00Z",
    "BillingPeriodStart": "2026-09-01T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeDescription": "per unit, first tier, negotiated",
    "ChargeFrequency": "Usage-Based",
    "InvoiceId": "EUINUS26-000001",
    "InvoiceIssuerName": "Amazon Web Services, Inc.",
    "PricingCategory": "Standard",
    "PricingCurrency": "USD",
    "ProviderName": "AWS",
    "PublisherName": "Amazon Web Services, Inc.",
    "ResourceType": "Instance",
    "SkuMeter": "Usage",
    "SubAccountType": "AWS Account",
    "x_Operation": "RunInstances",
}


_COSTS = ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost", "PricingCurrencyEffectiveCost")
_PRICES = (
    "ContractedUnitPrice", "ListUnitPrice", "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyListUnitPrice",
)  # fmt: skip


def _chunk(estate: pl.DataFrame, rng: np.random.Generator, rows: int) -> bytes:
    """CSV text of one chunk. Amounts are whole numbers until they are printed, so that they print exactly."""
    price = rng.integers(1, 50_000, rows)
    quantity = rng.integers(1, 1_000_000, rows)
    drawn = pl.DataFrame(
        {
            "day": rng.integers(1, _DAYS + 1, rows),
            "hour": rng.integers(0, 23, rows),
            "price": price,
            "quantity": quantity,
            "cost": price * quantity,
        }
    )
    stamp = f"{_MONTH}-{{}}T{{}}:00:00Z"
    values = drawn.select(
        pl.format(stamp, _padded(pl.col("day"), 2), _padded(pl.col("hour"), 2)).alias("start"),
        pl.format(stamp, _padded(pl.col("day"), 2), _padded(pl.col("hour") + 1, 2)).alias("end"),
        _decimal("cost", 10).alias("cost"),
        _decimal("price", 6).alias("price"),
        _decimal("quantity", 4).alias("quantity"),
    )
    own = estate[rng.integers(0, estate.height, rows)]
    filled = {name: pl.col("cost") for name in _COSTS} | {name: pl.col("price") for name in _PRICES}
    filled |= {"ConsumedQuantity": pl.col("quantity"), "PricingQuantity": pl.col("quantity")}
    filled |= {"ChargePeriodStart": pl.col("start"), "ChargePeriodEnd": pl.col("end")}
    filled |= {name: pl.lit(value) for name, value in _CONSTANT.items()}
    filled |= {name: pl.col(name) for name in own.columns}
    empty = pl.lit(None, pl.String)
    table = pl.concat([values, own], how="horizontal")
    ordered = table.select(filled.get(name, empty).alias(name) for name in _HEADER)
    return ordered.write_csv(include_header=False).encode()


def _padded(number: pl.Expr, width: int) -> pl.Expr:
    return number.cast(pl.String).str.zfill(width)


def _decimal(name: str, digits: int) -> pl.Expr:
    """A whole number as a decimal with that many digits after the point."""
    whole, rest = pl.col(name) // 10**digits, pl.col(name) % 10**digits
    return pl.format("{}.{}", whole, _padded(rest, digits))


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.big_file", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, required=True, help="records to write")
    parser.add_argument("--out", type=Path, required=True, help="file to write, *.csv.gz")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything drawn (default: 1)")
    arguments = parser.parse_args(argv)
    if arguments.rows < 1 or arguments.seed < 0:
        parser.error("--rows must be positive and --seed not negative")
    write_big_file(arguments.out, arguments.rows, arguments.seed)
    sys.stdout.write(f"{arguments.rows} rows written to {arguments.out}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
