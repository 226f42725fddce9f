"""Claim: bad layers are found by what they do, and layers of popular packages are not called bad."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from assets.layers.logic.products import Finding
from assets.layers.logic.scan.scanning import Scan, scan
from assets.layers.logic.scan.targets import Target
from benchmarks.layer_tricks import TRICKS
from benchmarks.outcome import Target as Bound
from benchmarks.outcome import finish

POPULAR = [
    "requests",
    "pandas",
    "numpy",
    "boto3",
    "scipy",
    "cryptography",
    "pydantic",
    "lxml",
    "pillow",
    "sqlalchemy",
    "jinja2",
    "werkzeug",
    "flask",
    "django",
    "fastapi",
    "attrs",
    "six",
    "pyyaml",
    "psycopg2-binary",
    "redis",
    "httpx",
    "aiohttp",
    "orjson",
    "protobuf",
    "grpcio",
    "certifi",
    "scikit-learn",
    "aws-lambda-powertools",
    "opentelemetry-sdk",
    "sentry-sdk",
    "google-auth",
    "pyjwt",
    "celery",
    "ruamel.yaml",
    "matplotlib",
    "nltk",
    "networkx",
    "sympy",
    "ipython",
    "setuptools",
    "pip",
]
_TARGET = Target(("python3.12",), ("x86_64",))
_FOR = (
    "--only-binary=:all:",
    "--python-version",
    "3.12",
    "--implementation",
    "cp",
    "--abi",
    "cp312",
    "--abi",
    "abi3",
    "--abi",
    "none",
)
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
_SEVERE = ("high", "medium")
"""A trick counts as found by its own rule; permissions and what cannot run at all are medium."""


class NoIndex(RuntimeError):
    """Packages could not be had."""


def main(argv: list[str]) -> int:
    """`--packages` names other packages, `--cache` a folder that keeps their wheels."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks layers --scan", description=__doc__)
    parser.add_argument(
        "--packages", default=",".join(POPULAR), help="names, separated by commas; each with what it needs is a layer"
    )
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "cloudops-wheels", help="folder that keeps wheels"
    )
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="layers-") as folder:
        found, twins = _tricks(Path(folder))
        try:
            popular = _popular(arguments.packages.split(","), arguments.cache, Path(folder))
        except NoIndex as error:
            print(error, file=sys.stderr)
            popular = None
    metrics: dict[str, object] = {
        "bad_found": found,
        "bad": len(TRICKS),
        "false_high_of_twins": twins,
        "twins": sum(trick.twin is not None for trick in TRICKS),
        **(popular or {"false_high": None, "layers": 0}),
    }
    targets = {
        "bad": Bound(at_least=40),
        "bad_found": Bound(equals=len(TRICKS)),
        "false_high": Bound(equals=0),
        "false_high_of_twins": Bound(equals=0),
        "layers": Bound(at_least=30 if arguments.packages == ",".join(POPULAR) else 1),
    }
    return finish("layers", metrics, targets)


def _tricks(folder: Path) -> tuple[int, int]:
    """How many tricks were found, and how many harmless twins were called bad."""
    found = twins = 0
    for trick in TRICKS:
        hits = [one for one in _scanned(folder, trick.bad()) if one.rule in trick.rules and one.severity in _SEVERE]
        found += bool(hits)
        if not hits:
            print(f"not found: {trick.name}")
        high = [one for one in _scanned(folder, trick.twin()) if one.severity == "high"] if trick.twin else []
        twins += bool(high)
        _tell(f"twin of {trick.name}", high)
    return found, twins


def _scanned(folder: Path, data: bytes) -> tuple[Finding, ...]:
    path = folder / "layer.zip"
    path.write_bytes(data)
    return scan(path, _TARGET).findings


def _tell(name: str, high: list[Finding]) -> None:
    for one in high:
        print(f"called bad: {name}: {one.rule} in {one.path}, line {one.line}: {one.detail}")


def _popular(names: list[str], cache: Path, folder: Path) -> dict[str, object]:
    cache.mkdir(parents=True, exist_ok=True)
    false_high = read = 0
    seconds = 0.0
    slowest: tuple[float, str] = (0.0, "")
    for name in names:
        layer = _layer(name, cache, folder)
        started = time.perf_counter()
        result: Scan = scan(layer, _TARGET, workers=os.cpu_count() or 1)
        took = time.perf_counter() - started
        high = [one for one in result.findings if one.severity == "high"]
        false_high += len(high)
        seconds, read, slowest = seconds + took, read + result.read, max(slowest, (took, name))
        _tell(name, high)
        layer.unlink()
    return {
        "false_high": false_high,
        "layers": len(names),
        "seconds": seconds,
        "megabytes": read / 1e6,
        "megabytes_per_second": read / 1e6 / seconds,
        "slowest_seconds": slowest[0],
        "slowest": slowest[1],
    }


def _layer(name: str, cache: Path, folder: Path) -> Path:
    """A layer of a package with all that it needs, for Python 3.12 on x86_64."""
    wheels = folder / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    platforms = [part for platform in _PLATFORMS for part in ("--platform", platform)]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--dest",
        str(wheels),
        "--find-links",
        str(cache),
        *_FOR,
        *platforms,
        name,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoIndex(f"{name} cannot be had from the index of packages:\n{done.stderr[-500:]}")
    out = folder / f"{name}.zip"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as layer:
        for wheel in sorted(wheels.glob("*.whl")):
            shutil.copy(wheel, cache)
            _add(layer, wheel)
    return out


def _add(layer: zipfile.ZipFile, wheel: Path) -> None:
    known = set(layer.namelist())
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            name = f"python/{member.filename}"
            if member.is_dir() or name in known or ".data/" in name:
                continue
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100644 << 16
            layer.writestr(info, archive.read(member))
