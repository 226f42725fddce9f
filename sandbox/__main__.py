"""Run the embedded cloud as a process: `python -m sandbox [--host 127.0.0.1] [--port 5555] [--data DIR]`.

Prints one line when it is ready, runs until SIGTERM or SIGINT, and then exits with 0. It accepts any
credentials from whoever reaches it, hence the loopback address.
"""

import argparse
import ipaddress
import logging
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from sandbox.delivery import BUCKET

_REGION = "us-east-1"


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code, 2 if the sandbox cannot start as asked."""
    arguments = _arguments(argv)
    refusal = _refusal(arguments.host, arguments.port, arguments.data, allow_remote=arguments.allow_remote)
    if refusal:
        sys.stderr.write(f"sandbox: {refusal}\n")
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _serve(arguments.host, arguments.port, arguments.data, stop)
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=5555, help="port; 0 takes a free one (default: 5555)")
    parser.add_argument("--data", type=Path, help=f"scenario folder whose billing files fill the bucket {BUCKET}")
    parser.add_argument("--allow-remote", action="store_true", help="accept a host that others can reach")
    return parser.parse_args(argv)


def _refusal(host: str, port: int, data: Path | None, *, allow_remote: bool) -> str | None:
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
        return f"cannot listen on {host} port {port} ({error}); stop what uses it or choose another with --port"
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _serve(host: str, port: int, data: Path | None, stop: threading.Event) -> None:
    # Imported late: a refusal should not wait for the whole of moto.
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address=host, port=port, verbose=False)
    server.start()
    try:
        address, actual = server.get_host_and_port()
        endpoint = f"http://[{address}]:{actual}" if ":" in address else f"http://{address}:{actual}"
        if data is not None:
            _upload(data / "billing", endpoint)
        sys.stdout.write(f"sandbox ready at {endpoint}\n")
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


if __name__ == "__main__":
    raise SystemExit(main())
