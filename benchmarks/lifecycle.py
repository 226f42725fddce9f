"""Claim: lifecycle operations are never begun in a wrong state, never done twice, and the journal tells exactly what was done.

Random operations on several databases of the embedded cloud, alone and with standbys, whose clock stands still: runs are killed
before and after any HTTP request and any commit to the journal, connections are lost before and after the work, the service asks
for less, work requests fail, somebody else changes a database just before a call. A run that was cut off is run again, or another
one comes. Afterwards the cloud's own record says in which state it took each call, and the journal is held against it.
"""

import argparse
import json
import multiprocessing
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

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
from assets.journal import BEGUN, DONE, FOUND_DONE, Journal
from benchmarks.lifecycle_cloud import AWAY, REGION, BrittleLake, Cloud, Fuse, Killed, point_of
from benchmarks.outcome import Target as Bound
from benchmarks.outcome import finish
from benchmarks.sandbox import started
from jobs.fleet_lease import KEY, OPERATIONS, UNTIL, Lease
from jobs.lifecycle_changes import Bounds, Lifecycle
from resources.autonomous_databases import Changes, NewDatabase
from resources.errors import CloudOpsError, Conflict, TransientError

_SECRET = "ocid1.vaultsecret.oc1..benchmark"  # noqa: S105 - an OCID
_AT_ONCE = 2
_EPISODE = 25
"""Steps after which the fleet and its journal are looked at, and others take their place."""
_DATABASES = 5
_LEASE = timedelta(hours=6)
_ENOUGH_STEPS = 1000
"""So many steps have to come to every point at which a run may end."""
_LOGGED = {
    "create_autonomous_database": "create", "update_autonomous_database": "update", "start_autonomous_database": "start",
    "stop_autonomous_database": "stop", "delete_autonomous_database": "delete", "create_autonomous_database_backup": "back up",
}  # fmt: skip
_JOURNALLED = {
    "provision": "create", "clone": "create", "clone refreshable": "create", "scale": "update", "configure": "update",
    "start": "start", "stop": "stop", "decommission": "delete", "back up": "back up",
}  # fmt: skip
_FAULTY = (*_LOGGED, "get_autonomous_database", "list_autonomous_databases", "list_autonomous_database_backups",
           "get_work_request")  # fmt: skip
_GUARDED = ("PUT autonomousDatabases/*", "DELETE autonomousDatabases/*", "POST autonomousDatabases/*/actions/start",
            "POST autonomousDatabases/*/actions/stop")  # fmt: skip
