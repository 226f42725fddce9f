"""Who uses which version of a layer: functions, published versions of them, and the aliases that call these."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from resources.lambda_layers import Alias, Function, LayerArn

LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class Use:
    """A version of a function that has an old version of the layer.

    Attributes:
        function: `$LATEST`, or what was published of it.
        old: ARNs of the old versions among its layers: one for each owner of a layer of that name.
        aliases: Those that may call it, whole or with a share of the calls.
    """

    function: Function
    old: tuple[str, ...]
    aliases: tuple[Alias, ...] = ()


def layer_arn(text: str) -> LayerArn | None:
    """A layer of a function by its parts; None of what has another form: that is no layer of ours."""
    try:
        return LayerArn.parsed(text)
    except ValueError:
        return None


def families(functions: Iterable[Function], layer: str) -> frozenset[LayerArn]:
    """Layers of a name that functions have, whoever owns them and in every region: one version of each, the highest in use."""
    found: dict[str, LayerArn] = {}
    for function in functions:
        for arn in filter(None, map(layer_arn, function.layers)):
            if arn.name == layer and (arn.layer not in found or arn.version > found[arn.layer].version):
                found[arn.layer] = arn
    return frozenset(found.values())


def uses(
    functions: Iterable[Function], aliases: Mapping[str, Sequence[Alias]], layer: str, before: Mapping[str, int], only: int | None
) -> list[Use]:
    """Every version of a function that has an old version of a layer, in a fixed order.

    Args:
        functions: All of them with all their published versions.
        aliases: By ARN of the function.
        layer: Name of the layer.
        before: Number of the new version by ARN of the layer: what is below it is old. A layer that is not in it has no new
            version; whatever is used of it is old.
        only: The number that is old; None for every older one.
    """
    found = []
    for function in functions:
        old = tuple(text for text in function.layers if _is_old(layer_arn(text), layer, before, only))
        if old:
            calling = tuple(alias for alias in aliases.get(function.arn, ()) if function.version in alias.versions)
            found.append(Use(function, old, calling))
    return sorted(found, key=lambda use: (use.function.place, use.function.name, _number(use.function.version)))


def replaced(layers: Sequence[str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Layers with the old ones exchanged where they stand; the others and the order stay."""
    return tuple(new.get(arn, arn) for arn in layers)


def _is_old(arn: LayerArn | None, layer: str, before: Mapping[str, int], only: int | None) -> bool:
    if arn is None or arn.name != layer:
        return False
    new = before.get(arn.layer)
    if new == arn.version:
        return False
    if only is not None:
        return arn.version == only
    return new is None or arn.version < new


def _number(version: str) -> int:
    return -1 if version == LATEST else int(version)
