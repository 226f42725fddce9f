"""Functions that do what hostile work does to its process, for calls in one of their own."""

import ctypes
import os
import time


class Refused(Exception):
    """The functions' own failure."""


def doubled(value: int) -> int:
    print("noise on the output")
    return 2 * value


def refused(text: str) -> str:
    raise Refused(text)


def broken() -> str:
    raise KeyError("x")


def asleep() -> None:
    time.sleep(60)


def spinning() -> None:
    while True:
        pass


def aborted() -> None:
    os.abort()


def segfault() -> None:
    ctypes.string_at(0)


def left() -> None:
    os._exit(3)


def greedy(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def environment() -> dict[str, str]:
    return dict(os.environ)


def process() -> int:
    return os.getpid()


def lying() -> int:
    return "no number"  # type: ignore[return-value]
