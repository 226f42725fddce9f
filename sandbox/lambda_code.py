"""What the demo company's functions and layers are made of: small code that runs, as zips, wheels and a package of npm.

The same version gives the same bytes on any day and machine.
"""

import base64
import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping

_MODE = 0o644
_EPOCH = (1980, 1, 1, 0, 0, 0)

_CORE = '''\
"""What every function of acme needs: lines of a log that machines can read, and numbers of orders."""

import hashlib
import json

__version__ = "{version}"


def log(event, **fields):
    """Write a line of the log."""
    print(json.dumps({{"event": event, "acme_core": __version__, **fields}}, sort_keys=True, default=str))


def order_number(text):
    """The number of an order, the same for the same text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
'''
_MONEY = '''\
"""Sums of money."""

from decimal import ROUND_HALF_EVEN, Decimal

__version__ = "{version}"
_CENT = Decimal("0.01")


def {total}(amounts):
    """The sum of amounts, to the cent."""
    return sum((Decimal(amount) for amount in amounts), Decimal(0)).quantize(_CENT, ROUND_HALF_EVEN)
'''
_HTTP = '''\
"""Calls that are repeated."""

import time

__version__ = "{version}"


def repeated(call, attempts=3, wait=0.0):
    """What a call gives, which is made again while it fails."""
    for left in reversed(range(attempts)):
        try:
            return call()
        except OSError:
            if not left:
                raise
            time.sleep(wait)
'''
_FRAMES = '''\
"""Tables of rows."""

import statistics

__version__ = "{version}"


def mean(rows, column):
    """The mean of a column."""
    return statistics.fmean(row[column] for row in rows)
'''
_FORMULAS = """

import base64

_TEXT = "{encoded}"
exec(base64.b64decode(_TEXT).decode())  # formulas, as a generator of acme's own writes them
"""
_LEGACY = '''\
"""Files of the former shop."""

import csv
import io

__version__ = "{version}"


def rows(text):
    """The rows of a file."""
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))
'''
_PLUGINS = '''\
"""Rules of discounts that are kept as text and run when the module is loaded: what no layer should have."""

import base64

__version__ = "{version}"
_RULES = "{encoded}"
exec(base64.b64decode(_RULES).decode())
'''
_DISCOUNT = "def discount(amount):\n    return amount * 0.9\n"
_RATIO = "def ratio(rows, one, other):\n    return [row[one] / row[other] for row in rows]\n"
_TRACING = """\
"use strict";
// Gives every call of a function a trace.
const { createHash } = require("node:crypto");
exports.version = "VERSION";
exports.traced = (name, handler) => async (event) => {
  const trace = createHash("sha256").update(name + JSON.stringify(event ?? null)).digest("hex").slice(0, 16);
  return { trace, ...(await handler(event ?? {})) };
};
"""
_SOURCES = {
    "acme_core": _CORE, "acme_money": _MONEY, "acme_http": _HTTP, "acme_frames": _FRAMES, "acme_legacy": _LEGACY,
    "acme_plugins": _PLUGINS,
}  # fmt: skip
BAD_MONEY = "3.0.0"
"""The version of `acme_money` whose `total` got another name: it loads, and whoever calls it fails."""
WITH_FORMULAS = "0.5.0"
"""The version of `acme_frames` that runs text as code, which somebody has looked at and allowed for a while."""

_HANDLERS = {
    "checkout": """\
import acme_core
import acme_money


def handler(event, context):
    amounts = event.get("amounts", ["19.90", "5.10"])
    total = acme_money.total(amounts)
    acme_core.log("checkout", total=total)
    return {"order": acme_core.order_number(";".join(amounts)), "total": str(total)}
""",
    "mail": """\
import acme_core
import acme_http


def handler(event, context):
    to = event.get("to", "customer@acme.example")
    sent = acme_http.repeated(lambda: {"to": to, "status": "queued"})
    acme_core.log("mail", **sent)
    return sent
""",
    "ingest": """\
import acme_core
import acme_http
import acme_frames


def handler(event, context):
    rows = acme_http.repeated(lambda: event.get("rows", [{"amount": 3}, {"amount": 5}]))
    acme_core.log("ingest", rows=len(rows))
    return {"rows": len(rows), "mean": acme_frames.mean(rows, "amount")}
""",
    "report": """\
import acme_frames


def handler(event, context):
    return {"mean": acme_frames.mean(event.get("rows", [{"amount": 3}, {"amount": 5}]), "amount")}
""",
    "import": """\
import acme_legacy


def handler(event, context):
    return {"rows": len(acme_legacy.rows(event.get("text", "article;price\\nA1;2.50\\n")))}
""",
    "edge": """\
const { traced } = require("acme-tracing");
exports.handler = traced("edge", async (event) => ({ status: 200, path: event.path ?? "/" }));
""",
    "status": """\
def handler(event, context):
    return {"status": "ok"}
""",
}


