"""Native Google Cloud billing exports: recognised, so that they can be refused by name."""

from collections.abc import Sequence

REFUSAL = (
    "a native Google Cloud billing export; credits are nested in it and would be lost. "
    "Export FOCUS from BigQuery (Google's FOCUS view) and deliver that instead"
)


def is_native(header: Sequence[str]) -> bool:
    """Whether the header is that of the standard or detailed BigQuery export."""
    names = {name.replace(".", "_").lower() for name in header}
    return {"billing_account_id", "usage_start_time", "cost", "currency"} <= names and bool(
        names & {"service_id", "service_description", "credits"}
    )
