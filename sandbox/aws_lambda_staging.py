"""Buckets of the embedded AWS in which large layers lie while they are published: one for each account and region of the demo."""

from collections.abc import Iterator

from sandbox.aws_estate import ACCOUNTS, PAYER, REGIONS


def staging_buckets() -> Iterator[tuple[str, str, str]]:
    """Account, region and name of each."""
    for account in (PAYER, *ACCOUNTS.values()):
        for region in REGIONS:
            yield account, region, f"cloudops-layers-{account}-{region}"


def fill() -> None:
    """Make those that are not there, in this process."""
    from moto.s3.models import s3_backends

    for account, region, name in staging_buckets():
        held = s3_backends[account]["aws"]
        if name not in held.buckets:
            held.create_bucket(name, region)
