"""What acting on matches would touch: money per currency, and what depends on the resources, as far as it is known."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

RELATION = pl.Struct({"relation": pl.String(), "id": pl.String()})
RELATIONS: dict[str, pl.DataType] = dict.fromkeys(("ResourceId", "relation", "id"), pl.String())
"""What depends on a resource or is counted with it. A row without `id` says that it is known to have no such relation."""
KINDS = ("attached to", "member of", "charged to budget")
"""A volume is `attached to` the instance that needs it; a machine is a `member of` a group that may replace it; a resource is
`charged to budget`s whose spending it changes."""
_GROUPS: Mapping[str, str] = {
    "aws:autoscaling:groupname": "autoscaling group",
    "aws:eks:cluster-name": "cluster",
    "eks:cluster-name": "cluster",
    "aws:ecs:clustername": "cluster",
    "aws:cloudformation:stack-name": "stack",
}
"""Tags by which a provider itself says that a resource belongs to a group."""


def relations(inventory: pl.DataFrame, budgets: pl.DataFrame | None = None) -> pl.DataFrame:
    """Every relation that is known, columns as in `RELATIONS`.

    Attachments are those of the inventory, groups those that system tags name: a resource whose tags name none may belong to
    one all the same, so that only what is named is known.

    Args:
        inventory: Columns as in `inventory.SCHEMA`.
        budgets: `ProviderName`, `SubAccountId` and `budget_id` of budgets of whole sub-accounts; None if none are known.
    """
    attached = inventory.filter(pl.col("attached_to").is_not_null()).select(
        "ResourceId", pl.lit("attached to").alias("relation"), pl.col("attached_to").alias("id")
    ).explode("id", empty_as_null=True)  # fmt: skip
    tags = inventory.select("ResourceId", "tags").explode("tags", empty_as_null=False).drop_nulls("tags").unnest("tags")
    key = pl.col("key").str.to_lowercase()
    group = pl.format("{} {}", key.replace_strict(_GROUPS, default=None, return_dtype=pl.String), "value")
    named = tags.filter(key.is_in(list(_GROUPS))).select("ResourceId", pl.lit("member of").alias("relation"), id=group)
    parts = [attached, named]
    if budgets is not None:
        charged = inventory.select("ResourceId", "ProviderName", "SubAccountId").join(
            budgets, on=("ProviderName", "SubAccountId"), how="left"
        )  # fmt: skip
        parts.append(charged.select("ResourceId", pl.lit("charged to budget").alias("relation"), pl.col("budget_id").alias("id")))
    return (
        pl.concat([part.select(pl.col(n).cast(t) for n, t in RELATIONS.items()) for part in parts]).unique().sort(list(RELATIONS))
    )


def with_dependants(matches: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Adds `dependants`, and `dependants_unknown`: the kinds of relation of which nothing is known for the resource.

    Args:
        matches: Rows with `ResourceId`.
        known: Columns as in `RELATIONS`.
    """
    held = known.group_by("ResourceId", maintain_order=True).agg(
        dependants=pl.struct("relation", "id").filter(pl.col("id").is_not_null()), told=pl.col("relation").unique()
    )
    joined = matches.join(held, on="ResourceId", how="left", maintain_order="left")
    untold = [pl.when(~pl.col("told").list.contains(kind).fill_null(value=False)).then(pl.lit(kind)) for kind in KINDS]
    return joined.with_columns(
        pl.col("dependants").fill_null(pl.lit([], pl.List(RELATION))).cast(pl.List(RELATION)),
        dependants_unknown=pl.concat_list(untold).list.drop_nulls(),
    ).drop("told")


def blast_radius(matches: pl.DataFrame) -> pl.DataFrame:
    """Per policy and currency what is at stake, the most costly first; currencies are never added.

    `resources` and `cost_30d` of those whose cost is known, `cost_unknown` the number of the others, `dependants` the things
    that depend on them, and `dependants_unknown` the number of resources of which some kind of relation is not known.
    """
    summed = matches.group_by("policy", "mode", "BillingCurrency").agg(
        resources=pl.col("ResourceId").n_unique(),
        cost_30d=pl.when(pl.col("cost_30d").is_not_null().any()).then(pl.col("cost_30d").sum()),
        cost_unknown=pl.col("cost_30d").is_null().sum(),
        dependants=pl.col("dependants").list.explode(empty_as_null=False).struct.field("id").n_unique(),
        dependants_unknown=(pl.col("dependants_unknown").list.len() > 0).sum(),
    )
    return summed.sort("BillingCurrency", "cost_30d", "policy", descending=(False, True, False), nulls_last=True)
