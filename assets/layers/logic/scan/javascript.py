"""Rules on JavaScript: a light tokenizer, constants put together from texts, and where decoded data goes.

Not covered: values across functions or files, names reached by computed members of computed objects, and syntax trees as such.
"""

import base64
import binascii
import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from assets.layers.logic.products import Finding, Severity
from assets.layers.logic.scan.flow import CREDENTIALS
from assets.layers.logic.scan.shell import SHELL

_MOST_BYTES = 32 * 1024 * 1024
_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*+)|(?P<text>"(?:[^"\\\n]++|\\.)*+"|'(?:[^'\\\n]++|\\.)*+'|`(?:[^`\\]++|\\.)*+`)|
    (?P<name>[A-Za-z_$][\w$]*)|(?P<number>0[xX][\da-fA-F]+|\d[\d_.]*)|(?P<sign>=>|[-+=!<>&|?:;,.(){}\[\]*%^~@#/])|(?P<space>\s+)""",
    re.VERBOSE | re.DOTALL,
)
_REGULAR = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[[^\]\\\n]{0,200}+(?:\\.[^\]\\\n]{0,200}+){0,60}+\]){1,5000}+/[a-z]*")
_RELEVANT = re.compile(
    rb"\beval\b|\bFunction\b|child_process|child_\b|\bexec(?:Sync|File)?\b|\bspawn|process\s*\.\s*env|runIn\w*Context|constructor|_compile|169\.254|\.join\(|\\x65|\[\s*[\"']ev"
)
_DECODERS = frozenset(
    {"atob", "fromCharCode", "fromCodePoint", "inflateSync", "gunzipSync", "createDecipheriv", "brotliDecompressSync"}
)
_WEAK_DECODERS = frozenset({"unescape", "decodeURIComponent"})
"""They hide only what is written down in the same place; elsewhere they read addresses."""
_SHORTEST_NAME = 3
_MINIFIED = 100_000
_LONGEST = 10_000
_NEAR = 3_000
"""In large files, which use a name for many things, one is followed so many characters."""
_ENCODINGS = frozenset({"base64", "hex", "base64url"})
_RUNNERS = frozenset({"eval", "Function", "runInThisContext", "runInNewContext", "runInContext", "execScript"})
_SENDERS = frozenset({"fetch", "write", "end", "send", "post", "put", "lookup", "resolve4", "resolve6", "resolveTxt"})
_LOCAL = re.compile(r"//(localhost|127\.|\[::1)")
_KEYS_OF_ROLE = ("http://169.254.169.254/latest/meta-data/iam", "http://169.254.170.2/")
_A_SHELL = re.compile(r"(/usr)?(/bin/)?(ba|da|z|k)?sh|cmd(\.exe)?|powershell(\.exe)?")
_HOOKS = ("preinstall", "install", "postinstall")
_LOUD_HOOK = re.compile(r"node\s+-e\s.*(eval|Buffer\.from|atob|child_process|https?://)|powershell|\bpython[\d.]*\s+-c\s")
_BEFORE_VALUE = frozenset(
    ["(", ",", "=", ":", "[", "!", "&", "|", "?", "{", "}", ";", "+", "-", "*", "%", "^", "~", "<", ">", "=>"]
) | {
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "void",
    "delete",
    "",
}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Literal["text", "name", "number", "sign", "regular"]
    value: str
    at: int


def javascript_findings(path: str, data: bytes) -> list[Finding]:
    """What a file of JavaScript does that it should not."""
    if len(data) > _MOST_BYTES:
        return [Finding("not-looked-at", "medium", path, f"it is larger than {_MOST_BYTES} bytes")]
    if not _RELEVANT.search(data):
        return []
    text = data.decode("utf-8", "replace")
    return _Script(path, text, _joined(list(_tokens(text)))).findings()


def _tokens(text: str) -> Iterator[_Token]:
    at, before = 0, ""
    while at < len(text):
        if text.startswith("/*", at):
            end = text.find("*/", at + 2)
            at = len(text) if end < 0 else end + 2
            continue
        match = _REGULAR.match(text, at) if text[at] == "/" and before in _BEFORE_VALUE else None
        if match is not None:
            yield _Token("regular", match[0], at)
            at, before = match.end(), match[0]
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            at += 1
            continue
        if match.lastgroup not in ("comment", "space"):
            value = _unquoted(match[0]) if match.lastgroup == "text" else match[0]
            yield _Token(match.lastgroup, value, at)  # type: ignore[arg-type]
            before = match[0]
        at = match.end()


def _unquoted(text: str) -> str:
    inner = text[1:-1]
    if "\\" not in inner:
        return inner
    return re.sub(r"\\(?:x([\da-fA-F]{2})|u\{?([\da-fA-F]{4,6})\}?|(.))", _unescaped, inner, flags=re.DOTALL)


