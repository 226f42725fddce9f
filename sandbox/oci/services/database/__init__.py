"""The Database service, as far as it concerns Autonomous Databases: they, their backups and their wallets."""

from sandbox.oci.services.database import autonomous, backups, metrics, wallets
from sandbox.oci.services.database.bodies import add_backup, add_database
from sandbox.oci.services.database.lifecycle import BACKUPS, DATABASES

__all__ = ["BACKUPS", "DATABASES", "add_backup", "add_database", "autonomous", "backups", "metrics", "wallets"]
