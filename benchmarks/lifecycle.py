"""Claim: lifecycle operations are never begun in a wrong state, never done twice, and the journal tells exactly what was done.

Random operations on several databases of the embedded cloud, whose clock stands still: runs are killed before and after any call
and any write to the journal, connections are lost before and after the work, the service asks for less, work requests fail. A run
that was cut off is run again, or another one comes. Afterwards the journal is held against the cloud's own record.
"""

import argparse
import json
import multiprocessing
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import requests
from pydantic import PrivateAttr

from assets.fleet import tables
from assets.fleet.logic.lifecycle.evidence import Evidence
from assets.fleet.logic.lifecycle.requests import (
    BackUp,
    Clone,
    Decommission,
    Named,
    Provision,
    Request,
    Scale,
    Start,
    Stop,
    Target,
)
from assets.fleet.logic.lifecycle.templates import STANDARD
from assets.fleet.logic.lifecycle.transitions import Operation, refusal
from assets.journal import BEGUN, DONE, FOUND_DONE, Journal
from benchmarks.outcome import Target as Bound
from benchmarks.outcome import finish
from benchmarks.sandbox import started
from jobs.fleet_lease import KEY, OPERATIONS, Lease
from jobs.lifecycle_changes import Bounds, Lifecycle
from resources.autonomous_databases import NewDatabase
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import CloudOpsError, Conflict, TransientError
from resources.lake import Lake, Written
from resources.oci.autonomous_databases import OciAutonomousDatabases
from resources.oci.clients import OciClients
from resources.tables import Table

REGION = "eu-frankfurt-1"
_SECRET = "ocid1.vaultsecret.oc1..benchmark"  # noqa: S105 - an OCID
_AT_ONCE = 2
_EPISODE = 25
"""Steps after which the fleet and its journal are looked at, and others take their place."""
_DATABASES = 5
_LEASE = timedelta(hours=6)
_LEAST_WAIT = 45.0
"""Seconds."""
_CALLS: Mapping[str, Operation] = {
    "start": "start", "stop": "stop", "update": "scale", "delete": "decommission", "back_up": "back up",
}  # fmt: skip
_LOGGED = {
    "create_autonomous_database": "create", "update_autonomous_database": "update", "start_autonomous_database": "start",
    "stop_autonomous_database": "stop", "delete_autonomous_database": "delete", "create_autonomous_database_backup": "back up",
}  # fmt: skip
_JOURNALLED = {
    "provision": "create", "clone": "create", "clone refreshable": "create", "scale": "update", "configure": "update",
    "start": "start", "stop": "stop", "decommission": "delete", "back up": "back up",
}  # fmt: skip
_FAULTY = (*_LOGGED, "get_autonomous_database", "list_autonomous_databases", "list_autonomous_database_backups")


class Killed(BaseException):
    """The process ends."""


@dataclass(slots=True)
class Fuse:
    """Ends the run at one of its calls or writes: before it or after it."""

    left: int | None = None
    after: bool = False

    @contextmanager
    def burning(self) -> Iterator[None]:
        """Around a call."""
        struck = self.left == 0
        if self.left is not None:
            self.left -= 1
        if struck and not self.after:
            raise Killed
        yield
        if struck and self.after:
            raise Killed


class Standing(Clock):
    """The clock of an embedded cloud that stands still: it is asked nothing, and told when time passes."""

    endpoint: str
    _session: requests.Session = PrivateAttr(default_factory=requests.Session)
    _at: list[datetime] = PrivateAttr(default_factory=lambda: [datetime.min.replace(tzinfo=UTC)])

    @classmethod
    def of(cls, url: str) -> "Standing":
        """The clock of a cloud, which stands still from now on."""
        made = cls(endpoint=url)
        answer = made._session.get(f"{url}/sandbox/health", timeout=60)
        made._at[0] = datetime.fromisoformat(answer.json()["now"])
        made._session.post(f"{url}/sandbox/clock", json={"stop_at": made._at[0].isoformat()}, timeout=60).raise_for_status()
        return made

    def now(self) -> datetime:
        """See Clock."""
        return self._at[0]

    def sleep(self, seconds: float) -> None:
        """See Clock. Time passes faster than it is waited for."""
        seconds = max(seconds, _LEAST_WAIT)
        self._session.post(f"{self.endpoint}/sandbox/clock", json={"advance": seconds}, timeout=60).raise_for_status()
        self._at[0] += timedelta(seconds=seconds)


