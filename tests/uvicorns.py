"""Servers as they run, on a free port of this machine."""

import threading
import time
from contextlib import contextmanager

import httpx
import uvicorn

from orchestration.http_guard import Limits
from orchestration.search_server import create_app
from resources.clock import Clock

PATIENT = Limits(per_second=1000, burst=1000)
CLOCK = Clock(fixed_at="2026-03-02T09:00:00Z")


@contextmanager
def serving(searches, log, limits=PATIENT):
    """A client of the search server."""
    with running(create_app(searches, log, limits, CLOCK)) as client:
        yield client


@contextmanager
def running(app):
    """A client of an application on a free port."""
    config = uvicorn.Config(
        app, port=0, log_config=None, http="h11", h11_max_incomplete_event_size=32_768, proxy_headers=False, server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
