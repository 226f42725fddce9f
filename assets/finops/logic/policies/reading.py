"""YAML as plain text values with the line of each: what a policy file says, before anybody judges it.

Values stay as they are written: `012345678901` keeps its zero, `no` is the word and `08:00` no number. Whoever takes them in
says what they ought to be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

Place = tuple[str | int, ...]
_LARGEST = 262_144
_DEEPEST = 24
_EMPTY = ("", "~", "null", "Null", "NULL")
_KINDS = ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value")
_STANDARD = {f"tag:yaml.org,2002:{kind}" for kind in _KINDS}


class Unreadable(ValueError):
    """The text is no YAML that can be taken.

    Attributes:
        line: Line at fault, from 1.
    """

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says.

    Attributes:
        data: Mappings, lists, texts and None (of an empty value).
        lines: Line of every place in it, from 1; of a value in a mapping, the line of its name.
    """

    data: object
    lines: dict[Place, int] = field(default_factory=dict)


def read(text: str) -> Document:
    """The one document in the text.

    Raises:
        Unreadable: It is not YAML, not one document, too large (256 KiB) or too deep, names something twice, or refers to other
            places by `&` and `*`, which is refused since a few such lines can stand for gigabytes.
    """
    if len(text) > _LARGEST:
        raise Unreadable(1, f"is longer than {_LARGEST} characters, which no policy needs")
    try:
        _refuse_references(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(mark.line + 1 if mark else 1, f"is not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise Unreadable(1, f"is not YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise Unreadable(1, "is nested too deeply") from None
    if node is None:
        return Document(None, {(): 1})
    lines: dict[Place, int] = {(): node.start_mark.line + 1}
    return Document(_value(node, (), lines), lines)


def _refuse_references(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = 1 if event.start_mark is None else event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(line, "refers to another place by & or *: write it out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise Unreadable(line, "is nested too deeply")


def _value(node: yaml.Node, place: Place, lines: dict[Place, int]) -> object:
    if node.tag not in _STANDARD:
        raise Unreadable(node.start_mark.line + 1, f"has the type {node.tag}, which is not taken: write a plain value")
    if isinstance(node, yaml.MappingNode):
        return {name: _value(below, (*place, name), lines) for name, below in _entries(node, place, lines)}
    if isinstance(node, yaml.SequenceNode):
        for n, below in enumerate(node.value):
            lines[(*place, n)] = below.start_mark.line + 1
        return [_value(below, (*place, n), lines) for n, below in enumerate(node.value)]
    plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return None if plain and node.value in _EMPTY else node.value


def _entries(node: yaml.MappingNode, place: Place, lines: dict[Place, int]) -> Iterator[tuple[str, yaml.Node]]:
    for key, below in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise Unreadable(line, "has a name that is not a text")
        name = str(key.value)
        if (*place, name) in lines:
            raise Unreadable(line, f"names {name!r} a second time, after line {lines[(*place, name)]}")
        lines[(*place, name)] = line
        yield name, below
