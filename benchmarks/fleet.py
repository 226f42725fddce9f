"""Claim: a fleet of a thousand databases is looked at in half a minute, though some hang, and none that fails looks well."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from assets.fleet.asking import ask, queries
from assets.fleet.collection import Deadline, Limits, Outcome, collect
from assets.fleet.logic.measured import Missing
from benchmarks.measure import in_a_process
from benchmarks.outcome import Target, finish
from orchestration.settings import inherited_environment
from resources.autonomous_databases import AutonomousDatabase
from resources.database_metrics import BY_NAME
from resources.embedded_clock import EmbeddedClock
from resources.oci.autonomous_databases import OciAutonomousDatabases
from resources.oci.clients import OciClients
from resources.oci.database_metrics import OciDatabaseMetrics
from resources.rest_sql import RestSqlSessions

_LIMITS = Limits(workers=32, seconds=10)
_SEQUENTIAL = 50
_USER, _PASSWORD = "ADMIN", "Embedded-Sandbox-1"
_HOUR = timedelta(hours=1)
_WORK = "from benchmarks.fleet import prepared\nwork = prepared(*argv)"
_SAID: Mapping[str, str] = {
    "hung": "no answer within 10 s",
    "throttled": "429",
    "failing": "HTTP 500",
    "dropped": "RemoteProtocolError",
    "refused": "HTTP 401",
    "hidden view": "ORA-00942",
    "no metrics": "no values",
}
"""What has to be said of a database that suffers a kind of fault."""


def main(argv: list[str]) -> int:
    """The collector against an embedded cloud in another process, each of whose answers takes 50 ms, with databases that fail."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fleet", description=__doc__)
    parser.add_argument("--databases", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args(argv)
    seconds, ratios, peaks, judged = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), arguments.databases) as found:
        for _ in range(arguments.repeats):
            one_by_one = in_a_process(_WORK, folder, "one by one")
            many = in_a_process(_WORK, folder, "many at once")
            seconds.append(many.seconds)
            ratios.append(many.seconds / (one_by_one.seconds / _SEQUENTIAL * arguments.databases))
            peaks.append(many.peak_mb)
            judged.append(Judged.of(found["suffers"], json.loads(Path(folder, "outcomes.json").read_text())))
    metrics = {
        "seconds": median(seconds),
        "ratio_vs_sequential": median(ratios),
        "unknown": max(one.unknown for one in judged),
        "hung": max(one.hung for one in judged),
        "peak_mb": max(peaks),
        "databases": arguments.databases,
        "suffering": dict(Counter(found["suffers"].values())),
        "wrong": [wrong for one in judged for wrong in one.wrong],
        "said_wrongly": sum(len(one.wrong) for one in judged),
        "calls_per_database": "state and CPU through the SDK, a probe of views and a query of sessions over REST",
    }
    suffering = len(found["suffers"])
    targets = {
        "seconds": Target(at_most=30),
        "ratio_vs_sequential": Target(at_most=1 / 8),
        "peak_mb": Target(at_most=500),
        "unknown": Target(equals=suffering),
        "hung": Target(equals=Counter(found["suffers"].values())["hung"]),
        "said_wrongly": Target(equals=0),
    }
    return finish("fleet", metrics, targets)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of the databases, held against what they suffer.

    Attributes:
        unknown: Databases of which something is not known.
        hung: Of them, those that were given up.
        wrong: Databases of which something else was said than is so.
    """

    unknown: int
    hung: int
    wrong: Sequence[str]

    @classmethod
    def of(cls, suffers: Mapping[str, str], outcomes: Mapping[str, Mapping[str, Any]]) -> "Judged":
        """Judge what was said, by database."""
        wrong = [
            f"{suffers.get(database, 'well')}: {said['reason']}"
            for database, said in outcomes.items()
            if not _is_right(suffers.get(database), said)
        ]
        unknown = sum(said["reason"] is not None for said in outcomes.values())
        return cls(unknown, sum(said["hung"] for said in outcomes.values()), wrong)


def _is_right(suffers: str | None, said: Mapping[str, Any]) -> bool:
    if suffers is None:
        return said["reason"] is None and not said["hung"]
    return _SAID[suffers] in str(said["reason"]) and said["hung"] == (suffers == "hung")


@contextmanager
def served(folder: Path, databases: int) -> Iterator[dict[str, Any]]:
    """The cloud in a process of its own: its address, and which of its databases suffer what."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "benchmarks.fleet_cloud",
        "--databases",
        str(databases),
        "--home",
        str(folder),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=inherited_environment()) as process:
        try:
            found: dict[str, Any] = json.loads(process.stdout.readline() if process.stdout else "")
            (folder / "cloud.json").write_text(json.dumps(found))
            yield found
        finally:
            process.terminate()


def prepared(folder: str, how: str) -> Callable[[], None]:
    """What is timed: the four calls to every database at once, or to some healthy ones one after the other.

    The fleet is listed before, and each service asked once, so that what a process needs only once is not counted.
    """
    found = json.loads(Path(folder, "cloud.json").read_text())
    clients = OciClients(config_file=f"{folder}/oci_config", endpoint=found["url"], read_timeout_seconds=8)
    service, metrics = OciAutonomousDatabases(clients=clients), OciDatabaseMetrics(clients=clients)
    sessions = RestSqlSessions(user=_USER, password=_PASSWORD)
    now = EmbeddedClock(endpoint=found["url"]).now()
    wanted = {"sessions": queries()["sessions"]}

    def work(database: AutonomousDatabase, deadline: Deadline) -> str | None:
        """Why something of a database is not known; None if everything is."""
        where = database.region, database.compartment_id
        seen = deadline.call(lambda: service.database(database.region, database.id))
        read = deadline.call(lambda: metrics.read(*where, [seen.id], BY_NAME["cpu_utilization"], now - 3 * _HOUR, now, _HOUR))
        with sessions.session(seen, deadline.left) as session:
            (answer,) = ask(session, wanted, deadline).values()
        if isinstance(answer, Missing):
            return answer.reason
        return None if read else "no values"

    places = product(service.regions(), service.compartments())
    listed = (one for region, place in places for one in service.databases(region, place.id))
    asked_for = set(found["databases"])
    fleet = [one for one in listed if one.id in asked_for]
    healthy = [one for one in fleet if one.id not in found["suffers"]]
    collect(healthy[:1], work, _LIMITS)
    if how == "one by one":
        return lambda: _demand(collect(healthy[:_SEQUENTIAL], work, Limits(workers=1, seconds=_LIMITS.seconds)))
    return lambda: _keep(Path(folder), collect(fleet, work, _LIMITS))


def _keep(folder: Path, outcomes: Sequence[Outcome[AutonomousDatabase, str | None]]) -> None:
    said = {one.item.id: {"reason": one.reason or one.answer, "hung": one.hung} for one in outcomes}
    (folder / "outcomes.json").write_text(json.dumps(said))


def _demand(outcomes: Sequence[Outcome[AutonomousDatabase, str | None]]) -> None:
    if failed := [one.reason or one.answer for one in outcomes if one.reason or one.answer]:
        raise RuntimeError(f"healthy databases did not answer: {failed[:3]}")
