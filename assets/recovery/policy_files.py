"""Where policies of backups and standbys come from: the file of the product, and those of people in the inputs store."""

from pathlib import Path

from assets.recovery.logic import backup_policies, objectives, standbys
from assets.recovery.logic.backup_policies import BackupPolicies, BadPolicies, joined, read_policies
from assets.recovery.logic.objectives import BadObjectives, ObjectivesFile, read_objectives
from assets.recovery.logic.standbys import Wanted, read_standbys
from resources.errors import BadInput, NotFound
from resources.object_store import ObjectStore

_SHIPPED = Path(__file__).parent / "policies" / "backup_policies.yaml"
_ADVICE = "Correct the file in the inputs store; docs/operations.md shows what it may say."


def policies_in_force(inputs_store: ObjectStore) -> BackupPolicies:
    """People's own policies, and then the shipped ones.

    Raises:
        BadInput: The file is not understood. The shipped policies do not stand in for it then: they may ask for less.
    """
    shipped = read_policies(_SHIPPED.read_bytes(), _SHIPPED.name)
    body = _body(inputs_store, backup_policies.KEY)
    try:
        return shipped if body is None else joined(read_policies(body), shipped)
    except BadPolicies as error:
        raise BadInput(str(error), _ADVICE) from error


def standbys_wanted(inputs_store: ObjectStore) -> tuple[Wanted, ...]:
    """Standbys that people want; none if there is no file. Raises BadInput if it is not understood."""
    try:
        return read_standbys(_body(inputs_store, standbys.KEY))
    except BadPolicies as error:
        raise BadInput(str(error), _ADVICE) from error


def objectives_in_force(inputs_store: ObjectStore) -> ObjectivesFile:
    """What databases have to meet; defaults if there is no file. Raises BadInput if it is not understood."""
    try:
        return read_objectives(_body(inputs_store, objectives.KEY))
    except BadObjectives as error:
        raise BadInput(str(error), _ADVICE) from error


def _body(inputs_store: ObjectStore, key: str) -> bytes | None:
    try:
        return inputs_store.get(key)
    except NotFound:
        return None
