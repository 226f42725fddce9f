"""Tables of what was built, looked through, tested and published: a row per zip (`sha256`) and what was asked of it."""

import polars as pl

from resources.tables import UTC, Column, Table

_LAYER = Column("layer", pl.String(), "Name of the layer.", nullable=False)
_SHA = Column("sha256", pl.String(), "SHA-256 of the zip, hexadecimal: its identity.", nullable=False)
_VERDICT = "`passed`, `failed`, or `unknown`: could not be looked at."

BUILDS = Table(
    name="layers/builds",
    description="Zips of layers that were built; they lie in the store of layers. A row per zip.",
    columns=(
        _SHA,
        _LAYER,
        Column("specification", pl.String(), "Name in `layers/layers.yaml`.", nullable=False),
        Column("kind", pl.String(), "`python` or `node`.", nullable=False),
        Column("runtimes", pl.List(pl.String()), "That it is for.", nullable=False),
        Column("architectures", pl.List(pl.String()), "That it is for.", nullable=False),
        Column("source_sha256", pl.String(), "SHA-256 of everything that it was made from.", nullable=False),
        Column("key", pl.String(), "In the store of layers.", nullable=False),
        Column("zip_bytes", pl.Int64(), "Size of the zip.", nullable=False),
        Column("unzipped_bytes", pl.Int64(), "Size of its files.", nullable=False),
        Column("files", pl.Int64(), "How many files.", nullable=False),
        Column("packages", pl.String(), "What it holds: JSON list of `name`, `version`, `bytes`, `license`.", nullable=False),
        Column("imports", pl.List(pl.String()), "Modules that have to load.", nullable=False),
        Column("budget", pl.String(), f"Against the version before: {_VERDICT}", nullable=False),
        Column("budget_reason", pl.String(), "What is over budget and which packages grew; empty if nothing.", nullable=False),
        Column("built_at", UTC, "When.", nullable=False),
    ),
)
SCANS = Table(
    name="layers/scans",
    description="What looking through a zip found, the latest look. A row per layer and what it is for.",
    columns=(
        _SHA,
        _LAYER,
        Column("runtimes", pl.List(pl.String()), "That it was looked through for.", nullable=False),
        Column("architectures", pl.List(pl.String()), "That it was looked through for.", nullable=False),
        Column("rules", pl.Int64(), "Version of the rules that it was looked through by; null if it could not be."),
        Column("verdict", pl.String(), _VERDICT, nullable=False),
        Column("score", pl.Float64(), "100 less the weights of what was found and is not allowed, at least 0.", nullable=False),
        Column("high", pl.Int64(), "Findings of that severity which are not allowed.", nullable=False),
        Column("medium", pl.Int64(), "Findings of that severity which are not allowed.", nullable=False),
        Column("low", pl.Int64(), "Findings of that severity which are not allowed.", nullable=False),
        Column("allowed", pl.Int64(), "Findings that the allow-list lets pass.", nullable=False),
        Column("vulnerabilities", pl.String(), "`clean`, `found`, or `unknown` with the reason.", nullable=False),
        Column(
            "findings", pl.String(), "JSON list: `rule`, `severity`, `path`, `line`, `detail`, `allowed_until`.", nullable=False
        ),
        Column("scanned_at", UTC, "When.", nullable=False),
    ),
)
TESTS = Table(
    name="layers/tests",
    description="Tests of a zip, on this machine or in an account: the latest result of each, by what was asked for.",
    columns=(
        _SHA,
        _LAYER,
        Column("runtime", pl.String(), "That it was tested with.", nullable=False),
        Column("architecture", pl.String(), "That it was tested with.", nullable=False),
        Column("where", pl.String(), "`local`, or `ACCOUNT/REGION`.", nullable=False),
        Column("asked", pl.String(), "Identity of the imports, smoke code and bound that the specification asked for."),
        Column("verdict", pl.String(), _VERDICT, nullable=False),
        Column("reason", pl.String(), "What failed or could not be done; empty if nothing.", nullable=False),
        Column("import_seconds", pl.Float64(), "Time that the imports took, median of the runs; null if not measured."),
        Column("cold_start_ms", pl.Float64(), "`Init Duration` of a temporary function, median; null if not measured."),
        Column(
            "before_ms",
            pl.Float64(),
            "Cold start (`local`: imports) of the version before, measured in the same run; null if there is none.",
        ),
        Column("tested_at", UTC, "When.", nullable=False),
    ),
)
PUBLICATIONS = Table(
    name="layers/publications",
    description="Versions that the product published.",
    columns=(
        Column("arn", pl.String(), "Of the version.", nullable=False),
        _SHA,
        _LAYER,
        Column("account", pl.String(), "Who owns it.", nullable=False),
        Column("region", pl.String(), "Where.", nullable=False),
        Column("version", pl.Int64(), "Number.", nullable=False),
        Column("published_at", UTC, "When.", nullable=False),
    ),
)
