"""The embedded deployment on one machine: its folders, its demo, and runs of its jobs in this process."""

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration import embedded_clouds
from orchestration.recovery import COMMAND_TAG, alone, close_abandoned_runs
from orchestration.settings import STATE, current_settings, inherited_environment, use_documents, use_local

_DAGSTER_YAML = """\
telemetry:
  enabled: false
retention:
  schedule: {purge_after_days: 90}
  sensor: {purge_after_days: {skipped: 7, failure: 30, success: 90}}
run_monitoring: {enabled: true, free_slots_after_run_end_seconds: 60}
concurrency:
  pools:
    granularity: op
    default_limit: 1
"""
_DEMO_BUDGETS = {
    "ops": {"reconcile_budgets": {"config": {"mode": "apply", "recipients": ["finops@acme.example"], "by": "the demo"}}}
}


class RunFailed(Exception):
    """A job failed; the message says which step, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a complete run of the FinOps jobs did."""

    days: list[tuple[date, date]]
    checks_failed: list[str]
    report: Path
    started: datetime


@dataclass(frozen=True, slots=True)
class Embedded:
    """One embedded deployment: `home` holds its state, `billing_root` the billing files, `inputs_root` what people supply."""

    home: Path
    billing_root: Path
    inputs_root: Path


def prepare(data: Path | None, *, state: Path = STATE) -> Embedded:
    """Set up the folders and the environment; without `data`, the demo's billing files are made.

    Each folder of data has a state of its own, so that a look at the demo and at one's own bills never mix.
    """
    if data is None:
        home = (state / "demo").absolute()
        root, inputs = home / "scenario" / "billing", home / "scenario" / "inputs"
    else:
        resolved = data.absolute()
        mark = hashlib.sha256(str(resolved).encode()).hexdigest()[:8]
        home = (state / f"{resolved.name}-{mark}").absolute()
        root, inputs = resolved, home / "inputs"
    for folder in (home / "dagster", home / "reports", home / "payment_models", home / "layers", inputs / "finops"):
        folder.mkdir(parents=True, exist_ok=True)
    (home / "dagster" / "dagster.yaml").write_text(_DAGSTER_YAML)
    use_local(home, root, inputs)
    if data is None:
        subprocess.run([sys.executable, "-m", "sandbox.scenario", "--out", str(home / "scenario")], check=True)
    return Embedded(home, root, inputs)


def prepare_documents(location: str, *, state: Path = STATE) -> Embedded:
    """Set up the folders and the environment for one's own documents; see `use_documents`."""
    use_documents(location, state)
    settings = current_settings()
    for folder in (
        settings.home / "dagster",
        settings.home / "reports",
        settings.billing_root,
        settings.inputs_root / "documents",
    ):
        folder.mkdir(parents=True, exist_ok=True)
    (settings.home / "dagster" / "dagster.yaml").write_text(_DAGSTER_YAML)
    return Embedded(settings.home, settings.billing_root, settings.inputs_root)


@contextmanager
def clouds(place: Embedded, *, demo: bool, port: int = 0) -> Iterator[None]:
    """The clouds of the demo while the block runs; one's own bills have none.

    Args:
        place: The deployment; it keeps the state of its clouds.
        demo: Whether it is the demo's.
        port: Of AWS, the next one being the Oracle cloud's; free ones if 0.
    """
    if not (demo and embedded_clouds.are_there()):
        yield
        return
    with embedded_clouds.running(place.home, port):
        yield


def run_finops(again: bool, step: Callable[[str], None]) -> Summary:  # noqa: FBT001
    """Run intake, the days that need it, and the overview, in this process, recorded in the instance that the UI shows."""
    from orchestration.definitions import build_defs
    from orchestration.pending import changed_days
    from resources.clock import Clock

    definitions, started = build_defs(), Clock().now()
    with _instance() as instance:
        step("Inspecting billing files")
        failed = _run(definitions, instance, "finops_intake")
        days = changed_days(instance, today=Clock().today(), everything=again)
        for number, (first, last) in enumerate(days, 1):
            step(f"Days {first} to {last} ({number} of {len(days)} ranges)")
            config = {"ops": {"finops__cost_and_usage": {"config": {"again": again}}}}
            failed += _run(definitions, instance, "finops_days", run_config=config, tags=_range_tags(first, last))
        if current_settings().clouds.oci_endpoint:
            step("Usage as Oracle's API tells it")
            failed += _run(
                definitions, instance, "finops_oci_usage", run_config={"ops": {"finops__oci_usage": {"config": {"days": 366}}}}
            )
            step("What machines and databases use")
            failed += _run(definitions, instance, "finops_utilisation")
        step("Anomalies, forecasts, recommendations, report")
        failed += _run(definitions, instance, "finops_overview")
        if current_settings().clouds.oci_endpoint:
            step("Budgets and alert rules in both clouds")
            failed += _run(definitions, instance, "finops_budgets", run_config=_DEMO_BUDGETS)
    if current_settings().clouds.oci_endpoint:
        write_report(None)  # once more: what was changed in the clouds is in it
    from assets.finops.finops_report import REPORT_KEY

    return Summary(days, failed, current_settings().home / "reports" / REPORT_KEY, started)


def run_documents(step: Callable[[str], None]) -> list[str]:
    """Take documents in, embed what is new and measure how well they are found; returns the checks that failed."""
    return _one_after_another(
        step, ("Reading and embedding documents", "documents_refresh"), ("How well documents are found", "documents_upkeep")
    )


