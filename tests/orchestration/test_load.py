"""Loading the location is quick, quiet and offline: it happens in every process of a deployment."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
HEAVY = (
    "torch", "sentence_transformers", "oci", "boto3", "dagster_aws", "oracledb", "sklearn", "statsforecast", "onnxruntime",
    "httpx",
)  # fmt: skip
_CHILD = """
import json, socket, sys

def refuse(*_):
    raise AssertionError("loading opened a connection")

socket.socket.connect = socket.socket.connect_ex = refuse

from orchestration.definitions import build_defs

build_defs().resolve_all_asset_specs()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def _seconds_of_children() -> float:
    """Processor time: how long it takes by the wall says as much about what else the machine does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("deployment", ["local", "production"])
def test_the_location_loads_quickly_without_the_network_and_without_heavy_packages(deployment, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "CLOUDOPS_DEPLOYMENT": deployment}
    before = _seconds_of_children()

    child = subprocess.run(
        [sys.executable, "-c", _CHILD], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert child.returncode == 0, child.stderr
    assert _seconds_of_children() - before < 10
    assert not set(HEAVY) & set(json.loads(child.stdout.splitlines()[-1]))
