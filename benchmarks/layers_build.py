"""Claim: layers are smaller than by the usual script, still work, are the same every time, and take no longer than pip alone.

The script is the one of many guides: `pip install --target`, then byte code, caches, `*.dist-info` and folders called `tests` are
deleted, then it is zipped at level 9. Both take the same wheels, timed once with
empty caches (`cold_…`) and several times with warm ones, each tool from its own.
"""

import argparse
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from assets.layers.building.layers import made
from assets.layers.logic.assembly import Build
from assets.layers.logic.products import LayerSpecification
from assets.layers.logic.sources import combinations
from benchmarks.outcome import Target, finish
from resources.language_runtimes import interpreter, machine
from resources.object_store import LocalObjectStore
from resources.package_index import PackageSource, pip_configuration
from resources.package_index import Target as Wheels

_LOADS = """
import importlib, json, sys
sys.path[:0] = json.loads(sys.argv[1])
failed = []
for name in json.loads(sys.argv[2]):
    try:
        importlib.import_module(name)
    except BaseException as error:
        failed.append(f"{name}: {type(error).__name__}: {error}")
print(json.dumps(failed))
"""
_WORKS = {
    "pandas": """
import io, pandas
frame = pandas.read_csv(io.StringIO("day,kind,value\\n2026-01-01,a,1\\n2026-01-02,b,2\\n2026-01-03,a,3\\n"))
frame["day"] = pandas.to_datetime(frame["day"])
assert frame.groupby("kind")["value"].sum().to_dict() == {"a": 4, "b": 2}
assert frame.set_index("day").resample("2D")["value"].sum().tolist() == [3, 3]
assert frame["day"].dt.tz_localize("Europe/Berlin").dt.tz_convert("UTC").dt.hour.tolist() == [23, 23, 23]
""",
    "numpy": """
import numpy
assert numpy.allclose(numpy.linalg.inv(numpy.array([[2.0, 0.0], [0.0, 4.0]])), [[0.5, 0.0], [0.0, 0.25]])
numpy.testing.assert_allclose(numpy.fft.ifft(numpy.fft.fft(numpy.arange(8.0))).real, numpy.arange(8.0), atol=1e-9)
assert numpy.random.default_rng(0).normal(size=3).shape == (3,)
""",
    "requests": """
import http.server, threading, requests
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b'{"a": 1}')
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
assert requests.get(f"http://127.0.0.1:{server.server_port}/", timeout=10).json() == {"a": 1}
""",
    "boto3": """
import boto3
keys = dict(region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")
assert boto3.client("s3", **keys).generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
assert boto3.resource("dynamodb", **keys).Table("t").name == "t"
assert boto3.client("ec2", **keys).get_paginator("describe_instances")
""",
    "scipy": """
import numpy, scipy.linalg, scipy.stats, scipy.optimize, scipy.sparse
assert abs(scipy.stats.norm.cdf(0) - 0.5) < 1e-12 and scipy.linalg.det(numpy.eye(3)) == 1
assert abs(scipy.optimize.brentq(lambda x: x * x - 2, 0, 2) - 2**0.5) < 1e-9
""",
    "sqlalchemy": """
import sqlalchemy
engine = sqlalchemy.create_engine("sqlite://")
with engine.connect() as connection:
    assert connection.execute(sqlalchemy.text("select 1")).scalar() == 1
""",
    "pydantic": """
import pydantic
class Model(pydantic.BaseModel):
    a: int
assert Model.model_validate({"a": "1"}).a == 1
""",
    "lxml": "from lxml import etree\nassert etree.fromstring('<a><b/></a>').find('b') is not None\n",
    "pillow": "from PIL import Image\nassert Image.new('RGB', (4, 4)).resize((2, 2)).size == (2, 2)\n",
    "cryptography": """
from cryptography.fernet import Fernet
key = Fernet(Fernet.generate_key())
assert key.decrypt(key.encrypt(b"a")) == b"a"
""",
}
"""What a package has to be able to do."""
_METADATA = """
import json, sys
from importlib import metadata
sys.path[:] = [path for path in sys.path if "site-packages" not in path]
sys.path[:0] = json.loads(sys.argv[1])
found = {}
for one in metadata.distributions(path=json.loads(sys.argv[1])):
    name = one.metadata["Name"]
    points = sorted([p.group, p.name, p.value] for p in one.entry_points)
    found[name] = [metadata.version(name), sorted(metadata.requires(name) or []), points]
names = {k: sorted(set(v)) for k, v in metadata.packages_distributions().items() if k.isidentifier()}
names = {k: v for k, v in names.items() if k not in ("__pycache__", "bin")}
print(json.dumps([found, names]))
"""


