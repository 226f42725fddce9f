"""Schedules, one module per system: cron to job."""