"""Calls that carry the version of the database that they are meant for."""
_ACTIONS: Mapping[type, str] = {Start: "start", Stop: "stop", Scale: "scale", Decommission: "delete"}
"""Of the cloud: what may be begun, and fail."""
_OPEN = ("AVAILABLE", "AVAILABLE_NEEDS_ATTENTION")
_LEGAL: Mapping[str, Sequence[str]] = {
    "create": _OPEN, "start": ("STOPPED",), "stop": _OPEN, "update": _OPEN, "back up": _OPEN,
    "delete": (*_OPEN, "STOPPED", "UNAVAILABLE", "INACCESSIBLE", "RESTORE_FAILED"),
}  # fmt: skip
"""States at rest in which a call may come; `create` is of a clone, by the state of its source. Written down apart from the
product's table, which is judged by this."""
_SWITCHES = ["isAutoScalingEnabled"]
"""Fields that may be changed of a stopped database too."""


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
    races: int = 0
    races_refused: int = 0
    meddling: int = 0

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(slots=True)
class World:
    """A fleet of its own in an embedded cloud, its journal, and a person who asks for things.

    Attributes:
        cloud: Where it is; earlier fleets there are left alone.
        random: Decides everything.
        name: Of the fleet.
        targets: Its databases, by OCID.
        names: Their display names.
        unfinished: What was cut off, by subject: root and request.
        over: Runs that are known to have ended.
        strangers: Work requests of what others did, and when and to what.
    """

    cloud: Cloud
    random: random.Random
    name: str
    count: Counted = field(default_factory=Counted)
    targets: dict[str, Target] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    unfinished: dict[str, tuple[str, Request]] = field(default_factory=dict)
    runs: int = 0
    roots: int = 0
    over: set[str] = field(default_factory=set)
    strangers: dict[str | None, tuple[datetime, str]] = field(default_factory=dict)
    log_from: int = 0

    @classmethod
    def at(cls, cloud: Cloud, seed: int, name: str) -> "World":
        """A fleet in the tenancy's root: one database is protected, one has a local standby, one a standby in another region."""
        made = cls(cloud, random.Random(seed), name)
        service = cloud.witness
        for number in range(_DATABASES):
            tags = {"environment": "development", "protected": "true" if number == 0 else "false"}
            details = NewDatabase(cloud.tenancy, f"{name}x{number}", f"{name}x{number}", secret_id=_SECRET, free_tags=tags)
            made._add(REGION, service.create(REGION, details, f"{name}-{number}").resource_id, details.display_name)
        cloud.clock.sleep(600)
        _, local, led, *_ = made.targets
        service.update(REGION, local, Changes(is_local_data_guard_enabled=True), "*")
        details = NewDatabase(cloud.tenancy, "", f"{name}away", source="standby", source_id=led)
        made._add(AWAY, service.create(AWAY, details, f"{name}-away").resource_id, details.display_name)
        cloud.clock.sleep(1200)
        made.log_from = len(cloud.log())
        cloud.before = made._watch
        return made

    def _add(self, region: str, ocid: str, name: str) -> None:
        self.targets[ocid], self.names[ocid] = Target(region, ocid), name

    @property
    def lake(self) -> BrittleLake:
        """Where the journal is."""
        return BrittleLake(root=str(self.cloud.folder / "lakes" / self.name)).burning(self.cloud.fuse)

    def step(self) -> None:
        """One operation, or another attempt at one that was cut off."""
        self.count.steps += 1
        root, request = self._chosen()
        self.cloud.fuse.doing = type(request).__name__
        stranger = self._disturb(request)
        self._attempt(root, request, stranger=stranger)
        self.cloud.calm()
        self.cloud.clock.sleep(self.random.choice([1, 1, 300, 3600]))

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
        target = self.random.choice(list(self.targets.values()))
        draw = self.random.random()
        if draw < 0.08:
            return Decommission(target, 90)
        if draw < 0.18 and len(self.targets) < 3 * _DATABASES:
            name = f"{self.name}n{self.roots}"
            named = Named(target.region, self.cloud.tenancy, name, name, "development", {"owner": "ann"}, _SECRET)
            if self.random.random() < 0.5:
                return Provision(named)
            return Clone(named, target.database_id, self.random.choice(["full", "metadata", "refreshable"]))
        kinds: list[Callable[[], Request]] = [
            lambda: Start(target),
            lambda: Stop(target),
            lambda: Stop(target),
            lambda: Scale(target, ecpus=float(self.random.randint(2, 8))),
            lambda: Scale(target, ecpus=float(self.random.randint(2, 8)), storage_gb=1024.0 * self.random.randint(1, 2)),
            lambda: Scale(target, auto_scaling=self.random.random() < 0.5),
            lambda: BackUp(target, self.random.choice([None, 90])),
        ]
        return self.random.choice(kinds)()

    def _disturb(self, request: Request) -> bool:
        """Let something go wrong in the step that follows, or nothing; returns whether somebody else is to meddle."""
        action = _ACTIONS.get(type(request))
        if action and not isinstance(request, Provision | Clone) and self.random.random() < 0.15:
            self.cloud.disturb({"kind": "work_request_fails", "times": 1, "action": action}, request.target.database_id)
            self.count.faults += 1
        draw = self.random.random()
        if draw < 0.5:
            self.cloud.fuse.arm(self.random)
        elif draw < 0.7:
            kind = self.random.choice(["drop", "drop_after", "drop_after", "status"])
            fault: dict[str, Any] = {"kind": kind, "service": "database", "operation": self.random.choice(_FAULTY)}
            if fault["operation"] == "get_work_request":
                fault["service"] = "work_requests"
            fault |= {"times": self.random.randint(1, 3)} | (
                {"status": self.random.choice([429, 429, 503])} if kind == "status" else {}
            )
            self.cloud.disturb(fault)
            self.count.faults += 1
        return 0.7 <= draw < 0.76

    def _watch(self, method: str, url: str) -> None:
        """Let somebody else change a database just before it is changed, if that was decided."""
        if self.count.meddling and point_of(method, url) in _GUARDED:
            self.count.meddling = 0
            (ocid,) = [part for part in url.split("/") if part in self.targets]
            self.names[ocid] = f"{self.names[ocid]}s"
            changes = Changes(display_name=self.names[ocid])
            begun = self.cloud.witness.update(self.targets[ocid].region, ocid, changes, "*")
            # at rest again: only its version tells that it changed
            self.cloud.clock.sleep(60)
            self.strangers[begun.work_request_id] = (self.cloud.clock.now(), ocid)

    def _attempt(self, root: str, request: Request, *, stranger: bool = False) -> None:
        """One run; what it does not finish may be run again with the same root."""
        self.runs += 1
        self.count.meddling = int(stranger)
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
        lease = Lease(journal, self.cloud.clock, root, self.over.__contains__, _LEASE)
        evidence = Evidence((), (), 0, None, asked=True)
        bounds = Bounds(longest_wait=timedelta(hours=2))
        return Lifecycle(self.cloud.service, lease, self.cloud.clock, STANDARD, lambda _: evidence, bounds)

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
            self.cloud.calm()
            region, name = request.named.region, request.named.db_name
            for one in self.cloud.witness.databases(region, self.cloud.tenancy):
                if one.db_name == name and one.id not in self.targets and one.role is None:
                    self._add(region, one.id, one.display_name)

    def compare(self) -> None:
        """Hold the journal against the cloud's record: each change that was done is one entry, within its time."""
        rows = [row for row in self.cloud.log()[self.log_from :] if row["work_request"] not in self.strangers or row["code"]]
        refused = [row for row in rows if row["code"] in ("IncorrectState", "NoEtagMatch")]
        races = set(self.strangers.values())
        guarded = [row for row in refused if (datetime.fromisoformat(row["time"]), row["database"]) in races]
        self.count.races += len(races)
        self.count.races_refused += len(guarded)
        self.count.refused_by_the_cloud += len(refused) - len(guarded)
        accepted = [row for row in rows if row["accepted"] and not row["repeated"]]
        self.count.illegal_accepted += sum(not is_legal(row) for row in accepted)
        done = [row for row in accepted if self._succeeded(row)]
        entries = self._entries()
        self.count.changes += len(done)
        self.count.unequal += unmatched(done, entries)
        self.count.repeated += repeated(done, entries)

    def _succeeded(self, row: Mapping[str, Any]) -> bool:
        return self.cloud.witness.work_request(row["region"], row["work_request"]).status == "SUCCEEDED"

    def _entries(self) -> list[dict[str, Any]]:
        rows = Journal(self.lake, tables.JOURNAL, "", "").rows(OPERATIONS).sort("at", maintain_order=True).to_dicts()
        ends = {row["change_id"]: row for row in rows if row["outcome"] != BEGUN}
        found = []
        for row in rows:
            end = ends.get(row["change_id"])
            if row["outcome"] == BEGUN and end is not None and end["outcome"] in (DONE, FOUND_DONE):
                after = json.loads(row["after"])
                key = after.pop(KEY)
                del after[UNTIL]
                found.append({**row, "end": end["at"], "key": key, "wanted": json.dumps(after, sort_keys=True)})
        return found


