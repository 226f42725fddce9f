"""What tests of layers tell, judged: whether everything loads, and whether it takes longer than the version before.

The steps that are judged are told by `assets/layers/testing/layer_probe.py` and `.cjs`.
"""

import json
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from statistics import median
from typing import Any

from assets.layers.logic.products import Kind, LayerSpecification, Verdict
from assets.layers.logic.sources import PROVIDED

LOCAL = "local"
"""As `where` of a test on this machine."""
_INIT = re.compile(r"^REPORT RequestId:.*?\bInit Duration: ([0-9.]+) ms", re.MULTILINE)
_REPORT = re.compile(r"^REPORT RequestId: .*$", re.MULTILINE)
_IMPORT_TIME = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \| +(\S+)$", re.MULTILINE)
_OF_PYTHON = ("awslambdaric", "simplejson", "snapshot-restore-py")
"""What runtimes of Python have beside the SDK."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one fresh process, or one cold start, told.

    Attributes:
        steps: As they were told; the last one has `over` if it came to its end.
        ending: Why it did not; empty if it did.
        left_behind: Processes that it started and that went on.
    """

    steps: tuple[Mapping[str, Any], ...]
    ending: str = ""
    left_behind: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it came to its end."""
        return any(step.get("over") for step in self.steps)

    @property
    def seconds(self) -> float | None:
        """Time of the imports; None if not all of them succeeded."""
        if any("failed" in step for step in self.steps):
            return None
        return next((float(step["seconds"]) for step in self.steps if "seconds" in step), None)


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test proves.

    Attributes:
        verdict: Of it.
        reason: What failed or could not be done; empty if nothing.
        took: What was measured, median: seconds of imports, or milliseconds of a cold start; None if nothing was.
        before: The same of the version before.
        heaviest: What the imports spent most time on, with the seconds.
    """

    verdict: Verdict
    reason: str = ""
    took: float | None = None
    before: float | None = None
    heaviest: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Growth:
    """How much longer something may take than it did before.

    Attributes:
        share: Of the time before; None is without bound.
        least: What is less than this, in the unit of what is measured, is noise.
        unit: Of what is measured.
        what: Is measured.
    """

    share: float | None
    least: float
    unit: str
    what: str


def asked_of_tests(specification: LayerSpecification) -> str:
    """Identity of what a specification asks of tests: a result says nothing once something else is asked for."""
    said = [specification.imports, specification.smoke, specification.leave_out, specification.budget.import_growth]
    return sha256(json.dumps(said).encode()).hexdigest()


def nothing_to_load(imports: Collection[str], smoke: str) -> str | None:
    """Why a test would prove nothing; None if there is something that it can load or run."""
    if imports or smoke:
        return None
    return "nothing of it can be loaded: say `imports` or `smoke` in its specification"


def brought_along(kind: Kind, module: str) -> bool:
    """Whether the runtime of Lambda has a module that a bare interpreter does not."""
    if kind == "python":
        return left_out(module, (*PROVIDED["python"], *_OF_PYTHON))
    return any(fnmatchcase(module, f"{pattern.removesuffix('/*')}/*") for pattern in PROVIDED["node"])


def left_out(module: str, packages: Collection[str]) -> bool:
    """Whether a module is of a package that a specification leaves out, by its name."""
    plain = {re.sub(r"[-_.]+", "_", name).lower() for name in packages}
    top = re.sub(r"[-_.]+", "_", module if module.startswith("@") else module.split(".")[0]).lower()
    return top in plain or f"python_{top}" in plain


