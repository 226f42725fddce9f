"""How far a standby is behind: as its primary tells, or as Monitoring measured it last."""

from datetime import timedelta

from assets.recovery.drilling.drill import World
from assets.recovery.logic.drills.plans import Way
from resources.autonomous_databases import AutonomousDatabase, Standby
from resources.database_metrics import PEER_LAG

_LOOKS_BACK = timedelta(minutes=10)


def standby_of(database: AutonomousDatabase, way: Way, peer_id: str | None) -> Standby | None:
    """The standby that a drill uses, as its primary tells of it."""
    told = [s for s in database.standbys if s.kind == way]
    return next((s for s in told if way == "local" or s.id in (None, peer_id)), None)


def lag_seconds(world: World, database: AutonomousDatabase, way: Way, peer_id: str | None) -> float | None:
    """Seconds that the standby is behind; None if neither tells. A value of long ago does not count.

    Raises:
        CloudOpsError: Monitoring cannot be asked.
    """
    told = standby_of(database, way, peer_id)
    if told is not None and told.lag_seconds is not None:
        return told.lag_seconds
    if way != "remote" or told is None:
        return None
    now = world.clock.now()
    read = world.metrics.read(
        database.region, database.compartment_id, [database.id], PEER_LAG, now - _LOOKS_BACK, now + PEER_LAG.every, PEER_LAG.every
    )
    values = [reading.values[-1] for reading in read if reading.values]
    return max(values, default=None)
