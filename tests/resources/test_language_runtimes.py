"""Interpreters of this machine by the runtimes of Lambda that they are like."""

import subprocess
import sys

from resources.language_runtimes import interpreter, machine


def test_the_interpreter_of_this_process_is_found_for_its_own_version():
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    program = interpreter(f"python{version}")

    said = subprocess.run(
        [program, "-I", "-S", "-c", "import sys; print(sys.version)"], capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith(version)


def test_a_version_that_is_not_here_has_no_interpreter():
    assert interpreter("python2.6") is None
    assert interpreter("nodejs1.x") is None
    assert interpreter("java21") is None


def test_machines_are_called_as_lambda_calls_them(monkeypatch):
    for said, called in (("AMD64", "x86_64"), ("aarch64", "arm64"), ("x86_64", "x86_64"), ("arm64", "arm64")):
        monkeypatch.setattr("platform.machine", lambda said=said: said)
        assert machine() == called
