"""Faults of the embedded AWS Lambda on demand: throttling, errors, latency, connections that end after the work is done."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

KINDS = ("throttle", "status", "latency", "drop", "drop_after")


@dataclass(slots=True)
class Fault:
    """What goes wrong, where, and how often.

    Attributes:
        kind: `throttle`: TooManyRequestsException; `status`: an error of that status; `latency`: a late answer; `drop`: the
            connection ends before anything is done; `drop_after`: it ends after the work is done, before the answer.
        operation: Which one, as the API reference names it (`ListFunctions`); any if empty.
        account: Requests of which account; of any if empty.
        region: Requests to which region; to any if empty.
        times: How often; None for as long as it is there.
        after: So many requests that match are spared first.
        percent: Of the requests that match, drawn with the seed.
        seed: Of the draw.
        status: Of `status`.
        code: Of `status`.
        seconds: Of `latency`.
    """

    kind: str
    operation: str = ""
    account: str = ""
    region: str = ""
    times: int | None = None
    after: int = 0
    percent: float = 100.0
    seed: int = 0
    status: int = 500
    code: str = "ServiceException"
    seconds: float = 0.0
    drawn: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")
        if not isinstance(self.status, int) or not 400 <= self.status <= 599:
            raise ValueError(f"status must be between 400 and 599, not {self.status!r}")
        self.drawn = random.Random(self.seed)

    def strikes(self, operation: str, account: str, region: str) -> bool:
        """Whether it happens to this request; counts it."""
        wanted = (self.operation, operation), (self.account, account), (self.region, region)
        if self.times == 0 or any(mine not in ("", given) for mine, given in wanted):
            return False
        if self.drawn.random() * 100 >= self.percent:
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True)
class Faults:
    """Those in force; how many requests came to each operation and how many met a fault."""

    asked: list[Fault] = field(default_factory=list)
    requests: dict[str, int] = field(default_factory=dict)
    struck: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, kind: str, **fields: object) -> Fault:
        """Let something go wrong from now on.

        Raises:
            ValueError: There is no such fault.
            TypeError: It has no such field.
        """
        fault = Fault(kind, **fields)  # type: ignore[arg-type]
        self.asked.append(fault)
        return fault

    def take_back(self) -> None:
        """All of them, and the counts."""
        with self.lock:
            self.asked.clear()
            self.requests.clear()
            self.struck.clear()

    def of(self, operation: str, account: str, region: str) -> list[Fault]:
        """Faults that happen to a request; counts it."""
        with self.lock:
            self.requests[operation] = self.requests.get(operation, 0) + 1
            found = [fault for fault in self.asked if fault.strikes(operation, account, region)]
            if found:
                self.struck[operation] = self.struck.get(operation, 0) + 1
        return found
