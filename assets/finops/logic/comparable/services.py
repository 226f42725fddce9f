"""Which service of one cloud compares with which of another, and its FOCUS category.

Service names and codes are the providers' own (AWS price list, OCI cost reports, Azure meter categories);
categories and subcategories are those that FOCUS 1.2 allows (https://focus.finops.org, ServiceCategory and
ServiceSubcategory). A database that runs itself (Autonomous Database) compares with relational databases,
one made for analysis (Autonomous Data Warehouse, Redshift) with data warehouses.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import polars as pl

from assets.finops.logic.comparable.matching import canonical_provider, join_distinct, read_rows, spelling

_TABLE = "services.csv"


@dataclass(frozen=True, slots=True)
class Service:
    """What is known of a service.

    Attributes:
        provider: `AWS`, `Oracle` or `Microsoft`.
        service_name: Full display name.
        category: FOCUS ServiceCategory.
        subcategory: FOCUS ServiceSubcategory, a child of `category`.
        comparable: Provider-neutral noun, such as `Block storage`.
    """

    provider: str
    service_name: str
    category: str
    subcategory: str
    comparable: str


@lru_cache(maxsize=16_384)
def lookup(provider: str, code: str, given_category: str | None = None) -> Service | None:
    """The service behind a name or code, whatever its case; None if it is not in the table.

    Args:
        provider: Provider, in any usual spelling.
        code: Service name or code as it comes: `AmazonEC2`, `Amazon DynamoDB`, `BLOCK_STORAGE`.
        given_category: ServiceCategory that the provider gave to the line. It tells apart services sold
            under one name: AWS bills disks as Amazon Elastic Compute Cloud, in category Storage.
    """
    canonical = canonical_provider(provider)
    if canonical is None:
        return None
    name, services = spelling(code), _services()
    return services.get((canonical, name, spelling(given_category or ""))) or services.get((canonical, name, ""))


def table() -> pl.DataFrame:
    """Every mapping; an empty given_category stands for any."""
    return pl.DataFrame(read_rows(_TABLE))


def with_services(df: pl.DataFrame, *, provider: str = "ProviderName", code: str = "ServiceName") -> pl.DataFrame:
    """Fill ServiceCategory and ServiceSubcategory where null; add `x_comparable_service`, null if unknown.

    What the provider gave stays. A subcategory is filled only below its own parent category, since FOCUS
    allows it no other: a line that the provider put into another category than the table does keeps its
    null.

    Raises:
        polars.exceptions.ColumnNotFoundError: If the column named by `provider` or `code` is missing.
    """
    absent = [c for c in ("ServiceCategory", "ServiceSubcategory") if c not in df.columns]
    given = df.drop("x_comparable_service", strict=False).with_columns(pl.lit(None, pl.String).alias(c) for c in absent)
    found = dict.fromkeys(("_category", "_subcategory", "x_comparable_service"), pl.String())
    joined = join_distinct(given, (provider, code, "ServiceCategory"), _find, found)
    category = pl.coalesce("ServiceCategory", "_category")
    return joined.with_columns(
        ServiceCategory=category,
        ServiceSubcategory=pl.coalesce(
            "ServiceSubcategory", pl.when(category == pl.col("_category")).then(pl.col("_subcategory"))
        ),
    ).drop("_category", "_subcategory")


def _find(provider: str | None, code: str | None, given_category: str | None) -> tuple[str, str, str] | None:
    service = lookup(provider, code, given_category) if provider and code else None
    return (service.category, service.subcategory, service.comparable) if service else None


@cache
def _services() -> dict[tuple[str, str, str], Service]:
    return {
        (row["provider"], spelling(row["match"]), spelling(row["given_category"])): Service(
            row["provider"],
            row["service_name"],
            row["ServiceCategory"],
            row["ServiceSubcategory"],
            row["comparable_service"],
        )
        for row in read_rows(_TABLE)
    }
