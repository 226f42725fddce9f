"""Proposals about what is short, slow, blocked, not safe or idle: capacity, performance, locking, recovery, cost."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from assets.fleet.logic.recommendations import calls
from assets.fleet.logic.recommendations.proposals import Evidence, Facts, Proposal, Severity, percent

SOON, VERY_SOON = 60, 14
"""Days to the first moment at which storage may be full, from which on it is a warning, and critical."""
LEAST_RETENTION_DAYS = 14
"""Of automatic backups of production."""
LONG_STOPPED = timedelta(days=30)
_DOMINANT = 0.3
_SLOW_SECONDS = 1.0
_STORAGE_STEP_GB = 20


def capacity(facts: Facts) -> list[Proposal] | None:
    """More storage before it is full; None if that is not known."""
    full, nearly = facts.full.get(("storage", 100.0)), facts.full.get(("storage", 90.0))
    if full is None or nearly is None or full["answer"] == "unknown":
        return None
    days = 0 if full["answer"] == "reached" else full["earliest_days"]
    if (days is None or days > SOON) and nearly["answer"] != "reached":
        return []
    critical = nearly["answer"] == "reached" or (days is not None and days <= VERY_SOON)
    size = _storage_for_half_a_year(full)
    when = "It is full" if days == 0 else f"It may be full in {days} days" if days is not None else "90 % of it are used"
    likely = f"most likely in {full['days']} days" if full["days"] else "later most likely"
    return [
        Proposal(
            facts.id,
            "capacity",
            "more storage",
            "critical" if critical else "warning",
            urgency=1.0 if critical else 1 - (days or 0) / (2 * SOON),
            effort="low",
            title=f"Give it {size:,} GB of storage",
            reason=f"{when}{'' if days == 0 or days is None else ', ' + likely}. {size:,} GB are enough for half a year of such "
            "growth.",
            calls=calls.update(facts.id, str(facts.database["region"]), data_storage_size_in_gbs=size),
            risk="Storage costs more; it shrinks only if what is allocated to tablespaces does.",
            evidence=(
                Evidence("fleet/capacity", "used", f"{full['used']:,.1f} of {full['capacity']:,.0f} {full['unit']}"),
                Evidence("fleet/capacity", "grows by a day", f"{full['per_day']:+,.2f} {full['unit']}"),
                Evidence("fleet/capacity", "days to 100 %: earliest / likely / latest (80 %)",
                         " / ".join(_or_year(full[name]) for name in ("earliest_days", "days", "latest_days"))),
            ),
            cost_note="the price of storage is not in what the database costs as a whole",
        )
    ]  # fmt: skip


def performance(facts: Facts) -> list[Proposal] | None:
    """Statements to look at where a database answers slowly, and memory; None if neither is measured."""
    slow, memory = facts.levels.get("response_time_seconds"), facts.levels.get("memory_utilization")
    known = [row for row in (slow, memory) if row is not None and row["level"] != "unknown"]
    if not known:
        return None
    found = []
    if slow is not None and slow["level"] in ("warning", "critical"):
        found += [_statement(facts, slow, row) for row in facts.statements if _is_heavy(row)]
    if memory is not None and memory["level"] in ("warning", "critical"):
        found.append(_memory(facts, memory))
    return found


def locking(facts: Facts) -> list[Proposal] | None:
    """Who blocks whom, and how to end it; None if it is not measured."""
    blocked = facts.measured.get("blocked_sessions")
    if blocked is None or blocked["status"] != "measured":
        return None
    if not blocked["value"]:
        return []
    number = int(blocked["value"])
    waited = next((row for row in facts.waits if row["wait_class"] in ("Application", "Concurrency")), None)
    share = f"{waited['event']}: {percent(waited['share'])} of the time waited" if waited else "not among the events seen"
    return [
        Proposal(
            facts.id,
            "locking",
            "blocked sessions",
            "critical" if number >= 10 else "warning",
            urgency=min(0.3 + number / 20, 1),
            effort="medium",
            title=f"{number} session{'s wait' if number > 1 else ' waits'} for another",
            reason="Sessions were blocked by another when the database was last asked. See who holds the lock, and what it does, "
            "before ending it: what it did not commit is lost.",
            calls=(calls.BLOCKED, calls.KILL),
            risk="A session that is ended is rolled back, which may take as long as its work did.",
            evidence=(
                Evidence("fleet/measurements", "sessions that are blocked", str(number)),
                Evidence("fleet/wait_events", "waits for locks", share),
            ),
            cost_share=0.0,
            cost_note="nothing",
        )
    ]


def recovery(facts: Facts) -> list[Proposal] | None:
    """What production lacks to be recovered; only by what the fleet's tables say."""
    row, found = facts.database, []
    if not facts.is_production or facts.is_standby or row["is_refreshable_clone"]:  # a clone can have neither standby nor backup
        return []
    region = str(row["region"])
    if row["role"] is None and not _standbys(row) and not row["peer_ids"]:
        found.append(
            Proposal(
                facts.id, "backup and recovery", "no standby", "warning", urgency=0.5, effort="medium",
                title="Production without a standby",
                reason="It has neither a local nor a remote standby: if its infrastructure is lost, the way back is a restore.",
                calls=calls.update(facts.id, region, is_local_data_guard_enabled=True),
                risk="A local standby costs as much as the database's CPUs and storage. One elsewhere is made from its region.",
                evidence=(Evidence("fleet/databases", "role, standbys, peers", "none"),),
                cost_share=1.0,
                cost_note="at most: a local standby is charged like the database itself",
            )
        )  # fmt: skip
    days = row["backup_retention_days"]
    if days is None:
        return found or None
    if days < LEAST_RETENTION_DAYS:
        found.append(
            Proposal(
                facts.id, "backup and recovery", "short retention", "warning", urgency=1 - days / LEAST_RETENTION_DAYS,
                effort="low",
                title=f"Keep backups of production longer than {days} days",
                reason=f"What is noticed after {days} days cannot be undone; production needs {LEAST_RETENTION_DAYS} at least.",
                calls=calls.update(facts.id, region, backup_retention_period_in_days=LEAST_RETENTION_DAYS),
                risk="Backups that are kept longer cost more.",
                evidence=(Evidence("fleet/databases", "backup_retention_days", str(days)),),
                cost_note="the size of backups is not known here",
            )
        )  # fmt: skip
    return found


