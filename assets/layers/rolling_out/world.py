"""What the roll-out of a layer version works with."""

from dataclasses import dataclass

from assets.journal import Journal
from resources.clock import Clock
from resources.lake import Lake
from resources.lambda_service import LambdaService
from resources.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class World:
    """What the roll-out of a layer version works with.

    Attributes:
        service: Functions and layers.
        lake: Where roll-outs are kept.
        journal: Where every change is written down before it is made, and its end afterwards.
        clock: Tells the time, and waits.
        reports: Where reports are kept.
    """

    service: LambdaService
    lake: Lake
    journal: Journal
    clock: Clock
    reports: ObjectStore


SYSTEM = "aws"
"""Cloud, in the journal."""
