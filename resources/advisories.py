"""Known vulnerabilities of packages: the interface, pip-audit as a process, and the variant that is switched off.

What could not be asked is unknown, with the reason, never clean.
"""

import json
import re
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import dagster as dg
from pydantic import Field

_LAST_LINES = 300


@dataclass(frozen=True, slots=True)
class Advisory:
    """A known vulnerability of a package.

    Attributes:
        package: Normalised name.
        version: That has it.
        identifier: `PYSEC-…`, `GHSA-…` or `CVE-…`.
        fixed_in: Versions that do not have it, the lowest first.
    """

    package: str
    version: str
    identifier: str
    fixed_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source of advisories says.

    Attributes:
        advisories: What it knows of the packages.
        unknown: Why it could not say it of all of them; empty if it could.
        source: Who was asked.
    """

    advisories: tuple[Advisory, ...]
    unknown: str = ""
    source: str = ""


class Advisories(dg.ConfigurableResource[Any], ABC):
    """A source of advisories."""

    @abstractmethod
    def ask(self, packages: Sequence[tuple[str, str]]) -> Answer:
        """What is known of packages (normalised name, exact version). Never raises: what went wrong is in `unknown`."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """Changes when another source is asked."""


class NoAdvisories(Advisories):
    """No source is asked."""

    reason: str = Field(default="no source of advisories is configured", description="Told as the reason.")

    def ask(self, packages: Sequence[tuple[str, str]]) -> Answer:
        """See Advisories."""
        return Answer((), self.reason if packages else "")

    @property
    def identity(self) -> str:
        """See Advisories."""
        return "none"


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


class PipAudit(Advisories):
    """pip-audit in a process of its own: exact versions, nothing is resolved or installed, time is bounded."""

    service: Literal["osv", "pypi"] = Field(default="osv", description="Which database is asked.")
    seconds: float = Field(default=60, gt=0, description="Longest time that it may take.")

    @property
    def identity(self) -> str:
        """See Advisories."""
        return f"pip-audit {self.service}"

    def ask(self, packages: Sequence[tuple[str, str]]) -> Answer:
        """See Advisories."""
        if not packages:
            return Answer((), "", self.identity)
        with TemporaryDirectory(prefix="advisories-") as folder:
            wanted = Path(folder) / "requirements.txt"
            wanted.write_text("".join(f"{name}=={version}\n" for name, version in packages))
            command = [
                *(sys.executable, "-m", "pip_audit", "--requirement", str(wanted), "--no-deps", "--disable-pip"),
                *("--vulnerability-service", self.service, "--format", "json", "--progress-spinner", "off", "--timeout", "10"),
                *("--cache-dir", str(Path(folder) / "cache")),
            ]
            try:
                done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=self.seconds)
            except subprocess.TimeoutExpired:
                return Answer((), f"{self.identity} did not answer within {self.seconds:g} s", self.identity)
            except OSError as error:
                return Answer((), f"pip-audit cannot be started: {error.strerror}", self.identity)
        return self._answer(packages, done.stdout, done.stderr)

    def _answer(self, packages: Sequence[tuple[str, str]], output: str, errors: str) -> Answer:
        try:
            told = json.loads(output)["dependencies"]
        except (ValueError, KeyError, TypeError):
            lines = [line.strip() for line in errors.splitlines() if line.strip()]
            return Answer((), f"{self.identity} is not reachable: {(lines or ['no answer'])[-1][:_LAST_LINES]}", self.identity)
        found = tuple(
            Advisory(_normalised(one["name"]), one["version"], fault["id"], tuple(fault.get("fix_versions", ())))
            for one in told
            for fault in one.get("vulns", ())
        )
        answered = {(_normalised(one["name"]), one["version"]) for one in told if "skip_reason" not in one}
        left = [name for name, version in packages if (_normalised(name), version) not in answered]
        unknown = f"{len(left)} packages are not known: {', '.join(left[:5])}" if left else ""
        return Answer(found, unknown, self.identity)
