"""Asks all places who uses a layer, finds its new version in each, and plans the roll-out."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from assets.layers.logic.rollout.plan import GONE, UNKNOWN, Facts, Plan, Target, plan
from assets.layers.logic.rollout.record import Settings
from assets.layers.logic.rollout.users import LATEST, Use, families, uses
from assets.layers.logic.rollout.waves import NoSuchCanary
from assets.layers.rolling_out.world import World
from assets.layers.tables.builds import BUILDS
from resources.errors import BadInput, Denied, NotFound
from resources.lambda_layers import Alias, Function, LayerArn, LayerVersion, Place
from resources.lambda_service import LambdaService


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the hash of the version that it brings."""

    plan: Plan
    sha256: str


def planned(world: World, settings: Settings) -> Planned:
    """What a roll-out would do; changes nothing.

    Raises:
        BadInput: The settings name what is not there.
        CloudOpsError: A place could not be asked: who uses the layer is not known then.
    """
    places = [p for p in world.service.places() if any(fnmatchcase(str(p), _whole(pattern)) for pattern in settings.places)]
    if not places:
        raise BadInput(f"no place matches {', '.join(settings.places)}", "Write ACCOUNT/REGION; `*` stands for anything.")
    functions = [function for place in places for function in world.service.functions(place, all_versions=True)]
    found = families(functions, settings.layer)
    if not found:
        _demand_layer(world.service, places, settings.layer)
    sha256, targets = _targets(world.service, settings, found)
    before = {arn: target.version.arn.version for arn, target in targets.items() if target.version is not None}
    users = uses(functions, {}, settings.layer, before, settings.from_version)
    aliases = _aliases(world.service, users)
    users = uses(
        [use.function for use in users if use.function.arn in aliases], aliases, settings.layer, before, settings.from_version
    )
    if settings.waves.needs_tags:
        users = list(filter(None, (_with_tags(world.service, use) for use in users)))
    layers = _layers(world.service, users, targets.values())
    accounts = _accounts(world.service, targets, users)
    facts = Facts(users, aliases, targets, layers, _unzipped(world, layers), accounts)
    try:
        made = plan(facts, settings.waves, f"{settings.layer} {sha256}", move_aliases=settings.aliases == "move")
    except NoSuchCanary as error:
        raise BadInput(str(error), "Name functions that the plan lists as moving; nothing was done.") from error
    return Planned(made, sha256)


def _demand_layer(service: LambdaService, places: Sequence[Place], layer: str) -> None:
    """A layer that nobody uses has to be there: else its name is a mistake, and an empty plan would hide it."""
    there = sorted({name for place in places for name in service.layers(place)})
    if layer not in there:
        raise BadInput(
            f"there is no layer {layer}, and no function has one of that name", f"There are: {', '.join(there) or 'none'}."
        )


def _whole(pattern: str) -> str:
    return pattern if "/" in pattern or pattern == "*" else f"{pattern}/*"


def _targets(service: LambdaService, settings: Settings, found: Iterable[LayerArn]) -> tuple[str, dict[str, Target]]:
    """Hash of the new version, and the version with it of every layer, by its ARN."""
    owned = {place: number for number, place in enumerate(service.places())}
    order = sorted(found, key=lambda arn: (owned.get(_place(arn), len(owned)), arn))
    sha256 = _base64(settings.to_sha256)
    if not sha256:
        if not order:
            return "", {}
        wanted = replace(order[0], version=settings.to_version or 0)
        try:
            sha256 = service.layer_version(wanted).sha256 or ""
        except NotFound as error:
            raise BadInput(f"{wanted} is not there", "Publish it, or name a version that is.") from error
    return sha256, {arn.layer: _target(service, arn, settings.to_version, sha256, owned) for arn in order}


def _target(service: LambdaService, used: LayerArn, number: int | None, sha256: str, owned: Mapping[Place, int]) -> Target:
    """The version of a layer with a hash: that of the number if it has it, else whichever has."""
    numbers = [number] if number is not None else []
    if _place(used) in owned:
        numbers += [one.arn.version for one in service.layer_versions(_place(used), used.name) if one.arn.version != number]
    for one in numbers:
        try:
            version = service.layer_version(replace(used, version=one))
        except (NotFound, Denied):
            continue
        if version.sha256 == sha256:
            return Target(version)
    return Target(None, f"{used.layer} has no version with that content: publish it in {_place(used)}")


def _accounts(
    service: LambdaService, targets: Mapping[str, Target], users: Sequence[Use]
) -> dict[str, frozenset[str] | None]:  # fmt: skip
    """Who may use old and new versions that functions of other accounts have, or would be given; None if anybody may."""
    owned, found = set(service.places()), {}
    foreign = [LayerArn.parsed(old) for use in users for old in use.old if old.split(":")[4] != use.function.place.account]
    new = [version.arn for old in foreign if (version := targets[old.layer].version) is not None]
    for arn in dict.fromkeys([*foreign, *new]):
        if _place(arn) in owned:
            grants, _ = service.grants(arn)
            anybody = any(grant.principal == "*" for grant in grants)
            found[str(arn)] = None if anybody else frozenset(grant.principal for grant in grants)
    return found


def _aliases(service: LambdaService, users: Iterable[Use]) -> dict[str, Sequence[Alias]]:
    """Aliases of all functions that are still there."""
    found = {}
    for arn, function in {use.function.arn: use.function for use in users}.items():
        with suppress(NotFound):
            found[arn] = service.aliases(function.place, function.name)
    return found


def _with_tags(service: LambdaService, use: Use) -> Use | None:
    """With the tags of its function; None if that is gone."""
    function = use.function
    if function.version != LATEST:
        return use
    try:
        return replace(use, function=replace(function, tags=dict(service.tags(function.place, function.arn))))
    except NotFound:
        return None


def _layers(service: LambdaService, users: Sequence[Use], targets: Iterable[Target]) -> dict[str, LayerVersion | str]:
    """What is known of every layer version that functions which may move have, and of the new ones."""
    known: dict[str, LayerVersion | str] = {str(t.version.arn): t.version for t in targets if t.version is not None}
    latest: list[Function] = [use.function for use in users if use.function.version == LATEST]
    for text in dict.fromkeys(arn for function in latest for arn in function.layers):
        if text not in known:
            known[text] = _known(service, text)
    return known


def _known(service: LambdaService, text: str) -> LayerVersion | str:
    try:
        return service.layer_version(LayerArn.parsed(text))
    except NotFound:
        return GONE
    except (Denied, ValueError):
        return UNKNOWN


def _unzipped(world: World, layers: Mapping[str, LayerVersion | str]) -> dict[str, int]:
    """Sizes of versions that were built here, by ARN."""
    frame = world.lake.scan(BUILDS).select("sha256", "unzipped_bytes").unique("sha256").collect()
    sizes = {_base64(sha256): size for sha256, size in frame.iter_rows()}
    return {
        arn: sizes[one.sha256] for arn, one in layers.items() if isinstance(one, LayerVersion) and one.sha256 in sizes
    }  # fmt: skip


def _base64(sha256: str) -> str:
    """A hash as AWS tells it; hexadecimal ones have 64 characters."""
    return base64.b64encode(bytes.fromhex(sha256)).decode() if len(sha256) == 64 else sha256


def _place(arn: LayerArn) -> Place:
    return Place(arn.account, arn.region)
