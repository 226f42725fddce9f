"""What the embedded AWS is to know after a restart: the requests that changed something, kept in a file and made again.

moto holds its state in memory and has no other way to keep it than its recorder.
"""

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import requests

_LOOKS = ("Describe", "List", "Get", "Head", "Search", "Lookup")
_SECONDS = 60


def restore(file: Path, endpoint: str) -> int:
    """Make the requests in the file again, and keep those that come from now on; returns how many were made.

    Args:
        file: moto's recording (`MOTO_RECORDER_FILEPATH`); requests that only looked are removed from it.
        endpoint: Address of the embedded AWS.
    """
    rows = [row for row in file.read_text().splitlines() if changes(json.loads(row))] if file.exists() else []
    part = file.with_suffix(".part")
    part.write_text("".join(f"{row}\n" for row in rows))
    part.replace(file)
    if rows:
        _ask(endpoint, "replay-recording", {"target_host": endpoint})
    _ask(endpoint, "start-recording", None)
    return len(rows)


def changes(entry: dict[str, Any]) -> bool:
    """Whether a recorded request may have changed something."""
    if entry["method"] in ("GET", "HEAD"):
        return False
    action = _action(entry)
    return not action.startswith(_LOOKS)


def _action(entry: dict[str, Any]) -> str:
    """Name of the operation in the protocols that tell it; empty in those that tell it by path and method."""
    headers = {name.lower(): value for name, value in entry["headers"].items()}
    target = headers.get("x-amz-target", "")
    if target:
        return str(target).rpartition(".")[2]
    body = entry.get("body") or ""
    text = base64.b64decode(body).decode(errors="replace") if entry.get("body_encoded") else str(body)
    return parse_qs(text).get("Action", [""])[0] if text.startswith("Action=") or "&Action=" in text else ""


def _ask(endpoint: str, what: str, body: dict[str, str] | None) -> None:
    requests.post(f"{endpoint}/moto-api/recorder/{what}", json=body, timeout=_SECONDS).raise_for_status()
