"""What a layer may cost beside the version before it: which packages grew, and whether that is within its budget."""

from collections.abc import Sequence
from dataclasses import dataclass

from assets.layers.logic.products import Budget, Package, Verdict


@dataclass(frozen=True, slots=True)
class Change:
    """How a package differs from the version before; None is one that is new, or is no more.

    Attributes:
        name: Of the package.
        before: Bytes, unzipped.
        after: Bytes, unzipped.
        versions: `1.0 → 1.1`, or the version.
    """

    name: str
    before: int | None
    after: int | None
    versions: str

    @property
    def growth(self) -> int:
        """Bytes."""
        return (self.after or 0) - (self.before or 0)

    def __str__(self) -> str:
        how = "new, " if self.before is None else "gone, " if self.after is None else ""
        return f"{self.name} {self.versions} ({how}{self.growth / 1e6:+,.2f} MB)"


def changes(before: Sequence[Package], after: Sequence[Package]) -> list[Change]:
    """Packages whose size or version changed, the most grown first."""
    old, new = {one.name: one for one in before}, {one.name: one for one in after}
    found = []
    for name in {*old, *new}:
        was, now = old.get(name), new.get(name)
        if was and now and (was.version, was.bytes) == (now.version, now.bytes):
            continue
        versions = " → ".join(dict.fromkeys(one.version for one in (was, now) if one))
        found.append(Change(name, was.bytes if was else None, now.bytes if now else None, versions))
    return sorted(found, key=lambda one: (-one.growth, one.name))


def judged(
    budget: Budget, unzipped: int, packages: Sequence[Package], before: int | None, former: Sequence[Package]
) -> tuple[Verdict, str]:
    """Whether a build is within its budget, and why not.

    Import time is judged where it is measured: by the tests.

    Args:
        budget: Of the layer.
        unzipped: Bytes of the build.
        packages: Of the build.
        before: Bytes of the version before; None if there is none, and then nothing can have grown.
        former: Packages of the version before.
    """
    over = []
    if budget.unzipped_bytes is not None and unzipped > budget.unzipped_bytes:
        over.append(f"{unzipped:,} bytes unzipped are more than {budget.unzipped_bytes:,}")
    if budget.growth is not None and before is not None and unzipped > before * (1 + budget.growth):
        over.append(
            f"it grew by {unzipped / before - 1:.1%} from {before:,} to {unzipped:,} bytes, more than {budget.growth:.1%}"
        )
    if not over:
        return "passed", ""
    grown = [str(one) for one in changes(former, packages) if one.growth > 0] if before is not None else []
    return "failed", "; ".join([*over, *([f"grown: {', '.join(grown)}"] if grown else [])])
