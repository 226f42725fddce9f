"""Pure functions of the FinOps system: frames in, frames out. No Dagster, no SDK, no resource, no clock."""
