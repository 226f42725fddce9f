"""What can be asked of the service that runs Autonomous Databases: the interface, which `resources.oci` has for Oracle's."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import dagster as dg

from resources.autonomous_databases import AutonomousDatabase, Backup, Begun, Changes, Compartment, NewDatabase, WorkRequest


class AutonomousDatabases(dg.ConfigurableResource[Any], ABC):
    """The service, in all regions of a tenancy. Every method raises the errors of `resources.errors`.

    Changing methods return once the service accepted the change. `token` is the caller's own, one for each thing to be done
    (`opc-retry-token`): the same call with the same token is done once. Where the service takes no token, `if_match` (the etag
    that the caller saw; `*` does not guard) keeps a repeat from doing it twice: a `Conflict` says that the database changed
    meanwhile, or is in a state that does not allow it. No changing call is repeated by the client unless it carries a token.
    """

    def missing(self) -> str | None:
        """What must be set before the service can be asked; None if nothing is missing."""
        return None

    @abstractmethod
    def regions(self) -> Sequence[str]:
        """Regions that the tenancy is subscribed to."""

    @abstractmethod
    def compartments(self) -> Sequence[Compartment]:
        """All active compartments, the tenancy's root first."""

    @abstractmethod
    def databases(self, region: str, compartment_id: str) -> Sequence[AutonomousDatabase]:
        """All pages of what one compartment holds in one region, terminated ones left out."""

    @abstractmethod
    def others(self, region: str, compartment_id: str) -> Mapping[str, int]:
        """How many databases of other kinds there are, by kind (`base database`, `Exadata cloud`): none of them is monitored."""

    @abstractmethod
    def database(self, region: str, database_id: str) -> AutonomousDatabase:
        """One database, with its etag."""

    @abstractmethod
    def backups(self, region: str, database_id: str) -> Sequence[Backup]:
        """All backups of a database, the youngest first."""

    @abstractmethod
    def work_request(self, region: str, work_request_id: str) -> WorkRequest:
        """How far a change has come."""

    @abstractmethod
    def work_requests(self, region: str, compartment_id: str, database_id: str) -> Sequence[WorkRequest]:
        """Changes of a database, the newest first."""

    @abstractmethod
    def create(self, region: str, details: NewDatabase, token: str) -> Begun:
        """Make a database; a standby is made in its own region."""

    @abstractmethod
    def update(self, region: str, database_id: str, changes: Changes, if_match: str) -> Begun:
        """Change a database."""

    @abstractmethod
    def start(self, region: str, database_id: str, if_match: str) -> Begun:
        """Start a stopped database."""

    @abstractmethod
    def stop(self, region: str, database_id: str, if_match: str) -> Begun:
        """Stop a running database."""

    @abstractmethod
    def restart(self, region: str, database_id: str, if_match: str) -> Begun:
        """Restart a running database."""

    @abstractmethod
    def delete(self, region: str, database_id: str, if_match: str) -> Begun:
        """Terminate a database and its backups, long-term ones left."""

    @abstractmethod
    def back_up(self, region: str, database_id: str, display_name: str, token: str, long_term_days: int | None = None) -> Begun:
        """Make a backup; `resource_id` is the backup's."""

    @abstractmethod
    def delete_backup(self, region: str, backup_id: str) -> Begun:
        """Delete a long-term backup."""

    @abstractmethod
    def restore(self, region: str, database_id: str, at: datetime | None, if_match: str) -> Begun:
        """Restore a database IN PLACE to a moment, or to its latest; what was written since is lost."""

    @abstractmethod
    def switch_over(self, region: str, database_id: str, peer_id: str | None, token: str) -> Begun:
        """Exchange roles without loss. With a remote peer: asked of the standby in its region, `peer_id` is the primary's."""

    @abstractmethod
    def fail_over(self, region: str, database_id: str, peer_id: str | None, token: str) -> Begun:
        """Make the standby the primary, with the loss of what it does not have. Regions as for `switch_over`."""

    @abstractmethod
    def convert_standby(self, region: str, database_id: str, *, to_snapshot: bool, if_match: str) -> Begun:
        """Turn a remote standby into a snapshot standby that can be written, or back, which discards what was written."""

    @abstractmethod
    def wallet(self, region: str, database_id: str, password: str) -> bytes:
        """A wallet of this one database, as a zip; it holds secrets."""
