"""Which databases there are in all regions and compartments, and what could not be listed: that is not the same as none."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from resources.autonomous_databases import AutonomousDatabase
from resources.database_service import AutonomousDatabases
from resources.errors import CloudOpsError, Unavailable

_AT_A_TIME = 8


@dataclass(frozen=True, slots=True)
class Inventory:
    """Databases that were found.

    Attributes:
        databases: Of all regions and compartments that could be listed, by name.
        failures: Why others could not, by `region, compartment`.
    """

    databases: tuple[AutonomousDatabase, ...]
    failures: Mapping[str, str]

    @property
    def by_id(self) -> dict[str, AutonomousDatabase]:
        """By OCID."""
        return {database.id: database for database in self.databases}

    @property
    def whole(self) -> tuple[AutonomousDatabase, ...]:
        """The databases, for what must not take one for absent that was not seen.

        Raises:
            Unavailable: A place could not be listed.
        """
        if self.failures:
            said = "; ".join(f"{place} could not be listed: {why}" for place, why in self.failures.items())
            raise Unavailable(said, "Let all places be listed, and run this again: nothing was done.")
        return self.databases


def inventory(service: AutonomousDatabases) -> Inventory:
    """All databases of the tenancy.

    Raises:
        CloudOpsError: Not even regions or compartments can be listed.
    """
    regions, compartments = service.regions(), service.compartments()
    places = [(region, compartment) for region in regions for compartment in compartments]
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        answers = list(pool.map(lambda place: _listed(service, place[0], place[1].id), places))
    found: dict[str, AutonomousDatabase] = {}
    failures = {}
    for (region, compartment), answer in zip(places, answers, strict=True):
        if isinstance(answer, str):
            failures[f"{region}, {compartment.path}"] = answer
        else:
            found |= {database.id: database for database in answer}
    return Inventory(tuple(sorted(found.values(), key=lambda d: (d.display_name, d.region, d.id))), failures)


def _listed(service: AutonomousDatabases, region: str, compartment_id: str) -> list[AutonomousDatabase] | str:
    try:
        return list(service.databases(region, compartment_id))
    except CloudOpsError as error:
        return str(error)
