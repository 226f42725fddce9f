"""Which operations of the SDK the sandbox answers, by service and client."""

from collections.abc import Mapping

OPERATIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "usage_api": {"UsageapiClient": ("request_summarized_usages",)},
    "budget": {
        "BudgetClient": (
            "create_budget", "get_budget", "list_budgets", "update_budget", "delete_budget",
            "create_alert_rule", "get_alert_rule", "list_alert_rules", "update_alert_rule", "delete_alert_rule",
        ),
    },
    "object_storage": {
        "ObjectStorageClient": (
            "get_namespace", "create_bucket", "get_bucket", "head_bucket", "list_buckets", "delete_bucket",
            "put_object", "get_object", "head_object", "delete_object", "list_objects",
            "create_multipart_upload", "upload_part", "commit_multipart_upload", "abort_multipart_upload",
            "list_multipart_upload_parts", "list_multipart_uploads",
            "put_object_lifecycle_policy", "get_object_lifecycle_policy", "delete_object_lifecycle_policy",
        ),
    },
    "monitoring": {
        "MonitoringClient": (
            "post_metric_data", "summarize_metrics_data", "list_metrics",
            "create_alarm", "get_alarm", "list_alarms", "update_alarm", "delete_alarm", "remove_alarm_suppression",
            "list_alarms_status",
        ),
    },
    "identity": {
        "IdentityClient": (
            "get_tenancy", "list_compartments", "get_compartment", "create_compartment", "list_regions",
            "list_region_subscriptions", "list_tag_namespaces", "list_tags", "get_user", "list_policies",
            "list_availability_domains",
        ),
    },
    "ons": {
        "NotificationControlPlaneClient": ("create_topic", "get_topic", "list_topics", "delete_topic"),
        "NotificationDataPlaneClient": (
            "publish_message", "create_subscription", "list_subscriptions", "get_subscription", "delete_subscription",
        ),
    },
    "streaming": {
        "StreamAdminClient": ("create_stream", "get_stream", "list_streams", "delete_stream"),
        "StreamClient": (
            "put_messages", "get_messages", "create_cursor", "create_group_cursor", "consumer_commit", "consumer_heartbeat",
            "get_group",
        ),
    },
    "work_requests": {
        "WorkRequestClient": ("get_work_request", "list_work_requests", "list_work_request_errors", "list_work_request_logs"),
    },
    "database": {
        "DatabaseClient": (
            "list_autonomous_databases", "get_autonomous_database", "create_autonomous_database", "update_autonomous_database",
            "delete_autonomous_database", "start_autonomous_database", "stop_autonomous_database",
            "restart_autonomous_database", "create_autonomous_database_backup", "get_autonomous_database_backup",
            "list_autonomous_database_backups", "delete_autonomous_database_backup", "list_autonomous_database_peers",
            "generate_autonomous_database_wallet", "fail_over_autonomous_database", "switchover_autonomous_database",
            "change_disaster_recovery_configuration", "restore_autonomous_database", "autonomous_database_manual_refresh",
            "list_db_systems", "list_cloud_vm_clusters", "list_cloud_exadata_infrastructures",
        ),
    },
    "container_engine": {"ContainerEngineClient": ("list_clusters", "get_cluster", "list_node_pools", "get_node_pool")},
    "generative_ai_inference": {"GenerativeAiInferenceClient": ("embed_text",)},
    "ai_document": {
        "AIServiceDocumentClient": (
            "analyze_document", "create_processor_job", "get_processor_job", "cancel_processor_job",
        ),
    },
    "ai_language": {
        "AIServiceLanguageClient": (
            "batch_detect_dominant_language", "batch_detect_language_entities", "batch_detect_language_key_phrases",
            "batch_detect_language_pii_entities", "batch_detect_language_sentiments",
        ),
    },
}  # fmt: skip
"""Service → client → operations, all by their names in the SDK."""
