"""Looks through Python source: which files can hold anything at all, and what of them can be read."""

import ast
import unicodedata
import warnings
from collections.abc import Iterator

from assets.layers.logic.products import Finding
from assets.layers.logic.scan.flow import Flow
from assets.layers.logic.scan.python_rules import PythonRules
from assets.layers.logic.scan.relevance import is_in_another_encoding, is_relevant

MOST_BYTES = 4 * 1024 * 1024
"""Larger sources are not looked through, and that is told."""

_TOO_DEEP = "it is nested too deeply to be followed"


def python_findings(path: str, source: bytes) -> list[Finding]:
    """What a Python file does that it should not.

    Args:
        path: Of the file within the zip.
        source: Its bytes.
    """
    if len(source) > MOST_BYTES:
        return [Finding("not-looked-at", "high", path, f"it is larger than {MOST_BYTES} bytes")]
    if not is_relevant(source):
        return []
    findings = _looked_through(path, source, None, 0)
    if is_in_another_encoding(source):
        what = "it is written in an encoding in which letters are not as they look"
        findings.append(Finding("hidden-characters", "high", path, what, 1))
    return findings


def _looked_through(path: str, source: str | bytes, line: int | None, depth: int) -> list[Finding]:
    rules = PythonRules(path, lambda text, at, deep: _code_within(path, text, at, deep), line, depth)
    trees, faults = _parsed(source, tolerant=depth == 0)
    findings = [] if depth else [Finding("unreadable", "low", path, fault) for fault in faults[:1] if fault != _TOO_DEEP]
    if _TOO_DEEP in faults:
        findings.append(Finding("not-looked-at", "high", path, _TOO_DEEP))
    for tree in trees:
        flow = Flow(rules.judge, rules.assigned)
        try:
            flow.follow(tree)
        except RecursionError:
            findings.append(Finding("not-looked-at", "high", path, _TOO_DEEP))
    return [*rules.findings(trees, is_complete=not faults and depth == 0), *findings]


def _code_within(path: str, text: str, line: int, depth: int) -> list[Finding]:
    """Code that another piece of code runs; text that is no code is none of ours."""
    return _looked_through(path, text, line, depth) if len(text) <= MOST_BYTES else []


def _parsed(source: str | bytes, *, tolerant: bool) -> tuple[list[ast.Module], list[str]]:
    """The code as trees; more than one if only parts of it can be read by this version of Python."""
    try:
        return [_tree(source)], []
    except SyntaxError as error:
        fault = f"it is no Python that can be read here: {error.msg}, line {error.lineno}"
    except (ValueError, UnicodeError) as error:
        fault = f"it is no Python that can be read here: {error}"
    except (RecursionError, MemoryError):
        return [], [_TOO_DEEP]
    if not tolerant:
        return [], [fault]
    text = source if isinstance(source, str) else source.decode("utf-8", "replace")
    return [_tree_of_parts(text)], [fault]


def _tree(source: str | bytes) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _tree_of_parts(text: str) -> ast.Module:
    """What can be read of a file, part by part: code for another version of Python hides nothing beside itself."""
    module = ast.Module([], [])
    for first, part in _parts(unicodedata.normalize("NFC", text.replace("\0", ""))):
        try:
            tree = _tree(part)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        module.body.extend(ast.increment_lineno(tree, first).body)
    return module


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Statements at the left margin, with the number of lines before each."""
    lines = text.splitlines()
    starts = [
        n
        for n, line in enumerate(lines)
        if line[:1].strip() and not line.startswith((")", "]", "}", "else", "elif", "except", "finally", "#"))
    ]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield start, "\n".join(lines[start:end])
