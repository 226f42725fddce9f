"""Messages to the people who run this: one interface and its variants; clouds' topics are in `resources.oci` and `resources.aws`.

Nothing here remembers what was sent: who sends repeatedly keeps the keys of what was sent, such as a sensor in its cursor.
"""

import logging
from abc import ABC, abstractmethod
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from resources.errors import BadInput, Unavailable
from resources.redaction import redact

Severity = Literal["info", "warning", "failure"]


class Notifier(dg.ConfigurableResource[Any], ABC):
    """Somewhere that people read. What is sent is redacted first, whoever composed it."""

    def notify(self, title: str, body: str, severity: Severity) -> None:
        """Send one message, or raise: a message that was not delivered is never taken for one that was.

        Raises:
            BadInput: The address of a receiver is malformed.
            Unavailable: A receiver did not accept the message.
        """
        self._deliver(redact(title), redact(body), severity)

    @abstractmethod
    def _deliver(self, title: str, body: str, severity: Severity) -> None:
        """Deliver text that is free of secrets."""


def shortened(text: str, most_bytes: int, end: str = "…") -> str:
    """The text in at most so many bytes of UTF-8; one that is cut off ends with `end`."""
    if len(text.encode()) <= most_bytes:
        return text
    return text.encode()[: most_bytes - len(end.encode())].decode(errors="ignore") + end


_LEVELS: dict[Severity, int] = {"info": logging.INFO, "warning": logging.WARNING, "failure": logging.ERROR}


class LogNotifier(Notifier):
    """Writes messages to the Dagster log: enough on one's own machine."""

    def _deliver(self, title: str, body: str, severity: Severity) -> None:
        dg.get_dagster_logger("notifier").log(_LEVELS[severity], "%s\n%s", title, body)


class AppriseNotifier(Notifier):
    """Any service that Apprise knows, such as Slack, Teams, e-mail or a webhook."""

    urls: list[str] = Field(
        description="Apprise URLs of the receivers, https://github.com/caronc/apprise/wiki; they are secrets."
    )
    timeout_seconds: float = Field(default=30, gt=0, description="How long to wait for all receivers together.")

    def _deliver(self, title: str, body: str, severity: Severity) -> None:
        import apprise

        if not self.urls:
            raise BadInput("the notifier has no receiver", "Give it at least one URL, or use LogNotifier.")
        receivers = apprise.Apprise()
        for position, url in enumerate(self.urls, start=1):
            if not receivers.add(url):
                raise BadInput(
                    f"receiver {position} of {len(self.urls)} is not a URL that Apprise knows",
                    "Correct that entry of the notifier's urls; the Apprise wiki lists the forms.",
                )
        kinds: dict[Severity, apprise.NotifyType] = {
            "info": apprise.NotifyType.INFO,
            "warning": apprise.NotifyType.WARNING,
            "failure": apprise.NotifyType.FAILURE,
        }
        if not receivers.notify(title=title, body=body, notify_type=kinds[severity], timeout=self.timeout_seconds):
            services = sorted({str(server.service_name) for server in receivers})
            raise Unavailable(
                f"a notification was not accepted by every receiver ({', '.join(services)})",
                "Check that the services answer and that their tokens are valid.",
            )
