"""FinOps: from billing files in a bucket to costs per day, anomalies and the report. Thin assets; the thinking is in `logic`."""
