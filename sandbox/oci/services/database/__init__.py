"""The Database service, as far as it concerns Autonomous Databases: they, their standbys, their backups and their wallets."""

from sandbox.oci.services.database import (
    autonomous,
    backups,
    creation,
    deletion,
    faults,
    metrics,
    others,
    requests,
    restores,
    standbys,
    wallets,
)
from sandbox.oci.services.database.bodies import add_backup, add_database, add_local_standby, add_standby
from sandbox.oci.services.database.lifecycle import BACKUPS, DATABASES

__all__ = [
    "BACKUPS",
    "DATABASES",
    "add_backup",
    "add_database",
    "add_local_standby",
    "add_standby",
    "autonomous",
    "backups",
    "creation",
    "deletion",
    "faults",
    "metrics",
    "others",
    "requests",
    "restores",
    "standbys",
    "wallets",
]
