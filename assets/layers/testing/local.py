"""Tests a bundle on this machine: its zips are unpacked as in a function, and clean interpreters of its runtime load them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assets.layers.logic.products import Kind
from assets.layers.logic.testing import (
    Attempt,
    Growth,
    Tested,
    brought_along,
    heaviest,
    judged,
    left_out,
    missing,
    nothing_to_load,
    too_slow,
)
from assets.layers.testing.unpacking import NotUnpacked, unpack
from resources.language_runtimes import interpreter, machine
from resources.limited_runs import Ended, Limits, run

_PROBES = {"python": Path(__file__).parent / "layer_probe.py", "node": Path(__file__).parent / "layer_probe.cjs"}
_NOISE_SECONDS = 0.02
"""Imports that take so much longer are not slower for certain."""
_MORE_ROUNDS = 2
"""How many times as often it is measured again, before it is called slower."""
_BREAKDOWN_BYTES = 16 << 20
_OUT_OF_MEMORY = ("MemoryError", "heap out of memory", "Allocation failed", "out of memory")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tested.

    Attributes:
        kind: Python or Node.
        runtime: Of Lambda.
        architecture: Of it.
        contents: Its zips.
        imports: Modules that have to load.
        smoke: Code that has to end without an error; empty if none.
        left_out: Packages that others have.
    """

    kind: Kind
    runtime: str
    architecture: str
    contents: tuple[bytes, ...]
    imports: tuple[str, ...]
    smoke: str = ""
    left_out: tuple[str, ...] = ()


def on_this_machine(
    subject: Subject, before: Subject | None, import_growth: float | None, runs: int = 5, limits: Limits | None = None
) -> Tested:
    """Load everything in fresh processes, try the smoke code once, and hold the time of the imports against the version before.

    Both versions are measured in turn, so that what else the machine does slows both; what seems too slow is measured again.

    Args:
        subject: What is tested.
        before: The version before; None if there is none.
        import_growth: Most growth of the import time, as a share; None is without bound.
        runs: How often each is measured.
        limits: Of each process.
    """
    program = interpreter(subject.runtime)
    if subject.architecture != machine():
        return Tested("unknown", f"this machine is not {subject.architecture}: it is tested in the account")
    if program is None:
        return Tested("unknown", f"no {subject.runtime} on this machine: it is tested in the account")
    if (why := nothing_to_load(subject.imports, subject.smoke)) is not None:
        return Tested("unknown", why)
    with TemporaryDirectory(prefix="layer-test-") as folder:
        try:
            now = _Bench(subject, program, Path(folder, "now"), limits or Limits())
        except NotUnpacked as error:
            return Tested("failed", str(error))
        return _measured(now, _usable(before, program, Path(folder, "before"), limits), import_growth, runs)


def _usable(before: Subject | None, program: Path, folder: Path, limits: Limits | None) -> "_Bench | None":
    """The version before, if it can be measured."""
    if before is None:
        return None
    try:
        bench = _Bench(before, program, folder, limits or Limits())
    except NotUnpacked:
        return None
    return bench if bench.attempt().seconds is not None else None


def _measured(now: "_Bench", before: "_Bench | None", import_growth: float | None, runs: int) -> Tested:
    growth = Growth(import_growth, _NOISE_SECONDS, "s", "loading it")
    attempts = [now.attempt(smoke=True)]
    times: list[float] = []
    earlier: list[float] = []
    most: tuple[tuple[str, float], ...] = ()
    if attempts[0].seconds is not None and attempts[0].is_over:
        _alternate(now, before, runs, attempts, times, earlier)
        if too_slow(times, earlier, growth):
            _alternate(now, before, _MORE_ROUNDS * runs, attempts, times, earlier)
        most = now.breakdown()
    kind, out = now.subject.kind, now.subject.left_out
    elsewhere = {name for name in missing(attempts) if brought_along(kind, name) or left_out(name, out)}
    return judged(attempts, elsewhere, times, earlier, growth, most)


