"""Alerts about runs that failed and checks that did not pass, for Dagster without Dagster+.

Functions that group and format are pure; the two sensors read the instance and send. A daemon that is down
cannot alert on itself: watch its heartbeat from outside.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import dagster as dg

from resources.notifier import Notifier, Severity
from resources.redaction import redact

if TYPE_CHECKING:
    from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord
    from dagster_shared.error import SerializableErrorInfo

_LONGEST_LINE = 300
_MOST_NAMES = 5
_MOST_LINES = 40
_HISTORY_PAGE = 100


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: free of secrets."""

    title: str
    body: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class StepError:
    """Why one step of a run failed; `step` is None if the run failed outside its steps."""

    step: str | None
    error: str
    text: str


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """One evaluation of an asset check that did not pass; `run_id` is empty if no run did it."""

    asset: str
    check: str
    severity: Severity
    text: str
    run_id: str
    partition: str | None = None


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of an asset check, as the storage numbers it.

    `pending` may still be evaluated; `done` passed, or ended without an evaluation.
    """

    id: int
    state: Literal["failed", "pending", "done"]


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the executions of one check are dealt with.

    Attributes:
        settled: Nothing up to this storage id can change any more.
        alerted: Later ids whose failure has been sent already.
    """

    settled: int
    alerted: frozenset[int] = frozenset()


def settle(mark: Mark, executions: Iterable[Execution]) -> tuple[list[int], Mark]:
    """Ids of the failures to send now, and the mark after them.

    An execution keeps the id of its plan, so that an earlier one may fail after a later one has passed: those
    that are pending hold `settled` back. Each failure is sent once, whatever the order.
    """
    later = [execution for execution in executions if execution.id > mark.settled]
    failed = {execution.id for execution in later if execution.state == "failed"}
    pending = [execution.id for execution in later if execution.state == "pending"]
    settled = min(pending) - 1 if pending else max((execution.id for execution in later), default=mark.settled)
    alerted = frozenset(number for number in mark.alerted | failed if number > settled)
    return sorted(failed - mark.alerted), Mark(settled, alerted)


def run_failure_message(job: str, run_id: str, errors: Sequence[StepError]) -> Message:
    """One message for a failed run: its steps grouped by error class and first line of the text."""
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for error in errors:
        groups[error.error, _first_line(error.text)].append(error.step or "the run itself")
    lines = [f"{_names(steps)}: {kind}: {text}" for (kind, text), steps in groups.items()]
    return Message(redact(f"{job} failed"), "\n".join([*_shortened(lines), f"/runs/{run_id}"]), "failure")


def failed_checks_message(failures: Sequence[FailedCheck]) -> Message:
    """One message for all checks that failed since the last: grouped by asset."""
    by_asset: defaultdict[str, list[str]] = defaultdict(list)
    for failure in failures:
        where = f" [{failure.partition}]" if failure.partition else ""
        link = f" /runs/{failure.run_id}" if failure.run_id else ""
        kind = "error" if failure.severity == "failure" else "warning"
        by_asset[failure.asset].append(f"  {failure.check}{where} ({kind}): {_first_line(failure.text)}{link}")
    lines = [line for asset in sorted(by_asset) for line in (redact(asset), *map(redact, by_asset[asset]))]
    checks = "1 check" if len(failures) == 1 else f"{len(failures)} checks"
    worst: Severity = "failure" if any(failure.severity == "failure" for failure in failures) else "warning"
    assets = "1 asset" if len(by_asset) == 1 else f"{len(by_asset)} assets"
    return Message(f"{checks} failed on {assets}", "\n".join(_shortened(lines)), worst)


def _first_line(text: str) -> str:
    # Redacted before it is cut: half a secret no longer looks like one.
    line = next((line.strip() for line in redact(text).splitlines() if line.strip()), "no message")
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


