"""Commands with bounds: whatever they do, they end, and nothing of them is left."""

import sys
import time
from pathlib import Path

import pytest

from resources.limited_runs import Limits, is_apart, run


def ran(code, folder, environment=None, **limits):
    return run([sys.executable, "-I", "-S", "-c", code], Limits(**{"seconds": 20, **limits}), environment or {}, folder)


def test_what_is_printed_and_the_exit_code_are_told(tmp_path):
    ended = ran("import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)", tmp_path)

    assert (ended.code, ended.output.split(), ended.signal) == (3, ["out", "err"], None)
    assert not ended.late
    assert not ended.flooded


def test_nothing_of_this_process_s_environment_is_seen(tmp_path, monkeypatch):
    monkeypatch.setenv("A_SECRET", "secret")

    ended = ran("import os; print(sorted(os.environ))", tmp_path, {"LANG": "C.UTF-8", "ODD": "a=b\nc"})

    assert "A_SECRET" not in ended.output
    assert "ODD" in ended.output


@pytest.mark.skipif(not is_apart(), reason="this system forbids namespaces of users")
@pytest.mark.parametrize("what", ["environ", "mem"])
def test_neither_environment_nor_memory_of_this_process_can_be_read(tmp_path, what):
    assert "PermissionError" in ran(f"import os; open(f'/proc/{{os.getppid()}}/{what}', 'rb').read(1)", tmp_path).output


def test_a_value_with_line_breaks_and_signs_arrives_as_it_is(tmp_path):
    assert ran("import os; print(os.environ['ODD'])", tmp_path, {"ODD": "a=b\nc"}).output == "a=b\nc\n"


def test_a_crash_is_told_by_its_signal(tmp_path):
    assert ran("import os; os.kill(os.getpid(), 11)", tmp_path).signal == "SIGSEGV"


def test_what_hangs_is_ended_in_time(tmp_path):
    begun = time.monotonic()

    ended = ran("while True: pass", tmp_path, seconds=0.5)

    assert ended.late
    assert time.monotonic() - begun < 10


def test_a_flood_of_output_ends_it_and_is_cut(tmp_path):
    ended = ran("while True: print('x' * 1000)", tmp_path, output_bytes=10_000)

    assert ended.flooded
    assert len(ended.output) == 10_000


def test_memory_has_a_bound(tmp_path):
    assert "MemoryError" in ran("bytearray(300 << 20)", tmp_path, megabytes=200).output
    assert ran("bytearray(100 << 20)", tmp_path, megabytes=200).code == 0


def test_a_file_has_a_bound(tmp_path):
    ended = ran("open('f', 'wb').write(bytes(3 << 20))", tmp_path, file_megabytes=1)

    assert ended.code != 0
    assert (tmp_path / "f").stat().st_size <= 1 << 20


_FORKS = """
import os, time
if os.fork() == 0:
    {leave}
    open({told!r}, "w").write(str(os.getpid()))
    time.sleep(60)
while not os.path.exists({told!r}) or not open({told!r}).read():
    time.sleep(0.01)
{then}
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="live: what left its session is known by Linux alone")
@pytest.mark.parametrize("leave", ["pass", "os.setsid()", "os.setsid(); os.fork() and os._exit(0)"])
def test_what_it_leaves_running_is_ended_and_counted_even_from_another_session(tmp_path, leave):
    told = tmp_path / "told"

    ended = ran(_FORKS.format(leave=leave, told=str(told), then=""), tmp_path)

    assert (ended.code, ended.left_behind) == (0, 1)
    assert not runs(told)


def test_one_that_hangs_with_children_leaves_none(tmp_path):
    told = tmp_path / "told"

    assert ran(_FORKS.format(leave="pass", told=str(told), then="time.sleep(60)"), tmp_path, seconds=1).late
    assert not runs(told)


def runs(told):
    """Whether the process whose number was told still runs: one that is over may not have been waited for."""
    time.sleep(0.05)
    try:
        return Path(f"/proc/{told.read_text()}/stat").read_text().split()[2] not in "ZX"
    except OSError:
        return False
