"""The next smaller size of a resource, half of what it has; and the most that auto scaling gives it."""

from __future__ import annotations

import re

_BURSTABLE = ("nano", "micro", "small", "medium", "large", "xlarge", "2xlarge")
_USUAL = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge", "32xlarge")
"""Sizes of EC2 of which each is half of the next. Families that begin below `large` exist, but not all do."""
_TWELVES = {"24xlarge": "12xlarge", "48xlarge": "24xlarge"}
_LEAST_ECPUS = 2
_TIMES = 3
"""Auto scaling lets an Autonomous Database have so many times its ECPUs. Source: docs.oracle.com, "Use Auto Scaling"."""


def half(system: str, kind: str, size: str) -> str | None:
    """The size that is half of another; None if there is none that is known to exist.

    Args:
        system: `aws` or `oci`.
        kind: What it is.
        size: Its type in AWS, its number of ECPUs in OCI.
    """
    if (system, kind) == ("aws", "instance"):
        return _half_type(size)
    if (system, kind) == ("oci", "database") and size.isdigit():
        ecpus = int(size)
        return str(ecpus // 2) if ecpus % 2 == 0 and ecpus // 2 >= _LEAST_ECPUS else None
    return None


def most_scaled(system: str, kind: str, size: str) -> int | None:
    """The size up to which auto scaling goes from another, which is the least that it leaves; None if that is not known."""
    return _TIMES * int(size) if (system, kind) == ("oci", "database") and size.isdigit() else None


def _half_type(size: str) -> str | None:
    family, _, name = size.partition(".")
    if name in _TWELVES:
        return f"{family}.{_TWELVES[name]}"
    steps = _BURSTABLE if re.match(r"t\d", family) else _USUAL
    if name not in steps or steps.index(name) == 0:
        return None
    return f"{family}.{steps[steps.index(name) - 1]}"
