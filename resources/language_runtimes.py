"""Interpreters on this machine that are of the same version as a runtime of Lambda."""

import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

_SAYS_VERSION: Final = {"python": ("-I", "-S", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"), "nodejs": ("-v",)}
_RUNTIME = re.compile(r"(python|nodejs)([0-9.]+?)(?:\.x)?")
_SECONDS = 20


@cache
def interpreter(runtime: str) -> Path | None:
    """The interpreter of a runtime (`python3.12`, `nodejs22.x`); None if this machine has none of that version."""
    match = _RUNTIME.fullmatch(runtime)
    if match is None:
        return None
    language, version = match.groups()
    return next((path for path in _candidates(language, version) if _version(path, language) == version), None)


def machine() -> str:
    """Architecture of this machine, as Lambda calls it."""
    said = platform.machine().lower()
    return {"amd64": "x86_64", "aarch64": "arm64"}.get(said, said)


def _candidates(language: str, version: str) -> Iterator[Path]:
    if language == "python":
        yield Path(sys.executable)
        # tools that keep several versions of Python keep them side by side
        yield from sorted(Path(sys.base_prefix).parent.glob(f"*/bin/python{version}"))
    found = shutil.which(f"python{version}" if language == "python" else "node")
    if found is not None:
        yield Path(found)


def _version(path: Path, language: str) -> str | None:
    try:
        said = subprocess.run([path, *_SAYS_VERSION[language]], capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    text = said.stdout.strip()
    return text if language == "python" else text.removeprefix("v").split(".")[0]
