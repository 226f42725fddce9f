"""The FinOps report: numbers from the tables, charts of them, and one HTML page that opens offline."""
