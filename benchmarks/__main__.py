"""Runs one benchmark, or all that need no data: `python -m benchmarks NAME [arguments]`."""

import sys
from collections.abc import Callable

from benchmarks import (
    anomalies,
    budgets,
    documents,
    drill,
    embed,
    fleet,
    forecasts,
    invoice_confidence,
    invoices,
    layers,
    lifecycle,
    load,
    metric_anomalies,
    payments,
    policies,
    retrieval,
    sandbox,
    usage,
    usage_api,
    vectors,
)

BENCHMARKS: dict[str, Callable[[list[str]], int]] = {
    "usage": usage.main,
    "load": load.main,
    "anomalies": anomalies.main,
    "forecasts": forecasts.main,
    "policies": policies.main,
    "sandbox": sandbox.main,
    "usage_api": usage_api.main,
    "budgets": budgets.main,
    "embed": embed.main,
    "vectors": vectors.main,
    "retrieval": retrieval.main,
    "documents": documents.main,
    "drill": drill.main,
    "invoices": invoices.main,
    "invoice_confidence": invoice_confidence.main,
    "lifecycle": lifecycle.main,
    "layers": layers.main,
    "payments": payments.main,
    "fleet": fleet.main,
    "metric_anomalies": metric_anomalies.main,
}

_WITHOUT_DATA = {
    "usage": ["--rows", "2000000"],
    "load": [],
    "anomalies": ["--series", "10000", "--days", "365"],
    "forecasts": ["--series", "1000", "--days", "365"],
    "vectors": ["--rows", "50000"],
    "fleet": ["--databases", "1000"],
}
"""What `all` runs: benchmarks that make their own data, and their arguments."""


def main(argv: list[str]) -> int:
    """Exit status: 0 if every target was met, 1 if one was missed, 2 for wrong arguments."""
    if not argv or argv[0] in ("-h", "--help"):
        print(f"usage: python -m benchmarks NAME [arguments]\nnames: {', '.join(BENCHMARKS)}, all")
        return 0 if argv else 2
    name, *rest = argv
    if name == "all":
        return max(main([one, *arguments]) for one, arguments in _WITHOUT_DATA.items())
    if name not in BENCHMARKS:
        print(f"no benchmark {name!r}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    return BENCHMARKS[name](rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
