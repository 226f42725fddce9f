"""The OCI Function, served by its own development kit over its socket, with the embedded cloud behind it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import httpx
import pytest

from sandbox.oci.services import object_storage
from tests.einvoice_files import LINES, holding, ubl
from tests.pdf_files import pdf
from tests.sandboxes import HOME_REGION, running

ROOT = Path(__file__).parents[2]
FUNCTION = ROOT / "deploy" / "functions" / "invoices"
BUCKET = "invoices"
FILES = {
    "e-invoice.xml": ubl(),
    "2026/with e-invoice.pdf": holding({"factur-x.xml": ubl()}, LINES),
    "printed.pdf": pdf([LINES]),
    "damaged.pdf": b"%PDF-1.4\nnothing follows",
}


class Served:
    """The function while it is served."""

    def __init__(self, path):
        self.client = httpx.Client(transport=httpx.HTTPTransport(uds=path), base_url="http://function", timeout=100)

    def invoke(self, body, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        deadline = "2099-01-01T00:00:00Z"
        return self.client.post("/call", content=content, headers={"Fn-Call-Id": "c1", "Fn-Deadline": deadline, **headers})


@pytest.fixture(scope="module")
def function(tmp_path_factory):
    folder = tmp_path_factory.mktemp("function")
    sockets = tempfile.mkdtemp(prefix="fn-")  # a path of a socket must be short
    with running(folder / "cloud") as sandbox, (folder / "log").open("w") as log:
        store = sandbox.cloud.store
        object_storage.add_bucket(store, object_storage.NAMESPACE, BUCKET, sandbox.tenancy, HOME_REGION, "test")
        for name, content in FILES.items():
            object_storage.add_object(store, object_storage.NAMESPACE, BUCKET, name, content)
        environment = {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")},
            "PYTHONPATH": str(ROOT),
            "FN_FORMAT": "http-stream",
            "FN_LISTENER": f"unix:{sockets}/f.sock",
            "BUCKET": BUCKET,
            "LAKE": str(folder / "lake"),
            "PRINCIPAL": "config file",
            "CONFIG_FILE": sandbox.config_file,
            "ENDPOINT": sandbox.url,
        }
        command = [sys.executable, str(FUNCTION / "func.py")]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
        try:
            await_socket(Path(sockets, "f.sock"), process)
            served = Served(f"{sockets}/f.sock")
            yield served
            served.client.close()
        finally:
            process.kill()
            process.wait(10)
            shutil.rmtree(sockets)


def await_socket(path, process):
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with socket.socket(socket.AF_UNIX) as probe:
            if path.exists() and probe.connect_ex(str(path)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the function was not served")


def event(key, bucket=BUCKET, kind="createobject"):
    return {
        "eventType": f"com.oraclecloud.objectstorage.{kind}",
        "cloudEventsVersion": "0.1",
        "eventTime": "2026-11-16T12:00:00Z",
        "data": {
            "resourceName": key,
            "additionalDetails": {"bucketName": bucket, "namespace": object_storage.NAMESPACE, "eTag": "e"},
        },
    }


@pytest.mark.parametrize("key", ["e-invoice.xml", "2026/with e-invoice.pdf"])
def test_an_event_is_answered_with_what_is_in_the_object(function, key):
    answer = function.invoke(event(key))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    found = answer.json()
    assert (found["status"], found["object_key"], len(found["content_hash"])) == (200, key, 64)
    (invoice,) = found["invoices"]
    fields = {name: (value["value"], value["confidence"]) for name, value in invoice["fields"].items()}
    assert fields["invoice_number"] == ("A-2026-17", 1.0)
    assert fields["grand_total"] == ("39.87", 1.0)
    assert len(invoice["line_items"]) == 2


def test_a_plain_request_is_answered_likewise_and_the_same_again(function):
    first, again = (function.invoke({"object_key": "printed.pdf"}).json() for _ in range(2))
    assert first == again
    assert (first["status"], first["pages"], len(first["invoices"])) == (200, 1, 1)


@pytest.mark.parametrize(
    ("request_", "status", "kind"),
    [
        (b"", 400, "BadInput"),
        (b"not json", 400, "BadInput"),
        ({"invoice_path": "a.pdf"}, 400, "BadInput"),
        (event("printed.pdf", kind="deleteobject"), 400, "BadInput"),
        (event("printed.pdf", bucket="payroll"), 403, "Denied"),
        ({"object_key": "no such file.pdf"}, 404, "NotFound"),
        ({"object_key": "damaged.pdf"}, 422, "Unreadable"),
    ],
)
def test_what_cannot_be_analysed_says_why_with_its_status_and_without_a_trace(function, request_, status, kind):
    answer = function.invoke(request_)
    found = answer.json()
    assert (found["status"], found["error"]["kind"]) == (status, kind)
    assert found["error"]["advice"]
    assert "Traceback" not in answer.text
    assert answer.status_code == 200  # of a failure that lasts: the event is not to be delivered again


def test_a_gateway_is_told_the_status(function):
    answer = function.invoke({"object_key": "no such file.pdf"}, **{"Fn-Intent": "httprequest"})
    assert answer.headers["fn-http-status"] == "404"
    assert answer.json()["status"] == 404


def test_the_function_needs_what_the_product_needs_and_nothing_else():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    allowed = {*project["dependencies"], *project["optional-dependencies"]["functions"]}
    lines = (FUNCTION / "requirements.txt").read_text().splitlines()
    needed = {line for line in lines if line and not line.startswith("#")}
    assert needed <= allowed
    assert set(project["optional-dependencies"]["functions"]) <= needed


def test_a_function_that_is_configured_wrongly_leaves_the_event_to_be_delivered_again(tmp_path):
    """Whoever invokes it passes 502 on, and makes a 200 of all else: an arrival would be lost."""
    code = (
        "import func; from assets.invoices.answering import reply;"
        ' print(reply(b\'{"object_key": "a.pdf"}\', lambda arrival: func._analyse(())(arrival)).status)'
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{FUNCTION}:{ROOT}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "502"
