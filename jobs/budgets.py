"""Budgets and alert rules in both clouds follow the forecasts: a job that plans, and acts where it is told to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from assets.catalogue import markdown_table
from assets.failures import errors_classified
from assets.finops import tables
from assets.finops.action_book import held_budgets
from assets.finops.logic.budgets import desired
from assets.finops.logic.budgets.adaptive import Adjusted, Limits, adjusted, amounts_at_the_beginning
from assets.finops.logic.budgets.desired import AWS, OCI, Estimate, Outlook, Target
from assets.finops.logic.budgets.plan import Note, Plan
from assets.journal import Journal
from jobs.budget_changes import OPERATIONS, Applied, Wanted, apply, planned, settle
from resources.budgets import AlertRule, Budget, BudgetService
from resources.clock import Clock
from resources.errors import BadInput, PermanentError
from resources.lake import Lake

_CLOUDS = 2


class TargetConfig(dg.Config):
    """A budget that is not made by itself: for a tag or a service, or with an amount of yours."""

    system: Literal["oci", "aws"] = Field(description="Cloud.")
    kind: Literal["compartment", "tag", "service", "account"] = Field(
        description="What it limits: in OCI a compartment or a tag, in AWS an account, a service or a tag."
    )
    target: str = Field(
        min_length=1,
        description="OCID of a compartment, number of an account, name of a service as AWS Budgets has it; a tag as "
        "namespace.key.value in OCI, as key$value in AWS.",
    )
    label: str = Field(default="", description="Name for people; the target if empty.")
    sub_accounts: list[str] = Field(
        default=[], description="Compartments or accounts whose forecasts count; all if empty, of one of them itself."
    )
    services: list[str] = Field(default=[], description="Services, as bills name them, whose forecasts count; all if empty.")
    amount: float | None = Field(default=None, gt=0, description="The month's budget, instead of one from the forecast.")
    currency: str = Field(default="", description="Currency of `amount`, such as EUR.")

    def as_target(self, within: Mapping[str, tuple[str, ...]]) -> Target:
        """The target, for the logic; `within` says what lies in it. Raises BadInput if an amount has no currency."""
        if self.amount is not None and not self.currency:
            raise BadInput(f"{self.kind}:{self.target} has an amount without a currency", "Give `currency`, such as EUR.")
        own = (self.target, *within.get(self.target, ())) if self.kind in ("compartment", "account") else ()
        services = tuple(self.services) or ((self.target,) if self.kind == "service" else ())
        amount = None if self.amount is None else Decimal(str(self.amount))
        sub_accounts = tuple(self.sub_accounts) or own
        return Target(
            self.system, self.kind, self.target, self.label or self.target, sub_accounts, services, amount, self.currency
        )


class LimitConfig(dg.Config):
    """What a budget may do by itself; empty is no limit."""

    target: str = Field(default="", description="OCID, number, service or tag that it is about; every other one if empty.")
    floor: float | None = Field(default=None, gt=0, description="Least amount of a month.")
    ceiling: float | None = Field(default=None, gt=0, description="Greatest amount of a month.")
    most_up_percent: float | None = Field(default=None, ge=0, description="Most rise in a calendar month, in per cent.")
    most_down_percent: float | None = Field(default=None, ge=0, le=100, description="Most fall in a calendar month, in per cent.")
    freeze: bool = Field(default=False, description="Leave the amount as it is.")
    tolerance_percent: float = Field(default=2, ge=0, lt=100, description="A change by less is not worth making, in per cent.")

    def as_limits(self) -> Limits:
        """The limits, for the logic. Raises BadInput if the floor is above the ceiling."""
        if self.floor is not None and self.ceiling is not None and self.floor > self.ceiling:
            raise BadInput(
                f"the floor {self.floor} of {self.target or 'all'} is above its ceiling {self.ceiling}", "Correct one."
            )
        floor, ceiling, up, down = (
            None if value is None else Decimal(str(value))
            for value in (self.floor, self.ceiling, self.most_up_percent, self.most_down_percent)
        )
        return Limits(floor, ceiling, up, down, self.freeze, Decimal(str(self.tolerance_percent)))


class BudgetsConfig(dg.Config):
    """Which budgets there are to be, and whether to act."""

    mode: Literal["plan", "apply"] = Field(default="plan", description="`plan` only says what would be done.")
    recipients: list[str] = Field(default=[], description="E-mail addresses that alerts go to. Without any, nothing is applied.")
    topic: str = Field(default="", description="ARN of an SNS topic that alerts of AWS go to as well.")
    every_compartment: bool = Field(default=True, description="A budget for each OCI compartment that has costs.")
    every_account: bool = Field(default=True, description="A budget for each AWS account that has costs.")
    targets: list[TargetConfig] = Field(default=[], description="Budgets besides these, or in place of one of them.")
    limits: list[LimitConfig] = Field(default=[], description="Limits per target; of one without a target, for all others.")
    headroom: float = Field(default=1.1, gt=0, description="What the upper bound of the forecast is multiplied by.")
    confirm_retire: list[str] = Field(
        default=[],
        description="Budgets that may be deleted: targets as the plan prints them, such as account:123456789012, or all.",
    )
    by: str = Field(default="cloudops", min_length=1, description="Who lets this happen, for the journal.")


@dg.op(
    description="Plans budgets and alert rules from the newest forecasts; with `mode: apply`, brings both clouds to them.",
    pool="finops_budgets",
)
def reconcile_budgets(
    context: dg.OpExecutionContext,
    config: BudgetsConfig,
    lake: dg.ResourceParam[Lake],
    clock: dg.ResourceParam[Clock],
    oci_budgets: dg.ResourceParam[BudgetService],
    aws_budgets: dg.ResourceParam[BudgetService],
) -> None:
    """Plan for both clouds, print the plan, and act only if told to. A repeat does what is left, and nothing twice."""
    journal = Journal(lake, tables.JOURNAL, context.run_id, config.by)
    with errors_classified():
        if config.mode == "apply" and not (config.recipients or config.topic):
            raise BadInput("nobody would be told by the alerts", "Give `recipients` in the run's config.")
        configured = [service for service in (oci_budgets, aws_budgets) if service.missing() is None]
        metadata: dict[str, Any] = {"mode": config.mode}
        for service in (oci_budgets, aws_budgets):
            if service not in configured:
                context.log.info("%s: nothing is planned, since it is not configured. %s", service.system, service.missing())
                metadata[f"{service.system}_plan"] = f"not configured: {service.missing()}"
        plans = [(service, *plan_for(service, config, lake, journal, clock)) for service in configured]
        for service, plan_, _ in plans:
            context.log.info("%s: plan\n%s", service.system, plan_.table())
            metadata |= _told(service.system, plan_)
        _demand_known_limits(context, config, [plan_ for _, plan_, _ in plans], complete=len(plans) == _CLOUDS)
        if config.mode == "apply":
            _demand_recipients(plan_ for _, plan_, _ in plans)
        problems: list[str] = []
        for service, plan_, actual in plans if config.mode == "apply" else ():
            settle(service, journal, actual, clock.now())
            applied = apply(service, plan_, journal, clock.now, config.confirm_retire)
            metadata |= {f"{service.system}_done": len(applied.done), f"{service.system}_held": len(applied.held)}
            problems += _problems(context, plan_, applied)
        context.add_output_metadata(metadata)
        if problems:
            raise PermanentError("; ".join(problems), "Correct what is named, and run this job again: it does what is left.")


def plan_for(
    service: BudgetService, config: BudgetsConfig, lake: Lake, journal: Journal, clock: Clock
) -> tuple[Plan[Budget], list[Budget]]:
    """What is to be done in one cloud, and our budgets as they are there; changes nothing.

    Raises:
        BadInput: The config contradicts itself.
        CloudOpsError: The cloud could not be read.
    """
    outlook = Outlook.of(lake.scan(tables.COST_FORECASTS).collect(), lake.scan(tables.FORECAST_QUALITY).collect())
    actual = service.managed()
    targets = _targets(service, config, outlook, lake)
    found = desired.estimates(targets, outlook, clock.today(), Decimal(str(config.headroom)))
    begun = journal.rows(OPERATIONS).to_dicts()
    wanted = _wanted(service, config, found, actual, begun, clock.now(), held_budgets(lake))
    if not outlook.days or (_every(service, config) and not outlook.knows(service.system)):
        # nothing is known of any target, not even that it is gone
        lost = sorted({budget.key for budget in actual} - {target.key for target in targets})
        why = outlook.why_not(clock.today()) or "the newest forecast is about nothing of this cloud: see whether its bills arrive"
        notes = [Note("unknown", service.system, key, why) for key in lost]
        wanted = replace(wanted, notes=[*wanted.notes, *notes], keep=lost)
    return planned(service, wanted, actual), actual


def _targets(service: BudgetService, config: BudgetsConfig, outlook: Outlook, lake: Lake) -> list[Target]:
    """One target per key; what the config says of one counts for more than what is made by itself."""
    within = service.within()
    asked = [target.as_target(within) for target in config.targets if target.system == service.system]
    every = _every(service, config)
    made = desired.every(service.system, outlook, lake.scan(tables.DAILY_COSTS).collect(), within) if every else []
    return list({target.key: target for target in (*made, *asked)}.values())


def _every(service: BudgetService, config: BudgetsConfig) -> bool:
    """Whether there is to be a budget for whatever has costs in a cloud."""
    return {OCI: config.every_compartment, AWS: config.every_account}[service.system]


def _demand_recipients(plans: Iterable[Plan[Budget]]) -> None:
    """Raises BadInput if a budget would alert nobody: a topic is told by AWS alone."""
    after = [step.after for plan_ in plans for step in plan_.changes if step.after is not None]
    silent = sorted({budget.system for budget in after if not all(rule.recipients for rule in budget.rules)})
    if silent:
        raise BadInput(
            f"nobody would be told by the alerts of {', '.join(silent)}",
            "Give `recipients` in the run's config: e-mail addresses.",
        )


def _demand_known_limits(
    context: dg.OpExecutionContext, config: BudgetsConfig, plans: Sequence[Plan[Budget]], *, complete: bool
) -> None:
    """Raises BadInput if a limit is about nothing: a misspelt target must not look like one that is frozen."""
    known = {row["target"].partition(":")[2] for plan_ in plans for row in plan_.rows()}
    lost = sorted({limit.target for limit in config.limits if limit.target} - known)
    if lost and complete:
        raise BadInput(f"there are limits for {', '.join(lost)}, but no such target", "Write targets as the plan prints them.")
    if lost:
        context.log.warning("limits for %s are about no target of the clouds that are configured", ", ".join(lost))


def _wanted(
    service: BudgetService,
    config: BudgetsConfig,
    found: Sequence[Estimate],
    actual: Sequence[Budget],
    journal: Sequence[Mapping[str, Any]],
    now: datetime,
    held: Collection[tuple[str, str]] = (),
) -> Wanted:
    """Budgets from estimates, within their limits."""
    limits = {limit.target: limit.as_limits() for limit in config.limits}
    usual = limits.get("", LimitConfig().as_limits())
    there = {budget.key: budget for budget in reversed(actual)}
    beginnings = amounts_at_the_beginning(journal, now.astimezone(UTC).date())
    budgets, reasons, notes = [], {}, []
    for estimate in found:
        target = estimate.target
        current = there.get(target.key)
        of_target = limits.get(target.target, usual)
        if (service.system, target.key) in held:
            of_target = replace(of_target, freeze=True)
        result, currency = _adjusted(estimate, of_target, current, beginnings)
        reasons[target.key] = result.reason
        if result.amount is None:
            notes.append(Note("unknown", service.system, target.key, result.reason))
            continue
        budgets.append(_budget(config, target, result.amount, currency))
    return Wanted(budgets, reasons, notes)


def _adjusted(
    estimate: Estimate, limits: Limits, current: Budget | None, beginnings: Mapping[tuple[str, str, str], Decimal]
) -> tuple[Adjusted, str]:
    """The amount of a budget within its limits, and its currency. Amounts of two currencies are not compared."""
    target = estimate.target
    if target.amount is not None and not limits.freeze:
        return Adjusted(target.amount, estimate.reason), estimate.currency
    if current is None:
        return adjusted(estimate.amount, estimate.reason, limits), estimate.currency
    stays = limits.freeze or estimate.amount is None
    if not stays and current.currency not in ("", estimate.currency):
        reason = f"{estimate.reason}; it was in {current.currency}, so that no change of it is bounded"
        return adjusted(estimate.amount, reason, limits), estimate.currency
    base = beginnings.get((target.system, target.key, current.currency))
    return adjusted(estimate.amount, estimate.reason, limits, current.amount, base), current.currency or estimate.currency


def _budget(config: BudgetsConfig, target: Target, amount: Decimal, currency: str) -> Budget:
    topics = [config.topic] if config.topic and target.system == AWS else []
    recipients = tuple(sorted({*config.recipients, *topics}))
    rules = [AlertRule(kind, percent, recipients, _message(target, kind, percent)) for kind, percent in desired.RULES]
    return Budget(target.system, target.kind, target.target, target.label, amount, currency, tuple(sorted(rules)))


def _message(target: Target, kind: str, percent: Decimal) -> str:
    what = "has been spent" if kind == "ACTUAL" else "is expected to be spent this month"
    return f"{target.label}: {percent:f} % of the month's budget {what}. See finops/report.html for what it was spent on."


def _told(system: str, plan_: Plan[Budget]) -> dict[str, Any]:
    import polars as pl

    rows = plan_.rows()
    return {
        f"{system}_plan": markdown_table(pl.DataFrame(rows), limit=100) if rows else "nothing is planned",
        f"{system}_plan_json": dg.MetadataValue.json(plan_.as_json()),
        **{f"{system}_{name}": number for name, number in plan_.counts().items()},
    }


def _problems(context: dg.OpExecutionContext, plan_: Plan[Budget], applied: Applied) -> list[str]:
    """What a person has to look at; deletions that wait for a confirmation are no failure."""
    for step in applied.held:
        context.log.warning(
            "%s: %s would be deleted; confirm_retire in the config allows it", step.budget.system, step.budget.key
        )
    refused = [note.reason for note in plan_.notes if note.operation == "refused"]
    return refused + [str(error) for _, error in applied.failed]


@dg.job(
    description="Brings budgets and alert rules in OCI and AWS to what the forecasts say, within limits; only plans unless told "
    "to apply. Budgets that people made are never touched.",
    run_tags={"domain": "finops"},
)
def finops_budgets() -> None:
    """Plan, or apply, budgets in both clouds."""
    reconcile_budgets()
