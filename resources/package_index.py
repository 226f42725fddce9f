"""Python packages for another machine than this one: which versions go together, and their wheels unpacked into a folder.

`uv` does both, as a process: it chooses wheels for any version of Python and any architecture, whatever it runs on. It is told
the index, the further wheels, the certificates and the constraints that pip is configured with, since people set up pip and
expect that.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from resources.errors import BadInput, CloudOpsError, Conflict, NotFound, Unavailable
from resources.lambda_layers import Architecture

_MACHINES: dict[Architecture, str] = {"x86_64": "x86_64", "arm64": "aarch64"}
_OLD_GLIBC, _GLIBC = "2_17", "2_34"
"""Up to Python 3.11 Lambda runs Amazon Linux 2 (glibc 2.26, for which uv's nearest name is 2.17), then Amazon Linux 2023."""
_SECONDS = 900
_NETWORK = re.compile(
    r"error sending request|dns error|Connection (refused|reset)|timed out|Failed to fetch|status (code )?5\d\d", re.I
)


@dataclass(frozen=True, slots=True)
class Target:
    """What packages are chosen for.

    Attributes:
        python: `3.12`.
        architecture: As Lambda names it.
    """

    python: str
    architecture: Architecture

    @property
    def glibc(self) -> str:
        """Newest version of manylinux that the runtime can load, `2_34`."""
        return _OLD_GLIBC if int(self.python.split(".")[1]) <= 11 else _GLIBC

    @property
    def machine(self) -> str:
        """As wheels name it: `x86_64`, `aarch64`."""
        return _MACHINES[self.architecture]

    def __str__(self) -> str:
        return f"Python {self.python} on {self.architecture}"


@dataclass(frozen=True, slots=True)
class PackageSource:
    """Where packages come from.

    Attributes:
        index_url: Index; PyPI if empty.
        extra_index_urls: Asked beside it; the best version of all of them counts, as it does for pip.
        find_links: Folders or pages with further wheels.
        constraints: Files that bound versions.
        certificates: File with certificates of authorities; the system's if empty.
        trusted_hosts: Hosts whose certificates are not checked.
        no_index: Whether only `find_links` are looked at.
        cache: Folder of what was downloaded; uv's own if None.
    """

    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    certificates: str = ""
    trusted_hosts: tuple[str, ...] = ()
    no_index: bool = False
    cache: Path | None = None

    @property
    def configuration(self) -> str:
        """As a file of uv says it: addresses may hold passwords, and everybody on a machine sees the arguments of a process."""
        said: dict[str, object] = {"find-links": list(self.find_links), "allow-insecure-host": list(self.trusted_hosts)}
        if self.cache:
            said["cache-dir"] = str(self.cache)
        if self.no_index:
            said["no-index"] = True
        elif self.extra_index_urls:
            said["index-strategy"] = "unsafe-best-match"
        indexes = [] if self.no_index else [f"[[index]]\nurl = {json.dumps(url)}\n" for url in self.extra_index_urls]
        if self.index_url and not self.no_index:
            indexes.append(f"[[index]]\nurl = {json.dumps(self.index_url)}\ndefault = true\n")
        return "".join([*(f"{name} = {json.dumps(value)}\n" for name, value in said.items()), *indexes])


@cache
def pip_configuration() -> PackageSource:
    """What pip is configured with, by its files and its variables; PyPI where there is no pip.

    Index folders and wheel folders that do not exist are left out, as pip does.
    """
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False, timeout=_SECONDS
    )
    said = {} if asked.returncode else _parsed(asked.stdout)
    return PackageSource(
        index_url=said.get("index-url", ""),
        extra_index_urls=tuple(url for url in said.get("extra-index-url", "").split() if _is_there(url)),
        find_links=tuple(link for link in said.get("find-links", "").split() if _is_there(link)),
        constraints=tuple(path for path in said.get("constraint", "").split() if _is_there(path)),
        certificates=said.get("cert", ""),
        trusted_hosts=tuple(said.get("trusted-host", "").split()),
        no_index=said.get("no-index", "").lower() in ("1", "true", "yes", "on"),
    )


def resolve(requirements: Sequence[str], target: Target, source: PackageSource, *, before: str = "") -> str:
    """Exact versions of all that the requirements need, with the hashes of their files, as lines of a requirements file.

    Args:
        requirements: Lines of a requirements file.
        target: What for; only packages with wheels for it are chosen, nothing is ever built.
        source: Where from.
        before: An earlier answer: versions that still fit stay.

    Raises:
        BadInput: Versions contradict each other, or a package or its wheel is not there.
        Unavailable: An index did not answer.
        NotFound: uv is not installed.
        Conflict: The disk is full.
    """
    with TemporaryDirectory(prefix="layers-") as folder:
        asked, answer = Path(folder, "requirements.in"), Path(folder, "requirements.txt")
        asked.write_text("".join(f"{line}\n" for line in requirements))
        if before:
            answer.write_text(before)
        constraints = [part for path in source.constraints for part in ("--constraint", path)]
        _uv(
            ["pip", "compile", str(asked), "--output-file", str(answer), "--generate-hashes", "--no-header", "--no-annotate"],
            [*_platform(target), "--only-binary", ":all:", *constraints],
            source,
            f"packages for {target}",
        )
        return answer.read_text()


