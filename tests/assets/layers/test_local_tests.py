"""Layers in clean interpreters on this machine: what loads, what does not, and why."""

import json
import sys
import zipfile
from io import BytesIO

import pytest

from assets.layers.testing.local import Subject, on_this_machine
from assets.layers.testing.unpacking import NotUnpacked, unpack
from resources.language_runtimes import interpreter, machine
from resources.limited_runs import Limits

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
LIMITS = Limits(seconds=20, megabytes=512)


def zipped(files):
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def subject(files, *imports, **more):
    usual = {"kind": "python", "runtime": RUNTIME, "architecture": machine(), "contents": (zipped(files),), "imports": imports}
    return Subject(**{**usual, **more})


def module(source, **more):
    return subject({"python/m.py": source}, "m", **more)


def result(one, before=None, growth=None, runs=1, limits=LIMITS):
    return on_this_machine(one, before, growth, runs, limits)


def test_a_layer_that_loads_and_works_passes_with_the_time_of_its_imports():
    found = result(module("VALUE = 1\n", smoke="import m\nassert m.VALUE == 1\n"))

    assert (found.verdict, found.reason) == ("passed", "")
    assert found.took > 0
    assert "m" in dict(found.heaviest)


def test_site_packages_of_the_runtime_come_before_the_layer_s_own_folder_and_both_before_the_standard_library():
    files = {
        f"python/lib/{RUNTIME}/site-packages/m.py": "FROM = 'site'",
        "python/m.py": "FROM = 'own'",
        "python/colorsys.py": "MINE = 1",
    }

    assert result(subject(files, "m", smoke="import m, colorsys\nassert (m.FROM, colorsys.MINE) == ('site', 1)")).reason == ""


def test_files_and_programs_of_a_layer_are_where_a_function_has_them():
    files = {"python/m.py": "", "bin/tool": "#!/bin/sh\necho works\n"}
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o755 if name.startswith("bin/") else 0o644) << 16
            archive.writestr(entry, content)
    smoke = "import subprocess\nassert subprocess.check_output(['tool'], text=True) == 'works\\n'"

    assert result(subject({}, "m", contents=(made.getvalue(),), smoke=smoke)).reason == ""


def test_nothing_that_the_product_has_installed_is_seen():
    found = result(module("import polars"))

    assert found.verdict == "failed"
    assert "No module named 'polars' (/opt/python/m.py:1)" in found.reason


def test_no_bytecode_is_written_so_that_every_process_pays_as_a_cold_start_does():
    smoke = "import m, os\nassert not os.path.exists(os.path.join(os.path.dirname(m.__file__), '__pycache__'))"

    assert result(module("", smoke=smoke)).reason == ""


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import os; os.kill(os.getpid(), 11)", "its process crashed (SIGSEGV), in m"),
        ("raise SystemExit(0)", "m does not load: SystemExit: 0 (/opt/python/m.py:1)"),
        ("import os; os._exit(0)", "it ended its process (exit code 0), in m"),
        ("while True: print('x' * 10_000)", "it prints more than 1,048,576 bytes, in m"),
        ("x = bytearray(1 << 30)", "m does not load: MemoryError:  (/opt/python/m.py:1)"),
        ("import os, time\nif os.fork() == 0: time.sleep(60)", "it leaves a process running behind"),
        ("import os\nif os.fork() == 0: os._exit(0)\nos.wait()", ""),
        ("import threading\nthreading.Thread(target=threading.Event().wait).start()", ""),
    ],
)
def test_code_that_misbehaves_is_told_by_what_it_did(source, reason):
    assert result(module(source)).reason == reason


def test_code_that_hangs_is_told_and_ended():
    assert result(module("while True: pass"), limits=Limits(seconds=0.5)).reason == "it takes longer than 0.5 s, in m"


def test_smoke_code_that_fails_fails_the_test():
    assert result(module("", smoke="assert 1 == 2, 'no'")).reason == "the smoke code fails: AssertionError: no (smoke:1)"


def test_a_module_of_the_runtime_or_of_another_layer_leaves_it_unknown():
    assert result(module("import boto3")).verdict == "unknown"
    assert result(module("import shared_core", left_out=("shared-core",))).verdict == "unknown"
    assert result(module("import shared_core")).verdict == "failed"


