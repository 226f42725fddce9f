"""Notifications, against a receiver on this machine."""

import json
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from resources.errors import BadInput, Unavailable
from resources.notifier import AppriseNotifier, LogNotifier

# Apprise imports it for its PGP support; on Python 3.13, where it is gone, Apprise does without.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECRET = "Zx9kQ2wL7pRt4vBn"


class Receiver(ThreadingHTTPServer):
    """A webhook that keeps what it gets and answers `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.messages: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"json://ann:{SECRET}@127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.messages.append(json.loads(body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_message_reaches_the_receiver_with_its_severity(receiver):
    AppriseNotifier(urls=[receiver.url]).notify("Costs rose", "Object Storage: +40 %", "warning")

    (message,) = receiver.messages
    assert (message["title"], message["message"], message["type"]) == (
        "Costs rose",
        "Object Storage: +40 %",
        "warning",
    )


def test_a_secret_in_a_message_is_not_sent(receiver):
    AppriseNotifier(urls=[receiver.url]).notify("failed", f"password={SECRET}", "failure")

    assert SECRET not in json.dumps(receiver.messages)


def test_a_refused_message_raises_without_the_secrets_of_the_url(receiver, caplog):
    receiver.status = 500

    with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable) as raised:
        AppriseNotifier(urls=[receiver.url]).notify("title", "body", "info")

    assert "JSON" in str(raised.value)
    assert SECRET not in str(raised.value)
    assert SECRET not in caplog.text


def test_a_receiver_that_is_down_raises(receiver):
    url = "json://127.0.0.1:1/"

    with pytest.raises(Unavailable):
        AppriseNotifier(urls=[receiver.url, url]).notify("title", "body", "info")


def test_a_malformed_address_is_named_by_its_position_only(caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(BadInput, match="receiver 1 of 1") as raised:
        AppriseNotifier(urls=[f"nosuchservice://ann:{SECRET}@host/{SECRET}"]).notify("title", "body", "info")

    assert SECRET not in str(raised.value)
    assert SECRET not in caplog.text


def test_no_address_at_all_is_refused():
    with pytest.raises(BadInput, match="no receiver"):
        AppriseNotifier(urls=[]).notify("title", "body", "info")


@pytest.mark.parametrize(("severity", "level"), [("info", "INFO"), ("warning", "WARNING"), ("failure", "ERROR")])
def test_the_log_shows_a_message_at_the_level_of_its_severity(caplog, severity, level):
    with caplog.at_level(logging.INFO):
        LogNotifier().notify("Costs rose", f"token={SECRET}", severity)

    (record,) = caplog.records
    assert record.levelname == level
    assert record.getMessage() == "Costs rose\ntoken=***"