def run_invoices(step: Callable[[str], None]) -> list[str]:
    """Read invoices that arrived, and bring what follows from them up to date; returns the checks that failed."""
    return _one_after_another(
        step, ("Reading invoices", "invoices_refresh"), ("When invoices will be paid", "payment_model_retrain")
    )


def run_fleet(step: Callable[[str], None]) -> list[str]:
    """Look at every database twice, since rates are of the time between, judge them, and write the fleet report.

    Returns the checks that failed; nothing is done where there is no cloud to ask.
    """
    if not current_settings().clouds.oci_endpoint:
        return []
    return _one_after_another(
        step,
        ("Looking at every database", "fleet_refresh"),
        ("What databases do, when they are full, what to do about it", "fleet_report"),
    )


def run_layers(step: Callable[[str], None]) -> list[str]:
    """Build layers and look through them, see who uses which version, and plan what may be deleted; nothing is published.

    Returns the checks that failed; nothing is done where there is no cloud to ask.
    """
    if not current_settings().clouds.aws_endpoint:
        return []
    return _one_after_another(
        step,
        ("Building Lambda layers, looking through them and testing them", "layer_build"),
        ("Who uses which layer", "layer_report"),
        ("Which versions of layers may go", "layer_cleanup"),
    )


def _one_after_another(step: Callable[[str], None], *jobs: tuple[str, str]) -> list[str]:
    """Run jobs, each with what is said of it before; returns the checks that failed."""
    from orchestration.definitions import build_defs

    definitions, failed = build_defs(), []
    with _instance() as instance:
        for said, job in jobs:
            step(said)
            failed += _run(definitions, instance, job)
    return failed


def backfill(first: date, last: date, *, a_run_a_day: bool, step: Callable[[str], None]) -> int:
    """Materialize the days again, as one run over the range or a run a day; returns the number of runs."""
    from datetime import timedelta

    from orchestration.definitions import build_defs

    definitions = build_defs()
    span = (last - first).days + 1
    days = [first + timedelta(days=n) for n in range(span)]
    ranges = [(d, d) for d in days] if a_run_a_day else [(first, last)]
    with _instance() as instance:
        for start, end in ranges:
            step(f"Days {start} to {end}")
            _run(definitions, instance, "finops_days", tags=_range_tags(start, end))
    return len(ranges)


def write_report(out: Path | None) -> Path:
    """Write the report from what the lake holds, and once more to `out`; returns where to look at it."""
    from assets.finops.finops_report import REPORT_KEY, report_data, store_pages
    from assets.finops.finops_report import write_report as write
    from orchestration.wiring import local_lake, local_reports
    from resources.clock import Clock
    from resources.object_store import LocalObjectStore

    settings = current_settings()
    with alone(settings.home):
        report = write(report_data(local_lake(settings), Clock()), local_reports(settings))
    if out is None:
        return settings.home / "reports" / REPORT_KEY
    out.parent.mkdir(parents=True, exist_ok=True)
    store_pages(report, LocalObjectStore(root=str(out.parent)), out.name)
    return out


def decide(**decision: str | None) -> None:
    """Store what somebody decided (see `jobs.decisions.DecisionConfig`); raises RunFailed if it is refused."""
    from jobs.decisions import run_config
    from orchestration.definitions import build_defs

    definitions = build_defs()
    with _instance() as instance:
        _run(definitions, instance, "finops_decision", run_config=dict(run_config(**decision)))


@contextmanager
def _instance() -> Iterator[dg.DagsterInstance]:
    """The deployment's instance, for this command alone and without what a killed one left in it."""
    with alone(current_settings().home), dg.DagsterInstance.get() as instance:
        close_abandoned_runs(instance)
        yield instance


def _range_tags(first: date, last: date) -> dict[str, str]:
    from assets.finops.partitions import range_tags

    return range_tags(first, last)


def _run(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    job: str,
    *,
    run_config: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
) -> list[str]:
    """Run one job; returns the checks that failed. Raises RunFailed."""
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    result = definitions.resolve_job_def(job).execute_in_process(
        instance=instance, run_config={**(run_config or {}), **quiet}, tags={**(tags or {}), **COMMAND_TAG}, raise_on_error=False
    )
    failed = [c for c in result.get_asset_check_evaluations() if not c.passed]
    if not result.success:
        raise RunFailed("\n".join([f"{job} failed"] + _reasons(result) + [f"check failed: {_named(c)}" for c in failed]))
    return [_named(c) for c in failed]


def _named(check: dg.AssetCheckEvaluation) -> str:
    return f"{check.asset_key.to_user_string()}: {check.check_name}"


def _reasons(result: dg.ExecuteInProcessResult) -> list[str]:
    reasons = []
    for event in result.all_events:
        if event.is_step_failure and event.step_failure_data.error:
            error = event.step_failure_data.error
            while error.cause:
                error = error.cause
            described = event.step_failure_data.user_failure_data
            reasons.append(f"{event.step_key}: {described.description if described else error.message.strip()}")
    return reasons


@contextmanager
def processes(*commands: list[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Child processes that end, all of them, with the block."""
    # single-run backfills are marked beta; a user of the UI cannot act on that
    quiet = {**inherited_environment(), "PYTHONWARNINGS": "ignore:Parameter `backfill_policy`"}
    running = [subprocess.Popen(command, start_new_session=True, env=quiet) for command in commands]
    try:
        yield running
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
