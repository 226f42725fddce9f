"""Runs a piece of work in a process of its own and reports its time and peak memory."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from orchestration.settings import inherited_environment

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Linear algebra stays on one thread per process, so that what is compared has the same cores."""
_WRAPPER = """
import json, resource, sys, time
code = compile(sys.stdin.read(), "<work>", "exec")
scope = {"argv": sys.argv[1:]}
exec(code, scope)
started = time.perf_counter()
scope["work"]()
seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Wall seconds of `work()` alone, and the process's peak resident memory in MB."""

    seconds: float
    peak_mb: float


def in_a_process(work: str, *arguments: str) -> Measurement:
    """Run the source text `work`, which defines `work()`, in a fresh interpreter; imports before the call are not timed."""
    command = [sys.executable, "-W", "ignore", "-c", _WRAPPER, *arguments]
    environment = {**inherited_environment(), **_ONE_THREAD}
    done = subprocess.run(command, input=work, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return Measurement(**json.loads(done.stdout.splitlines()[-1]))


def alternating(works: Sequence[tuple[str, ...]], repeats: int) -> list[list[Measurement]]:
    """Measure several works in turn, `repeats` rounds; one list per work, so that the same round has the same place in each."""
    rounds = [[in_a_process(*work) for work in works] for _ in range(repeats)]
    return [list(of_work) for of_work in zip(*rounds, strict=True)]


def middle(measurements: list[Measurement]) -> Measurement:
    """Median time and median peak."""
    return Measurement(median(m.seconds for m in measurements), median(m.peak_mb for m in measurements))
