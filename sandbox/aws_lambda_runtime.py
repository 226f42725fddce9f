"""Running a function: a fresh process with its code and layers alone, measured and ended as AWS Lambda does.

Every call is a cold start. Python runtimes run with this machine's Python and Node runtimes with its `node`, of whichever version
they are; folders that AWS searches by the version are those of the function's runtime. The code runs with the rights of the
sandbox's user.
"""

from __future__ import annotations

import base64
import importlib.metadata
import importlib.util
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.aws_accounts import key_of
from sandbox.aws_lambda_errors import LambdaError
from sandbox.aws_lambda_state import Configuration, Function, Version
from sandbox.aws_lambda_unpacking import Trees

MOST_ANSWER = 6_291_556
"""Bytes of an answer. Source: "Lambda quotas"."""
_INIT_SECONDS = 10
"""How long an import may take at least. AWS begins it again after so long, within the function's timeout."""
_TAIL = 4096
_BOOTSTRAP = Path(__file__).with_name("aws_lambda_bootstrap.py")
_PROVIDED = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")
"""What AWS's Python runtimes have by themselves; from this environment, where it has it."""
_DISTRIBUTIONS = {"dateutil": "python-dateutil"}
_TREES = Trees()


@dataclass(frozen=True, slots=True)
class Run:
    """A call that is over.

    Attributes:
        payload: Answer or error, JSON.
        error: `Unhandled` if it failed; AWS's runtimes tell errors of handlers so, too.
        log: All that it wrote, with the lines of the platform.
        duration_ms: Of the handler.
    """

    payload: bytes
    error: str | None
    log: bytes
    duration_ms: float

    @property
    def tail(self) -> str:
        """The last 4 KB of the log, base64."""
        return base64.b64encode(self.log[-_TAIL:]).decode()


@dataclass(frozen=True, slots=True)
class _Outcome:
    told: Mapping[str, Any]
    printed: bytes
    timed_out: bool
    status: int


def run(
    function: Function, version: Version, configuration: Configuration, event: bytes, request: str, called: str, endpoint: str
) -> Run:
    """Call a function.

    Args:
        function: Which one.
        version: Of it.
        configuration: That is in force.
        event: JSON.
        request: The call's id.
        called: ARN that was called.
        endpoint: Address of the embedded AWS, for the function's own requests.

    Raises:
        LambdaError: Its runtime is none that can be run here.
    """
    runtime = configuration.runtime or ""
    if not runtime.startswith(("python", "nodejs")):
        raise LambdaError(501, "NotImplemented", f"The embedded Lambda runs Python and Node functions, not {runtime}.")
    context = {
        "function_name": function.name,
        "function_version": version.number,
        "invoked_function_arn": called,
        "memory_limit_in_mb": str(configuration.memory),
        "aws_request_id": request,
        "log_group_name": f"/aws/lambda/{function.name}",
        "log_stream_name": f"{time.strftime('%Y/%m/%d', time.gmtime())}/[{version.number}]{request.replace('-', '')}",
    }
    with _TREES.held(configuration) as folder, tempfile.TemporaryDirectory(prefix="sandbox-run-") as private:
        told = {
            "handler": configuration.handler,
            "timeout": configuration.timeout,
            "context": context,
            "task": str(folder / "task"),
            "first": [
                str(folder / "task"),
                str(folder / "opt/python/lib" / runtime / "site-packages"),
                str(folder / "opt/python"),
            ],
            "last": [str(_provided())],
        }
        environment = _environment(function, configuration, folder, Path(private), context, endpoint)
        outcome = _process(told, environment, event, Path(private), folder / "task")
    return _judged(outcome, configuration, request, version.number)


def _process(told: dict[str, Any], environment: Mapping[str, str], event: bytes, private: Path, task: Path) -> _Outcome:
    node = any(name == "NODE_PATH" for name in environment)
    reader, writer = os.pipe()
    specification, log, given = private / "specification.json", private / "log", private / "event"
    specification.write_text(json.dumps({**told, "results": writer}))
    given.write_bytes(event)
    command = [_node(), str(_BOOTSTRAP.with_suffix(".mjs"))] if node else [sys.executable, "-I", "-S", "-B", str(_BOOTSTRAP)]
    try:
        with log.open("wb") as printed, given.open("rb") as source:
            process = subprocess.Popen(
                [*command, str(specification)], stdin=source, stdout=printed, stderr=subprocess.STDOUT, pass_fds=(writer,),
                cwd=task, env=dict(environment), start_new_session=True,
            )  # fmt: skip
        os.close(writer)
        writer = -1
        found, timed_out = _awaited(reader, told["timeout"])
        if timed_out or found.get("answer", found.get("error")) is not None:
            _end(process)
        status = process.wait()
        return _Outcome(found, log.read_bytes(), timed_out, status)
    finally:
        os.close(reader)
        if writer >= 0:
            os.close(writer)


