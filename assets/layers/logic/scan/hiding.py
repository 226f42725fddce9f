"""Rules on files by where they lie: what runs before a function's own code, or takes the place of something else."""

import ast
import base64
import binascii
import csv
import hashlib
import io
import posixpath
import re
import stat
from collections.abc import Collection, Iterable, Iterator

from assets.layers.logic.products import Finding, Severity
from assets.layers.logic.scan.archive import printable
from assets.layers.logic.scan.directory import Entry
from assets.layers.logic.scan.python_code import python_findings
from assets.layers.logic.scan.targets import Target

_ROOT = re.compile(r"python/(lib/python\d\.\d+/(site-packages|dist-packages)/)?")
_MODULE = re.compile(r"(?P<name>\w+)(/__init__)?(\.[\w-]+)?\.(py|pyc|so)$")
_STARTUP = ("sitecustomize", "usercustomize")
_RUNTIME = frozenset(
    {
        "bootstrap",
        "awslambdaric",
        "lambda_runtime_client",
        "lambda_runtime_exception",
        "runtime_client",
        "lambda_runtime_marshaller",
    }
)
_PROVIDED = frozenset(
    {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six", "simplejson", "snapshot_restore_py"}
)
_NODE_PROVIDED = re.compile(
    r"nodejs/node_modules/(fs|path|http|https|crypto|os|child_process|net|dns|util|stream|events|tls|vm|zlib)/"
)
_HARMLESS_LINE = re.compile(
    r"import (sys, types, os|types, sys, os|os, sys|_virtualenv|distutils-precedence|__editable__\w+)\b|"
    r"import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os\.environ\.get\(var, '\w+'\) == 'local'; "
    r"enabled and __import__\('_distutils_hack'\)(\.add_shim\(\))?;? *$"
)


def place_findings(entries: Iterable[Entry], target: Target) -> Iterator[Finding]:
    """What runs unasked or takes the place of a module of the runtime, by name alone."""
    names = {entry.name for entry in entries if not entry.is_folder}
    for entry in entries:
        if entry.is_folder:
            continue
        name = entry.name
        if name.startswith("extensions/"):
            executable = not entry.mode or bool(entry.mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH))
            what = "Lambda starts it beside every function" if executable else "Lambda would start it if it were executable"
            yield Finding("extension", "high" if executable else "medium", printable(name), what)
        if name == "bootstrap":
            yield Finding("shadowed-runtime", "high", name, "it takes the place of the runtime's own start")
        if _NODE_PROVIDED.match(name) and name.endswith("package.json"):
            yield Finding(
                "shadowed-module",
                "low",
                printable(name),
                "it has the name of a module of Node; only `require` with a path finds it",
            )
        yield from _module_findings(name, names, target)


def _module_findings(path: str, names: Collection[str], target: Target) -> Iterator[Finding]:
    root = _ROOT.match(path)
    module = _MODULE.fullmatch(path[root.end() :]) if root else None
    if module is None or (module["name"] == "__init__"):
        return
    name = module["name"]
    if name in _STARTUP:
        yield Finding("startup-code", "high", printable(path), "the interpreter runs it before anything else")
    elif name in _RUNTIME:
        yield Finding("shadowed-runtime", "high", printable(path), "it takes the place of the runtime's own code")
    elif name in target.standard_modules:
        yield Finding("shadowed-module", "high", printable(path), f"it takes the place of {name} of the standard library")
    elif name in _PROVIDED:
        described = any(
            re.match(rf"{re.escape(root[0] if root else '')}(python_)?{name}-[^/]+\.dist-info/", one) for one in names
        )
        if described:
            yield Finding("shadowed-package", "low", printable(path), f"it takes the place of the runtime's {name}")
        else:
            yield Finding(
                "shadowed-package", "high", printable(path), f"it takes the place of the runtime's {name}, and says no version"
            )


def startup_line_findings(path: str, data: bytes) -> Iterator[Finding]:
    """Lines of a `.pth` file that run code."""
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        if not line.startswith(("import ", "import\t")):
            continue
        found = [finding for finding in python_findings(path, line.encode()) if finding.severity == "high"]
        for finding in found:
            yield Finding(finding.rule, "high", path, finding.detail, number)
        if not found and _does_more_than_import(line):
            yield Finding("startup-code", "high", path, "a line of it runs commands, opens connections or evaluates code", number)
        elif not found:
            severity: Severity = "low" if _HARMLESS_LINE.match(line) else "medium"
            yield Finding(
                "startup-code",
                severity,
                path,
                "a line of it is run when the interpreter starts, where the folder is a site",
                number,
            )


_LOUD = frozenset(
    [
        "exec",
        "eval",
        "compile",
        "system",
        "popen",
        "Popen",
        "run",
        "call",
        "check_output",
        "urlopen",
        "urlretrieve",
        "socket",
        "b64decode",
        "decompress",
        "loads",
        "spawn",
    ]
)


def _does_more_than_import(line: str) -> bool:
    try:
        tree = ast.parse(line)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return any((f.attr if isinstance(f, ast.Attribute) else f.id if isinstance(f, ast.Name) else "") in _LOUD for f in called)


def record_findings(path: str, record: bytes, hashes: dict[str, bytes]) -> Iterator[Finding]:
    """Python files that are not as their own package says; `hashes` are SHA-256 by path within the zip."""
    root = posixpath.dirname(posixpath.dirname(path))
    changed = []
    for row in csv.reader(io.StringIO(record.decode("utf-8", "replace"))):
        if len(row) < 2 or not row[1].startswith("sha256=") or not row[0].endswith(".py"):
            continue
        actual = hashes.get(posixpath.normpath(posixpath.join(root, row[0])))
        try:
            told = base64.urlsafe_b64decode(row[1].removeprefix("sha256=") + "=")
        except (binascii.Error, ValueError):
            continue
        if actual is not None and actual != told:
            changed.append(posixpath.normpath(posixpath.join(root, row[0])))
    if changed:
        more = f", and {len(changed) - 1} more" if len(changed) > 1 else ""
        yield Finding(
            "record-mismatch", "medium", changed[0], f"it is not as {posixpath.basename(posixpath.dirname(path))} says{more}"
        )


def hash_of(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()
