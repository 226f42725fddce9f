"""The embedded Oracle cloud with a large fleet, as far away as a real one; some of its databases fail.

Every request waits 50 ms. Two of a hundred are told to slow down. One database of a hundred never answers SQL, and one for each
further kind of fault fails in that way for ever. Run as `python -m benchmarks.fleet_cloud`.
"""

import argparse
import asyncio
import json
import random
import re
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path

from aiohttp import web

from sandbox.oci.clock import text
from sandbox.oci.demo import HOME_REGION
from sandbox.oci.process import cloud, served
from sandbox.oci.server import Cloud
from sandbox.oci.services.database import add_database
from sandbox.oci.services.identity import add_compartment
from sandbox.oci_estate import TENANCY

FAULTS = ("throttled", "failing", "dropped", "refused", "hidden view", "no metrics")
"""Kinds of which one database each suffers: 429 for ever; 500 for ever; connections that end without an answer; a wrong password;
a view without access; no metrics."""
_SECONDS_AWAY = 0.05
_SLOW_DOWN_SHARE = 0.02
_HUNG_SHARE = 0.01
_AGE = timedelta(days=2)
_COMPARTMENTS = 20
_REGIONS = (HOME_REGION, "us-ashburn-1")
_OCID = re.compile(r"ocid1\.autonomousdatabase\.[\w.-]+")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class FarCloud(Cloud):
    """The cloud at some distance."""

    suffers: Mapping[str, str] | None = None

    def application(self) -> web.Application:
        """As the cloud's, with what goes wrong before it."""
        made = super(FarCloud, self).application()
        drawn = random.Random(1)

        @web.middleware
        async def far(request: web.Request, handler: _Handler) -> web.StreamResponse:
            is_sql = request.path.endswith("/_/sql")
            if request.path.startswith("/sandbox/") and not is_sql:
                return await handler(request)
            await asyncio.sleep(_SECONDS_AWAY)
            asked = request.path if request.method == "GET" or is_sql else (await request.text())
            named = _OCID.search(asked)
            fault = (self.suffers or {}).get(named.group() if named else "")
            if fault == "throttled" or drawn.random() < _SLOW_DOWN_SHARE:
                return web.json_response({"code": "TooManyRequests", "message": "Slow down."}, status=429)
            if fault and is_sql and (answer := await _suffered(fault, request)) is not None:
                return answer
            if fault == "no metrics" and request.path.endswith("/summarizeMetricsData"):
                return web.json_response([])
            return await handler(request)

        made.middlewares.append(far)
        return made


async def _suffered(fault: str, request: web.Request) -> web.StreamResponse | None:
    """What a database that fails answers to SQL; None if it answers as others do."""
    if fault == "hung":
        while request.transport is not None and not request.transport.is_closing():
            await asyncio.sleep(0.2)
        return web.Response(status=504)
    if fault == "dropped" and request.transport is not None:
        request.transport.abort()
        return web.Response()
    if fault == "failing":
        return web.json_response({"code": "InternalServerError"}, status=500)
    if fault == "refused":
        return web.json_response({"code": "Unauthorized"}, status=401)
    if fault == "hidden view" and "gv$session" in await request.text():
        told = {"errorCode": 942, "errorLine": 1, "errorColumn": 1, "errorDetails": "ORA-00942: table or view does not exist"}
        return web.json_response({"items": [{"statementId": 1, **told}]})
    return None


def _fleet(made: Cloud, databases: int) -> list[str]:
    """Let databases exist, spread over regions and compartments; returns their ids."""
    since = {"timeCreated": text(made.store.clock.now() - _AGE)}
    places = [f"ocid1.compartment.oc1..fleet{n:02}" for n in range(_COMPARTMENTS)]
    for n, place in enumerate(places):
        add_compartment(made.store, TENANCY, f"fleet-{n:02}", place)
    where = list(product(_REGIONS, places))
    found = (add_database(made.store, *where[n % len(where)], f"F{n}", **since) for n in range(databases))
    return [str(one.body["id"]) for one in found]


def main() -> None:
    """Serve until SIGTERM; prints the address, the databases that fail and all others as JSON when ready."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--databases", type=int, required=True)
    parser.add_argument("--home", type=Path, required=True, help="private folder for the SDK configuration")
    arguments = parser.parse_args()
    made = cloud(arguments.home)
    ids = _fleet(made, arguments.databases)
    hung = max(round(_HUNG_SHARE * len(ids)), 1)
    kinds = [*["hung"] * hung, *FAULTS]
    chosen = random.Random(2).sample(ids, len(kinds))
    far = FarCloud(made.store, made.keys, suffers=dict(zip(chosen, kinds, strict=True)))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with served(far) as url:
        print(json.dumps({"url": url, "suffers": far.suffers, "databases": ids}), flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
