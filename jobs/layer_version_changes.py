"""Deletes versions of layers that nothing keeps: plan, guard, apply, verify, and a journal of it.

Cut off anywhere and run again, it ends where it would have ended: what is there is read anew, and only what is missing is done.
Just before some versions are deleted, everything that could keep them is read again; whatever cannot be read ends it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assets.journal import FOUND_DONE, FOUND_UNDONE, Change, Journal
from assets.layers.estate import EstateReader
from assets.layers.logic.cleanup import Plan, Rules, Verdict, batches, judged, planned
from assets.layers.logic.estate import Estate
from jobs.carrying_out import carry_out
from resources.errors import CloudOpsError
from resources.lambda_layers import LayerArn, LayerVersion, Place

_LOG = logging.getLogger(__name__)
SYSTEM = "aws"
DELETE = "delete layer version"


@dataclass(frozen=True, slots=True)
class World:
    """What the clean-up acts on.

    Attributes:
        reader: Reads functions and layers.
        rules: Tells what keeps a version as things are now.
        journal: Where deletions are written down.
        now: Tells the time.
    """

    reader: EstateReader
    rules: Callable[[], Rules]
    journal: Journal
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan: versions that were deleted, those that something keeps since, and what is wrong."""

    deleted: tuple[Verdict, ...]
    kept: tuple[Verdict, ...]
    problems: tuple[str, ...]


def plan(world: World, estate: Estate, most: int, known: Mapping[str, LayerVersion]) -> tuple[Plan, Estate]:
    """What is to be deleted, and the estate with grants and sizes of those versions that nothing else keeps.

    Args:
        world: What it acts on.
        estate: What was read, completely.
        most: How many versions are deleted at most.
        known: Versions whose sizes were read before.
    """
    rules, now = world.rules(), world.now()
    first = planned(judged(estate, rules, now, with_grants=False), most)
    asked = [str(one.version.arn) for one in (*first.delete, *first.later, *first.reported)]
    estate = world.reader.with_grants(world.reader.with_details(estate, asked, known), asked)
    return planned(judged(estate, rules, now), most), estate


def settle(world: World, estate: Estate) -> int:
    """Write down what became of deletions that were cut off, in places that are looked at; returns how many there were."""
    there = {str(one.arn) for one in estate.owned()}
    lost = [
        begun
        for begun in world.journal.cut_off(SYSTEM, [DELETE])
        if _place(LayerArn.parsed(begun.change.subject)) in estate.places
    ]
    outcomes = [(begun, FOUND_UNDONE if begun.change.subject in there else FOUND_DONE) for begun in lost]
    world.journal.end(outcomes, world.now())
    return len(lost)


def apply(world: World, wanted: Plan, sizes: Mapping[str, LayerVersion]) -> Applied:
    """Delete what a plan says, some versions at a time, each time after another look at everything that could keep them.

    Args:
        world: What it acts on.
        wanted: The plan.
        sizes: Versions with their sizes, by ARN, for the journal.

    Raises:
        TransientError: The cloud did not answer: run again.
    """
    deleted: list[Verdict] = []
    kept: list[Verdict] = []
    problems: list[str] = []
    for batch in batches(wanted.delete):
        arns = {str(one.version.arn) for one in batch}
        before = world.rules()
        estate = world.reader.with_grants(world.reader.read_for([one.version.arn for one in batch]), sorted(arns))
        if estate.unread:
            problems += [f"nothing more was deleted, from {batch[0].version.arn} on: {reason}" for reason in estate.unread]
            break
        # what needed a version when the look began may have given it to a function behind the look, and be over
        rules = world.rules().holding(before.held)
        again = [one for one in judged(estate, rules, world.now()) if str(one.version.arn) in arns]
        kept += [one for one in again if one.keeps]
        free = [one for one in again if not one.keeps]
        done, failed = carry_out(free, lambda one: _change(one, sizes), lambda one: _delete(world, one), world.journal, world.now)
        deleted += done
        problems += [f"{one.version.arn}: {error}" for one, error in failed]
    problems += _still_there(world, deleted)
    return Applied(tuple(deleted), tuple(kept), tuple(problems))


def described(version: LayerVersion) -> dict[str, Any]:
    """A version as the journal has it."""
    return {
        "description": version.description,
        "created": version.created and version.created.isoformat(),
        "runtimes": list(version.runtimes),
        "architectures": list(version.architectures),
        "zip_bytes": version.zip_bytes,
        "sha256": version.sha256,
    }


def _place(arn: LayerArn) -> Place:
    return Place(arn.account, arn.region)


def _delete(world: World, one: Verdict) -> None:
    _LOG.info("deleting %s", one.version.arn)
    world.reader.service.delete_version(one.version.arn)


def _change(one: Verdict, sizes: Mapping[str, LayerVersion]) -> Change:
    arn = str(one.version.arn)
    return Change(SYSTEM, DELETE, arn, described(sizes.get(arn, one.version)), None, "nothing uses or keeps it")


def _still_there(world: World, deleted: Sequence[Verdict]) -> list[str]:
    """What is wrong if versions that were deleted are listed all the same, or cannot be listed."""
    arns = {one.version.arn for one in deleted}
    there: set[LayerArn] = set()
    problems = []
    for (place, name), found in world.reader.listed(arns).items():
        if isinstance(found, CloudOpsError):
            problems.append(f"whether versions of {name} in {place} are gone could not be read: {found}")
        else:
            there |= {one.arn for one in found}
    return [*problems, *(f"{arn} was deleted, and is still there" for arn in sorted(arns & there))]
