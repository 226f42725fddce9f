"""In which order functions move: canaries first, then by share or by the values of a tag."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from resources.lambda_layers import Function

_BY_TAG = "tag:"


class NoSuchCanary(ValueError):
    """A pattern for canaries matches no function that can move."""


@dataclass(frozen=True, slots=True)
class WaveRule:
    """How functions are divided into waves.

    Attributes:
        canary: Patterns of functions that move first: a name, `ACCOUNT/REGION/NAME`, or `tag:KEY=VALUE`; `*` stands for anything.
        percentages: Shares of the others that have moved after each further wave; all of them have after the last.
        tag: Key of a tag by whose values the others are divided instead; empty to go by shares.
        values: Values of that tag in the order in which they move; functions with none of them are last.
    """

    canary: tuple[str, ...] = ()
    percentages: tuple[int, ...] = (10, 50, 100)
    tag: str = ""
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(not 0 < share <= 100 for share in self.percentages) or list(self.percentages) != sorted({*self.percentages}):
            raise ValueError(f"percentages {list(self.percentages)} do not rise within 1 to 100")
        if bool(self.tag) != bool(self.values):
            raise ValueError("waves by tag need both the key of the tag and its values")
        if len({*self.values}) != len(self.values):
            raise ValueError(f"a value of tag {self.tag} is named twice")
        for pattern in self.canary:
            if pattern.startswith(_BY_TAG) and "=" not in pattern:
                raise ValueError(f"canary {pattern!r}: write tag:KEY=VALUE")

    @property
    def needs_tags(self) -> bool:
        """Whether tags of functions have to be known."""
        return bool(self.tag) or any(pattern.startswith(_BY_TAG) for pattern in self.canary)


def waves(functions: Sequence[Function], rule: WaveRule, salt: str) -> list[tuple[str, ...]]:
    """ARNs of the functions of each wave; every function is in exactly one, and no wave is empty.

    The order is that of a hash of the ARN with the salt: the same each time, and for another roll-out another one, so that it is
    not always the same functions that go first.

    Raises:
        NoSuchCanary: A pattern for canaries matches nothing.
    """
    ordered = sorted(functions, key=lambda function: hashlib.sha256(f"{salt}\n{function.arn}".encode()).digest())
    for pattern in rule.canary:
        if not any(_matches(function, pattern) for function in ordered):
            raise NoSuchCanary(f"canary {pattern!r} matches no function that can move")
    canary = [f for f in ordered if any(_matches(f, pattern) for pattern in rule.canary)]
    others = [f for f in ordered if f not in canary]
    parts = [canary, *(_by_tag(others, rule) if rule.tag else _by_share(others, rule.percentages))]
    return [tuple(f.arn for f in part) for part in parts if part]


def _by_share(functions: Sequence[Function], percentages: Sequence[int]) -> list[Sequence[Function]]:
    ends = [-(-len(functions) * share // 100) for share in percentages]
    return [functions[begin:end] for begin, end in zip([0, *ends], [*ends, len(functions)], strict=True)]


def _by_tag(functions: Sequence[Function], rule: WaveRule) -> list[list[Function]]:
    value = {f.arn: (f.tags or {}).get(rule.tag) for f in functions}
    named = [[f for f in functions if value[f.arn] == wanted] for wanted in rule.values]
    return [*named, [f for f in functions if value[f.arn] not in rule.values]]


def _matches(function: Function, pattern: str) -> bool:
    if pattern.startswith(_BY_TAG):
        key, _, value = pattern.removeprefix(_BY_TAG).partition("=")
        return key in (function.tags or {}) and fnmatchcase((function.tags or {})[key], value)
    return fnmatchcase(f"{function.place}/{function.name}" if "/" in pattern else function.name, pattern)
