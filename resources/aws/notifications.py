"""Messages to people through Amazon SNS."""

from pydantic import Field

from resources.aws.clients import AwsClients
from resources.errors import BadInput
from resources.notifier import Notifier, Severity, shortened

MOST_BYTES, MOST_SUBJECT = 256 * 1024, 100
"""Of a message and its subject; a subject is ASCII in one line, and begins with a letter, digit or punctuation.

Source: AWS API reference of SNS, Publish.
"""


class SnsNotifier(Notifier):
    """A topic of SNS: whoever subscribes to it (e-mail, SMS, queues, functions) reads it."""

    clients: AwsClients = Field(description="Clients of AWS.")
    topic: str = Field(description="ARN of the topic, whose region is asked.")

    def _deliver(self, title: str, body: str, severity: Severity) -> None:
        parts = self.topic.split(":")
        if len(parts) != 6 or parts[0] != "arn" or parts[2] != "sns":
            raise BadInput(f"{self.topic!r} is no ARN of a topic", "Give the topic's ARN, which begins with arn:aws:sns:.")
        plain = "".join(sign if " " <= sign <= "~" else "?" for sign in " ".join(title.split()))
        client = self.clients.client("sns", parts[3])
        with self.clients.errors(f"sns:Publish on {self.topic}", self.topic):
            client.publish(
                TopicArn=self.topic,
                Subject=shortened(f"[{severity}] {plain}", MOST_SUBJECT, "..."),
                Message=shortened(f"{title}\n{body}", MOST_BYTES),
            )
