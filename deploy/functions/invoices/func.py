"""An OCI Function that analyses an invoice as soon as it lies in its bucket: the product's reading behind `handler`.

Its configuration (`fn config function …`) takes the place of the environment:

    BUCKET          bucket that invoices come to; objects of others are denied (required)
    NAMESPACE       Object Storage namespace of the bucket; the tenancy's if not given
    DOCUMENT_AI     `local` (usual) or `oci`, which reads pages by OCI Document Understanding
    COMPARTMENT_ID  compartment that is billed for it; the tenancy's root if not given
    LAKE            where results are kept, such as `s3://bucket/prefix`; if not given, a folder that goes with the instance
    PRINCIPAL       who calls: `resource principal` (usual), or another of `resources.oci.clients`
    CONFIG_FILE, ENDPOINT, REGION   as `resources.oci.clients` takes them
"""

import asyncio
import io
import json
import logging
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import fdk
from fdk.context import InvokeContext
from fdk.customer_code import Function
from fdk.response import Response

from assets.invoices.answering import Analyse, analyser, reply
from assets.invoices.reading import InvoiceReader
from resources.clock import Clock
from resources.document_ai.interface import DocumentAI, Limits
from resources.document_ai.local import LocalDocumentAI
from resources.errors import Unavailable
from resources.lake import Lake
from resources.oci.clients import OciClients
from resources.oci.document_understanding import OciDocumentAI
from resources.oci.object_storage import OciObjectStore

_SETTINGS = (
    "BUCKET", "NAMESPACE", "DOCUMENT_AI", "COMPARTMENT_ID", "LAKE", "PRINCIPAL", "CONFIG_FILE", "ENDPOINT", "REGION"
)  # fmt: skip


def handler(ctx: InvokeContext, data: io.BytesIO | None = None) -> Response:
    """Answer an event of Object Storage, or `{"object_key": …}`, with what is in the object."""
    config = ctx.Config()
    settings = tuple((name, config[name]) for name in _SETTINGS if config.get(name))
    found = reply(data.getvalue() if data else b"", lambda arrival: _analyse(settings)(arrival))
    body = json.dumps(found.body, ensure_ascii=False)
    return Response(ctx, body, {"Content-Type": "application/json; charset=utf-8"}, found.status)


@cache
def _analyse(settings: tuple[tuple[str, str], ...]) -> Analyse:
    """What analyses objects, made once for all calls that one instance of the function answers.

    Raises:
        Unavailable: The configuration is wrong. It is no fault of the object's: the event is to be delivered again.
    """
    config = dict(settings)
    bucket = config.get("BUCKET")
    if not bucket:
        raise Unavailable("the function does not know its bucket", "Set BUCKET in the function's configuration.")
    clients = _clients(config)
    limits = Limits()
    store = OciObjectStore(clients=clients, bucket=bucket, namespace=config.get("NAMESPACE", ""))
    lake = Lake(root=config.get("LAKE") or str(Path(tempfile.gettempdir(), "lake")))
    return analyser(store, bucket, InvoiceReader(_engine(config, clients), lake, Clock(), limits), limits)


def _clients(config: Mapping[str, str]) -> OciClients:
    fields = {"PRINCIPAL": "principal", "CONFIG_FILE": "config_file", "ENDPOINT": "endpoint", "REGION": "region"}
    given: dict[str, Any] = {field: config[name] for name, field in fields.items() if name in config}
    return OciClients(**{"principal": "resource principal", **given})


def _engine(config: Mapping[str, str], clients: OciClients) -> DocumentAI:
    name = config.get("DOCUMENT_AI", "local")
    if name == "local":
        return LocalDocumentAI()
    if name == "oci":
        return OciDocumentAI(clients=clients, compartment_id=config.get("COMPARTMENT_ID", ""))
    raise Unavailable(f"there is no document AI {name!r}", "Set DOCUMENT_AI to local or oci.")


if __name__ == "__main__":
    logging.getLogger().setLevel(logging.INFO)  # the development kit would log what libraries say for debugging
    # it asks for the current event loop, which newer ones of uvloop no longer make by themselves
    asyncio.set_event_loop(asyncio.new_event_loop())
    fdk.handle(Function(__file__))
