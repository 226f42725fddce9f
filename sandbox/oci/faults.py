"""Faults on demand: answers that are errors, late, torn, or of an earlier state.

They are asked for by tests through `/sandbox/faults`, or by a header of the request: `x-sandbox-fault: status=429`.
"""

import random
from dataclasses import dataclass, field

from sandbox.oci.errors import OciError, not_found

HEADER = "x-sandbox-fault"
KINDS = ("status", "latency", "drop", "drop_after", "partial", "stale", "denied")
_CODES = {429: "TooManyRequests", 500: "InternalServerError", 502: "BadGateway", 503: "ServiceUnavailable", 504: "GatewayTimeout"}


@dataclass(slots=True)
class Fault:
    """What goes wrong, where, and how often.

    Attributes:
        kind: `status`: an error of that status; `latency`: a late answer; `drop`: the connection ends before anything is done;
            `drop_after`: it ends after the work is done, before the answer; `partial`: an answer with status 200 of which a part
            failed (of operations that know such answers); `stale`: the answer before the last change; `denied`: as if a policy
            were missing.
        service: Of which service; any if empty.
        operation: Which operation; any if empty.
        times: How often; None for as long as it is there.
        after: So many requests that match are spared first.
        share: Share of the requests that match, drawn with the seed.
        seed: Of the share.
        status: Of `status`.
        code: Of `status`; the usual one if empty.
        seconds: Of `latency`; of `status`, what `retry-after` says.
    """

    kind: str
    service: str = ""
    operation: str = ""
    times: int | None = None
    after: int = 0
    share: float = 1.0
    seed: int = 0
    status: int = 503
    code: str = ""
    seconds: float = 0.0
    drawn: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")
        if not isinstance(self.status, int) or not 400 <= self.status <= 599:
            raise ValueError(f"status must be between 400 and 599, not {self.status!r}")
        self.drawn = random.Random(self.seed)

    def strikes(self, service: str, operation: str) -> bool:
        """Whether it happens to this request; counts it."""
        if self.service not in ("", service) or self.operation not in ("", operation) or self.times == 0:
            return False
        if self.drawn.random() >= self.share:
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def error(self) -> OciError:
        """What `status` and `denied` answer."""
        if self.kind == "denied":
            return not_found()
        code = self.code or _CODES.get(self.status, "InternalServerError")
        headers = {"retry-after": f"{self.seconds:g}"} if self.seconds else {}
        return OciError(self.status, code, "A fault that was asked for.", headers)


@dataclass(slots=True)
class Faults:
    """Those in force, and how many requests met one so far."""

    asked: list[Fault] = field(default_factory=list)
    struck: int = 0

    def of(self, service: str, operation: str, given_with: Fault | None) -> list[Fault]:
        """Faults that happen to a request, among them one that came with it."""
        given = [given_with] if given_with else []
        found = [fault for fault in (*given, *self.asked) if fault.strikes(service, operation)]
        self.struck += len(found)
        return found


def parsed(header: str) -> Fault:
    """The fault that a header asks for: `status=429`, `latency=0.5`, `drop`, `partial`, `stale`.

    Raises:
        ValueError: It asks for none.
    """
    kind, _, value = header.partition("=")
    if kind == "status":
        return Fault(kind, times=1, status=int(value or 503))
    return Fault(kind, times=1, seconds=float(value or 1) if kind == "latency" else 0.0)
