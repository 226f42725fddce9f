"""Retention of runs, with real runs on an ephemeral instance; and the clock that it goes by."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import polars as pl
import pytest
from pydantic import ValidationError

from assets.finops.tables import BILLING_FILE_TOTALS
from jobs.maintenance import maintenance_lake, maintenance_retention
from resources.clock import Clock
from resources.errors import BadInput
from resources.lake import Lake


class LaterClock:
    """The clock of someone who looks `days` from now."""

    def __init__(self, days: float) -> None:
        self.days = days

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)


class FailOnce(dg.Config):
    fail: bool = False


@dg.op
def work(config: FailOnce) -> None:
    if config.fail:
        raise RuntimeError("failed as it should")


@dg.job
def some_job() -> None:
    work()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def run(instance: dg.DagsterInstance, *, fail: bool = False) -> str:
    config = {"ops": {"work": {"config": {"fail": fail}}}}
    return some_job.execute_in_process(run_config=config, instance=instance, raise_on_error=False).run_id


def retain(instance: dg.DagsterInstance, days: float, **config: object) -> dict[str, object]:
    result = maintenance_retention.execute_in_process(
        run_config={"ops": {"delete_old_runs": {"config": config}}},
        resources={"clock": LaterClock(days)},
        instance=instance,
    )
    (output,) = (event for event in result.all_events if event.is_successful_output)
    return {name: value.value for name, value in output.step_output_data.metadata.items()}


def remaining(instance: dg.DagsterInstance) -> set[str]:
    return {found.run_id for found in instance.get_runs() if found.job_name != "maintenance_retention"}


def test_runs_are_deleted_with_their_events_once_they_are_old(instance):
    run_id = run(instance)

    counts = retain(instance, 31)

    assert remaining(instance) == set()
    assert instance.all_logs(run_id) == []
    assert counts == {
        "planned_success": 1,
        "planned_failure": 0,
        "kept_as_current": 0,
        "deleted": 1,
        "dry_run": False,
    }


def test_young_runs_stay(instance):
    run_id = run(instance)

    assert retain(instance, 29)["deleted"] == 0
    assert remaining(instance) == {run_id}


def test_failed_and_canceled_runs_are_kept_longer(instance):
    failed, succeeded = run(instance, fail=True), run(instance)
    canceled = instance.create_run_for_job(some_job, status=dg.DagsterRunStatus.CANCELED).run_id

    retain(instance, 31)
    assert remaining(instance) == {failed, canceled}
    assert succeeded not in remaining(instance)

    assert retain(instance, 91)["planned_failure"] == 2
    assert remaining(instance) == set()


FINISHED = ("SUCCESS", "FAILURE", "CANCELED")
NEEDS_A_LAUNCHER = ("QUEUED",)


@pytest.mark.parametrize("status", [one for one in dg.DagsterRunStatus if one.name not in (*FINISHED, *NEEDS_A_LAUNCHER)])
def test_a_run_in_progress_is_never_deleted(instance, status):
    run_id = instance.create_run_for_job(some_job, status=status).run_id

    retain(instance, 10_000)

    assert remaining(instance) == {run_id}


def test_a_dry_run_only_says_what_it_would_delete(instance):
    run_id = run(instance)

    counts = retain(instance, 31, dry_run=True)

    assert (counts["planned_success"], counts["deleted"], counts["dry_run"]) == (1, 0, True)
    assert remaining(instance) == {run_id}


def test_everything_old_is_deleted_however_small_the_batches(instance):
    for _ in range(5):
        run(instance)

    assert retain(instance, 31, batch=2)["deleted"] == 5
    assert remaining(instance) == set()


def test_a_second_run_finds_nothing_left_to_do(instance):
    run(instance)
    retain(instance, 31)

    # Seen from then, the first run of the job itself is old as well.
    assert retain(instance, 29)["deleted"] == 0


def test_every_deletion_is_in_the_journal(instance):
    run_id = run(instance)

    result = maintenance_retention.execute_in_process(resources={"clock": LaterClock(31)}, instance=instance)

    logged = [entry.user_message for entry in instance.all_logs(result.run_id)]
    assert any(line.startswith("plan: delete 1 runs") for line in logged)
    assert f"deleted 1 of 1: {run_id}" in logged


def test_a_partition_does_not_go_missing_because_its_run_is_old(instance):
    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]))
    def costs() -> None: ...

    old = dg.materialize([costs], partition_key="a", instance=instance).run_id
    newer = dg.materialize([costs], partition_key="a", instance=instance).run_id
    other = dg.materialize([costs], partition_key="b", instance=instance).run_id

    counts = retain(instance, 31)

    assert remaining(instance) == {newer, other}
    assert old not in remaining(instance)
    assert (counts["deleted"], counts["kept_as_current"]) == (1, 2)
    assert instance.get_materialized_partitions(costs.key) == {"a", "b"}


def test_the_current_state_of_an_asset_stays(instance):
    @dg.asset
    def report() -> None: ...

    dg.materialize([report], instance=instance)
    newest = dg.materialize([report], instance=instance).run_id

    retain(instance, 31)

    assert remaining(instance) == {newest}
    assert instance.get_latest_materialization_event(report.key).run_id == newest


def test_the_job_runs_with_the_clock_of_the_location(instance):
    run_id = run(instance)
    later = (datetime.now(UTC) + timedelta(days=31)).isoformat()

    maintenance_retention.execute_in_process(resources={"clock": Clock(fixed_at=later)}, instance=instance)

    assert run_id not in remaining(instance)


@pytest.mark.parametrize("days", [0, -1])
def test_a_retention_of_no_days_is_refused(instance, days):
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        retain(instance, 31, keep_success_days=days)


class TestClock:
    def test_it_tells_the_time_in_utc(self):
        assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=10)
        assert Clock().now().utcoffset() == timedelta(0)

    def test_it_can_be_fixed(self):
        clock = Clock(fixed_at="2026-01-01T01:00:00+02:00")

        assert clock.now() == datetime(2025, 12, 31, 23, tzinfo=UTC)
        assert str(clock.today()) == "2025-12-31"

    @pytest.mark.parametrize("text", ["yesterday", "2026-01-01T01:00:00", "2026-01-01"])
    def test_an_instant_without_its_offset_is_refused(self, text):
        with pytest.raises(BadInput, match="offset"):
            Clock(fixed_at=text).now()


def test_tidying_the_lake_keeps_every_row_and_merges_small_files(tmp_path):
    lake = Lake(root=str(tmp_path))
    days = [date(2026, 1, n) for n in (1, 2)]
    for n, day in enumerate([*days, *days]):
        totals = pl.DataFrame({"x_source_file": [f"f{n}"], "x_delivery_id": [f"d{n}"], "x_charge_date": [day], "rows": [n]})
        lake.replace(BILLING_FILE_TOTALS, totals, where=f"x_delivery_id = 'd{n}'")
    before = lake.scan(BILLING_FILE_TOTALS).sort("x_delivery_id").collect()
    result = maintenance_lake.execute_in_process(resources={"lake": lake})
    assert result.success
    assert lake.scan(BILLING_FILE_TOTALS).sort("x_delivery_id").collect().equals(before)
    assert len(list((tmp_path / "finops" / "billing_file_totals").glob("*.parquet"))) >= 1
