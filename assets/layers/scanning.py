"""What looking through zips of layers comes to: scans that were kept, with today's allow-list and advisories."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import polars as pl

from assets.layers import tables
from assets.layers.logic.products import Finding
from assets.layers.logic.scan.allowing import KEY, AllowList, BadAllowList, read_allow_list
from assets.layers.logic.scan.scanning import VERSION, scan
from assets.layers.logic.scan.targets import Target
from assets.layers.logic.scan.verdicts import judged
from resources.advisories import Advisories, Advisory, Answer
from resources.errors import BadInput, NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore

VULNERABILITY = "vulnerability"
_NODE = "unknown: packages of Node are not asked about"


def allow_list_of(inputs_store: ObjectStore) -> AllowList:
    """Findings that people let pass; none if there is no file. Raises BadInput if it is not understood."""
    try:
        return read_allow_list(inputs_store.get(KEY))
    except NotFound:
        return AllowList()
    except BadAllowList as error:
        raise BadInput(str(error), "Correct the file in the inputs store; docs/layers.md shows what it may say.") from error


def scanned(
    lake: Lake, store: ObjectStore, allowed: AllowList, advisories: Advisories, now: datetime, *, unknown_blocks: bool
) -> tuple[pl.DataFrame, int]:
    """A row per build, and how many zips were looked through now; the others were by the same rules before.

    Advisories are asked about all packages at once every time, since they change though zips do not.
    """
    builds = lake.scan(tables.BUILDS).collect().to_dicts()
    same_rules = lake.scan(tables.SCANS).filter(pl.col("rules") == VERSION).collect().to_dicts()
    before = {_looked_at(row): row for row in same_rules}
    answer = advisories.ask(sorted({package for build in builds for package in _packages(build)}))
    rows, looked = [], 0
    for build in builds:
        kept = before.get(_looked_at(build))
        findings = None if kept is None else _kept(kept["findings"])
        at = now if kept is None else kept["scanned_at"]
        if findings is None:
            findings = _looked_through(store, build)
            looked += 1
        rows.append(_row(build, findings, answer, allowed, now, at, unknown_blocks=unknown_blocks))
    return pl.DataFrame(rows, schema=tables.SCANS.schema), looked


def _looked_at(row: Mapping[str, Any]) -> tuple[object, ...]:
    """What findings depend on, beside the rules."""
    return row["sha256"], tuple(row["runtimes"] or ()), tuple(row["architectures"] or ())


def _packages(build: Mapping[str, Any]) -> list[tuple[str, str]]:
    if build["kind"] != "python":
        return []
    return [(one["name"], one["version"]) for one in json.loads(build["packages"])]


def _looked_through(store: ObjectStore, build: Mapping[str, Any]) -> tuple[Finding, ...] | None:
    """What was found; None if the zip is gone."""
    target = Target(tuple(build["runtimes"]), tuple(build["architectures"]))
    try:
        with store.fetch(build["key"]) as path:
            return scan(path, target, workers=os.cpu_count() or 1).findings
    except NotFound:
        return None


def _row(
    build: Mapping[str, Any],
    findings: Sequence[Finding] | None,
    answer: Answer,
    allowed: AllowList,
    now: datetime,
    scanned_at: datetime,
    *,
    unknown_blocks: bool,
) -> dict[str, object]:
    state = _vulnerabilities(build, answer)
    told = [*(findings or ()), *vulnerability_findings(_packages(build), answer.advisories)]
    told = list(allowed.applied(build["layer"], build["sha256"], told, now.date()))
    judgement = judged(told, state, unknown_blocks=unknown_blocks)
    is_gone = findings is None
    return {
        "sha256": build["sha256"],
        "layer": build["layer"],
        "runtimes": build["runtimes"],
        "architectures": build["architectures"],
        "rules": None if is_gone else VERSION,
        "verdict": "unknown" if is_gone else judgement.verdict,
        "score": 0.0 if is_gone else judgement.score,
        **{str(severity): count for severity, count in judgement.counts.items()},
        "allowed": judgement.allowed,
        "vulnerabilities": state,
        "findings": json.dumps([_told(one) for one in told]),
        "scanned_at": scanned_at,
    }


def _vulnerabilities(build: Mapping[str, Any], answer: Answer) -> str:
    packages = set(_packages(build))
    if build["kind"] != "python":
        return _NODE
    if any((one.package, one.version) in packages for one in answer.advisories):
        return "found"
    reason = answer.unknown if packages else "no package is known of it, so nothing could be asked about"
    return f"unknown: {reason}" if reason else "clean"


def vulnerability_findings(packages: Iterable[tuple[str, str]], advisories: Iterable[Advisory]) -> list[Finding]:
    """A finding per known vulnerability: high if another version does not have it, since then there is something to do."""
    wanted = set(packages)
    return [
        Finding(
            VULNERABILITY,
            "high" if one.fixed_in else "medium",
            f"{one.package} {one.version}",
            f"{one.identifier}; "
            + (f"fixed in {', '.join(one.fixed_in)}" if one.fixed_in else "no version is known to be without it"),
        )
        for one in advisories
        if (one.package, one.version) in wanted
    ]


def _told(finding: Finding) -> dict[str, object]:
    until = finding.allowed_until
    return {**asdict(finding), "allowed_until": None if until is None else until.isoformat()}


def _kept(text: str) -> tuple[Finding, ...]:
    """Findings of a scan that was kept, as they were before allow-list and advisories."""
    rows = [{**row, "allowed_until": None} for row in json.loads(text)]
    return tuple(Finding(**row) for row in rows if row["rule"] != VULNERABILITY)


def list_faults(allowed: AllowList, today: date) -> list[str]:
    """What people should do about the allow-list."""
    expired = [f"{entry} is over since {entry.until}: its findings count again" for entry in allowed.expired(today)]
    unused = [f"{entry} is about nothing: delete it" for entry in allowed.unused(today)]
    return [*expired, *unused]
