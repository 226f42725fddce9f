"""Which versions of layers may be deleted: those that nothing keeps. Every version that stays has its reasons."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from itertools import groupby, product

from assets.layers.logic.estate import Estate
from assets.layers.logic.products import LayerSpecification, Retention
from assets.layers.logic.specifications import filled_in
from assets.layers.logic.usage import granted_to
from resources.lambda_layers import Function, Grant, LayerArn, LayerVersion, Place

UNSPECIFIED = "no specification names its layer"
"""Why a version stays that would go by the usual retention: it is reported, and deleted only where a run names its layer."""
PER_LOOK = 20
"""Versions that are deleted after one look. Deleting them takes no longer than the look: our choice."""
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Retentions:
    """Which retention holds for which layer.

    Attributes:
        specifications: Layers that people want.
        own: The product's own place: where a layer is published whose specification names no places.
        unspecified: Patterns of names of layers without specification that may be cleaned up too, with the usual retention.
    """

    specifications: Sequence[LayerSpecification]
    own: Place
    unspecified: Collection[str] = ()

    def of(self, layer: LayerArn) -> Retention | None:
        """The retention of a layer; None if nobody said that it may be cleaned up.

        A layer of the same name in a place that the specification does not name is somebody else's.
        """
        for one in self.specifications:
            if _published_in(one, layer, self.own) and layer.name in _names(one, layer.name):
                return one.retention
        return Retention() if any(fnmatchcase(layer.name, pattern) for pattern in self.unspecified) else None


@dataclass(frozen=True, slots=True)
class Rules:
    """What keeps a version.

    Attributes:
        retentions: By layer.
        held: Versions that something else needs, by ARN, and what.
        disregarded: Accounts and organisations whose grants keep no version; `*` for that to everybody.
    """

    retentions: Retentions
    held: Mapping[str, str] = field(default_factory=dict)
    disregarded: frozenset[str] = frozenset()

    def holding(self, more: Mapping[str, str]) -> "Rules":
        """These rules, where something needs more versions."""
        return replace(self, held={**more, **self.held})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a version: it goes if nothing keeps it."""

    version: LayerVersion
    keeps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of all versions.

    Attributes:
        delete: Versions that go, by layer and number.
        later: Versions that may go and are more than one run deletes.
        reported: Versions that would go if their layers had a specification.
        kept: All others, with what keeps them.
    """

    delete: tuple[Verdict, ...]
    later: tuple[Verdict, ...]
    reported: tuple[Verdict, ...]
    kept: tuple[Verdict, ...]


def judged(estate: Estate, rules: Rules, now: datetime, *, with_grants: bool = True) -> list[Verdict]:
    """Every version that the places own, with what keeps it, in the order of layers and numbers.

    Only an estate that was read completely proves that nobody uses a version (`Estate.unread`).

    Args:
        estate: What was read.
        rules: What keeps a version.
        now: When that is asked.
        with_grants: Whether grants are known yet. They are looked at for versions that nothing else keeps.
    """
    users = estate.users()
    ranks = _ranks(estate)
    found = []
    for version in sorted(estate.owned(), key=lambda one: one.arn):
        arn = str(version.arn)
        keeps = [*_retained(version, rules, now, ranks[version.arn]), *_used(users.get(arn, ()))]
        if arn in rules.held:
            keeps.append(rules.held[arn])
        if with_grants and keeps in ([], [UNSPECIFIED]):
            keeps += _granted(estate, version.arn, rules.disregarded)
        found.append(Verdict(version, tuple(keeps)))
    return found


def planned(verdicts: Sequence[Verdict], most: int) -> Plan:
    """What one run does.

    Args:
        verdicts: Of all versions.
        most: How many versions it deletes at most.
    """
    free = [one for one in verdicts if not one.keeps]
    reported = tuple(one for one in verdicts if one.keeps == (UNSPECIFIED,))
    kept = tuple(one for one in verdicts if one.keeps and one.keeps != (UNSPECIFIED,))
    return Plan(tuple(free[:most]), tuple(free[most:]), reported, kept)


def batches(verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
    """Versions that are deleted after one look: some of one region, so that little time passes between the look and the last."""
    ordered = sorted(verdicts, key=lambda one: one.version.arn.region)
    found = []
    for _, group in groupby(ordered, key=lambda one: one.version.arn.region):
        of = list(group)
        found += [of[start : start + PER_LOOK] for start in range(0, len(of), PER_LOOK)]
    return found


def _retained(version: LayerVersion, rules: Rules, now: datetime, rank: int) -> Iterator[str]:
    said = rules.retentions.of(version.arn)
    retention = said or Retention()
    if said is None:
        yield UNSPECIFIED
    if rank <= max(retention.newest, 1):
        yield "the newest" if rank == 1 else f"among the newest {retention.newest}"
    if version.created is None:
        yield "its age is unknown"
    elif now - version.created < timedelta(days=retention.days):
        yield f"younger than {retention.days} days"
    if version.arn.version in retention.pinned:
        yield "pinned"


def _used(users: Sequence[Function]) -> Iterator[str]:
    if users:
        names = [f"{one.place} {one.name}:{one.version}" for one in users[:_MOST_NAMED]]
        more = f" and {len(users) - _MOST_NAMED} more" if len(users) > _MOST_NAMED else ""
        yield f"used by {', '.join(names)}{more}"


def _granted(estate: Estate, arn: LayerArn, disregarded: Collection[str]) -> Iterator[str]:
    """Whether somebody may use it whose functions are not seen: layers are used within their region."""
    grants = estate.grants.get(str(arn))
    if grants is None:
        yield "who else may use it could not be read"
        return
    unseen = sorted({*_strangers(grants, arn, estate.places)} - {*disregarded})
    if unseen:
        yield f"granted to {', '.join(unseen)}, whose functions are not seen"


def _strangers(grants: Sequence[Grant], arn: LayerArn, places: Collection[Place]) -> Iterator[str]:
    for one in granted_to(grants):
        if Place(one, arn.region) not in places:
            yield one


def _ranks(estate: Estate) -> dict[LayerArn, int]:
    """Place of each version within its layer, 1 for the newest."""
    found: dict[str, list[LayerArn]] = {}
    for version in estate.owned():
        found.setdefault(version.arn.layer, []).append(version.arn)
    return {arn: rank for arns in found.values() for rank, arn in enumerate(sorted(arns, reverse=True), 1)}


def _published_in(specification: LayerSpecification, layer: LayerArn, own: Place) -> bool:
    place = Place(layer.account, layer.region)
    return any(fnmatchcase(str(place), pattern) for pattern in specification.places) if specification.places else place == own


def _names(specification: LayerSpecification, asked: str) -> set[str]:
    """Names that layers of a specification have, with that one among them if it is a part of a layer that is split."""
    whole = {filled_in(specification.name, *one) for one in product(specification.runtimes, specification.architectures)}
    stem, _, part = asked.rpartition("-")
    return {*whole, asked} if specification.most_bytes is not None and part.isdecimal() and stem in whole else whole