def install(lock: str, target: Target, source: PackageSource, folder: Path) -> None:
    """Unpack the wheels of a lock into a folder.

    Args:
        lock: Exact versions; every one with hashes, which are verified, and all that are needed.
        target: What for.
        source: Where from.
        folder: That gets them; it need not exist.

    Raises:
        BadInput: A version is not there for the target, a hash is missing or wrong, or something that is needed is not locked.
        Unavailable: An index did not answer.
        NotFound: uv is not installed.
        Conflict: The disk is full.
    """
    with TemporaryDirectory(prefix="layers-") as beside:
        listed = Path(beside, "requirements.txt")
        listed.write_text(lock)
        _uv(
            ["pip", "install", "--requirements", str(listed), "--target", str(folder), "--require-hashes"],
            [*_platform(target), "--no-build", "--no-compile", "--link-mode", "copy"],
            source,
            f"packages for {target}",
        )


def _platform(target: Target) -> list[str]:
    return ["--python-version", target.python, "--python-platform", f"{target.machine}-manylinux_{target.glibc}"]


def _program() -> list[str]:
    try:
        from uv import find_uv_bin

        return [str(find_uv_bin())]
    except (ImportError, FileNotFoundError) as error:
        raise NotFound("uv is not installed, and it fetches packages", "Run `pip install uv` in this environment.") from error


def _uv(command: Sequence[str], options: Sequence[str], source: PackageSource, what: str) -> None:
    # told which interpreter runs it, uv does not start all others to find one that is like the target
    certificates = ["env", f"SSL_CERT_FILE={source.certificates}"] if source.certificates else []
    with TemporaryDirectory(prefix="layers-") as folder:  # which nobody else may read
        configuration = Path(folder, "uv.toml")
        configuration.write_text(source.configuration)
        said = ["--config-file", str(configuration), "--quiet"]
        try:
            done = subprocess.run(
                [*certificates, *_program(), *command, "--python", sys.executable, *options, *said],
                capture_output=True, text=True, check=False, timeout=_SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{what} were not there after {_SECONDS} seconds", "Look whether the index answers.") from None
    if done.returncode:
        raise _failure(done.stderr, what)


def _failure(said: str, what: str) -> CloudOpsError:
    """The error by what uv says, which has no codes for it."""
    text = " ".join(re.sub(r"^\s*(error|cause|hint):", "", line).strip() for line in said.splitlines() if line.strip())
    for pattern, kind, advice in _KINDS:
        if pattern.search(text):
            return kind(f"{what}: {text}", advice)
    return BadInput(f"{what}: {text}", "Correct the requirements or the lock of the layer.")


def _parsed(listing: str) -> dict[str, str]:
    """Values by name; those of a command count before the general ones, and variables before files."""
    found: dict[str, str] = {}
    for rank in ("global.", "download.", "install.", ":env:."):
        for line in listing.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(rank):
                found[name.removeprefix(rank)] = str(ast.literal_eval(value))
    return found


def _is_there(address: str) -> bool:
    path = address.removeprefix("file://")
    return "://" in path or Path(path).exists()


_KINDS: tuple[tuple[re.Pattern[str], type[CloudOpsError], str], ...] = (
    (re.compile("No space left on device|os error 28"), Conflict, "Make room on the disk of temporary files, and build again."),
    (
        re.compile(
            "no usable wheels|building from source is disabled|no wheels? with a matching|no matching .* tag|no compatible wheel",
            re.I,
        ),
        BadInput,
        "No wheel of it is for that runtime and architecture: allow another version, or put a wheel into the folder `wheels`.",
    ),
    (
        re.compile("hash mismatch|require-hashes|missing hash|hash-checking", re.I),
        BadInput,
        "The lock does not fit what the index has: renew the lock, and look why they differ.",
    ),
    (_NETWORK, Unavailable, "Look whether the index answers (index_url of the layer, or pip's configuration), or give `wheels`."),
    (re.compile("was not found in the"), BadInput, "Correct the name, or give the index that has the package (`index_url`)."),
    (re.compile("No solution found"), BadInput, "The requirements contradict each other: loosen one of them."),
)
"""What uv says, the error that it is, and what to do; the first that fits counts."""
