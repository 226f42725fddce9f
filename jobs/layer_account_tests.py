"""Tests zips of layers in an account: as versions of a layer of their own, in a function that is made for it; both are removed.

A function can only have a layer that is published. The zip under test becomes a version of `LAYER-candidate`, which nobody is
granted, so that no version of the layer itself was ever there untested. A run that is cut off leaves a function and candidates
behind at most; the next one knows them again by their names, their marks and the journal, and removes them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

from assets.journal import DONE, FOUND_DONE, FOUND_UNDONE, Change, Journal
from assets.layers import testing
from assets.layers.layer_tests import content_of
from assets.layers.logic.account_tests import (
    CREATE,
    PREFIX,
    REMOVE,
    STAGE,
    UNSTAGE,
    Candidate,
    TemporaryFunction,
    attempt,
    code,
    function_arn,
    function_name,
    is_ours,
    tags,
    unfinished,
)
from assets.layers.logic.bundles import Bundle
from assets.layers.logic.products import LayerSpecification
from assets.layers.logic.publishing import TEST, candidate_layer, layer_arn
from assets.layers.logic.testing import Attempt, Growth, Tested, init_milliseconds, judged, left_out, missing, nothing_to_load
from jobs.layer_rights import needed
from resources.clock import Clock
from resources.errors import CloudOpsError, NotFound, PermanentError
from resources.lambda_layers import Architecture, Function, LayerArn, Place
from resources.lambda_service import LambdaService
from resources.object_store import ObjectStore

_NOISE_MILLISECONDS = 50.0
"""Cold starts that take so much longer are not slower for certain."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Order:
    """How zips are tested: cold starts that are measured of each version, and memory and time of the function."""

    cold_starts: int
    memory_mb: int
    seconds: int


@dataclass(frozen=True, slots=True)
class TestWorld:
    """What a run works with."""

    service: LambdaService
    store: ObjectStore
    journal: Journal
    clock: Clock
    order: Order