def _unescaped(match: re.Match[str]) -> str:
    number = match[1] or match[2]
    if number is not None:
        return chr(min(int(number, 16), 0x10FFFF))
    return {"n": "\n", "t": "\t", "r": "\r"}.get(match[3], match[3])


def _joined(tokens: list[_Token]) -> list[_Token]:
    """Texts that are added become one."""
    result: list[_Token] = []
    for token in tokens:
        if (
            token.kind == "text" and len(result) > 1 and result[-1].kind == "sign" and result[-1].value == "+"
            and result[-2].kind == "text" and len(result[-2].value) < _LONGEST
        ):  # fmt: skip
            first = result[-2]
            result[-2:] = [_Token("text", first.value + token.value, first.at)]
        else:
            result.append(token)
    return _lists_joined(result)


def _lists_joined(tokens: list[_Token]) -> list[_Token]:
    """`["ev", "al"].join("")` becomes one text."""
    result: list[_Token] = []
    at = 0
    while at < len(tokens):
        words, end = _words(tokens, at) if tokens[at].value == "[" else ([], at)
        after = tokens[end : end + 6]
        if words and [one.value for one in after[:4]] == ["]", ".", "join", "("] and after[-1].value == ")":
            result.append(_Token("text", after[4].value.join(words), tokens[at].at))
            at = end + 6
        else:
            result.append(tokens[at])
            at += 1
    return result


def _words(tokens: list[_Token], at: int) -> tuple[list[str], int]:
    """Texts of a list that begins there, and where it ends."""
    words: list[str] = []
    while tokens[at + 1 : at + 2] and tokens[at + 1].kind == "text" and tokens[at].value in ("[", ","):
        words.append(tokens[at + 1].value)
        at += 2
        if at >= len(tokens):
            break
    return words, at


