"""The readings that fit each other best: a search over the identities that do not hold, bounded in cost and steps.

Each step takes one identity that does not hold exactly and one reading that mends it. What a solution costs is what speaks
against its readings, and what the identities miss that still do not hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assets.invoices.logic.arithmetic.identities import Identity, Level
from assets.invoices.logic.arithmetic.slots import Reading, Slot

Changes = Mapping[Slot, Reading]

_MISSES = {Level.EXACT: 0.0, Level.LOOSE: 1.5, Level.BROKEN: 4.0}
"""What it costs that an identity holds only loosely, or not at all: one that holds loosely is no reason to read anything
differently, two of the same number are."""
_AHEAD = 0.5
"""By how much a solution must cost less than any other, so that it is more than a guess."""
_STEPS = 2_000
"""Solutions that are looked at, at most."""


@dataclass(slots=True)
class _Search:
    identities: Sequence[Identity]
    readings: Mapping[Slot, Sequence[Reading]]
    touching: Mapping[Slot, Sequence[int]]
    found: list[tuple[float, dict[Slot, Reading]]]
    best: float
    steps: int = 0

    def visit(self, values: dict[Slot, Decimal], changes: dict[Slot, Reading], levels: list[Level], left: frozenset[int]) -> None:
        """Looks at a solution, and at all that mend one more identity."""
        self.steps += 1
        spent = sum(reading.cost for reading in changes.values())
        if self.steps > _STEPS or spent > self.best + _AHEAD:
            return
        cost = spent + sum(_MISSES[level] for level in levels)
        self.found.append((cost, dict(changes)))
        self.best = min(self.best, cost)
        broken = next((i for i, level in enumerate(levels) if level is not Level.EXACT and i not in left), None)
        if broken is None:
            return
        for slot, reading in self._mending(broken, values, changes):
            old = values[slot]
            values[slot], changes[slot] = reading.value, reading
            after = list(levels)
            for i in self.touching[slot]:
                after[i] = self.identities[i].level(values)
            self.visit(values, changes, after, left)
            values[slot] = old
            del changes[slot]
        self.visit(values, changes, levels, left | {broken})

    def _mending(self, index: int, values: dict[Slot, Decimal], changes: Changes) -> Iterator[tuple[Slot, Reading]]:
        """The readings with which an identity holds."""
        identity = self.identities[index]
        offs = [form.off for form in identity.forms(values)] if identity.summed else []
        loose, before = identity.loose(values), identity.level(values)
        for slot in identity.parts:
            if slot in changes:
                continue
            now = values[slot]
            for reading in self.readings[slot][1:]:
                step = abs(reading.value - now)
                if offs and not any(abs(step - off) <= loose for off in offs):
                    continue
                values[slot] = reading.value
                mended = identity.level(values) < before
                values[slot] = now
                if mended:
                    yield slot, reading


def solve(identities: Sequence[Identity], readings: Mapping[Slot, Sequence[Reading]]) -> tuple[Changes, tuple[Slot, ...]]:
    """What to read differently, and which numbers could be meant where the identities do not tell.

    Args:
        identities: Those that can be tried.
        readings: Of every number, the chosen one first.
    """
    values = {slot: options[0].value for slot, options in readings.items()}
    levels = [identity.level(values) for identity in identities]
    touching: dict[Slot, list[int]] = {slot: [] for slot in readings}
    for i, identity in enumerate(identities):
        for slot in identity.parts:
            touching[slot].append(i)
    search = _Search(identities, readings, touching, [], sum(_MISSES[level] for level in levels))
    search.visit(values, {}, levels, frozenset())
    near = [changes for cost, changes in search.found if cost < search.best + _AHEAD]
    shared = {slot: reading for slot, reading in near[0].items() if all(other.get(slot) == reading for other in near[1:])}
    doubtful = {slot for changes in near for slot in changes} - shared.keys()
    return shared, tuple(sorted(doubtful))
