"""What a caller must be allowed: the least statement of a policy, by service and operation.

Source: docs.oracle.com, "Policy Reference" and the policy page of each service.
"""

REPORTS_TENANCY = "ocid1.tenancy.oc1..aaaaaaaaned4fkpkisbwjlr56u7cj63lf3wffbilvqknstgtvzub7vhqkggq"
"""Oracle's tenancy that holds the cost and usage reports of all others. Source: docs.oracle.com, "Cost and Usage Reports"."""

_COMPARTMENT = "compartment <compartment>"
_GRANTS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("usage_api", ("",), ("read usage-report in tenancy",)),
    ("budget", ("list_", "get_"), ("read usage-budgets in tenancy",)),
    ("budget", ("",), ("manage usage-budgets in tenancy",)),
    ("object_storage", ("get_object_lifecycle_policy",), (f"read buckets in {_COMPARTMENT}",)),
    ("object_storage", ("list_objects",), (f"inspect objects in {_COMPARTMENT}",)),
    ("object_storage", ("get_object", "head_object"), (f"read objects in {_COMPARTMENT}",)),
    ("object_storage", ("list_buckets",), (f"inspect buckets in {_COMPARTMENT}",)),
    ("object_storage", ("get_bucket", "head_bucket", "get_namespace"), (f"read buckets in {_COMPARTMENT}",)),
    ("object_storage", ("create_bucket", "delete_bucket"), (f"manage buckets in {_COMPARTMENT}",)),
    ("object_storage", ("put_object_lifecycle_policy", "delete_object_lifecycle_policy"),
     (f"manage buckets in {_COMPARTMENT}", f"manage objects in {_COMPARTMENT}")),
    ("object_storage", ("",), (f"manage objects in {_COMPARTMENT}",)),
    ("monitoring", ("summarize_metrics_data", "list_metrics"), (f"read metrics in {_COMPARTMENT}",)),
    ("monitoring", ("list_alarms", "get_alarm"), (f"read alarms in {_COMPARTMENT}",)),
    ("monitoring", ("",), (f"manage alarms in {_COMPARTMENT}", f"read metrics in {_COMPARTMENT}")),
    ("monitoring_ingestion", ("",), (f"use metrics in {_COMPARTMENT}",)),
    ("identity", ("create_compartment",), ("manage compartments in tenancy",)),
    ("identity", ("list_tag", "get_tag"), ("inspect tag-namespaces in tenancy",)),
    ("identity", ("get_user", "list_users"), ("inspect users in tenancy",)),
    ("identity", ("list_policies", "get_policy"), ("inspect policies in tenancy",)),
    ("identity", ("get_tenancy", "list_region_subscriptions"), ("inspect tenancies in tenancy",)),
    ("identity", ("",), ("inspect compartments in tenancy",)),
    ("ons", ("list_topics", "get_topic"), (f"read ons-topics in {_COMPARTMENT}",)),
    ("ons", ("",), (f"manage ons-topics in {_COMPARTMENT}",)),
    ("ons_messages", ("publish_message",), (f"use ons-topics in {_COMPARTMENT}",)),
    ("ons_messages", ("list_", "get_"), (f"read ons-subscriptions in {_COMPARTMENT}",)),
    ("ons_messages", ("",), (f"manage ons-subscriptions in {_COMPARTMENT}",)),
    ("streaming", ("list_", "get_"), (f"read streams in {_COMPARTMENT}",)),
    ("streaming", ("",), (f"manage streams in {_COMPARTMENT}",)),
    ("streaming_messages", ("put_messages",), (f"use stream-push in {_COMPARTMENT}",)),
    ("streaming_messages", ("",), (f"use stream-pull in {_COMPARTMENT}",)),
    ("database", ("list_autonomous_database_backups", "get_autonomous_database_backup"),
     (f"inspect autonomous-backups in {_COMPARTMENT}",)),
    ("database", ("create_autonomous_database_backup", "delete_autonomous_database_backup"),
     (f"manage autonomous-backups in {_COMPARTMENT}", f"read autonomous-databases in {_COMPARTMENT}")),
    ("database", ("restore_autonomous_database",),
     (f"use autonomous-databases in {_COMPARTMENT}", f"read autonomous-backups in {_COMPARTMENT}")),
    ("database", ("list_db_systems",), (f"inspect db-systems in {_COMPARTMENT}",)),
    ("database", ("list_cloud_vm_clusters",), (f"inspect cloud-vmclusters in {_COMPARTMENT}",)),
    ("database", ("list_", "get_"), (f"inspect autonomous-databases in {_COMPARTMENT}",)),
    ("database", ("generate_",), (f"read autonomous-databases in {_COMPARTMENT}",)),
    ("database", ("create_", "delete_"), (f"manage autonomous-databases in {_COMPARTMENT}",)),
    ("database", ("",), (f"use autonomous-databases in {_COMPARTMENT}",)),
    ("work_requests", ("",), (f"inspect autonomous-databases in {_COMPARTMENT}",)),
    ("container_engine", ("list_node_pools", "get_node_pool"), (f"read cluster-node-pools in {_COMPARTMENT}",)),
    ("container_engine", ("",), (f"read clusters in {_COMPARTMENT}",)),
    ("generative_ai_inference", ("",), (f"use generative-ai-text-embedding in {_COMPARTMENT}",)),
    ("ai_document", ("create_", "cancel_"), (f"manage ai-service-document-family in {_COMPARTMENT}",)),
    ("ai_document", ("",), (f"use ai-service-document-family in {_COMPARTMENT}",)),
    ("ai_language", ("",), (f"use ai-service-language-family in {_COMPARTMENT}",)),
)  # fmt: skip
"""Service, prefixes of operations, and what a group must be allowed; the first that fits counts."""

