"""Claims about roll-outs of layers: cut off at any call and run again, they end fully rolled out or fully rolled back.

First a roll-out of a good version and one of a broken version are let go undisturbed, and their points counted: every HTTP
request that the product sends, every commit to the lake, every file that it stores. Then each point is, in a case of its own,
where the process ends: before it ("not done") and after it ("done, but nobody knows"). The job is run again until the roll-out is
over. Before and after each point, and at the end, the functions are held against what they have to be, reckoned apart from the
product: they are read from the embedded cloud, past every interface. A case that nothing happened to counts as wrong. Then
connections are cut at every change, and in random cases other people change, revert and delete functions meanwhile, AWS
throttles, and processes end.
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks.layers_rollout_cloud import CANARIES, Case, Scene, scene
from benchmarks.layers_rollout_others import Others
from benchmarks.outcome import Target as Bound
from benchmarks.outcome import finish
from sandbox.aws_lambda_server import ACCOUNT

GOOD, BAD = 3, 4
_AT_ONCE = 2
_CHANGES = ("UpdateFunctionConfiguration", "PublishVersion", "UpdateAlias")


@dataclass(slots=True)
class Counted:
    """What was seen; sums up."""

    cases: int = 0
    wrong: list[str] = field(default_factory=list)
    stopped_in_wave: int = 0
    random_cases: int = 0
    others_changes: int = 0
    overwritten: int = 0


def undisturbed(stage: Scene, target: int) -> int:
    """Points of a roll-out that nothing happens to."""
    return stage.case(target).count()


def crash(stage: Scene, target: int, at: int, *, after: bool) -> tuple[Case, list[str]]:
    """A roll-out whose process ends at a point and is started anew; what is wrong with its end."""
    case = stage.case(target)
    stage.fuse.arm(at, after=after)
    wrong = _watched(case)
    return case, wrong if case.killed else [*wrong, "its process did not end there"]


def cut(stage: Scene, target: int, operation: str, number: int, kind: str) -> list[str]:
    """A roll-out of which the connection is cut at a change."""
    case = stage.case(target)
    fault = stage.aws.cloud.faults.ask(kind, operation=operation, after=number, times=1)
    wrong = _watched(case)
    return [*wrong, "its connection was not cut there"] if fault.times else wrong


def _watched(case: Case) -> list[str]:
    """What is wrong with a roll-out at any of its points, and at its end."""
    case.scene.fuse.watch = case.look
    try:
        case.drive()
    finally:
        case.scene.fuse.watch = lambda _: None
    return [*case.torn, *case.faults("rolled out" if case.target == GOOD else "rolled back")]


def wave_of(case: Case) -> int:
    """The last wave in which a function had the broken version: canaries are the first, whatever the plan says of others."""
    kept = case.kept()
    assert kept is not None  # noqa: S101 - every case has a roll-out
    if case.reached == {(ACCOUNT, name) for name in CANARIES}:
        return 1
    return max([2, *(move.wave for move in kept.plan.moves if (move.place.account, move.name) in case.reached)])


def part(number: int, of: int, points: tuple[int, int], random_cases: int, seed: int) -> Counted:
    """Every `of`th case, in a cloud of its own."""
    count = Counted()
    with tempfile.TemporaryDirectory(dir=_memory()) as folder, scene(Path(folder)) as stage:
        crashes = [(t, at, after) for t, n in zip((GOOD, BAD), points, strict=True) for at in range(n) for after in (False, True)]
        for target, at, after in crashes[number::of]:
            case, wrong = crash(stage, target, at, after=after)
            _note(count, wrong, f"version {target}, ended {'after' if after else 'before'} point {at}")
            if target == BAD:
                count.stopped_in_wave = max(count.stopped_in_wave, wave_of(case))
        cuts = [(GOOD, op, n) for op in _CHANGES for n in range(6 if op == _CHANGES[0] else 1)] + [
            (BAD, _CHANGES[0], n) for n in (0, 1)
        ]
        for target, operation, n in cuts[number::of]:
            for kind in ("drop", "drop_after"):
                _note(count, cut(stage, target, operation, n, kind), f"version {target}, {kind} at {operation} {n}")
        for n in range(number, random_cases, of):
            others = Others(stage.case(GOOD if n % 3 else BAD), Random(seed * 1000 + n))
            wrong = others.play()
            count.random_cases += 1
            count.others_changes += others.changes
            count.overwritten += len(others.overwritten)
            _note(count, wrong, f"random case {n}")
    return count


def _note(count: Counted, wrong: Sequence[str], what: str) -> None:
    count.cases += 1
    count.wrong += [f"{what}: {why}" for why in wrong]


def _memory() -> str | None:
    """Where files are fast; the machine's usual place if it has none."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder of our own is made in it


def _part(arguments: tuple[int, int, tuple[int, int], int, int]) -> Counted:
    return part(*arguments)


def main(argv: list[str]) -> int:
    """All points, in two clouds at once."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks layers --rollout", description=__doc__)
    parser.add_argument("--random", type=int, default=40, help="random cases")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(argv)
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=_memory()) as folder, scene(Path(folder)) as stage:
        undisturbed(stage, BAD)  # what a process asks once alone, such as whose it is, is no point of every case
        points = undisturbed(stage, GOOD), undisturbed(stage, BAD)
    with multiprocessing.get_context("spawn").Pool(_AT_ONCE) as pool:
        parts = pool.map(_part, [(n, _AT_ONCE, points, arguments.random, arguments.seed) for n in range(_AT_ONCE)])
    wrong = [why for one in parts for why in one.wrong]
    for why in wrong:
        print(why)
    metrics = {
        "crash_points": 2 * sum(points),
        "consistent_after_every_crash": not wrong,
        "bad_layer_stopped_in_wave": max(one.stopped_in_wave for one in parts),
        "points_of_a_good_version": points[0],
        "points_of_a_bad_version": points[1],
        "cases": sum(one.cases for one in parts),
        "inconsistent": len(wrong),
        "random_cases": sum(one.random_cases for one in parts),
        "changes_by_others": sum(one.others_changes for one in parts),
        "changes_by_others_overwritten": sum(one.overwritten for one in parts),
        "seconds": time.perf_counter() - begun,
    }
    targets = {
        "consistent_after_every_crash": Bound(equals=True),
        "bad_layer_stopped_in_wave": Bound(equals=1),
        "changes_by_others_overwritten": Bound(equals=0),
    }
    return finish("layers", metrics, targets)
