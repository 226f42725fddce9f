"""What the demo company runs on OCI: compartments, regions, services with meters and prices, resources.

Services, SKU numbers and units are spelt as in OCI cost reports and Oracle's public price list; every
OCID is made up.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

REGIONS = {"eu-frankfurt-1": "fra", "us-ashburn-1": "iad"}


def ocid(kind: str, name: str, region: str = "") -> str:
    """A made-up OCID that depends on its parts alone."""
    unique = hashlib.sha256(f"{kind}/{name}/{region}".encode()).hexdigest()[:60]
    return f"ocid1.{kind}.oc1.{region}.aaaa{unique}"


TENANCY = ocid("tenancy", "acme")
SUBSCRIPTION = ocid("organizationssubscription", "acme", "eu-frankfurt-1")
COMPARTMENTS = {name: ocid("compartment", name) for name in ("prod", "dev")}


@dataclass(frozen=True, slots=True)
class Meter:
    """One SKU: `price` in EUR per unit, `daily` mean units of a working day, metered `times` a day."""

    sku: str
    description: str
    price: Decimal
    billing_unit: str
    unit: str
    daily: float
    times: int = 4


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource; `kind` is the type inside its OCID, empty where OCI bills under a plain name."""

    name: str
    compartment: str
    region: str
    service: str
    kind: str
    meters: tuple[Meter, ...]
    season: str
    size: float

    @property
    def id(self) -> str:
        """The id that OCI bills it under."""
        return ocid(self.kind, self.name, self.region) if self.kind else f"acme{self.compartment}/{self.name}"


_COMPUTE = (
    Meter(
        "B93113",
        "Compute - Standard - E4 - OCPU",
        Decimal("0.02325"),
        "1 NONE HOURS OCPU",
        "OCPU Hours",
        192.0,
    ),
    Meter(
        "B93114",
        "Compute - Standard - E4 - Memory",
        Decimal("0.001395"),
        "1 NONE HOURS GB",
        "GB Hours",
        1536.0,
    ),
)
_BLOCK = (
    Meter(
        "B91961",
        "Block Volume - Storage",
        Decimal("0.023715"),
        "1 GiB MONTHS STORAGE_SIZE",
        "GB Months",
        25.0,
        1,
    ),
)
_OBJECT = (
    Meter(
        "B91628",
        "Object Storage - Storage",
        Decimal("0.023715"),
        "1 GiB MONTHS STORAGE_SIZE",
        "GB Months",
        90.0,
        1,
    ),
    Meter(
        "B91627",
        "Object Storage - Requests",
        Decimal("0.003162"),
        "10000 NONE NONE REQUESTS",
        "10,000 Requests",
        160.0,
        1,
    ),
)
_DATABASE = (
    Meter(
        "B95702",
        "Oracle Autonomous Transaction Processing - ECPU",
        Decimal("0.31248"),
        "1 NONE HOURS ECPU",
        "ECPU Hours",
        96.0,
    ),
    Meter(
        "B95706",
        "Oracle Autonomous Database Storage for Transaction Processing",
        Decimal("0.1070"),
        "1 GiB MONTHS STORAGE_SIZE",
        "GB Months",
        12.0,
        1,
    ),
)
_TELEMETRY = (
    Meter(
        "B90926",
        "Monitoring Service - Retrieval",
        Decimal("0.00116188"),
        "1000000 NONE NONE DATAPOINTS",
        "Million Datapoints",
        0.000012,
    ),
)
_NETWORK = (
    Meter("B88327", "Outbound Data Transfer", Decimal("0.0079050"), "1 GiB NONE DATA_TRANSFER", "GB", 420.0, 1),
    Meter(
        "B93030",
        "Load Balancer Base",
        Decimal("0.0105090"),
        "1 NONE HOURS LOAD_BALANCER",
        "Load Balancer Hours",
        24.0,
        1,
    ),
)
_GENERATIVE = (
    Meter(
        "B108077",
        "Oracle Cloud Infrastructure Generative AI - Large Cohere",
        Decimal("0.0145080"),
        "10000 NONE NONE TRANSACTIONS",
        "10,000 Transactions",
        6200.0,
    ),
)

_FLEET: tuple[tuple[str, str, str, str, tuple[Meter, ...], str, int, float], ...] = (
    ("prod", "prod-app", "COMPUTE", "instance", _COMPUTE, "business", 4, 1.0),
    ("prod", "prod-volume", "BLOCK_STORAGE", "volume", _BLOCK, "growing", 4, 1.0),
    ("prod", "prod-archive", "OBJECTSTORE", "", _OBJECT, "growing", 2, 1.0),
    ("prod", "prod-erp", "DATABASE", "autonomousdatabase", _DATABASE, "business", 2, 1.0),
    ("prod", "prod-gateway", "NETWORK", "loadbalancer", _NETWORK, "business", 2, 1.0),
    ("prod", "prod-metrics", "TELEMETRY", "", _TELEMETRY, "always", 2, 1.0),
    ("dev", "dev-app", "COMPUTE", "instance", _COMPUTE, "office", 2, 0.5),
    ("dev", "dev-volume", "BLOCK_STORAGE", "volume", _BLOCK, "always", 2, 0.5),
    ("dev", "dev-scratch", "OBJECTSTORE", "", _OBJECT, "always", 1, 0.3),
    ("dev", "dev-erp", "DATABASE", "autonomousdatabase", _DATABASE, "office", 1, 0.3),
    ("dev", "dev-metrics", "TELEMETRY", "", _TELEMETRY, "always", 1, 0.2),
)
_UNPLANNED: tuple[tuple[str, str, str, str, str, tuple[Meter, ...], int, float], ...] = (
    ("dev", "us-ashburn-1", "dev-burst", "COMPUTE", "instance", _COMPUTE, 2, 8.0),
    (
        "dev",
        "eu-frankfurt-1",
        "dev-chat",
        "GENERATIVE_AI",
        "generativeaidedicatedaicluster",
        _GENERATIVE,
        1,
        1.0,
    ),
)
"""Resources that exist only while an anomaly lasts."""


def resources() -> Iterator[Resource]:
    """Every resource, in a fixed order."""
    for region, label in REGIONS.items():
        for compartment, purpose, service, kind, meters, season, count, size in _FLEET:
            for number in range(1, count + 1):
                yield Resource(f"{purpose}-{label}-{number}", compartment, region, service, kind, meters, season, size)
    for compartment, region, purpose, service, kind, meters, count, size in _UNPLANNED:
        for number in range(1, count + 1):
            name = f"{purpose}-{REGIONS[region]}-{number}"
            yield Resource(name, compartment, region, service, kind, meters, "absent", size)
