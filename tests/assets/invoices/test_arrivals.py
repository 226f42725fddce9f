"""Arrivals over a stream: work is done before it is committed, also when the reader is killed in between."""

import subprocess
import sys
from pathlib import Path

import oci
import pytest

from assets.invoices.arrivals import consume
from assets.invoices.logic.arrival_messages import Arrival
from resources.errors import Conflict, Unavailable
from resources.message_stream import Outgoing
from resources.oci.clients import OciClients
from resources.oci.streaming import OciStream
from tests.sandboxes import running

READER = """
import os, signal, sys
from pathlib import Path
from assets.invoices.arrivals import consume
from resources.oci.clients import OciClients
from resources.oci.streaming import OciStream

endpoint, config_file, stream_id, ledger, kill = sys.argv[1:]
if kill == "kill":
    OciStream.commit = lambda self, batch: os.kill(os.getpid(), signal.SIGKILL)

def work(arrivals):
    known = set(Path(ledger).read_text().splitlines()) if Path(ledger).exists() else set()
    with open(ledger, "a") as file, open(ledger + ".calls", "a") as calls:
        for arrival in arrivals:
            calls.write(arrival.identity + "\\n")
            if arrival.identity not in known:
                file.write(arrival.identity + "\\n")

stream = OciStream(clients=OciClients(endpoint=endpoint, config_file=config_file), stream_id=stream_id)
print(consume(stream, "invoices", work, lambda invalid: None).messages)
"""


@pytest.fixture
def sandbox(tmp_path):
    with running(tmp_path / "cloud") as made:
        yield made


@pytest.fixture
def stream(sandbox):
    admin = sandbox.client(oci.streaming.StreamAdminClient, "streaming")
    details = oci.streaming.models.CreateStreamDetails(name="arrivals", partitions=2, compartment_id=sandbox.tenancy)
    stream_id = admin.create_stream(details).data.id
    sandbox.advance(10)
    clients = OciClients(endpoint=sandbox.url, config_file=sandbox.config_file, max_attempts=1)
    return OciStream(clients=clients, stream_id=stream_id)


def arrive(stream, *arrivals):
    assert stream.put([Outgoing(arrival.message(), arrival.object_key) for arrival in arrivals]) == ()


class Desk:
    """Notes what is handed to it."""

    def __init__(self):
        self.arrivals, self.invalid = [], []

    def consume(self, stream, **more):
        return consume(stream, "invoices", self.arrivals.extend, self.invalid.extend, **more)


def test_each_version_of_an_object_is_worked_on_once_however_often_it_is_told(stream):
    arrive(stream, Arrival("a.pdf", etag="1"), Arrival("b.pdf"), Arrival("a.pdf", etag="1"), Arrival("a.pdf", etag="2"))
    desk = Desk()
    done = desk.consume(stream)
    assert (done.messages, done.arrivals, done.invalid) == (4, 3, 0)
    assert {(a.object_key, a.etag) for a in desk.arrivals} == {("a.pdf", "1"), ("b.pdf", None), ("a.pdf", "2")}
    assert desk.consume(stream).messages == 0


def test_a_message_that_is_none_is_put_aside_and_holds_up_nothing(stream):
    stream.put([Outgoing(b"\xff", "k"), Outgoing(Arrival("a.pdf").message(), "k"), Outgoing(b"{}", "k")])
    desk = Desk()
    done = desk.consume(stream)
    assert (done.messages, done.arrivals, done.invalid) == (3, 1, 2)
    assert [(one.message.offset, one.rejected.reason) for one in desk.invalid] == [
        (0, "it is no JSON"),
        (2, "object_key is missing"),
    ]
    assert desk.consume(stream).messages == 0


@pytest.mark.parametrize("fails", ["work", "quarantine"])
def test_what_fails_is_asked_for_again(stream, fails):
    stream.put([Outgoing(b"{}", "k"), Outgoing(Arrival("a.pdf").message(), "k")])

    def failing(_):
        raise Unavailable("the lake is not there", "Wait.")

    desk = Desk()
    functions = {"work": desk.arrivals.extend, "quarantine": desk.invalid.extend, fails: failing}
    with pytest.raises(Unavailable):
        consume(stream, "invoices", functions["work"], functions["quarantine"])
    assert Desk().consume(stream).messages == 2


def test_work_that_outlasts_its_claim_is_asked_for_again(sandbox, stream):
    arrive(stream, Arrival("a.pdf"))
    with pytest.raises(Conflict):
        consume(stream, "invoices", lambda _: sandbox.advance(400), lambda _: None)
    assert Desk().consume(stream).arrivals == 1


def test_a_reader_that_is_killed_before_the_commit_is_told_again_and_nothing_is_done_twice(sandbox, stream, tmp_path):
    arrive(stream, *(Arrival(f"{n}.pdf", etag="e") for n in range(3)))
    ledger = tmp_path / "ledger"
    command = [sys.executable, "-c", READER, sandbox.url, sandbox.config_file, stream.stream_id, str(ledger)]
    root = Path(__file__).parents[3]
    killed = subprocess.run([*command, "kill"], cwd=root, capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    assert len(ledger.read_text().splitlines()) == 3
    again = subprocess.run([*command, "live"], cwd=root, capture_output=True, text=True, check=True)
    assert again.stdout.strip() == "3"
    calls = Path(f"{ledger}.calls").read_text().splitlines()
    assert sorted(calls) == sorted([f"//{n}.pdf@e" for n in range(3)] * 2)
    assert sorted(ledger.read_text().splitlines()) == [f"//{n}.pdf@e" for n in range(3)]
    assert Desk().consume(stream).messages == 0
