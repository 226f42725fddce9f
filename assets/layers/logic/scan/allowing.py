"""What people let pass: `layers/allowed_findings.yaml` of the inputs. Every entry says why and until when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

import yaml

from assets.layers.logic.products import Finding

KEY = "layers/allowed_findings.yaml"
_REQUIRED = ("rule", "reason", "until")
_ALLOWED = {*_REQUIRED, "path", "layer", "sha256"}


class BadAllowList(ValueError):
    """The file is not understood; the message tells every mistake with its line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    Attributes:
        rule: Name of the rule.
        path: Pattern of the path within the zip; `*` is any text.
        layer: Pattern of the layer's name.
        sha256: Of the zip; any if empty.
        reason: Why it may pass.
        until: Last day on which it does.
        line: In the file.
    """

    rule: str
    path: str
    layer: str
    sha256: str
    reason: str
    until: date
    line: int

    def covers(self, layer: str, sha256: str, finding: Finding) -> bool:
        """Whether it is about this finding."""
        return (
            fnmatchcase(finding.rule, self.rule)
            and fnmatchcase(finding.path, self.path)
            and fnmatchcase(layer, self.layer)
            and self.sha256 in ("", sha256)
        )

    def __str__(self) -> str:
        return f"line {self.line}: {self.rule} in {self.path} of {self.layer}"


@dataclass(slots=True)
class AllowList:
    """All entries, and which of them were of use."""

    entries: tuple[Entry, ...] = ()
    _used: set[Entry] = field(default_factory=set)

    def applied(self, layer: str, sha256: str, findings: Iterable[Finding], today: date) -> tuple[Finding, ...]:
        """The findings, with the last day of those that may pass. An entry that is over lets nothing pass."""
        return tuple(self._applied(layer, sha256, finding, today) for finding in findings)

    def _applied(self, layer: str, sha256: str, finding: Finding, today: date) -> Finding:
        covering = [entry for entry in self.entries if entry.covers(layer, sha256, finding)]
        self._used.update(covering)
        last = max((entry.until for entry in covering if entry.until >= today), default=None)
        return replace(finding, allowed_until=last)

    def expired(self, today: date) -> tuple[Entry, ...]:
        """Entries that are over: what they let pass counts again."""
        return tuple(entry for entry in self.entries if entry.until < today)

    def unused(self, today: date) -> tuple[Entry, ...]:
        """Entries in force that were about nothing since this list was read: they may be deleted."""
        return tuple(entry for entry in self.entries if entry.until >= today and entry not in self._used)


def read_allow_list(body: bytes | None) -> AllowList:
    """The list; empty if there is no file.

    Raises:
        BadAllowList: It is not understood.
    """
    if body is None:
        return AllowList()
    try:
        root = yaml.compose(body.decode("utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadAllowList(f"{KEY} is no YAML: {error}") from error
    if root is None:
        return AllowList()
    if not isinstance(root, yaml.SequenceNode):
        raise BadAllowList(f"{KEY}, line {root.start_mark.line + 1}: it has to be a list of entries")
    faults: list[str] = []
    entries = tuple(entry for node in root.value if (entry := _entry(node, faults)) is not None)
    if faults:
        raise BadAllowList(f"{KEY}: {'; '.join(faults)}")
    return AllowList(entries)


def _entry(node: yaml.Node, faults: list[str]) -> Entry | None:
    line = node.start_mark.line + 1
    values = _values(node)
    if values is None:
        faults.append(f"line {line}: an entry has to be a mapping of texts")
        return None
    wrong = [
        *(f"line {line}: {name} is missing" for name in _REQUIRED if not values.get(name)),
        *(
            f"line {line}: {name} is not known; there are {', '.join(sorted(_ALLOWED))}"
            for name in values
            if name not in _ALLOWED
        ),
    ]
    until = _day(values.get("until", ""))
    if values.get("until") and until is None:
        wrong.append(f"line {line}: until is {values['until']!r}, which is no day (YYYY-MM-DD)")
    faults.extend(wrong)
    if wrong or until is None:
        return None
    return Entry(
        values["rule"],
        values.get("path", "*"),
        values.get("layer", "*"),
        values.get("sha256", "").lower(),
        values["reason"],
        until,
        line,
    )


def _values(node: yaml.Node) -> Mapping[str, str] | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    pairs: Sequence[tuple[Any, Any]] = node.value
    if not all(isinstance(part, yaml.ScalarNode) for pair in pairs for part in pair):
        return None
    return {str(name.value): str(value.value).strip() for name, value in pairs}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
