"""Versions of layers that something of the product still needs, though perhaps no function has them."""

import re
from collections.abc import Iterator

import polars as pl

from assets.layers import tables
from resources.lake import Lake

_OVER = ("rolled out", "rolled back")
_ARN = re.compile(r"arn:[^:\s\"]+:lambda:[^:\s\"]+:\d{12}:layer:[^:\s\"]+:\d+")


def held_versions(lake: Lake) -> dict[str, str]:
    """What needs a version, by its ARN: a roll-out that is not over, or that its zip is the latest build of its layer."""
    return {**dict(_latest_builds(lake)), **dict(_of_rollouts(lake))}


def _of_rollouts(lake: Lake) -> Iterator[tuple[str, str]]:
    """Every version that an open roll-out names: what functions had, and what they are to have."""
    for identity, record in (
        lake.scan(tables.ROLLOUTS).filter(~pl.col("state").is_in(_OVER)).select("rollout_id", "record").collect().iter_rows()
    ):
        for arn in _ARN.findall(record):
            yield arn, f"the roll-out {identity} is not over"


def _latest_builds(lake: Lake) -> Iterator[tuple[str, str]]:
    """Without it, the next run would publish the same zip again."""
    builds = lake.scan(tables.BUILDS).sort("built_at").group_by("layer").agg(pl.col("sha256").last())
    published = lake.scan(tables.PUBLICATIONS).join(builds, on=["layer", "sha256"], how="semi").select("arn").collect()
    for arn in published["arn"]:
        yield arn, "its zip is the latest build of the layer"
