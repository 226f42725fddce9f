"""Puts all rules together: one zip in, all findings out. Large zips are looked through by several processes."""

import mmap
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from assets.layers.logic.products import Finding
from assets.layers.logic.scan.archive import archive_findings
from assets.layers.logic.scan.binaries import missing_libraries
from assets.layers.logic.scan.contents import Contents, Looking
from assets.layers.logic.scan.directory import Directory, Entry, directory_of
from assets.layers.logic.scan.hiding import place_findings, record_findings
from assets.layers.logic.scan.packages import NamedPackage, packages_of
from assets.layers.logic.scan.targets import Target
from resources.lambda_layers import MOST_UNZIPPED_BYTES

VERSION = 3
"""Of the rules. A zip that was looked through by others is looked through again: raise it with every change of what is found."""
_WORTH_PROCESSES = 12 * 1024 * 1024
_CHUNKS = 6
_ORDER = {"high": 0, "medium": 1, "low": 2}
_MOST_OF_A_RULE = 50


@dataclass(frozen=True, slots=True)
class Scan:
    """What looking through a zip found.

    Attributes:
        findings: The worst first.
        packages: Python packages with their versions, as their metadata says.
        files: How many entries it has.
        read: Bytes that were unpacked and looked at.
    """

    findings: tuple[Finding, ...]
    packages: tuple[NamedPackage, ...]
    files: int
    read: int


def scan(path: Path, target: Target, *, workers: int = 1) -> Scan:
    """Look through a zip. It holds no more than the largest entry (at most 250 MB) in memory and never raises on any content.

    Args:
        path: Of the zip.
        target: What it is for.
        workers: Processes for large zips.

    Raises:
        OSError: The file cannot be read.
    """
    if path.stat().st_size == 0:
        return Scan((Finding("zip-structure", "high", "", "it is empty"),), (), 0, 0)
    with (
        path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as buffer,
    ):
        directory = directory_of(buffer)
        findings = [*archive_findings(directory, buffer), *place_findings(directory.entries, target)]
        parts = _parts(path, buffer, directory, target, workers)
        packages = packages_of(buffer, directory)
    for part in parts:
        findings += part.findings
    findings += missing_libraries([one for part in parts for one in part.binaries], {entry.name for entry in directory.entries})
    hashes = {name: value for part in parts for name, value in part.hashes.items()}
    for part in parts:
        for name, record in part.records.items():
            findings += record_findings(name, record, hashes)
    return Scan(_sorted(findings), packages, len(directory.entries), sum(part.read for part in parts))


def _parts(path: Path, buffer: memoryview, directory: Directory, target: Target, workers: int) -> list[Contents]:
    total = sum(entry.size for entry in directory.entries)
    if workers < 2 or total < _WORTH_PROCESSES or total > MOST_UNZIPPED_BYTES:
        looking = Looking(buffer, directory, target)
        for entry in directory.entries:
            looking.look(entry)
            if looking.left <= 0:
                break
        return [looking.found]
    chunks = _chunks(directory.entries, workers * _CHUNKS)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(_looked_at, [(str(path), chunk, target) for chunk in chunks]))


def _chunks(entries: Sequence[Entry], count: int) -> list[list[int]]:
    """Places of entries, in so many parts of about the same work; code takes longer than data."""
    work = [
        (entry.size * (10 if entry.name.endswith((".py", ".js")) else 1) + 10_000, place) for place, entry in enumerate(entries)
    ]
    chunks: list[tuple[int, list[int]]] = [(0, []) for _ in range(count)]
    for size, place in sorted(work, reverse=True):
        lightest = min(range(count), key=lambda one: chunks[one][0])
        chunks[lightest] = (chunks[lightest][0] + size, [*chunks[lightest][1], place])
    return [sorted(places) for _, places in chunks if places]


def _looked_at(task: tuple[str, list[int], Target]) -> Contents:
    """In a process of its own."""
    path, places, target = task
    with (
        Path(path).open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as buffer,
    ):
        looking = Looking(buffer, directory_of(buffer), target)
        for place in places:
            looking.look(looking.directory.entries[place])
    return looking.found


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first; of one rule and severity only so many, and how many more there are."""
    ordered = sorted(findings, key=lambda one: (_ORDER[one.severity], one.rule, one.path, one.line or 0))
    kept: list[Finding] = []
    counts: dict[tuple[str, str], int] = {}
    for finding in ordered:
        key = (finding.rule, finding.severity)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= _MOST_OF_A_RULE or finding.severity == "high":
            kept.append(finding)
    for (rule, severity), count in counts.items():
        if severity != "high" and count > _MOST_OF_A_RULE:
            kept.append(Finding(rule, severity, "", f"and {count - _MOST_OF_A_RULE} more"))  # type: ignore[arg-type]
    return tuple(kept)