def main(argv: list[str]) -> int:
    """Builds of the requirements beside pip and the script."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks layers --build", description=__doc__)
    parser.add_argument("requirements", help="separated by commas")
    parser.add_argument("--runtime", default=f"python{sys.version_info.major}.{sys.version_info.minor}")
    parser.add_argument("--architecture", choices=("x86_64", "arm64"), default=machine())
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args(argv)
    requirements = tuple(one.strip() for one in arguments.requirements.split(",") if one.strip())
    specification = LayerSpecification("benchmark", "python", (arguments.runtime,), (arguments.architecture,), requirements)
    with TemporaryDirectory(prefix="layers-") as folder:
        return _compared(specification, Path(folder), arguments.repeats)


def _compared(specification: LayerSpecification, folder: Path, repeats: int) -> int:
    wheels = Wheels(specification.runtimes[0].removeprefix("python"), specification.architectures[0])
    by_pip = folder / "pip"
    ours: list[float] = []
    pips: list[float] = []
    build, _ = _built(specification, folder), _by_pip(specification, wheels, by_pip)
    for _ in range(repeats):
        pips.append(_by_pip(specification, wheels, by_pip))
        begun = perf_counter()
        pip_configuration.cache_clear()
        build = _built(specification, folder)
        ours.append(perf_counter() - begun)
    begun = perf_counter()
    apart = _built(specification, folder, replace(pip_configuration(), cache=folder / "cache"))
    cold = perf_counter() - begun
    pip_cold = _by_pip(specification, wheels, folder / "pip-cold", cache=folder / "pip-cache")
    layer = folder / "layer"
    zipfile.ZipFile(io.BytesIO(build.zip)).extractall(layer)
    failed = _not_working(build, layer)
    same_versions, different = _metadata(build, layer, by_pip)
    script = _by_script(by_pip)
    for line in [*failed, *different]:
        print(line)
    metrics = {
        "size_ratio_vs_strip_script": len(build.zip) / script,
        "seconds_ratio_vs_pip": median(ours) / median(pips),
        "identical": (build.zip, build.sbom, build.lock) == (apart.zip, apart.sbom, apart.lock),
        "imports_ok": not failed,
        "metadata_ok": not different,
        "same_versions": same_versions,
        "cold_seconds_ratio_vs_pip": cold / pip_cold,
        "cold_seconds": cold,
        "cold_pip_seconds": pip_cold,
        "seconds": median(ours),
        "pip_seconds": median(pips),
        "zip_bytes": len(build.zip),
        "script_zip_bytes": script,
        "unzipped_bytes": build.layer.unzipped_bytes,
        "packages": [f"{one.name}=={one.version}" for one in build.layer.packages],
    }
    targets = {
        "size_ratio_vs_strip_script": Target(at_most=1),
        "seconds_ratio_vs_pip": Target(at_most=1.3),
        "identical": Target(equals=True),
        "imports_ok": Target(equals=True),
        "metadata_ok": Target(equals=True),
    }
    return finish("layers", metrics, targets)


def _built(specification: LayerSpecification, folder: Path, source: PackageSource | None = None) -> Build:
    inputs = LocalObjectStore(root=str(folder))
    (combination,) = combinations(specification)
    (build,) = made(specification, combination, inputs, source or pip_configuration()).builds
    return build


def _by_pip(specification: LayerSpecification, wheels: Wheels, folder: Path, cache: Path | None = None) -> float:
    """Seconds of pip alone, for the same runtime, with its own cache or that one."""
    shutil.rmtree(folder, ignore_errors=True)
    newest = int(wheels.glibc.split("_")[1])
    platforms = [f"manylinux_2_{n}_{wheels.machine}" for n in range(newest, 4, -1)]
    platforms += [f"{alias}_{wheels.machine}" for alias in ("manylinux2014", "manylinux2010", "manylinux1", "linux")]
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "--only-binary", ":all:",
        "--python-version", wheels.python, *(part for name in platforms for part in ("--platform", name)),
        *([] if cache is None else ["--cache-dir", str(cache)]), *specification.requirements,
    ]  # fmt: skip
    begun = perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = perf_counter() - begun
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return seconds


def _by_script(folder: Path) -> int:
    """Bytes of the zip that the usual script makes of what pip installed."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made_zip:
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            deleted = path.suffix in (".pyc", ".pyo") or any(
                part in ("__pycache__", "tests") or part.endswith(".dist-info") for part in parts[:-1]
            )
            if path.is_file() and not deleted:
                made_zip.write(path, Path("python", *parts))
    return len(body.getvalue())


def _not_working(build: Build, layer: Path) -> list[str]:
    """What does not load or work in a clean interpreter that has nothing but the layer."""
    failed: list[str] = json.loads(_run(build, _LOADS, layer, json.dumps(build.layer.imports)))
    there = {one.name for one in build.layer.packages}
    for name, work in _WORKS.items():
        if name in there:
            code = f"import json, sys\nsys.path[:0] = json.loads(sys.argv[1])\n{work}\nprint('works')"
            failed += [] if "works" in (said := _run(build, code, layer)) else [f"{name}: {said}"]
    return failed


def _metadata(build: Build, layer: Path, by_pip: Path) -> tuple[bool, list[str]]:
    """Whether both have the same versions, and what is said of them otherwise than of the unstripped packages."""
    ours, our_names = json.loads(_run(build, _METADATA, layer))
    theirs, their_names = json.loads(_run(build, _METADATA, by_pip, below=""))
    different = [
        f"{name}: {theirs.get(name)} became {ours.get(name)}" for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)
    ]
    different += [
        f"module {name}: {their_names.get(name)} became {our_names.get(name)}"
        for name in {*our_names, *their_names}
        if our_names.get(name) != their_names.get(name)
    ]
    return _versions(ours) == _versions(theirs), different


def _versions(found: Mapping[str, list[object]]) -> dict[str, object]:
    return {name: said[0] for name, said in found.items()}


def _run(build: Build, code: str, folder: Path, *arguments: str, below: str = "python") -> str:
    runtime = build.layer.runtimes[0]
    python = interpreter(runtime)
    if python is None:
        raise RuntimeError(f"there is no interpreter of {runtime} on this machine to try the layer with")
    path = json.dumps([str(folder / below)])
    done = subprocess.run(
        [str(python), "-I", "-S", "-W", "ignore", "-c", code, path, *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else done.stderr[-2000:]
