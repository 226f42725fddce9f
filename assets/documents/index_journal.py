"""Writes down what becomes of generations of the knowledge base: before what cannot be taken back, and after each step."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import polars as pl

from assets.documents import tables
from resources.knowledge_base.interface import Generation
from resources.lake import Lake

Event = Literal["begun", "built", "passed", "refused", "cut over", "rolled back", "dropped"]


@dataclass(frozen=True, slots=True)
class IndexJournal:
    """The journal as one run writes it.

    Attributes:
        lake: Where it is.
        run_id: The run.
        by: Who let it happen.
    """

    lake: Lake
    run_id: str
    by: str

    def note(self, generation: Generation, event: Event, at: datetime, **detail: Any) -> None:  # noqa: ANN401
        """Write one event down; a step that is repeated by the same run overwrites its own."""
        row = {
            "at": at,
            "run_id": self.run_id,
            "by": self.by,
            "generation_id": generation.generation_id,
            "model_version": generation.model.version,
            "event": event,
            "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str),
        }
        same = f"run_id = '{self.run_id}' AND generation_id = '{generation.generation_id}' AND event = '{event}'"
        self.lake.replace(tables.INDEX_EVENTS, pl.DataFrame([row], schema=tables.INDEX_EVENTS.schema), where=same)
