"""What somebody asks to be done to a database, and everything that is wrong with it before any call is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from assets.fleet.logic.lifecycle.templates import (
    LEAST_ECPUS,
    LEAST_STORAGE_GB,
    LONG_TERM_DAYS,
    MOST_STORAGE_GB,
    STANDARD,
    Template,
)

DB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,29}")
"""Source: SDK docstring of `db_name`."""
_DISPLAY_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 _.()-]{0,254}")
_TAG_KEY = re.compile(r"[^\s.]{1,100}")
_OCID = re.compile(r"ocid1\.[a-z0-9]+\.[a-z0-9]+\.[a-z0-9-]*\.\S+")
_MOST_TAG = 256


class Invalid(ValueError):
    """What is asked for cannot be asked for."""


@dataclass(frozen=True, slots=True)
class Named:
    """Who a new database is to be.

    Attributes:
        region: Where.
        compartment_id: OCID.
        db_name: Unique in the tenancy.
        display_name: For people.
        environment: Whose template it follows.
        tags: Free-form, besides those of the template.
        secret_id: OCID of the vault secret that holds the password of ADMIN.
    """

    region: str
    compartment_id: str
    db_name: str
    display_name: str
    environment: str
    tags: Mapping[str, str] = field(default_factory=dict)
    secret_id: str = ""

    def problems(self, template: Template, *, needs_secret: bool) -> list[str]:
        """What cannot be so."""
        found = []
        if not DB_NAME.fullmatch(self.db_name):
            found.append(f"db_name is {self.db_name!r}: it begins with a letter and has at most 30 letters and digits")
        if not _DISPLAY_NAME.fullmatch(self.display_name):
            found.append(f"display_name is {self.display_name!r}: it begins with a letter and has at most 255 simple characters")
        if not _OCID.fullmatch(self.compartment_id):
            found.append(f"compartment_id is {self.compartment_id!r}, which is no OCID")
        if needs_secret and not _OCID.fullmatch(self.secret_id):
            found.append("secret_id has to be the OCID of a vault secret with the password of ADMIN")
        given = {**template.tags, **self.tags}
        overridden = [key for key, value in template.tags.items() if given[key] != value]
        found += [f"tag {key} is the template's, {template.tags[key]!r}" for key in overridden]
        found += [f"tag {key} is missing" for key in template.required_tags if not given.get(key)]
        return found + tag_problems(self.tags)


@dataclass(frozen=True, slots=True)
class Provision:
    """Make a new database, by the template of its environment.

    Attributes:
        named: Who it is to be.
        ecpus: Instead of the template's.
        storage_gb: Instead of the template's.
    """

    named: Named
    ecpus: float | None = None
    storage_gb: float | None = None

    def problems(self, template: Template) -> list[str]:
        """What cannot be so."""
        found = self.named.problems(template, needs_secret=True)
        return found + _size_problems(self.ecpus, self.storage_gb, template)


@dataclass(frozen=True, slots=True)
class Clone:
    """Make a database out of another.

    Attributes:
        named: Who it is to be; without secret if it is refreshable, since the password is its source's.
        source_id: OCID of the other.
        kind: `full`, `metadata` or `refreshable`.
        ecpus: Of the clone; the template's if None.
    """

    named: Named
    source_id: str
    kind: Literal["full", "metadata", "refreshable"]
    ecpus: float | None = None

    def problems(self, template: Template) -> list[str]:
        """What cannot be so."""
        found = self.named.problems(template, needs_secret=self.kind != "refreshable")
        found += _size_problems(self.ecpus, None, template)
        if not _OCID.fullmatch(self.source_id):
            found.append(f"the database to clone is {self.source_id!r}, which is no OCID")
        return found


@dataclass(frozen=True, slots=True)
class Target:
    """Which database something is to be done to: its region and OCID."""

    region: str
    database_id: str

    def problems(self) -> list[str]:
        """What cannot be so."""
        return [] if _OCID.fullmatch(self.database_id) else [f"the database is {self.database_id!r}, which is no OCID"]


@dataclass(frozen=True, slots=True)
class Scale:
    """Bring a database to a size; what is None stays.

    Attributes:
        target: Which.
        ecpus: Base number of ECPUs.
        storage_gb: Allocated storage.
        auto_scaling: Whether the service may use up to three times the ECPUs.
    """

    target: Target
    ecpus: float | None = None
    storage_gb: float | None = None
    auto_scaling: bool | None = None

    def problems(self, template: Template | None) -> list[str]:
        """What cannot be so."""
        found = self.target.problems() + _size_problems(self.ecpus, self.storage_gb, template)
        if (self.ecpus, self.storage_gb, self.auto_scaling) == (None, None, None):
            found.append("nothing is to be scaled: give ecpus, storage_gb or auto_scaling")
        return found


@dataclass(frozen=True, slots=True)
class Start:
    """Start a database."""

    target: Target


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop a database."""

    target: Target


@dataclass(frozen=True, slots=True)
class BackUp:
    """Back a database up; for so many days if `long_term_days` is given, else as long as its automatic backups are kept."""

    target: Target
    long_term_days: int | None = None

    def problems(self) -> list[str]:
        """What cannot be so."""
        return self.target.problems() + ([] if self.long_term_days is None else _days_problems(self.long_term_days))


@dataclass(frozen=True, slots=True)
class Decommission:
    """Back a database up for long, and terminate it.

    Attributes:
        target: Which.
        keep_days: How long its last backup is kept.
    """

    target: Target
    keep_days: int

    def problems(self) -> list[str]:
        """What cannot be so."""
        return self.target.problems() + _days_problems(self.keep_days)


Request = Provision | Clone | Scale | Start | Stop | BackUp | Decommission


def demand_valid(request: Request, template: Template | None) -> None:
    """Raises Invalid, with everything that is wrong, unless a request can be asked for.

    Args:
        request: What is asked for.
        template: Of the environment; a new database needs one.
    """
    match request:
        case Provision() | Clone():
            if template is None:
                raise Invalid(
                    f"there is no template for the environment {request.named.environment!r}: there are {', '.join(STANDARD)}, "
                    "and those of fleet/templates.yaml"
                )
            problems = request.problems(template)
        case Scale():
            problems = request.problems(template)
        case BackUp() | Decommission():
            problems = request.problems()
        case _:
            problems = request.target.problems()
    if problems:
        raise Invalid("; ".join(problems))


def tag_problems(tags: Mapping[str, str]) -> list[str]:
    """Tags that the service would not take."""
    found = [f"{key!r} is no key of a tag" for key in tags if not _TAG_KEY.fullmatch(key)]
    return found + [f"tag {key} has more than {_MOST_TAG} characters" for key, value in tags.items() if len(value) > _MOST_TAG]


def _size_problems(ecpus: float | None, storage_gb: float | None, template: Template | None) -> list[str]:
    most, most_gb = (template.most_ecpus, template.most_storage_gb) if template else (float("inf"), MOST_STORAGE_GB)
    found = []
    if ecpus is not None and (ecpus != int(ecpus) or not LEAST_ECPUS <= ecpus <= most):
        found.append(f"ecpus is {ecpus:g}: a whole number between {LEAST_ECPUS} and {most:g} is possible")
    if storage_gb is not None and not LEAST_STORAGE_GB <= storage_gb <= most_gb:
        found.append(f"storage_gb is {storage_gb:g}: between {LEAST_STORAGE_GB} and {most_gb:g} is possible")
    return found


def _days_problems(days: int) -> list[str]:
    least, most = LONG_TERM_DAYS
    return [] if least <= days <= most else [f"a long-term backup is kept {least} to {most} days, not {days}"]
