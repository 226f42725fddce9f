"""The embedded clouds beside a command: started for the demo, with their state kept in the deployment's folder."""

import os
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from orchestration.settings import Clouds, inherited_environment, use_clouds
from resources.errors import Unavailable

CLOUD_FOLDER = "cloud"
_CONFIG = "oci_config"
_STOP_SECONDS = 30


def are_there() -> bool:
    """Whether what the embedded clouds are made of is installed."""
    return find_spec("moto") is not None and find_spec("aiohttp") is not None


def command(home: Path, port: int = 0, oci_port: int = 0) -> list[str]:
    """The command that serves the demo's clouds; a port of 0 takes a free one."""
    folders = ["--home", str(home / CLOUD_FOLDER), "--data", str(home / "scenario")]
    return [
        sys.executable,
        "-m",
        "sandbox",
        "--follow",
        str(os.getpid()),
        "--port",
        str(port),
        "--oci-port",
        str(oci_port),
        *folders,
    ]


def addresses(home: Path, aws: str, oracle: str) -> Clouds:
    """The demo's clouds at these addresses, with the credentials that lie in the deployment's folder."""
    file = home / CLOUD_FOLDER / _CONFIG
    config = ConfigParser()
    config.read(file)
    profile = config["DEFAULT"]
    return Clouds(
        oci_tenancy=profile.get("tenancy", ""),
        oci_home_region=profile.get("region", ""),
        oci_config_file=str(file),
        oci_endpoint=oracle,
        aws_endpoint=aws,
    )


@contextmanager
def running(home: Path, port: int = 0) -> Iterator[None]:
    """The demo's clouds while the block runs; this process is pointed at them, and afterwards at none.

    Args:
        home: Folder of the deployment.
        port: Of AWS, the next one being the Oracle cloud's; free ones if 0.

    Raises:
        Unavailable: They did not start.
    """
    process = subprocess.Popen(
        command(home, port, port and port + 1),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=inherited_environment(),
    )
    try:
        lines = [process.stdout.readline().split() if process.stdout else [] for _ in range(2)]
        if not all(lines):
            raise Unavailable("the embedded clouds did not start", "See what is said above, and try again.")
        use_clouds(addresses(home, lines[0][-1], lines[1][4].rstrip(",")))
        yield
    finally:
        use_clouds(Clouds())
        process.terminate()
        try:
            process.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()
