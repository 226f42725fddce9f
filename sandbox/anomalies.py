"""The anomalies planted in the scenario: which series, when, how strong and through which resources."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

_SATURDAY = 5
_FADE = 0.2
"""Share of its height with which a ramp begins."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One planted anomaly of one series (sub-account × service × region).

    Attributes:
        provider: ProviderName of the series' rows.
        sub_account: Display name of the sub-account or compartment.
        service: Service in the provider's spelling within its file.
        region: The provider's region id.
        kind: `spike`, `level shift`, `drop-out`, `ramp`, `new service` or `weekend leak`.
        start: When it begins, as a share of the scenario's days; a weekend leak waits for the next Saturday.
        length: Days from the first to the last, both included.
        height: What is added at its strongest, as a multiple of the expected usage; −1 leaves nothing. For
            resources that exist only because of the anomaly, the multiple of their own usage.
        resources: Names of the resources through which it happens.
    """

    provider: str
    sub_account: str
    service: str
    region: str
    kind: str
    start: float
    length: int
    height: float
    resources: tuple[str, ...]

    @property
    def direction(self) -> str:
        """`up` or `down`."""
        return "up" if self.height > 0 else "down"

    def span(self, days: tuple[date, ...]) -> tuple[int, int]:
        """Index of its first and last day among `days`."""
        first = round(self.start * len(days))
        if self.kind == "weekend leak":
            first += (_SATURDAY - days[first].weekday()) % 7
        return first, first + self.length - 1

    def shape(self, days: tuple[date, ...]) -> npt.NDArray[np.float64]:
        """What is added on each day, as a multiple of the expected usage; 0 outside the anomaly."""
        first, last = self.span(days)
        added = np.zeros(len(days))
        added[first : last + 1] = self.height
        if self.kind == "ramp":
            added[first : last + 1] = np.linspace(self.height * _FADE, self.height, self.length)
        if self.kind == "weekend leak":
            added *= np.array([day.weekday() >= _SATURDAY for day in days])
        return added


AWS = "AWS"
ORACLE = "Oracle"
_EC2 = "Amazon Elastic Compute Cloud"
_EAST, _FRANKFURT = "us-east-1", "eu-central-1"
_ASHBURN, _OCI_FRANKFURT = "us-ashburn-1", "eu-frankfurt-1"

PLANTED = (
    Anomaly(AWS, "acme-prod", "AWS Data Transfer", _EAST, "spike", 0.52, 1, 5.0, ("prod-nat-us-1",)),
    Anomaly(
        AWS, "acme-data", "Amazon Simple Storage Service", _EAST, "spike", 0.62, 2, 3.0,
        ("data-lake-us-2",),
    ),
    Anomaly(
        AWS, "acme-data", _EC2, _EAST, "spike", 0.70, 2, 1.0,
        ("data-unknown-gpu-us-1", "data-unknown-gpu-us-2", "data-unknown-gpu-us-3"),
    ),
    Anomaly(
        AWS, "acme-prod", "Amazon Relational Database Service", _FRANKFURT, "level shift", 0.58, 14, 1.1,
        ("prod-orders-db-eu-1", "prod-orders-db-eu-2"),
    ),
    Anomaly(
        AWS, "acme-prod", "AWS Lambda", _EAST, "drop-out", 0.66, 2, -1.0,
        ("prod-checkout-us-1", "prod-checkout-us-2", "prod-checkout-us-3"),
    ),
    Anomaly(AWS, "acme-prod", "AmazonCloudWatch", _EAST, "ramp", 0.74, 10, 4.0, ("prod-logs-us-1",)),
    Anomaly(
        AWS, "acme-staging", "Amazon SageMaker", _FRANKFURT, "new service", 0.80, 6, 1.0,
        ("staging-experiment-eu-1", "staging-experiment-eu-2"),
    ),
    Anomaly(
        AWS, "acme-staging", _EC2, _EAST, "weekend leak", 0.60, 9, 4.0,
        ("staging-web-us-1", "staging-web-us-2", "staging-web-us-3"),
    ),
    Anomaly(
        ORACLE, "dev", "COMPUTE", _ASHBURN, "spike", 0.55, 2, 1.0,
        ("dev-burst-iad-1", "dev-burst-iad-2"),
    ),
    Anomaly(ORACLE, "prod", "DATABASE", _OCI_FRANKFURT, "level shift", 0.64, 12, 1.2, ("prod-erp-fra-1",)),
    Anomaly(ORACLE, "prod", "OBJECTSTORE", _OCI_FRANKFURT, "ramp", 0.76, 9, 4.0, ("prod-archive-fra-1",)),
    Anomaly(
        ORACLE, "prod", "COMPUTE", _ASHBURN, "drop-out", 0.70, 3, -1.0,
        ("prod-app-iad-1", "prod-app-iad-2", "prod-app-iad-3"),
    ),
    Anomaly(
        ORACLE, "dev", "COMPUTE", _OCI_FRANKFURT, "weekend leak", 0.68, 9, 4.0,
        ("dev-app-fra-1", "dev-app-fra-2"),
    ),
    Anomaly(ORACLE, "prod", "NETWORK", _OCI_FRANKFURT, "spike", 0.84, 1, 6.0, ("prod-gateway-fra-1",)),
    Anomaly(ORACLE, "dev", "GENERATIVE_AI", _OCI_FRANKFURT, "new service", 0.78, 5, 1.0, ("dev-chat-fra-1",)),
)  # fmt: skip


def of_resource(provider: str, name: str) -> Anomaly | None:
    """The anomaly that happens through a resource, if any; a resource has at most one."""
    return next((a for a in PLANTED if a.provider == provider and name in a.resources), None)