def _alternate(
    now: "_Bench", before: "_Bench | None", runs: int, attempts: list[Attempt], times: list[float], earlier: list[float]
) -> None:
    for _ in range(runs):
        attempts.append(now.attempt())
        if attempts[-1].seconds is None:
            return
        times.append(attempts[-1].seconds)
        if before is not None and (seconds := before.attempt().seconds) is not None:
            earlier.append(seconds)


class _Bench:
    """A bundle that is unpacked, and can be loaded again and again."""

    def __init__(self, subject: Subject, program: Path, folder: Path, limits: Limits) -> None:
        self.subject, self._program, self._limits = subject, program, limits
        self._root, self._home = folder / "opt", folder / "tmp"
        unpack(subject.contents, self._root)
        self._home.mkdir()

    def attempt(self, *, smoke: bool = False) -> Attempt:
        """Load everything in a fresh process."""
        return self._run([], self._limits, smoke=smoke)[0]

    def breakdown(self) -> tuple[tuple[str, float], ...]:
        """What the imports spend most time on; nothing if the runtime cannot tell."""
        if self.subject.kind != "python":
            return ()
        limits = replace(self._limits, output_bytes=_BREAKDOWN_BYTES)
        return heaviest(self._run(["-X", "importtime"], limits, smoke=False)[1])

    def _run(self, options: Sequence[str], limits: Limits, *, smoke: bool) -> tuple[Attempt, str]:
        told = self._home / "layer-probe.jsonl"
        told.unlink(missing_ok=True)
        cases = json.dumps({"imports": self.subject.imports, "smoke": self.subject.smoke if smoke else ""})
        ended = run([str(self._program), *self._arguments(options, told), cases], limits, self._environment(), self._home)
        return Attempt(self._steps(told), _ending(ended, limits), ended.left_behind), ended.output

    def _arguments(self, options: Sequence[str], told: Path) -> list[str]:
        probe = str(_PROBES[self.subject.kind])
        if self.subject.kind == "node":
            return [probe, str(told)]
        # without user and site packages, and without writing bytecode: a function cannot write into its layers either
        return ["-I", "-S", "-B", *options, probe, json.dumps(self._folders()), str(told)]

    def _folders(self) -> list[str]:
        """Where Python looks for modules of layers, in their order. Source: docs.aws.amazon.com, "Packaging layers"."""
        return [str(self._root / f"python/lib/{self.subject.runtime}/site-packages"), str(self._root / "python")]

    def _steps(self, told: Path) -> tuple[dict[str, Any], ...]:
        """What a probe told, up to where it was cut off, with paths as a function has them."""
        steps = []
        text = told.read_text(errors="replace") if told.is_file() else ""
        for line in text.replace(str(self._root), "/opt").splitlines():
            try:
                steps.append(json.loads(line))
            except ValueError:
                break
        return tuple(step for step in steps if isinstance(step, dict))

    def _environment(self) -> dict[str, str]:
        """As in a function. Source: docs.aws.amazon.com, "Lambda environment variables"."""
        home, root = str(self._home), self._root
        major = self.subject.runtime.removeprefix("nodejs").removesuffix(".x")
        return {
            "PATH": f"{self._program.parent}:/usr/local/bin:/usr/bin:/bin:{root / 'bin'}",
            "LD_LIBRARY_PATH": str(root / "lib"),
            "NODE_PATH": f"{root / 'nodejs' / f'node{major}' / 'node_modules'}:{root / 'nodejs' / 'node_modules'}",
            "HOME": home,
            "TMPDIR": home,
            "LAMBDA_TASK_ROOT": home,
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.subject.runtime}",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }


def _ending(ended: Ended, limits: Limits) -> str:
    """Why a process ended before its end, for people."""
    if ended.late:
        return f"it takes longer than {limits.seconds:g} s"
    if ended.flooded:
        return f"it prints more than {limits.output_bytes:,} bytes"
    if ended.code != 0 and any(sign in ended.output for sign in _OUT_OF_MEMORY):
        return f"it needs more than {limits.megabytes:,} MB of memory"
    if ended.signal is not None:
        return f"its process crashed ({ended.signal})"
    return f"it ended its process (exit code {ended.code})"
