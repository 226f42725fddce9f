"""Cost anomalies, walk-forward: what a day costs is judged with that day and the days before it, and with nothing else."""
