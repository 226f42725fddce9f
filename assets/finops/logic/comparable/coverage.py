"""How much of the billing data the tables of services, regions and units know, and what they do not."""

from collections.abc import Callable

import polars as pl

from assets.finops.logic.comparable import regions, services, units

_ASPECTS: dict[str, tuple[str, Callable[[str, str], object]]] = {
    "service": ("ServiceName", services.lookup),
    "region": ("RegionId", regions.lookup),
    "unit": ("PricingUnit", lambda provider, unit: units.parse(unit, provider)),
}
_SCHEMA: dict[str, pl.DataType] = {
    "ProviderName": pl.String(),
    "aspect": pl.String(),
    "values": pl.Int64(),
    "values_mapped": pl.Int64(),
    "value_share": pl.Float64(),
    "lines": pl.Int64(),
    "lines_mapped": pl.Int64(),
    "line_share": pl.Float64(),
    "lines_without_value": pl.Int64(),
    "unmapped": pl.List(pl.String()),
}


def coverage(df: pl.DataFrame) -> pl.DataFrame:
    """What share of distinct values and of charge lines is mapped, per provider and aspect.

    Args:
        df: Charge lines with ProviderName and any of ServiceName, RegionId and PricingUnit.

    Returns:
        ProviderName, aspect (`service`, `region`, `unit`), values, values_mapped, value_share, lines,
        lines_mapped, line_share, lines_without_value and unmapped (the values not mapped, those of most
        lines first). Lines are those that have a value; shares are of 1, null where no line has one. An
        aspect without its column is left out.
    """
    parts = [_aspect(df, name, *rest) for name, rest in _ASPECTS.items() if rest[0] in df.columns]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *parts]).sort("ProviderName", "aspect", nulls_last=True)


def _aspect(df: pl.DataFrame, aspect: str, column: str, lookup: Callable[[str, str], object]) -> pl.DataFrame:
    counted = df.group_by(pl.col("ProviderName").cast(pl.String), pl.col(column).cast(pl.String).alias("value")).len("n")
    mapped = [bool(p and v and lookup(p, v) is not None) for p, v in counted.select("ProviderName", "value").iter_rows()]
    given, known = pl.col("value").is_not_null(), pl.col("known")
    missing = given & ~known
    order = pl.struct(-pl.col("n").cast(pl.Int64), "value")
    return (
        counted.with_columns(pl.Series("known", mapped, dtype=pl.Boolean))
        .group_by("ProviderName")
        .agg(
            aspect=pl.lit(aspect),
            values=given.sum().cast(pl.Int64),
            values_mapped=known.sum().cast(pl.Int64),
            lines=pl.col("n").filter(given).sum().cast(pl.Int64),
            lines_mapped=pl.col("n").filter(known).sum().cast(pl.Int64),
            lines_without_value=pl.col("n").filter(~given).sum().cast(pl.Int64),
            unmapped=pl.col("value").filter(missing).sort_by(order.filter(missing)),
        )
        .with_columns(value_share=_share("values_mapped", "values"), line_share=_share("lines_mapped", "lines"))
        .select(pl.col(name).cast(dtype) for name, dtype in _SCHEMA.items())
    )


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))
