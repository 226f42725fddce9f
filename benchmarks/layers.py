"""Claims about Lambda layers, by option: how they are built, looked through, counted over a large estate, and rolled out."""

import argparse
from importlib import import_module

_PARTS = {"build": "layers_build", "scan": "layers_scan", "fleet": "layers_fleet", "rollout": "layers_rollout"}
"""Module of each option; loaded only when it is asked for, since their libraries are large."""


def main(argv: list[str]) -> int:
    """The part that is asked for; further arguments are its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks layers", description=__doc__, add_help=False)
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--build", metavar="REQS", help="requirements, separated by commas")
    chosen.add_argument("--scan", action="store_true")
    chosen.add_argument("--fleet", metavar="N", type=int, help="number of functions")
    chosen.add_argument("--rollout", action="store_true")
    known, rest = parser.parse_known_args(argv)
    part, value = next((name, value) for name in _PARTS if (value := getattr(known, name)) not in (None, False))
    values = [] if value is True else [str(value)]
    status: int = import_module(f"benchmarks.{_PARTS[part]}").main([*values, *rest])
    return status
