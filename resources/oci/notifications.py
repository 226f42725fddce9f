"""Messages to people through OCI Notifications."""

from pydantic import Field

from resources.errors import BadInput
from resources.notifier import Notifier, Severity, shortened
from resources.oci.clients import OciClients

MOST_BYTES = 64 * 1024
"""Of a message. Source: SDK docstring of publish_message."""
MOST_TITLE = 200
"""Characters of a title that e-mail clients still show; OCI says no bound of its own."""


class OnsNotifier(Notifier):
    """A topic of OCI Notifications: whoever subscribes to it (e-mail, Slack, PagerDuty, functions) reads it."""

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    topic: str = Field(description="OCID of the topic.")

    def _deliver(self, title: str, body: str, severity: Severity) -> None:
        from oci.ons.models import MessageDetails

        publish = self.clients.operation("ons_messages", "publish_message", _region(self.topic))
        head = shortened(f"[{severity}] {' '.join(title.split())}", MOST_TITLE)
        text = shortened(body or head, MOST_BYTES - len(head.encode()))
        publish(self.topic, MessageDetails(title=head, body=text), message_type="RAW_TEXT")


def _region(topic: str) -> str:
    """Region that an OCID names, in full or by its key; the usual one if it names none.

    Raises:
        BadInput: It is no OCID of a topic.
    """
    from oci.regions import get_region_from_short_name

    parts = topic.split(".")
    if len(parts) < 5 or parts[:2] != ["ocid1", "onstopic"]:
        raise BadInput(f"{topic!r} is no OCID of a topic", "Give the topic's OCID, which begins with ocid1.onstopic.")
    return str(get_region_from_short_name(parts[3])) if parts[3] else ""
