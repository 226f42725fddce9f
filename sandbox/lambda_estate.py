"""The demo company's Lambda functions and layers: what there is, who uses what, and what is planted among it.

Functions that are billed (`aws_estate`) keep their names; the others cost nothing in the bills of the scenario.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sandbox.aws_estate import ACCOUNTS

VIRGINIA, FRANKFURT = "us-east-1", "eu-central-1"
LABELS = {VIRGINIA: "us", FRANKFURT: "eu"}
PRODUCTION, DATA = "acme-prod", "acme-data"
PYTHON, OLD_PYTHON, NODE, OLD_NODE = "python3.12", "python3.8", "nodejs22.x", "nodejs14.x"
DEPRECATED = frozenset({OLD_PYTHON, OLD_NODE})
"""Runtimes of the demo that AWS no longer supports."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer in one region.

    Attributes:
        name: Of the layer.
        account: Who owns it.
        region: Where.
        package: What it holds: a module of Python, or a package of npm (`acme-…`).
        runtimes: That it says it is for.
        versions: Version of the package in each version of the layer, the first one being 1.
        ages: Days before the scenario's end at which each was published.
        deleted: Versions that were deleted.
        granted: Principals that may use a version beside its owner, by version; `*` is everybody.
    """

    name: str
    account: str
    region: str
    package: str
    runtimes: tuple[str, ...]
    versions: tuple[str, ...]
    ages: tuple[int, ...]
    deleted: frozenset[int] = frozenset()
    granted: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def arn(self, version: int) -> str:
        """ARN of a version."""
        return f"arn:aws:lambda:{self.region}:{ACCOUNTS[self.account]}:layer:{self.name}:{version}"

    @property
    def there(self) -> tuple[int, ...]:
        """Versions that are not deleted."""
        return tuple(number for number in range(1, len(self.versions) + 1) if number not in self.deleted)


@dataclass(frozen=True, slots=True)
class Function:
    """A function.

    Attributes:
        name: Of the function.
        account: Where it belongs.
        region: Where it is.
        purpose: What its code does (`lambda_code`).
        runtime: That it runs on.
        history: Layers of each published version in turn, as `NAME:VERSION`.
        latest: Layers of `$LATEST`, where they are others than those of the last published version.
        aliases: Version that each name points to.
        weights: Version and share of the calls that an alias gives it beside its own.
        calls: A minute, at the busiest hour.
        memory_mb: Megabytes.
        tags: Of the function.
    """

    name: str
    account: str
    region: str
    purpose: str
    runtime: str
    history: tuple[tuple[str, ...], ...]
    latest: tuple[str, ...] | None = None
    aliases: Mapping[str, int] = field(default_factory=dict)
    weights: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    calls: float = 60.0
    memory_mb: int = 256
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """ARN, without a version."""
        return f"arn:aws:lambda:{self.region}:{ACCOUNTS[self.account]}:function:{self.name}"

    @property
    def now(self) -> tuple[str, ...]:
        """Layers of `$LATEST`."""
        return self.history[-1] if self.latest is None else self.latest


def layers() -> tuple[Layer, ...]:
    """All layers."""
    return tuple(_layers())


def functions() -> tuple[Function, ...]:
    """All functions."""
    return (*_of_production(), *_of_data())


def _layers() -> Iterator[Layer]:
    python, node = ("python3.11", PYTHON, "python3.13"), ("nodejs20.x", NODE)
    data = ACCOUNTS[DATA]
    for region in LABELS:
        shared = {3: (data,), 4: (data,), 5: (data,)}
        yield Layer(
            "acme-core",
            PRODUCTION,
            region,
            "acme_core",
            python,
            ("1.0.0", "1.1.0", "1.3.0", "1.4.0", "1.5.0"),
            (400, 310, 220, 130, 60),
            granted=shared,
        )
        yield Layer("acme-money", PRODUCTION, region, "acme_money", python, ("2.0.0", "2.1.0", "3.0.0"), (260, 140, 45))
        yield Layer(
            "acme-http",
            PRODUCTION,
            region,
            "acme_http",
            python,
            ("0.8.0", "0.9.0", "1.0.0"),
            (340, 200, 90),
            granted={2: (data, "*") if region == VIRGINIA else (data,), 3: (data,)},
        )
        yield Layer("acme-tracing", PRODUCTION, region, "acme-tracing", node, ("1.0.0", "1.1.0", "1.2.0"), (300, 170, 75))
        yield Layer(
            "acme-frames",
            DATA,
            region,
            "acme_frames",
            python,
            ("0.1.0", "0.2.0", "0.3.0", "0.4.0"),
            (250, 190, 110, 50),
            deleted=frozenset({2}) if region == FRANKFURT else frozenset(),
        )
    yield Layer("acme-legacy", DATA, FRANKFURT, "acme_legacy", (OLD_PYTHON,), ("1.0.0", "1.0.1"), (900, 800))  # fmt: skip


def _of_production() -> Iterator[Function]:
    former, current = ("acme-core:3", "acme-money:1"), ("acme-core:4", "acme-money:2")
    for region, label in LABELS.items():
        critical = {"environment": "prod", "tier": "critical"}
        yield Function(
            f"prod-checkout-{label}-1",
            PRODUCTION,
            region,
            "checkout",
            PYTHON,
            (former, current),
            aliases={"live": 2},
            weights={"live": (1, 0.1)} if region == VIRGINIA else {},
            calls=180,
            memory_mb=512,
            tags=critical,
        )
        yield Function(
            f"prod-checkout-{label}-2",
            PRODUCTION,
            region,
            "checkout",
            PYTHON,
            (current,),
            aliases={"live": 1},
            calls=120,
            memory_mb=512,
            tags=critical,
        )
        # the other order: what both layers had would come from another one
        yield Function(
            f"prod-checkout-{label}-3",
            PRODUCTION,
            region,
            "checkout",
            PYTHON,
            (current[::-1],),
            calls=90,
            memory_mb=512,
            tags={"environment": "prod", "canary": "true"},
        )
        yield Function(
            f"prod-mail-{label}-1",
            PRODUCTION,
            region,
            "mail",
            PYTHON,
            (("acme-core:4", "acme-http:3"),),
            calls=40,
            tags={"environment": "prod"},
        )
    yield Function(
        "prod-edge-us-1",
        PRODUCTION,
        VIRGINIA,
        "edge",
        NODE,
        (("acme-tracing:2",), ("acme-tracing:3",)),
        aliases={"live": 2},
        calls=240,
        tags={"environment": "prod"},
    )
    yield Function(
        "prod-edge-eu-1", PRODUCTION, FRANKFURT, "edge", OLD_NODE, (("acme-tracing:1",),), calls=60, tags={"environment": "prod"}
    )
    yield Function(
        "prod-status-us-1", PRODUCTION, VIRGINIA, "status", PYTHON, ((),), calls=30, memory_mb=128, tags={"environment": "prod"}
    )
    yield Function("prod-status-eu-1", PRODUCTION, FRANKFURT, "status", PYTHON, ((),), calls=30, memory_mb=128,
                   tags={"environment": "prod"})  # fmt: skip


def _of_data() -> Iterator[Function]:
    for region, label in LABELS.items():
        for number in (1, 2):
            core, http = ("acme-core:5", "acme-http:3") if number == 1 else ("acme-core:4", "acme-http:2")
            yield Function(
                f"data-ingest-{label}-{number}",
                DATA,
                region,
                "ingest",
                PYTHON,
                ((http, "acme-frames:4", core),),
                calls=80,
                memory_mb=1024,
                tags={"environment": "data"},
            )
    yield Function(
        "data-report-us-1",
        DATA,
        VIRGINIA,
        "report",
        PYTHON,
        (("acme-frames:3",), ("acme-frames:4",)),
        latest=("acme-frames:3",),
        aliases={"nightly": 2},
        calls=6,
        memory_mb=2048,
        tags={"environment": "data"},
    )
    yield Function(
        "data-report-eu-1",
        DATA,
        FRANKFURT,
        "report",
        PYTHON,
        (("acme-frames:2",),),
        aliases={"nightly": 1},
        calls=6,
        memory_mb=2048,
        tags={"environment": "data"},
    )
    yield Function(
        "data-import-eu-1", DATA, FRANKFURT, "import", OLD_PYTHON, (("acme-legacy:2",),), calls=2, tags={"environment": "data"}
    )
    yield Function("data-status-eu-1", DATA, FRANKFURT, "status", PYTHON, ((),), calls=10, memory_mb=128,
                   tags={"environment": "data"})  # fmt: skip
