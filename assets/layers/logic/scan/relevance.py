"""Which Python files can hold anything that a rule looks for: a search for words, fast enough to be done with every file.

Every rule needs one of these functions or namespaces by its name somewhere; a file without them is not followed. Words are
searched as bytes first, since most files have none of them.
"""

import re

_MODULES = rb"(?:os|posix|subprocess|socket|ctypes|importlib|pty|marshal|builtins)"
_ALONE: tuple[tuple[bytes, bytes | None], ...] = (
    (b"exec", rb"exec(?<![.\w'\"`-]exec)(?![\w'\"`-])|\bexec(?:file|v|l)"),
    (b"eval", rb"eval(?<![.\w'\"`-]eval)(?![\w'\"`-])"),
    (
        b"builtins",
        rb"builtins\s*(?:[,)\]]|\.\s*(?:exec|eval|compile|__))|builtins__|=\s*builtins\b|from\s+builtins\s|builtins\s+as\s",
    ),
    (b"__import__", None),
    (b"__globals__", None),
    (b"ctypes", rb"\bctypes\b"),
    (b"methodcaller", None),
    (b"import_module", None),
    (b"marshal", rb"\bmarshal\b"),
    (b"cloudpickle", rb"cloudpickle\s*\.\s*load"),
    (b"pickle", rb"(?:pickle)\s*\.\s*(?:loads?|Unpickler)\s*\(|from\s+pickle\s+import|import\s+pickle\s+as"),
    (b"dill", rb"\bdill\s*\.\s*loads?\s*\("),
    (b"subprocess", rb"subprocess\s*\.\s*\w|from\s+subprocess|subprocess\s+as|_posixsubprocess"),
    (b"popen", rb"\bpopen\b"),
    (b"create_subprocess", None),
    (b"posix", rb"(?<!['\"])\bposix\s*\.|import\s+posix\b|\bposix_spawn"),
    (b"pty", rb"\bpty\s*\.\s*spawn|from\s+pty\s|import\s+pty\b"),
    (b"dup2", None),
    (b"mprotect", None),
    (b"VirtualAlloc", None),
    (b"PROT_EXEC", None),
    (b"mmap", rb"\bmmap\s*\.\s*mmap\s*\("),
    (b"memfd_create", None),
    (b"FunctionType", rb"FunctionType\s*\("),
    (b"FileLoader", None),
    (b"run_path", None),
    (b"runsource", None),
    (b"InteractiveInterpreter", None),
    (b"meta_path", None),
    (b"path_hooks", None),
    (b"urlopen", None),
    (b"urlretrieve", None),
    (b"169.254.", None),
    (b"spec_from_file_location", None),
    (b"system", rb"\bos\s*\.\s*system\b"),
    (b"spawn", rb"\bos\s*\.\s*spawn"),
    (b"startfile", None),
    (b"timeit", rb"timeit\s*\.\s*timeit\s*\("),
    (b"from os", rb"from\s+os\s+import\s*(?:\(|\*|[^\n]*\b(?:system|exec\w*|spawn\w*|environ)\b)"),
    (b" as ", rb"import\s+" + _MODULES + rb"\s+as\b"),
    (b"os.__", None),
    (b"os", rb"[=(\[{:]\s*(?:os|posix)\s*[,)\]}\n;]"),
    (b"sys.modules[", rb"sys\.modules\[\s*[^\w\s]"),
    (b"requests.", rb"\brequests\s*\.\s*(?:get|post|put|request|Session|session)\s*\("),
    (b"httpx.", rb"\bhttpx\s*\.\s*\w+\s*\("),
)
_WITH_NETWORK: tuple[tuple[bytes, bytes | None], ...] = (
    (b"os.environ", rb"os\.environ\b(?!\s*(?:\[|\.\s*(?:get|setdefault|pop)\b))"),
    (b"AWS_SECRET_ACCESS_KEY", None),
    (b"AWS_SESSION_TOKEN", None),
    (b"AWS_ACCESS_KEY_ID", None),
    (b"get_credentials", None),
    (b"gethostname", None),
    (b"getuser", None),
    (b"/proc/self", None),
    (b".aws/", None),
)
_NETWORK = (
    b"socket",
    b"http.client",
    b"HTTPConnection",
    b"HTTPSConnection",
    b"urllib",
    b"aiohttp",
    b"requests",
    b"httpx",
    b"smtplib",
    b"ftplib",
    b"websocket",
    b"dns.",
)
_ENCODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_ALL_CLASSES = re.compile(rb"__base|__mro__|\bobject\s*\.\s*__subclasses__")
_COMPILED = {pattern: re.compile(pattern) for _, pattern in (*_ALONE, *_WITH_NETWORK) if pattern is not None}


def is_relevant(source: bytes) -> bool:
    """Whether a rule could find anything in this source; always if names may be written in other letters that mean the same."""
    if is_in_another_encoding(source):
        return True
    if not source.isascii() and _has_letters_like_latin(source):
        return True
    if b"\\\n" in source:
        source = source.replace(b"\\\n", b" ")
    if _any(source, _ALONE):
        return True
    if b"__subclasses__" in source and _ALL_CLASSES.search(source):
        return True
    return any(word in source for word in _NETWORK) and _any(source, _WITH_NETWORK)


def is_in_another_encoding(source: bytes) -> bool:
    """Whether the source says (PEP 263) that it is in an encoding in which Latin letters are not as they look."""
    for line in source[:1000].splitlines()[:2]:
        told = _ENCODING.match(line)
        if told is not None:
            name = told[1].decode().lower().replace("_", "-")
            return name in ("utf-7", "unicode-escape", "raw-unicode-escape", "punycode", "idna") or name.startswith(
                ("utf-16", "utf-32", "cp037", "cp500", "cp1140")
            )
    return False


def _any(source: bytes, words: tuple[tuple[bytes, bytes | None], ...]) -> bool:
    return any(word in source and (pattern is None or _COMPILED[pattern].search(source)) for word, pattern in words)


_LETTERS_LIKE_LATIN = re.compile(
    "[\u00aa\u00ba\u017f\u02b0-\u02e3\u1d2c-\u1d6a\u1d78-\u1dbf\u2070-\u209c\u2100-\u2149\u2160-\u2188\ufb00-\ufb06\uff21-\uff5a\U0001d400-\U0001d7ff]"
)


def _has_letters_like_latin(source: bytes) -> bool:
    """Letters that Python takes for Latin ones in names (NFKC), such as 𝐞𝐯𝐚𝐥; or another encoding than UTF-8."""
    try:
        return _LETTERS_LIKE_LATIN.search(source.decode("utf-8")) is not None
    except UnicodeDecodeError:
        return True
