"""What schedules of jobs that ask the service of Autonomous Databases have in common."""

import dagster as dg

from resources.database_service import AutonomousDatabases


def run_if_configured(autonomous_databases: AutonomousDatabases) -> dg.RunRequest | dg.SkipReason:
    """A run, or what to set before there is a cloud to ask."""
    missing = autonomous_databases.missing()
    return dg.SkipReason(missing) if missing else dg.RunRequest()
