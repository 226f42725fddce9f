"""Runs the embedded Oracle cloud in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from sandbox.oci import ords
from sandbox.oci.clock import Clock
from sandbox.oci.credentials import credentials
from sandbox.oci.demo import HOME_REGION, populate
from sandbox.oci.server import Cloud
from sandbox.oci.signatures import Keyring
from sandbox.oci.store import Store

_LAST_SECONDS = 2
"""What is still being answered has so long when the sandbox stops."""


def cloud(folder: Path, clock: Clock | None = None, data: Path | None = None) -> Cloud:
    """The cloud as it was saved in the folder, or that of the demo company; its credentials lie there.

    Args:
        folder: Private to its owner.
        clock: The sandbox's time; the world's if not given.
        data: A scenario's folder, whose usage and cost reports the cloud has.
    """
    mine = credentials(folder, HOME_REGION)
    store = Store(clock or Clock(), folder)
    if not store.restore():
        populate(store, data)
    return Cloud(store, Keyring({mine.key_id: mine.public_key}))


@contextmanager
def served(what: Cloud, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """The cloud's address while it is served: `http://host:port`."""
    loop = asyncio.new_event_loop()
    ready: threading.Event = threading.Event()
    address: list[str | Exception] = []
    stop = asyncio.Event()

    async def run() -> None:
        # An object's content encoding is kept as it is said, and its bytes as they come.
        runner = web.AppRunner(what.application(), access_log=None, auto_decompress=False, shutdown_timeout=_LAST_SECONDS)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port, reuse_address=True)
            await site.start()
            actual = runner.addresses[0][1]
            address.append(f"http://[{host}]:{actual}" if ":" in host else f"http://{host}:{actual}")
            ords.readdress(what.store, str(address[0]))
        except OSError as error:
            address.append(error)
        ready.set()
        if not isinstance(address[0], Exception):
            await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), name="oci-sandbox", daemon=True)
    thread.start()
    ready.wait()
    first = address[0]
    try:
        if isinstance(first, Exception):
            raise first
        yield first
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
