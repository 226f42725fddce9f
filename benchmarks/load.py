"""Claim: the code location loads within twice the time of `import dagster`, without heavy imports."""

import json
import subprocess
import sys
from statistics import median

from benchmarks.outcome import Target, finish

HEAVY = (
    "torch", "sentence_transformers", "oci", "boto3", "dagster_aws", "oracledb", "sklearn", "statsforecast", "onnxruntime",
)  # fmt: skip
_LOCATION = """
import json, sys, time
started = time.perf_counter()
import warnings; warnings.simplefilter("ignore")
import dagster
from orchestration.definitions import build_defs
dagster.Definitions.validate_loadable(build_defs())
print(json.dumps([time.perf_counter() - started, sorted({m.split(".")[0] for m in sys.modules})]))
"""
_DAGSTER = """
import json, sys, time
started = time.perf_counter()
import dagster
print(json.dumps([time.perf_counter() - started, []]))
"""


def main(argv: list[str]) -> int:
    """Measure with alternating fresh processes, median of the pairs' ratios."""
    repeats = int(argv[argv.index("--repeats") + 1]) if "--repeats" in argv else 7
    _timed(_LOCATION), _timed(_DAGSTER)  # both from a warm disk cache
    pairs = [(_timed(_LOCATION), _timed(_DAGSTER)) for _ in range(repeats)]
    modules = pairs[-1][0][1]
    metrics = {
        "seconds_ratio_vs_import_dagster": median(a[0] / b[0] for a, b in pairs),
        "seconds": median(a[0] for a, _ in pairs),
        "heavy_imports": [name for name in HEAVY if name in modules],
    }
    targets = {"seconds_ratio_vs_import_dagster": Target(at_most=2), "heavy_imports": Target(equals=[])}
    return finish("load", metrics, targets)


def _timed(code: str) -> tuple[float, list[str]]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, modules = json.loads(done.stdout.splitlines()[-1])
    return seconds, modules
