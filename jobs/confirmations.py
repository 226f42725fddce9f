"""Names of databases by which people confirm in a run's config what would otherwise be held."""

from collections.abc import Collection

from assets.inventory import Inventory
from assets.recovery.logic.backup_plan import strangers
from resources.errors import BadInput


def demand_known(names: Collection[str], found: Inventory) -> None:
    """Raises BadInput if a name is of no database, or of several: whoever wrote it believes that something is confirmed.

    Where a place could not be listed, the database may be there: then nothing is said.
    """
    lost = [] if found.failures else strangers(names, found.databases)
    if lost:
        raise BadInput(
            f"{', '.join(lost)}: confirmed, and no database, or several, have that name",
            "Write display names or OCIDs as the plan does; nothing was done.",
        )
