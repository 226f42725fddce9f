"""How the fleet's assets are told to ask many at once. Put no asset here."""

import dagster as dg
from pydantic import Field

from assets.fleet.collection import Limits


class Collecting(dg.Config):
    """How many are asked at once, and how long one may take."""

    workers: int = Field(default=32, ge=1, le=512, description="How many are asked at once.")
    seconds: float = Field(
        default=20, gt=0, le=600, description="For each, all its calls and repeats together; who takes longer is unknown."
    )

    @property
    def limits(self) -> Limits:
        """As the collector takes them."""
        return Limits(self.workers, self.seconds)
