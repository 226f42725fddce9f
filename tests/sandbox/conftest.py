"""The scenario, written once for all tests, and a reader of its files that knows only csv and manifests."""

import csv
import gzip
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


def _write(folder: Path, *arguments: str) -> str:
    """Run the command and give what it says."""
    command = [sys.executable, "-m", "sandbox.scenario", "--out", str(folder), *arguments]
    return subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout


class Scenario:
    """A scenario folder, read independently of the code that wrote it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.billing = folder / "billing"

    def records(self, path: Path) -> list[dict[str, str]]:
        """The records of one report; one that breaks off has None for what is missing."""
        return list(csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode())))

    def manifests(self) -> list[Path]:
        """Every manifest, of whatever execution."""
        return sorted(self.billing.glob("aws/focus-export/metadata/**/*-Manifest.json"))

    def data_files(self, manifest: Path) -> list[Path]:
        uris = json.loads(manifest.read_text())["dataFiles"]
        return [self.billing / uri.removeprefix("s3://acme-billing/") for uri in uris]

    def aws(self) -> list[dict[str, str]]:
        """Rows in force: those of the files that each period's latest manifest names."""
        latest = self.billing.glob("aws/focus-export/metadata/*/*-Manifest.json")
        return [row for m in sorted(latest) for path in self.data_files(m) for row in self.records(path)]

    def oci_files(self) -> list[Path]:
        return sorted(self.billing.glob("oci/reports/cost-csv/*.csv.gz"))

    def oci(self) -> list[dict[str, str]]:
        """Good lines of every report, each content once."""
        seen: set[str] = set()
        lines = []
        for path in self.oci_files():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if digest not in seen:
                seen.add(digest)
                lines += [line for line in self.records(path) if self.is_good(line)]
        return lines

    def is_good(self, line: dict[str, str]) -> bool:
        """Whether a line is whole and readable."""
        cost, start = line["cost/myCost"], line["lineItem/intervalUsageStart"]
        return cost is not None and "," not in cost and start.startswith("20")

    def truth(self) -> list[dict[str, str]]:
        with (self.folder / "truth" / "anomalies.csv").open(newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    folder = tmp_path_factory.mktemp("scenario")
    _write(folder)
    return Scenario(folder)


@pytest.fixture(scope="session")
def write_scenario() -> Callable[..., str]:
    """The command, given a folder and its other arguments."""
    return _write
