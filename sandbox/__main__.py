"""Run the embedded clouds as a process: `python -m sandbox [--port 5555] [--oci-port 5556] [--data DIR] [--home DIR]`.

Prints a line for each cloud when both are ready, runs until SIGTERM or SIGINT, and then exits with 0. The AWS side accepts any
credentials from whoever reaches it, hence the loopback address; the Oracle side verifies signatures of the key in `--home`.
"""

import argparse
import ipaddress
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from sandbox.delivery import BUCKET
from sandbox.oci.credentials import CONFIG
from sandbox.oci.process import cloud, served

_REGION = "us-east-1"
_LOOK_SECONDS = 0.5
_AWS_REQUESTS = "aws-requests.jsonl"


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code, 2 if the sandbox cannot start as asked."""
    arguments = _arguments(argv)
    if arguments.port and arguments.port == arguments.oci_port:
        sys.stderr.write(f"sandbox: --port and --oci-port are both {arguments.port}; each cloud needs a port of its own\n")
        return 2
    for option, port in (("--port", arguments.port), ("--oci-port", arguments.oci_port)):
        refusal = _refusal(arguments.host, port, arguments.data, option, allow_remote=arguments.allow_remote)
        if refusal:
            sys.stderr.write(f"sandbox: {refusal}\n")
            return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if arguments.follow:
        threading.Thread(target=_follow, args=(arguments.follow, stop), daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="sandbox-") as spare:
        home = (arguments.home or Path(spare)).absolute()
        made = cloud(home, data=arguments.data)
        with served(made, arguments.host, arguments.oci_port) as oracle:
            ready = f"oracle cloud ready at {oracle}, SDK configuration in {home / CONFIG}"
            _serve(arguments, home / _AWS_REQUESTS, stop, ready)
        if arguments.home:
            made.store.save()
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=5555, help="port; 0 takes a free one (default: 5555)")
    parser.add_argument("--oci-port", type=int, default=5556, help="port of the Oracle cloud; 0 takes a free one (default: 5556)")
    parser.add_argument(
        "--home",
        type=Path,
        help="private folder: the Oracle cloud's key and SDK configuration, and the state of both clouds, which is then kept",
    )
    parser.add_argument("--data", type=Path, help=f"scenario folder whose billing files fill the bucket {BUCKET}")
    parser.add_argument("--follow", type=int, metavar="PID", help="stop when the parent is not, or no more, this process")
    parser.add_argument(
        "--allow-remote", action="store_true", help="accept a host that others can reach: they can run code here, as Lambda"
    )
    return parser.parse_args(argv)


def _refusal(host: str, port: int, data: Path | None, option: str, *, allow_remote: bool) -> str | None:
    """Why the sandbox cannot start as asked; None if it can."""
    if not allow_remote and not _is_loopback(host):
        return f"{host} is not a loopback address, so others could use the sandbox; --allow-remote accepts that"
    if data is not None and not (data / "billing").is_dir():
        return f"{data} holds no billing/ folder; write one with: python -m sandbox.scenario --out {data}"
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        return f"cannot listen on {host} port {port} ({error}); stop what uses it or choose another with {option}"
    return None


def _follow(parent: int, stop: threading.Event) -> None:
    """Stop when the parent is another one: a command that was killed leaves no clouds behind."""
    while os.getppid() == parent and not stop.wait(_LOOK_SECONDS):
        pass
    stop.set()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _serve(arguments: argparse.Namespace, requests: Path, stop: threading.Event, also: str) -> None:
    os.environ["MOTO_RECORDER_FILEPATH"] = str(requests)  # read when moto is imported
    # Imported late: a refusal should not wait for the whole of moto.
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    from sandbox import aws_budgets, aws_lambda, aws_lambda_staging, aws_metrics
    from sandbox.aws_state import restore

    aws_budgets.extend()
    aws_metrics.extend()
    aws_lambda.extend()
    aws_lambda_staging.fill()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address=arguments.host, port=arguments.port, verbose=False)
    server.start()
    try:
        address, actual = server.get_host_and_port()
        endpoint = f"http://[{address}]:{actual}" if ":" in address else f"http://{address}:{actual}"
        if arguments.data is not None:
            _upload(arguments.data / "billing", endpoint)
            _measure(arguments.data)
        if arguments.home:
            restore(requests, endpoint)
        sys.stdout.write(f"sandbox ready at {endpoint}\n{also}\n")
        sys.stdout.flush()
        stop.wait()
    finally:
        server.stop()


def _upload(folder: Path, endpoint: str) -> None:
    """Fill the bucket with every file below `folder`, in the order in which they were delivered."""
    import boto3

    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=_REGION,
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",  # noqa: S106 (moto accepts any)
    )
    client.create_bucket(Bucket=BUCKET)
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    for path in sorted(files, key=lambda path: (path.stat().st_mtime_ns, path)):
        client.put_object(Bucket=BUCKET, Key=path.relative_to(folder).as_posix(), Body=path.read_bytes())


def _measure(data: Path) -> None:
    """Let machines and functions of a scenario exist, with metrics, and metrics of its databases; other files have none."""
    from sandbox import aws_functions, aws_machines, aws_traffic
    from sandbox.aws_utilisation import put
    from sandbox.scenario import parameters_of

    found = parameters_of(data)
    if found is not None:
        aws_machines.put()
        put(*found)
        aws_functions.put(found[0].last)
        aws_traffic.extend()


if __name__ == "__main__":
    raise SystemExit(main())
