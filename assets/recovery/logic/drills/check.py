"""Whether evidence is what was sealed, and whether the verdict that was told follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assets.recovery.logic.drills.evidence import Broken, Evidence, canonical, read
from assets.recovery.logic.drills.order import Order
from assets.recovery.logic.drills.plans import plan
from assets.recovery.logic.drills.verdict import Verdict, judge


@dataclass(frozen=True, slots=True)
class Checked:
    """Evidence that holds together.

    Attributes:
        evidence: All its pieces.
        verdict: What follows from them now.
        told: Whether the drill came to its end and told that verdict; one that was cut off told none.
    """

    evidence: Evidence
    verdict: Verdict
    told: bool


def whole(said: Mapping[str, Any]) -> Evidence:
    """The evidence of a file.

    Raises:
        Broken: It is not what was sealed.
    """
    if not isinstance(said.get("pieces"), list) or not said["pieces"]:
        raise Broken("the file holds no pieces of evidence")
    evidence = read(said["pieces"])
    if said.get("seal") != evidence.seal:
        raise Broken("the seal of the file is not that of its last piece: something was cut off or added at its end")
    if evidence.data("drill").get("drill_id") != said.get("drill_id"):
        raise Broken(f"the evidence is of drill {evidence.data('drill').get('drill_id')}, not of {said.get('drill_id')}")
    return evidence


def checked(said: Mapping[str, Any], seal: str = "") -> Checked:
    """The evidence of a file, and what follows from it.

    Args:
        said: The file, as JSON.
        seal: What it is to have, from elsewhere; empty if that is not known: whoever changes a file can seal it anew.

    Raises:
        Broken: It is not what was sealed, or another verdict was told than follows from it.
    """
    evidence = whole(said)
    if seal and seal.lower() != evidence.seal:
        raise Broken(f"its seal is {evidence.seal}, not {seal}: it is whole, but another than the one that was reported")
    order = Order.of(evidence.data("drill")["order"])
    steps = plan(order.kind, order.way)
    last = evidence.last("report")
    told = None if last is None else last.data.get("verdict")
    if last is not None and told is not None:
        then = judge(Evidence(evidence.pieces[: last.number]), steps)
        if canonical(told) != canonical(then.as_json()):
            raise Broken(f"the drill told {told.get('total')}; by the rules of this version its evidence says {then.total}")
    return Checked(evidence, judge(evidence, steps), told is not None)
