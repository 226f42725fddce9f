"""What people said of documents, counted."""

import polars as pl

from assets.documents import tables
from assets.documents.logic.query_drift import last_votes
from resources.lake import Lake


def votes(lake: Lake) -> dict[str, tuple[int, int]]:
    """Useful and not useful votes by `document_id`; a person's last vote on a result of a search counts."""
    cast = last_votes(lake.scan(tables.SEARCH_FEEDBACK).collect())
    counted = cast.group_by("document_id").agg(pl.col("useful").sum(), (~pl.col("useful")).sum().alias("useless"))
    return {document: (yes, no) for document, yes, no in counted.iter_rows()}
