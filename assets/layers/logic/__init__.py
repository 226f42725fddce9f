"""Pure functions of the layers system: no Dagster, no SDK, no clock."""
