"""What must change in a knowledge base for a document: which passages are new, which stay, which go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assets.documents.logic.chunking import (
    Chunking,
    Offsets,
    Passage,
    content_hash,
    embedding_text,
    passage_ids,
    passages,
)
from assets.documents.logic.document import Section


@dataclass(frozen=True, slots=True)
class Wanted:
    """A passage as it is to be in the knowledge base.

    Attributes:
        doc_id: Its identity.
        passage: What it says, and where.
        embedded: The text that its vector is of.
        content_hash: SHA-256 of that text.
    """

    doc_id: int
    passage: Passage
    embedded: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What must be done.

    Attributes:
        new: Places, in what is wanted, of the passages to be embedded.
        kept: Places of those whose vector is there already.
        gone: Identities of passages that are to be removed.
    """

    new: tuple[int, ...]
    kept: tuple[int, ...]
    gone: tuple[int, ...]


def wanted_passages(
    document_id: str,
    title: str,
    text: str,
    sections: Sequence[Section],
    page_starts: Sequence[int],
    *,
    offsets: Offsets,
    limits: Chunking,
) -> list[Wanted]:
    """Cut a document into the passages that the knowledge base is to hold of it, in order."""
    cut = passages(text, sections, page_starts, offsets=offsets, limits=limits)
    embedded = [embedding_text(title, p.heading, p.content, offsets=offsets, limits=limits) for p in cut]
    hashes = [content_hash(given) for given in embedded]
    ids = passage_ids(document_id, hashes)
    return [Wanted(*found) for found in zip(ids, cut, embedded, hashes, strict=True)]


def difference(wanted: Sequence[Wanted], there: Mapping[int, str]) -> Difference:
    """Compare what is wanted with what is there.

    Args:
        wanted: Passages that are to be there.
        there: Hash of the embedded text of each passage that is there, by identity.
    """
    new = tuple(n for n, w in enumerate(wanted) if there.get(w.doc_id) != w.content_hash)
    kept = tuple(n for n, w in enumerate(wanted) if there.get(w.doc_id) == w.content_hash)
    return Difference(new, kept, tuple(sorted(there.keys() - {w.doc_id for w in wanted})))
