"""Where metrics of databases over time come from: the interface; `resources.oci.database_metrics` reads OCI Monitoring."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import dagster as dg

from resources.database_metrics import Metric, Reading


class DatabaseMetrics(dg.ConfigurableResource[Any], ABC):
    """Where metrics are kept."""

    @abstractmethod
    def read(
        self, region: str, compartment_id: str, database_ids: Sequence[str], metric: Metric, start: datetime, end: datetime,
        interval: timedelta,
    ) -> Sequence[Reading]:  # fmt: skip
        """Values of a metric, one for each interval that has any; databases without any have no reading.

        Args:
            region: Where the databases are.
            compartment_id: OCID of the compartment that holds them.
            database_ids: OCIDs; several in one question to the service where it can.
            metric: Which.
            start: First moment.
            end: Last moment, excluded.
            interval: Of the values; not shorter than `metric.every`.

        Raises:
            CloudOpsError: They cannot be read: nothing is known then, which is not the same as no values.
        """
