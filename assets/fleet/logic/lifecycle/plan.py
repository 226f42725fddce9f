"""From what is asked for and what is there to the calls that are missing, in their order; nothing here acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assets.fleet.logic.lifecycle.evidence import Evidence
from assets.fleet.logic.lifecycle.requests import BackUp, Clone, Decommission, Provision, Request, Scale, Start, Stop
from assets.fleet.logic.lifecycle.steps import (
    Create,
    Step,
    TakeBackup,
    Terminate,
    TurnOff,
    TurnOn,
    Update,
)
from assets.fleet.logic.lifecycle.templates import Template
from assets.fleet.logic.lifecycle.transitions import Operation, refusal
from resources.autonomous_databases import RUNNING, AutonomousDatabase, Changes, NewDatabase

_PROVISION = "provision"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about a request.

    Attributes:
        subject: OCID of the database, or name of a new one.
        name: Display name.
        steps: Changes, in their order; empty if everything is as it is to be.
        refused: Why nothing may be done; empty if something may.
        concerns: What demands that somebody confirms it by the name of the database.
        notes: What there is to know besides.
        cost: Cost of a month before and after, in `currency`; None if unknown.
        currency: Of `cost`.
    """

    subject: str
    name: str
    steps: tuple[Step, ...] = ()
    refused: str = ""
    concerns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cost: tuple[Decimal | None, Decimal | None] | None = None
    currency: str = ""

    def text(self) -> str:
        """For people."""
        lines = [f"{self.name} ({self.subject})"]
        lines += [f"  {number}. {step}" for number, step in enumerate(self.steps, 1)] or ["  nothing to do"]
        lines += [f"     destroys: {step.destroys}" for step in self.steps if step.destroys]
        if self.cost is not None and any(value is not None for value in self.cost):
            before, after = ("unknown" if value is None else f"{value} {self.currency}" for value in self.cost)
            lines.append(f"  costs a month: {before} → {after}, running all the time without auto scaling")
        else:
            lines.append("  costs a month: unknown; the environment's template has no prices")
        lines += [f"  note: {note}" for note in self.notes]
        lines += [f"  to be confirmed by name: {concern}" for concern in self.concerns]
        return "\n".join([*lines, f"  REFUSED: {self.refused}"] if self.refused else lines)

    def demands(self, confirmed: str) -> str | None:
        """Why it must not be done as it is; None if it may.

        Args:
            confirmed: Display name of the database, as somebody wrote it to confirm what is destructive.
        """
        if self.refused:
            return f"{self.name}: {self.refused}"
        if self.steps and self.concerns and confirmed != self.name:
            return f"{self.name}: to be confirmed by its name: {'; '.join(self.concerns)}"
        return None


def plan(
    request: Request, database: AutonomousDatabase | None, template: Template | None, evidence: Evidence | None = None
) -> Plan:
    """What is to be done.

    Args:
        request: A valid one.
        database: What it is about: of a clone its source, of a new one that of this name, if there is one.
        template: Of the environment, if there is one.
        evidence: What is known of a database that is to be terminated.
    """
    if isinstance(request, Provision):
        return _provision(request, database, template)
    if isinstance(request, Decommission):
        return _decommission(request, database, evidence or Evidence())
    if database is None or database.lifecycle_state == "TERMINATED":
        subject = request.source_id if isinstance(request, Clone) else request.target.database_id
        region = request.named.region if isinstance(request, Clone) else request.target.region
        return Plan(subject, subject, refused=f"there is none of this OCID in {region}, or no more: see whether both are right")
    if isinstance(request, Clone):
        return _clone(request, database, template)
    if isinstance(request, Scale):
        return _scale(request, database, template)
    return _single(request, database)


