"""The time of an embedded cloud: what takes it minutes takes a test or a demo none."""

import ssl
from datetime import UTC, datetime

from pydantic import Field

from resources.clock import Clock
from resources.errors import Unavailable

_TIMEOUT_SECONDS = 10.0
_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Certificates of authorities take ten times as long to load as a call lasts, and an embedded cloud speaks plain HTTP."""


class EmbeddedClock(Clock):
    """A clock that runs with an embedded cloud's, and lets time pass there instead of waiting."""

    endpoint: str = Field(description="Address of the embedded cloud, such as http://127.0.0.1:5556.")

    def now(self) -> datetime:
        """The cloud's time, aware, in UTC.

        Raises:
            Unavailable: It does not answer.
        """
        return self._asked("GET", "/sandbox/health")

    def sleep(self, seconds: float) -> None:
        """Let time pass in the cloud, at once.

        Raises:
            Unavailable: It does not answer.
        """
        self._asked("POST", "/sandbox/clock", {"advance": seconds})

    def _asked(self, method: str, path: str, body: dict[str, float] | None = None) -> datetime:
        import httpx  # slow to import: loading the code location needs none of it

        try:
            url = self.endpoint.rstrip("/") + path
            answer = httpx.request(method, url, json=body, timeout=_TIMEOUT_SECONDS, trust_env=False, verify=_NO_AUTHORITIES)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            advice = "See whether the embedded cloud runs."
            raise Unavailable(f"the embedded cloud's clock does not answer ({error})", advice) from error
        return datetime.fromisoformat(answer.json()["now"]).astimezone(UTC)
