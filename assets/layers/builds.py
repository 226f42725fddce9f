"""The asset of builds: zips of all layers that are asked for, made anew only where their specification or lock changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.layers import tables
from assets.layers.building.layers import made
from assets.layers.known import known_bundles, published_shas
from assets.layers.logic.assembly import Build, Content
from assets.layers.logic.budgets import judged
from assets.layers.logic.bundles import Bundle, current
from assets.layers.logic.products import BuiltLayer, LayerSpecification
from assets.layers.logic.sources import Combination, combinations
from assets.layers.specifications import specifications_of
from resources.clock import Clock
from resources.errors import BadInput, CloudOpsError, NotFound
from resources.lake import Lake
from resources.lambda_layers import MOST_DIRECT_ZIP_BYTES, MOST_LAYERS, MOST_UNZIPPED_BYTES
from resources.object_store import ObjectStore
from resources.package_index import pip_configuration

_KEY = dg.AssetKey(["layers", "builds"])
_BUILT, _FITS, _BUDGETS = "every_layer_is_built", "every_layer_fits_a_function", "every_layer_is_within_its_budget"


class LayerBuildsConfig(dg.Config):
    """Which layers are built, and of what."""

    layers: list[str] = Field(default=[], description="Names in `layers/layers.yaml`; all if empty.")
    upgrade: bool = Field(
        default=False,
        description="Whether the newest versions that the requirements allow are looked for. Otherwise a layer keeps the "
        "versions of its last build, as far as its requirements allow them.",
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a layer.

    Attributes:
        layer: Its name.
        builds: Zips that were made; empty if none had to be, or none could be.
        content: What they hold.
        failure: Why it could not be built; empty if it is there.
    """

    layer: str
    builds: tuple[Build, ...] = ()
    content: Content | None = None
    failure: str = ""


@dg.asset(
    key=_KEY,
    group_name="layers",
    owners=["team:platform"],
    kinds={"python", "deltalake"},
    metadata=table_metadata(tables.BUILDS),
    check_specs=[
        dg.AssetCheckSpec(_BUILT, asset=_KEY, description="No layer of `layers/layers.yaml` failed to be built in this run."),
        dg.AssetCheckSpec(
            _FITS, asset=_KEY, description="Lambda takes the newest zips of every layer, with all parts of one that is split."
        ),
        dg.AssetCheckSpec(
            _BUDGETS,
            asset=_KEY,
            description="No newest zip is larger, or has grown more, than its budget allows. Packages that grew are named.",
        ),
    ],
)
def layer_builds(
    config: LayerBuildsConfig,
    lake: Lake,
    clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    layer_store: dg.ResourceParam[ObjectStore],
) -> dg.MaterializeResult:
    """Build the layers that changed; each is kept as soon as it is built, and one that fails stops no other."""
    with errors_classified():
        specifications = {one.name: one for one in specifications_of(inputs_store)}
        workshop = _Workshop(lake, clock, inputs_store, layer_store, config)
        outcomes = [
            workshop.outcome(specifications[name], combination)
            for name in _chosen(config.layers, specifications)
            for combination in combinations(specifications[name])
        ]
        newest = current(known_bundles(lake), specifications)
    return _told(outcomes, newest)


def build_row(build: BuiltLayer, budget: tuple[str, str], now: datetime) -> dict[str, Any]:
    """A zip as a row of `layers/builds`."""
    row = asdict(build)
    row["packages"] = json.dumps([asdict(one) for one in build.packages])
    return {**row, "budget": budget[0], "budget_reason": budget[1], "built_at": now}


def lock_key(key: str) -> str:
    """Where the lock of a zip is kept."""
    return f"{key.removesuffix('.zip')}.lock.txt"


def sbom_key(key: str) -> str:
    """Where the bill of materials of a zip is kept."""
    return f"{key.removesuffix('.zip')}.sbom.json"


def _chosen(names: Sequence[str], specifications: Mapping[str, LayerSpecification]) -> list[str]:
    unknown = sorted(set(names) - set(specifications))
    if unknown:
        raise BadInput(f"there is no layer {unknown[0]!r}", f"There are: {', '.join(specifications) or 'none'}.")
    return [name for name in specifications if not names or name in names]


