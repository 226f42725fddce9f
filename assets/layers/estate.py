"""Reads functions and layers in all places at once: what cannot be read is told with its reason, and never taken for absent."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from assets.layers.logic.estate import Estate, Reading
from resources.clock import Clock
from resources.errors import CloudOpsError, Denied, NotFound
from resources.lambda_layers import Alias, CodeStorage, Function, LayerArn, LayerVersion, Place
from resources.lambda_service import LambdaService

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")
AT_ONCE = 16
"""Calls at the same time, over all places. Our choice: AWS answers about 15 calls a second of an account in a region."""

_TOLD_APART = 3


@dataclass(frozen=True, slots=True)
class EstateReader:
    """Reads all places of a service.

    Attributes:
        service: Functions and layers.
        clock: Tells the time.
        at_once: Calls at the same time.
    """

    service: LambdaService
    clock: Clock
    at_once: int = AT_ONCE

    def read(self, *, aliases: bool = True) -> Estate:
        """Everything apart from sizes and grants.

        Args:
            aliases: Whether they are asked for, function by function: by far the most calls. They call versions of functions,
                all of which are listed, so that who uses a layer is known without them.

        Raises:
            CloudOpsError: Not even the places are known.
        """
        with ThreadPoolExecutor(self.at_once) as pool:
            begun = [_PlaceReading(self, pool, place) for place in self.service.places()]
            for one in begun:
                one.ask_for_versions(pool.submit(_tried, self.service.layers, one.place))
            for one in begun:
                if aliases:
                    one.ask_for_aliases()
                one.code = pool.submit(_tried, self.service.code_storage, one.place)
            return Estate(tuple(one.reading() for one in begun))

    def read_for(self, layers: Collection[LayerArn]) -> Estate:
        """What tells who uses some layers now: all functions of their regions, where alone they can be used, and their versions.

        Aliases are not asked for; see `read`.

        Args:
            layers: Any version of each.

        Raises:
            CloudOpsError: Not even the places are known.
        """
        regions = {one.region for one in layers}
        with ThreadPoolExecutor(self.at_once) as pool:
            begun = [_PlaceReading(self, pool, place) for place in self.service.places() if place.region in regions]
            for one in begun:
                owned = {layer.name for layer in layers if (layer.account, layer.region) == (one.place.account, one.place.region)}
                names: Future[Sequence[str] | CloudOpsError] = Future()
                names.set_result(sorted(owned))
                one.ask_for_versions(names)
            return Estate(tuple(one.reading() for one in begun))

    def with_details(
        self, estate: Estate, arns: Iterable[str], known: Mapping[str, LayerVersion], others: Iterable[tuple[str, str]] = ()
    ) -> Estate:
        """The estate with sizes and hashes of versions.

        Args:
            estate: What was read.
            arns: Versions of the places that are asked for.
            known: Those that were read before: a version never changes, so they are not asked for again.
            others: Versions of other accounts, each with an account that uses it: what one may read, another may not.
        """
        wanted = dict.fromkeys(arns)
        found = {arn: version for arn, version in known.items() if arn in wanted}
        asked = [*((arn, "") for arn in wanted if arn not in found), *others]
        gone, unknown = set(), {}
        denied: dict[str, tuple[str, ...]] = {}
        for (arn, account), answer in self._each(asked, lambda one: self.service.layer_version(LayerArn.parsed(one[0]), one[1])):
            if isinstance(answer, NotFound):
                gone.add(arn)
            elif isinstance(answer, Denied):
                denied[arn] = (*denied.get(arn, ()), account)
            elif isinstance(answer, CloudOpsError):
                unknown[arn] = str(answer)
            else:
                found[arn] = answer
        return replace(estate, details=found, gone=frozenset(gone), denied=denied, unknown=unknown)

    def listed(self, layers: Iterable[LayerArn]) -> dict[tuple[Place, str], Sequence[LayerVersion] | CloudOpsError]:
        """Versions that are there now of some layers, by place and name of each; the error of those that cannot be listed.

        Args:
            layers: Any version of each.
        """
        asked = sorted({(Place(one.account, one.region), one.name) for one in layers})
        return dict(self._each(asked, lambda layer: self.service.layer_versions(*layer)))

    def with_grants(self, estate: Estate, arns: Iterable[str]) -> Estate:
        """The estate with who else may use versions."""
        asked = list(dict.fromkeys(arns))
        answers = self._each(asked, lambda arn: self.service.grants(LayerArn.parsed(arn))[0])
        return replace(estate, grants={a: None if isinstance(g, CloudOpsError) else tuple(g) for a, g in answers})

    def _each(self, items: Sequence[_Item], ask: Callable[[_Item], _Answer]) -> Iterator[tuple[_Item, _Answer | CloudOpsError]]:
        with ThreadPoolExecutor(self.at_once) as pool:
            yield from zip(items, pool.map(partial(_tried, ask), items), strict=True)


class _PlaceReading:
    """A place that is being read: its lists first, and what has to be asked one by one when they are there."""

    def __init__(self, reader: EstateReader, pool: ThreadPoolExecutor, place: Place) -> None:
        self.place = place
        self.code: Future[CodeStorage | CloudOpsError] | None = None
        self._service, self._pool, self._at = reader.service, pool, reader.clock.now()
        self._functions = pool.submit(_tried, self._list_functions, place)
        self._layers: Future[Sequence[str] | CloudOpsError] = Future()
        self._versions: dict[str, Future[Sequence[LayerVersion] | CloudOpsError]] = {}
        self._aliases: dict[str, Future[Sequence[Alias] | CloudOpsError]] = {}

    def _list_functions(self, place: Place) -> tuple[Function, ...]:
        return tuple(self._service.functions(place, all_versions=True))

    def ask_for_versions(self, layers: Future[Sequence[str] | CloudOpsError]) -> None:
        """Of these layers."""
        self._layers, names = layers, layers.result()
        if not isinstance(names, CloudOpsError):
            ask = partial(self._service.layer_versions, self.place)
            self._versions = {name: self._pool.submit(_tried, ask, name) for name in names}

    def ask_for_aliases(self) -> None:
        """Of functions any version of which has a layer: no others say anything of layers."""
        functions = self._functions.result()
        if not isinstance(functions, CloudOpsError):
            ask = partial(self._service.aliases, self.place)
            names = dict.fromkeys(one.name for one in functions if one.layers)
            self._aliases = {name: self._pool.submit(_tried, ask, name) for name in names}

    def reading(self) -> Reading:
        functions, layers = self._functions.result(), self._layers.result()
        versions = {name: future.result() for name, future in self._versions.items()}
        aliases = {name: future.result() for name, future in self._aliases.items()}
        unread = [
            *_failures("{}", {"functions": functions, "layers": layers}),
            *_failures("versions of the layer {}", versions),
            *_failures("aliases of the function {}", aliases),
        ]
        if not isinstance(functions, CloudOpsError):
            unread += [*_not_arns(functions), *_lost_versions(functions, aliases)]
        return Reading(
            place=self.place,
            read_at=self._at,
            functions=_or_none(functions),
            aliases={name: None if isinstance(a, CloudOpsError) else tuple(a) for name, a in aliases.items()},
            layers=None
            if isinstance(layers, CloudOpsError)
            else {name: None if isinstance(v, CloudOpsError) else tuple(v) for name, v in versions.items()},
            unread=tuple(unread),
            code=None if self.code is None else _or_none(self.code.result()),
        )


def _not_arns(functions: Sequence[Function]) -> Iterator[str]:
    """Layers of functions whose ARN is none that is known."""
    for function in functions:
        for layer in function.layers:
            try:
                LayerArn.parsed(layer)
            except ValueError as error:
                yield f"the function {function.name}:{function.version}: {error}"


def _lost_versions(functions: Sequence[Function], aliases: Mapping[str, Sequence[Alias] | CloudOpsError]) -> Iterator[str]:
    """Versions that aliases call and the list of versions does not have: they were published while it was read."""
    listed = {(one.name, one.version) for one in functions}
    for name, answer in aliases.items():
        called = set() if isinstance(answer, CloudOpsError) else {version for alias in answer for version in alias.versions}
        for version in sorted(version for version in called if (name, version) not in listed):
            yield f"the function {name}: an alias calls version {version}, which the list of its versions lacks; read it again"


def _tried(ask: Callable[[_Item], _Answer], item: _Item) -> _Answer | CloudOpsError:
    try:
        return ask(item)
    except CloudOpsError as error:
        return error


def _failures(what: str, answers: Mapping[str, object]) -> Iterator[str]:
    """What could not be read, and why; of many alike how many, with the reason of the first."""
    failed = [(what.format(name), answer) for name, answer in answers.items() if isinstance(answer, CloudOpsError)]
    if len(failed) > _TOLD_APART:
        yield f"{failed[0][0]} and {len(failed) - 1} more could not be read: {failed[0][1]}"
    else:
        yield from (f"{name} could not be read: {error}" for name, error in failed)


def _or_none(answer: _Answer | CloudOpsError) -> _Answer | None:
    return None if isinstance(answer, CloudOpsError) else answer
