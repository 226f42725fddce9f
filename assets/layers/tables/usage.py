"""Tables of who uses which layer, of the versions that there are, of where was looked, and of adoption over time."""

import polars as pl

from resources.tables import UTC, Column, Table

_ACCOUNT = Column("account", pl.String(), "Number of the account.", nullable=False)
_REGION = Column("region", pl.String(), "Region.", nullable=False)
_READ_AT = Column(
    "read_at", UTC, "When this was read: of a place that cannot be read any more, what was known last stays.", nullable=False
)
USAGE = Table(
    name="layers/usage",
    description="Who uses which layer: a row per version of a layer and version of a function (`$LATEST` or published).",
    columns=(
        Column("layer_version", pl.String(), "ARN of the version of the layer.", nullable=False),
        Column("layer", pl.String(), "ARN of the layer.", nullable=False),
        Column("name", pl.String(), "Name of the layer.", nullable=False),
        Column("version", pl.Int64(), "Number of the version of the layer.", nullable=False),
        Column("position", pl.Int64(), "Which of the function's layers it is, from 1; the last one overwrites.", nullable=False),
        Column("function", pl.String(), "ARN of the function, without a version.", nullable=False),
        Column("function_name", pl.String(), "Name of the function.", nullable=False),
        Column("function_version", pl.String(), "`$LATEST` or a number.", nullable=False),
        Column("account", pl.String(), "Account of the function.", nullable=False),
        Column("region", pl.String(), "Region of both.", nullable=False),
        Column("runtime", pl.String(), "Of the function's version; null of an image."),
        Column("memory_mb", pl.Int64(), "Of the function's version.", nullable=False),
        Column("aliases", pl.List(pl.String()), "Aliases that call this version; null if they could not be read."),
        _READ_AT,
    ),
)  # fmt: skip
VERSIONS = Table(
    name="layers/versions",
    description="Versions of layers that there are in the places looked at, and all others that functions use.",
    columns=(
        Column("layer_version", pl.String(), "ARN of the version.", nullable=False),
        Column("layer", pl.String(), "ARN of the layer.", nullable=False),
        Column("name", pl.String(), "Name of the layer.", nullable=False),
        Column("version", pl.Int64(), "Number.", nullable=False),
        Column("account", pl.String(), "Account that owns it.", nullable=False),
        _REGION,
        Column(
            "state",
            pl.String(),
            "`there`; `deleted`: functions that have it keep it, and can no longer be given it; `not granted`: an account that "
            "uses it may no longer do so, with the same effect; `unknown`: could not be read.",
            nullable=False,
        ),
        Column("reason", pl.String(), "Why the state is not `there`; empty if it is.", nullable=False),
        Column("is_newest", pl.Boolean(), "Whether no higher number of the layer is there; null if that is not known."),
        Column("description", pl.String(), "Of its publisher; null if it could not be read."),
        Column("created", UTC, "When it was published; null if unknown."),
        Column("runtimes", pl.List(pl.String()), "That it is said to be for; null if it could not be read."),
        Column("architectures", pl.List(pl.String()), "That it is said to be for; null if it could not be read."),
        Column("zip_bytes", pl.Int64(), "Size of its zip; null if unknown."),
        Column("sha256", pl.String(), "Of its zip, base64, as AWS tells it; null if unknown."),
        Column("grants", pl.List(pl.String()), "Accounts and organisations that may use it, `*` for everybody; null if unknown."),
        Column("functions", pl.Int64(), "Functions of the places looked at whose `$LATEST` has it.", nullable=False),
        Column("function_versions", pl.Int64(), "Versions of functions that have it, `$LATEST` included.", nullable=False),
        _READ_AT,
    ),
)  # fmt: skip
PLACES = Table(
    name="layers/places",
    description="Accounts and regions that were looked at, and whether all of each could be read. One row per place.",
    columns=(
        _ACCOUNT,
        _REGION,
        Column("read_at", UTC, "When it was looked at last.", nullable=False),
        Column("is_complete", pl.Boolean(), "Whether all functions, aliases and layers could be read.", nullable=False),
        Column("reasons", pl.List(pl.String()), "What could not be read, and why.", nullable=False),
        Column("functions", pl.Int64(), "Functions; null if they could not be listed."),
        Column("function_versions", pl.Int64(), "Their versions, `$LATEST` included; null if they could not be listed."),
        Column("layers", pl.Int64(), "Layers that it owns; null if they could not be listed."),
        Column("layer_versions", pl.Int64(), "Their versions; null if they could not all be listed."),
        Column("runtimes", pl.String(), "Functions by the runtime of their `$LATEST`: JSON object; null if unknown."),
        Column("code_bytes", pl.Int64(), "Code storage that is used; null if unknown."),
        Column("code_limit_bytes", pl.Int64(), "Code storage that there may be; null if unknown."),
    ),
)
ADOPTION = Table(
    name="layers/adoption",
    description="How many functions use each version of a layer, by day: the last look of the day.",
    columns=(
        Column("day", pl.Date(), "Day (UTC).", nullable=False),
        Column("layer_version", pl.String(), "ARN of the version.", nullable=False),
        Column("layer", pl.String(), "ARN of the layer.", nullable=False),
        Column("version", pl.Int64(), "Number.", nullable=False),
        Column("functions", pl.Int64(), "Functions whose `$LATEST` has it.", nullable=False),
        Column("function_versions", pl.Int64(), "Versions of functions that have it, `$LATEST` included.", nullable=False),
        Column("memory_mb", pl.Int64(), "Memory of these functions together.", nullable=False),
        Column("is_complete", pl.Boolean(), "Whether all places could be read that day.", nullable=False),
    ),
    partition_by=("day",),
)
