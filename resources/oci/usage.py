"""Cost and usage from OCI's Usage API: all of it, whatever the longest window and the size of a page."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import dagster as dg
from pydantic import Field

from resources.errors import BadInput
from resources.oci.clients import OciClients

LONGEST_WINDOW_DAYS = 90
"""Longest window with daily granularity. Source: documentation of PowerCraft.OCI; oracle/oci-python-sdk#694."""
MOST_GROUPS = 4
"""Source: the same documentation."""


class OciUsage(dg.ConfigurableResource[Any]):
    """The Usage API of the tenancy that the clients call for."""

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    region: str = Field(default="", description="Region that is asked; the usual one if empty. Every region tells of all.")
    page_size: int = Field(default=1000, ge=1, le=1000, description="Items of a page.")

    def daily(self, first: date, last: date, groups: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        """Items of `UsageSummary` in JSON, page by page, of every day from the first to the last.

        Args:
            first: First day, UTC.
            last: Last day, included.
            groups: Names to group by, four at most; other fields of an item are null.

        Raises:
            BadInput: The days are in the wrong order, or there are too many groups.
            CloudOpsError: The service did not answer as it should.
        """
        if last < first:
            raise BadInput(f"the last day {last} is before the first {first}", "Give the days in their order.")
        if len(groups) > MOST_GROUPS:
            raise BadInput(f"{len(groups)} groups were asked for", f"The Usage API groups by {MOST_GROUPS} at most.")
        for start, end in windows(first, last):
            yield from self._window(start, end, groups)

    def _window(self, start: date, end: date, groups: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        client = self.clients.client("usage_api", self.region)
        # objects of the SDK's models would take longer to make than the whole of the rest
        client.base_client.skip_deserialization = True
        ask = self.clients.operation("usage_api", "request_summarized_usages", self.region)
        details = {
            "tenantId": self.clients.tenancy(),
            "timeUsageStarted": _midnight(start),
            "timeUsageEnded": _midnight(end),
            "granularity": "DAILY",
            "queryType": "COST",
            "groupBy": list(groups),
        }
        page: dict[str, str] = {}
        while True:
            answer = ask(details, limit=self.page_size, **page)
            yield list(answer.data["items"])
            if not answer.has_next_page:
                return
            page = {"page": answer.next_page}


def windows(first: date, last: date) -> list[tuple[date, date]]:
    """The days in windows that the service accepts: first day, and the day after the last one."""
    starts = range(0, (last - first).days + 1, LONGEST_WINDOW_DAYS)
    days = [first + timedelta(days=n) for n in starts]
    return [(day, min(day + timedelta(days=LONGEST_WINDOW_DAYS), last + timedelta(days=1))) for day in days]


def _midnight(day: date) -> str:
    return datetime.combine(day, time(), UTC).isoformat().replace("+00:00", "Z")
