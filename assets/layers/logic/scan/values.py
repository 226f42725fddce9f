"""What is known of the value of an expression without running it: a constant, what it may refer to, and where it comes from."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from assets.layers.logic.scan.scopes import Callee


class _Unknown(Enum):
    UNKNOWN = auto()


UNKNOWN: Final = _Unknown.UNKNOWN
"""Stands for a constant that is not known; None is one that is."""

DECODED = "decoded"
"""It was encoded, packed, encrypted or spelled in numbers."""
DOWNLOADED = "downloaded"
"""It came over HTTP, FTP or from an object store."""
RECEIVED = "received"
"""It came over a socket."""
PIECED = "pieced"
"""A constant that was put together from parts instead of written down."""
HIDDEN = "hidden"
"""A reference that was reached by a name which is not written down, or through a namespace as a dictionary."""
CREDENTIAL = "credential"
"""A key of the function's role, or a file of keys."""
ENVIRONMENT = "environment"
"""All variables of the environment."""
METADATA = "metadata"
"""What the metadata service answered."""
HOST = "host"
"""Names of machine and user."""
DROPPED = "dropped"
"""A path to which something downloaded or decoded was written."""
_MOST_NAMES = 6
_MOST_NAME = 160


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of a value.

    Attributes:
        constant: Itself, if it is known.
        names: Dotted names that it may be; `f()` is what `f` returns.
        marks: Where it comes from: the words above, and `parameter:NAME`.
        items: Of a container: any of its elements.
        callees: Functions of the same file that it may be.
    """

    constant: object = UNKNOWN
    names: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    items: "Value | None" = None
    callees: "tuple[Callee, ...]" = field(default=())

    @property
    def is_known(self) -> bool:
        """Whether its constant is known."""
        return self.constant is not UNKNOWN

    def marked(self, *marks: str) -> "Value":
        """The same, also of that origin."""
        return Value(self.constant, self.names, self.marks | set(marks), self.items, self.callees)


NOTHING = Value()


def referring(*names: str, marks: Iterable[str] = ()) -> Value:
    """A reference to what these names say."""
    return Value(names=frozenset(name for name in names if len(name) <= _MOST_NAME), marks=frozenset(marks))


def derived(*sources: Value) -> Value:
    """Something unknown that was made from these."""
    marks = [source.marks for source in sources if source.marks]
    return Value(marks=frozenset().union(*marks)) if marks else NOTHING


def either(first: Value, second: Value) -> Value:
    """What one of two values may be."""
    if first is second or second == NOTHING:
        return first
    if first == NOTHING:
        return second
    same = type(first.constant) is type(second.constant) and first.constant == second.constant
    items = first.items if second.items is None else second.items if first.items is None else either(first.items, second.items)
    return Value(
        first.constant if same else UNKNOWN,
        frozenset(sorted(first.names | second.names)[:_MOST_NAMES]),
        first.marks | second.marks,
        items,
        tuple(dict.fromkeys((*first.callees, *second.callees)))[:_MOST_NAMES],
    )


def any_of(values: Iterable[Value]) -> Value:
    """What any of these may be."""
    result = NOTHING
    for value in values:
        result = either(result, value)
    return result


def text_of(value: Value) -> str | None:
    """The constant as text; None if it is none."""
    if isinstance(value.constant, str):
        return value.constant
    if isinstance(value.constant, bytes):
        return value.constant.decode("utf-8", "replace")
    return None