class _Script:
    def __init__(self, path: str, text: str, tokens: list[_Token]) -> None:
        self._path, self._text, self._tokens = path, text, tokens
        self._decoded: dict[str, list[tuple[int, bool]]] = {}
        self._environment: dict[str, list[tuple[int, bool]]] = {}
        texts = {token.value for token in tokens if token.kind == "text"}
        self._has_children = any(text.endswith("child_process") for text in texts)
        self._has_connections = bool(texts & {"net", "node:net", "tls", "node:tls"})
        self._near = len(text) if len(text) < _MINIFIED else _NEAR
        self._runners: dict[str, list[tuple[int, bool]]] = {}
        self._downloaded_to = -1
        self._found: dict[tuple[str, int], Finding] = {}

    def findings(self) -> list[Finding]:
        self._assignments()
        for place, token in enumerate(self._tokens):
            if token.kind == "name" and self._value(place + 1) == "(":
                self._call(place, token)
            elif token.kind == "text" and self._value(place - 1) in ("[", "("):
                self._member(place, token)
        return list(self._found.values())

    def _value(self, place: int) -> str:
        return self._tokens[place].value if 0 <= place < len(self._tokens) and self._tokens[place].kind != "text" else ""

    def _tell(self, rule: str, severity: Severity, token: _Token, detail: str) -> None:
        line = self._text.count("\n", 0, token.at) + 1
        self._found.setdefault((rule, line), Finding(rule, severity, self._path, detail, line))

    def _inside(self, place: int, most: int = 400) -> list[_Token]:
        """Tokens between the bracket at that place and its partner."""
        depth, inside = 0, []
        for token in self._tokens[place : place + most]:
            if token.kind == "sign" and token.value in "([{":
                depth += 1
            elif token.kind == "sign" and token.value in ")]}":
                depth -= 1
                if depth <= 0:
                    break
            inside.append(token)
        return inside[1:]

    def _assignments(self) -> None:
        """Names that hold something decoded, the environment, or child_process."""
        for place, token in enumerate(self._tokens[:-2]):
            if token.kind == "sign" and token.value == "=" and self._tokens[place - 1].kind == "name":
                self._assigned(self._tokens[place - 1].value, self._statement(place + 1))

    def _statement(self, place: int) -> list[_Token]:
        depth, found = 0, []
        for token in self._tokens[place : place + 120]:
            if token.kind == "sign":
                depth += (token.value in ("(", "[", "{")) - (token.value in (")", "]", "}"))
                if depth < 0 or (depth == 0 and token.value in (";", ",")):
                    break
            elif depth == 0 and token.kind == "name" and token.value in ("const", "let", "var", "function", "return", "if"):
                break
            found.append(token)
        return found

    def _assigned(self, name: str, value: list[_Token]) -> None:
        if any(t.kind == "name" and t.value in ("function", "class") for t in value[:2]) or any(t.value == "=>" for t in value):
            return
        if len(name) >= _SHORTEST_NAME or len(self._text) < _MINIFIED:
            at = value[0].at if value else 0
            self._decoded.setdefault(name, []).append((at, self._is_decoded(value)))
            self._environment.setdefault(name, []).append((at, self._is_environment(value)))
        is_one = len(value) == 1 or (len(value) > 1 and value[1].kind == "name")
        if is_one:
            is_runner = value[0].kind == "name" and value[0].value in ("eval", "Function")
            self._runners.setdefault(name, []).append((value[0].at, is_runner))

    def _is_decoded(self, tokens: list[_Token]) -> bool:
        for place, token in enumerate(tokens):
            if token.kind == "name" and (
                token.value in _DECODERS or self._holds_decoded(token, tokens[place - 1].value if place else "")
            ):
                return True
            if (
                token.kind == "name"
                and token.value in _WEAK_DECODERS
                and any(t.kind == "text" and "%" in t.value for t in tokens[place : place + 3])
            ):
                return True
            if token.kind == "text" and token.value in _ENCODINGS and any(t.value in ("from", "Buffer") for t in tokens):
                return True
        return False

    def _holds_decoded(self, token: _Token, before: str) -> bool:
        return before != "." and _held(self._decoded.get(token.value, ()), token.at, self._near)

    def _is_environment(self, tokens: list[_Token]) -> bool:
        words = [token.value for token in tokens]
        for place in range(len(words) - 2):
            if words[place : place + 3] == ["process", ".", "env"] and (
                place + 3 >= len(words) or words[place + 3] not in (".", "[", "?")
            ):
                return True
        return any(
            token.kind == "name"
            and (place == 0 or words[place - 1] != ".")
            and words[place + 1 : place + 2] not in ([":"], ["."], ["["], ["("])
            and _held(self._environment.get(token.value, ()), token.at, self._near)
            for place, token in enumerate(tokens)
        )

    def _call(self, place: int, token: _Token) -> None:
        inside = self._inside(place + 1)
        before = self._value(place - 1)
        if token.value in _RUNNERS or (before != "." and _held(self._runners.get(token.value, ()), token.at, self._near)):
            self._runner(token, inside)
        elif token.value == "_compile" and self._is_decoded(inside):
            self._tell("dynamic-code", "high", token, "_compile runs what was decoded")
        if _is_download(token, inside):
            if token.at >= self._downloaded_to:
                self._downloaded_to = self._end_of_chain(place + 1)
            self._asked(place, token, inside)
        if token.value == "constructor" and before == "." and self._is_decoded(inside):
            self._tell("dynamic-code", "high", token, "a constructor of functions is given what was decoded")
        if token.value in ("exec", "execSync", "spawn", "spawnSync", "execFile", "execFileSync"):
            self._command(token, inside)
        if token.value in ("require", "import"):
            self._require(place, inside)
        self._sent(place, token, inside)

    def _sent(self, place: int, token: _Token, inside: list[_Token]) -> None:
        to_a_console = any(self._value(place - back) in ("stdout", "stderr", "console") for back in (2, 3))
        if to_a_console or not (token.value in _SENDERS or _is_download(token, inside)):
            return
        to_this_machine = any(t.kind == "text" and _LOCAL.search(t.value) for t in inside)
        if self._is_environment(inside) or (not to_this_machine and _has_keys(inside)):
            self._tell("sends-secrets", "high", token, f"{token.value} sends the environment or keys elsewhere")

    def _end_of_chain(self, place: int) -> int:
        """Where a call and those that are chained to it (`.then(…)`, `.on(…)`) end in the text."""
        depth = 0
        for at in range(place, len(self._tokens)):
            token = self._tokens[at]
            if token.kind == "sign":
                depth += (token.value in ("(", "[", "{")) - (token.value in (")", "]", "}"))
                if depth < 0 or (depth == 0 and token.value == ")" and self._value(at + 1) not in (".", ")")):
                    return token.at
        return len(self._text)

    def _asked(self, place: int, token: _Token, inside: list[_Token]) -> None:
        if any(t.kind == "text" and t.value.startswith(_KEYS_OF_ROLE) for t in inside[:1]):
            depth = sum((t.value == "{") - (t.value == "}") for t in self._tokens[:place] if t.kind == "sign")
            what = "asks the metadata service for the role's keys"
            self._tell("metadata-service", "medium" if depth else "high", token, f"{token.value} {what}")

    def _is_escaped(self, token: _Token) -> bool:
        """Whether letters are written as numbers."""
        written = self._text[token.at : token.at + 4 * len(token.value) + 2]
        return len(re.findall(r"\\x[2-7][\da-fA-F]|\\u\{?00[2-7][\da-fA-F]", written)) * 2 > len(token.value) > 0

    def _runner(self, token: _Token, inside: list[_Token]) -> None:
        is_text = len(inside) == 1 and inside[0].kind == "text"
        if self._is_decoded(inside):
            self._tell("dynamic-code", "high", token, f"{token.value} runs what was decoded")
        elif is_text and self._is_escaped(inside[0]):
            self._tell("dynamic-code", "high", token, f"{token.value} runs what is written in escapes")
        elif token.at < self._downloaded_to and not is_text:
            self._tell("dynamic-code", "high", token, f"{token.value} runs what was downloaded")
        elif len(inside) != 1 or inside[0].kind != "text":
            self._tell("dynamic-code", "low", token, f"{token.value} runs code that is made at run time")

    def _command(self, token: _Token, inside: list[_Token]) -> None:
        if not self._has_children:
            return
        self._shell_over_network(token, inside)
        if self._is_decoded(inside[:60]):
            self._tell("command", "high", token, f"{token.value} runs what was decoded")
        elif any(t.kind == "text" and SHELL.search(t.value) for t in inside):
            self._tell(
                "command", "high", token, f"{token.value} runs a command that downloads and runs code, or gives a shell away"
            )

    def _shell_over_network(self, token: _Token, inside: list[_Token]) -> None:
        """A shell whose input and output are those of a connection."""
        is_shell = bool(inside) and inside[0].kind == "text" and _A_SHELL.fullmatch(inside[0].value) is not None
        if is_shell and self._has_connections and {"pipe", "stdin"} <= {t.value for t in self._tokens}:
            self._tell("reverse-shell", "high", token, f"{token.value} starts a shell beside a connection that is piped to it")

    def _require(self, place: int, inside: list[_Token]) -> None:
        if self._is_decoded(inside):
            self._tell("hidden-call", "high", self._tokens[place], "a module is loaded by a name that was decoded")
        elif len(inside) == 1 and inside[0].kind == "text" and inside[0].value.removeprefix("node:") in ("child_process", "vm"):
            written = self._text[inside[0].at + 1 : inside[0].at + 1 + len(inside[0].value)]
            if written != inside[0].value:
                self._tell(
                    "hidden-call", "high", self._tokens[place], f"{inside[0].value} is loaded by a name that is put together"
                )

    def _member(self, place: int, token: _Token) -> None:
        """`global["ev" + "al"]`, and `[]["constructor"]["constructor"](code)`, which is `Function`."""
        if self._value(place - 1) != "[" or self._value(place + 1) != "]":
            return
        again = self._tokens[place + 3 : place + 4]
        if token.value == "constructor" and self._value(place + 2) == "[" and again and again[0].value == "constructor":
            if self._value(place + 5) == "(":
                self._tell("hidden-call", "high", token, "functions are made of text by the constructor of a constructor")
            return
        if (
            token.value in ("eval", "Function", "execSync")
            and self._text[token.at + 1 : token.at + 1 + len(token.value)] != token.value
        ):
            self._tell("hidden-call", "high", token, f"{token.value} is reached by a name that is put together")


