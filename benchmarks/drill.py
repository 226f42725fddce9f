"""Claim: a drill passes only if nothing was wrong with it: whatever goes wrong ends in fail or unknown, with the right reason.

The cloud is the embedded one, with its own replication, and time that passes at once. So this shows that drills are judged
rightly and act once, not how quick Oracle's cloud is: the seconds of a role change are the embedded cloud's.
"""

import argparse
import contextlib
import random
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from assets.recovery.drilling import running
from assets.recovery.drilling.drill import Drill
from assets.recovery.logic.drills.evidence import Evidence
from assets.recovery.logic.drills.plans import DISRUPTIVE
from assets.recovery.logic.drills.verdict import SELF_TESTS, Verdict, self_test_caught
from benchmarks.drill_faults import ALL, FAULTS, Case, Fault, armed, drilled
from benchmarks.drill_scene import Scene, scene
from benchmarks.outcome import Target, finish
from sandbox.oci.services.database import requests
from sandbox.oci.services.monitoring_alarms import ALARMS

_LEAST_KINDS, _LEAST_DRILLS = 10, 200
_RPO_SECONDS, _HEARTBEAT_SECONDS = 60.0, 24.0
"""Of drills with a standby in another region."""
_MOST_OF = {"switchover": {"switchover_autonomous_database": 2}, "failover": {"fail_over_autonomous_database": 1,
            "switchover_autonomous_database": 1}, "clone": {"create_autonomous_database": 1, "delete_autonomous_database": 1},
            "snapshot standby": {"change_disaster_recovery_configuration": 2}}  # fmt: skip
"""How often a drill asks the cloud for something that changes it."""


