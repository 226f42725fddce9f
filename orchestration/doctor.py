"""Examines every connection and permission of a deployment, and changes nothing: probes run at once, each within its time.

What the probes are is in `orchestration.probes`.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Literal

from resources.errors import CloudOpsError, Denied, NotFound
from resources.redaction import redact

Cloud = Literal["local", "aws", "oci"]
Outcome = Literal["works", "missing", "failed", "not configured", "not checked"]
"""`missing`: a permission, setting or thing that somebody has to supply; `failed`: the question itself could not be answered;
`not checked`: it could not be tried without changing something, or there was nothing to try it on."""
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a probe found: in words, and what to do about it if that is not all well."""

    detail: str
    outcome: Outcome = "works"
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """One question about a deployment.

    Attributes:
        name: What is examined; with `cloud`, no other probe has it.
        cloud: Where.
        purpose: What the deployment needs it for.
        ask: Finds the answer, or raises why there is none.
    """

    name: str
    cloud: Cloud
    purpose: str
    ask: Callable[[], Answer]


@dataclass(frozen=True, slots=True)
class Finding:
    """A probe and its answer, without secrets; `fix` is what to do, such as the statement of a policy that is missing."""

    name: str
    cloud: Cloud
    purpose: str
    outcome: Outcome
    detail: str
    fix: str

    @property
    def is_well(self) -> bool:
        """Whether nobody has to do anything about it."""
        return self.outcome not in ("missing", "failed")

    def as_dict(self) -> dict[str, str]:
        """For machines; the keys are stable."""
        return asdict(self)


def examine(seconds: float = SECONDS, resources: Mapping[str, object] | None = None) -> list[Finding]:
    """Examine the deployment that the environment describes.

    Args:
        seconds: How long a probe may take; one that takes longer has failed, and is left behind.
        resources: In the place of those that the deployment is wired with.
    """
    from orchestration.probes import misconfigured, of_deployment, warmed_up
    from orchestration.settings import current_settings

    try:
        settings = current_settings()
    except ValueError as error:
        return run([misconfigured(str(error))], seconds)
    with ExitStack() as stack:
        probes = of_deployment(settings, stack, resources)
        warmed_up(probes)
        return run(probes, seconds)


def run(probes: Sequence[Probe], seconds: float) -> list[Finding]:
    """Ask all probes at once; their findings, in the same order.

    The threads are daemons: a process does not wait for one that hangs before it ends.
    """
    found: dict[int, Finding] = {}

    def ask(place: int, probe: Probe) -> None:
        found[place] = _finding(probe, _answered(probe))

    threads = [threading.Thread(target=ask, args=(n, probe), daemon=True) for n, probe in enumerate(probes)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    late = Answer(f"no answer in {seconds:g} s", "failed", "Check the network, its proxy and DNS; `--seconds` allows more time.")
    return [found.get(n) or _finding(probe, late) for n, probe in enumerate(probes)]


def _answered(probe: Probe) -> Answer:
    try:
        return probe.ask()
    except (Denied, NotFound) as error:
        return Answer(error.message, "missing", error.advice)
    except CloudOpsError as error:
        return Answer(error.message, "failed", error.advice)
    except Exception as error:  # noqa: BLE001 - one probe that breaks must not hide what the others found
        return Answer(f"{type(error).__name__}: {error}", "failed", "See what the message says, and try again.")


def _finding(probe: Probe, answer: Answer) -> Finding:
    return Finding(probe.name, probe.cloud, probe.purpose, answer.outcome, redact(answer.detail), redact(answer.fix))
