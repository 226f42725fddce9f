"""Temporary functions and layers that zips are tested with in an account: what they are called, hold and bear, what is ours."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assets.layers.logic.products import Kind
from assets.layers.logic.publishing import layer_arn, partition
from assets.layers.logic.testing import Attempt
from resources.lambda_layers import Invocation, Place

DONE = "done"
"""As the journal says it."""
CREATE, REMOVE = "create test function", "delete test function"
STAGE, UNSTAGE = "publish candidate", "delete candidate"
"""Operations in the journal."""
PREFIX = "cloudops-layer-test-"
"""How the name of a temporary function begins."""
_PRODUCT = "cloudops"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""Of a zip."""
_NAME = re.compile(rf"{PREFIX}[0-9a-f]{{12}}")


@dataclass(frozen=True, slots=True)
class TemporaryFunction:
    """A temporary function."""

    place: Place
    name: str
    run_id: str

    @property
    def arn(self) -> str:
        """Of the function."""
        return function_arn(self.place, self.name)

    def noted(self) -> dict[str, Any]:
        """As the journal has it."""
        return {"place": str(self.place), "name": self.name, "run_id": self.run_id}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A zip under test, as a version of a layer of its own; nobody else is granted it."""

    place: Place
    layer: str
    sha256: str
    run_id: str
    serial: int

    @property
    def arn(self) -> str:
        """Of the layer, without the version."""
        return layer_arn(self.place, self.layer)

    @property
    def description(self) -> str:
        """By which it is known again."""
        return f"cloudops candidate {self.serial} of run {self.run_id}: zip {self.sha256}"

    def noted(self) -> dict[str, Any]:
        """As the journal has it."""
        return {
            "place": str(self.place), "layer": self.layer, "sha256": self.sha256, "run_id": self.run_id, "serial": self.serial,
        }  # fmt: skip


def unfinished(rows: Iterable[Mapping[str, Any]]) -> list[TemporaryFunction | Candidate]:
    """What was made for tests and is not known to be gone, functions first: they hold the candidates.

    Args:
        rows: Of the journal, of the four operations.
    """
    made: dict[str, None] = {}
    gone: set[str] = set()
    for row in rows:
        if row["operation"] in (CREATE, STAGE):
            made[row["after"]] = None
        elif row["outcome"] == DONE:
            gone.add(row["before"])
    found = [_read(json.loads(text)) for text in made if text not in gone]
    return sorted(found, key=lambda one: (isinstance(one, Candidate), one.arn))


def _read(noted: Mapping[str, Any]) -> TemporaryFunction | Candidate:
    place = Place(*noted["place"].split("/"))
    if "layer" in noted:
        return Candidate(place, noted["layer"], noted["sha256"], noted["run_id"], noted["serial"])
    return TemporaryFunction(place, noted["name"], noted["run_id"])


def function_arn(place: Place, name: str) -> str:
    """ARN of a function, without a version."""
    return f"arn:{partition(place.region)}:lambda:{place.region}:{place.account}:function:{name}"


def function_name(run_id: str, serial: int, shas: Collection[str], runtime: str, architecture: str) -> str:
    """Name of a temporary function, of a test of a run."""
    said = json.dumps([run_id, serial, sorted(shas), runtime, architecture])
    return PREFIX + hashlib.sha256(said.encode()).hexdigest()[:12]


def tags(run_id: str, layer: str, created: datetime) -> dict[str, str]:
    """Tags of a temporary function."""
    # of a value, AWS takes letters, digits, spaces and _.:/=+-@, at most 256 of them
    return {
        "product": _PRODUCT,
        "run": run_id,
        "layer": re.sub(r"[^\w.:/=+@ -]", "_", layer)[:256],
        "created": created.isoformat(timespec="seconds"),
    }


def is_ours(name: str, its_tags: Mapping[str, str], known: TemporaryFunction) -> bool:
    """Whether a function is one that a test made: its name, its tags and the journal agree."""
    marks = (its_tags.get("product"), its_tags.get("run"))
    return bool(_NAME.fullmatch(name)) and name == known.name and marks == (_PRODUCT, known.run_id)


def code(kind: Kind, probe: str, imports: Collection[str], smoke: str) -> tuple[bytes, str]:
    """Zip and handler of a function that loads what a layer has.

    Args:
        kind: Of the layer.
        probe: Text of the probe.
        imports: Modules that have to load.
        smoke: Code that has to end without an error.
    """
    files = {f"layer_probe.{'py' if kind == 'python' else 'js'}": probe}
    files["layer_cases.json"] = json.dumps({"imports": list(imports), "smoke": smoke})
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    return body.getvalue(), "layer_probe.handler"


def attempt(invocation: Invocation) -> Attempt:
    """What a call of such a function told."""
    try:
        answer: Any = json.loads(invocation.payload)
    except ValueError:
        answer = None
    if invocation.error is None and isinstance(answer, dict) and isinstance(answer.get("steps"), list):
        return Attempt(tuple(step for step in answer["steps"] if isinstance(step, dict)))
    said = answer if isinstance(answer, dict) else {}
    why = ": ".join(str(said[key]) for key in ("errorType", "errorMessage") if said.get(key))
    return Attempt((), why or f"the function answers {invocation.payload[:200]!r}")
