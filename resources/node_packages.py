"""Node packages for another machine than this one, as npm installs them from a lock file."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from resources.errors import BadInput, Conflict, NotFound, Unavailable
from resources.lambda_layers import Architecture

_CPUS: Mapping[Architecture, str] = {"x86_64": "x64", "arm64": "arm64"}
_SECONDS = 900
_NETWORK = re.compile(r"ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|E5\d\d|ENOTCACHED")


def install(package: Mapping[str, bytes], architecture: Architecture, cache: Path | None = None) -> dict[str, bytes]:
    """Files below `node_modules`, by path from there on, of what a package needs to run.

    Nothing of the packages is run while they are installed. Links to programs are left out.

    Args:
        package: `package.json`, `package-lock.json` and what they refer to, by path.
        architecture: Which variant of packages that have one for each is chosen.
        cache: Folder of what was downloaded, used before the registry; npm's own if None.

    Raises:
        BadInput: The lock does not fit the package, a hash is wrong, or a package or version is not there.
        Unavailable: The registry did not answer.
        NotFound: npm is not installed.
        Conflict: The disk is full.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise NotFound(
            "npm is not installed, and layers of Node are built with it", "Install it: `apt-get install npm` on Debian."
        )
    with TemporaryDirectory(prefix="layers-") as folder:
        for path, body in package.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
        command = [
            npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--install-links",
            "--prefer-offline", "--os=linux", f"--cpu={_CPUS[architecture]}", "--libc=glibc",
        ]  # fmt: skip
        if cache is not None:
            command.append(f"--cache={cache}")
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"npm was not ready after {_SECONDS} seconds", "Look whether the registry answers.") from None
        if done.returncode:
            raise _failure(done.stderr)
        modules = Path(folder, "node_modules")
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in modules.rglob("*")
            if path.is_file() and not path.is_symlink() and ".bin" not in path.parts and path.name != ".package-lock.json"
        }


def _failure(said: str) -> BadInput | Unavailable | Conflict:
    lines = [line for line in said.splitlines() if not re.search(r"A complete log|_logs", line)]
    text = " ".join(re.sub(r"^npm (error|ERR!)\s*", "", line).strip() for line in lines if line.strip())[:1000]
    if "ENOSPC" in text:
        return Conflict(f"npm: {text}", "Make room on the disk of temporary files, and build again.")
    if _NETWORK.search(text):
        return Unavailable(f"npm: {text}", "Look whether the registry answers (npm's configuration), and build again.")
    if "EINTEGRITY" in text:
        return BadInput(
            f"npm: {text}", "The lock does not fit what the registry has: look why they differ, and make the lock again."
        )
    return BadInput(f"npm: {text}", "Correct package.json, and make package-lock.json again with `npm install`.")
