"""Every claim the project makes, measured: one module a claim, run by `python -m benchmarks NAME`."""
