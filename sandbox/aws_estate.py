"""What the demo company runs on AWS: accounts, regions, services with their meters and prices, and resources.

Service names, units and ARN forms follow AWS's public price list and documentation, prices are of its
order; every id is made up, account numbers are those that AWS's documentation uses in examples.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

PAYER = "123456789012"
ACCOUNTS = {"acme-prod": "111122223333", "acme-staging": "444455556666", "acme-data": "777788889999"}
REGIONS = {"us-east-1": ("us", "US East (N. Virginia)"), "eu-central-1": ("eu", "Europe (Frankfurt)")}
COVERED = frozenset({"prod-web-eu-1", "prod-web-eu-2", "prod-web-eu-3"})
"""Instances that run under the savings plan."""


@dataclass(frozen=True, slots=True)
class Meter:
    """One priced kind of use: `price` in USD per `unit` at list, `daily` mean units of a working day."""

    name: str
    description: str
    unit: str
    price: Decimal
    operation: str
    usage_type: str
    daily: float
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """One service; `resource_id` is a template over `hex`, `name`, `region` and `account`."""

    name: str
    code: str
    category: str
    subcategory: str
    resource_type: str
    resource_id: str
    meters: tuple[Meter, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: `season` is how its use follows the week (`sandbox.usage`), `size` scales its meters."""

    name: str
    account: str
    region: str
    service: Service
    season: str
    size: float

    @property
    def id(self) -> str:
        """The id that AWS bills it under."""
        return self.service.resource_id.format(
            hex=hex_of(self.name, 16), name=self.name, region=self.region, account=ACCOUNTS[self.account]
        )