def is_legal(row: Mapping[str, Any]) -> bool:
    """Whether the cloud took a call in a state and a role in which it may come."""
    was, operation = row["was"], _LOGGED[row["operation"]]
    if was is None:
        return operation == "create"
    if was["role"] not in (None, "PRIMARY") or (was["isRefreshableClone"] and operation in ("back up", "create")):
        return False
    if operation == "delete" and was["peerDbIds"]:
        return False
    stopped = was["lifecycleState"] == "STOPPED" and operation == "update" and row["fields"] == _SWITCHES
    return stopped or was["lifecycleState"] in _LEGAL[operation]


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
    """Things that were done more often than they were asked for: by one token, or of one root the same to the same."""
    tokens = Counter(row["token"] for row in done if row["token"] is not None)
    asked = Counter((entry["operation"], entry["subject"], entry["wanted"]) for entry in entries)
    return sum(n - 1 for n in (*tokens.values(), *asked.values()))


def episodes(seed: int, steps: int) -> tuple[Counted, Fuse]:
    """Steps in a cloud of their own."""
    total = Counted()
    with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as (url, _):
        cloud = Cloud.at(url, Path(folder))
        for number in range(0, steps, _EPISODE):
            world = World.at(cloud, seed * 1000 + number, f"w{seed}e{number}")
            for _ in range(min(_EPISODE, steps - number)):
                world.step()
            world.finish()
            total += world.count
    return total, cloud.fuse


def _episodes(arguments: tuple[int, int]) -> tuple[Counted, Fuse]:
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
    total = sum((count for count, _ in parts), Counted())
    fuse = Fuse()
    for _, one in parts:
        fuse.struck += one.struck
        fuse.met |= {doing: fuse.met.get(doing, {}) | met for doing, met in one.met.items()}
    for point, after in fuse.missed():
        print(f"no run was ended {'after' if after else 'before'} {point}")
    metrics = {
        "steps": total.steps,
        "illegal_accepted": total.illegal_accepted,
        "repeated": total.repeated,
        "journal_equal": total.unequal == 0,
        **{
            name: getattr(total, name)
            for name in ("changes", "done", "refused", "failed", "killed", "faults", "races", "refused_by_the_cloud")
        },
        "races_won": total.races - total.races_refused,
        "crash_points": len(fuse.struck),
        "crash_points_missed": len(fuse.missed()),
        "seconds": time.perf_counter() - begun,
    }
    targets = {
        "steps": Bound(at_least=arguments.steps),
        "illegal_accepted": Bound(equals=0),
        "refused_by_the_cloud": Bound(equals=0),
        "races_won": Bound(equals=0),
        "repeated": Bound(equals=0),
        "journal_equal": Bound(equals=True),
    }
    if arguments.steps >= _ENOUGH_STEPS:
        targets["crash_points_missed"] = Bound(equals=0)
    return finish("lifecycle", metrics, targets)
