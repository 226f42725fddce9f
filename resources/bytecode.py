"""Python modules compiled by an interpreter of any version, to files that are taken as they are (unchecked hashes, PEP 552)."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from resources.errors import BadInput

_SECONDS = 600
_COMPILES = """
import importlib.util, json, os, py_compile, sys
folder, root = sys.argv[1:]
made = {}
for path in json.load(sys.stdin):
    target = importlib.util.cache_from_source(path)
    try:
        py_compile.compile(
            os.path.join(folder, path), cfile=os.path.join(folder, target), dfile=root + path, doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    except (py_compile.PyCompileError, ValueError):
        continue
    made[path] = target
json.dump(made, sys.stdout)
"""


def compiled(modules: Mapping[str, bytes], interpreter: Path, root: str) -> dict[str, bytes]:
    """Bytecode by path, `__pycache__/…` beside each module; what is no valid module of that version gets none.

    Args:
        modules: Source by relative path.
        interpreter: Of the version that is to run them.
        root: Where they will lie (`/opt/`), as tracebacks are to show it.

    Raises:
        BadInput: The interpreter does not work.
    """
    with TemporaryDirectory(prefix="layers-") as folder:
        for path, body in modules.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
        # sets of constants would be written in another order every time, if texts were hashed at random
        command = ["env", "PYTHONHASHSEED=0", str(interpreter), "-S", "-c", _COMPILES, folder, root]
        done = subprocess.run(
            command, input=json.dumps(sorted(modules)), capture_output=True, text=True, check=False, timeout=_SECONDS
        )
        if done.returncode:
            raise BadInput(f"{interpreter} cannot compile modules: {done.stderr[-500:]}", "Repair that installation of Python.")
        return {target: Path(folder, target).read_bytes() for target in json.loads(done.stdout).values()}
