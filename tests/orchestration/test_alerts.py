"""Alerts, with real runs on an ephemeral instance."""

from collections.abc import Iterator

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.alerts import (
    Execution,
    FailedCheck,
    Mark,
    Message,
    StepError,
    failed_checks,
    failed_checks_message,
    run_failure_message,
    run_failures,
    settle,
)
from resources.errors import Denied, Unavailable

SECRET = "Zx9kQ2wL7pRt4vBn"


class RecordingNotifier:
    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.down = False

    def notify(self, title: str, body: str, severity: str) -> None:
        if self.down:
            raise Unavailable("the receiver does not answer", "Repeat later.")
        self.messages.append(Message(title, body, severity))


@pytest.fixture
def notifier() -> RecordingNotifier:
    return RecordingNotifier()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


class TestRunFailures:
    def send(self, job: dg.JobDefinition, instance: dg.DagsterInstance, notifier: RecordingNotifier) -> str:
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        context = dg.build_run_status_sensor_context(
            sensor_name="run_failures",
            dagster_event=result.get_run_failure_event(),
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            resources={"notifier": notifier},
        ).for_run_failure()
        run_failures(context)
        return result.run_id

    def test_a_failed_run_is_told_with_step_error_and_link(self, instance, notifier):
        @dg.op
        def read_files() -> None:
            raise Denied("bucket billing: 403", "Allow s3:ListBucket on it.")

        @dg.job
        def finops_daily() -> None:
            read_files()

        run_id = self.send(finops_daily, instance, notifier)

        (message,) = notifier.messages
        assert message.title == "finops_daily failed"
        assert message.severity == "failure"
        assert message.body == (f"read_files: Denied: bucket billing: 403 — Allow s3:ListBucket on it.\n/runs/{run_id}")

    def test_a_secret_in_the_exception_is_not_sent(self, instance, notifier):
        @dg.op
        def connect() -> None:
            raise RuntimeError(f"cannot connect to postgresql://ann:{SECRET}@db/costs with password={SECRET}")

        @dg.job
        def leaky() -> None:
            connect()

        self.send(leaky, instance, notifier)

        assert SECRET not in str(notifier.messages)
        assert "postgresql://***@db/costs" in notifier.messages[0].body

    def test_the_error_that_the_step_raised_is_told_not_what_wrapped_or_caused_it(self, instance, notifier):
        @dg.op
        def parse() -> None:
            try:
                int("x")
            except ValueError as error:
                raise LookupError("no such line\nwith details") from error

        @dg.job
        def parsing() -> None:
            parse()

        self.send(parsing, instance, notifier)

        assert notifier.messages[0].body.startswith("parse: LookupError: no such line\n/runs/")

    def test_a_run_that_failed_outside_its_steps_is_told(self, instance, notifier):
        @dg.job
        def crashed() -> None:
            pass

        run = instance.create_run_for_job(crashed)
        event = dg.DagsterEvent(
            event_type_value=dg.DagsterEventType.RUN_FAILURE.value,
            job_name="crashed",
            message=f"the worker was lost, token={SECRET}",
            event_specific_data=None,
        )
        context = dg.build_run_status_sensor_context(
            "run_failures", event, instance, run, resources={"notifier": notifier}
        ).for_run_failure()
        run_failures(context)

        assert notifier.messages[0].body == (f"the run itself: RunFailure: the worker was lost, token=***\n/runs/{run.run_id}")

    def test_steps_with_the_same_error_are_one_line(self):
        errors = [StepError(f"page[{n}]", "Throttled", "too many calls\nmore") for n in range(8)]

        message = run_failure_message("job", "1", [*errors, StepError("last", "KeyError", "'x'")])

        assert message.body.splitlines() == [
            "page[0], page[1], page[2], page[3], page[4] and 3 more: Throttled: too many calls",
            "last: KeyError: 'x'",
            "/runs/1",
        ]

    def test_a_long_line_is_cut_after_its_secrets_are_gone(self):
        text = "x" * 285 + f" password={SECRET}" + "y" * 50

        body = run_failure_message("job", "1", [StepError("step", "Error", text)]).body

        assert SECRET[:4] not in body
        assert len(body.splitlines()[0]) < 330

    def test_it_runs_by_default(self):
        assert run_failures.default_status == dg.DefaultSensorStatus.RUNNING


OUTCOME = {"passed": True, "severity": dg.AssetCheckSeverity.ERROR, "description": ""}


@dg.asset(key=["finops", "costs"])
def costs() -> None: ...


@dg.asset_check(asset=costs)
def totals_match() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(**OUTCOME)


@dg.asset_check(asset=costs)
def currency_known() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(**OUTCOME)