NEEDED: tuple[tuple[str, str], ...] = (
    ("usage_api", "request_summarized_usages"),
    ("identity", "list_compartments"),
    ("identity", "list_tag_namespaces"),
    ("budget", "create_budget"),
    ("monitoring", "summarize_metrics_data"),
    ("monitoring", "create_alarm"),
    ("monitoring", "list_alarms_status"),
    ("identity", "list_region_subscriptions"),
    ("database", "list_db_systems"),
    ("database", "list_cloud_vm_clusters"),
    ("database", "generate_autonomous_database_wallet"),
    ("database", "update_autonomous_database"),
    ("database", "create_autonomous_database"),
    ("database", "create_autonomous_database_backup"),
    ("object_storage", "get_bucket"),
    ("object_storage", "get_object"),
    ("object_storage", "put_object_lifecycle_policy"),
    ("ons_messages", "publish_message"),
    ("ai_document", "create_processor_job"),
    ("ai_language", "batch_detect_language_entities"),
    ("streaming", "get_stream"),
    ("streaming_messages", "create_group_cursor"),
    ("monitoring_ingestion", "post_metric_data"),
)
"""Service and operation of everything that the product does in a tenancy, the cost reports aside."""


def statements(service: str, operation: str, subject: str) -> tuple[str, ...]:
    """Statements that allow an operation; none if the table does not know the service.

    Args:
        service: Its name in `resources.oci.clients`.
        operation: Name of the SDK's method.
        subject: Who is to be allowed, such as `group cloudops`.
    """
    for of_service, prefixes, grants in _GRANTS:
        if of_service == service.removesuffix("_json") and operation.startswith(prefixes):
            return tuple(f"Allow {subject} to {grant}" for grant in grants)
    return ()


def in_tenancy(service: str, operation: str, subject: str) -> tuple[str, ...]:
    """Statements that allow an operation in all compartments."""
    return tuple(s.replace(_COMPARTMENT, "tenancy") for s in statements(service, operation, subject))


def of_product(subject: str) -> tuple[str, ...]:
    """All statements that the product needs; those `of_reports` stand in a policy of their own."""
    needed = [statement for service, operation in NEEDED for statement in in_tenancy(service, operation, subject)]
    return (*of_reports(subject), *dict.fromkeys(needed))


def of_reports(subject: str) -> tuple[str, ...]:
    """Statements by which another tenancy's objects, those of the cost reports, may be read.

    They stand in the root compartment, in a policy without `Allow` statements.
    """
    return (
        f"define tenancy usage-report as {REPORTS_TENANCY}",
        f"endorse {subject} to read objects in tenancy usage-report",
    )
