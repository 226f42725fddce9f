"""What a pickle would call when it is loaded; read without loading it."""

import pickletools
import re
from collections.abc import Iterator

from assets.layers.logic.products import Finding

_MODULES = frozenset(
    [
        "os",
        "posix",
        "nt",
        "subprocess",
        "builtins",
        "__builtin__",
        "sys",
        "socket",
        "pty",
        "shutil",
        "runpy",
        "importlib",
        "code",
        "commands",
        "ctypes",
        "webbrowser",
        "asyncio.subprocess",
        "bdb",
        "pdb",
        "timeit",
        "_posixsubprocess",
    ]
)
_HARMLESS = frozenset(
    {
        *(
            f"{module}.{name}"
            for module in ("builtins", "__builtin__")
            for name in [
                "set",
                "frozenset",
                "list",
                "dict",
                "tuple",
                "bytearray",
                "bytes",
                "complex",
                "slice",
                "range",
                "xrange",
                "object",
                "int",
                "float",
                "str",
                "bool",
                "type",
                "unicode",
                "long",
                "NotImplementedError",
                "Exception",
                "ValueError",
                "KeyError",
                "TypeError",
                "print",
                "getattr",
            ]
            if name not in ("getattr", "print")
        ),
        "sys.maxsize",
    }
)
_OLD = re.compile(rb"[\](}]{0,3}[ci][\w.]+\n\w+\n")
_MOST_STEPS = 200_000
_STRINGS = ("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8")


def dangerous_globals(data: bytes) -> list[str]:
    """Functions of the system that the pickle asks for, by dotted name; empty if it is no pickle."""
    return sorted({name for name in _globals(data) if name.split(".")[0] in _MODULES and name not in _HARMLESS})


def _globals(data: bytes) -> Iterator[str]:
    words: list[str] = []
    try:
        for step, (operation, argument, _) in enumerate(pickletools.genops(data)):
            if step > _MOST_STEPS:
                return
            if operation.name in _STRINGS:
                words = [*words[-40:], str(argument)]
            elif operation.name in ("GLOBAL", "INST"):
                yield str(argument).replace(" ", ".")
            elif operation.name == "STACK_GLOBAL" and len(words) > 1:
                yield f"{words[-2]}.{words[-1]}"
    except (ValueError, IndexError, UnicodeError, OverflowError):
        return  # what comes before the fault would have been called


def is_pickle(head: bytes) -> bool:
    """Whether a file with this beginning is a pickle: of protocol 2 or later, or of an older one that begins with a function."""
    return (head[:1] == b"\x80" and head[1:2] in (b"\2", b"\3", b"\4", b"\5")) or _OLD.match(head) is not None


def pickle_findings(path: str, data: bytes) -> list[Finding]:
    """What a file with a pickle would call that it should not."""
    dangerous = dangerous_globals(data)
    return [Finding("unpickling", "high", path, f"loading it calls {', '.join(dangerous)}")] if dangerous else []
