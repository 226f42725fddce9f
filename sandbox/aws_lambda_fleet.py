"""A fleet of functions, versions, aliases and layers in several accounts, put into the embedded Lambda directly, with its truth.

Who references what is decided first and kept as the truth; the backend is filled by it. For benchmarks it is served by a process:
`python -m sandbox.aws_lambda_fleet --truth FILE` prints its address and runs until its input ends.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
import zipfile
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.aws_lambda_server import ACCOUNT, REGION, served
from sandbox.aws_lambda_state import LATEST, Alias, Cloud, Configuration, Function, LayerVersion, Package, Policy, Space, Version

ACCOUNTS = (ACCOUNT, "222222222222", "333333333333")
_RUNTIMES = ("python3.9", "python3.11", "python3.12", "python3.13", "nodejs20.x")
_VERSIONS_OF_A_LAYER = 5
_OLDEST_DAYS = 600
_USED_SHARE = 0.55
"""Of layer versions, those that functions are drawn from; functions keep old ones, so that the newest are not the used ones."""


@dataclass(frozen=True, slots=True)
class LayerTruth:
    """A layer version that is there.

    Attributes:
        arn: Which.
        account: Whose.
        layer: Name.
        number: Of the version.
        created: ISO 8601.
        zip_bytes: Of it.
    """

    arn: str
    account: str
    layer: str
    number: int
    created: str
    zip_bytes: int


@dataclass(frozen=True, slots=True)
class FleetTruth:
    """What is in the fleet.

    Attributes:
        region: Of everything.
        accounts: Of everything, the first one with keys that tell no account.
        layers: Layer versions that are there.
        uses: `ACCOUNT:FUNCTION:VERSION` of those that have a layer version, by its ARN; also of ones that were deleted.
        functions: Number.
        versions: Number of published versions.
        aliases: Number.
    """

    region: str
    accounts: Sequence[str]
    layers: Sequence[LayerTruth]
    uses: Mapping[str, Sequence[str]]
    functions: int
    versions: int
    aliases: int

    def deletable(self, keep_newest: int, created_before: datetime, pinned: Collection[str] = ()) -> frozenset[str]:
        """Layer versions that nobody has, that are not among the newest of their layer, are old enough, and not pinned."""
        numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
        for row in self.layers:
            numbers[row.account, row.layer].append(row.number)
        return frozenset(
            row.arn
            for row in self.layers
            if row.arn not in self.uses
            and row.arn not in pinned
            and sum(number > row.number for number in numbers[row.account, row.layer]) >= keep_newest
            and datetime.fromisoformat(row.created) < created_before
        )


def fill(
    cloud: Cloud, functions: int = 2000, layer_versions: int = 300, seed: int = 0, *, accounts: Sequence[str] = ACCOUNTS,
    region: str = REGION, now: datetime | None = None,
) -> FleetTruth:  # fmt: skip
    """Put a fleet into a cloud: a tenth of the layers is granted to all accounts, a few layer versions are deleted but used.

    Args:
        cloud: Where to.
        functions: How many, over all accounts.
        layer_versions: How many that are there, over all accounts.
        seed: The same one makes the same fleet.
        accounts: Theirs.
        region: Theirs.
        now: Until when things were made; now if not given.
    """
    drawn, end = random.Random(seed), now or datetime.now(UTC)
    layers = _layers(cloud, layer_versions, drawn, accounts, region, end)
    deleted = _deleted(cloud, drawn, accounts, region, end)
    used = {account: _usable(account, [*layers, *deleted], drawn) for account in accounts}
    uses: dict[str, list[str]] = defaultdict(list)
    versions = aliases = 0
    for number in range(functions):
        account = accounts[number % len(accounts)]
        made = _function(cloud.space(account, region), f"fn-{number:05d}", used[account], drawn, end)
        versions, aliases = versions + len(made.versions), aliases + len(made.aliases)
        for version in made.all_versions():
            for layer in version.configuration.layers:
                uses[layer.arn].append(f"{account}:{made.name}:{version.number}")
    for account in accounts:
        cloud.space(account, region).changed()
    rows = [
        LayerTruth(v.arn, v.account, v.arn.split(":")[6], v.number, v.created.isoformat(), len(v.package.content)) for v in layers
    ]
    return FleetTruth(region, tuple(accounts), tuple(rows), dict(uses), functions, versions, aliases)


def _layers(
    cloud: Cloud, count: int, drawn: random.Random, accounts: Sequence[str], region: str, end: datetime
) -> list[LayerVersion]:
    made: list[LayerVersion] = []
    for index in range(count):
        number, layer = index % _VERSIONS_OF_A_LAYER + 1, index // _VERSIONS_OF_A_LAYER
        account = accounts[layer % len(accounts)]
        space, name = cloud.space(account, region), f"layer-{layer:03d}"
        oldest = drawn.uniform(0.5, 1) * _OLDEST_DAYS if number == 1 else (end - made[-1].created) / timedelta(days=1)
        age = oldest * (1 if number == 1 else drawn.uniform(0.2, 0.95))
        version = _layer_version(space, name, space.next(f"layer {name}"), end - timedelta(days=age), drawn)
        if layer % 10 == 0:
            version.policy = _granted(version, [other for other in accounts if other != account])
        space.layers.setdefault(name, {})[version.number] = version
        made.append(version)
    return made


def _layer_version(space: Space, name: str, number: int, created: datetime, drawn: random.Random) -> LayerVersion:
    arn = f"{space.prefix}:layer:{name}:{number}"
    package = _package({"python/shared.py": drawn.randbytes(drawn.randrange(200, 2000))})
    runtimes = tuple(sorted(drawn.sample(_RUNTIMES, drawn.randint(1, 3))))
    return LayerVersion(
        arn, space.account, number, package, f"source {drawn.getrandbits(64):016x}", created, runtimes, ("x86_64",)
    )


def _granted(version: LayerVersion, accounts: Sequence[str]) -> Policy:
    statements = {
        f"account-{account}": {
            "Sid": f"account-{account}",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "lambda:GetLayerVersion",
            "Resource": version.arn,
        }
        for account in accounts
    }
    return Policy(f"00000000-0000-4000-8000-{version.number:012d}", statements)


def _deleted(cloud: Cloud, drawn: random.Random, accounts: Sequence[str], region: str, end: datetime) -> list[LayerVersion]:
    """A version of a layer in each account that is no longer there, which functions have nevertheless."""
    spaces = [cloud.space(account, region) for account in accounts]
    return [_layer_version(s, "retired", s.next("layer retired"), end - timedelta(days=_OLDEST_DAYS), drawn) for s in spaces]


def _usable(account: str, layers: Sequence[LayerVersion], drawn: random.Random) -> list[LayerVersion]:
    """Layer versions that functions of an account have, or once had the right to."""
    mine = [layer for layer in layers if layer.account == account or layer.policy is not None]
    return [layer for layer in mine if drawn.random() < _USED_SHARE]


def _function(space: Space, name: str, layers: Sequence[LayerVersion], drawn: random.Random, end: datetime) -> Function:
    arn, moment = f"{space.prefix}:function:{name}", end - timedelta(days=drawn.uniform(1, _OLDEST_DAYS))
    package = _package({"main.py": f"NAME = {name!r}\ndef handler(event, context):\n    return NAME\n".encode()})
    runtime, memory = drawn.choice(_RUNTIMES), drawn.choice((128, 256, 512, 1024))
    role = f"arn:aws:iam::{space.account}:role/run"

    def configured() -> Configuration:
        chosen = {
            layer.arn.rpartition(":")[0]: layer for layer in drawn.sample(layers, min(drawn.choice((0, 1, 1, 2, 3)), len(layers)))
        }
        return Configuration(package, runtime, "main.handler", role, memory=memory, layers=tuple(chosen.values()))

    revision = space.revision(f"function {name}")
    made = Function(name, arn, Version(LATEST, configured(), moment, revision, moment), {"team": drawn.choice("abc")})
    for _ in range(drawn.choice((0, 0, 1, 2, 3))):
        number = str(space.next(f"function {name}"))
        made.versions[number] = Version(number, configured(), moment, space.revision(f"function {name}:{number}"), moment)
    for alias in drawn.sample(("live", "canary"), drawn.randint(0, 2)) if made.versions else ():
        chosen = drawn.choice(list(made.versions))
        made.aliases[alias] = Alias(alias, chosen, "", space.revision(f"alias {name}:{alias}"))
    space.functions[name] = made
    return made


def _package(files: Mapping[str, bytes]) -> Package:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content)
    return Package.of(made.getvalue())


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: serve a fleet until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.aws_lambda_fleet", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--functions", type=int, default=2000, help="how many (default: 2000)")
    parser.add_argument("--layer-versions", type=int, default=300, help="how many (default: 300)")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is drawn (default: 0)")
    parser.add_argument("--throttled", type=float, default=0.0, metavar="PERCENT", help="share of requests that are throttled")
    parser.add_argument("--truth", type=Path, help="file that the truth is written to, as JSON")
    asked = parser.parse_args(argv)
    with served() as aws:
        truth = fill(aws.cloud, asked.functions, asked.layer_versions, asked.seed)
        if asked.truth:
            asked.truth.write_text(json.dumps(asdict(truth)))
        if asked.throttled:
            aws.cloud.faults.ask("throttle", percent=asked.throttled, seed=asked.seed)
        sys.stdout.write(f"fleet ready at {aws.url}\n")
        sys.stdout.flush()
        sys.stdin.read()
    return 0


def read_truth(told: Mapping[str, Any]) -> FleetTruth:
    """The truth that a process wrote."""
    return FleetTruth(**{**told, "layers": tuple(LayerTruth(**row) for row in told["layers"])})


if __name__ == "__main__":
    raise SystemExit(main())
