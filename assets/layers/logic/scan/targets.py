"""What a layer is for, and what its runtimes bring along.

Sources: docs.aws.amazon.com, "Lambda runtimes" (operating systems); the C libraries of Amazon Linux 2 (glibc 2.26, gcc 7.3) and
Amazon Linux 2023 (glibc 2.34, gcc 11).
"""

import re
import sys
from dataclasses import dataclass

from resources.lambda_layers import Architecture

_AL2 = frozenset(
    [
        "python3.8",
        "python3.9",
        "python3.10",
        "python3.11",
        "nodejs14.x",
        "nodejs16.x",
        "nodejs18.x",
        "provided.al2",
        "java8.al2",
        "java11",
        "java17",
        "ruby3.2",
    ]
)
_GONE = {
    (3, 12): "asynchat asyncore distutils imp smtpd",
    (
        3,
        13,
    ): "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes sndhdr spwd sunau telnetlib "  # noqa: E501
    "uu xdrlib",
}
"""Modules of the standard library that ended with a version; packages that bring them back are no disguise."""
_CAME = {(3, 9): "zoneinfo graphlib", (3, 11): "tomllib", (3, 14): "annotationlib compression"}


@dataclass(frozen=True, slots=True)
class Base:
    """The newest symbol versions that an operating system's C and C++ libraries have."""

    name: str
    glibc: tuple[int, ...]
    glibcxx: tuple[int, ...]
    cxxabi: tuple[int, ...]
    gcc: tuple[int, ...]


AL2 = Base("Amazon Linux 2", (2, 26), (3, 4, 24), (1, 3, 11), (7, 0, 0))
AL2023 = Base("Amazon Linux 2023", (2, 34), (3, 4, 29), (1, 3, 13), (11, 0))


@dataclass(frozen=True, slots=True)
class Target:
    """What a layer is for.

    Attributes:
        runtimes: Such as `python3.12`; empty if it is not known.
        architectures: Empty if it is not known.
    """

    runtimes: tuple[str, ...] = ()
    architectures: tuple[Architecture, ...] = ()

    @property
    def base(self) -> Base:
        """The oldest operating system of its runtimes; the newest one if none is known."""
        return AL2 if any(runtime in _AL2 for runtime in self.runtimes) else AL2023

    @property
    def pythons(self) -> tuple[tuple[int, int], ...]:
        """Its versions of Python."""
        return tuple((int(m[1]), int(m[2])) for one in self.runtimes if (m := re.fullmatch(r"python(\d)\.(\d+)", one)))

    @property
    def standard_modules(self) -> frozenset[str]:
        """Modules of the standard library of all its versions of Python."""
        versions = self.pythons or ((3, 13),)
        known = set(sys.stdlib_module_names) | set(" ".join(_GONE.values()).split()) | set(" ".join(_CAME.values()).split())
        for version, names in _GONE.items():
            if any(one >= version for one in versions):
                known -= set(names.split())
        for version, names in _CAME.items():
            if any(one < version for one in versions):
                known -= set(names.split())
        return frozenset(known)
