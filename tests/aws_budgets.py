"""AWS Budgets as tests use them: the embedded AWS served over HTTP, empty at the beginning."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

ACCOUNT = "123456789012"
"""The account that the embedded AWS takes every caller to be of."""


@contextmanager
def aws() -> Iterator[str]:
    """The address of an AWS without budgets, while it is served."""
    from moto.budgets.models import budgets_backends
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    from sandbox.aws_budgets import extend

    extend()
    budgets_backends.reset()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()
