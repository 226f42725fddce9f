"""The demo company's instances, put into the embedded AWS when it starts, so that something can be done to them.

They are put by moto's backend, which draws the ids of instances itself otherwise. All of them are in the account that the
embedded AWS takes every caller to be of.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.aws_estate import Resource, resources

_ACCOUNT = "123456789012"
_INSTANCES = "Instance"
_IMAGE = "ami-12c6146b"
"""One of the images that moto knows."""


def put() -> int:
    """Let the instances exist, in this process; returns how many there are."""
    from moto.ec2.models import ec2_backends

    number = 0
    for resource in resources():
        if resource.service.resource_type != _INSTANCES or resource.season == "absent":
            continue
        with _called(resource.id):
            ec2_backends[_ACCOUNT][resource.region].run_instances(
                _IMAGE, 1, None, [], instance_type=_type(resource), is_instance_type_default=False, placement=None,
                region_name=resource.region, key_name=None, subnet_id=None, owner_id=None, private_ip=None,
                associate_public_ip=None, tags={"instance": {"Name": resource.name}},
            )  # fmt: skip
        number += 1
    return number


def _type(resource: Resource) -> str:
    """Type of an instance, as its meter has it."""
    return resource.service.meters[0].usage_type.partition(":")[2]


@contextmanager
def _called(instance_id: str) -> Iterator[None]:
    """The next instance gets that id."""
    from moto.ec2.models import instances

    drawn = instances.random_instance_id
    instances.random_instance_id = lambda: instance_id
    try:
        yield
    finally:
        instances.random_instance_id = drawn