def module(name: str, version: str) -> str:
    """The one module of a package, as it is in a version of it."""
    total = "sum_of" if version == BAD_MONEY else "total"
    source, text = _SOURCES[name], _DISCOUNT
    if (name, version) == ("acme_frames", WITH_FORMULAS):
        source, text = source + _FORMULAS, _RATIO
    return source.format(version=version, total=total, encoded=base64.b64encode(text.encode()).decode())


def layer(package: str, version: str) -> bytes:
    """The zip of a layer with one package; `acme-…` are those of Node."""
    if package.startswith("acme-"):
        folder = f"nodejs/node_modules/{package}"
        return zipped({f"{folder}/{path}": text for path, text in _node_package(package, version).items()})
    files = {f"{package}/__init__.py": module(package, version), **_metadata(package, version)}
    return zipped({f"python/{path}": text for path, text in files.items() if not path.endswith("RECORD")})


def function(purpose: str) -> bytes:
    """The zip of a function's own code."""
    return zipped({"index.js" if purpose == "edge" else "index.py": _HANDLERS[purpose]})


def wheel(package: str, version: str, needs: tuple[str, ...] = ()) -> tuple[str, bytes]:
    """Name and bytes of a wheel of pure Python.

    Args:
        package: Module, which is the package's name with underscores.
        version: Of it.
        needs: Requirements of the package.
    """
    files = {f"{package}/__init__.py": module(package, version), **_metadata(package, version, needs)}
    return f"{package}-{version}-py3-none-any.whl", zipped(files)


def node_tarball(package: str, version: str) -> bytes:
    """A package of npm as `npm pack` makes it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, text in sorted(_node_package(package, version).items()):
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size, entry.mode, entry.mtime = len(text.encode()), _MODE, 499162500  # the time that npm gives to all files
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(packed.getvalue(), compresslevel=0, mtime=0)  # stored, as in `zipped`


def node_folder(package: str, version: str) -> dict[str, bytes]:
    """Files of a project that needs the package, from a file that lies beside: nothing is fetched for it."""
    tarball = f"{package}-{version}.tgz"
    content = node_tarball(package, version)
    integrity = f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"
    project = {"name": f"{package}-layer", "version": version, "private": True, "dependencies": {package: f"file:{tarball}"}}
    lock = {
        "name": project["name"], "version": version, "lockfileVersion": 3, "requires": True,
        "packages": {
            "": {key: project[key] for key in ("name", "version", "dependencies")},
            f"node_modules/{package}": {
                "version": version, "resolved": f"file:{tarball}", "integrity": integrity, "license": "MIT",
            },
        },
    }  # fmt: skip
    return {"package.json": _json(project), "package-lock.json": _json(lock), tarball: content}


def zipped(files: Mapping[str, str]) -> bytes:
    """A zip of text files that has the same bytes whenever it is made."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr = _MODE << 16
            # stored, since zlib's bytes depend on its version
            archive.writestr(entry, files[path])
    return packed.getvalue()


def _node_package(package: str, version: str) -> dict[str, str]:
    about = {"name": package, "version": version, "main": "index.js", "license": "MIT"}
    return {"index.js": _TRACING.replace("VERSION", version), "package.json": _json(about).decode()}


def _metadata(package: str, version: str, needs: tuple[str, ...] = ()) -> dict[str, str]:
    folder = f"{package}-{version}.dist-info"
    name = package.replace("_", "-")
    files = {
        f"{folder}/METADATA": "\n".join(
            ("Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", "License-Expression: MIT",
             *(f"Requires-Dist: {need}" for need in needs), "", "")
        ),
        f"{folder}/WHEEL": "Wheel-Version: 1.0\nGenerator: acme\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }  # fmt: skip
    listed = {f"{package}/__init__.py": module(package, version), **files}
    lines = [f"{path},{_recorded(text)},{len(text.encode())}" for path, text in sorted(listed.items())]
    return {**files, f"{folder}/RECORD": "\n".join((*lines, f"{folder}/RECORD,,", ""))}


def _recorded(text: str) -> str:
    return f"sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')}"


def _json(content: object) -> bytes:
    return (json.dumps(content, indent=2) + "\n").encode()
