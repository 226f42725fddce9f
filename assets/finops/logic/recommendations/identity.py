"""Which recommendation is which: the same finding about the same thing keeps its id from run to run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence


def recommendation_id(category: str, kind: str, series: Sequence[str | None], subject: str | None) -> str:
    """Id of a recommendation: 16 hexadecimal digits of what is proposed about what.

    Figures are no part of it, so that a new saving updates a recommendation instead of adding one.

    Args:
        category: Its category.
        kind: Its kind.
        series: Provider, sub-account, service, region and currency.
        subject: Resource or anomaly that it is about; None if it is about the series.
    """
    said = json.dumps([category, kind, *series, subject], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:16]
