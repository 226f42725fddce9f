"""Headless Chromium as a reader uses it: pages are opened, keys typed, buttons pressed, over the browser's own protocol."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.sync.client import ClientConnection, connect

_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --remote-debugging-port=0 --window-size=1000,1100"
)
_SECONDS = 20


class Browser:
    """One page of one browser.

    Attributes:
        complaints: Whatever the browser complained about: errors of scripts, refused loads.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._sent = 0
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the protocol and wait for its result."""
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(_SECONDS))
            if message.get("id") == self._sent:
                assert "error" not in message, message
                return message["result"]
            if message.get("method") == "Log.entryAdded":
                self.complaints.append(message["params"]["entry"]["text"])
            elif message.get("method") == "Runtime.exceptionThrown":
                self.complaints.append(str(message["params"]["exceptionDetails"]))

    def value(self, expression: str) -> Any:
        """What an expression of JavaScript is on the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def until(self, expression: str) -> Any:
        """Wait until an expression is true."""
        end = time.monotonic() + _SECONDS
        while not (found := self.value(expression)):
            assert time.monotonic() < end, f"never: {expression}; the page says {self.value('document.body.innerText')}"
            time.sleep(0.02)
        return found

    def open(self, url: str) -> None:
        """Go to an address and wait for the page."""
        self.call("Page.navigate", url=url)
        self.until(f"document.readyState === 'complete' && location.href.startsWith({json.dumps(url)})")

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int) -> None:
        """Press a key."""
        text = {"text": "\r"} if key == "Enter" else {"text": " "} if key == " " else {}
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **(text if kind == "keyDown" else {})
            )

    def fill(self, field: str, text: str) -> None:
        """Put the cursor into a field, and type over what is in it."""
        self.value(f"document.getElementById('{field}').focus(), document.getElementById('{field}').select()")
        self.type(text)

    def enter(self) -> None:
        """Press Enter."""
        self.press("Enter", 13)


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own; skips where Chromium is not installed."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not there: install the Debian package `chromium`.")
    process = subprocess.Popen(
        [chromium, *_FLAGS.split(), f"--user-data-dir={folder / 'profile'}", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        port = _port(process)
        with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=_SECONDS) as listed:
            page = next(target for target in json.load(listed) if target["type"] == "page")
        with connect(page["webSocketDebuggerUrl"], max_size=None) as socket:
            yield Browser(socket)
    finally:
        process.terminate()
        process.communicate(timeout=_SECONDS)


def _port(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"DevTools listening on ws://127\.0\.0\.1:(\d+)/", line):
            return found.group(1)
    raise AssertionError("Chromium ended without a word")