def _awaited(reader: int, timeout: float) -> tuple[dict[str, Any], bool]:
    """What the process told, and whether its time was over before it told all; an import has a time of its own."""
    found: dict[str, Any] = {}
    held, deadline = b"", time.monotonic() + max(_INIT_SECONDS, timeout)
    with selectors.DefaultSelector() as selector:
        selector.register(reader, selectors.EVENT_READ)
        while "duration_ms" not in found:
            if not selector.select(max(deadline - time.monotonic(), 0)):
                return found, True
            part = os.read(reader, 1 << 16)
            if not part:
                return found, False
            *lines, held = (held + part).split(b"\n")
            for line in lines:
                found |= json.loads(line)
                deadline = time.monotonic() + timeout
    return found, False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and whatever it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _judged(outcome: _Outcome, configuration: Configuration, request: str, version: str) -> Run:
    told, seconds = outcome.told, configuration.timeout
    duration = float(told.get("duration_ms", seconds * 1000 if outcome.timed_out else 0.0))
    error: dict[str, Any] | None = told.get("error")
    payload = (told.get("answer") or "null").encode()
    if outcome.timed_out:
        error = {
            "errorType": "Sandbox.Timedout",
            "errorMessage": f"RequestId: {request} Error: Task timed out after {seconds:.2f} seconds",
        }
    elif "duration_ms" not in told:
        reason = f"exit status {outcome.status}" if outcome.status >= 0 else f"signal: {signal.Signals(-outcome.status).name}"
        said = f"Runtime exited with error: {reason}" if outcome.status else "Runtime exited without providing a reason"
        error = {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request} Error: {said}"}
    elif error is None and len(payload) > MOST_ANSWER:
        said = f"Response payload size exceeded maximum allowed payload size ({MOST_ANSWER} bytes)."
        error = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": said}
    report = [
        f"REPORT RequestId: {request}",
        f"Duration: {duration:.2f} ms",
        f"Billed Duration: {int(duration + float(told.get('init_ms', 0))) + 1} ms",
        f"Memory Size: {configuration.memory} MB",
        f"Max Memory Used: {told.get('memory_mb', 0)} MB",
        *([f"Init Duration: {told['init_ms']:.2f} ms"] if "init_ms" in told else []),
    ]
    log = b"".join((
        f"START RequestId: {request} Version: {version}\n".encode(),
        outcome.printed if not outcome.printed or outcome.printed.endswith(b"\n") else outcome.printed + b"\n",
        f"{error['errorMessage']}\n".encode() if error and "requestId" not in error and "trace" not in error else b"",
        f"END RequestId: {request}\n".encode(),
        ("\t".join(report) + "\t\n").encode(),
    ))  # fmt: skip
    return Run(json.dumps(error).encode() if error else payload, "Unhandled" if error else None, log, duration)


def _environment(
    function: Function, configuration: Configuration, folder: Path, private: Path, context: Mapping[str, str], endpoint: str
) -> dict[str, str]:
    """What a function is told by its environment. Source: "Using Lambda environment variables", but for where it is."""
    opt, runtime = folder / "opt", configuration.runtime or ""
    region, account = function.arn.split(":")[3:5]
    found = {
        **dict(configuration.environment),
        "PATH": f"{opt}/bin:{os.environ.get('PATH', os.defpath)}",
        "LD_LIBRARY_PATH": f"{folder}/task:{folder}/task/lib:{opt}/lib",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": str(private),
        "TMPDIR": str(private),
        "LAMBDA_TASK_ROOT": str(folder / "task"),
        "LAMBDA_RUNTIME_DIR": str(_provided()),
        "_HANDLER": configuration.handler or "",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": context["function_version"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": context["log_group_name"],
        "AWS_LAMBDA_LOG_STREAM_NAME": context["log_stream_name"],
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": key_of(account, configuration.role, "ASIA"),
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_SESSION_TOKEN": "sandbox",
        "AWS_ENDPOINT_URL": endpoint,
    }
    if runtime.startswith("nodejs"):
        major = runtime.removeprefix("nodejs").partition(".")[0]
        found["NODE_PATH"] = f"{opt}/nodejs/node{major}/node_modules:{opt}/nodejs/node_modules:{folder}/task"
    return found


def _node() -> str:
    found = shutil.which("node")
    if found is None:
        raise LambdaError(501, "NotImplemented", "There is no `node` on this machine to run the function with.")
    return found


@cache
def _provided() -> Path:
    """A folder with links to what the runtime has by itself, kept as long as this process."""
    keeping = tempfile.TemporaryDirectory(prefix="sandbox-runtime-", ignore_cleanup_errors=True)
    _KEPT.append(keeping)
    folder = Path(keeping.name)
    for name in _PROVIDED:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            continue
        source = Path(found.origin)
        source = source.parent if found.submodule_search_locations else source
        (folder / source.name).symlink_to(source)
        version = importlib.metadata.version(_DISTRIBUTIONS.get(name, name))
        for metadata in source.parent.glob(f"{_DISTRIBUTIONS.get(name, name).replace('-', '?')}-{version}.dist-info"):
            (folder / metadata.name).symlink_to(metadata)
    return folder


_KEPT: list[tempfile.TemporaryDirectory[str]] = []
