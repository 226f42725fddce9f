"""Rules on JavaScript: a light tokenizer, constants put together from texts, and where decoded data goes.

Not covered: values across functions or files, names reached by computed members of computed objects, and syntax trees as such.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from assets.layers.logic.products import Finding, Severity
from assets.layers.logic.scan.shell import SHELL

_MOST_BYTES = 32 * 1024 * 1024
_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|
    (?P<name>[A-Za-z_$][\w$]*)|(?P<number>0[xX][\da-fA-F]+|\d[\d_.]*)|(?P<sign>=>|[-+=!<>&|?:;,.(){}\[\]*%^~@#/])|(?P<space>\s+)""",
    re.VERBOSE | re.DOTALL,
)
_REGULAR = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_RELEVANT = re.compile(
    rb"\beval\b|\bFunction\b|child_process|child_\b|\bexec(?:Sync|File)?\b|\bspawn|process\s*\.\s*env|runIn\w*Context|constructor|\\x65|\[\s*[\"']ev"
)
_DECODERS = frozenset(
    {"atob", "fromCharCode", "fromCodePoint", "inflateSync", "gunzipSync", "createDecipheriv", "brotliDecompressSync"}
)
_WEAK_DECODERS = frozenset({"unescape", "decodeURIComponent"})
"""They hide only what is written down in the same place; elsewhere they read addresses."""
_SHORTEST_NAME = 3
_MINIFIED = 100_000
_ENCODINGS = frozenset({"base64", "hex", "base64url"})
_RUNNERS = frozenset({"eval", "Function", "runInThisContext", "runInNewContext", "runInContext", "execScript"})
_SENDERS = frozenset({"fetch", "write", "end", "send", "post", "put"})
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
            and result[-2].kind == "text"
        ):  # fmt: skip
            first = result[-2]
            result[-2:] = [_Token("text", first.value + token.value, first.at)]
        else:
            result.append(token)
    return result


class _Script:
    def __init__(self, path: str, text: str, tokens: list[_Token]) -> None:
        self._path, self._text, self._tokens = path, text, tokens
        self._decoded: dict[str, list[tuple[int, bool]]] = {}
        self._environment: set[str] = set()
        self._children: set[str] = set()
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
            self._decoded.setdefault(name, []).append((value[0].at if value else 0, self._is_decoded(value)))
        if self._is_environment(value):
            self._environment.add(name)
        if any(t.kind == "text" and t.value in ("child_process", "node:child_process") for t in value):
            self._children.add(name)

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
        """Whether the last assignment before this place put something decoded into the name."""
        earlier = [decoded for at, decoded in self._decoded.get(token.value, ()) if at < token.at]
        return before != "." and bool(earlier) and earlier[-1]

    def _is_environment(self, tokens: list[_Token]) -> bool:
        words = [token.value for token in tokens]
        for place in range(len(words) - 2):
            if words[place : place + 3] == ["process", ".", "env"] and (
                place + 3 >= len(words) or words[place + 3] not in (".", "[", "?")
            ):
                return True
        return any(token.kind == "name" and token.value in self._environment for token in tokens)

    def _call(self, place: int, token: _Token) -> None:
        inside = self._inside(place + 1)
        before = self._value(place - 1)
        if token.value in _RUNNERS:
            self._runner(token, inside)
        if token.value == "constructor" and before == "." and self._is_decoded(inside):
            self._tell("dynamic-code", "high", token, "a constructor of functions is given what was decoded")
        if token.value in ("exec", "execSync", "spawn", "spawnSync", "execFile", "execFileSync"):
            self._command(token, inside)
        if token.value in ("require", "import"):
            self._require(place, inside)
        to_a_console = any(self._value(place - back) in ("stdout", "stderr", "console") for back in (2, 3))
        if token.value in _SENDERS and not to_a_console and self._is_environment(inside):
            self._tell("sends-secrets", "high", token, f"{token.value} sends the environment elsewhere")

    def _runner(self, token: _Token, inside: list[_Token]) -> None:
        if self._is_decoded(inside):
            self._tell("dynamic-code", "high", token, f"{token.value} runs what was decoded")
        elif len(inside) != 1 or inside[0].kind != "text":
            self._tell("dynamic-code", "low", token, f"{token.value} runs code that is made at run time")

    def _command(self, token: _Token, inside: list[_Token]) -> None:
        has_children = bool(self._children) or any(t.kind == "text" and t.value.endswith("child_process") for t in self._tokens)
        if not has_children:
            return
        if self._is_decoded(inside[:60]):
            self._tell("command", "high", token, f"{token.value} runs what was decoded")
        elif any(t.kind == "text" and SHELL.search(t.value) for t in inside):
            self._tell(
                "command", "high", token, f"{token.value} runs a command that downloads and runs code, or gives a shell away"
            )

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
        """`global["ev" + "al"]`."""
        if self._value(place - 1) != "[" or self._value(place + 1) != "]":
            return
        if (
            token.value in ("eval", "Function", "execSync")
            and self._text[token.at + 1 : token.at + 1 + len(token.value)] != token.value
        ):
            self._tell("hidden-call", "high", token, f"{token.value} is reached by a name that is put together")


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
