"""Rules on compiled Python: whether it is what the source beside it says, and what it does where there is none."""

import importlib.util
import marshal
import re
import warnings
from collections.abc import Iterator

from assets.layers.logic.products import Finding
from assets.layers.logic.scan.flow import CREDENTIALS
from assets.layers.logic.scan.marshalled import Code, Unreadable, read_compiled, read_marshalled
from assets.layers.logic.scan.shell import SHELL

_DECODES = frozenset(
    [
        "b64decode",
        "b32decode",
        "b85decode",
        "a85decode",
        "b16decode",
        "decodebytes",
        "unhexlify",
        "a2b_base64",
        "decompress",
        "fromhex",
        "rot13",
        "rot_13",
        "translate",
    ]
)
_DOWNLOADS = frozenset(["urlopen", "urlretrieve", "HTTPSConnection", "HTTPConnection", "requests", "httpx", "recv", "urllib"])
_SENDS = frozenset(["post", "put", "request", "send", "sendall", "sendto", "gethostbyname", "getaddrinfo"])
_NETWORK = frozenset(["requests", "httpx", "aiohttp", "urllib3", "socket", "http.client", "urllib", "urllib.request", "smtplib"])
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{2,}")
_EXECUTES = frozenset(["exec", "eval", "execfile"])
_COMMANDS = frozenset(["system", "popen", "Popen", "check_output", "check_call", "posix_spawn", "spawn", "execv", "execve"])
_MADE_BY_COMPILER = re.compile(r"__\w+__$|\.\w+$|_\w+__\w+$|<\w+>$|^\.")
_NAME = re.compile(r"[^\W\d]\w*")


def source_path_of(path: str) -> str | None:
    """Where the source of a compiled file lies; None if it does not say a version."""
    match = re.fullmatch(r"(?P<folder>.*/)?__pycache__/(?P<name>[^/]+?)\.[\w-]+?-\d+(\.opt-\w+)?\.pyc", path)
    if match is not None:
        return f"{match['folder'] or ''}{match['name']}.py"
    return path[:-1] if path.endswith(".pyc") else None


def compiled_findings(path: str, data: bytes, source: bytes | None) -> list[Finding]:
    """What is wrong with a `.pyc` file, whose source is given if there is one."""
    try:
        code = read_compiled(data)
    except Unreadable as error:
        is_loaded = source is None and data[:4] == importlib.util.MAGIC_NUMBER and "__pycache__" not in path
        if is_loaded:
            return [Finding("not-looked-at", "high", path, f"Python would load it, and {error}")]
        return [Finding("unreadable", "medium", path, str(error))]
    if source is None:
        found = [Finding("no-source", "medium", path, "it is compiled and has no source beside it")]
        return [*found, *_what_it_does(path, code)]
    if data[:4] == importlib.util.MAGIC_NUMBER:
        return _compared(path, code, source)
    return _names_compared(path, code, source)


def _compared(path: str, code: Code, source: bytes) -> list[Finding]:
    """Compiled by this very version of Python: it can be compiled again."""
    level = re.search(r"\.opt-(\d)\.pyc$", path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            levels = [int(level[1])] if level else [0, 1, 2]
            again = [marshal.dumps(compile(source, path, "exec", dont_inherit=True, optimize=one)) for one in levels]
        same = any(_alike(code, read_marshalled(one, is_new=True)) for one in again)
    except (SyntaxError, ValueError, Unreadable, RecursionError, MemoryError):
        return [Finding("bytecode-differs", "high", path, "its source cannot be compiled"), *_what_it_does(path, code)]
    if same:
        return []
    return [Finding("bytecode-differs", "high", path, "its code is not that of the source beside it"), *_what_it_does(path, code)]


def _alike(one: object, other: object) -> bool:
    """Whether two code objects do the same; where they lie does not matter."""
    if isinstance(one, Code) and isinstance(other, Code):
        plain = (one.code, one.names, one.variables, one.shape, one.name) == (
            other.code, other.names, other.variables, other.shape, other.name,
        )  # fmt: skip
        return plain and _alike(one.constants, other.constants)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(_alike(a, b) for a, b in zip(one, other, strict=True))
    return type(one) is type(other) and repr(one) == repr(other)


def _names_compared(path: str, code: Code, source: bytes) -> list[Finding]:
    """Compiled by another version: its names at least must be in the source."""
    text = source.decode("utf-8", "replace")
    known = set(_NAME.findall(text))
    foreign = sorted(
        {part for one in _all(code) for name in (*one.names, *one.variables) for part in name.split(".") if part} - known
    )
    foreign = [name for name in foreign if not _MADE_BY_COMPILER.search(name)]
    if not foreign or not source.isascii():
        return [
            Finding(
                "bytecode-unchecked", "low", path, "it is compiled by another version of Python: only its names were compared"
            )
        ]
    shown = ", ".join(foreign[:5])
    return [
        Finding("bytecode-differs", "high", path, f"it uses names that its source has not: {shown}"),
        *_what_it_does(path, code),
    ]


def _all(code: Code) -> Iterator[Code]:
    yield code
    for constant in code.constants:
        if isinstance(constant, Code):
            yield from _all(constant)


def _texts(constants: tuple[object, ...]) -> Iterator[str]:
    for constant in constants:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, tuple):
            yield from _texts(constant)


def _told(path: str, code: Code, names: frozenset[str], texts: frozenset[str]) -> Iterator[Finding]:
    """What texts of a function say together with the names that are used."""
    if names & _COMMANDS | names & {"run", "call", "getoutput"} and any(SHELL.search(text) for text in texts):
        yield Finding("command", "high", path, "a command downloads and runs code, or gives a shell away", code.line)
    own = frozenset(code.names)
    sends = own & (_SENDS | _DOWNLOADS)
    reads_all = "environ" in own and not any(_VARIABLE.fullmatch(text) for text in texts)
    if sends and (reads_all or texts & CREDENTIALS) and names & _NETWORK:
        yield Finding("sends-secrets", "high", path, f"{min(sends)} is used where keys or the environment are read", code.line)


def _what_it_does(path: str, code: Code) -> Iterator[Finding]:
    """Names that are used together: whoever decodes or downloads, and runs, in one function or one file without any function."""
    everything = frozenset(name for one in _all(code) for name in one.names)
    for one in _all(code):
        names, texts = frozenset(one.names), frozenset(_texts(one.constants))
        runs = sorted(
            (names | (texts if names & {"getattr", "__builtins__", "vars", "builtins"} else frozenset()))
            & (_EXECUTES | _COMMANDS)
        )
        yield from _told(path, one, names | everything, texts)
        if not runs:
            continue
        if (names | texts) & _DECODES or (everything & _DECODES and _EXECUTES & set(runs)):
            yield Finding("dynamic-code", "high", path, f"{runs[0]} is used where something is decoded", one.line)
        elif (names | everything) & _DOWNLOADS:
            yield Finding("dynamic-code", "high", path, f"{runs[0]} is used where something is downloaded", one.line)
        elif runs[0] not in names:
            yield Finding("hidden-call", "high", path, f"{runs[0]} is reached by its name as text", one.line)
        else:
            yield Finding("dynamic-code", "medium", path, f"{runs[0]} is used, and there is no source to see with what", one.line)
