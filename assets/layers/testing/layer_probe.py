"""Loads modules of a layer, runs a piece of code, and tells how that went: as a script on this machine, and as a function's code.

It runs under every Python that Lambda has, and needs nothing but the standard library. `layer_probe.cjs` is the same for Node.
What it tells is read by `assets.layers.logic.testing`.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence

_CASES = "layer_cases.json"


def load(names: Sequence[str], tell: Callable[[dict[str, object]], None]) -> None:
    """Import modules one after another, each announced before and told after; the time of all of them last."""
    process, begun = os.getpid(), time.perf_counter()
    for name in names:
        tell({"begun": name})
        try:
            __import__(name)  # which `-X importtime` sees; what importlib imports it does not
        except BaseException as error:  # noqa: BLE001  SystemExit too: a module that ends its function is no good
            tell({"failed": name, **_said(error)})
        if os.getpid() != process:
            os._exit(0)  # a module forked, and this is not who was asked
    tell({"seconds": time.perf_counter() - begun})


def try_out(code: str, tell: Callable[[dict[str, object]], None]) -> None:
    """Run a piece of code, if there is one, and tell that all is over."""
    if code:
        tell({"begun": "smoke"})
        try:
            exec(compile(code, "smoke", "exec"), {"__name__": "smoke"})  # noqa: S102  its own specification asks for it
        except BaseException as error:  # noqa: BLE001
            tell({"failed": "smoke", **_said(error)})
    tell({"over": True})


def _said(error: BaseException) -> dict[str, object]:
    import traceback  # only now: its own time is not that of a layer

    frames = traceback.extract_tb(error.__traceback__)[1:]  # the first is this module's
    where = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    text = f"{type(error).__name__}: {str(error)[:400]}{where}"
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    return {"error": text, "missing": missing}


if __name__ == "__main__":
    _folders, _told, _cases = json.loads(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
    sys.path[:0] = _folders
    with open(_told, "a", buffering=1) as _file:  # noqa: PTH123  before the modules whose time is taken, as little as possible

        def _tell(step: dict[str, object]) -> None:
            _file.write(json.dumps(step) + "\n")

        load(_cases["imports"], _tell)
        try_out(_cases["smoke"], _tell)
    os._exit(0)  # threads that a module started would keep it, and not a function
else:
    with open(os.path.join(os.path.dirname(__file__), _CASES)) as _file:  # noqa: PTH118, PTH120, PTH123
        _cases = json.load(_file)
    _steps: list[dict[str, object]] = []
    load(_cases["imports"], _steps.append)

    def handler(event: object, context: object) -> dict[str, object]:  # noqa: ARG001
        """What loading told, and what the code did."""
        steps = list(_steps)
        try_out(_cases["smoke"], steps.append)
        return {"steps": steps}
