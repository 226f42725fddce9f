"""What was read of functions and layers in all places, with what could not be read: that is not the same as nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from resources.lambda_layers import Alias, CodeStorage, Function, Grant, LayerVersion, Place


@dataclass(frozen=True, slots=True)
class Reading:
    """A place as it was read.

    Attributes:
        place: Which.
        read_at: When the reading began.
        functions: All versions of all functions; None if they could not be listed.
        aliases: Of each function that uses a layer, by its name; None if they could not be read. Empty if nobody asked.
        layers: All versions of all layers that the place owns, by name of the layer; None if they could not be listed.
        unread: What of functions, aliases and layers could not be read, and why.
        code: Code storage; None if it could not be read.
    """

    place: Place
    read_at: datetime
    functions: tuple[Function, ...] | None
    aliases: Mapping[str, tuple[Alias, ...] | None]
    layers: Mapping[str, tuple[LayerVersion, ...] | None] | None
    unread: tuple[str, ...] = ()
    code: CodeStorage | None = None


@dataclass(frozen=True, slots=True)
class Estate:
    """All places.

    Attributes:
        readings: One per place.
        details: Versions with size and hash, by ARN; those of other accounts too, as far as functions use them.
        gone: ARNs of versions that were asked for and are not there.
        denied: Accounts that use a version of another account and may not read it, by its ARN.
        unknown: Why others could not be read, by ARN.
        grants: Who else may use a version, by its ARN; None if that could not be read.
    """

    readings: tuple[Reading, ...]
    details: Mapping[str, LayerVersion] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    denied: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    grants: Mapping[str, tuple[Grant, ...] | None] = field(default_factory=dict)

    @property
    def unread(self) -> tuple[str, ...]:
        """What could not be read in any place, and why; if empty, what no function has is unused."""
        return tuple(f"{one.place}: {reason}" for one in self.readings for reason in one.unread)

    @property
    def places(self) -> frozenset[Place]:
        """Places that were looked at, whether or not they could be read."""
        return frozenset(one.place for one in self.readings)

    def functions(self) -> Iterator[Function]:
        """All versions of functions that were read."""
        for reading in self.readings:
            yield from reading.functions or ()

    def owned(self) -> Iterator[LayerVersion]:
        """All versions of layers that the places own, as far as they were read, the newest of each layer first."""
        for reading in self.readings:
            for versions in (reading.layers or {}).values():
                yield from versions or ()

    def users(self) -> dict[str, list[Function]]:
        """Versions of functions by the ARN of each layer version that they have."""
        found: dict[str, list[Function]] = {}
        for function in self.functions():
            for layer in function.layers:
                found.setdefault(layer, []).append(function)
        return found
