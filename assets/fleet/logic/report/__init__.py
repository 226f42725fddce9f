"""The fleet report: what changed, how the fleet stands, and a page for each database."""