def _names(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _shortened(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _MOST_LINES
    return [*lines[:_MOST_LINES], *([f"… and {more} more lines"] if more > 0 else [])]


@dg.run_failure_sensor(
    name="run_failures",
    description="Sends one notification for every failed run of this code location.",
    monitor_all_code_locations=False,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def run_failures(context: dg.RunFailureSensorContext, notifier: dg.ResourceParam[Notifier]) -> None:
    """Send the failed run: job, steps, error classes, first lines and the path of its page."""
    run = context.dagster_run
    errors = [
        _step_error(event.step_key, event.step_failure_data.error, event.message) for event in context.get_step_failure_events()
    ]
    if not errors:
        event = context.failure_event
        failure = event.job_failure_data if event.event_specific_data else None
        errors = [_step_error(None, failure.error if failure else None, event.message)]
    message = run_failure_message(run.job_name, run.run_id, errors)
    notifier.notify(message.title, message.body, message.severity)


def _step_error(step: str | None, error: "SerializableErrorInfo | None", otherwise: str | None) -> StepError:
    if error is None:
        return StepError(step, "RunFailure", otherwise or "")
    if error.cause is not None and error.cls_name == "DagsterExecutionStepExecutionError":
        error = error.cause  # Dagster wraps what the step raised
    kind = error.cls_name or "Error"
    text = error.message.strip()
    head, colon, rest = text.partition(": ")
    return StepError(step, kind, rest if colon and head.split(".")[-1] == kind else text)


@dg.sensor(
    name="failed_checks",
    description="Sends one notification for the asset checks that failed since the last tick.",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def failed_checks(context: dg.SensorEvaluationContext, notifier: dg.ResourceParam[Notifier]) -> dg.SensorResult:
    """Find the evaluations that are newer than the cursor, and send those that failed in one message.

    A check that does not block fails no run, so that nothing else would tell. At its first tick the sensor
    takes the latest evaluation of every check, not its history. If the message is not delivered, the tick
    fails with the cursor where it was and the next one sends it.
    """
    repository = context.repository_def
    keys = sorted(repository.asset_graph.asset_check_keys, key=_name) if repository else []
    marks = _marks(context.cursor)
    kept: dict[str, Mark] = {}
    failures: list[FailedCheck] = []
    for key in keys:
        found, mark = _news(context.instance, key, marks.get(_name(key)))
        failures += found
        if mark is not None:
            kept[_name(key)] = mark
    told = "No asset check has failed since the last tick."
    if failures:
        message = failed_checks_message(failures)
        notifier.notify(message.title, message.body, message.severity)
        told = f"Notified: {message.title}."
    return dg.SensorResult(cursor=_cursor(kept), skip_reason=told)


def _news(instance: dg.DagsterInstance, key: dg.AssetCheckKey, mark: Mark | None) -> tuple[list[FailedCheck], Mark | None]:
    latest = instance.get_latest_asset_check_evaluation_record(key)
    if latest is None:
        return [], mark
    if mark is None:
        mark = Mark(latest.id - 1)
    records = {record.id: record for record in _since(instance, key, latest, mark.settled)}
    executions = [Execution(record.id, _state(instance, record)) for record in records.values()]
    failed, mark = settle(mark, executions)
    return [_failed_check(key, records[number]) for number in failed], mark


def _since(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey, latest: "AssetCheckExecutionRecord", settled: int
) -> Iterator["AssetCheckExecutionRecord"]:
    """Executions after `settled`: usually none or the latest, more after a backfill."""
    before = latest.id
    if before > settled:
        yield latest
    while before > settled + 1:
        page = instance.event_log_storage.get_asset_check_execution_history(key, _HISTORY_PAGE, cursor=before)
        yield from (record for record in page if record.id > settled)
        if len(page) < _HISTORY_PAGE:
            return
        before = page[-1].id


def _state(instance: dg.DagsterInstance, record: "AssetCheckExecutionRecord") -> Literal["failed", "pending", "done"]:
    if record.status.value == "FAILED":
        return "failed"
    if record.status.value == "PLANNED":
        run = instance.get_run_by_id(record.run_id)
        return "pending" if run is not None and not run.is_finished else "done"
    return "done"


def _failed_check(key: dg.AssetCheckKey, record: "AssetCheckExecutionRecord") -> FailedCheck:
    evaluation = record.evaluation
    warning = evaluation is not None and evaluation.severity == dg.AssetCheckSeverity.WARN
    return FailedCheck(
        asset=key.asset_key.to_user_string(),
        check=key.name,
        severity="warning" if warning else "failure",
        text=(evaluation.description if evaluation else None) or "did not pass",
        run_id=record.run_id,
        partition=record.partition,
    )


def _name(key: dg.AssetCheckKey) -> str:
    return f"{key.asset_key.to_user_string()}:{key.name}"


def _marks(cursor: str | None) -> dict[str, Mark]:
    kept: Mapping[str, Sequence[int]] = json.loads(cursor) if cursor else {}
    return {name: Mark(settled, frozenset(alerted)) for name, (settled, *alerted) in kept.items()}


def _cursor(marks: Mapping[str, Mark]) -> str:
    return json.dumps({name: [mark.settled, *sorted(mark.alerted)] for name, mark in marks.items()})
