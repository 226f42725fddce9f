"""Where a region is, in terms that compare between clouds.

Ids and names are the providers' own: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html,
https://docs.oracle.com/iaas/Content/General/Concepts/regions.htm, https://learn.microsoft.com/azure/reliability/regions-list.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import polars as pl

from assets.finops.logic.comparable.matching import canonical_provider, join_distinct, read_rows, spelling

_TABLE = "regions.csv"


@dataclass(frozen=True, slots=True)
class Region:
    """What is known of a region.

    Attributes:
        provider: `AWS`, `Oracle` or `Microsoft`.
        region_id: The provider's id.
        region_name: The provider's display name.
        geography: The same for all regions of one place: in the US the state, else country and city.
        country: ISO 3166 alpha-2 code; None if the region is not a place (`global`).
        continent: Continent, or `Global`.
    """

    provider: str
    region_id: str
    region_name: str
    geography: str
    country: str | None
    continent: str


@lru_cache(maxsize=4096)
def lookup(provider: str, region: str) -> Region | None:
    """The region behind an id, a display name or an OCI region key (`fra`); None if unknown."""
    canonical = canonical_provider(provider)
    return _regions().get((canonical, _key(region))) if canonical else None


def table() -> pl.DataFrame:
    """Every region; several aliases are separated by `;`, and what is no place has no country."""
    return pl.DataFrame(read_rows(_TABLE))


def with_geography(df: pl.DataFrame, *, provider: str = "ProviderName", region: str = "RegionId") -> pl.DataFrame:
    """Add `x_geography`, null if the region is not known; fill RegionName where null, if it is there.

    Raises:
        polars.exceptions.ColumnNotFoundError: If the column named by `provider` or `region` is missing.
    """
    found = dict.fromkeys(("_region_name", "x_geography"), pl.String())
    joined = join_distinct(df.drop("x_geography", strict=False), (provider, region), _find, found)
    if "RegionName" in df.columns:
        joined = joined.with_columns(RegionName=pl.coalesce("RegionName", "_region_name"))
    return joined.drop("_region_name")


def _find(provider: str | None, region: str | None) -> tuple[str, str] | None:
    known = lookup(provider, region) if provider and region else None
    return (known.region_name, known.geography) if known else None


def _key(text: str) -> str:
    """Azure writes one region as `eastus2`, `EastUS2` and `East US 2`."""
    return spelling(text).replace(" ", "")


@cache
def _regions() -> dict[tuple[str, str], Region]:
    regions = {}
    for row in read_rows(_TABLE):
        region = Region(
            row["provider"],
            row["region_id"],
            row["region_name"],
            row["geography"],
            row["country"] or None,
            row["continent"],
        )
        for name in (region.region_id, region.region_name, *filter(None, row["aliases"].split(";"))):
            regions[region.provider, _key(name)] = region
    return regions
