"""Whether alarms are firing: the interface; `resources.oci.alarm_states` asks OCI Monitoring."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import dagster as dg


@dataclass(frozen=True, slots=True)
class AlarmState:
    """An alarm, by its name for people, and how it is: one that is suspended tells nobody that it fires."""

    name: str
    severity: str
    status: Literal["FIRING", "OK", "SUSPENDED"]


class AlarmStates(dg.ConfigurableResource[Any], ABC):
    """Where alarms are evaluated."""

    @abstractmethod
    def states(self, region: str, compartment_id: str) -> Sequence[AlarmState]:
        """All alarms of a compartment in a region, whoever made them.

        Raises:
            CloudOpsError: They cannot be read, which is not the same as that all is quiet.
        """
