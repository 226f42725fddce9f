"""Alarms of databases in OCI Monitoring are what a file says: a job that plans, and acts where it is told to."""

from typing import Any, Literal

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table
from assets.failures import errors_classified
from assets.fleet import tables
from assets.fleet.logic import alarms as logic
from assets.inventory import inventory
from assets.journal import Journal
from jobs.alarm_changes import Applied, apply, planned, settle
from resources.alarms import Alarm, AlarmService
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import BadInput, NotFound, PermanentError
from resources.lake import Lake
from resources.object_store import ObjectStore

RULES_KEY = "fleet/alarms.yaml"
"""Where the rules lie in the inputs store; without it, the usual rules hold, and no topic is named."""


class AlarmsConfig(dg.Config):
    """Whether to act, and who lets it happen."""

    mode: Literal["plan", "apply"] = Field(default="plan", description="`plan` only says what would be done.")
    topics: dict[str, str] = Field(default={}, description="OCID of a topic by region, besides those of the file.")
    confirm_retire: list[str] = Field(
        default=[], description="Alarms that may be deleted: keys as the plan prints them, such as cpu:ocid1…, or all."
    )
    by: str = Field(default="cloudops", min_length=1, description="Who lets this happen, for the journal.")


@dg.op(
    description="Plans alarms from fleet/alarms.yaml and the databases there are; with `mode: apply`, brings Monitoring to them.",
    pool="fleet_alarms",
)
def reconcile_alarms(
    context: dg.OpExecutionContext,
    config: AlarmsConfig,
    lake: dg.ResourceParam[Lake],
    cloud_clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    autonomous_databases: dg.ResourceParam[AutonomousDatabases],
    alarm_service: dg.ResourceParam[AlarmService],
) -> None:
    """Plan, print the plan, and act only if told to. A repeat does what is left, and nothing twice."""
    journal = Journal(lake, tables.JOURNAL, context.run_id, config.by)
    with errors_classified():
        missing = alarm_service.missing()
        if missing:
            context.log.info("nothing is planned: %s", missing)
            context.add_output_metadata({"mode": config.mode, "plan": f"not configured: {missing}"})
            return
        rules = alarm_rules(inputs_store)
        rules = logic.Rules({**rules.topics, **config.topics}, rules.rules, rules.pauses)
        regions = autonomous_databases.regions()
        actual = alarm_service.managed(regions)
        wanted, notes = logic.desired(rules, inventory(autonomous_databases).whole, cloud_clock.now())
        plan = planned(wanted, actual, notes)
        context.log.info("plan: %s", plan.counts())
        metadata: dict[str, Any] = {"mode": config.mode, "plan": _table(plan), **plan.counts()}
        unknown = sorted({*config.confirm_retire} - {logic.ALL} - {alarm.key for alarm in actual})
        if unknown:  # no error: a repeat confirms what the first attempt deleted
            context.log.warning("confirmed, and there is no such alarm (any more): %s", ", ".join(unknown))
            metadata["confirmed_and_not_there"] = unknown
        problems: list[str] = []
        if config.mode == "apply":
            settle(journal, actual, cloud_clock.now())
            applied = apply(alarm_service, plan, journal, cloud_clock.now, regions, config.confirm_retire)
            metadata |= {"done": len(applied.done), "held": len(applied.held)}
            problems = _problems(context, applied)
        context.add_output_metadata(metadata)
        if problems:
            raise PermanentError("; ".join(problems), "Correct what is named, and run this job again: it does what is left.")


def alarm_rules(inputs_store: ObjectStore) -> logic.Rules:
    """The rules in force.

    Raises:
        BadInput: The file cannot be used.
    """
    import yaml

    try:
        document = yaml.safe_load(inputs_store.get(RULES_KEY))
    except NotFound:
        return logic.Rules({}, logic.USUAL)
    except yaml.YAMLError as error:
        raise BadInput(f"{RULES_KEY} is no YAML: {error}", "Correct the file.") from error
    try:
        return logic.parsed(document)
    except logic.WrongRules as error:
        raise BadInput(f"{RULES_KEY}: {error}", "Correct the file; nothing was planned.") from error


def _table(plan: logic.Plan[Alarm]) -> dg.MarkdownMetadataValue | str:
    rows = plan.rows()
    return markdown_table(pl.DataFrame(rows), limit=200) if rows else "nothing is to be done"


def _problems(context: dg.OpExecutionContext, applied: Applied) -> list[str]:
    """What a person has to look at; deletions that wait for a confirmation are no failure."""
    for step in applied.held:
        context.log.warning("%s would be deleted; confirm_retire in the config allows it", step.alarm.key)
    return [f"{step.alarm.key}: {error}" for step, error in applied.failed]


@dg.job(
    description="Brings alarms of databases in OCI Monitoring to what fleet/alarms.yaml says; only plans unless told to apply. "
    "Alarms that people made are never touched.",
    run_tags={"domain": "fleet"},
)
def fleet_alarms() -> None:
    """Plan, or apply, alarms."""
    reconcile_alarms()
