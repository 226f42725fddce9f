"""Lifecycle policies of buckets in OCI Object Storage.

The service does what the rules say on its own behalf: without a policy that lets it, it refuses them.
"""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import Field, PrivateAttr

from resources.errors import BadInput, Denied, NotFound
from resources.object_lifecycle import LifecycleRule, ObjectLifecycle, Rules
from resources.oci.clients import OciClients

_DAYS_OF_A_UNIT = {"DAYS": 1, "YEARS": 365}


class OciObjectLifecycle(ObjectLifecycle):
    """Buckets of the tenancy that the clients call for."""

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    region: str = Field(default="", description="Region where a bucket names none; that of the clients if empty.")
    namespace: str = Field(default="", description="Object Storage namespace; that of the caller's tenancy if empty.")
    _cached_namespace: str = PrivateAttr(default="")

    def rules(self, region: str, bucket: str) -> Rules:
        """See ObjectLifecycle."""
        namespace = self._namespace(region)
        self._call("get_bucket", region)(namespace, bucket)
        try:
            answer = self._call("get_object_lifecycle_policy", region)(namespace, bucket)
        except NotFound:
            return Rules(())  # of a bucket that is there, it says that there is no policy
        return Rules(tuple(_rule(item) for item in answer.data.items or ()), answer.headers.get("etag", ""))

    def replace(self, region: str, bucket: str, rules: Sequence[LifecycleRule], seen: Rules) -> None:
        """See ObjectLifecycle. Raises Denied if the service itself may not do what the rules say."""
        namespace = self._namespace(region)
        guard = {"if_match": seen.etag} if seen.etag else {"if_none_match": "*"}
        if not rules:
            if seen.etag:
                self._call("delete_object_lifecycle_policy", region)(namespace, bucket, if_match=seen.etag)
            return
        from oci.object_storage.models import PutObjectLifecyclePolicyDetails

        details = PutObjectLifecyclePolicyDetails(items=[rule.origin or _model(rule) for rule in rules])
        try:
            self._call("put_object_lifecycle_policy", region)(namespace, bucket, details, **guard)
        except BadInput as error:
            if "InsufficientServicePermissions" not in error.message:
                raise
            raise Denied(error.message, f"It needs this policy: {self.service_statement(region)}") from error

    def service_statement(self, region: str) -> str:
        """Statement of a policy that lets the service move and delete objects.

        Source: docs.oracle.com, "Using Object Lifecycle Policies" (service permissions).
        """
        return f"Allow service objectstorage-{region or self.region or '<region>'} to manage object-family in tenancy"

    def _namespace(self, region: str) -> str:
        if not self._cached_namespace:
            self._cached_namespace = self.namespace or str(self._call("get_namespace", region)().data)
        return self._cached_namespace

    def _call(self, operation: str, region: str) -> Callable[..., Any]:
        return self.clients.operation("object_storage", operation, region or self.region)


def _rule(item: Any) -> LifecycleRule:  # noqa: ANN401  # the SDK has no types
    names = item.object_name_filter
    days = int(item.time_amount) * _DAYS_OF_A_UNIT.get(item.time_unit, 1)
    prefixes = tuple(names.inclusion_prefixes or ()) if names else ()
    return LifecycleRule(item.name, item.action, days, prefixes, bool(item.is_enabled), item)


def _model(rule: LifecycleRule) -> Any:  # noqa: ANN401
    from oci.object_storage.models import ObjectLifecycleRule, ObjectNameFilter

    return ObjectLifecycleRule(
        name=rule.name,
        action=rule.action,
        time_amount=rule.days,
        time_unit="DAYS",
        is_enabled=rule.is_enabled,
        target="objects",
        object_name_filter=ObjectNameFilter(inclusion_prefixes=list(rule.prefixes)),
    )
