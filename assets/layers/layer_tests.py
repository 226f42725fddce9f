"""The asset of tests on this machine: whether what a layer holds loads and works, and how long loading takes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.layers import tables
from assets.layers.known import keep_tests, known_bundles, published_shas, scans_by_key, tests_by_key
from assets.layers.logic.bundles import Bundle, before, current
from assets.layers.logic.products import BuiltLayer, LayerSpecification, ScanKey
from assets.layers.logic.testing import LOCAL, Tested, asked_of_tests
from assets.layers.specifications import specifications_of
from assets.layers.testing.local import Subject, on_this_machine
from resources.clock import Clock
from resources.errors import NotFound
from resources.lake import Lake
from resources.limited_runs import Limits
from resources.object_store import ObjectStore

_KEY = dg.AssetKey(["layers", "tests"])
_CHECK = "every_layer_loads"


class LayerTestsConfig(dg.Config):
    """Which layers are tested, and how."""

    layers: list[str] = Field(default=[], description="Names in `layers/layers.yaml`; all if empty.")
    again: bool = Field(default=False, description="Whether zips that passed are tested again.")
    runs: int = Field(default=5, ge=3, le=100, description="How often loading is measured, in fresh processes.")
    seconds: float = Field(default=60, gt=0, description="Longest time of a process.")
    megabytes: int = Field(default=2048, ge=64, description="Most memory of a process.")


@dg.asset(
    key=_KEY,
    group_name="layers",
    owners=["team:platform"],
    kinds={"python", "deltalake"},
    metadata=table_metadata(tables.TESTS),
    deps=[dg.AssetKey(["layers", "builds"]), dg.AssetKey(["layers", "scans"])],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=_KEY,
            description="The newest zips of all layers load and work in a clean interpreter, in no more time than their budgets "
            "allow. What this machine cannot test is unknown, not fine: it is tested in an account before it is published.",
        )
    ],
)
def layer_tests(
    config: LayerTestsConfig,
    lake: Lake,
    clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    layer_store: dg.ResourceParam[ObjectStore],
) -> dg.MaterializeResult:
    """The newest zips of each layer, unpacked as in a function and loaded by clean interpreters of their runtimes.

    What its scan refused is not run.
    """
    with errors_classified():
        specifications = {one.name: one for one in specifications_of(inputs_store)}
        everything = known_bundles(lake)
        newest = current(everything, specifications)
        known = _Known(lake, specifications)
        bench = _Bench(layer_store, everything, published_shas(lake), scans_by_key(lake), config)
        due = [
            (bundle, combination)
            for bundle in newest
            if not config.layers or bundle.specification in config.layers
            for combination in bundle.combinations
            if config.again or not known.passed(bundle, combination)
        ]
        found = [(bundle, one, bench.tested(bundle, one, specifications[bundle.specification])) for bundle, one in due]
        for name, specification in specifications.items():
            keep_tests(lake, test_rows([one for one in found if one[0].specification == name], LOCAL, specification, clock.now()))
    return _told(newest, found, _Known(lake, specifications))


def test_rows(
    found: Sequence[tuple[Bundle, tuple[str, str], Tested]], where: str, specification: LayerSpecification, now: datetime
) -> pl.DataFrame:
    """Results as rows of `layers/tests`, one for each zip of a bundle.

    Args:
        found: What was tested, for which runtime and architecture, and what it proves.
        where: It was tested; on this machine, seconds of imports were measured, elsewhere milliseconds of cold starts.
        specification: Of all of them.
        now: When.
    """
    rows = []
    for bundle, (runtime, architecture), tested in found:
        local = where == LOCAL
        before_ms = tested.before if tested.before is None or not local else 1000 * tested.before
        rows += [
            {
                "sha256": build.sha256, "layer": build.layer, "runtime": runtime, "architecture": architecture, "where": where,
                "asked": asked_of_tests(specification),
                "verdict": tested.verdict, "reason": tested.reason, "import_seconds": tested.took if local else None,
                "cold_start_ms": None if local else tested.took, "before_ms": before_ms, "tested_at": now,
            }
            for build in bundle.builds
        ]  # fmt: skip
    return pl.DataFrame(rows, schema=tables.TESTS.schema)


class _Bench:
    """Tests bundles, and reads their zips once."""

    def __init__(
        self, store: ObjectStore, everything: Sequence[Bundle], published: frozenset[str],
        scans: Mapping[ScanKey, Mapping[str, Any]], config: LayerTestsConfig,
    ) -> None:  # fmt: skip
        self._store, self._everything, self._published, self._scans = store, everything, published, scans
        self._config = config

    def tested(self, bundle: Bundle, combination: tuple[str, str], specification: LayerSpecification) -> Tested:
        if (refused := self._refused(bundle)) is not None:
            return Tested("unknown", refused)
        try:
            subject = self._subject(bundle, combination, specification)
        except NotFound as error:
            return Tested("unknown", f"{error.message}: build it again")
        earlier = before(bundle, self._everything, self._published, combination)
        try:
            held_against = None if earlier is None else self._subject(earlier, combination, specification)
        except NotFound:
            held_against = None
        limits = Limits(seconds=self._config.seconds, megabytes=self._config.megabytes)
        return on_this_machine(subject, held_against, specification.budget.import_growth, self._config.runs, limits)

    def _refused(self, bundle: Bundle) -> str | None:
        """Why code of a bundle is not run; None if it is."""
        for build in bundle.builds:
            scan = self._scans.get(build.scan_key)
            if scan is None:
                return f"{build.layer} was not looked through, and so was not run: materialize layers/scans"
            if scan["verdict"] == "failed" or scan["high"]:
                return f"{build.layer} was not run: its scan refused it"
        return None

    def _subject(self, bundle: Bundle, combination: tuple[str, str], specification: LayerSpecification) -> Subject:
        runtime, architecture = combination
        contents = tuple(content_of(build, self._store) for build in bundle.builds)
        return Subject(
            bundle.builds[0].kind, runtime, architecture, contents, bundle.imports, specification.smoke, specification.leave_out
        )


def content_of(build: BuiltLayer, store: ObjectStore) -> bytes:
    """The zip that was built.

    Raises:
        NotFound: It is gone, or is no longer what was built.
    """
    content = store.get(build.key)
    if sha256(content).hexdigest() != build.sha256:
        raise NotFound(f"{build.key} is not the zip that was built", "Build the layer again.")
    return content


class _Known:
    """Results of what the specifications ask for now."""

    def __init__(self, lake: Lake, specifications: Mapping[str, LayerSpecification]) -> None:
        self._rows = {name: tests_by_key(lake, asked_of_tests(one)) for name, one in specifications.items()}

    def of(self, specification: str, sha: str, combination: tuple[str, str]) -> Mapping[str, Any] | None:
        return self._rows[specification].get((sha, *combination, LOCAL))

    def passed(self, bundle: Bundle, combination: tuple[str, str]) -> bool:
        rows = [self.of(bundle.specification, sha, combination) for sha in bundle.shas]
        return all(row is not None and row["verdict"] == "passed" for row in rows)


def _told(
    newest: Sequence[Bundle], found: Sequence[tuple[Bundle, tuple[str, str], Tested]], known: _Known
) -> dg.MaterializeResult:
    rows = [
        known.of(bundle.specification, build.sha256, combination)
        or {"layer": build.layer, "runtime": combination[0], "architecture": combination[1], "verdict": "unknown",
            "reason": "not tested", "import_seconds": None, "before_ms": None}
        for bundle in newest for combination in bundle.combinations for build in bundle.builds
    ]  # fmt: skip
    shown = pl.DataFrame(rows, schema={**_SHOWN}, infer_schema_length=None)
    heaviest = pl.DataFrame(
        [(bundle.name, runtime, name, seconds) for bundle, (runtime, _), one in found for name, seconds in one.heaviest],
        schema={"layer": pl.String, "runtime": pl.String, "package": pl.String, "seconds": pl.Float64},
        orient="row",
    )
    failed, dark = (shown.filter(pl.col("verdict") == verdict) for verdict in ("failed", "unknown"))
    lines = [f"{row['layer']} ({row['runtime']}): {row['reason']}" for row in [*failed.to_dicts(), *dark.to_dicts()]]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": shown.height,
            "tested": len(found),
            **{verdict: int((shown["verdict"] == verdict).sum()) for verdict in ("passed", "failed", "unknown")},
            "tests": markdown_table(shown, limit=100),
            "what_loading_spends_most_time_on": markdown_table(heaviest, limit=100),
        },
        check_results=[
            dg.AssetCheckResult(
                asset_key=_KEY,
                check_name=_CHECK,
                passed=failed.is_empty() and dark.is_empty(),
                severity=dg.AssetCheckSeverity.WARN if failed.is_empty() else dg.AssetCheckSeverity.ERROR,
                description="; ".join(lines) or "all of them do",
                metadata={"failed": len(failed), "unknown": len(dark)},
            )
        ],
    )


_SHOWN = {
    "layer": pl.String, "runtime": pl.String, "architecture": pl.String, "verdict": pl.String, "reason": pl.String,
    "import_seconds": pl.Float64, "before_ms": pl.Float64,
}  # fmt: skip
