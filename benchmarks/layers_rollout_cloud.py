"""The embedded AWS as the benchmark of roll-outs uses it: its clock stands still, and a run may end at any of its calls.

A run is killed before and after every HTTP request that the product sends, every commit to the lake, every file that it stores.
"""

import copy
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import PrivateAttr

from assets.journal import BEGUN, Journal
from assets.layers.logic.rollout.gate import GateRule
from assets.layers.logic.rollout.record import Rollout, Settings
from assets.layers.logic.rollout.waves import WaveRule
from assets.layers.rolling_out.records import rollouts
from assets.layers.rolling_out.reporting import report_key
from assets.layers.rolling_out.rollout import Patience, advance, begin, let_go_on
from assets.layers.rolling_out.world import World
from assets.layers.tables import JOURNAL
from resources.aws.clients import AwsClients
from resources.aws.lambda_service import AwsLambda
from resources.clock import Clock
from resources.lake import Lake, Written
from resources.object_store import LocalObjectStore, StoredObject
from resources.tables import Table
from sandbox.aws_lambda_metrics import put
from sandbox.aws_lambda_server import ACCOUNT, REGION, Served

OTHER = "222222222222"
BEGIN = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
WATCH, WINDOWS = 10, 3
CANARIES = "canary", "orders"
"""One with other layers beside the one that moves, and one that is called by an alias: both have a way back."""
BASE = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:base"
_ROLE = "arn:aws:iam::{}:role/run"
_HANDLER = "import base\n\ndef handler(event, context):\n    return base.value()\n"
_GOOD, _BAD = "def value():\n    return {}\n", "def value():\n    raise RuntimeError('broken')\n"
_CALLS = 60
"""Of each function in each window."""


class Killed(BaseException):
    """The process ends."""


@dataclass(slots=True)
class Fuse:
    """Ends a run at one of its points.

    Attributes:
        points: What the run came to since it was armed, in order.
        at: Number of the point at which it ends; None for none.
        after: Whether it ends after the point, or before it.
        watch: Told of every point, before and after it.
    """

    points: list[str] = field(default_factory=list)
    at: int | None = None
    after: bool = False
    watch: Callable[[str], None] = lambda _: None

    def arm(self, at: int | None, *, after: bool = False) -> None:
        """End the next run there."""
        self.points.clear()
        self.at, self.after = at, after

    def before(self, point: str) -> None:
        """A point is come to. Raises Killed if that is the end."""
        self.points.append(point)
        self.watch(f"before {point}")
        if self.at == len(self.points) - 1 and not self.after:
            raise Killed(point)

    def passed(self) -> None:
        """What was last come to is done. Raises Killed if that is the end."""
        self.watch(f"after {self.points[-1]}")
        if self.at == len(self.points) - 1 and self.after:
            raise Killed(self.points[-1])


class FusedClients(AwsClients):
    """Clients whose requests are points of a fuse: before they are sent, and after their answer came."""

    _fuse: Fuse = PrivateAttr()

    def client(self, service: str, region: str = "", account: str = "", **more: Any) -> Any:  # noqa: ANN401
        """As AwsClients."""
        made = super().client(service, region, account, **more)
        events = made.meta.events
        events.register("before-send", self._sent, unique_id="fuse before")
        events.register("response-received", self._answered, unique_id="fuse after")
        return made

    def _sent(self, request: Any, **_: object) -> None:  # noqa: ANN401
        self._fuse.before(f"{request.method} {request.url.split('?')[0].split(':', 2)[-1]}")

    def _answered(self, **_: object) -> None:
        self._fuse.passed()


class FusedLake(Lake):
    """A lake whose commits are points of a fuse."""

    _fuse: Fuse = PrivateAttr()

    def replace(self, table: Table, frame: Any, *, where: str | None) -> Written:  # noqa: ANN401
        """As Lake."""
        self._fuse.before(f"commit {table.name}")
        written = super().replace(table, frame, where=where)
        self._fuse.passed()
        return written


