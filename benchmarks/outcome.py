"""How a benchmark ends: a table for people, one JSON object as the last line, and the exit status."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on a metric: `at_most`, `at_least` or `equals`, whichever is given."""

    at_most: float | None = None
    at_least: float | None = None
    equals: object = None

    def met(self, value: object) -> bool:
        """Whether the value is within the bound."""
        if self.at_most is not None:
            return isinstance(value, int | float) and value <= self.at_most
        if self.at_least is not None:
            return isinstance(value, int | float) and value >= self.at_least
        return value == self.equals

    def __str__(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"= {self.equals}"


def finish(name: str, metrics: Mapping[str, object], targets: Mapping[str, Target]) -> int:
    """Print the outcome; returns the exit status."""
    missed = [key for key, target in targets.items() if not target.met(metrics.get(key))]
    table = Table("metric", "value", "target", "", title=name)
    for key, value in metrics.items():
        if isinstance(value, list | dict):
            continue
        verdict = "" if key not in targets else "[red]missed[/red]" if key in missed else "met"
        table.add_row(key, f"{value:.4g}" if isinstance(value, float) else str(value), str(targets.get(key, "")), verdict)
    Console().print(table)
    outcome = {
        "benchmark": name,
        "metrics": dict(metrics),
        "targets": {key: str(target) for key, target in targets.items()},
        "ok": not missed,
    }
    print(json.dumps(outcome, ensure_ascii=False))
    return 1 if missed else 0
