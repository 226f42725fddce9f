"""Places in texts that engines tell of."""

from collections.abc import Iterable
from typing import Protocol, TypeVar


class _Placed(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def confidence(self) -> float: ...


_One = TypeVar("_One", bound=_Placed)


def without_overlaps(of: Iterable[_One]) -> list[_One]:
    """Those that remain, in the order of the text, when the surer of two that overlap stays, or else the longer."""
    kept: list[_One] = []
    for one in sorted(of, key=lambda o: (-o.confidence, o.start - o.end, o.start)):
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda o: o.start)


def outermost(of: Iterable[_One]) -> list[_One]:
    """Those that lie in no other, in the order of the text; of two in the same place the surer one."""
    kept: list[_One] = []
    for one in sorted(of, key=lambda o: (o.start, -o.end, -o.confidence)):
        if not kept or one.end > kept[-1].end:
            kept.append(one)
    return kept
