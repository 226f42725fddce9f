"""The operations on batches of texts, and their limits.

Source of the limits: SDK docstrings: 100 records, 5,000 characters per record, 20,000 per request. That a record which is too
long or empty fails alone, in an answer of status 200, and how its error is worded, is not sourced.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.oci.errors import OciError, invalid, not_found
from sandbox.oci.exchange import Answer, Asked, answers
from sandbox.oci.services.ai_language import entities, phrases, pii, sentiment, tongue
from sandbox.oci.services.identity import demand_compartment
from sandbox.oci.store import Body

MOST_RECORDS, MOST_OF_RECORD, MOST_OF_REQUEST = 100, 5_000, 20_000


@answers("ai_language")
def batch_detect_dominant_language(asked: Asked) -> Answer:
    """The languages that texts may be in; `charsToConsider` of them are read, all if it is 0. Source: its SDK docstring."""
    most = asked.body.get("charsToConsider") or None

    def of(document: Body) -> Body:
        ranked = tongue.ranked(document["text"][:most])
        return {"languages": [{"name": tongue.NAMES[code], "code": code, "score": score} for code, score in ranked]}

    return _answered(asked, of)


@answers("ai_language")
def batch_detect_language_entities(asked: Asked) -> Answer:
    """Organisations, places, dates, sums and addresses in texts."""
    return _answered(asked, lambda d: {"entities": [entities.shown(e) for e in entities.matches(d["text"])], **_language(d)})


@answers("ai_language")
def batch_detect_language_key_phrases(asked: Asked) -> Answer:
    """What texts are about."""

    def of(document: Body) -> Body:
        language = _language(document)
        found = phrases.key_phrases(document["text"], language["languageCode"])
        return {"keyPhrases": [{"text": text, "score": score} for text, score in found], **language}

    return _answered(asked, of)


@answers("ai_language")
def batch_detect_language_pii_entities(asked: Asked) -> Answer:
    """Personal data in texts, and the texts with it masked."""
    masking = asked.body.get("masking")
    pii.demand_masking(masking)

    def of(document: Body) -> Body:
        text = document["text"]
        found = pii.found(text)
        return {"entities": pii.detected(found, masking), "maskedText": pii.masked(text, found, masking), **_language(document)}

    return _answered(asked, of)


@answers("ai_language")
def batch_detect_language_sentiments(asked: Asked) -> Answer:
    """Sentiments of texts: their aspects, unless `level` names SENTENCE alone; with it their sentences and the whole.

    Source: an answer of the service without `level` in a public tutorial on meetings: it has aspects, no sentences, and neither
    sentiment nor scores of the document.
    """
    levels = asked.query.get("level") or ["ASPECT"]

    def of(document: Body) -> Body:
        text = document["text"]
        whole = sentiment.scores(text)
        by_sentence = "SENTENCE" in levels
        return {
            "documentSentiment": sentiment.best(whole) if by_sentence else "",
            "documentScores": dict(whole) if by_sentence else {},
            "sentences": sentiment.sentences(text) if by_sentence else [],
            "aspects": sentiment.aspects(text) if "ASPECT" in levels else [],
            **_language(document),
        }

    return _answered(asked, of)


def _answered(asked: Asked, of: Callable[[Body], Body]) -> Answer:
    body = asked.body
    if body.get("endpointId") or body.get("alias"):
        raise not_found("endpoint")
    if body.get("compartmentId"):
        demand_compartment(asked, body["compartmentId"])
    records = body["documents"]
    if not 1 <= len(records) <= MOST_RECORDS:
        raise invalid(f"documents must have between 1 and {MOST_RECORDS} items")
    if sum(len(record["text"]) for record in records) > MOST_OF_REQUEST:
        raise invalid(f"documents must have at most {MOST_OF_REQUEST} characters together")
    documents, errors = [], []
    for n, record in enumerate(records):
        wrong = _wrong(record["text"], fails=asked.partial and n == len(records) - 1)
        if wrong is None:
            documents.append({"key": record["key"], **of(record)})
        else:
            errors.append({"key": record["key"], "error": {"code": wrong.code, "message": wrong.message}})
    return Answer({"documents": documents, "errors": errors})


def _wrong(text: str, *, fails: bool) -> OciError | None:
    if fails:
        return OciError(500, "InternalServerError", "A fault that was asked for.")
    if not text.strip():
        return invalid("The text is empty.")
    if len(text) > MOST_OF_RECORD:
        return invalid(f"The text has more than {MOST_OF_RECORD} characters.")
    return None


def _language(document: Body) -> Body:
    return {"languageCode": tongue.of(document["text"], document.get("languageCode"))}
