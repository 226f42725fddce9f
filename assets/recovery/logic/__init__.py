"""Pure functions of the recovery system: no Dagster, no SDK, no clock."""
