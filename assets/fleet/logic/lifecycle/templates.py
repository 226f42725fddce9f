"""What databases of an environment are to be like: standards that provisioning and scaling keep to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any

LEAST_ECPUS = 2
"""Source: SDK docstring of `compute_count`."""
MOST_STORAGE_GB = 384 * 1024
"""Source: SDK docstring of `data_storage_size_in_tbs`."""
LEAST_STORAGE_GB = 20
"""Of databases for transactions; source: "Modify CPU and Storage Resources" at docs.oracle.com."""
MOST_RETENTION_DAYS = 60
"""Of automatic backups; source: "Backup and Restore Autonomous AI Database Instances" at docs.oracle.com."""
LONG_TERM_DAYS = (90, 3650)
"""Least and most of a long-term backup; same source."""
WORKLOADS = ("OLTP", "DW", "AJD", "APEX", "LH")
LICENSES = ("LICENSE_INCLUDED", "BRING_YOUR_OWN_LICENSE")
_HOURS_A_MONTH = Decimal(730)


@dataclass(frozen=True, slots=True)
class Prices:
    """What a database costs, if somebody said so.

    Attributes:
        ecpu_hour: Of an ECPU that runs for an hour.
        storage_gb_month: Of a gigabyte that is allocated for a month.
        currency: Of both.
    """

    ecpu_hour: Decimal
    storage_gb_month: Decimal
    currency: str

    def a_month(self, ecpus: float, storage_gb: float | None) -> Decimal | None:
        """Cost of a month of 730 hours at that size; None if a size is unknown."""
        if storage_gb is None:
            return None
        cost = self.ecpu_hour * Decimal(str(ecpus)) * _HOURS_A_MONTH + self.storage_gb_month * Decimal(str(storage_gb))
        return cost.quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class Template:
    """A standard.

    Attributes:
        workload: `OLTP`, `DW`, `AJD`, `APEX` or `LH`.
        ecpus: Of a new database.
        most_ecpus: That any of them may be scaled to.
        storage_gb: Of a new database.
        most_storage_gb: That any of them may be scaled to.
        auto_scaling: Whether the service may use up to three times the ECPUs.
        license_model: `LICENSE_INCLUDED` or `BRING_YOUR_OWN_LICENSE`.
        retention_days: Of automatic backups.
        tags: That every one of them bears, free-form.
        required_tags: Keys of tags that whoever asks for one has to give.
        prices: What it costs; None if nobody said.
    """

    workload: str = "OLTP"
    ecpus: float = LEAST_ECPUS
    most_ecpus: float = 16
    storage_gb: float = 1024
    most_storage_gb: float = 4096
    auto_scaling: bool = False
    license_model: str = "LICENSE_INCLUDED"
    retention_days: int = 7
    tags: Mapping[str, str] = field(default_factory=dict)
    required_tags: tuple[str, ...] = ("owner", "cost-center")
    prices: Prices | None = None

    def problems(self) -> list[str]:
        """What cannot be so."""
        found = [] if self.workload in WORKLOADS else [f"workload is {self.workload!r}, not one of {', '.join(WORKLOADS)}"]
        if self.license_model not in LICENSES:
            found.append(f"license_model is {self.license_model!r}, not one of {', '.join(LICENSES)}")
        if not LEAST_ECPUS <= self.ecpus <= self.most_ecpus:
            found.append(f"ecpus is {self.ecpus:g}, not between {LEAST_ECPUS} and most_ecpus ({self.most_ecpus:g})")
        if not LEAST_STORAGE_GB <= self.storage_gb <= self.most_storage_gb <= MOST_STORAGE_GB:
            found.append(f"storage_gb, most_storage_gb do not ascend from {LEAST_STORAGE_GB} to {MOST_STORAGE_GB}")
        if not 1 <= self.retention_days <= MOST_RETENTION_DAYS:
            found.append(f"retention_days is {self.retention_days}, not between 1 and {MOST_RETENTION_DAYS}")
        return found


STANDARD: Mapping[str, Template] = {
    "production": Template(
        ecpus=4, most_ecpus=64, storage_gb=2048, most_storage_gb=16_384, auto_scaling=True, retention_days=30,
        tags={"protected": "true"},
    ),
    "staging": Template(ecpus=2, most_ecpus=16, retention_days=7),
    "development": Template(ecpus=2, most_ecpus=8, most_storage_gb=2048, retention_days=7, required_tags=("owner",)),
}  # fmt: skip
"""What holds unless a file says otherwise."""


def templates_of(content: object) -> dict[str, Template]:
    """Templates by environment out of what a YAML file holds; an environment begins with its standard, if there is one.

    Raises:
        ValueError: Something in it cannot be so; names everything that is wrong.
    """
    if not isinstance(content, dict) or not all(isinstance(value, dict) for value in content.values()):
        raise ValueError("the file has to map environments to what their databases are like")
    made: dict[str, Template] = dict(STANDARD)
    problems: list[str] = []
    for environment, given in content.items():
        name = str(environment)
        try:
            made[name] = _template(made.get(name, Template()), given)
        except (ValueError, TypeError, InvalidOperation) as error:
            problems.append(f"{name}: {error}")
            continue
        problems += [f"{name}: {problem}" for problem in made[name].problems()]
    if problems:
        raise ValueError("; ".join(problems))
    return made


def _template(base: Template, given: Mapping[str, Any]) -> Template:
    unknown = sorted(set(given) - {one.name for one in fields(Template)})
    if unknown:
        raise ValueError(f"there is no {', '.join(unknown)}")
    read: dict[str, Any] = dict(given)
    if "prices" in read:
        prices = read["prices"]
        read["prices"] = Prices(Decimal(str(prices["ecpu_hour"])), Decimal(str(prices["storage_gb_month"])), prices["currency"])
    if "tags" in read:
        read["tags"] = {str(key): str(value) for key, value in read["tags"].items()}
    if "required_tags" in read:
        read["required_tags"] = tuple(str(key) for key in read["required_tags"])
    return replace(base, **read)
