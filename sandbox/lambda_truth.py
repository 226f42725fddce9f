"""What the scenario knows of its functions and layers: `truth/layers.csv`."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from sandbox.aws_estate import ACCOUNTS
from sandbox.delivery import Delivery, csv_bytes
from sandbox.lambda_code import BAD_MONEY
from sandbox.lambda_estate import DEPRECATED, Function, Layer, functions, layers
from sandbox.lambda_inputs import NEWEST, PINNED

_HEADER = ("kind", "account", "region", "subject", "detail")
_NOT_SPECIFIED = frozenset({"acme-legacy"})
"""Layers that the demo's inputs do not name: nobody said which of their versions may go."""


def truth(at: datetime) -> Delivery:
    """What is planted, as it is before anything is done: the kind, where, the ARN, and what about it.

    Kinds: `function behind` (`$LATEST` has a version that is not the newest; a row per layer), `deprecated runtime`, `version
    deleted in use`, `orphaned version` (no version of any function has it), `removable version` (orphaned, older than 30 days,
    not pinned, not among the newest of a layer that is specified), `public grant`, `bad version`.
    """
    return Delivery("truth/layers.csv", csv_bytes(_HEADER, sorted((*_of_functions(), *_of_layers()))), at)


def users() -> dict[str, set[str]]:
    """ARNs of functions that have a layer version, in whichever of their versions, by its ARN."""
    found: dict[str, set[str]] = defaultdict(set)
    for function in functions():
        for said in (*function.history, function.now):
            for reference in said:
                layer, version = resolved(function, reference)
                found[layer.arn(version)].add(function.arn)
    return found


def resolved(function: Function, reference: str) -> tuple[Layer, int]:
    """The layer in the function's region, and the version, that `NAME:VERSION` means."""
    name, _, version = reference.partition(":")
    (layer,) = (layer for layer in layers() if (layer.name, layer.region) == (name, function.region))
    return layer, int(version)


def _of_functions() -> Iterator[tuple[str, ...]]:
    for function in functions():
        where = (ACCOUNTS[function.account], function.region, function.arn)
        if function.runtime in DEPRECATED:
            yield ("deprecated runtime", *where, function.runtime)
        for layer, version in (resolved(function, said) for said in function.now):
            if version < layer.there[-1]:
                yield ("function behind", *where, f"{layer.arn(version)} of {layer.there[-1]}")


def _of_layers() -> Iterator[tuple[str, ...]]:
    used = users()
    for layer in layers():
        where = (ACCOUNTS[layer.account], layer.region)
        for version in sorted(layer.deleted):
            yield ("version deleted in use", *where, layer.arn(version), ";".join(sorted(used[layer.arn(version)])))
        for version in layer.there:
            said = (*where, layer.arn(version))
            if "*" in layer.granted.get(version, ()):
                yield ("public grant", *said, "*")
            if layer.versions[version - 1] == BAD_MONEY:
                yield ("bad version", *said, "functions that have it raise an error")
            if not used.get(layer.arn(version)):
                yield ("orphaned version", *said, "")
                stays = version in layer.there[-NEWEST:] or version == PINNED.get(layer.name) or layer.name in _NOT_SPECIFIED
                if not stays:
                    yield ("removable version", *said, "")