class Killed(BaseException):
    """The process of a drill is gone."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A drill of the benchmark.

    Attributes:
        name: Of the database.
        kind: Of the drill.
        way: Of the drill.
        fault: Place of the fault in `FAULTS`; None if all is well.
        self_test: What it spoils itself.
        lag_seconds: How far the standby stays behind; None: as usual.
        killed_at: After so many pieces of evidence its process is gone, and again after its resumption.
        stores_last: Whether the last of them was still kept.
    """

    name: str
    kind: str
    way: str
    fault: int | None = None
    self_test: str = ""
    lag_seconds: float | None = None
    killed_at: tuple[int, ...] = ()
    stores_last: bool = True


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one.

    Attributes:
        plan: Which.
        spoilt: Whether something went wrong with it: a drill may be killed and end before its fault happens.
        total: Its verdict.
        reasons: Why.
        right: Whether that is what it had to be.
        repeated: Calls that changed the cloud more often than the drill has acts.
    """

    plan: Plan
    spoilt: bool
    total: str
    reasons: tuple[str, ...]
    right: bool
    repeated: tuple[str, ...]


def main(argv: list[str]) -> int:
    """Healthy drills of every type, one drill per fault, and randomised ones with faults, crashes and self-tests."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks drill", description=__doc__)
    parser.add_argument("--faults", action="store_true", help="all of it; there is nothing else")
    parser.add_argument("--drills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args(argv)
    begun = perf_counter()
    healthy = [Plan(f"healthy{n}", kind, way) for n, (kind, way) in enumerate(ALL)]
    faulty = [Plan(f"faulty{n}", *fault.drills[n % len(fault.drills)], n) for n, fault in enumerate(FAULTS)]
    drawn = randomised(arguments.drills, random.Random(arguments.seed))
    plans = [*healthy, *faulty, *drawn]
    parts = [plans[n :: arguments.processes] for n in range(arguments.processes)]
    if arguments.processes == 1:
        done = carried_out(plans)
    else:
        with ProcessPoolExecutor(arguments.processes, mp_context=get_context("spawn")) as pool:
            done = [one for part in pool.map(carried_out, parts) for one in part]
    return _finished({one.plan.name: one for one in done}, healthy, faulty, drawn, perf_counter() - begun)


def _finished(
    done: dict[str, Done], healthy: Sequence[Plan], faulty: Sequence[Plan], drawn: Sequence[Plan], seconds: float
) -> int:
    caught = [plan for plan in faulty if done[plan.name].right]
    wrong = [one for one in done.values() if one.total == "pass" and one.spoilt]
    well = [done[p.name] for p in drawn if p.fault is None and not p.self_test and not p.killed_at and p.lag_seconds is None]
    for one in done.values():
        if not one.right or one.repeated:
            fault = "" if one.plan.fault is None else FAULTS[one.plan.fault].name
            print(f"not as expected: {one.plan}, {fault}: {one.total}; {'; '.join(one.reasons)}; {one.repeated}")
    metrics = {
        "faults": len({FAULTS[p.fault].kind for p in faulty if p.fault is not None}),
        "caught": len({FAULTS[p.fault].kind for p in faulty if p.fault is not None})
        - len({FAULTS[p.fault].kind for p in faulty if p.fault is not None and p not in caught}),
        "faults_in_detail": len(faulty),
        "caught_in_detail": len(caught),
        "healthy_passed": sum(done[p.name].total == "pass" for p in healthy) == len(healthy)
        and all(o.total == "pass" for o in well),
        "wrong_passes": len(wrong),
        "drills": len(drawn),
        "of_them_spoilt": sum(done[p.name].spoilt for p in drawn),
        "of_them_killed": sum(bool(p.killed_at) for p in drawn),
        "wrong_reasons": sum(not done[p.name].right for p in drawn),
        "acted_twice": sum(bool(one.repeated) for one in done.values()),
        "verdicts": dict(Counter(done[p.name].total for p in drawn)),
        "seconds": round(seconds, 1),
    }
    targets = {
        "faults": Target(at_least=_LEAST_KINDS),
        "caught": Target(equals=metrics["faults"]),
        "healthy_passed": Target(equals=True),
        "wrong_passes": Target(equals=0),
        "drills": Target(at_least=_LEAST_DRILLS),
        "acted_twice": Target(equals=0),
        "wrong_reasons": Target(equals=0),
    }
    return finish("drill", metrics, targets)


def randomised(number: int, rng: random.Random) -> list[Plan]:
    """Drills of any type, two in three with a fault, one in three killed once or twice; some lag, some spoil themselves."""
    found = []
    for n in range(number):
        kind, way = rng.choice(ALL)
        possible = [place for place, fault in enumerate(FAULTS) if (kind, way) in fault.drills]
        plan = Plan(f"drawn{n}", kind, way, rng.choice(possible) if rng.random() < 2 / 3 else None)
        if plan.fault is None and way == "remote" and kind in DISRUPTIVE and rng.random() < 1 / 2:
            plan = replace(plan, lag_seconds=round(rng.uniform(0, 2 * _RPO_SECONDS), 1))
        elif plan.fault is None and rng.random() < 1 / 5:
            plan = replace(plan, self_test=rng.choice(sorted(SELF_TESTS)))
        if rng.random() < 1 / 3:
            times = tuple(rng.randint(3, 32) for _ in range(rng.randint(1, 2)))
            plan = replace(plan, killed_at=times, stores_last=rng.random() < 1 / 2)
        found.append(plan)
    return found


def carried_out(plans: Sequence[Plan]) -> list[Done]:
    """All of some drills, in one embedded cloud."""
    with tempfile.TemporaryDirectory() as folder, scene(Path(folder)) as where:
        return [one(where, plan) for plan in plans]


def one(where: Scene, plan: Plan) -> Done:
    """Carry a drill out."""
    fault = None if plan.fault is None else FAULTS[plan.fault]
    case = drilled(where, fault, plan.kind, plan.way, plan.name, self_test=plan.self_test)
    if plan.lag_seconds is not None:
        where.spoil(case.standby, "lagging", seconds=plan.lag_seconds)
    try:
        verdict = _resumed_until_done(case, plan, fault)
    finally:
        where.heal()
        for alarm in where.cloud.store.all(ALARMS):
            alarm.change(lifecycleState="DELETED")
    right = _is_right(plan, verdict, happened=case.happened)
    return Done(plan, case.happened or _is_spoilt(plan), verdict.total, verdict.reasons, right, _repeated(case, plan))


def _resumed_until_done(case: Case, plan: Plan, fault: Fault | None) -> Verdict:
    """Run a drill; whenever its process is gone, another goes on from what was kept."""
    for number, pieces in enumerate(plan.killed_at):
        _kill_after(case.drill, pieces, stores_last=plan.stores_last)
        with contextlib.suppress(Killed):
            return running.run(case.drill)
        healthy = case.drill.world
        case.drill = case.scene.resumed(case.drill, f"run {number}")
        case.drill.world = replace(healthy, journal=case.drill.world.journal)
        if fault is not None and not case.happened:
            armed(case, fault)
    return running.run(case.drill)


def _kill_after(drill: Drill, pieces: int, *, stores_last: bool) -> None:
    usual, left = drill.keep, pieces

    def keep(evidence: Evidence) -> None:
        nonlocal left
        left -= 1
        if left == 0 and stores_last:
            usual(evidence)
        if left <= 0:
            raise Killed
        usual(evidence)

    drill.keep = keep


def _is_spoilt(plan: Plan) -> bool:
    """Whether something is wrong from the beginning."""
    return bool(plan.self_test) or (plan.lag_seconds or 0) > _RPO_SECONDS


def _is_right(plan: Plan, verdict: Verdict, *, happened: bool) -> bool:
    """Whether the verdict is what it had to be. A drill that was killed may end unknown for that."""
    if plan.self_test:
        return self_test_caught(verdict, plan.self_test) or bool(plan.killed_at and verdict.total == "unknown")
    if _is_spoilt(plan):
        return verdict.total != "pass"
    if plan.lag_seconds is not None and plan.lag_seconds > _RPO_SECONDS - _HEARTBEAT_SECONDS and plan.kind == "failover":
        return True  # the last heartbeat that came through may be too old, though what was written after it came through
    if plan.fault is None or not happened:
        return verdict.total == "pass" or bool(plan.killed_at and verdict.total == "unknown")
    if verdict.total == "pass":
        return False
    return bool(plan.killed_at) or any(re.search(FAULTS[plan.fault].said, reason) for reason in verdict.reasons)


def _repeated(case: Case, plan: Plan) -> tuple[str, ...]:
    """Operations that the cloud did more often than a drill of that type asks for, by its own record."""
    ours = {case.key, *(p.body["id"] for p in (case.peer,) if p)} | {case.drill.evidence.data("make_clone").get("made_id")}
    done = Counter(
        entry["operation"]
        for entry in requests.noted(case.scene.cloud.store)
        if entry["accepted"] and not entry["repeated"] and ({entry["database"], entry["resource"]} & ours - {None})
    )
    return tuple(f"{name} {count} times" for name, count in done.items() if count > _MOST_OF[plan.kind].get(name, 0))
