"""Calls of functions in a process of their own, for work on data that may hang, crash or blow up the process that does it.

The process is started once and answers call after call. It sees none of this process's environment, may use so much memory and
no more, and is killed when a call takes too long; the next call has a fresh one. Calls go in as pickles; answers come out as
JSON and are checked against the function's annotation, so that a process that was taken over cannot make this one run anything.
"""

import json
import pickle
import signal
import subprocess
import sys
import threading
import typing
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final, ParamSpec, TypeVar
from weakref import finalize

from pydantic import TypeAdapter, ValidationError

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

_RESULT, _FAILURE, _ERROR, _MEMORY, _READY = (bytes([letter]) for letter in b"RFEMS")
_START_SECONDS: Final = 120.0
_ORPHAN_SECONDS: Final = 60.0
"""How much longer than its time a call may run if the process that asked is gone."""


class IsolatedCalls:
    """One process that runs functions of modules, one call at a time; threads wait for each other.

    Args:
        failure: Exception of the functions that comes back as it is, made of its text. It is also raised, with the reason, for
            calls that crash, take too long or need too much memory: who calls has one thing to expect.
        name: What the process is, for reasons (`the reader crashed`).
        megabytes: Address space of the process, libraries included.
    """

    def __init__(self, failure: type[Exception], *, name: str, megabytes: int) -> None:
        self._failure, self._name, self._megabytes = failure, name, megabytes
        self._lock = threading.Lock()
        self._worker: _Worker | None = None

    def call(
        self, seconds: float, function: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> _Result:
        """What `function` returns, within so many seconds.

        Args:
            seconds: Time for this call.
            function: Of a module, with an annotation of what it returns: anything that Pydantic can write as JSON.
            args: Its arguments, picklable.
            kwargs: Those by name.

        Raises:
            Exception: The class given as `failure`, for whatever prevents a result.
        """
        request = pickle.dumps((function, args, kwargs, self._failure, seconds))
        with self._lock:
            kind, body = self._answer(request, seconds)
        if kind == _RESULT:
            try:
                result: _Result = _adapter(function).validate_json(body)
            except ValidationError as error:
                raise self._failure(f"{self._name} answered nonsense") from error
            return result
        if kind == _FAILURE:
            raise self._failure(json.loads(body))
        if kind == _ERROR:
            raise self._failure(f"{self._name} failed ({json.loads(body)})")
        raise self._failure(body.decode())

    def close(self) -> None:
        """End the process; a later call starts another."""
        with self._lock:
            self._end()

    def _answer(self, request: bytes, seconds: float) -> tuple[bytes, bytes]:
        """Kind and body of the answer; _MEMORY with the reason if there is none."""
        while True:
            used = self._worker is not None
            worker = self._worker = self._worker or _Worker(self._megabytes)
            answer = worker.ask(request, seconds)
            kind, body = answer[:1], answer[1:]
            if kind in (_RESULT, _FAILURE, _ERROR):
                return kind, body
            ending = self._end()
            if worker.late:
                return _MEMORY, f"it took longer than {seconds:g} s".encode()
            if used:
                continue  # what earlier calls left behind may be the cause: a fresh process decides
            if kind == _MEMORY:
                return _MEMORY, f"it needs more than {self._megabytes:,} MB of memory".encode()
            return _MEMORY, f"{self._name} crashed ({ending})".encode()

    def _end(self) -> str:
        worker, self._worker = self._worker, None
        return worker.end() if worker else ""


class _Worker:
    """The process, seen from outside."""

    def __init__(self, megabytes: int) -> None:
        modules = [path or str(Path.cwd()) for path in sys.path]
        self._process = subprocess.Popen(
            # -P: the folder that this process happens to be in holds no modules
            [sys.executable, "-P", "-m", "resources.isolation", str(megabytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": ":".join(modules), "LANG": "C.UTF-8", "OMP_NUM_THREADS": "2", "MALLOC_ARENA_MAX": "2"},
        )
        self.late = False
        self._finalizer = finalize(self, _end, self._process)
        if self._within(_START_SECONDS, self._read) != _READY:
            raise RuntimeError(f"the isolated process did not start ({self.end()})")

    def ask(self, request: bytes, seconds: float) -> bytes:
        """The answer; empty if the process died."""

        def exchange() -> bytes:
            try:
                stream = typing.cast(BinaryIO, self._process.stdin)
                stream.write(request)
                stream.flush()
            except BrokenPipeError:
                return b""
            return self._read()

        return self._within(seconds, exchange)

    def end(self) -> str:
        """How the process ended, killing it if need be."""
        self._finalizer()
        code = self._process.returncode
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def _read(self) -> bytes:
        answer = typing.cast(BinaryIO, self._process.stdout).readline()
        return answer[:-1] if answer.endswith(b"\n") else b""

    def _within(self, seconds: float, action: Callable[[], bytes]) -> bytes:
        late = threading.Event()
        timer = threading.Timer(seconds, _kill, (self._process, late))
        timer.start()
        try:
            return action()
        finally:
            timer.cancel()
            self.late = late.is_set()


def _kill(process: "subprocess.Popen[bytes]", late: threading.Event) -> None:
    late.set()
    process.kill()


@cache
def _adapter(function: Callable[..., object]) -> TypeAdapter[typing.Any]:
    return TypeAdapter(typing.get_type_hints(function)["return"])


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the process: by itself when nobody can ask any more, else by force."""
    for stream in (process.stdin, process.stdout):
        try:
            typing.cast(BinaryIO, stream).close()
        except BrokenPipeError:
            continue
    try:
        process.wait(0.5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more, or until memory ran out: what is left of it is in no good state."""
    kind = _READY
    answers.write(_READY + b"\n")
    while kind != _MEMORY:
        answers.flush()
        try:
            function, args, kwargs, failure, seconds = pickle.load(requests)  # noqa: S301  from the process that started this one
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_REAL, seconds + _ORPHAN_SECONDS)
        kind, body = _outcome(function, args, kwargs, failure)
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(kind + body + b"\n")
    answers.flush()


def _outcome(
    function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object], failure: type[Exception]
) -> tuple[bytes, bytes]:
    try:
        result = function(*args, **kwargs)
        return _RESULT, _adapter(function).dump_json(result)
    except failure as error:
        return _FAILURE, json.dumps(str(error)).encode()
    except MemoryError:
        return _MEMORY, b""
    except Exception as error:  # noqa: BLE001  whatever it is, it is the answer
        return _ERROR, json.dumps(f"{type(error).__name__}: {str(error)[:500]}").encode()


def _main(megabytes: int) -> None:
    import os
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: it is the other process that ends this one
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):  # what libraries print is no answer
        os.dup2(nowhere, descriptor)
    _serve(requests, answers)


if __name__ == "__main__":
    _main(int(sys.argv[1]))
