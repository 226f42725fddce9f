"""Which functions can be given the new version of a layer, what each gets, and why others cannot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assets.layers.logic.rollout.users import LATEST, Use, layer_arn, replaced
from assets.layers.logic.rollout.waves import WaveRule, waves
from resources.lambda_layers import MOST_LAYERS, MOST_UNZIPPED_BYTES, Alias, Function, LayerVersion, Place

GONE, UNKNOWN = "gone", "unknown"


@dataclass(frozen=True, slots=True)
class Target:
    """The new version of one owner's layer in one region.

    Attributes:
        version: It; None if there is none.
        why_not: What is wrong if there is none.
    """

    version: LayerVersion | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a roll-out is planned.

    Attributes:
        uses: Who uses an old version.
        aliases: Of functions, by their ARN.
        targets: New versions, by ARN of the layer.
        layers: What is known of each layer version that is used together with the old one, by ARN: `gone`, `unknown`, or it.
        unzipped: Bytes of layer versions whose content is known, by ARN.
        accounts: Other accounts that may use a version, by its ARN; None if anybody may. What is not in it is not known.
    """

    uses: Sequence[Use]
    aliases: Mapping[str, Sequence[Alias]]
    targets: Mapping[str, Target]
    layers: Mapping[str, LayerVersion | str]
    unzipped: Mapping[str, int] = field(default_factory=dict)
    accounts: Mapping[str, frozenset[str] | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AliasMove:
    """An alias that follows its function.

    Attributes:
        name: Of the alias.
        version: That it points to.
        weights: Further versions with their shares.
        code_sha256: Of that version and of `$LATEST`: what is published must still have it.
        settings_sha256: Likewise.
    """

    name: str
    version: str
    weights: Mapping[str, float]
    code_sha256: str
    settings_sha256: str


@dataclass(frozen=True, slots=True)
class Move:
    """A function that moves.

    Attributes:
        place: Where it is.
        name: Of the function.
        arn: Of the function.
        former: Its layers before, exactly.
        wanted: Its layers afterwards.
        wave: From 1.
        aliases: That follow it.
    """

    place: Place
    name: str
    arn: str
    former: tuple[str, ...]
    wanted: tuple[str, ...]
    wave: int
    aliases: tuple[AliasMove, ...] = ()

    def __str__(self) -> str:
        return f"{self.place}/{self.name}"


@dataclass(frozen=True, slots=True)
class Left:
    """A user of the old version that is left as it is.

    Attributes:
        place: Where it is.
        name: Of the function.
        version: `$LATEST` or a number.
        old: ARNs of the old versions that it has.
        aliases: Names of aliases that call it.
        reason: Why it is left.
    """

    place: Place
    name: str
    version: str
    old: tuple[str, ...]
    aliases: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return f"{self.place}/{self.name}:{self.version}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a roll-out does.

    Attributes:
        moves: By wave.
        left: Users that stay, with the reason.
        waves: How many.
    """

    moves: tuple[Move, ...]
    left: tuple[Left, ...]

    @property
    def waves(self) -> int:
        """How many."""
        return max((move.wave for move in self.moves), default=0)


def plan(facts: Facts, rule: WaveRule, salt: str, *, move_aliases: bool) -> Plan:
    """Divide all users into those that move, in waves, and those that stay.

    Raises:
        NoSuchCanary: A pattern for canaries matches nothing that can move.
    """
    new = _exchanges(facts)
    latest = {use.function.arn: use for use in facts.uses if use.function.version == LATEST}
    refused = {arn: why for arn, use in latest.items() if (why := refusal(use, facts, new))}
    moving = [use.function for arn, use in latest.items() if arn not in refused]
    number = {arn: n for n, wave in enumerate(waves(moving, rule, salt), 1) for arn in wave}
    followed = {arn: _following(arn, facts) if move_aliases else () for arn in number}
    moves = [
        Move(f.place, f.name, f.arn, f.layers, replaced(f.layers, new), number[f.arn], followed[f.arn]) for f in moving
    ]  # fmt: skip
    left = [_left(use, facts, refused, followed, move_aliases=move_aliases) for use in facts.uses]
    order = {arn: place for place, arn in enumerate(number)}
    return Plan(tuple(sorted(moves, key=lambda move: order[move.arn])), tuple(filter(None, left)))


def refusal(use: Use, facts: Facts, new: Mapping[str, str]) -> str:
    """Why a function cannot be given the new version; empty if it can."""
    function = use.function
    gone = [arn for arn in function.layers if facts.layers.get(arn) == GONE]
    if gone:
        return f"{', '.join(gone)} was deleted: AWS gives it to no function again, so there would be no way back"
    for old in use.old:
        if old not in new:
            return _target(old, facts).why_not
        if why := _unfit(function, new[old], facts) or _no_way_back(function, old, facts):
            return why
    if len(function.layers) > MOST_LAYERS:
        return f"it has {len(function.layers)} layers, and {MOST_LAYERS} are allowed"
    if (size := least_size(function, replaced(function.layers, new), facts)) > MOST_UNZIPPED_BYTES:
        return f"it would be at least {size:,} bytes unzipped, and {MOST_UNZIPPED_BYTES:,} are allowed"
    return ""


def least_size(function: Function, layers: Sequence[str], facts: Facts) -> int:
    """Bytes that a function has at least, unzipped: what is not known counts with its zip, or not at all."""
    total = function.code_bytes
    for arn in layers:
        known = facts.layers.get(arn)
        zipped = known.zip_bytes if isinstance(known, LayerVersion) else None
        total += facts.unzipped.get(arn, zipped or 0)
    return total


def _exchanges(facts: Facts) -> dict[str, str]:
    """The new ARN of each old one that has one."""
    new = {}
    for old in {old for use in facts.uses for old in use.old}:
        version = _target(old, facts).version
        if version is not None:
            new[old] = str(version.arn)
    return new


def _target(old: str, facts: Facts) -> Target:
    arn = layer_arn(old)
    assert arn is not None  # noqa: S101 - `uses` lets only ARNs of layers be old
    return facts.targets[arn.layer]


def _unfit(function: Function, new: str, facts: Facts) -> str:
    """Why a version does not fit a function; nothing being said of runtimes or architectures means that all are fit."""
    version = facts.layers[new]
    assert isinstance(version, LayerVersion)  # noqa: S101 - what has no target is refused before
    named = f"{version.arn.name}:{version.arn.version}"
    if version.runtimes and function.runtime not in version.runtimes:
        return f"its runtime is {function.runtime}, and {named} is for {', '.join(version.runtimes)}"
    if version.architectures and not {*function.architectures} <= {*version.architectures}:
        return f"its architecture is {', '.join(function.architectures)}, and {named} is for {', '.join(version.architectures)}"
    return _withheld(function, new, facts)


def _no_way_back(function: Function, old: str, facts: Facts) -> str:
    """Why AWS would not give a function its old version again, which it works on with; empty if nothing is known against it."""
    if facts.layers.get(old) == UNKNOWN:
        return f"{old} cannot be read: it may be deleted, or granted no longer, and then there would be no way back"
    why = _withheld(function, old, facts)
    return why and f"{why} any more: there would be no way back"


def _withheld(function: Function, arn: str, facts: Facts) -> str:
    account, granted = function.place.account, facts.accounts.get(arn)
    if granted is None or arn.split(":")[4] == account or account in granted:
        return ""
    return f"{arn} is not granted to account {account}"


def _following(arn: str, facts: Facts) -> tuple[AliasMove, ...]:
    """Aliases that can follow a function: the one version that they call has an old layer and the code of `$LATEST`."""
    by_version = {use.function.version: use.function for use in facts.uses if use.function.arn == arn}
    latest = by_version[LATEST]
    return tuple(
        AliasMove(alias.name, alias.version, dict(alias.weights), latest.code_sha256, latest.settings_sha256)
        for alias in facts.aliases.get(arn, ())
        if alias.version in by_version
        and alias.version != LATEST
        and not alias.weights
        and _differences(by_version[alias.version], latest) == ()
    )


def _differences(published: Function, latest: Function) -> tuple[str, ...]:
    """In what a published version differs from `$LATEST`; what is not known is a difference."""
    told = {"code": "code_sha256", "layers": "layers", "settings": "settings_sha256"}
    return tuple(
        name for name, part in told.items() if getattr(published, part) != getattr(latest, part) or not getattr(latest, part)
    )


def _left(
    use: Use, facts: Facts, refused: Mapping[str, str], followed: Mapping[str, Sequence[AliasMove]], *, move_aliases: bool
) -> Left | None:
    """How a user that stays is told; None of one that moves."""
    function = use.function
    if function.version == LATEST:
        reason = refused.get(function.arn, "")
    else:
        reason = _why_published(use, facts, followed.get(function.arn), move_aliases=move_aliases)
    names = tuple(alias.name for alias in use.aliases)
    return Left(function.place, function.name, function.version, use.old, names, reason) if reason else None


def _why_published(use: Use, facts: Facts, followed: Sequence[AliasMove] | None, *, move_aliases: bool) -> str:
    if not use.aliases:
        return "it is published, which nobody can change, and no alias calls it"
    latest = next((u.function for u in facts.uses if u.function.arn == use.function.arn and u.function.version == LATEST), None)
    staying = [alias for alias in use.aliases if alias.name not in {move.name for move in followed or ()}]
    if not staying:
        return ""
    if latest is None or followed is None:
        return "an alias calls it, and its function is not moved: it needs a deployment by its owner"
    if different := _differences(use.function, latest):
        return f"an alias calls it, and $LATEST differs in {', '.join(different)}: it needs a deployment by its owner"
    if any(alias.weights for alias in staying):
        return "an alias that divides its calls calls it: it is left to the deployment that is under way"
    return "" if move_aliases else "an alias calls it, and aliases are only reported (`aliases: move` takes them along)"