class FusedStore(LocalObjectStore):
    """A store whose files are points of a fuse."""

    _fuse: Fuse = PrivateAttr()

    def put(self, key: str, body: bytes) -> StoredObject:
        """As LocalObjectStore."""
        self._fuse.before("store the report")
        stored = super().put(key, body)
        self._fuse.passed()
        return stored


class StillClock(Clock):
    """Stands still but for waits."""

    _now: datetime = PrivateAttr(default=BEGIN)

    def now(self) -> datetime:
        """As Clock."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """As Clock."""
        self._now += timedelta(seconds=seconds)


@dataclass(slots=True)
class Scene:
    """Two accounts with functions, and the product beside them.

    Attributes:
        aws: The embedded one.
        folder: Of the lake and of reports; of each case there is another below.
        fuse: Ends runs.
        start: What there is before a roll-out begins.
    """

    aws: Served
    folder: Path
    fuse: Fuse = field(default_factory=Fuse)
    start: dict[Any, Any] = field(default_factory=dict)
    clients: FusedClients = field(init=False)
    fails: dict[tuple[str, ...], bool] = field(default_factory=dict)
    cases: int = 0

    def __post_init__(self) -> None:
        self.clients = FusedClients(
            endpoint_url=self.aws.url, region=REGION, access_key_id="test", secret_access_key="test",  # noqa: S106
            role="cloudops", max_attempts=1,
        )  # fmt: skip
        self.clients._fuse = self.fuse
        self._furnish()
        self.start = copy.deepcopy(self.aws.cloud.spaces)

    def case(self, target: int, *, aliases: bool = True) -> "Case":
        """Everything as it was at first, an empty lake, and a version that is to be rolled out: 3 is good, 4 is broken."""
        from moto.cloudwatch.models import cloudwatch_backends

        self.cases += 1
        self.aws.cloud.spaces = copy.deepcopy(self.start)
        self.aws.cloud.faults.take_back()
        cloudwatch_backends.reset()
        self.fuse.arm(None)
        made = Case(self, self.folder / str(self.cases), target, aliases=aliases)
        for window in range(WINDOWS):
            made.traffic(BEGIN - timedelta(minutes=WATCH * (window + 1)))
        return made

    def client(self, account: str = ACCOUNT) -> Any:  # noqa: ANN401
        """The SDK's client of somebody else: no point of the fuse."""
        return self.aws.client(account=account, attempts=5)

    def does_fail(self, account: str, name: str, qualifier: str | None, layers: tuple[str, ...]) -> bool:
        """Whether a function with these layers fails: it is called once to find out."""
        key = (account, name, *layers)
        if key not in self.fails:
            which = {"Qualifier": qualifier} if qualifier else {}
            self.fails[key] = "FunctionError" in self.client(account).invoke(FunctionName=name, Payload=b"{}", **which)
        return self.fails[key]

    def _furnish(self) -> None:
        own, other = self.client(), self.client(OTHER)
        for text in (_GOOD.format(1), _GOOD.format(2), _GOOD.format(3), _BAD):
            arn = own.publish_layer_version(LayerName="base", Content={"ZipFile": zipped({"python/base.py": text})})
            own.add_layer_version_permission(
                LayerName="base", VersionNumber=arn["Version"], StatementId="other", Action="lambda:GetLayerVersion",
                Principal=OTHER,
            )  # fmt: skip
        for client, name in ((own, "tools"), (own, "fonts"), (other, "tools")):
            client.publish_layer_version(LayerName=name, Content={"ZipFile": zipped({f"python/{name}.py": "X = 1\n"})})
        tools, fonts = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:tools:1", f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:fonts:1"
        theirs = f"arn:aws:lambda:{REGION}:{OTHER}:layer:tools:1"
        for name, layers in {
            "canary": [fonts, tools, f"{BASE}:1"], "orders": [tools, f"{BASE}:1"], "prices": [f"{BASE}:2", fonts, tools],
            "stock": [fonts, f"{BASE}:1", tools], "apart": [tools],
        }.items():  # fmt: skip
            self._function(ACCOUNT, name, layers)
        for name, layers in {"billing": [theirs, f"{BASE}:2"], "mail": [f"{BASE}:1", theirs]}.items():
            self._function(OTHER, name, layers)
        own.publish_version(FunctionName="orders")
        own.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")

    def _function(self, account: str, name: str, layers: Sequence[str]) -> None:
        self.client(account).create_function(
            FunctionName=name, Runtime="python3.11", Handler="main.handler", Role=_ROLE.format(account), Layers=list(layers),
            Code={"ZipFile": zipped({"main.py": _HANDLER if name != "apart" else "def handler(e, c):\n    return 0\n"})},
        )  # fmt: skip


