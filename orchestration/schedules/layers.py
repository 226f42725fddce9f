"""Schedules of layers."""

import dagster as dg

from assets.layers.logic.specifications import KEY
from assets.layers.rolling_out.records import rollouts
from jobs.layer_cleanup import layer_cleanup
from jobs.layer_rollout import layer_rollout
from jobs.layers import layer_build, layer_report
from orchestration.schedules.asking import run_if_configured
from resources.errors import NotFound
from resources.lake import Lake
from resources.lambda_service import LambdaService
from resources.object_store import ObjectStore


@dg.schedule(
    job=layer_build,
    cron_schedule="10 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Builds every night the layers of layers/layers.yaml that changed, and looks again through all of them: what is "
    "known against packages changes though nobody changed a file. Publishes nothing.",
)
def layer_build_schedule(inputs_store: dg.ResourceParam[ObjectStore]) -> dg.RunRequest | dg.SkipReason:
    """A run, if there is anything to build."""
    try:
        inputs_store.head(KEY)
    except NotFound:
        return dg.SkipReason(f"The inputs store has no {KEY}.")
    return dg.RunRequest()


@dg.schedule(
    job=layer_report,
    cron_schedule="20 5 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Writes the report of layers every morning, after a look at all functions.",
)
def layer_report_schedule(lambda_service: dg.ResourceParam[LambdaService]) -> dg.RunRequest | dg.SkipReason:
    """A run, if there is a cloud to ask."""
    return run_if_configured(lambda_service)


@dg.schedule(
    job=layer_cleanup,
    cron_schedule="50 5 * * 1",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Plans on Mondays which versions of layers may go, and deletes nothing: a person runs it with `mode: apply`.",
)
def layer_cleanup_schedule(lambda_service: dg.ResourceParam[LambdaService]) -> dg.RunRequest | dg.SkipReason:
    """A run that only plans, if there is a cloud to ask."""
    return run_if_configured(lambda_service)


@dg.schedule(
    job=layer_rollout,
    cron_schedule="*/5 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Goes on with the roll-outs that people have begun: looks at the wave that is watched, and moves the next one or "
    "takes all back. Begins none.",
)
def layer_rollout_schedule(lake: dg.ResourceParam[Lake]) -> dg.RunRequest | dg.SkipReason:
    """A run, if a roll-out is under way."""
    if not rollouts(lake, going_on=True):
        return dg.SkipReason("No roll-out is under way.")
    return dg.RunRequest(run_config={"ops": {"roll_out_layer": {"config": {"mode": "continue"}}}})


SCHEDULES = (layer_build_schedule, layer_rollout_schedule, layer_report_schedule, layer_cleanup_schedule)