class _Workshop:
    """Builds layers, and keeps what is made."""

    def __init__(
        self, lake: Lake, clock: Clock, inputs_store: ObjectStore, layer_store: ObjectStore, config: LayerBuildsConfig
    ) -> None:
        self._lake, self._clock, self._inputs, self._store = lake, clock, inputs_store, layer_store
        self._upgrade = config.upgrade
        self._known, self._published = known_bundles(lake), published_shas(lake)

    def outcome(self, specification: LayerSpecification, combination: Combination) -> _Outcome:
        latest = next((one for one in self._known if _is_of(one, specification, combination)), None)
        lock, known_source = ("", "") if latest is None else (self._lock(latest), self._source(latest))
        try:
            done = made(
                specification, combination, self._inputs, pip_configuration(),
                lock=lock, known_source=known_source, upgrade=self._upgrade,
            )  # fmt: skip
            if done.builds:
                self._keep(done.builds, specification)
            elif latest is not None:
                self._judge_again(latest, specification)
        except CloudOpsError as error:
            return _Outcome(combination.layer, failure=str(error))
        return _Outcome(combination.layer, done.builds, done.content)

    def _lock(self, bundle: Bundle) -> str:
        try:
            return self._store.get(lock_key(bundle.builds[0].key)).decode()
        except NotFound:
            return ""

    def _source(self, bundle: Bundle) -> str:
        """What a bundle was made of; empty if any of its zips is no longer there."""
        try:
            for build in bundle.builds:
                self._store.head(build.key)
        except NotFound:
            return ""
        return bundle.builds[0].source_sha256

    def _keep(self, builds: Sequence[Build], specification: LayerSpecification) -> None:
        """Zips first, then their rows: a row never names what is not there."""
        now = self._clock.now()
        rows = []
        for build in builds:
            self._store.put(sbom_key(build.layer.key), build.sbom)
            self._store.put(lock_key(build.layer.key), build.lock.encode())
            self._store.put(build.layer.key, build.zip)
            rows.append(build_row(build.layer, self._budget(build.layer, specification), now))
        self._write(rows)

    def _judge_again(self, bundle: Bundle, specification: LayerSpecification) -> None:
        """Hold zips that are there against their budget as it is said now."""
        budgets = tuple(self._budget(build, specification) for build in bundle.builds)
        if budgets != bundle.budgets:
            kept = zip(bundle.builds, budgets, strict=True)
            self._write([build_row(build, budget, bundle.built_at) for build, budget in kept])

    def _budget(self, layer: BuiltLayer, specification: LayerSpecification) -> tuple[str, str]:
        before = self._before(layer)
        former = (None, ()) if before is None else (before.unzipped_bytes, before.packages)
        return judged(specification.budget, layer.unzipped_bytes, layer.packages, *former)

    def _write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        same = " OR ".join(f"(\"sha256\" = '{row['sha256']}' AND \"layer\" = '{row['layer']}')" for row in rows)
        self._lake.replace(tables.BUILDS, pl.DataFrame(rows, schema=tables.BUILDS.schema), where=same)

    def _before(self, layer: BuiltLayer) -> BuiltLayer | None:
        """The newest other zip of the layer that was published, else the newest other one."""
        others = [
            one for bundle in self._known for one in bundle.builds if one.layer == layer.layer and one.sha256 != layer.sha256
        ]
        return next(iter([*(one for one in others if one.sha256 in self._published), *others]), None)


def _is_of(bundle: Bundle, specification: LayerSpecification, combination: Combination) -> bool:
    first = bundle.builds[0]
    return (first.specification, first.runtimes, first.architectures) == (
        specification.name, combination.runtimes, combination.architectures,
    )  # fmt: skip


def _told(outcomes: Sequence[_Outcome], newest: Sequence[Bundle]) -> dg.MaterializeResult:
    failed = {one.layer: one.failure for one in outcomes if one.failure}
    parts = [part for one in outcomes for part in one.builds]
    judged_zips = [one for bundle in newest for one in zip(bundle.builds, bundle.budgets, strict=True)]
    over = {build.layer: reason for build, (verdict, reason) in judged_zips if verdict != "passed"}
    unfit = {bundle.name: reason for bundle in newest if (reason := _unfit(bundle))}
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(len(bundle.builds) for bundle in newest),
            "built": len(parts),
            "unchanged": sum(not one.builds and not one.failure for one in outcomes),
            "failed": len(failed),
            "zip_megabytes": sum(build.zip_bytes for bundle in newest for build in bundle.builds) / 1e6,
            "layers": markdown_table(_table(newest, over), limit=200),
            "stripped": markdown_table(_stripped(outcomes), limit=200),
            **({"failures": _list(failed)} if failed else {}),
        },
        check_results=[_check(_BUILT, failed), _check(_FITS, unfit), _check(_BUDGETS, over)],
    )


def _unfit(bundle: Bundle) -> str:
    unzipped, parts = sum(build.unzipped_bytes for build in bundle.builds), len(bundle.builds)
    if unzipped > MOST_UNZIPPED_BYTES:
        return f"{unzipped:,} bytes unzipped are more than the {MOST_UNZIPPED_BYTES:,} that a function takes"
    return f"it has {parts} parts, and a function takes {MOST_LAYERS} layers" if parts > MOST_LAYERS else ""


def _table(newest: Sequence[Bundle], over: Mapping[str, str]) -> pl.DataFrame:
    rows = [
        {
            "layer": build.layer,
            "for": ", ".join((*build.runtimes, *build.architectures)),
            "zip MB": round(build.zip_bytes / 1e6, 2),
            "unzipped MB": round(build.unzipped_bytes / 1e6, 2),
            "files": build.files,
            "packages": ", ".join(f"{one.name} {one.version}" for one in build.packages),
            "goes": "through a bucket" if build.zip_bytes > MOST_DIRECT_ZIP_BYTES else "in the request",
            "budget": over.get(build.layer, "kept"),
            "built": f"{bundle.built_at:%Y-%m-%d %H:%M}",
            "sha256": build.sha256[:12],
        }
        for bundle in newest
        for build in bundle.builds
    ]
    return pl.DataFrame(rows)


def _stripped(outcomes: Sequence[_Outcome]) -> pl.DataFrame:
    rows = [
        {
            "layer": one.layer,
            "stripped": ", ".join(f"{why} {size / 1e6:,.2f} MB" for why, size in one.content.removed.items()) or "nothing",
            "left out": ", ".join(one.content.left_out) or "nothing",
        }
        for one in outcomes
        if one.content is not None
    ]
    return pl.DataFrame(rows)


def _check(name: str, wrong: Mapping[str, str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name, asset_key=_KEY, passed=not wrong, severity=dg.AssetCheckSeverity.ERROR,
        metadata={"wrong": _list(wrong)} if wrong else {},
    )  # fmt: skip


def _list(wrong: Mapping[str, str]) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md("\n".join(f"- **{name}**: {reason}" for name, reason in sorted(wrong.items())))
