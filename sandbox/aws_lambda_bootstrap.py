"""What runs a Python function in an interpreter of its own, as the runtime of AWS Lambda does.

`python -I -S -B aws_lambda_bootstrap.py SPECIFICATION`, with the event at standard input: nothing but the standard library, the
function, its layers and what AWS's runtime has by itself can be imported. Messages are those of AWS's `awslambdaric`. Results are
lines of JSON, written to the file descriptor that the specification names: how long the import took; then the answer or error.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import resource
import sys
import time
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module itself is not imported: its time would be missing from that of functions that need it
    from collections.abc import Callable
    from typing import Any


class Context:
    """What a handler is told of its call."""

    client_context = identity = None

    def __init__(self, told: dict[str, str], deadline: float) -> None:
        self.__dict__.update(told)
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the call is ended."""
        return max(int((self._deadline - time.monotonic()) * 1000), 0)


class Refused(Exception):
    """The runtime's own errors."""


def main() -> None:
    """Import, call, tell."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123  # pathlib would be imported, too
        told = json.load(file)
    sys.path[:0] = told["first"]
    sys.path += told["last"]
    logging.basicConfig(
        format=f"[%(levelname)s]\t%(asctime)s\t{told['context']['aws_request_id']}\t%(message)s", stream=sys.stderr
    )
    event = sys.stdin.buffer.read()
    begun = time.perf_counter()
    handler = error = None
    try:
        handler = _handler(told["handler"])
    except Exception as caught:  # noqa: BLE001  # whatever a module raises is its error
        error = _error(caught, told)
    _tell(told, init_ms=(time.perf_counter() - begun) * 1000)
    begun = time.perf_counter()
    answer = None
    if handler is not None:
        try:
            answer = _called(handler, event, Context(told["context"], time.monotonic() + told["timeout"]))
        except Exception as caught:  # noqa: BLE001
            error = _error(caught, told)
    spent = (time.perf_counter() - begun) * 1000
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    _tell(told, duration_ms=spent, memory_mb=memory, answer=answer, error=error)


def _handler(name: str) -> Callable[[Any, Context], Any]:
    module, dot, function = name.rpartition(".")
    if not dot:
        raise Refused(f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)", "Runtime.MalformedHandlerName")
    try:
        found = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        raise Refused(f"Unable to import module '{module}': {error}", "Runtime.ImportModuleError") from error
    except SyntaxError as error:
        raise Refused(f"Syntax error in module '{module}': {error}", "Runtime.UserCodeSyntaxError") from error
    if not hasattr(found, function):
        raise Refused(f"Handler '{function}' missing on module '{module}'", "Runtime.HandlerNotFound")
    handler: Callable[[Any, Context], Any] = getattr(found, function)
    return handler


def _called(handler: Callable[[Any, Context], Any], event: bytes, context: Context) -> str:
    answer = handler(json.loads(event or b"{}"), context)
    try:
        return json.dumps(answer)
    except (TypeError, ValueError) as error:
        raise Refused(f"Unable to marshal response: {error}", "Runtime.MarshalError") from error


def _error(caught: Exception, told: dict[str, Any]) -> dict[str, Any]:
    message, kind = caught.args if isinstance(caught, Refused) else (str(caught), type(caught).__name__)
    trace = [] if isinstance(caught, Refused) else traceback.format_tb(caught.__traceback__)[1:]
    sys.stderr.write(f"[ERROR] {kind}: {message}\n")
    if trace:
        sys.stderr.write("Traceback (most recent call last):\n" + "".join(trace))
    return {"errorMessage": message, "errorType": kind, "requestId": told["context"]["aws_request_id"], "stackTrace": trace}


def _tell(told: dict[str, Any], **what: Any) -> None:  # noqa: ANN401
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(told["results"], json.dumps(what).encode() + b"\n")


main()
