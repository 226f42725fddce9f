"""The demo company's Autonomous Databases: what each is like, what goes on in it, and the anomalies that are planted.

Those that are billed (`oci_estate`) keep their ids; the others cost nothing in the bills of the scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from sandbox.database_load import METRICS, Load, Planted
from sandbox.delivery import Delivery, csv_bytes
from sandbox.oci_estate import ocid
from sandbox.usage import Window
from sandbox.utilisation import load_of

KIND = "autonomousdatabase"
FRANKFURT, ASHBURN = "eu-frankfurt-1", "us-ashburn-1"
OBJECTIVES, DRILLS = "inputs/recovery/objectives.yaml", "inputs/recovery/drills.yaml"
_DAY = 1440
_DAYS_UNTIL_FULL, _FULL_AT_END = 60, 0.80
_STOPPED_DAYS = 5
_TRUTH = ("kind", "database", "resource_id", "region", "metrics", "start", "end")
_METRICS_OF = {
    "spike": ("CpuUtilization",),
    "slowdown": ("CpuUtilization", "ExecuteCount", "TransactionCount"),
    "session leak": ("Sessions",),
    "missing": ("Sessions",),
    "joint": ("CpuUtilization", "ExecuteCount"),
}


@dataclass(frozen=True, slots=True)
class Database:
    """One Autonomous Database.

    Attributes:
        name: Display name.
        compartment: Where it belongs.
        region: Where it is.
        load: What goes on in it; None if nothing is measured.
        tags: Free-form tags.
        fields: What it shows otherwise than usual.
        standby_in: Region of its standby.
        has_local_standby: Whether it has one beside it.
        clone_of: Name of the database that it is a refreshable clone of.
        long_term: Days that long-term backups are kept, one for each.
    """

    name: str
    compartment: str
    region: str
    load: Load | None
    tags: Mapping[str, str]
    fields: Mapping[str, Any] = field(default_factory=dict)
    standby_in: str | None = None
    has_local_standby: bool = False
    clone_of: str | None = None
    long_term: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        """OCID."""
        return ocid(KIND, self.name, self.region)


def databases(window: Window) -> tuple[Database, ...]:
    """All of them; of standbys, their primaries."""
    since = _minute(window.first)
    planted = _planted(window)
    return tuple(
        replace(one, load=replace(one.load, since=since, anomalies=planted.get(one.name, ()))) if one.load else one
        for one in (*_billed(), *_others(window))
    )


def truth(window: Window, at: datetime) -> Delivery:
    """`truth/database_anomalies.csv`: what is planted, which comes again every 28 days, and when a database will be full."""
    by_name = {one.name: one for one in databases(window)}
    rows: list[tuple[str, ...]] = [
        (one.kind, name, by_name[name].id, by_name[name].region, ";".join(_METRICS_OF[one.kind]), _text(one.begin),
         _text(one.begin + one.minutes))
        for name, anomalies in _planted(window).items() for one in anomalies
    ]  # fmt: skip
    full = _text(_minute(window.last) + _DAYS_UNTIL_FULL * _DAY)
    growing = by_name["prod-dwh-fra-1"]
    metrics = ";".join(name for name in METRICS if name.startswith("Storage"))
    rows.append(("storage ramp", growing.name, growing.id, growing.region, metrics, _text(_minute(window.first)), full))
    return Delivery("truth/database_anomalies.csv", csv_bytes(_TRUTH, sorted(rows)), at)


def objectives(at: datetime) -> Delivery:
    """What people supply about recovery: tiers by the tag `recovery-tier`."""
    lines = (
        "tiers:",
        "  gold: {local: {rto_seconds: 180, rpo_seconds: 10}, remote: {rto_seconds: 900, rpo_seconds: 60}}",
        "  silver: {copy: {rto_seconds: 7200, rpo_seconds: 300}}",
        "  bronze: {copy: {rto_seconds: 28800, rpo_seconds: 86400}, drill_every_days: 180}",
    )
    return Delivery(OBJECTIVES, ("\n".join(lines) + "\n").encode(), at)


def drills(at: datetime) -> Delivery:
    """What is rehearsed once the schedule of drills is turned on: a copy of one database, the real standby of another."""
    lines = (
        "drills:",
        "- {database: prod-erp-fra-1, type: clone, make_heartbeat_table: true}",
        "- {database: prod-crm-iad-1, type: snapshot standby, accept_less_protection: true, confirm: prod-crm-iad-1,",
        "   make_heartbeat_table: true}",
    )
    return Delivery(DRILLS, ("\n".join(lines) + "\n").encode(), at)


def _billed() -> Iterator[Database]:
    """Those of the bills, used as `utilisation` says of them."""
    for compartment, season, counts in (("prod", "business", 2), ("dev", "office", 1)):
        for region, label in ((FRANKFURT, "fra"), (ASHBURN, "iad")):
            for number in range(1, counts + 1):
                name = f"{compartment}-erp-{label}-{number}"
                used = load_of(name, database=True, season=season)
                load = Load(used.cpu, used.rest, used.cpu / 2, used.cpu * 30, 300.0, 0.4) if used else None
                yield Database(name, compartment, region, load, _tags(compartment, "silver"), {"computeCount": 4.0})


@cache
def _others(window: Window) -> tuple[Database, ...]:
    last = _minute(window.last)
    busy, office = Load(52, 0.5, 60, 2400, 600, 0.3), Load(14, 0.15, 8, 260, 120, 0.1)
    allocated = 2048.0
    growth = allocated * (1 - _FULL_AT_END) / _DAYS_UNTIL_FULL
    days = (window.last - date(2026, 1, 1)).days
    warehouse = Load(64, 0.7, 25, 400, allocated * _FULL_AT_END - growth * days, growth)
    critical = {"computeCount": 8.0, "isBackupRetentionLocked": True, "isAutoScalingEnabled": True}
    scheduled = _tags("dev", "bronze") | {"scale-schedule": "weekdays 07-19 4; else stop"}
    stopped = replace(office, until=last - _STOPPED_DAYS * _DAY)
    return (
        Database("prod-pay-fra-1", "prod", FRANKFURT, busy, _tags("prod", "gold", protected=True), critical, ASHBURN, True,
                 long_term=(365, 2555)),
        Database("prod-crm-iad-1", "prod", ASHBURN, replace(busy, cpu=38, sessions=45), _tags("prod", "gold", protected=True),
                 {"computeCount": 6.0}, FRANKFURT, long_term=(365,)),
        Database("prod-dwh-fra-1", "prod", FRANKFURT, warehouse, _tags("prod", "silver"),
                 {"dbWorkload": "DW", "computeCount": 16.0, "dataStorageSizeInGBs": int(allocated)}, has_local_standby=True),
        Database("prod-report-fra-1", "prod", FRANKFURT, replace(office, cpu=22), _tags("prod", "bronze"),
                 {"dbWorkload": "DW", "computeCount": 4.0, "dataStorageSizeInGBs": int(allocated)}, clone_of="prod-dwh-fra-1"),
        Database("dev-test-iad-1", "dev", ASHBURN, stopped, _tags("dev", "bronze"), {"lifecycleState": "STOPPED"}),
        Database("dev-free-fra-1", "dev", FRANKFURT, Load(3, 0.4, 2, 20, 6, 0.002), _tags("dev", "bronze"),
                 {"isFreeTier": True, "computeCount": 1.0, "dataStorageSizeInGBs": 20}),
        Database("dev-lab-fra-1", "dev", FRANKFURT, replace(office, cpu=6), scheduled,
                 {"computeCount": 16.0, "backupRetentionPeriodInDays": 7}),
        Database("dev-old-iad-1", "dev", ASHBURN, Load(0.9, 1.0, 1, 4, 40, 0.0), _tags("dev", "bronze"),
                 {"backupRetentionPeriodInDays": 7}),
    )  # fmt: skip


def _tags(environment: str, tier: str, *, protected: bool = False) -> dict[str, str]:
    return {"environment": environment, "recovery-tier": tier, **({"protected": "true"} if protected else {})}


def _planted(window: Window) -> dict[str, tuple[Planted, ...]]:
    """Anomalies by the name of the database, in the last weeks of the scenario."""
    last = _minute(window.last)
    # a working day, on which a CPU of the night is no use of the day
    wednesday = _minute(window.last - timedelta(days=7 + (window.last.weekday() - 2) % 7))
    slow = Planted("slowdown", last - 9 * _DAY + 10 * 60, 90)
    found: dict[str, tuple[Planted, ...]] = dict.fromkeys(("prod-erp-iad-1", "dev-erp-iad-1", "dev-old-iad-1"), (slow,))
    return found | {
        "prod-crm-iad-1": (slow, Planted("session leak", last - 16 * _DAY, 3 * _DAY)),
        "prod-erp-fra-1": (Planted("spike", last - 5 * _DAY + 2 * 60, 180),),
        "dev-lab-fra-1": (Planted("missing", last - 3 * _DAY, _DAY),),
        "prod-pay-fra-1": (Planted("joint", wednesday + 10 * 60, 240),),
    }


def _minute(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp() // 60)


def _text(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).isoformat().replace("+00:00", "Z")