def hex_of(text: str, length: int) -> str:
    """A made-up hexadecimal id that depends on `text` alone."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def _meter(
    name: str,
    description: str,
    unit: str,
    price: str,
    operation: str,
    usage_type: str,
    daily: float,
    most: float | None = None,
) -> Meter:
    return Meter(name, description, unit, Decimal(price), operation, usage_type, daily, most)


_EC2 = Service(
    "Amazon Elastic Compute Cloud", "AmazonEC2", "Compute", "Virtual Machines", "Instance", "i-0{hex}",
    (_meter("Instance hours", "per On Demand Linux m5.xlarge Instance Hour", "Hrs", "0.23",
            "RunInstances", "BoxUsage:m5.xlarge", 30.0, 24.0),),
)  # fmt: skip
_GPU = Service(
    "Amazon Elastic Compute Cloud", "AmazonEC2", "Compute", "Virtual Machines", "Instance", "i-0{hex}",
    (_meter("Instance hours", "per On Demand Linux p4d.24xlarge Instance Hour", "Hrs", "32.7726",
            "RunInstances", "BoxUsage:p4d.24xlarge", 20.0, 24.0),),
)  # fmt: skip
_OFFICE_EC2 = Service(
    "Amazon Elastic Compute Cloud", "AmazonEC2", "Compute", "Virtual Machines", "Instance", "i-0{hex}",
    (_meter("Instance hours", "per On Demand Linux m5.xlarge Instance Hour", "Hrs", "0.23",
            "RunInstances", "BoxUsage:m5.xlarge", 12.0, 24.0),),
)  # fmt: skip
_EBS = Service(
    "Amazon Elastic Block Store", "AmazonEC2", "Storage", "Block Storage", "Volume", "vol-0{hex}",
    (_meter("Volume storage", "per GB-month of General Purpose (gp3) provisioned storage", "GB-Mo", "0.08",
            "CreateVolume-Gp3", "EBS:VolumeUsage.gp3", 16.0),),
)  # fmt: skip
_S3 = Service(
    "Amazon Simple Storage Service", "AmazonS3", "Storage", "Object Storage", "Bucket", "acme-{name}",
    (
        _meter("Storage", "per GB - first 50 TB / month of storage used", "GB-Mo", "0.023",
               "StandardStorage", "TimedStorage-ByteHrs", 150.0),
        _meter("Requests", "per 1,000 PUT, COPY, POST, or LIST requests", "1,000 Requests", "0.005",
               "PutObject", "Requests-Tier1", 900.0),
    ),
)  # fmt: skip
_RDS = Service(
    "Amazon Relational Database Service", "AmazonRDS", "Databases", "Relational Databases", "DB Cluster",
    "arn:aws:rds:{region}:{account}:cluster:{name}",
    (
        _meter("Capacity", "per Aurora Capacity Unit hour running Aurora PostgreSQL", "ACU-Hr", "0.12",
               "CreateDBInstance:0021", "Aurora:ServerlessV2Usage", 190.0),
        _meter("Storage", "per GB-month of consumed storage", "GB-Mo", "0.10",
               "CreateDBInstance", "Aurora:StorageUsage", 14.0),
    ),
)  # fmt: skip
_LAMBDA = Service(
    "AWS Lambda", "AWSLambda", "Compute", "Serverless Compute", "Function",
    "arn:aws:lambda:{region}:{account}:function:{name}",
    (
        _meter("Compute", "per Lambda GB-Second", "Lambda-GB-Second", "0.0000166667",
               "Invoke", "Lambda-GB-Second", 420000.0),
        _meter("Requests", "per Lambda Request", "Requests", "0.0000002", "Invoke", "Request", 2300000.0),
    ),
)  # fmt: skip
_CLOUDWATCH = Service(
    "AmazonCloudWatch", "AmazonCloudWatch", "Management and Governance", "Observability", "Log Group",
    "arn:aws:logs:{region}:{account}:log-group:/acme/{name}",
    (_meter("Log ingestion", "per GB custom log data ingested", "GB", "0.50",
            "PutLogEvents", "DataProcessing-Bytes", 24.0),),
)  # fmt: skip
_TRANSFER = Service(
    "AWS Data Transfer", "AWSDataTransfer", "Networking", "Network Connectivity", "NAT Gateway",
    "arn:aws:ec2:{region}:{account}:natgateway/nat-0{hex}",
    (_meter("Transfer out", "per GB - first 10 TB / month data transfer out", "GB", "0.09",
            "RunInstances", "DataTransfer-Out-Bytes", 170.0),),
)  # fmt: skip
_SAGEMAKER = Service(
    "Amazon SageMaker", "AmazonSageMaker", "AI and Machine Learning", "Machine Learning", "Endpoint",
    "arn:aws:sagemaker:{region}:{account}:endpoint/{name}",
    (_meter("Hosting hours", "per Hosting ml.g5.2xlarge hour", "Hrs", "1.515",
            "RunInstance", "Host:ml.g5.2xlarge", 30.0, 24.0),),
)  # fmt: skip

_FLEET: tuple[tuple[str, str, Service, str, int, float], ...] = (
    ("acme-prod", "prod-web", _EC2, "always", 6, 1.0),
    ("acme-prod", "prod-volume", _EBS, "growing", 6, 1.0),
    ("acme-prod", "prod-assets", _S3, "business", 3, 1.0),
    ("acme-prod", "prod-orders-db", _RDS, "business", 2, 1.0),
    ("acme-prod", "prod-checkout", _LAMBDA, "business", 3, 1.0),
    ("acme-prod", "prod-mail", _LAMBDA, "business", 1, 0.3),
    ("acme-prod", "prod-logs", _CLOUDWATCH, "business", 2, 1.0),
    ("acme-prod", "prod-nat", _TRANSFER, "business", 2, 1.0),
    ("acme-staging", "staging-web", _OFFICE_EC2, "office", 4, 1.0),
    ("acme-staging", "staging-volume", _EBS, "always", 4, 0.6),
    ("acme-staging", "staging-assets", _S3, "office", 2, 0.4),
    ("acme-staging", "staging-db", _RDS, "office", 1, 0.25),
    ("acme-staging", "staging-jobs", _LAMBDA, "office", 3, 0.2),
    ("acme-staging", "staging-logs", _CLOUDWATCH, "office", 1, 0.3),
    ("acme-staging", "staging-nat", _TRANSFER, "office", 1, 0.2),
    ("acme-data", "data-worker", _EC2, "always", 4, 1.0),
    ("acme-data", "data-volume", _EBS, "growing", 4, 2.0),
    ("acme-data", "data-lake", _S3, "growing", 4, 3.0),
    ("acme-data", "data-warehouse", _RDS, "business", 1, 2.0),
    ("acme-data", "data-model", _SAGEMAKER, "always", 2, 1.0),
    ("acme-data", "data-logs", _CLOUDWATCH, "business", 1, 0.8),
    ("acme-data", "data-nat", _TRANSFER, "business", 1, 1.5),
)
_UNPLANNED: tuple[tuple[str, str, str, Service, int], ...] = (
    ("acme-data", "us-east-1", "data-unknown-gpu", _GPU, 3),
    ("acme-staging", "eu-central-1", "staging-experiment", _SAGEMAKER, 2),
)
"""Resources that exist only while an anomaly lasts."""


def resources() -> Iterator[Resource]:
    """Every resource, in the order of the export."""
    for region, (label, _) in REGIONS.items():
        for account, purpose, service, season, count, size in _FLEET:
            for number in range(1, count + 1):
                yield Resource(f"{purpose}-{label}-{number}", account, region, service, season, size)
    for account, region, purpose, service, count in _UNPLANNED:
        for number in range(1, count + 1):
            yield Resource(f"{purpose}-{REGIONS[region][0]}-{number}", account, region, service, "absent", 1.0)
