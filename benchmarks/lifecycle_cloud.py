"""The embedded cloud as the benchmark of lifecycles uses it: its clock stands still, and a run may end at any of its calls.

A run is killed before and after every HTTP request that the product sends, and before and after every commit to its journal.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import requests
from pydantic import PrivateAttr

from assets.journal import BEGUN
from resources.clock import Clock
from resources.lake import Lake, Written
from resources.oci.autonomous_databases import OciAutonomousDatabases
from resources.oci.clients import OciClients
from resources.tables import Table

REGION, AWAY = "eu-frankfurt-1", "us-ashburn-1"
_LEAST_WAIT = 150.0
"""Seconds."""
_AT_A_NAMED_POINT = 0.7
_MOST_CALLS = 24
"""More calls than nearly all operations need."""


class Killed(BaseException):
    """The process ends."""


@dataclass(slots=True)
class Fuse:
    """Ends a run at one of its requests or commits: before it or after it.

    Attributes:
        struck: How often it ended an operation at a point, before (False) or after it.
        met: Points that each operation came to.
    """

    struck: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    met: dict[str, dict[str, None]] = field(default_factory=dict)
    doing: str = ""
    _left: int | None = None
    _at: str | None = None
    _after: bool = False

    def arm(self, random: Random) -> None:
        """Choose where to strike: at the point, of those that the operation comes to, that was struck least, or anywhere."""
        known = [(point, after) for point in self.met.get(self.doing, ()) for after in (False, True)]
        if known and random.random() < _AT_A_NAMED_POINT:
            by_all: Counter[tuple[str, bool]] = Counter()
            for (_, point, after), times in self.struck.items():
                by_all[point, after] += times
            often = {one: (by_all[one], self.struck[self.doing, *one]) for one in known}
            self._at, self._after = random.choice([one for one in known if often[one] == min(often.values())])
            self._left = random.choice([0, 0, 0, 1])
        else:
            self._at, self._after, self._left = None, random.random() < 0.5, random.randint(0, _MOST_CALLS)

    def disarm(self) -> None:
        """Strike no more."""
        self._left = None

    @contextmanager
    def burning(self, point: str) -> Iterator[None]:
        """Around a call."""
        self.met.setdefault(self.doing, {})[point] = None
        strikes = False
        if self._left is not None and self._at in (None, point):
            strikes = self._left == 0
            self._left -= 1
        if strikes:
            self.struck[self.doing, point, self._after] += 1
        if strikes and not self._after:
            raise Killed
        yield
        if strikes:
            raise Killed

    def missed(self) -> list[tuple[str, bool]]:
        """Points at which no operation was ended, before or after them."""
        points = {point for met in self.met.values() for point in met}
        struck = {(point, after) for _, point, after in self.struck}
        return sorted((point, after) for point in points for after in (False, True) if (point, after) not in struck)


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


class BrittleLake(Lake):
    """A lake whose writer may be killed before and after each write."""

    _fuse: list[Fuse] = PrivateAttr(default_factory=list)

    def burning(self, fuse: Fuse) -> "BrittleLake":
        """The lake, with its fuse."""
        self._fuse.append(fuse)
        return self

    def replace(self, table: Table, frame: Any, *, where: str | None) -> Written:  # noqa: ANN401
        """See Lake."""
        with self._fuse[0].burning("journal begin" if frame["outcome"][0] == BEGUN else "journal end"):
            return super().replace(table, frame, where=where)


@dataclass(slots=True)
class Cloud:
    """An embedded cloud.

    Attributes:
        url: Its address.
        folder: Where its credentials are.
        clock: Its clock, which stands still.
        fuse: Ends runs.
        service: As runs use it: each request may end them.
        witness: As anybody else does.
        tenancy: OCID.
        before: Told of every request that a run sends, before it is sent: its method and its address.
    """

    url: str
    folder: Path
    clock: Standing
    fuse: Fuse
    service: OciAutonomousDatabases
    witness: OciAutonomousDatabases
    tenancy: str
    before: Callable[[str, str], None] = lambda _method, _url: None
    _session: requests.Session = field(default_factory=requests.Session)

    @classmethod
    def at(cls, url: str, folder: Path) -> "Cloud":
        """The cloud at an address, whose clock stands still from now on."""
        service, witness = (OciAutonomousDatabases(clients=_clients(url, folder)) for _ in range(2))
        made = cls(url, folder, Standing.of(url), Fuse(), service, witness, service.clients.tenancy())
        for module in ("database_json", "work_requests"):
            for region in (REGION, AWAY):
                made._burn(service.clients.client(module, region).base_client.session)
        return made

    def _burn(self, session: Any) -> None:  # noqa: ANN401 - the SDK has no types
        asked = session.request

        def request(method: str, url: str, **more: Any) -> Any:  # noqa: ANN401
            with self.fuse.burning(point_of(method, url)):
                self.before(method, url)
                return asked(method, url, **more)

        session.request = request

    def log(self) -> list[dict[str, Any]]:
        """Everything that the cloud was asked to change."""
        return list(self._own("GET", "databases/log"))

    def disturb(self, fault: dict[str, Any], database: str = "") -> None:
        """Let something go wrong."""
        self._own("POST", f"databases/{database}/faults" if database else "faults", fault)

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self.fuse.disarm()
        self._own("DELETE", "faults")

    def _own(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        answer = self._session.request(method, f"{self.url}/sandbox/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()


def point_of(method: str, url: str) -> str:
    """A kind of request: its method and its path without what it is about."""
    _region, _service, _version, *parts = urlsplit(url).path.strip("/").split("/")
    return f"{method} {'/'.join('*' if part.startswith('ocid1.') else part for part in parts)}"


def _clients(url: str, folder: Path) -> OciClients:
    return OciClients(
        config_file=f"{folder}/oci_config", endpoint=url, max_attempts=2, breaker_failures=0, first_wait_seconds=0.001,
        longest_wait_seconds=0.002,
    )  # fmt: skip