def said(attempt: Attempt, elsewhere: Collection[str]) -> tuple[list[str], list[str]]:
    """What is wrong with a layer, and what could not be looked at, of one attempt.

    Args:
        attempt: What it told.
        elsewhere: Modules that are missing and are not expected in the layer.
    """
    wrong, unknown = [], []
    for step in attempt.steps:
        if "failed" not in step:
            continue
        name = "the smoke code fails" if step["failed"] == "smoke" else f"{step['failed']} does not load"
        if step.get("missing") in elsewhere:
            unknown.append(f"{name} here: {step['missing']} is not in the layer, but in the runtime or another layer")
        else:
            wrong.append(f"{name}: {step['error']}")
    if not attempt.is_over:
        begun = [step["begun"] for step in attempt.steps if "begun" in step]
        doing = "before anything was loaded" if not begun else "in the smoke code" if begun[-1] == "smoke" else f"in {begun[-1]}"
        wrong.append(f"{attempt.ending or 'it ended its process'}, {doing}")
    if attempt.left_behind:
        wrong.append(
            f"it leaves {attempt.left_behind} processes running behind"
            if attempt.left_behind > 1
            else "it leaves a process running behind"
        )
    return wrong, unknown


def missing(attempts: Sequence[Attempt]) -> set[str]:
    """Modules that were not found."""
    return {step["missing"] for attempt in attempts for step in attempt.steps if step.get("missing")}


def too_slow(times: Sequence[float], before: Sequence[float], growth: Growth) -> str | None:
    """How far something takes longer than it may; None if it does not, or there is nothing that it is held against."""
    if growth.share is None or not times or not before:
        return None
    now, then = median(times), median(before)
    if now - then <= max(growth.share * then, growth.least):
        return None
    return (
        f"{growth.what} takes {now:.4g} {growth.unit}, {now / then - 1:.0%} more than the {then:.4g} {growth.unit} of the "
        f"version before; {growth.share:.0%} is allowed"
    )


def judged(
    attempts: Sequence[Attempt],
    elsewhere: Collection[str],
    times: Sequence[float],
    before: Sequence[float],
    growth: Growth,
    heaviest: tuple[tuple[str, float], ...] = (),
) -> Tested:
    """What attempts prove together.

    Args:
        attempts: All of them.
        elsewhere: Modules that are missing and are not expected in the layer.
        times: What they took, as far as it was measured.
        before: The same of the version before.
        growth: What is allowed.
        heaviest: What the imports spent most time on.
    """
    wrong: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for attempt in attempts:
        bad, dark = said(attempt, elsewhere)
        wrong.update(dict.fromkeys(bad))
        unknown.update(dict.fromkeys(dark))
    slow = too_slow(times, before, growth)
    if slow is not None:
        most = ", ".join(f"{name} {seconds:.3g} s" for name, seconds in heaviest)
        wrong[f"{slow} (most of it: {most})" if most else slow] = None
    verdict: Verdict = "failed" if wrong else "unknown" if unknown else "passed"
    return Tested(
        verdict, "; ".join([*wrong, *unknown]), median(times) if times else None, median(before) if before else None, heaviest
    )


def init_milliseconds(log: str) -> float | None:
    """`Init Duration` of a log's last report; None if that call was no cold start, or there is none.

    Source: docs.aws.amazon.com, "Understanding the Lambda execution environment lifecycle": Lambda adds it to the REPORT line of
    the call that the environment was made for.
    """
    reports = _REPORT.findall(log)
    found = _INIT.search(reports[-1]) if reports else None
    return float(found[1]) if found else None


def heaviest(text: str, most: int = 5) -> tuple[tuple[str, float], ...]:
    """What imports spent most time on, by top-level package, from what `python -X importtime` prints, in seconds.

    The standard library is one entry. Times are those of the modules themselves, without what they import.
    """
    spent: dict[str, int] = {}
    for microseconds, module in _IMPORT_TIME.findall(text):
        top = module.split(".")[0]
        name = "the standard library" if top in sys.stdlib_module_names else top
        spent[name] = spent.get(name, 0) + int(microseconds)
    ordered = sorted(spent.items(), key=lambda one: (-one[1], one[0]))
    return tuple((name, microseconds / 1e6) for name, microseconds in ordered[:most])
