"""Changes databases of the fleet: plan, guard, apply, verify, and a journal of it; one operation per database at a time.

Cut off anywhere and run again, it ends where it would have ended: the journal says what was begun, the service what became of it,
and nothing is done twice. A change that is begun and not ended is what keeps others away from its database meanwhile.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from assets.fleet.logic.lifecycle import steps
from assets.fleet.logic.lifecycle.evidence import Evidence
from assets.fleet.logic.lifecycle.plan import Plan, plan
from assets.fleet.logic.lifecycle.requests import Clone, Decommission, Invalid, Provision, Request, demand_valid
from assets.fleet.logic.lifecycle.steps import (
    Create,
    Seen,
    Step,
    TakeBackup,
    Terminate,
    TurnOff,
    TurnOn,
    Update,
    backup_name,
    key_of,
    marked,
)
from assets.fleet.logic.lifecycle.templates import Template
from assets.fleet.logic.lifecycle.transitions import operation_of, refusal
from assets.journal import DONE, FOUND_DONE, FOUND_UNDONE, Begun, Change
from jobs.fleet_lease import COMPARTMENT, FAILED, KEY, LEFT_BY_A_MIGRATION, MIGRATE, REGION, ROOT, Entry, Lease
from resources.autonomous_databases import AutonomousDatabase
from resources.autonomous_databases import Begun as Accepted
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import BadInput, Conflict, NotFound, PermanentError, Throttled, Unavailable
from resources.work_following import follow

_LOG = logging.getLogger(__name__)
_SYSTEM = "oci"
_LOOKS_AFTER_SUCCESS = 5
"""How often the service is looked at after it said that a change succeeded, before what it shows is believed."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a run waits.

    Attributes:
        poll_seconds: Between two looks, where the service does not say.
        longest_wait: For one change.
    """

    poll_seconds: float = 20
    longest_wait: timedelta = timedelta(hours=2)


@dataclass(slots=True)
class Outcome:
    """What became of a request: changes that were done, and those that had been done before."""

    plan: Plan
    done: list[str] = field(default_factory=list)
    found_done: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What a run works with.

    Attributes:
        service: Of the databases.
        lease: Where every change is written down before it is made, and its end afterwards.
        clock: Tells the time, and waits.
        templates: By environment.
        evidence: Finds out what is known of a database that is to go.
        bounds: Of waiting.
    """

    service: AutonomousDatabases
    lease: Lease
    clock: Clock
    templates: Mapping[str, Template]
    evidence: Callable[[AutonomousDatabase], Evidence] = lambda _: Evidence()
    bounds: Bounds = field(default_factory=Bounds)

    def planned(self, request: Request) -> Plan:
        """What is to be done about a request; changes nothing.

        Raises:
            BadInput: The request cannot be asked for.
        """
        self._valid_template(request)
        database = self._look(request)
        template = self._valid_template(request, database)
        evidence = self.evidence(database) if database is not None and isinstance(request, Decommission) else None
        return plan(request, database, template, evidence)

    def at_work(self, request: Request) -> list[str]:
        """What was begun on the database of a request and not ended, for people."""
        entries = self.lease.entries(_place(request)[1])
        return [f"{e.change.operation} by run {e.run_id} since {e.at:%Y-%m-%d %H:%M} UTC" for e in entries if e.outcome is None]

    def apply(self, request: Request, confirmed: str = "", reason: str = "asked for") -> Outcome:
        """Do what a request asks for, and see that it is done.

        Args:
            request: What is asked for.
            confirmed: Display name of the database, if what is destructive is meant.
            reason: Why, for the journal.

        Raises:
            BadInput: The request cannot be asked for.
            Conflict: It may not be done to the database as it is, or another run is at work on it.
            TransientError: The service did not answer, or not in time: run again.
            PermanentError: The service refused it, or what is there afterwards is not what was wanted.
        """
        self._valid_template(request)
        region, subject, compartment = _place(request)
        entries = self._settled(region, subject)
        made = self.planned(request)
        outcome = Outcome(made)
        keyed = [(step, self._key(step, entries)) for step in made.steps]
        left = [(step, key) for step, key in keyed if not self._is_done(key, entries)]
        outcome.found_done += [str(step) for step, key in keyed if self._is_done(key, entries)]
        if left or not made.steps:
            refused = made.demands(confirmed)
            if refused:
                raise Conflict(refused, "Nothing was done. Run it as a plan to see what is there.")
        for step, key in left:
            if isinstance(step.call, Terminate):
                self._demand_last_backup(region, step.subject, keyed)
            self._perform(step, key, region, compartment, reason)
            outcome.done.append(str(step))
        return outcome

    def _valid_template(self, request: Request, database: AutonomousDatabase | None = None) -> Template | None:
        """The template that a request has to keep to, which it does; that of a database is known once it was looked at.

        Raises:
            BadInput: The request cannot be asked for.
        """
        environment = request.named.environment if isinstance(request, Provision | Clone) else _environment(database)
        template = self.templates.get(environment)
        try:
            demand_valid(request, template)
        except Invalid as error:
            raise BadInput(str(error), "Correct the run's config; nothing was done.") from error
        return template

    def _look(self, request: Request) -> AutonomousDatabase | None:
        if isinstance(request, Provision):
            named = request.named
            there = self.service.databases(named.region, named.compartment_id)
            return next((one for one in there if one.db_name.lower() == named.db_name.lower()), None)
        region = request.named.region if isinstance(request, Clone) else request.target.region
        database_id = request.source_id if isinstance(request, Clone) else request.target.database_id
        try:
            return self.service.database(region, database_id)
        except NotFound:
            return None

    def _key(self, step: Step, entries: Sequence[Entry]) -> str:
        """Its key; one that failed for certain is done under a new one, since the service remembers the old one."""
        mine = [e for e in entries if e.says(ROOT) == self.lease.root and e.change.operation == step.operation]
        failed = sum(1 for e in mine if e.wanted == dict(step.after) and (e.outcome or "").startswith(FAILED))
        return key_of(self.lease.root, step, failed)

    def _is_done(self, key: str, entries: Sequence[Entry]) -> bool:
        return any(entry.says(KEY) == key and entry.outcome in (DONE, FOUND_DONE) for entry in entries)

    def _settled(self, region: str, subject: str) -> list[Entry]:
        """What the journal knows, once it is written down what became of changes that were cut off.

        Raises:
            Conflict: One is still at work.
        """
        entries = self.lease.entries(subject)
        for entry in entries:
            if entry.outcome is None and entry.change.operation == MIGRATE:
                self.lease.demand_idle(entry)
                self.lease.end(entry.begun, LEFT_BY_A_MIGRATION)
            elif entry.outcome is None:
                self.lease.demand_idle(entry)
                seen = self._waited(partial(self._seen, entry, region), f"{subject}: what a cut-off run began")
                _LOG.info("%s of %s by run %s was cut off: %s", entry.change.operation, subject, entry.run_id, seen)
                self.lease.end(entry.begun, FOUND_DONE if seen == steps.DONE else FOUND_UNDONE)
        return entries if all(entry.outcome for entry in entries) else self.lease.entries(subject)

    def _seen(self, entry: Entry, region: str) -> Seen:
        """What became of a change, as the service shows it."""
        key, operation, wanted = entry.says(KEY), entry.change.operation, entry.wanted
        region = entry.says(REGION) or region
        if operation in ("provision", "clone", "clone refreshable"):
            return steps.seen_of_new(key, self.service.databases(region, entry.says(COMPARTMENT)))[0]
        try:
            if operation == "back up":
                return steps.seen_of_backup(key, self.service.backups(region, entry.change.subject))[0]
            return steps.seen_of_database(wanted, self.service.database(region, entry.change.subject))
        except NotFound:
            return steps.seen_of_database(wanted, None)

    def _perform(self, step: Step, key: str, region: str, compartment: str, reason: str) -> None:
        after = {**step.after, KEY: key, ROOT: self.lease.root, REGION: region}
        if compartment:
            after[COMPARTMENT] = compartment
        change = Change(_SYSTEM, step.operation, step.subject, step.before, after, reason)
        etag = "" if isinstance(step.call, Create) else self._etag_of_planned(step, region)
        begun = self.lease.begin(change)
        _LOG.info("%s", step)
        try:
            accepted = self._call(step, key, region, etag)
        except (PermanentError, Throttled) as error:
            if isinstance(error, BadInput) or not isinstance(step.call, Create | TakeBackup):
                self.lease.end(begun, f"{FAILED}{error}")
            # a call with a token may have been repeated by the client, and done at its first attempt
            raise
        # of anything else, and of a run that is killed, nobody knows whether it was done: the next one looks
        self._follow(begun, accepted, region, key)

    def _etag_of_planned(self, step: Step, region: str) -> str:
        """The version of the database that a change is meant for, which has still to be what was planned for."""
        database = self.service.database(region, step.subject)
        why = refusal(operation_of(step.operation), database)
        if why is None and steps.seen_of_database(step.before or {}, database) != steps.DONE:
            why = "it changed since it was planned"
        if why:
            raise Conflict(f"{database.display_name}: {why}", "Run this job again: it plans anew.")
        return database.etag

    def _call(self, step: Step, key: str, region: str, etag: str) -> Accepted:
        call, subject, service = marked(step.call, key), step.subject, self.service
        match call:
            case Create(details):
                return service.create(region, details, token=key)
            case Update(changes):
                return service.update(region, subject, changes, if_match=etag)
            case TurnOn():
                return service.start(region, subject, if_match=etag)
            case TurnOff():
                return service.stop(region, subject, if_match=etag)
            case TakeBackup(days):
                return service.back_up(region, subject, backup_name(key), token=key, long_term_days=days)
            case Terminate():
                return service.delete(region, subject, if_match=etag)

    def _follow(self, begun: Begun, accepted: Accepted, region: str, key: str) -> None:
        """Wait until a change that was accepted is over, and see that it is done."""
        entry = Entry(begun, self.lease.journal.run_id, self.clock.now(), None)
        about = f"{begun.change.subject}: {begun.change.operation}"
        if accepted.work_request_id:
            try:
                longest = self.bounds.longest_wait.total_seconds()
                follow(self.service, region, accepted.work_request_id, self.clock, longest)
            except NotFound:
                _LOG.info("%s: its work request is not known any more; the database says whether it is done", about)
            except PermanentError as error:
                self.lease.end(begun, f"{FAILED}{error}")
                raise
        for _ in range(_LOOKS_AFTER_SUCCESS):
            seen = self._waited(partial(self._seen, entry, region), about)
            if seen == steps.DONE:
                self.lease.end(begun, DONE)
                return
            self.clock.sleep(self.bounds.poll_seconds)
        message = f"{about}: the service accepted it, and it is not so"
        self.lease.end(begun, f"{FAILED}{message}")
        raise PermanentError(message, f"See who else changes the database. {key} is the key of the change in the journal.")

    def _waited(self, look: Callable[[], Seen], about: str) -> Seen:
        until = self.clock.now() + self.bounds.longest_wait
        while (seen := look()) == steps.UNDER_WAY:
            self._demand_time(until, about)
            self.clock.sleep(self.bounds.poll_seconds)
        return seen

    def _demand_time(self, until: datetime, about: str) -> None:
        if self.clock.now() >= until:
            raise Unavailable(f"{about} was not over in time", "It goes on. Run this job again: it looks what became of it.")

    def _demand_last_backup(self, region: str, database_id: str, keyed: Sequence[tuple[Step, str]]) -> None:
        """Raises PermanentError unless the last backup is what may be relied on; what is unknown is not enough."""
        for step, key in keyed:
            if not isinstance(step.call, TakeBackup):
                continue
            seen, backup = steps.seen_of_backup(key, self.service.backups(region, database_id))
            why = "not there" if backup is None or seen != steps.DONE else steps.unreliable(backup, step.call, self.clock.now())
            if why:
                raise PermanentError(
                    f"{database_id}: its last backup is {why}",
                    "The database is left as it is. See its backups in the console; a new run of this job, not a repeat of this "
                    "one, makes another.",
                )


def _place(request: Request) -> tuple[str, str, str]:
    """Region, subject in the journal, and compartment of what is to be made."""
    if isinstance(request, Provision | Clone):
        return request.named.region, request.named.db_name, request.named.compartment_id
    return request.target.region, request.target.database_id, ""


def _environment(database: AutonomousDatabase | None) -> str:
    return (database.environment or "") if database is not None else ""