def _provision(request: Provision, there: AutonomousDatabase | None, template: Template | None) -> Plan:
    named = request.named
    assert template is not None  # noqa: S101 - `demand_valid` saw to it
    details = NewDatabase(
        compartment_id=named.compartment_id,
        db_name=named.db_name,
        display_name=named.display_name,
        workload=template.workload,
        compute_count=request.ecpus or template.ecpus,
        data_storage_gb=request.storage_gb or template.storage_gb,
        secret_id=named.secret_id,
        is_auto_scaling_enabled=template.auto_scaling,
        license_model=template.license_model,
        backup_retention_days=template.retention_days,
        free_tags={**template.tags, **named.tags, "environment": named.environment},
    )
    after = {
        "db_name": details.db_name, "workload": details.workload, "compute_count": details.compute_count,
        "data_storage_gb": details.data_storage_gb, "is_auto_scaling_enabled": details.is_auto_scaling_enabled,
        "license_model": details.license_model, "backup_retention_days": details.backup_retention_days,
    }  # fmt: skip
    step = Step(_PROVISION, named.db_name, Create(details), None, after)
    return _made(named.db_name, named.display_name, step, there, template, details)


def _clone(request: Clone, source: AutonomousDatabase, template: Template | None) -> Plan:
    named = request.named
    assert template is not None  # noqa: S101 - `demand_valid` saw to it
    operation: Operation = "clone refreshable" if request.kind == "refreshable" else "clone"
    details = NewDatabase(
        compartment_id=named.compartment_id,
        db_name=named.db_name,
        display_name=named.display_name,
        workload=source.workload or template.workload,
        compute_count=request.ecpus or template.ecpus,
        data_storage_gb=source.data_storage_gb,
        secret_id=named.secret_id or None,
        license_model=template.license_model,
        free_tags={**template.tags, **named.tags, "environment": named.environment},
        source="refreshable clone" if request.kind == "refreshable" else "clone",
        source_id=request.source_id,
        clone_type="METADATA" if request.kind == "metadata" else "FULL",
    )
    after = {"db_name": details.db_name, "source_id": source.id, "kind": request.kind, "compute_count": details.compute_count}
    step = Step(operation, named.db_name, Create(details), None, after)
    made = _made(named.db_name, named.display_name, step, None, template, details)
    return _refusing(made, refusal(operation, source), f"of {source.display_name}, which is left as it is")


def _made(
    subject: str, name: str, step: Step, there: AutonomousDatabase | None, template: Template, details: NewDatabase
) -> Plan:
    prices = template.prices
    cost = prices.a_month(details.compute_count, details.data_storage_gb) if prices else None
    currency = prices.currency if prices else ""
    refused = "" if there is None else f"a database of this name is there already: {there.id}, {there.lifecycle_state}"
    return Plan(subject, name, (step,), refused, cost=(None if cost is None else Decimal(0), cost), currency=currency)


def _scale(request: Scale, database: AutonomousDatabase, template: Template | None) -> Plan:
    # ECPUs and storage in calls of their own: each is seen to be done by itself
    parts: list[tuple[str, object, Callable[[Any], Changes]]] = [
        ("compute_count", request.ecpus, lambda value: Changes(compute_count=value)),
        ("data_storage_gb", request.storage_gb, lambda value: Changes(data_storage_gb=value)),
        ("is_auto_scaling_enabled", request.auto_scaling, lambda value: Changes(is_auto_scaling_enabled=value)),
    ]
    steps, concerns = [], []
    for name, wanted, changes in parts:
        now = getattr(database, name)
        if wanted is None or wanted == now:
            continue
        operation: Operation = "configure" if name == "is_auto_scaling_enabled" else "scale"
        destroys = ""
        if database.is_protected and _is_less(wanted, now):
            destroys = "head-room that its users may need"
            concerns.append(f"it is protected, and {name} is to fall")
        steps.append(Step(operation, database.id, Update(changes(wanted)), {name: now}, {name: wanted}, destroys))
    refused = _first_refusal(steps, database)
    if request.ecpus is not None and database.compute_model == "OCPU":
        refused = refused or "it is counted in OCPUs: move it to ECPUs first, both cannot be given"
    cost, currency = _cost(request, database, template)
    return Plan(
        database.id, database.display_name, tuple(steps), refused or "", tuple(concerns), _running_notes(steps), cost, currency
    )