def test_what_this_machine_cannot_run_is_unknown_and_never_passed():
    other = "arm64" if machine() == "x86_64" else "x86_64"

    for one in (module("", runtime="python2.6"), module("", architecture=other), subject({"python/data.txt": ""})):
        found = result(one)
        assert (found.verdict, found.took) == ("unknown", None)
        assert found.reason


def test_slower_loading_than_the_version_before_fails_and_faster_does_not():
    quick, slow = module("import time; time.sleep(0.005)"), module("import time; time.sleep(0.1)")

    found = result(slow, quick, 0.5)
    assert found.verdict == "failed"
    assert "50% is allowed (most of it: " in found.reason
    assert dict(found.heaviest)["m"] > 0.05
    assert found.took > found.before
    assert result(quick, slow, 0.5).verdict == "passed"


def test_a_version_before_that_does_not_load_is_not_held_against():
    found = result(module(""), module("raise ValueError"), 0.0)

    assert (found.verdict, found.before) == ("passed", None)


def test_parts_of_a_layer_are_loaded_together():
    parts = (zipped({"python/a.py": "import b"}), zipped({"python/b.py": ""}))

    assert result(subject({}, "a", "b", contents=parts)).verdict == "passed"


@pytest.mark.skipif(interpreter("nodejs20.x") is None, reason="install nodejs of Debian")
class TestNode:
    FILES = {  # noqa: RUF012
        "nodejs/node_modules/plain/index.js": "module.exports = { value: 1 };",
        "nodejs/node_modules/esm/package.json": json.dumps({"type": "module", "main": "index.js"}),
        "nodejs/node_modules/esm/index.js": "export const value = 2;",
        "nodejs/node_modules/waits/index.js": "setInterval(() => 0, 1000);",
        "nodejs/node_modules/exits/index.js": "process.exit(0);",
        "nodejs/node_modules/needs/index.js": "require('@aws-sdk/client-s3');",
    }

    def node(self, *imports, smoke=""):
        return result(subject(self.FILES, *imports, kind="node", runtime="nodejs20.x", smoke=smoke))

    def test_packages_load_whichever_kind_of_module_they_are_and_though_they_wait_for_something(self):
        found = self.node("plain", "esm", "waits", smoke="if (require('plain').value !== 1) throw new Error('no');")

        assert (found.verdict, found.reason) == ("passed", "")

    def test_what_fails_is_told(self):
        assert self.node("exits").reason == "it ended its process (exit code 0), in exits"
        assert self.node("absent").reason == "absent does not load: Error: Cannot find module 'absent'"
        assert self.node("plain", smoke="throw new TypeError('no')").reason == "the smoke code fails: TypeError: no"

    def test_the_sdk_of_the_runtime_is_not_expected_here(self):
        assert self.node("needs").verdict == "unknown"


class TestUnpacking:
    def test_what_would_be_written_elsewhere_is_refused(self, tmp_path):
        for name in ("../out", "python/../../out", "/out"):
            with pytest.raises(NotUnpacked, match="outside"):
                unpack([zipped({name: ""})], tmp_path / "opt")
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("target", ["/etc/passwd", "../../elsewhere"])
    def test_links_that_lead_out_are_refused(self, tmp_path, target):
        with pytest.raises(NotUnpacked, match="leads out"):
            unpack([self._link("python/l", target)], tmp_path / "opt")

    def test_links_within_stay_links_and_are_not_written_through(self, tmp_path):
        linked = self._link("lib/libx.so", "libx.so.1")
        unpack([zipped({"lib/libx.so.1": "one"}), linked, zipped({"lib/libx.so": "two"})], tmp_path)

        assert (tmp_path / "lib/libx.so.1").read_text() == "one"
        assert (tmp_path / "lib/libx.so").read_text() == "two"

    def test_what_is_no_zip_or_too_large_is_refused(self, tmp_path):
        with pytest.raises(NotUnpacked, match="cannot be unzipped"):
            unpack([b"no zip"], tmp_path)
        assert result(subject({}, "m", contents=(b"no zip",))).verdict == "failed"

    def _link(self, name, target):
        made = BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o120777 << 16
            archive.writestr(entry, target)
        return made.getvalue()
