"""The sandbox as a process: it starts, serves the billing files over HTTP, and stops."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest

PROJECT = Path(__file__).parents[2]
_ENVIRONMENT = {**os.environ, "PYTHONUNBUFFERED": "1"}


def _start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=PROJECT,
        env=_ENVIRONMENT,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _stop(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    try:
        code = process.wait(timeout=20)
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
    return code


def _endpoint(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    ready = re.fullmatch(r"sandbox ready at (http://127\.0\.0\.1:\d+)\n", line)
    assert ready, line
    return ready[1]


@pytest.fixture
def sandbox(scenario) -> Iterator[str]:
    process = _start("--port", "0", "--data", str(scenario.folder))
    try:
        yield _endpoint(process)
    finally:
        _stop(process, signal.SIGTERM)


def test_the_bucket_holds_every_billing_file_as_it_is_on_disk(sandbox: str, scenario):
    client = boto3.client(
        "s3",
        endpoint_url=sandbox,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="acme-billing")
    sizes = {item["Key"]: item["Size"] for page in pages for item in page["Contents"]}
    files = {p.relative_to(scenario.billing).as_posix(): p for p in scenario.billing.rglob("*") if p.is_file()}

    assert sizes == {key: path.stat().st_size for key, path in files.items()}
    key = "oci/reports/cost-csv/0001000000600000.csv.gz"
    body = client.get_object(Bucket="acme-billing", Key=key)["Body"]
    with body:
        assert body.read() == files[key].read_bytes()
    client.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_when_told_to(number: signal.Signals):
    process = _start("--port", "0")
    _endpoint(process)

    assert _stop(process, number) == 0


def test_it_stops_and_keeps_its_state_while_requests_are_open(tmp_path: Path):
    home = tmp_path / "home"
    process = _start("--port", "0", "--oci-port", "0", "--home", str(home))
    aws = urlsplit(_endpoint(process))
    assert process.stdout is not None
    oracle = urlsplit(process.stdout.readline().split()[4].rstrip(","))
    with (
        socket.create_connection((aws.hostname, aws.port)) as upload,
        socket.create_connection((oracle.hostname, oracle.port)) as late,
    ):
        upload.sendall(b"PUT /bucket/key HTTP/1.1\r\nHost: aws\r\nContent-Length: 100\r\n\r\npart")
        late.sendall(b"GET /eu-frankfurt-1/budget/20190111/budgets HTTP/1.1\r\nHost: oci\r\nx-sandbox-fault: latency=600\r\n\r\n")
        time.sleep(0.5)
        began = time.monotonic()

        assert _stop(process, signal.SIGTERM) == 0
    assert time.monotonic() - began < 10
    assert (home / "state.json").exists()


def test_it_ends_with_the_process_that_it_follows():
    process = _start("--port", "0", "--oci-port", "0", "--follow", str(os.getppid()))
    try:
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _refused(*arguments: str) -> str:
    command = [sys.executable, "-m", "sandbox", *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    return done.stderr


def test_a_used_port_is_refused_with_a_clear_message():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        message = _refused("--port", str(port))

    assert f"cannot listen on 127.0.0.1 port {port}" in message
    assert "--port" in message


def test_two_clouds_on_one_port_are_refused():
    assert "--oci-port" in _refused("--port", "5999", "--oci-port", "5999")


def test_an_address_that_others_can_reach_is_refused_unless_allowed():
    assert "--allow-remote" in _refused("--host", "192.0.2.1")


def test_a_data_folder_without_billing_files_is_refused(tmp_path: Path):
    assert "sandbox.scenario" in _refused("--port", "0", "--data", str(tmp_path))
