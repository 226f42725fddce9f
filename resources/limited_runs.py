"""Commands that are run with bounds, for code that nobody has tried yet: so long, so much memory, so much output, and an end.

The command sees an environment of its own, never this process's: where the system has namespaces of users (most containers forbid
them) it cannot read it from `/proc` either. It may read what this process's user may read, and has the network. Whatever it starts
is ended with it, also what left its group or session: all of it is known by a mark in its environment. That takes Linux; elsewhere
its process group alone is ended.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final
from uuid import uuid4

_MARK: Final = "CLOUDOPS_LIMITED_RUN"
_PROCESSES: Final = Path("/proc")
_ROUNDS: Final = 20
"""How often what was left behind is looked for: it may start more of itself meanwhile."""
# data, and not address space: runtimes reserve far more of that than they ever use (Node's needs more than 10 GB)
# in a namespace of users of its own, a process may not read environment or memory of those outside, though its user is the same
_APART: Final = """
import ctypes, os
user, group = os.getuid(), os.getgid()
if ctypes.CDLL(None).unshare(0x10000000) != 0:  # CLONE_NEWUSER
    raise SystemExit(1)
for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
    with open(f"/proc/self/{name}", "w") as file:
        file.write(text)
"""
_LAUNCHER: Final = """
import os, resource, sys
for limit, most in (("DATA", sys.argv[1]), ("FSIZE", sys.argv[2]), ("CORE", "0")):
    resource.setrlimit(getattr(resource, "RLIMIT_" + limit), (int(most), int(most)))
command = sys.argv[4 + int(sys.argv[3]):]
os.execve(command[0], command, dict(one.split("=", 1) for one in sys.argv[4:-len(command)]))
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a command may take.

    Attributes:
        seconds: Until it has to be over.
        megabytes: Memory that it writes to.
        output_bytes: That it may print.
        file_megabytes: Of a file that it writes.
    """

    seconds: float = 60
    megabytes: int = 2048
    output_bytes: int = 1 << 20
    file_megabytes: int = 512


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Attributes:
        code: Exit code; that of a signal is negative.
        output: What it printed, on both streams, as far as it was allowed to.
        late: Whether it was ended since its time was over.
        flooded: Whether it was ended since it printed too much.
        left_behind: Processes that it started, and that still ran when it ended; they were ended too.
    """

    code: int
    output: str
    late: bool = False
    flooded: bool = False
    left_behind: int = 0

    @property
    def signal(self) -> str | None:
        """Name of the signal that ended it; None if none did."""
        if self.code >= 0:
            return None
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return f"signal {-self.code}"


def run(command: Sequence[str], limits: Limits, environment: Mapping[str, str], folder: Path) -> Ended:
    """Run a command to its end, or to that which its limits set.

    Args:
        command: The program, by its path, and its arguments.
        limits: What it may take.
        environment: All that it sees of one.
        folder: Where it runs.
    """
    mark = uuid4().hex
    said = [f"{name}={value}" for name, value in {**environment, _MARK: mark}.items()]
    bounds = [str(limits.megabytes << 20), str(limits.file_megabytes << 20)]
    launcher = _APART + _LAUNCHER if is_apart() else _LAUNCHER
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", launcher, *bounds, str(len(said)), *said, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={_MARK: mark},
        cwd=folder,
        start_new_session=True,
    )
    output = _Output(process, limits.output_bytes)
    late = False
    try:
        process.wait(limits.seconds)
    except subprocess.TimeoutExpired:
        late = True
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        left_behind = _end_all(process.pid, mark)
    text = output.all()
    return Ended(process.returncode, text, late, output.flooded, 0 if late or output.flooded else left_behind)


@cache
def is_apart() -> bool:
    """Whether commands can be kept from looking into this process: not where namespaces of users are forbidden."""
    tried = subprocess.run([sys.executable, "-I", "-S", "-c", _APART], capture_output=True, check=False, env={})
    return tried.returncode == 0


class _Output:
    """What a process prints, read as it comes; one that prints too much is killed."""

    def __init__(self, process: "subprocess.Popen[bytes]", most: int) -> None:
        self._process, self._most = process, most
        self._read = bytearray()
        self.flooded = False
        self._reader = threading.Thread(target=self._follow, daemon=True)
        self._reader.start()

    def all(self) -> str:
        """Everything that was printed, once nobody is left who could print more."""
        self._reader.join(5)
        return self._read[: self._most].decode(errors="replace")

    def _follow(self) -> None:
        stream: BinaryIO = self._process.stdout  # type: ignore[assignment]  # a pipe, as asked for
        with stream:
            while chunk := stream.read1(1 << 16):  # type: ignore[attr-defined]  # a buffered reader
                if self.flooded:
                    continue  # until all who write are ended
                self._read += chunk
                if len(self._read) > self._most:
                    self.flooded = True
                    self._process.kill()


def _end_all(group: int, mark: str) -> int:
    """End whatever is left of a run; returns how many processes that were, as far as they can be known."""
    ended: set[int] = set()
    for _ in range(_ROUNDS):
        found = _marked(mark)
        _kill(os.killpg, group)
        if not found:
            break
        for number in found:
            _kill(os.kill, number)
        ended |= found
        time.sleep(0.01)
    return len(ended)


def _kill(kill: Callable[[int, int], None], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        kill(number, signal.SIGKILL)


def _marked(mark: str) -> set[int]:
    """Processes that have the mark, and are not over."""
    wanted = f"{_MARK}={mark}".encode()
    found = set()
    for process in _PROCESSES.glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile, or is another user's
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found.add(int(process.name))
    return found
