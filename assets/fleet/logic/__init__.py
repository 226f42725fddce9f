"""Pure functions of the fleet system: no Dagster, no SDK, no clock."""