@dataclass(slots=True)
class Case:
    """One roll-out, from a beginning that is always the same.

    Attributes:
        scene: Where.
        folder: Of its lake.
        target: Number of the version that is rolled out.
        aliases: Whether aliases follow.
        runs: How many runs there were.
        killed: Whether one of them was.
        former: Layers of each function before.
        called: Version that each alias points to before.
        reached: Functions that had the new version at any point.
        torn: What was wrong at a point: a function with layers that are neither those of before nor the new ones.
    """

    scene: Scene
    folder: Path
    target: int
    aliases: bool = True
    clock: StillClock = field(default_factory=StillClock)
    runs: int = 0
    killed: bool = False
    former: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    called: dict[tuple[str, str, str], str] = field(default_factory=dict)
    reached: set[tuple[str, str]] = field(default_factory=set)
    torn: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "reports").mkdir(parents=True)
        self.former, self.called = self.layers(), self._aliases()

    @property
    def settings(self) -> Settings:
        """What is asked."""
        gate = GateRule(watch_minutes=WATCH, baseline_windows=WINDOWS, minimum_invocations=20, longest_wait_minutes=60)
        rule = WaveRule(CANARIES, (40,))
        return Settings("base", None, self.target, waves=rule, gate=gate, aliases="move" if self.aliases else "report")

    def world(self) -> World:
        """What a new process of the product works with."""
        self.runs += 1
        lake, store = FusedLake(root=str(self.folder / "lake")), FusedStore(root=str(self.folder / "reports"))
        lake._fuse = store._fuse = self.scene.fuse
        service = AwsLambda(clients=self.scene.clients, accounts=[OTHER], poll_seconds=0.01, repeat_seconds=5)
        return World(service, lake, Journal(lake, JOURNAL, f"run {self.runs}", "ann"), self.clock, store)

    def run(self) -> Rollout | None:
        """One run of the job; None of one that was killed, or that began no roll-out."""
        world = self.world()
        found = begin(world, self.settings, "ann", again=False)
        return advance(world, found, Patience()) if isinstance(found, Rollout) else None

    def count(self) -> int:
        """Points of a roll-out that nothing happens to."""
        self.drive()
        return len(self.scene.fuse.points)

    def go_on(self) -> None:
        """A person lets it go on."""
        world, kept = self.world(), self.kept()
        assert kept is not None  # noqa: S101 - it is held
        let_go_on(world, kept, "bob")

    def faults(self, expected: str) -> list[str]:
        """What is wrong with the end of a roll-out that nobody else disturbed."""
        kept, wrong = self.kept(), []
        if kept is None or kept.state != expected:
            wrong.append(f"it is {kept and kept.state}, not {expected}: {kept and kept.reason}")
        done = expected == "rolled out"
        layers, calls = (self.wanted(self.former) if done else self.former), self.versions_called()
        wrong += [f"{key} has {now}" for key, now in self.layers().items() if now != layers[key]]
        wrong += [f"{key} calls {now}" for key, now in calls.items() if now != (layers[key[:2]] if self.aliases else now[0], {})]
        if not done and self.aliases and self._aliases() != self.called:
            wrong.append(f"aliases call {self._aliases()}, not {self.called}")
        rows = self.journal()
        open_ = {*rows.filter(pl.col("outcome") == BEGUN)["change_id"]} - {*rows.filter(pl.col("outcome") != BEGUN)["change_id"]}
        page = self.folder / "reports" / report_key(kept.id if kept else "")
        if open_:
            wrong.append(f"changes without an end: {sorted(open_)}")
        if f": {expected}</title>" not in (page.read_text() if page.is_file() else ""):
            wrong.append("the report does not tell the end")
        return wrong

    def look(self, point: str) -> None:
        """Before or after a point: who has the new version, and who has what nobody meant."""
        wanted = self.wanted(self.former)
        for key, now in self.layers().items():
            if now == self.former[key]:
                continue
            if now == wanted[key]:
                self.reached.add(key)
            else:
                self.torn.append(f"{key} has {now} {point}")

    def journal(self) -> pl.DataFrame:
        """What was done."""
        return Lake(root=str(self.folder / "lake")).scan(JOURNAL).collect()

    def kept(self) -> Rollout | None:
        """The roll-out as it is kept; None if none began."""
        return next(iter(rollouts(Lake(root=str(self.folder / "lake")))), None)

    def drive(self, between: Callable[[], None] = lambda: None, most: int = 40) -> Rollout:
        """Run the job again and again, with calls of the functions in between, until the roll-out is over; killed runs count."""
        for _ in range(most):
            try:
                self.run()
            except Killed:
                self.killed = True
                self.scene.fuse.arm(None)
            between()
            if (kept := self.kept()) is not None and not kept.goes_on:
                return kept
            at = self.clock.now()
            self.clock.sleep((WATCH + 3) * 60)
            self.traffic(at)
        raise AssertionError(f"the roll-out does not end: {kept}")

    def traffic(self, at: datetime) -> None:
        """Calls of every function, by its alias if it has one; CloudWatch counts what fails with the layers that are called."""
        by_alias = {key[:2]: (key[2], layers) for key, (layers, _) in self.versions_called().items()}
        for (account, name), layers in self.layers().items():
            alias, called = by_alias.get((account, name), (None, layers))
            failed = self.scene.does_fail(account, name, alias, called)
            for minute in (1, WATCH // 2):
                values = {"Invocations": _CALLS / 2, "Errors": _CALLS / 2 * failed, "Throttles": 0.0, "Duration": 40.0}
                put(account, REGION, name, values, qualifier=alias, at=at + timedelta(minutes=minute))

    def layers(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Layers of all functions as they are, past every interface."""
        return {
            (account, name): tuple(layer.arn for layer in function.latest.configuration.layers)
            for (account, _), space in self.scene.aws.cloud.spaces.items()
            for name, function in space.functions.items()
        }

    def wanted(self, former: Mapping[tuple[str, str], tuple[str, ...]]) -> dict[tuple[str, str], tuple[str, ...]]:
        """Layers of all functions if everything is rolled out, reckoned apart from the product."""
        new = f"{BASE}:{self.target}"
        return {key: tuple(new if arn.startswith(f"{BASE}:") else arn for arn in layers) for key, layers in former.items()}

    def _aliases(self) -> dict[tuple[str, str, str], str]:
        """Version that each alias points to."""
        return {
            (account, name, alias.name): alias.version
            for (account, _), space in self.scene.aws.cloud.spaces.items()
            for name, function in space.functions.items()
            for alias in function.aliases.values()
        }

    def versions_called(self) -> dict[tuple[str, str, str], tuple[tuple[str, ...], dict[str, float]]]:
        """Layers of the version that each alias points to, and the shares of others."""
        return {
            (account, name, alias.name): (
                tuple(layer.arn for layer in function.versions[alias.version].configuration.layers), dict(alias.weights),
            )
            for (account, _), space in self.scene.aws.cloud.spaces.items()
            for name, function in space.functions.items()
            for alias in function.aliases.values()
        }  # fmt: skip


def zipped(files: Mapping[str, str]) -> bytes:
    """A zip of files, the same bytes for the same files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content)
    return made.getvalue()


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """The embedded AWS, furnished, while it is served."""
    from sandbox.aws_lambda_server import served

    with served() as aws:
        yield Scene(aws, folder)