def idle(facts: Facts) -> list[Proposal] | None:
    """A database that has been stopped for long, whose storage is still charged."""
    row = facts.database
    if row["lifecycle_state"] != "STOPPED" or row["is_free_tier"]:
        return []
    since = facts.now - row["valid_from"]
    if since < LONG_STOPPED:
        return []
    name = str(row["display_name"])
    return [
        Proposal(
            facts.id,
            "cost",
            "long stopped",
            "info",
            urgency=min(since / timedelta(days=180), 1),
            effort="medium",
            title=f"Stopped for {since.days} days: is it still needed?",
            reason="A stopped database costs its storage and its backups. If nobody needs it, decommission it, with a final "
            "long-term backup that was checked first.",
            calls=(
                f"oci db autonomous-database-backup create --region {row['region']} --autonomous-database-id {facts.id} "
                "--display-name final --is-long-term-backup true --retention-period-in-days 365",
                f"oci db autonomous-database delete --region {row['region']} --autonomous-database-id {facts.id}",
            ),
            risk="Whatever is not in the long-term backup is gone. Who owns it has to say so.",
            evidence=(Evidence("fleet/databases", f"{name} has been STOPPED since", row["valid_from"].date().isoformat()),),
            cost_share=-1.0,
            cost_note="all of its cost, less that of the long-term backup",
        )
    ]


def _storage_for_half_a_year(full: Mapping[str, Any]) -> int:
    """Storage with which growth stays below 80 % for half a year, in whole steps."""
    used, there, per_day = float(full["used"]), float(full["capacity"]), float(full["per_day"])
    wanted = (used + max(per_day, 0.0) * 180) / 0.8
    steps = max(math.ceil(wanted / _STORAGE_STEP_GB), math.ceil(there / _STORAGE_STEP_GB) + 1)
    return steps * _STORAGE_STEP_GB


def _or_year(days: int | None) -> str:
    return "not within a year" if days is None else str(days)


def _is_heavy(row: Mapping[str, Any]) -> bool:
    return row["share"] >= _DOMINANT and (row["seconds_per_execution"] or 0) >= _SLOW_SECONDS


def _statement(facts: Facts, slow: Mapping[str, Any], row: Mapping[str, Any]) -> Proposal:
    try:
        ways = calls.tune(str(row["sql_id"]))
    except ValueError:
        ways = ()
    return Proposal(
        facts.id,
        "performance",
        "heavy statement",
        _severity(slow),
        urgency=float(row["share"]),
        effort="medium",
        title=f"Look at statement {row['sql_id']}: {percent(row['share'])} of the time",
        reason=f"Statements take {_value(slow)} on average, and this one {row['seconds_per_execution']:,.2f} s each, "
        f"{percent(row['share'])} of all time of statements between the last two collections.",
        calls=ways,
        risk="A new plan may be worse for other values: accept a SQL profile, or an index, only after a test.",
        evidence=(
            Evidence("fleet/status", "response time", _value(slow)),
            Evidence("fleet/top_sql", "executions / seconds each / blocks read each", _work(row)),
        ),
        subject=str(row["sql_id"]),
        cost_share=0.0,
        cost_note="nothing",
    )


def _memory(facts: Facts, level: Mapping[str, Any]) -> Proposal:
    row = facts.database
    more = math.ceil((row["compute_count"] or 2) * 1.5)
    ways = calls.update(facts.id, str(row["region"]), compute_count=float(more)) if facts.can_be_scaled else ()
    return Proposal(
        facts.id,
        "performance",
        "process memory",
        _severity(level),
        urgency=min((level["value"] or 0) / 100, 1),
        effort="medium",
        title=f"Process memory is at {_value(level)} of its limit",
        reason="At the limit, Oracle ends the calls that use most (ORA-04036). The limit follows the ECPUs; large sorts, hash "
        "joins and collections in PL/SQL are what uses it.",
        calls=(
            calls.MEMORY,
            *ways,
        ),
        risk="More ECPUs cost more, and do not help against one statement that takes whatever there is.",
        evidence=(Evidence("fleet/status", "memory_utilization", _value(level)),),
        cost_note="depends on which of the two is done",
    )


def _severity(level: Mapping[str, Any]) -> Severity:
    return "critical" if level["level"] == "critical" else "warning"


def _value(level: Mapping[str, Any]) -> str:
    return "an unknown value" if level["value"] is None else f"{level['value']:,.2f} {level['unit'] or ''}".strip()


def _work(row: Mapping[str, Any]) -> str:
    each = row["buffer_gets"] / row["executions"] if row["executions"] else None
    return f"{row['executions']:,.0f} / {row['seconds_per_execution']:,.2f} / {'unknown' if each is None else f'{each:,.0f}'}"


def _standbys(row: Mapping[str, Any]) -> list[Any]:
    return list(json.loads(row.get("standbys") or "[]"))
