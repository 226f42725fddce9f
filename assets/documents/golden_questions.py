"""The questions that retrieval is judged by: what people wrote down, and what they said of results."""

from dataclasses import dataclass, replace

from assets.documents import tables
from assets.documents.logic.judgements import Judged, from_votes, golden_questions, merged
from resources.errors import NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore

GOLDEN_KEY = "documents/golden_queries.jsonl"
"""Where the golden questions lie in the inputs store."""


@dataclass(frozen=True, slots=True)
class Golden:
    """Questions, judged by key of document.

    Attributes:
        questions: Those of which at least one relevant document is in force; others are left out of `relevant`.
        refused: Lines of the file that cannot be used, with the reason.
        unknown: Keys that are judged relevant and are no document in force.
    """

    questions: tuple[Judged, ...]
    refused: tuple[str, ...]
    unknown: tuple[str, ...]


def golden_set(inputs: ObjectStore, lake: Lake) -> Golden:
    """Golden questions and votes together; where both judge a question, the golden file holds."""
    try:
        file = golden_questions(inputs.get(GOLDEN_KEY).decode("utf-8", "replace"))
    except NotFound:
        file = golden_questions("")
    keys = dict(lake.scan(tables.DOCUMENTS).select("document_id", "source_key").collect().iter_rows())
    voted = from_votes(lake.scan(tables.SEARCH_LOG).collect(), lake.scan(tables.SEARCH_FEEDBACK).collect(), keys)
    there = set(keys.values())
    unknown = sorted({key for question in file.questions for key in question.relevant} - there)
    judged = [
        replace(question, relevant={key: grade for key, grade in question.relevant.items() if key in there})
        for question in merged(file.questions, voted)
    ]
    return Golden(tuple(question for question in judged if question.relevant), file.refused, tuple(unknown))