class Brittle:
    """The service as a run uses it that may be killed at each of its calls; sees whether a changing call is legal."""

    def __init__(self, service: AutonomousDatabases, fuse: Fuse, judge: Callable[[str, tuple[Any, ...]], None]) -> None:
        self._service, self._fuse, self._judge = service, fuse, judge

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the service has
        asked = getattr(self._service, name)

        def called(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            with self._fuse.burning():
                self._judge(name, arguments)
                return asked(*arguments, **named)

        return called


class BrittleLake(Lake):
    """A lake whose writer may be killed before and after each write."""

    _fuse: list[Fuse] = PrivateAttr(default_factory=list)

    def burning(self, fuse: Fuse) -> "BrittleLake":
        """The lake, with its fuse."""
        self._fuse.append(fuse)
        return self

    def replace(self, table: Table, frame: Any, *, where: str | None) -> Written:  # noqa: ANN401
        """See Lake."""
        with self._fuse[0].burning():
            return super().replace(table, frame, where=where)


@dataclass(slots=True)
class Counted:
    """What happened; the first four are the benchmark's."""

    steps: int = 0
    illegal_accepted: int = 0
    repeated: int = 0
    unequal: int = 0
    done: int = 0
    refused: int = 0
    refused_by_the_cloud: int = 0
    killed: int = 0
    faults: int = 0
    failed: int = 0
    changes: int = 0

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(slots=True)
class World:
    """An embedded cloud with a fleet of its own, its journal, and a person who asks for things.

    Attributes:
        url: Of the cloud.
        folder: Where its credentials are, and the lake.
        random: Decides everything.
        clock: The cloud's.
    """

    url: str
    folder: Path
    random: random.Random
    clock: Standing
    service: OciAutonomousDatabases
    compartment: str
    name: str
    count: Counted = field(default_factory=Counted)
    fuse: Fuse = field(default_factory=Fuse)
    targets: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    unfinished: dict[str, tuple[str, Request]] = field(default_factory=dict)
    runs: int = 0
    roots: int = 0
    over: set[str] = field(default_factory=set)
    log_from: int = 0

    @classmethod
    def at(cls, url: str, folder: Path, seed: int, name: str, clock: Standing) -> "World":
        """A fleet in the tenancy's root; earlier fleets there are left alone."""
        import oci

        clients = OciClients(
            config_file=f"{folder}/oci_config", endpoint=url, max_attempts=2, breaker_failures=0, first_wait_seconds=0.001,
            longest_wait_seconds=0.002,
        )  # fmt: skip
        tenancy = str(oci.config.from_file(f"{folder}/oci_config")["tenancy"])
        made = cls(url, folder, random.Random(seed), clock, OciAutonomousDatabases(clients=clients), tenancy, name)
        made.log_from = len(made.log())
        for number in range(_DATABASES):
            tags = {"environment": "development", "protected": "true" if number == 0 else "false"}
            details = NewDatabase(made.compartment, f"{name}x{number}", f"{name}x{number}", secret_id=_SECRET, free_tags=tags)
            made.targets.append(made.service.create(REGION, details, f"{name}-{number}").resource_id)
            made.names[made.targets[-1]] = details.display_name
        made.log_from += _DATABASES
        clock.sleep(600)
        return made

    @property
    def lake(self) -> BrittleLake:
        """Where the journal is."""
        return BrittleLake(root=str(self.folder / "lakes" / self.name)).burning(self.fuse)

    def log(self) -> list[dict[str, Any]]:
        """Everything that the cloud was asked to change."""
        answer = requests.get(f"{self.url}/sandbox/databases/log", timeout=60)
        answer.raise_for_status()
        return list(answer.json())

    def step(self) -> None:
        """One operation, or another attempt at one that was cut off."""
        self.count.steps += 1
        root, request = self._chosen()
        self._disturb()
        self._attempt(root, request)
        self._calm()
        self.clock.sleep(self.random.choice([1, 1, 300, 3600]))

    def finish(self) -> None:
        """Run everything again that was cut off, undisturbed; then hold the journal against the cloud's record."""
        for subject in list(self.unfinished):
            for _ in range(3):
                if subject in self.unfinished:
                    self._attempt(*self.unfinished[subject])
        self.compare()

    def _chosen(self) -> tuple[str, Request]:
        if self.unfinished and self.random.random() < 0.6:
            return self.unfinished[self.random.choice(sorted(self.unfinished))]
        self.roots += 1
        return f"{self.name}-{self.roots}", self._asked_for()

    def _asked_for(self) -> Request:
        target = Target(REGION, self.random.choice(self.targets))
        draw = self.random.random()
        if draw < 0.04:
            return Decommission(target, 90)
        if draw < 0.10 and len(self.targets) < 3 * _DATABASES:
            name = f"{self.name}n{self.roots}"
            named = Named(REGION, self.compartment, name, name, "development", {"owner": "ann"}, _SECRET)
            if self.random.random() < 0.5:
                return Provision(named)
            return Clone(named, target.database_id, self.random.choice(["full", "metadata", "refreshable"]))
        kinds: list[Callable[[], Request]] = [
            lambda: Start(target),
            lambda: Start(target),
            lambda: Stop(target),
            lambda: Scale(target, ecpus=float(self.random.randint(2, 8))),
            lambda: Scale(target, ecpus=float(self.random.randint(2, 8)), storage_gb=1024.0 * self.random.randint(1, 2)),
            lambda: Scale(target, auto_scaling=self.random.random() < 0.5),
            lambda: BackUp(target, self.random.choice([None, 90])),
        ]
        return self.random.choice(kinds)()

    def _disturb(self) -> None:
        """Let something go wrong in the step that follows, or nothing."""
        draw = self.random.random()
        if draw < 0.35:
            self.fuse.left, self.fuse.after = self.random.randint(0, 9), self.random.random() < 0.5
            return
        if draw < 0.6:
            kind = self.random.choice(["drop", "drop_after", "drop_after", "status"])
            fault: dict[str, Any] = {"kind": kind, "service": "database", "operation": self.random.choice(_FAULTY)}
            fault |= {"times": self.random.randint(1, 3)} | (
                {"status": self.random.choice([429, 429, 503])} if kind == "status" else {}
            )
            requests.post(f"{self.url}/sandbox/faults", json=fault, timeout=60).raise_for_status()
            self.count.faults += 1
        elif draw < 0.64:
            action = self.random.choice(["start", "stop", "scale", "delete"])
            fault = {"kind": "work_request_fails", "times": 1, "action": action}
            target = self.random.choice(self.targets)
            requests.post(f"{self.url}/sandbox/databases/{target}/faults", json=fault, timeout=60).raise_for_status()
            self.count.faults += 1

    def _calm(self) -> None:
        self.fuse.left = None
        requests.delete(f"{self.url}/sandbox/faults", timeout=60).raise_for_status()

    def _attempt(self, root: str, request: Request) -> None:
        """One run; what it does not finish may be run again with the same root."""
        self.runs += 1
        run_id = f"{self.name}-run-{self.runs}"
        lifecycle = self._lifecycle(root, run_id)
        subject = request.named.db_name if isinstance(request, Provision | Clone) else request.target.database_id
        try:
            lifecycle.apply(request, self._confirmed(request))
        except Killed:
            self.count.killed += 1
            self.unfinished[subject] = (root, request)
            if self.random.random() < 0.5:
                return  # nobody knows that it is dead
        except TransientError:
            self.unfinished[subject] = (root, request)
        except Conflict:
            self.count.refused += 1
            self._forget(subject, root)
        except CloudOpsError:
            self.count.failed += 1
            self._forget(subject, root)
        else:
            self.count.done += 1
            self._forget(subject, root)
            self._appear(request)
        self.over.add(run_id)

    def _lifecycle(self, root: str, run_id: str) -> Lifecycle:
        journal = Journal(self.lake, tables.JOURNAL, run_id, "benchmark")
        lease = Lease(journal, self.clock, root, self.over.__contains__, _LEASE)
        service = cast(AutonomousDatabases, Brittle(self.service, self.fuse, self._judge))
        evidence = Evidence((), (), 0, None, asked=True)
        return Lifecycle(service, lease, self.clock, STANDARD, lambda _: evidence, Bounds(longest_wait=timedelta(hours=2)))

    def _judge(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Count a changing call that the table does not allow to the database as it is in the cloud."""
        operation = _CALLS.get(name)
        if operation == "scale" and arguments[2].is_auto_scaling_enabled is not None:
            operation = "configure"
        if operation is not None and refusal(operation, self.service.database(arguments[0], arguments[1])):
            self.count.illegal_accepted += 1

    def _confirmed(self, request: Request) -> str:
        """The name of the database, now and then."""
        if isinstance(request, Provision | Clone) or self.random.random() < 0.3:
            return ""
        return self.names.get(request.target.database_id, "")

    def _forget(self, subject: str, root: str) -> None:
        if self.unfinished.get(subject, ("",))[0] == root:
            del self.unfinished[subject]

    def _appear(self, request: Request) -> None:
        if isinstance(request, Provision | Clone):
            self._calm()
            found = self.service.databases(REGION, self.compartment)
            made = [one for one in found if one.db_name == request.named.db_name and one.id not in self.names]
            self.targets += [one.id for one in made]
            self.names |= {one.id: one.display_name for one in made}

    def compare(self) -> None:
        """Hold the journal against the cloud's record: each change that was done is one entry, within its time."""
        log = [row for row in self.log()[self.log_from :] if row["accepted"] and not row["repeated"]]
        refused = [row for row in self.log()[self.log_from :] if row["code"] in ("IncorrectState", "NoEtagMatch")]
        self.count.refused_by_the_cloud += len(refused)
        done = [row for row in log if self._succeeded(row)]
        entries = self._entries()
        self.count.changes += len(done)
        self.count.unequal += unmatched(done, entries)
        self.count.repeated += repeated(done, entries)

    def _succeeded(self, row: Mapping[str, Any]) -> bool:
        return self.service.work_request(REGION, row["work_request"]).status == "SUCCEEDED"

    def _entries(self) -> list[dict[str, Any]]:
        rows = Journal(self.lake, tables.JOURNAL, "", "").rows(OPERATIONS).sort("at", maintain_order=True).to_dicts()
        ends = {row["change_id"]: row for row in rows if row["outcome"] != BEGUN}
        found = []
        for row in rows:
            end = ends.get(row["change_id"])
            if row["outcome"] == BEGUN and end is not None and end["outcome"] in (DONE, FOUND_DONE):
                after = json.loads(row["after"])
                found.append({**row, "end": end["at"], "key": after[KEY], "root": after["root"], "after": row["after"]})
        return found


def unmatched(done: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]) -> int:
    """Changes without an entry, and entries without a change."""
    left = list(entries)
    unmatched = 0
    for row in done:
        matching = next((entry for entry in left if _is_same(row, entry)), None)
        if matching is None:
            unmatched += 1
        else:
            left.remove(matching)
    return unmatched + len(left)


def _is_same(row: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    operation = _LOGGED[row["operation"]]
    if _JOURNALLED[entry["operation"]] != operation:
        return False
    if row["token"] is not None and row["token"] != entry["key"]:
        return False
    if operation != "create" and row["database"] != entry["subject"]:
        return False
    at = datetime.fromisoformat(row["time"])
    return bool(entry["at"] - timedelta(milliseconds=1) <= at <= entry["end"])


def repeated(done: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]) -> int:
    """Things that were done more often than they were asked for: of one root, the same to the same."""
    tokens = Counter(row["token"] for row in done if row["token"] is not None)
    asked = Counter((entry["root"], entry["operation"], entry["subject"], entry["key"]) for entry in entries)
    return sum(n - 1 for n in (*tokens.values(), *asked.values()))


def episodes(seed: int, steps: int) -> Counted:
    """Steps in a cloud of their own."""
    total = Counted()
    with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as (url, _):
        clock = Standing.of(url)
        for number in range(0, steps, _EPISODE):
            world = World.at(url, Path(folder), seed * 1000 + number, f"w{seed}e{number}", clock)
            for _ in range(min(_EPISODE, steps - number)):
                world.step()
            world.finish()
            total += world.count
    return total


def _episodes(arguments: tuple[int, int]) -> Counted:
    return episodes(*arguments)


def main(argv: list[str]) -> int:
    """Random steps in two clouds at once."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks lifecycle", description=__doc__)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(argv)
    share = -(-arguments.steps // _AT_ONCE)
    begun = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(_AT_ONCE) as pool:
        parts = pool.map(_episodes, [(arguments.seed * 10 + n, share) for n in range(_AT_ONCE)])
    total = sum(parts, Counted())
    metrics = {
        "steps": total.steps,
        "illegal_accepted": total.illegal_accepted,
        "repeated": total.repeated,
        "journal_equal": total.unequal == 0,
        **{
            name: getattr(total, name)
            for name in ("changes", "done", "refused", "failed", "killed", "faults", "refused_by_the_cloud")
        },
        "seconds": time.perf_counter() - begun,
    }
    targets = {
        "steps": Bound(at_least=arguments.steps),
        "illegal_accepted": Bound(equals=0),
        "refused_by_the_cloud": Bound(equals=0),
        "repeated": Bound(equals=0),
        "journal_equal": Bound(equals=True),
    }
    return finish("lifecycle", metrics, targets)
