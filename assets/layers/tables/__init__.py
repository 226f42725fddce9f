"""The tables of the layers system. Put no logic here."""

from assets.layers.tables.builds import BUILDS, PUBLICATIONS, SCANS, TESTS
from assets.layers.tables.journal import JOURNAL
from assets.layers.tables.rollouts import ROLLOUT_FUNCTIONS, ROLLOUTS
from assets.layers.tables.usage import ADOPTION, PLACES, USAGE, VERSIONS
from resources.tables import Table

__all__ = [
    "ADOPTION", "BUILDS", "JOURNAL", "PLACES", "PUBLICATIONS", "ROLLOUTS", "ROLLOUT_FUNCTIONS", "SCANS", "TABLES", "TESTS",
    "USAGE", "VERSIONS",
]  # fmt: skip

TABLES: tuple[Table, ...] = (
    BUILDS, SCANS, TESTS, PUBLICATIONS, ROLLOUTS, ROLLOUT_FUNCTIONS, USAGE, VERSIONS, PLACES, ADOPTION, JOURNAL,
)  # fmt: skip
