"""Lifecycle policies of buckets: kept, shown and guarded by their etag; objects do not move or go by them."""

from __future__ import annotations

from sandbox.oci.clock import text
from sandbox.oci.errors import OciError, invalid
from sandbox.oci.exchange import Answer, Asked, answers
from sandbox.oci.services.object_storage import writable_bucket
from sandbox.oci.store import Body, Resource

POLICIES, REFUSED = "object_storage.lifecycle_policies", "object_storage.lifecycle_refused"
"""Tables: policies by bucket, and buckets for which the service was given no permission."""
_MOST_RULES = 1000
_ACTIONS = {"objects": ("ARCHIVE", "INFREQUENT_ACCESS", "DELETE"), "multipart-uploads": ("ABORT",)}
_ACTIONS["previous-object-versions"] = _ACTIONS["objects"]
"""By target. Source: SDK docstrings of ObjectLifecycleRule."""


@answers("object_storage")
def put_object_lifecycle_policy(asked: Asked) -> Answer:
    """Create or replace the policy of a bucket. Source: SDK docstring; status and code without permission: field reports."""
    bucket, found = _bucket(asked), _found(asked)
    if asked.headers.get("if-none-match") == "*" and found is not None:
        raise OciError(412, "IfNoneMatchFailed", "The bucket has a lifecycle policy already.")
    if asked.if_match is not None and (found is None or asked.if_match not in ("*", found.etag)):
        raise OciError(412, "IfMatchFailed", "The If-Match header does not match the policy's etag.")
    if bucket in asked.store.table(REFUSED):
        service = f"objectstorage-{asked.region}"
        message = f"Permissions granted to the object storage service principal '{service}' to this bucket are insufficient."
        raise OciError(400, "InsufficientServicePermissions", message)
    rules = asked.body.get("items") or []
    _demand_rules(rules)
    body: Body = {"timeCreated": text(asked.store.clock.now()), "items": rules}
    if found is None:
        found = asked.store.add(POLICIES, {"name": bucket, **body}, asked.region, key=bucket)
        found.version = asked.store.made = asked.store.made + 1  # an etag is never one of a policy that was deleted
    else:
        found.change(**body)
    return _shown(found)


@answers("object_storage")
def get_object_lifecycle_policy(asked: Asked) -> Answer:
    """The policy of a bucket. The code of the refusal where there is none is not sourced."""
    _bucket(asked)
    found = _found(asked)
    if found is None:
        raise OciError(404, "LifecyclePolicyNotFound", "The bucket has no lifecycle policy.")
    return _shown(found)


@answers("object_storage")
def delete_object_lifecycle_policy(asked: Asked) -> Answer:
    """Delete the policy of a bucket."""
    bucket, found = _bucket(asked), _found(asked)
    if found is None:
        raise OciError(404, "LifecyclePolicyNotFound", "The bucket has no lifecycle policy.")
    if asked.if_match not in (None, "*", found.etag):
        raise OciError(412, "IfMatchFailed", "The If-Match header does not match the policy's etag.")
    asked.store.remove(POLICIES, bucket)
    return Answer(status=204)


def _bucket(asked: Asked) -> str:
    found = writable_bucket(asked)
    return f"{found.body['namespace']}/{found.body['name']}"


def _found(asked: Asked) -> Resource | None:
    return asked.store.table(POLICIES).get(_bucket(asked))


def _shown(found: Resource) -> Answer:
    return Answer({name: found.body[name] for name in ("timeCreated", "items")}, headers={"etag": found.etag})


def _demand_rules(rules: list[Body]) -> None:
    names = [rule["name"] for rule in rules]
    if len(rules) > _MOST_RULES or len(set(names)) < len(names):
        raise invalid(f"a policy has up to {_MOST_RULES} rules, each with a name of its own")
    for rule in rules:
        actions = _ACTIONS.get(rule.get("target") or "objects", ())
        if rule["action"] not in actions or rule["timeUnit"] not in ("DAYS", "YEARS") or rule["timeAmount"] < 1:
            raise invalid(f"rule {rule['name']}: action, timeAmount or timeUnit cannot be used")
