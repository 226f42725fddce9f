"""Alarms in OCI Monitoring: each region has its own; ours carry free-form tags."""

import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import Field

from resources.alarms import Alarm, AlarmService, Suppression
from resources.errors import Conflict, NotFound
from resources.oci.clients import OciClients
from resources.oci.paging import items

OWNER_TAG, KEY_TAG = "managed-by", "cloudops-alarm"
"""Free-form tags: whose an alarm is, and what it was made for."""
_TOKENS = 10
"""So often something may be deleted by hand and made again before the service forgets its retry tokens, after 24 hours."""
_FRESH = timedelta(minutes=5)


class OciAlarms(AlarmService):
    """Alarms of the tenancy that the clients call for."""

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    page_size: int = Field(default=500, ge=1, le=1000, description="Alarms of a page.")

    def managed(self, regions: Collection[str]) -> list[Alarm]:
        """See AlarmService. A list shows no body and no pending duration, so that each of ours is read as well."""
        found = [alarm for region in sorted(set(regions)) for alarm in self._listed(region)]
        return sorted(found, key=lambda alarm: (alarm.key, alarm.reference))

    def create(self, alarm: Alarm) -> Alarm:
        """See AlarmService. The retry token depends on nothing but what is made."""
        from oci.monitoring.models import CreateAlarmDetails

        fields = self._fields(alarm, {})
        what = json.dumps([self.owner, asdict(replace(alarm, reference=""))], sort_keys=True, default=str)
        for number in range(_TOKENS):
            token = hashlib.sha256(f"{what}{number}".encode()).hexdigest()
            try:
                answer = self._call(alarm.region, "create_alarm")(CreateAlarmDetails(**fields), opc_retry_token=token)
            except Conflict as error:
                if getattr(error.__cause__, "code", "") != "InvalidatedRetryToken":
                    raise
                continue
            if _is_fresh(answer) or self._is_ours_still(alarm.region, answer.data.id):
                return replace(alarm, reference=answer.data.id)
        raise Conflict(
            f"{alarm.key}: the same alarm was made and then deleted, or lost our mark, {_TOKENS} times within a day",
            "Find out who does that. The service takes it again after 24 hours.",
        )

    def update(self, seen: Alarm, wanted: Alarm) -> Alarm:
        """See AlarmService."""
        from oci.monitoring.models import UpdateAlarmDetails

        goal = replace(wanted, reference=seen.reference)
        response, current = self._current(seen)
        if current == goal:
            return goal
        if current != seen:
            raise Conflict(f"{seen.key}: somebody changed the alarm meanwhile", "Run this job again.")
        details = UpdateAlarmDetails(**self._fields(goal, response.data.freeform_tags or {}))
        if current.suppression is not None and goal.suppression is None:
            # what an update leaves out stays as it is
            self._call(seen.region, "remove_alarm_suppression")(seen.reference, if_match=response.headers["etag"])
            response, _ = self._current(seen)
        try:
            self._call(seen.region, "update_alarm")(seen.reference, details, if_match=response.headers["etag"])
        except Conflict:
            # of a repeat after an answer that was lost, the etag is the old one
            if self._current(seen)[1] != goal:
                raise
        return goal

    def retire(self, seen: Alarm) -> None:
        """See AlarmService."""
        try:
            response, current = self._current(seen)
            if current != seen:
                raise Conflict(f"{seen.key}: somebody changed the alarm meanwhile", "Run this job again.")
            self._call(seen.region, "delete_alarm")(seen.reference, if_match=response.headers["etag"])
        except NotFound:
            return

    def _call(self, region: str, operation: str) -> Callable[..., Any]:
        return self.clients.operation("monitoring", operation, region)

    def _listed(self, region: str) -> list[Alarm]:
        call = self._call(region, "list_alarms")
        listed = items(call, self.clients.tenancy(), compartment_id_in_subtree=True, limit=self.page_size)
        ours = [one.id for one in listed if (one.freeform_tags or {}).get(OWNER_TAG) == self.owner]
        read = (self._read(region, reference) for reference in ours)
        return [alarm for alarm in read if alarm is not None]

    def _read(self, region: str, reference: str) -> Alarm | None:
        """An alarm of ours; None if it has gone, or was copied from one by hand."""
        try:
            return self._alarm(region, self._call(region, "get_alarm")(reference).data)
        except NotFound:
            return None

    def _fields(self, alarm: Alarm, tags: dict[str, str]) -> dict[str, Any]:
        """What may change of an alarm; tags that others set stay."""
        from oci.monitoring import models

        pause = alarm.suppression
        return {
            "compartment_id": alarm.compartment_id,
            "metric_compartment_id": alarm.compartment_id,
            "namespace": alarm.namespace,
            "display_name": alarm.name,
            "query": alarm.query,
            "severity": alarm.severity,
            "pending_duration": alarm.pending,
            "destinations": list(alarm.destinations),
            "body": alarm.body,
            "repeat_notification_duration": alarm.repeat,
            "suppression": pause
            and models.Suppression(
                description=pause.reason or None, time_suppress_from=pause.start, time_suppress_until=pause.end
            ),
            "is_enabled": alarm.is_enabled,
            "freeform_tags": {**tags, OWNER_TAG: self.owner, KEY_TAG: alarm.key},
        }

    def _alarm(self, region: str, found: Any) -> Alarm | None:  # noqa: ANN401  # the SDK has no types
        tags = found.freeform_tags or {}
        key = tags.get(KEY_TAG, "")
        if tags.get(OWNER_TAG) != self.owner or not key or found.lifecycle_state != "ACTIVE":
            return None
        pause = found.suppression
        return Alarm(
            key=key,
            region=region,
            compartment_id=found.compartment_id,
            name=found.display_name,
            namespace=found.namespace,
            query=found.query,
            severity=found.severity,
            pending=found.pending_duration or "",
            destinations=tuple(sorted(found.destinations or ())),
            body=found.body or "",
            repeat=found.repeat_notification_duration,
            suppression=pause
            and Suppression(_utc(pause.time_suppress_from), _utc(pause.time_suppress_until), pause.description or ""),
            is_enabled=bool(found.is_enabled),
            reference=found.id,
        )

    def _current(self, seen: Alarm) -> tuple[Any, Alarm]:
        """The service's answer about an alarm, and the alarm. Raises Conflict if it is no longer ours."""
        response = self._call(seen.region, "get_alarm")(seen.reference)
        if response.data.lifecycle_state != "ACTIVE":
            raise NotFound(f"{seen.key}: the alarm has been deleted", "Run this job again.")
        alarm = self._alarm(seen.region, response.data)
        if alarm is None or alarm.key != seen.key:
            raise Conflict(f"{seen.key}: the alarm no longer carries our mark", "It is left alone. Run this job again.")
        return response, alarm

    def _is_ours_still(self, region: str, reference: str) -> bool:
        return self._read(region, reference) is not None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _is_fresh(answer: Any) -> bool:  # noqa: ANN401
    """Whether what was made is new by the service's own clock, and so not the answer to an earlier request."""
    said, made = answer.headers.get("date"), answer.data.time_created
    if not said or made is None:
        return False
    since: timedelta = parsedate_to_datetime(said) - made.astimezone(UTC)
    return abs(since) < _FRESH
