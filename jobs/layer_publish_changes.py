"""What layers and grants there are, and how versions are published and shared: each change is looked for before it is made."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import polars as pl

from assets.journal import FOUND_DONE, FOUND_UNDONE, Change, Journal
from assets.layers import tables
from assets.layers.layer_tests import content_of
from assets.layers.logic.bundles import Bundle
from assets.layers.logic.products import BuiltLayer, LayerSpecification
from assets.layers.logic.publishing import (
    GRANT,
    LOOK,
    PUBLISH,
    REVOKE,
    GrantStep,
    candidates,
    description_of,
    grant_steps,
    in_base64,
    is_of,
    layer_arn,
    wanted_grants,
    whom,
)
from jobs.carrying_out import carry_out
from jobs.layer_rights import needed
from resources.clock import Clock
from resources.errors import CloudOpsError, Conflict, NotFound, TransientError
from resources.lake import Lake
from resources.lambda_layers import Architecture, Grant, LayerArn, LayerVersion, Place
from resources.lambda_service import LambdaService
from resources.object_store import ObjectStore

_ROUNDS = 3
"""How often grants are planned, where somebody else changes the same policies."""


@dataclass(frozen=True, slots=True)
class PublishWorld:
    """What a run works with."""

    service: LambdaService
    store: ObjectStore
    lake: Lake
    clock: Clock
    journal: Journal


@dataclass(frozen=True, slots=True)
class Target:
    """A zip that is to be at a place."""

    bundle: Bundle
    build: BuiltLayer
    specification: LayerSpecification
    place: Place

    @property
    def key(self) -> tuple[Place, str, str]:
        """As what is there is known by: layers may have the same content."""
        return self.place, self.build.layer, self.build.sha256


@dataclass(slots=True)
class Looked:
    """What there is.

    Attributes:
        versions: Of layers of specifications in force, the newest first, by place and name; those of unread places are not in it.
        there: The version that a zip was published as, by place, layer and SHA-256.
        grants: Of all these versions.
        unread: Why a place could not be read.
        silent: Places that gave no answer: running again may help.
    """

    versions: dict[tuple[Place, str], Sequence[LayerVersion]] = field(default_factory=dict)
    there: dict[tuple[Place, str, str], LayerVersion] = field(default_factory=dict)
    grants: dict[LayerArn, Sequence[Grant]] = field(default_factory=dict)
    unread: dict[Place, str] = field(default_factory=dict)
    silent: set[Place] = field(default_factory=set)


def look(service: LambdaService, layers: Iterable[str], targets: Sequence[Target]) -> Looked:
    """Versions of layers in all places, with who may use them; a place that refuses or is silent leaves the others alone.

    Args:
        service: Is asked.
        layers: Names of layers of specifications in force.
        targets: Zips whose versions are looked for.
    """
    looked = Looked()
    names = list(layers)
    for place in service.places():
        versions: dict[tuple[Place, str], Sequence[LayerVersion]] = {}
        try:
            versions = {(place, layer): service.layer_versions(place, layer) for layer in names}
            grants = {one.arn: service.grants(one.arn)[0] for found in versions.values() for one in found}
            there = {
                target.key: found
                for target in targets
                if target.place == place
                and (found := published_as(service, target.build, versions.get((place, target.build.layer), ()))) is not None
            }
        except CloudOpsError as error:
            looked.unread[place] = f"{error}{needed(error, LOOK, layer_arn(place, '*'))}"
            if isinstance(error, TransientError):
                looked.silent.add(place)
            continue
        looked.versions |= versions
        looked.grants |= grants
        looked.there |= there
    return looked


def published_as(service: LambdaService, build: BuiltLayer, versions: Iterable[LayerVersion]) -> LayerVersion | None:
    """The newest version that is of a zip, with its hash; None if none is."""
    for version in candidates(build, versions):
        try:
            found = service.layer_version(version.arn)
        except NotFound:  # deleted meanwhile
            continue
        if is_of(build, found):
            return found
    return None


def publish(world: PublishWorld, targets: Sequence[Target], looked: Looked) -> list[str]:
    """Publish zips, each where it is not yet, and write down as what; returns why some could not be.

    A place that is silent ends what is done there, and nowhere else: in the next run, what was published is found by its hash.
    """

    def change(target: Target) -> Change:
        build = target.build
        after = {"sha256": build.sha256, "layer": build.layer, "place": str(target.place)}
        return Change("aws", PUBLISH, layer_arn(target.place, build.layer), None, after, "its scan, tests and budget passed")

    def do(target: Target) -> None:
        build, place = target.build, target.place
        # anew: tests took a while, and another run may have published it
        version = published_as(world.service, build, world.service.layer_versions(place, build.layer))
        if version is None:
            content = content_of(build, world.store)
            version = world.service.publish(
                place, build.layer, content, description_of(build), build.runtimes,
                cast(Sequence[Architecture], build.architectures), target.specification.license,
            )  # fmt: skip
        looked.there[target.key] = version
        looked.versions[place, build.layer] = (version, *looked.versions.get((place, build.layer), ()))
        looked.grants.setdefault(version.arn, ())
        keep_publications(world, [(build, version)])

    problems = []
    for place in dict.fromkeys(target.place for target in targets):
        its = [target for target in targets if target.place == place]
        try:
            _, failed = carry_out(its, change, do, world.journal, world.clock.now)
        except TransientError as error:
            problems.append(_silence(looked, place, error))
            continue
        problems += [
            f"{target.build.layer} in {place}: {error}{needed(error, PUBLISH, layer_arn(place, target.build.layer))}"
            for target, error in failed
        ]
    return problems


def _silence(looked: Looked, place: Place, error: TransientError) -> str:
    looked.silent.add(place)
    return f"{place} gives no answer, and nothing more was done there: {error}"


def keep_publications(world: PublishWorld, found: Sequence[tuple[BuiltLayer, LayerVersion]]) -> None:
    """Write down which versions zips were published as; those that are written down already stay."""
    known = set(world.lake.scan(tables.PUBLICATIONS).select("arn").collect()["arn"])
    rows = [
        {
            "arn": str(version.arn), "sha256": build.sha256, "layer": build.layer, "account": version.arn.account,
            "region": version.arn.region, "version": version.arn.version, "published_at": version.created or world.clock.now(),
        }
        for build, version in found
        if str(version.arn) not in known
    ]  # fmt: skip
    if rows:
        arns = ", ".join(f"'{row['arn']}'" for row in rows)
        world.lake.replace(tables.PUBLICATIONS, pl.DataFrame(rows, schema=tables.PUBLICATIONS.schema), where=f"arn IN ({arns})")


def steps_of(looked: Looked, layers: Mapping[str, LayerSpecification]) -> list[GrantStep]:
    """What brings grants of all versions to the desired state.

    Args:
        looked: What there is.
        layers: Specifications in force by names of their layers.
    """
    return [
        step
        for (place, layer), versions in sorted(looked.versions.items(), key=lambda one: one[0])
        for version in versions
        for step in grant_steps(version.arn, looked.grants[version.arn], wanted_grants(layers[layer], place.account))
    ]


def share(world: PublishWorld, looked: Looked, layers: Mapping[str, LayerSpecification]) -> tuple[list[GrantStep], list[str]]:
    """Bring grants to the desired state, and see that they are; returns what was done, and why some could not be.

    Where somebody else changed a policy at the same time, it is read and planned anew. A place that is silent stops no other.
    """
    everything: list[GrantStep] = []
    problems: list[str] = []
    steps = steps_of(looked, layers)
    for place in dict.fromkeys(_place(step.arn) for step in steps):
        its = replace(looked, versions={key: found for key, found in looked.versions.items() if key[0] == place})
        try:
            problems += _shared(world, its, layers, everything)
        except TransientError as error:
            problems.append(_silence(looked, place, error))
    return everything, problems


def _place(arn: LayerArn) -> Place:
    return Place(arn.account, arn.region)


def _shared(
    world: PublishWorld, looked: Looked, layers: Mapping[str, LayerSpecification], everything: list[GrantStep]
) -> list[str]:
    """Bring grants of one place to the desired state; what was done is added to everything, why some could not be is returned."""
    refused: dict[str, None] = {}
    for _ in range(_ROUNDS):
        steps = steps_of(looked, layers)
        if not steps:
            break
        done, failed = carry_out(steps, _grant_change, lambda step: _carry(world.service, step), world.journal, world.clock.now)
        everything += done
        refused = {f"{step.arn}: {error}{needed(error, step.operation, step.arn.layer)}": None for step, error in failed}
        for arn in {step.arn for step in steps}:
            looked.grants[arn] = world.service.grants(arn)[0]
        if failed and not any(isinstance(error, Conflict) for _, error in failed):
            break
    if not refused:
        left = steps_of(looked, layers)
        refused = {f"{step.arn}: others undo the {step.operation} of {whom(step.grant)}": None for step in left}
    return list(refused)


def settle(world: PublishWorld, looked: Looked) -> None:
    """Write down what became of changes that were cut off, as far as their places could be read."""
    ends = []
    for entry in world.journal.cut_off("aws", [PUBLISH, GRANT, REVOKE]):
        done = _is_done(world.service, entry.change, looked)
        if done is not None:
            ends.append((entry, FOUND_DONE if done else FOUND_UNDONE))
    world.journal.end(ends, world.clock.now())


def _is_done(service: LambdaService, change: Change, looked: Looked) -> bool | None:
    """Whether a change that was cut off was made; None if it cannot be told."""
    try:
        if change.operation == PUBLISH:
            after: Mapping[str, Any] = change.after or {}
            place = Place(*str(after["place"]).split("/"))
            wanted = in_base64(str(after["sha256"]))
            versions = service.layer_versions(place, str(after["layer"]))
            return any(service.layer_version(version.arn).sha256 == wanted for version in versions)
        arn = LayerArn.parsed(change.subject)
        there = looked.grants[arn] if arn in looked.grants else service.grants(arn)[0]
    except CloudOpsError:
        return None
    said: Mapping[str, Any] = change.after or change.before or {}
    is_there = any(_noted(grant) == said for grant in there)
    return is_there == (change.operation == GRANT)


def _grant_change(step: GrantStep) -> Change:
    noted = _noted(step.grant)
    before, after = (None, noted) if step.operation == GRANT else (noted, None)
    return Change("aws", step.operation, str(step.arn), before, after, step.why)


def _carry(service: LambdaService, step: GrantStep) -> None:
    """Give or take back a grant, guarded by the policy's revision; what is so already stays.

    Raises:
        Conflict: Somebody else changed the policy at the same time.
    """
    there, revision = service.grants(step.arn)
    if step.operation == REVOKE and any(grant.statement_id == step.grant.statement_id for grant in there):
        service.revoke(step.arn, step.grant.statement_id, revision)
    if step.operation == GRANT and step.grant not in there:
        service.grant(step.arn, step.grant, revision)


def _noted(grant: Grant) -> dict[str, Any]:
    return {
        "statement_id": grant.statement_id, "principal": grant.principal, "organization": grant.organization,
        "action": grant.action,
    }  # fmt: skip