class TestFailedChecks:
    @pytest.fixture(autouse=True)
    def location(self, instance, notifier, monkeypatch):
        self.instance, self.notifier, self.monkeypatch = instance, notifier, monkeypatch
        self.definitions = dg.Definitions(assets=[costs], asset_checks=[totals_match, currency_known])
        self.cursor: str | None = None

    def check(self, *, passed: bool, description: str = "", severity: str = "ERROR", only: str | None = None) -> str:
        outcome = {
            "passed": passed,
            "severity": dg.AssetCheckSeverity[severity],
            "description": description or None,
        }
        for name, value in outcome.items():
            self.monkeypatch.setitem(OUTCOME, name, value)
        checks = [c for c in (totals_match, currency_known) if only in (None, c.check_key.name)]
        return dg.materialize([costs, *checks], instance=self.instance).run_id

    def tick(self) -> list[Message]:
        before = len(self.notifier.messages)
        with dg.build_sensor_context(
            instance=self.instance,
            cursor=self.cursor,
            repository_def=self.definitions.get_repository_def(),
            resources={"notifier": self.notifier},
        ) as context:
            self.cursor = failed_checks(context).cursor
        return self.notifier.messages[before:]

    def test_failed_checks_of_an_asset_are_told_in_one_message(self):
        run_id = self.check(passed=False, description="2.00 EUR are missing")

        (message,) = self.tick()

        assert message == Message(
            "2 checks failed on 1 asset",
            "finops/costs\n"
            f"  currency_known (error): 2.00 EUR are missing /runs/{run_id}\n"
            f"  totals_match (error): 2.00 EUR are missing /runs/{run_id}",
            "failure",
        )

    def test_a_failure_is_told_once(self):
        self.check(passed=False)

        assert len(self.tick()) == 1
        assert self.tick() == []

    def test_a_check_that_fails_again_is_told_again(self):
        self.check(passed=False)
        self.tick()
        self.check(passed=False)

        assert len(self.tick()) == 1

    def test_a_check_that_passes_is_not_told(self):
        self.check(passed=True)

        assert self.tick() == []

    def test_a_failure_that_was_followed_by_a_success_between_two_ticks_is_told(self):
        self.check(passed=True)
        self.tick()
        self.check(passed=False, description="for a moment", only="totals_match")
        self.check(passed=True)

        (message,) = self.tick()
        assert "for a moment" in message.body

    def test_the_first_tick_tells_no_history(self):
        self.check(passed=False)
        self.check(passed=True)

        assert self.tick() == []

    def test_a_check_that_only_warns_is_told_as_a_warning(self):
        self.check(passed=False, severity="WARN", only="totals_match")

        (message,) = self.tick()
        assert message.severity == "warning"
        assert "totals_match (warning)" in message.body

    def test_a_secret_in_a_description_is_not_sent(self):
        self.check(passed=False, description=f"login with password={SECRET} failed")

        assert SECRET not in str(self.tick())

    def test_a_message_that_was_not_delivered_is_sent_at_the_next_tick(self):
        self.check(passed=False)
        self.notifier.down = True
        with pytest.raises(Unavailable):
            self.tick()
        self.notifier.down = False

        assert len(self.tick()) == 1

    def test_a_check_that_is_still_running_is_told_when_it_has_failed(self):
        self.check(passed=True)
        self.tick()
        key = totals_match.check_key
        planned = dg.AssetCheckEvaluation(
            asset_key=key.asset_key, check_name=key.name, passed=False, metadata={}, description="late"
        )
        job = self.definitions.resolve_implicit_global_asset_job_def()
        run = self.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        assert self.instance.get_latest_asset_check_evaluation_record(key).status.value == "PLANNED"
        self.check(passed=True)

        assert self.tick() == []
        self.instance.report_dagster_event(
            dg.DagsterEvent(
                event_type_value=dg.DagsterEventType.ASSET_CHECK_EVALUATION.value,
                job_name=job.name,
                event_specific_data=planned,
            ),
            run_id=run.run_id,
        )

        (message,) = self.tick()
        assert "late" in message.body
        assert self.tick() == []

    def test_more_failures_than_a_page_of_history_are_all_told(self, monkeypatch):
        monkeypatch.setattr("orchestration.alerts._HISTORY_PAGE", 2)
        self.check(passed=True)
        self.tick()
        for n in range(5):
            self.check(passed=False, description=f"failure {n}", only="totals_match")

        (message,) = self.tick()
        assert message.title == "5 checks failed on 1 asset"

    def test_it_runs_by_default_every_minute(self):
        assert failed_checks.default_status == dg.DefaultSensorStatus.RUNNING
        assert failed_checks.minimum_interval_seconds == 60


def test_checks_are_grouped_by_asset_with_their_partition():
    message = failed_checks_message(
        [
            FailedCheck("b", "fresh", "warning", "late", ""),
            FailedCheck("a", "complete", "failure", "gap", "1", "2026-01-02"),
            FailedCheck("b", "unique", "warning", "twice", "2"),
        ]
    )

    assert message.title == "3 checks failed on 2 assets"
    assert message.severity == "failure"
    assert message.body.splitlines() == [
        "a",
        "  complete [2026-01-02] (error): gap /runs/1",
        "b",
        "  fresh (warning): late",
        "  unique (warning): twice /runs/2",
    ]


def test_a_flood_of_failures_is_one_message_of_bearable_length():
    message = failed_checks_message([FailedCheck("a", f"check_{n}", "failure", "x" * 1000, "") for n in range(500)])

    assert message.title == "500 checks failed on 1 asset"
    assert message.body.splitlines()[-1] == "… and 461 more lines"
    assert len(message.body) < 20_000


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["failed", "done"])), max_size=12), st.data())
def test_every_failure_is_told_exactly_once_in_whatever_order_checks_end(executions, data):
    """Each execution is `(how many begin before it ends, outcome)`; a tick may come at any moment."""
    end_at = [start + delay for start, (delay, _) in enumerate(executions)]
    mark, told = Mark(0), []

    def tick(now: float) -> None:
        nonlocal mark
        seen = [
            Execution(number + 1, outcome if end_at[number] <= now else "pending")
            for number, (_, outcome) in enumerate(executions)
            if number <= now
        ]
        failed, mark = settle(mark, seen)
        told.extend(failed)

    for now in range(len(executions)):
        if data.draw(st.booleans()):
            tick(now)
    tick(float("inf"))
    tick(float("inf"))

    assert sorted(told) == [n + 1 for n, (_, outcome) in enumerate(executions) if outcome == "failed"]
    assert mark == Mark(len(executions))
