"""What the scan of layers finds, what it leaves alone, and that no bytes make it fail."""

import io
import time
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.layers.logic.products import Finding
from assets.layers.logic.scan import folding
from assets.layers.logic.scan.allowing import BadAllowList, read_allow_list
from assets.layers.logic.scan.archive import archive_findings
from assets.layers.logic.scan.directory import directory_of
from assets.layers.logic.scan.marshalled import Unreadable, read_compiled
from assets.layers.logic.scan.python_code import python_findings
from assets.layers.logic.scan.scanning import scan
from assets.layers.logic.scan.secrets import secret_findings
from assets.layers.logic.scan.targets import Target
from assets.layers.logic.scan.verdicts import judged, score_of
from benchmarks.layer_tricks import TRICKS, Trick, elf, zipped

_TARGET = Target(("python3.12",), ("x86_64",))


def _found(tmp_path: Path, data: bytes) -> tuple[Finding, ...]:
    path = tmp_path / "layer.zip"
    path.write_bytes(data)
    return scan(path, _TARGET).findings


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.name)
def test_every_trick_is_found_by_its_rule_and_its_harmless_twin_is_not_bad(tmp_path: Path, trick: Trick) -> None:
    assert {one.severity for one in _found(tmp_path, trick.bad()) if one.rule in trick.rules} & {"high", "medium"}
    if trick.twin is not None:
        assert [one for one in _found(tmp_path, trick.twin()) if one.severity == "high"] == []


@pytest.mark.parametrize(
    "source",
    [
        "def d(s):\n    return ''.join(chr(ord(c) - 1) for c in s)\nimport os\ngetattr(os, d('tztufn'))('id')",
        "class X:\n    __class_getitem__ = exec\nX['import os']",
        "class X:\n    __getitem__ = lambda s, k: exec(k)\nimport base64\nX()[base64.b64decode('eA==')]",
        "import operator, os\noperator.attrgetter('sys' + 'tem')(os)('id')",
        "import base64\n@exec\n@base64.b64decode\ndef f(): pass",
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import base64;exec(base64.b64decode(x))'])",
        "eval('__imp' + 'ort__(\\'os\\').sys' + 'tem(\\'id\\')')",
        "from builtins import *\nimport codecs\nexec(codecs.getdecoder('rot13')('x')[0])",
        "s = ''\nfor c in [105, 109]: s += chr(c)\nexec(s)",
        "import boto3\ndef f():\n    o = boto3.client('s3').get_object(Bucket='b', Key='k')\n    exec(o['Body'].read())",
    ],
)
def test_code_that_hides_what_it_runs_is_high(source: str) -> None:
    assert "high" in {one.severity for one in python_findings("a.py", source.encode())}


@pytest.mark.parametrize(
    "source",
    [
        "# eval('x')\n'''exec(base64.b64decode(x))'''",
        "T = 'def f(x):\\n    return {}'\nexec(T.format(name))",
        "import builtins\nexec_ = getattr(builtins, 'exec')\nexec_('x = 1')",
        "import pickle, zlib\ndef load(data):\n    return pickle.loads(zlib.decompress(data))",
        "class Frame:\n    def eval(self, text):\n        return text\nFrame().eval('a + b')",
    ],
)
def test_ordinary_code_made_at_run_time_is_not_high(source: str) -> None:
    assert "high" not in {one.severity for one in python_findings("a.py", source.encode())}


def test_code_that_this_python_cannot_read_hides_nothing_beside_itself() -> None:
    source = b"import base64\ndef f[T](x: T): return x\nexec(base64.b64decode('eA=='))\n"
    assert {one.rule for one in python_findings("a.py", source)} == {"dynamic-code", "unreadable"}


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", zipped({"python/a.py": "x = 1"})]), st.integers(0, 200))
def test_no_bytes_make_the_reader_of_archives_raise(noise: bytes, base: bytes, at: int) -> None:
    data = base[:at] + noise + base[at + len(noise) // 2 :]
    directory = directory_of(data)
    for finding in archive_findings(directory, data):
        assert finding.severity in ("high", "medium", "low")
    with pytest.raises(Unreadable):
        read_compiled(b"\xa7\r\r\n" + bytes(12) + noise[:50] + b"\xff")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20), st.integers(-5, 5))
def test_constants_are_folded_as_python_would(left: str, right: str, number: int) -> None:
    import ast

    assert folding.binary(ast.Add(), left, right) == left + right
    assert folding.method(left, "join", [[right, right]]) == left.join([right, right])
    assert folding.subscript(left, slice(None, None, -1)) == left[::-1]
    assert folding.called("builtins.ord", [left]) == (ord(left) if len(left) == 1 else folding.UNFOLDED)
    assert folding.binary(ast.Mult(), left, number) == left * number


