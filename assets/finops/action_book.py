"""Actions as they are stored: their rows, their events, what people said about them, and what is seen of their resources."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from assets.finops import tables
from assets.finops.logic.actions.effect import FELL_SHORT, Done, Effect, effects
from assets.finops.logic.actions.lifecycle import (
    EXECUTED,
    VERDICTS,
    VERIFIED,
    Book,
    Verdict,
    verdicts,
)
from assets.finops.logic.actions.model import AUTOSCALE, HOLD, LASTING, SCHEDULE, Action, Facts
from assets.finops.logic.panel import SERIES
from assets.finops.logic.recommendations.verification import BEFORE_DAYS
from assets.journal import BEGUN, DONE, FOUND_DONE, Journal
from resources.actions import ActionService, BudgetActions, Resource
from resources.budgets import BudgetService
from resources.errors import BadInput, CloudOpsError, NotFound, TransientError
from resources.lake import Lake
from resources.object_store import ObjectStore

APPROVALS_KEY = "finops/approvals.csv"
"""Among the inputs: `action_id,verdict,by,note`."""
OPERATIONS = tuple(
    f"{operation} {kind}"
    for operation, kinds in {
        "stop": ("instance", "database", "database cluster"),
        "start": ("instance", "database", "database cluster"),
        "resize": ("instance", "database"),
        "autoscale": ("database",),
        "autoscale-off": ("database",),
        "delete": ("volume",),
        "restore": ("volume",),
        "hold": ("budget",),
    }.items()
    for kind in kinds
)
"""Operations of actions in the journal."""
_CONTENT = (
    "action_id", "source", "source_name", "source_id", "system", "resource_id", *SERIES, "operation", "parameters", "status_seen",
    "size_seen", "undo", "savings_low", "savings_high", "savings_unknown_because", "reason", "evidence", "fingerprint",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clouds:
    """What can be done, by cloud, and to budgets by cloud."""

    services: Mapping[str, ActionService]
    budgets: Mapping[str, ActionService]

    @classmethod
    def of(cls, services: Iterable[ActionService], budgets: Iterable[BudgetService]) -> "Clouds":
        """Of the resources that a deployment has."""
        holds = [BudgetActions(budgets=service) for service in budgets]
        return cls({service.system: service for service in services}, {service.system: service for service in holds})

    def service(self, system: str, operation: str) -> ActionService | None:
        """Who can do an operation."""
        return (self.budgets if operation == HOLD else self.services).get(system)

    def look(self, system: str, operation: str, resource: Resource) -> tuple[Facts, Any] | str:
        """What is seen of a resource, for the logic and as it was seen; or why nothing is.

        Raises:
            TransientError: The cloud does not answer.
        """
        service = self.service(system, operation)
        if service is None:
            return f"nothing can be done in the cloud {system!r}"
        if (missing := service.missing()) is not None:
            return f"{system} is not configured: {missing}"
        kind, can = service.kind(resource), service.operations(resource)
        if not kind:
            return f"nothing can be done to such a thing as {resource.id}"
        try:
            seen = service.look(resource)
        except TransientError:
            raise
        except CloudOpsError as error:
            return f"it could not be looked at: {error}"
        return Facts(kind, frozenset(can), seen.status, seen.size, seen.tags, seen.under_way, seen.auto_scaling), seen


def book(lake: Lake) -> Book:
    """Where all actions stand."""
    return Book.of(lake.scan(tables.ACTION_EVENTS).collect())


def store_events(lake: Lake, opened: Book) -> None:
    """Add the new events of a book in one commit; an attempt that is repeated adds them once."""
    if not opened.added:
        return
    rows = opened.new_rows()
    ids = ", ".join(f"'{event_id}'" for event_id in rows["event_id"])
    lake.replace(tables.ACTION_EVENTS, rows, where=f"event_id IN ({ids})")
    opened.added.clear()


def said(lake: Lake, inputs_store: ObjectStore, known: Iterable[str]) -> list[Verdict]:
    """What people said about actions: decisions, and rows of the file of approvals.

    Raises:
        BadInput: The file cannot be read, or says what cannot be said; nothing of it counts then.
    """
    return [*verdicts(lake.scan(tables.DECISIONS).collect()), *_of_file(inputs_store, frozenset(known))]


def _of_file(inputs_store: ObjectStore, known: frozenset[str]) -> list[Verdict]:
    try:
        found = inputs_store.head(APPROVALS_KEY)
        text = inputs_store.get(APPROVALS_KEY).decode("utf-8-sig")
    except NotFound:
        return []
    except UnicodeDecodeError:
        raise BadInput(f"{APPROVALS_KEY} is not UTF-8", "Save it as UTF-8.") from None
    reader = csv.DictReader(io.StringIO(text))
    needed = ("action_id", "verdict", "by")
    if not set(needed) <= set(reader.fieldnames or ()):
        raise BadInput(
            f"{APPROVALS_KEY} lacks the columns {', '.join(needed)}", "Write action_id,verdict,by,note in its first line."
        )
    listed = []
    for row in reader:
        action_id, verdict, by, note = ((row.get(name) or "").strip() for name in (*needed, "note"))
        where = f"{APPROVALS_KEY}, line {reader.line_num}"
        if verdict not in VERDICTS:
            raise BadInput(f"{where}: {verdict!r} is no verdict", f"Write one of {', '.join(VERDICTS)}.")
        if not by:
            raise BadInput(f"{where}: nobody is named in `by`", "Write who decided.")
        if action_id not in known:
            raise BadInput(f"{where}: there is no action {action_id!r}", "Write a whole id, as `cloudops actions` lists it.")
        identity = hashlib.sha256(json.dumps([action_id, verdict, by, note]).encode()).hexdigest()[:16]
        listed.append(Verdict(f"file-{identity}", action_id, verdict, by, note, found.last_modified))
    return listed


def frame_of(actions: Sequence[Action]) -> pl.DataFrame:
    """What actions are, as rows without where they stand."""
    rows = [
        (
            a.action_id, a.source, a.source_name, a.source_id, a.system, a.resource_id, *a.series, a.operation,
            json.dumps(dict(a.parameters), sort_keys=True), a.seen.status if a.seen else "unknown", a.seen.size if a.seen else "",
            a.undo, *(a.savings or (None, None)), a.savings_unknown_because, a.reason, list(a.evidence), a.fingerprint,
        )
        for a in actions
    ]  # fmt: skip
    return pl.DataFrame(rows, schema={name: tables.ACTIONS.schema[name] for name in _CONTENT}, orient="row")


def merged(stored: pl.DataFrame, found: pl.DataFrame, opened: Book) -> pl.DataFrame:
    """What each action is: as it was found now while nobody is at it, as it was approved from then on."""
    open_still = [i for i, s in opened.standings.items() if s.fingerprint in set(found["fingerprint"]) and s.executed_at is None]
    fresh = found.filter(pl.col("action_id").is_in(open_still))
    kept = stored.select(_CONTENT).join(fresh.select("action_id"), on="action_id", how="anti")
    return pl.concat([fresh, kept])


def store_rows(
    lake: Lake, content: pl.DataFrame, opened: Book, proposed: Iterable[str], shown: Mapping[str, Effect]
) -> pl.DataFrame:
    """Write `finops/actions`: what each action is, and where it stands; returns the rows."""
    now_proposed = set(proposed)
    standing = []
    for action_id in content["action_id"]:
        s, effect = opened.standings[action_id], shown.get(action_id)
        executed = s.executed_at is not None and s.state in (EXECUTED, VERIFIED)
        fell_short = executed and effect is not None and effect.effect in FELL_SHORT and s.state == EXECUTED
        standing.append(
            (action_id, action_id in now_proposed, s.state, s.since, s.by, s.note, s.approved_by, s.executed_at,
             effect.effect if effect and executed else None, effect.reason if effect and executed else None, fell_short)
        )  # fmt: skip
    names = [name for name in tables.ACTIONS.schema if name == "action_id" or name not in _CONTENT]
    stands = pl.DataFrame(standing, schema={name: tables.ACTIONS.schema[name] for name in names}, orient="row")
    rows = content.select(_CONTENT).join(stands, on="action_id").sort("action_id")
    lake.replace(tables.ACTIONS, rows, where=None)
    return rows


def effects_shown(lake: Lake, content: pl.DataFrame, opened: Book, today: date, after_days: int) -> dict[str, Effect]:
    """What the bills show of everything that was executed, by id."""
    done = []
    for row in content.filter(pl.col("operation") != HOLD).iter_rows(named=True):
        standing = opened.standings[row["action_id"]]
        if standing.state in (EXECUTED, VERIFIED) and standing.executed_at is not None:
            expected = None if row["savings_low"] is None else (row["savings_low"], row["savings_high"])
            series = tuple(row[name] for name in SERIES)
            saves = row["operation"] != AUTOSCALE
            done.append(Done(row["action_id"], standing.executed_at.date(), series, row["resource_id"], expected, saves))
    if not done:
        return {}
    first = min(one.day for one in done) - timedelta(days=BEFORE_DAYS)
    costs = lake.scan(tables.RESOURCE_COSTS).filter(pl.col("x_charge_date") >= first)
    return effects(done, costs.collect(), today, after_days)


def in_force(lake: Lake, opened: Book, states: frozenset[str]) -> dict[tuple[str, str], str]:
    """The action that stands for a resource, by cloud and id of the resource."""
    found = {}
    for row in (
        lake.scan(tables.ACTIONS).select("action_id", "system", "resource_id", "operation").collect().iter_rows(named=True)
    ):
        standing = opened.standings.get(row["action_id"])
        lasts = standing is not None and standing.state == VERIFIED and row["operation"] in LASTING
        if standing is not None and (standing.state in states or lasts):
            found[row["system"], row["resource_id"]] = row["action_id"]
    return found


def last_turns(journal: Journal) -> dict[str, str]:
    """What was done last for each action: the operation, by id of the action."""
    ended = journal.rows(OPERATIONS).filter(pl.col("outcome").is_in([DONE, FOUND_DONE])).sort("at", maintain_order=True)
    return {json.loads(row["after"])["action_id"]: row["operation"].split()[0] for row in ended.iter_rows(named=True)}


def begun(journal: Journal) -> set[str]:
    """Ids of actions of which the journal says that they were begun, and not how that ended."""
    rows = journal.rows(OPERATIONS)
    ended = set(rows.filter(pl.col("outcome") != BEGUN)["change_id"])
    open_rows = rows.filter((pl.col("outcome") == BEGUN) & ~pl.col("change_id").is_in(list(ended)))
    return {json.loads(after)["action_id"] for after in open_rows["after"]}


def held_budgets(lake: Lake) -> frozenset[tuple[str, str]]:
    """Cloud and key of every budget that an action holds where it is."""
    rows = lake.scan(tables.ACTIONS).filter((pl.col("operation") == HOLD) & pl.col("state").is_in([EXECUTED, VERIFIED]))
    return frozenset(rows.select("system", "resource_id").collect().iter_rows())


def resource_of(row: Mapping[str, Any]) -> Resource:
    """The resource of a row of `finops/actions`."""
    return Resource(row["system"], row["resource_id"], row["RegionId"] or "", row["SubAccountId"] or "")


def is_schedule(row: Mapping[str, Any]) -> bool:
    """Whether a row of `finops/actions` is about a timetable."""
    return bool(row["operation"] == SCHEDULE)


def pending_state(opened: Book, lake: Lake, now: datetime) -> dict[str, str]:
    """States to which decisions lead that were not followed yet, by id; the book stays as it is."""
    copy = Book(dict(opened.standings), set(opened.heard))
    copy.hear(verdicts(lake.scan(tables.DECISIONS).collect()), now)
    return {i: s.state for i, s in copy.standings.items() if s.state != opened.standings[i].state}