@dataclass(slots=True)
class Removed:
    """Leftovers: names of those that were removed, and why others could not be."""

    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What tests of a bundle prove, by runtime and architecture, and what could not be removed afterwards."""

    tested: tuple[tuple[tuple[str, str], Tested], ...]
    problems: tuple[str, ...]


def in_account(
    world: TestWorld, place: Place, bundle: Bundle, combinations: Sequence[tuple[str, str]], specification: LayerSpecification,
    before: Sequence[LayerArn],
) -> Outcome:  # fmt: skip
    """Test a bundle with these runtimes and architectures; whatever was made for it is removed in any case.

    Args:
        world: What the run works with.
        place: Where.
        bundle: What is tested.
        combinations: Runtimes and architectures.
        specification: Of the bundle.
        before: Versions there that it is measured against; none if there are none.
    """
    if (why := nothing_to_load(bundle.imports, specification.smoke)) is not None:
        return Outcome(tuple((one, Tested("unknown", why)) for one in combinations), ())
    course = _Course(world, place, bundle, specification)
    tested: list[tuple[tuple[str, str], Tested]] = []
    try:
        layers = course.staged()
        for combination in combinations:
            tested.append((combination, course.tested(layers, combination, [str(arn) for arn in before])))  # noqa: PERF401  kept
    except CloudOpsError as error:
        known = {combination for combination, _ in tested}
        why = f"{error}{needed(error, TEST, layer_arn(place, '*-candidate'), function_arn(place, PREFIX + '*'))}"
        tested += [(one, Tested("unknown", why)) for one in combinations if one not in known]
    finally:
        course.remove()
    return Outcome(tuple(tested), tuple(course.problems))


class _Course:
    """One test, and what it made."""

    def __init__(self, world: TestWorld, place: Place, bundle: Bundle, specification: LayerSpecification) -> None:
        self._world, self._place, self._bundle, self._specification = world, place, bundle, specification
        self._run_id = world.journal.run_id
        # a run that is repeated has names of its own each time: the journal tells them apart
        self._serial = int((world.journal.rows([STAGE])["run_id"] == self._run_id).sum())
        self._functions: list[TemporaryFunction] = []
        self._candidates: list[Candidate] = []
        self.problems: list[str] = []

    def staged(self) -> list[str]:
        """Publish the zips as candidates; their ARNs."""
        found = []
        for build in self._bundle.builds:
            content = content_of(build, self._world.store)
            one = Candidate(self._place, candidate_layer(build.layer), build.sha256, self._run_id, self._serial)
            self._candidates.append(one)
            change = Change("aws", STAGE, one.arn, None, one.noted(), f"{build.layer} is tested before it is published")
            published = _noted(
                self._world, change,
                lambda one=one, build=build, content=content: self._world.service.publish(  # type: ignore[misc]
                    one.place, one.layer, content, one.description, build.runtimes, build.architectures
                ),
            )  # fmt: skip
            found.append(str(published.arn))
        return found

    def tested(self, layers: Sequence[str], combination: tuple[str, str], before: Sequence[str]) -> Tested:
        """Cold starts with the candidates and with the version before, in turn; the first of each is not counted."""
        made = self._function(layers, combination)
        attempts: list[Attempt] = []
        times: list[float] = []
        earlier: list[float] = []
        self._cold_start(made.name, attempts, [])
        if attempts[0].is_over and attempts[0].seconds is not None:
            usable = before if before and self._works(made, before) else ()
            for _ in range(self._world.order.cold_starts):
                self._with(made.name, usable)
                if usable:
                    self._cold_start(made.name, [], earlier)
                self._with(made.name, layers)
                self._cold_start(made.name, attempts, times)
        elsewhere = {name for name in missing(attempts) if left_out(name, self._specification.leave_out)}
        growth = Growth(self._specification.budget.import_growth, _NOISE_MILLISECONDS, "ms", "a cold start")
        return judged(attempts, elsewhere, times, earlier, growth)

    def remove(self) -> None:
        """Remove the functions and the candidates; what cannot be is told, and left to the next run."""
        for one in self._functions:
            self._safely(lambda one=one: remove_function(self._world, one, "the test is over"), one.name)  # type: ignore[misc]
        for candidate in self._candidates:
            self._safely(
                lambda candidate=candidate: remove_candidate(self._world, candidate, "the test is over"),  # type: ignore[misc]
                candidate.layer,
            )

    def _function(self, layers: Sequence[str], combination: tuple[str, str]) -> Function:
        world, (runtime, architecture) = self._world, combination
        name = function_name(self._run_id, self._serial, self._bundle.shas, runtime, architecture)
        one = TemporaryFunction(self._place, name, self._run_id)
        self._functions.append(one)
        kind = self._bundle.builds[0].kind
        probe = Path(testing.__file__).parent / ("layer_probe.py" if kind == "python" else "layer_probe.cjs")
        content, handler = code(kind, probe.read_text(), self._bundle.imports, self._specification.smoke)
        why = f"{self._bundle.name} is tested with {runtime} on {architecture}"
        return _noted(
            world, Change("aws", CREATE, one.arn, None, one.noted(), why),
            lambda: world.service.create_function(
                self._place, name, content, handler, runtime, layers,
                tags(one.run_id, self._bundle.name, world.clock.now()),
                cast(Architecture, architecture), world.order.memory_mb, world.order.seconds,
            ),
        )  # fmt: skip

    def _works(self, made: Function, before: Sequence[str]) -> bool:
        """Whether the version before can be measured; its first cold start is thereby over."""
        attempts: list[Attempt] = []
        try:
            self._with(made.name, before)
            self._cold_start(made.name, attempts, [])
        except CloudOpsError:
            return False
        return attempts[0].seconds is not None

    def _with(self, name: str, layers: Sequence[str]) -> None:
        """Give the function other layers: its next call is a cold start."""
        service = self._world.service
        service.set_layers(self._place, name, layers, service.function(self._place, name).revision)

    def _cold_start(self, name: str, attempts: list[Attempt], times: list[float]) -> None:
        answer = self._world.service.invoke(self._place, name, "{}", with_log=True)
        attempts.append(attempt(answer))
        if (milliseconds := init_milliseconds(answer.log)) is not None and attempts[-1].seconds is not None:
            times.append(milliseconds)

    def _safely(self, remove: Callable[[], object], name: str) -> None:
        try:
            remove()
        except CloudOpsError as error:
            self.problems.append(f"{name} in {self._place} could not be removed, and goes with the next run: {error}")


def remove_function(world: TestWorld, one: TemporaryFunction, why: str) -> bool:
    """Delete a temporary function, if it is there and bears every mark; whether it was there.

    Raises:
        PermanentError: What is there under its name is not ours: nothing was deleted.
    """

    def remove() -> bool:
        try:
            now = world.service.function(one.place, one.name)
        except NotFound:
            return False
        if not is_ours(now.name, world.service.tags(one.place, now.arn), one):
            raise PermanentError(f"{one.name} in {one.place} is not what a test made", "Nothing was deleted: look at it.")
        world.service.delete_function(one.place, one.name)
        return True

    return _noted(world, Change("aws", REMOVE, one.arn, one.noted(), None, why), remove)


def remove_candidate(world: TestWorld, one: Candidate, why: str) -> bool:
    """Delete the version that was made of a zip under test; whether it was there."""

    def remove() -> bool:
        found = [v.arn for v in world.service.layer_versions(one.place, one.layer) if v.description == one.description]
        for arn in found:
            world.service.delete_version(arn)
        return bool(found)

    return _noted(world, Change("aws", UNSTAGE, one.arn, one.noted(), None, why), remove)


def remove_leftovers(world: TestWorld) -> Removed:
    """Delete what earlier runs made for tests and did not delete, and write down what became of what was cut off."""
    removed = Removed()
    rows = world.journal.rows([CREATE, REMOVE, STAGE, UNSTAGE]).to_dicts()
    lost = world.journal.cut_off("aws", [CREATE, REMOVE, STAGE, UNSTAGE])
    for one in unfinished(rows):
        why = "an earlier test left it behind"
        try:
            was_there = (
                remove_function(world, one, why) if isinstance(one, TemporaryFunction) else remove_candidate(world, one, why)
            )
        except CloudOpsError as error:
            removed.failed.append(f"{one.arn} stays: {error}")
            continue
        if was_there:
            removed.done.append(one.arn)
        ends = [(entry, FOUND_DONE if was_there == (entry.change.before is None) else FOUND_UNDONE)
                for entry in lost if one.noted() in (entry.change.before, entry.change.after)]  # fmt: skip
        world.journal.end(ends, world.clock.now())
    return removed


def _noted(world: TestWorld, change: Change, do: Callable[[], _T]) -> _T:
    """Do something, written down before, and afterwards how it ended."""
    (entry,) = world.journal.begin([change], world.clock.now())
    try:
        answer = do()
    except CloudOpsError as error:
        world.journal.end([(entry, f"failed: {error}")], world.clock.now())
        raise
    world.journal.end([(entry, DONE)], world.clock.now())
    return answer