def _held(assignments: Sequence[tuple[int, bool]], at: int, near: int) -> bool:
    """Whether the last assignment before this place is one of those that are looked for."""
    last = bisect_left(assignments, at, key=lambda one: one[0]) - 1
    return last >= 0 and assignments[last][1] and at - assignments[last][0] <= near


def _is_download(token: _Token, inside: list[_Token]) -> bool:
    """A request to an address that is written down."""
    if token.value in ("fetch", "get", "request", "axios", "got"):
        return bool(inside) and inside[0].kind == "text" and inside[0].value.startswith(("http://", "https://"))
    return False


def _has_keys(tokens: list[_Token]) -> bool:
    return any(
        token.value in CREDENTIALS and place > 1 and tokens[place - 2].value == "env" for place, token in enumerate(tokens)
    )


def package_findings(path: str, data: bytes) -> list[Finding]:
    """Commands that npm runs when the package is installed."""
    try:
        scripts = json.loads(data).get("scripts", {})
        hooks = [(name, str(scripts[name])) for name in _HOOKS if name in scripts]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return []
    findings = []
    for name, command in hooks:
        loud = SHELL.search(command) or _LOUD_HOOK.search(command) or _has_hidden_text(command)
        what = "downloads and runs code, or hides what it runs" if loud else "was run where the layer was built"
        findings.append(Finding("install-hook", "high" if loud else "medium", path, f"the script {name} {what}"))
    return findings


def _has_hidden_text(command: str) -> bool:
    for word in re.findall(r"[A-Za-z0-9+/=]{40,}", command):
        try:
            if base64.b64decode(word, validate=True).isascii():
                return True
        except (binascii.Error, ValueError):
            continue
    return False