@pytest.mark.parametrize("text", ["%1000000000d", "{:1000000000}"])
def test_constants_that_would_grow_without_bound_are_not_folded(text: str) -> None:
    import ast

    assert folding.binary(ast.Mod(), text, 1) is folding.UNFOLDED
    assert folding.method(text, "format", [1]) is folding.UNFOLDED
    assert folding.binary(ast.Mult(), "x" * 1000, 10**9) is folding.UNFOLDED


def test_a_finding_never_holds_the_secret() -> None:
    secret = "ghp_" + "Zk3vQ9xT7bLw2RmN8sYc4HdJf6GpA1eUoViX"
    (finding,) = secret_findings("python/a.py", f"T = '{secret}'".encode())
    assert finding.severity == "high"
    assert secret not in repr(finding)


def test_several_processes_find_what_one_finds(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("python/zeros", bytes(range(256)) * 60_000)
        archive.writestr("python/bad.py", "import base64\nexec(base64.b64decode('eA=='))")
    path = tmp_path / "layer.zip"
    path.write_bytes(out.getvalue())
    assert scan(path, _TARGET, workers=2).findings == scan(path, _TARGET).findings


_LIST = b"""
- rule: extension
  path: extensions/agent
  layer: tools-*
  reason: Our own agent.
  until: 2026-03-31
"""


def test_an_allowed_finding_counts_again_when_its_entry_is_over() -> None:
    finding = Finding("extension", "high", "extensions/agent", "it is started")
    allowed = read_allow_list(_LIST)
    (passing,) = allowed.applied("tools-x", "00", [finding], date(2026, 3, 31))
    (over,) = allowed.applied("tools-x", "00", [finding], date(2026, 4, 1))
    assert judged([passing], "clean").verdict == "passed"
    assert judged([over], "clean").verdict == "failed"
    assert [entry.rule for entry in allowed.expired(date(2026, 4, 1))] == ["extension"]
    assert allowed.unused(date(2026, 3, 1)) == ()
    assert len(read_allow_list(_LIST).unused(date(2026, 3, 1))) == 1


def test_an_entry_without_reason_or_day_is_refused_with_its_line() -> None:
    with pytest.raises(BadAllowList, match=r"line 2: reason is missing; line 2: until is missing; line 2: colour is not known"):
        read_allow_list(b"\n- rule: x\n  colour: red\n")


def test_unknown_vulnerabilities_block_only_where_that_is_asked_for() -> None:
    assert judged([], "unknown: no source").verdict == "passed"
    assert judged([], "unknown: no source", unknown_blocks=True).verdict == "unknown"


def test_the_same_mistake_weighs_three_times_at_most() -> None:
    low = [Finding("link", "low", str(n), "a link") for n in range(50)]
    assert score_of(low) == 97
    assert score_of([*low, Finding("secret", "high", "a", "a key")]) == 57


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("python/a.py", "".join(" " * n + f"for a{n} in range(4000):\n" for n in range(8)) + " " * 8 + "exec(x)\n"),
        ("nodejs/a.js", "eval(1);" + "/a[" * 50_000),
        ("nodejs/a.js", "eval(1);" + "/*" * 100_000),
        ("nodejs/a.js", "eval(1);x=" + "'a'+" * 100_000 + "'a'"),
        ("nodejs/a.js", "fetch('http://a'," * 10_000),
        ("python/a.txt", "-----BEGIN PRIVATE KEY-----" * 20_000),
    ],
    ids=["loops within loops", "regular expressions", "comments", "texts", "requests within requests", "private keys"],
)
def test_files_that_are_made_to_take_long_do_not(tmp_path: Path, name: str, source: str) -> None:
    before = time.process_time()
    _found(tmp_path, zipped({name: source}))
    assert time.process_time() - before < 8


def test_code_for_one_of_several_machines_is_not_bad_and_for_the_wrong_one_is(tmp_path: Path) -> None:
    code = bytearray(elf())
    code[18:20] = (183).to_bytes(2, "little")

    def severities(path: str) -> set[str]:
        return {one.severity for one in _found(tmp_path, zipped({path: bytes(code)})) if one.rule == "wrong-machine"}

    assert severities("nodejs/node_modules/a/prebuilds/linux-arm64/a.node") == {"low"}
    assert severities("nodejs/node_modules/a/build/a.node") == {"high"}
