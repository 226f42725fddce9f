"""What is wrong with a policy file, in words that its author can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from assets.finops.logic.policies.reading import Document, Place

UNKNOWN_NAME = "unknown_name"
"""Type of the error of a mapping with names that it may not have; its context holds `names` and `allowed`."""
_QUOTED = re.compile(r"'([^']*)'")
_LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a policy file.

    Attributes:
        file: Name of the file.
        line: Line, from 1.
        field: What is at fault, such as `filters[2].cost_30d`, counted from 1; empty for the file as a whole.
        message: What is wrong, what is allowed and, for a misspelt name, the nearest one.
    """

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {f'{self.field}: ' if self.field else ''}{self.message}"


class InvalidPolicy(ValueError):
    """A policy file cannot be taken as it is.

    Attributes:
        problems: Everything that is wrong with it, by line.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


def problems_of(error: ValidationError, document: Document, file: str) -> list[Problem]:
    """The faults that a model found in a document, by line."""
    found = [problem for one in error.errors(include_url=False) for problem in _problems(one, document, file)]
    return sorted(found, key=lambda problem: (problem.line, problem.field))


def path(place: Sequence[str | int]) -> str:
    """A place for people: `filters[2].cost_30d`, counted from 1."""
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _problems(error: ErrorDetails, document: Document, file: str) -> Iterator[Problem]:
    place, line = _there(error["loc"], document)
    context: dict[str, Any] = error.get("ctx", {})
    if error["type"] == UNKNOWN_NAME:
        for name in context["names"]:
            at = (*place, name)
            yield Problem(file, document.lines.get(at, line), path(at), f"is not known; {_choice(name, context['allowed'])}")
    elif error["type"] == "missing":
        yield Problem(file, line, path((*place, *error["loc"][-1:])), "is missing")
    elif error["type"] == "too_short" and error["input"]:
        return  # only what is wrong with the items made it short
    elif error["type"] == "literal_error":
        allowed = _QUOTED.findall(str(context["expected"]))
        yield Problem(file, line, path(place), f"is {_shown(error['input'])}; {_choice(str(error['input']), allowed)}")
    else:
        yield Problem(file, line, path(place), _in_words(error))


def _there(loc: Sequence[str | int], document: Document) -> tuple[Place, int]:
    """The part of a place that the file really has, and its line: models know names that the short forms leave out."""
    place: Place = ()
    for part in loc:
        if (*place, part) in document.lines:
            place = (*place, part)
    return place, document.lines.get(place, 1)


def _choice(wanted: str, allowed: Sequence[str]) -> str:
    """What is allowed, and which of it is meant, if it can be guessed."""
    lowered = {name.lower(): name for name in allowed}
    near = get_close_matches(wanted.lower(), lowered, 1, 0.6) or [name for name in lowered if name.startswith(wanted.lower())]
    guess = f"did you mean {lowered[near[0]]}? " if near and wanted else ""
    return f"{guess}allowed: {', '.join(allowed)}"


def _in_words(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input ").removeprefix("Assertion failed, ")
    if error["type"] in ("value_error", "assertion_error") or error["input"] is None or isinstance(error["input"], dict | list):
        return "is empty" if error["input"] is None else message
    return f"{message}, not {_shown(error['input'])}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
