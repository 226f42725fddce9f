"""The operation that analyzes a document at once, its limits, and the analysis itself."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence

from sandbox.oci.errors import OciError, invalid, not_found
from sandbox.oci.exchange import Answer, Asked, answers
from sandbox.oci.services import object_storage
from sandbox.oci.services.ai_document import reading, shapes
from sandbox.oci.services.ai_document.reading import Document
from sandbox.oci.services.ai_language import tongue
from sandbox.oci.services.identity import demand_compartment
from sandbox.oci.store import Body

MOST_BYTES, MOST_PAGES = 8 * 1024 * 1024, 5
"""Source: docs.oracle.com, "Document Understanding: Limits", of synchronous requests."""
_VERSIONS: Mapping[str, tuple[str, str]] = {
    "TEXT_EXTRACTION": ("textExtractionModelVersion", "1.13.39"),
    "KEY_VALUE_EXTRACTION": ("keyValueExtractionModelVersion", "1.20.54"),
    "TABLE_EXTRACTION": ("tableExtractionModelVersion", "1.13.39"),
    "LANGUAGE_CLASSIFICATION": ("languageClassificationModelVersion", "1.6.43"),
    "DOCUMENT_CLASSIFICATION": ("documentClassificationModelVersion", "1.6.43"),
}
"""Fields of the versions. Source of their form: answers of the service in public tutorials."""
_TELLING = (
    ("INVOICE", ("invoice", "rechnung", "facture", "factura")),
    ("RECEIPT", ("receipt", "quittung")),
    ("PAYSLIP", ("payslip", "gehaltsabrechnung")),
    ("BANK_STATEMENT", ("statement of account", "kontoauszug")),
)
"""Words by which an unknown document is classified. Not sourced."""
_PART = "The part of the work that was asked to fail."


@answers("ai_document")
def analyze_document(asked: Asked) -> Answer:
    """What a document says, by the features that are asked for."""
    body = asked.body
    if body.get("compartmentId"):
        demand_compartment(asked, body["compartmentId"])
    if body.get("outputLocation") or body.get("ocrData"):
        raise OciError(501, "NotImplemented", "The sandbox takes neither outputLocation nor ocrData: see docs/sandbox.md.")
    wanted = features(body["features"])
    document = body["document"]
    content = inline(document["data"], "document.data") if document["source"] == "INLINE" else stored(asked, document, MOST_BYTES)
    found, _ = analyzed(asked, content, document.get("pageRange"), wanted, MOST_PAGES)
    return Answer(found)


def analyzed(
    asked: Asked, content: bytes, page_range: Sequence[str] | None, wanted: Mapping[str, Body], most_pages: int
) -> tuple[Body, Document]:
    """The result of an analysis, and the document as it was read; of partial work the last page has no words.

    A document of a known format from which nothing can be read has pages without words, and an error beside them; that it is so,
    and how the error is worded, is not sourced.

    Raises:
        OciError: It is no document, or has too many pages.
    """
    document = reading.read(asked.store, content)
    numbers = _numbers(page_range, len(document.pages))
    if len(numbers) > most_pages:
        raise invalid(f"The document has {len(numbers)} pages; at most {most_pages} are analyzed at once.")
    names = frozenset(wanted)
    pages = [shapes.page(number, document.pages[number - 1], names) for number in numbers]
    errors = [{"code": "UnreadableDocument", "message": document.unreadable}] if document.unreadable else []
    if asked.partial:
        pages[-1] = shapes.page(numbers[-1], {}, names)
        errors.append({"code": "InternalServerError", "message": _PART})
    text_too = names & {"KEY_VALUE_EXTRACTION", "TABLE_EXTRACTION"}
    used = names | ({"TEXT_EXTRACTION"} if text_too else set())
    return {
        "documentMetadata": {"pageCount": len(document.pages), "mimeType": document.mime_type},
        "pages": pages,
        "detectedDocumentTypes": _types(document, wanted) if "DOCUMENT_CLASSIFICATION" in names else None,
        "detectedLanguages": _languages(document, wanted) if "LANGUAGE_CLASSIFICATION" in names else None,
        **{field: version if name in used else None for name, (field, version) in _VERSIONS.items()},
        "errors": errors or None,
        "searchablePdf": None,
    }, document


def features(given: Sequence[Body]) -> Mapping[str, Body]:
    """Features by their name.

    Raises:
        OciError: There is none, or one that the sandbox does not know.
    """
    found = {feature["featureType"]: feature for feature in given}
    if not found:
        raise invalid("features must not be empty")
    later = []
    for name, feature in found.items():
        if feature.get("modelId"):
            raise not_found(f"model {feature['modelId']}")
        later += [f"feature {name}"] if name not in _VERSIONS else []
        later += [what for what in ("generateSearchablePdf", "selectionMarkDetection") if feature.get(what)]
    if later:
        raise OciError(501, "NotImplemented", f"The sandbox analyzes no documents with {later[0]}: see docs/sandbox.md.")
    return found


def inline(data: str, where: str) -> bytes:
    """The content of a document that is given in the request, within the limits of those."""
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise invalid(f"{where} is not Base64") from None
    return _within(content, MOST_BYTES)


def stored(asked: Asked, location: Body, most: int) -> bytes:
    """The content of a document that is an object."""
    namespace, bucket = location["namespaceName"], location["bucketName"]
    asked.store.find(object_storage.BUCKETS, f"{namespace}/{bucket}", asked.region)
    found = asked.store.find(object_storage.objects_table(namespace, bucket), location["objectName"])
    if found.body["size"] > most:
        raise invalid(f"The document must have at most {most // 1024**2} MB.")
    return _within(asked.store.objects.joinpath(str(found.hidden["file"])).read_bytes(), most)


def _within(content: bytes, most: int) -> bytes:
    if not 1 <= len(content) <= most:
        raise invalid(f"The document must have between 1 byte and {most // 1024**2} MB.")
    return content


def _numbers(ranges: Sequence[str] | None, count: int) -> list[int]:
    """Numbers of the pages that are asked for: `2`, `1-3`; those that the document lacks are left out, which is not sourced."""
    if not ranges:
        return list(range(1, count + 1))
    found: set[int] = set()
    for part in ranges:
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        if match is None or int(match.group(1)) < 1 or int(match.group(2) or match.group(1)) < int(match.group(1)):
            raise invalid(f"pageRange has an item that is no range of pages: {part}")
        first, last = int(match.group(1)), int(match.group(2) or match.group(1))
        found |= set(range(first, min(last, count) + 1))
    if not found:
        raise invalid(f"pageRange names none of the document's {count} pages")
    return sorted(found)


def _types(document: Document, wanted: Mapping[str, Body]) -> list[Body]:
    """Kinds of document, the likeliest first, as many as are asked for; what is left falls to OTHERS."""
    if document.document_type is not None:
        name, confidence = document.document_type, document.type_confidence
    else:
        text = document.text.lower()
        name = next((name for name, words in _TELLING if any(word in text for word in words)), "OTHERS")
        confidence = 0.9 if name != "OTHERS" else 0.6
    rest = [] if name == "OTHERS" else [{"documentType": "OTHERS", "confidence": round(1 - confidence, 6)}]
    found = [{"documentType": name, "confidence": confidence}, *rest]
    return found[: wanted["DOCUMENT_CLASSIFICATION"].get("maxResults") or len(found)]


def _languages(document: Document, wanted: Mapping[str, Body]) -> list[Body]:
    """Languages, the likeliest first, as many as are asked for; none of what has no text. Source of codes: SDK docstring."""
    if document.language is not None:
        found = [{"language": document.language, "confidence": document.language_confidence}]
    elif document.unreadable:
        found = []
    else:
        found = [{"language": code, "confidence": score} for code, score in tongue.ranked(document.text)]
    return found[: wanted["LANGUAGE_CLASSIFICATION"].get("maxResults") or len(found)]
