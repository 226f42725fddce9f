"""Whether alarms of OCI Monitoring are firing."""

from collections.abc import Sequence

from pydantic import Field

from resources.alarm_states import AlarmState, AlarmStates
from resources.oci.clients import OciClients
from resources.oci.paging import items


class OciAlarmStates(AlarmStates):
    """Alarms of a tenancy's compartments, as Monitoring last evaluated them."""

    clients: OciClients = Field(description="Clients of Oracle's cloud.")

    def states(self, region: str, compartment_id: str) -> Sequence[AlarmState]:
        """See AlarmStates."""
        listed = items(self.clients.operation("monitoring", "list_alarms_status", region=region), compartment_id)
        return [AlarmState(one.display_name, one.severity, one.status) for one in listed]
