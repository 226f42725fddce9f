"""Layers are tested in an account, published where everything speaks for it, and shared as their specifications say."""

from dataclasses import dataclass
from typing import Any, Literal

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table
from assets.failures import errors_classified
from assets.journal import Journal
from assets.layers import tables
from assets.layers.known import keep_tests
from assets.layers.layer_tests import test_rows
from assets.layers.logic.bundles import Bundle
from assets.layers.logic.products import LayerSpecification
from assets.layers.logic.publishing import GRANT, REVOKE
from assets.layers.logic.testing import Tested
from assets.layers.measured import cold_start_points, size_points
from assets.layers.specifications import specifications_of
from jobs.layer_account_tests import Order, TestWorld, in_account, remove_leftovers
from jobs.layer_publish_changes import PublishWorld, keep_publications, publish, settle, share
from jobs.layer_publish_plans import Plan, before, planned, told
from resources.clock import Clock
from resources.errors import BadInput, PermanentError, Unavailable
from resources.lake import Lake
from resources.lambda_service import LambdaService
from resources.metrics_sink import MetricsSink
from resources.object_store import ObjectStore

_Tests = list[tuple[Bundle, tuple[str, str], Tested]]


class LayerPublishConfig(dg.Config):
    """Which layers are published, and how they are tested before."""

    mode: Literal["plan", "apply"] = Field(default="plan", description="`plan` only says what would be done.")
    layers: list[str] = Field(default=[], description="Names in `layers/layers.yaml`; all if empty.")
    cold_starts: int = Field(default=5, ge=1, le=50, description="Cold starts that are measured, of each version.")
    memory_mb: int = Field(default=1024, ge=128, le=10_240, description="Memory of the temporary function.")
    seconds: int = Field(default=60, ge=1, le=900, description="Longest run of the temporary function.")
    by: str = Field(default="cloudops", min_length=1, description="Who lets this happen, for the journal.")


@dg.op(
    description="Tests zips in a temporary function, publishes those that passed everything, and shares all versions as said.",
    pool="lambda",
)
def publish_layers(
    context: dg.OpExecutionContext,
    config: LayerPublishConfig,
    lake: dg.ResourceParam[Lake],
    clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    layer_store: dg.ResourceParam[ObjectStore],
    lambda_service: dg.ResourceParam[LambdaService],
    layer_metrics: dg.ResourceParam[MetricsSink],
) -> None:
    """Plan, print the plan, and act only if told to. What an earlier run left behind is removed first."""
    with errors_classified():
        if (missing := lambda_service.missing()) is not None:
            raise BadInput("Lambda cannot be asked", missing)
        journal = Journal(lake, tables.JOURNAL, context.run_id, config.by)
        world = PublishWorld(lambda_service, layer_store, lake, clock, journal)
        plan = planned(lambda_service, lake, _wanted(inputs_store, config))
        rows = told(plan)
        context.log.info("plan\n%s", rows)
        metadata: dict[str, Any] = {"mode": config.mode, "plan": markdown_table(rows, limit=500), "public": len(plan.public)}
        if plan.public:
            context.log.error("everybody in the world may use %s", ", ".join(map(str, plan.public)))
        if config.mode == "apply":
            done = _applied(world, plan, config, layer_metrics)
            metadata |= done.metadata
            plan.problems.extend(done.problems)
            for reason in done.not_posted:
                context.log.warning("not posted: %s", reason)
        context.add_output_metadata(metadata)
        if plan.problems:
            kind = Unavailable if plan.looked.silent else PermanentError
            raise kind("; ".join(plan.problems), "Everything else was done; docs/operations.md says what to do.")


@dataclass(slots=True)
class _Done:
    metadata: dict[str, Any]
    problems: list[str]
    not_posted: list[str]


def _wanted(inputs_store: ObjectStore, config: LayerPublishConfig) -> dict[str, LayerSpecification]:
    found = {one.name: one for one in specifications_of(inputs_store)}
    if lost := sorted(set(config.layers) - set(found)):
        raise BadInput(f"no layer is called {', '.join(lost)}", f"Write names as layers/layers.yaml does: {', '.join(found)}.")
    return {name: one for name, one in found.items() if not config.layers or name in config.layers}


def _applied(world: PublishWorld, plan: Plan, config: LayerPublishConfig, sink: MetricsSink) -> _Done:
    order = Order(config.cold_starts, config.memory_mb, config.seconds)
    testing = TestWorld(world.service, world.store, world.journal, world.clock, order)
    removed = remove_leftovers(testing)
    settle(world, plan.looked)
    there = plan.looked.there
    keep_publications(world, [(one.build, there[one.key]) for one in plan.targets if one.key in there])
    tests, problems = _tested(testing, world, plan)
    plan.judge(world.lake)
    passed = plan.passed
    problems += removed.failed + publish(world, passed, plan.looked)
    shared, not_shared = share(world, plan.looked, plan.layers)
    published = [one for one in passed if one.key in there]
    versions = [(str(one.place), one.build.layer, there[one.key].arn.version, str(there[one.key].arn)) for one in published]
    metadata = {
        "tests": markdown_table(_tests_frame(tests), limit=100),
        "versions_published": markdown_table(pl.DataFrame(versions, schema=_VERSIONS, orient="row"), limit=100),
        "published": len(published),
        "granted": sum(step.operation == GRANT for step in shared),
        "revoked": sum(step.operation == REVOKE for step in shared),
        "leftovers_removed": len(removed.done),
    }
    now = world.clock.now()
    points = [*cold_start_points(tests, now), *size_points([(one.bundle, one.build) for one in published], now)]
    refused = sink.post(points) if points else ()
    return _Done(metadata, problems + not_shared, [f"{one.point.name}: {one.reason}" for one in refused])


def _tested(testing: TestWorld, world: PublishWorld, plan: Plan) -> tuple[_Tests, list[str]]:
    """Test what no account has tested yet; what failed or was left behind is told."""
    found: _Tests = []
    problems: list[str] = []
    for target in plan.untested:
        bundle, place = target.bundle, target.place
        held_against = before(plan, bundle, place)
        outcome = in_account(testing, place, bundle, plan.gate(target).untested, target.specification, held_against)
        tested = [(bundle, combination, one) for combination, one in outcome.tested]
        keep_tests(world.lake, test_rows(tested, str(place), target.specification, world.clock.now()))
        found += tested
        problems += outcome.problems
        problems += [
            f"{bundle.name} is not published: its test in {place} with {runtime} on {architecture} is {one.verdict}: {one.reason}"
            for _, (runtime, architecture), one in tested
            if one.verdict != "passed"
        ]
    return found, problems


def _tests_frame(tests: _Tests) -> pl.DataFrame:
    rows = [(b.name, *combination, one.verdict, one.reason, one.took, one.before) for b, combination, one in tests]
    return pl.DataFrame(rows, schema=_TESTS, orient="row")


@dg.job(
    description="Tests layers in an account, publishes those whose scan, tests and budget passed, and brings grants to the "
    "desired state; only plans unless told to apply.",
    run_tags={"domain": "layers"},
)
def layer_publish() -> None:
    """Plan, or carry out, publishing and sharing."""
    publish_layers()


_VERSIONS = {"place": pl.String, "layer": pl.String, "version": pl.Int64, "arn": pl.String}
_TESTS = {
    "layer": pl.String, "runtime": pl.String, "architecture": pl.String, "verdict": pl.String, "reason": pl.String,
    "cold_start_ms": pl.Float64, "before_ms": pl.Float64,
}  # fmt: skip