def _is_less(wanted: object, now: object) -> bool:
    """Whether it falls; what was unknown may have been more."""
    if now is None:
        return True
    return bool(isinstance(wanted, int | float) and isinstance(now, int | float) and wanted < now)


def _single(request: Start | Stop | BackUp, database: AutonomousDatabase) -> Plan:
    before: Mapping[str, Any] = {"lifecycle_state": database.lifecycle_state}
    concerns: tuple[str, ...] = ()
    operation: Operation
    if isinstance(request, Start):
        operation = "start"
        is_so = database.lifecycle_state in RUNNING
        step = Step(operation, database.id, TurnOn(), before, {"lifecycle_state": "AVAILABLE"})
    elif isinstance(request, Stop):
        operation = "stop"
        is_so = database.lifecycle_state == "STOPPED"
        destroys = "all sessions end, and nobody can log in" if database.is_protected else ""
        step = Step(operation, database.id, TurnOff(), before, {"lifecycle_state": "STOPPED"}, destroys)
        concerns = ("it is protected, and is to stop",) if database.is_protected else ()
    else:
        operation = "back up"
        is_so = False
        step = _backup(database, request.long_term_days)
    steps = () if is_so else (step,)
    refused = None if is_so else refusal(operation, database)
    return Plan(database.id, database.display_name, steps, refused or "", concerns)


def _backup(database: AutonomousDatabase, days: int | None) -> Step:
    kept: dict[str, Any] = {"backup": "long-term" if days else "as automatic ones", "retention_days": days}
    return Step("back up", database.id, TakeBackup(days), None, kept if days else {"backup": kept["backup"]})


def _decommission(request: Decommission, database: AutonomousDatabase | None, evidence: Evidence) -> Plan:
    if database is None or database.lifecycle_state == "TERMINATED":
        return Plan(request.target.database_id, request.target.database_id, notes=("it is gone",))
    end = Step(
        "decommission", database.id, Terminate(), {"lifecycle_state": database.lifecycle_state},
        {"lifecycle_state": "TERMINATED"}, "the database and its automatic backups; its long-term ones are left",
    )  # fmt: skip
    concerns = [*(["it is protected, and is to be terminated"] if database.is_protected else []), *evidence.concerns]
    refused, notes = refusal("decommission", database) or "", evidence.notes
    steps: tuple[Step, ...] = (_backup(database, request.keep_days), end)
    if database.is_refreshable_clone:
        steps, notes = (end,), (*notes, "it holds nothing of its own: its source is backed up")
    elif database.is_free_tier:
        steps = (end,)
        concerns.append("of an Always Free database no last backup can be made")
    elif why := refusal("back up", database):
        refused = refused or f"its last backup cannot be made: {why}"
    return Plan(database.id, database.display_name, steps, refused, tuple(concerns), notes)


def _first_refusal(steps: Sequence[Step], database: AutonomousDatabase) -> str | None:
    operations: tuple[Operation, ...] = ("scale", "configure")
    said = (refusal(operation, database) for operation in operations if any(step.operation == operation for step in steps))
    return next((why for why in said if why), None)


def _running_notes(steps: Sequence[Step]) -> tuple[str, ...]:
    return ("it stays open while it scales",) if any(step.operation == "scale" for step in steps) else ()


def _cost(
    request: Scale, database: AutonomousDatabase, template: Template | None
) -> tuple[tuple[Decimal | None, Decimal | None] | None, str]:
    prices = template.prices if template else None
    if prices is None or database.compute_count is None:
        return None, ""
    ecpus = database.compute_count if request.ecpus is None else request.ecpus
    storage = database.data_storage_gb if request.storage_gb is None else request.storage_gb
    now = prices.a_month(database.compute_count, database.data_storage_gb)
    return (now, prices.a_month(ecpus, storage)), prices.currency


def _refusing(made: Plan, why: str | None, note: str) -> Plan:
    return Plan(made.subject, made.name, made.steps, made.refused or why or "", made.concerns, (note,), made.cost, made.currency)
