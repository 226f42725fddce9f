"""Cut a document into passages: what is embedded, found and shown.

A stretch that is longer than a passage may be is cut at its most important boundary, and so are its two parts in turn: first
between chapters, then sections, paragraphs and sentences; a sentence that is too long between lines, clauses, words and at last
tokens. Among boundaries of the same importance a hash of the text that follows decides. Whether a boundary is cut therefore
depends only on the text within one passage's length of it, and an edit changes the passages around it and no others, which is
why a greedy cut from the beginning, or from separators counted over the whole text, will not do.
"""

import hashlib
import re
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.documents.logic.document import Section
from assets.documents.logic.sentences import next_word, sentence_starts

CHUNKING_VERSION = 1
"""Raise it when the same text is to be cut differently: passages of another version are not mixed with these."""

Offsets = Callable[[str], Sequence[tuple[int, int]]]
"""Start and end of every token of a text, by the model's own tokenizer, without special tokens."""

HEADING_SEPARATOR = " › "

_LONGEST_PREFIX = 32
"""Tokens for title and headings. Retrieval is better with more of the passage in a vector than with more of the headings."""
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")
_CLAUSE_END = frozenset(",;:—–)]、，；：）")
_CHARACTERS_OF_A_TOKEN = 32
"""A stretch of this many characters counts as a token even where the tokenizer sees none (one unknown word of 100,000)."""
_DEEPEST_HEADING = 7
_PARAGRAPH, _SENTENCE, _BELOW_HEADING = 8, 9, 10
_LINE, _CLAUSE, _WORD, _SIGN, _TOKEN = range(5)
_NEARLY_FULL = 8
"""Tokens below the limit from which a passage is counted again on its own: some tokenizers see the first word differently."""


@dataclass(frozen=True, slots=True)
class Chunking:
    """How long passages may be, in tokens of the model's own tokenizer.

    Attributes:
        content_tokens: Most tokens of a passage.
        prefix_tokens: Most tokens of the title and headings that are embedded with it.
        overlap_tokens: Most tokens that a passage repeats of the one before, in whole sentences.
        fewest_tokens: Sections shorter than this are not cut off from their neighbours.
    """

    content_tokens: int
    prefix_tokens: int
    overlap_tokens: int
    fewest_tokens: int

    @classmethod
    def for_model(cls, max_tokens: int, *, most: int = 512, overlap: float = 0.15) -> Self:
        """Limits for a model that takes in `max_tokens`, special tokens not counted.

        Args:
            max_tokens: What the model takes in; a fifth of it, at most 32, is reserved for title and headings.
            most: Most tokens of title, headings and passage together.
            overlap: Share of a passage that may repeat the one before.

        Raises:
            ValueError: The model takes in too little to be of use, or the overlap is not a share below one half.
        """
        if max_tokens < 32 or most < 32:
            raise ValueError(f"passages of {min(max_tokens, most)} tokens say too little: take a model or a limit of 32 or more")
        if not 0 <= overlap < 0.5:
            raise ValueError(f"an overlap of {overlap} is not a share from 0 to below 0.5")
        total = min(max_tokens, most)
        prefix = min(_LONGEST_PREFIX, total // 5)
        content = total - prefix
        return cls(content, prefix, int(overlap * content), content // 5)

    def identity(self, tokenizer_digest: str) -> str:
        """Name of this way of cutting with a tokenizer; passages of different ones do not belong into one index."""
        limits = f"{self.content_tokens}+{self.prefix_tokens}/{self.overlap_tokens}/{self.fewest_tokens}"
        return f"v{CHUNKING_VERSION}:{limits}#{tokenizer_digest[:12]}"


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a document.

    Attributes:
        chunk_no: Place in the document, from 0.
        headings: Headings above all of it, from the outermost inwards.
        page: Page that it begins on, from 1; None where there are no pages.
        start: First character in the document's text.
        end: Character after the last one.
        content: The text between the two.
    """

    chunk_no: int
    headings: tuple[str, ...]
    page: int | None
    start: int
    end: int
    content: str

    @property
    def heading(self) -> str | None:
        """The headings in one line; None if there are none."""
        return HEADING_SEPARATOR.join(self.headings) or None


def passages(
    text: str, sections: Sequence[Section], page_starts: Sequence[int], *, offsets: Offsets, limits: Chunking
) -> list[Passage]:
    """Cut a text. Every character that is not blank is in a passage; `text[p.start:p.end] == p.content`.

    Args:
        text: The document's text.
        sections: Its sections, which cover it.
        page_starts: Where its pages begin; empty without pages.
        offsets: The model's tokenizer.
        limits: How long passages may be.
    """
    whole = _Text(text, offsets)
    boundaries = _boundaries(whole, sections)
    section_starts = [section.start for section in sections]
    found: list[Passage] = []
    for core_start, core_end, start in _stretches(whole, boundaries, limits):
        for at, end in _fitting(whole, core_start, core_end, start, limits.content_tokens):
            headings = _common([s.headings for s in _within(sections, section_starts, max(at, core_start), end)])
            page = bisect_right(page_starts, at) or None
            found.append(Passage(len(found), headings, page, at, end, text[at:end]))
    return found


def embedding_text(title: str, heading: str | None, content: str, *, offsets: Offsets, limits: Chunking) -> str:
    """What the model gets of a passage: title and headings in a line, then the passage.

    Headings make a passage comparable to questions that name its subject only. Where they are too long the outer ones are left
    out, then the end of the line; the passage never is.
    """
    headings = [part for part in (heading or "").split(HEADING_SEPARATOR) if part and part != title]
    parts = [part for part in (title.strip(), *headings) if part]
    while len(parts) > 2 and len(offsets(HEADING_SEPARATOR.join(parts))) > limits.prefix_tokens:
        del parts[1]
    line = _shortened(HEADING_SEPARATOR.join(parts), limits.prefix_tokens, offsets)
    return f"{line}\n{content}" if line else content


def content_hash(embedded: str) -> str:
    """SHA-256 of what the model gets (see `embedding_text`), hexadecimal: the same text has the same vector."""
    return hashlib.sha256(embedded.encode("utf-8", "surrogatepass")).hexdigest()


def passage_ids(document_id: str, content_hashes: Sequence[str]) -> list[int]:
    """Identities of a document's passages, in order: positive 63-bit numbers that do not depend on the other passages.

    A text that occurs several times in the document is counted, so that each occurrence has an identity of its own.
    """
    seen: Counter[str] = Counter()
    found = []
    for digest in content_hashes:
        name = f"{document_id}\0{digest}\0{seen[digest]}".encode()
        found.append(int.from_bytes(hashlib.sha256(name).digest()[:8]) >> 1 or 1)
        seen[digest] += 1
    return found


class _Text:
    """A text with the places of its tokens, so that those of any stretch can be counted by bisecting."""

    def __init__(self, text: str, offsets: Offsets) -> None:
        self.text = text
        self.offsets = offsets
        self.tokens = _token_starts(offsets(text), len(text))

    def counts(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Tokens that begin before each place."""
        return np.searchsorted(self.tokens, places)

    def is_within_word(self, place: int) -> bool:
        return 0 < place < len(self.text) and not (self.text[place - 1].isspace() or self.text[place].isspace())


@dataclass(frozen=True, slots=True)
class _Boundaries:
    """Places at which a text may be cut, the first and the last character's included.

    Attributes:
        places: Characters, ascending.
        ranks: Importance, lower first, and in the low 32 bits the hash of what follows.
        counts: Tokens before each place.
    """

    places: NDArray[np.int64]
    ranks: NDArray[np.int64]
    counts: NDArray[np.int64]

    def importance(self, number: int) -> int:
        return int(self.ranks[number] >> 32)

    def best(self, low: int, high: int, fewest: int) -> int | None:
        """The most important boundary between two others with at least `fewest` tokens on both sides; None without any."""
        first = max(low + 1, int(np.searchsorted(self.counts, self.counts[low] + fewest)))
        last = min(high, int(np.searchsorted(self.counts, self.counts[high] - fewest, "right")))
        if first >= last:
            return None
        ranks = self.ranks[first:last]
        equals = first + np.flatnonzero(ranks == ranks.min())
        return int(equals[len(equals) // 2])

    def most_central(self, low: int, high: int) -> int | None:
        """The boundary between two others that lies next to the middle; None without any."""
        if high - low < 2:
            return None
        middle = (self.counts[low] + self.counts[high]) / 2
        return low + 1 + int(np.abs(self.counts[low + 1 : high] - middle).argmin())


def _token_starts(tokens: Sequence[tuple[int, int]], length: int) -> NDArray[np.int64]:
    """Where tokens begin, ascending, with further places in stretches that are too long for one token."""
    starts = np.unique(np.fromiter((start for start, _ in tokens), np.int64, len(tokens)))
    marks = np.concatenate(([0], starts, [length]))
    long = np.flatnonzero(np.diff(marks) > _CHARACTERS_OF_A_TOKEN)
    further = [np.arange(marks[n] + _CHARACTERS_OF_A_TOKEN, marks[n + 1], _CHARACTERS_OF_A_TOKEN) for n in long]
    return np.unique(np.concatenate((starts, *further)))


def _boundaries(whole: _Text, sections: Sequence[Section]) -> _Boundaries:
    """Beginnings of sections, paragraphs and sentences."""
    text = whole.text
    importance = {0: 0}
    paragraphs = [0, *(next_word(text, end.end()) for end in _PARAGRAPH_END.finditer(text)), len(text)]
    for start, end in pairwise(paragraphs):
        importance[start] = _PARAGRAPH
        importance |= dict.fromkeys(sentence_starts(text, start, end), _SENTENCE)
    for before, section in zip((None, *sections), sections, strict=False):
        start = next_word(text, section.start)
        shared = len(_common([before.headings, section.headings])) if before else 0
        importance[start] = min(shared, _DEEPEST_HEADING)
        below = next_word(text, _line_end(text, start))
        if section.headings and below < section.end and _is_heading(text[start:below], section.headings[-1]):
            importance[below] = _BELOW_HEADING
    importance[0] = 0
    places = sorted(place for place in importance if place < len(text))
    return _ranked(whole, places, [importance[place] for place in places], len(text))


def _ranked(whole: _Text, places: Sequence[int], importance: Sequence[int], end: int) -> _Boundaries:
    hashes = [zlib.crc32(whole.text[place : place + 48].encode("utf-8", "surrogatepass")) for place in places]
    ranks = (np.array(importance, np.int64) << 32) | np.array(hashes, np.int64)
    marks = np.array([*places, end], np.int64)
    return _Boundaries(marks, np.append(ranks, 0), whole.counts(marks))


def _stretches(whole: _Text, boundaries: _Boundaries, limits: Chunking) -> Iterator[tuple[int, int, int]]:
    """Start and end of consecutive stretches, and the start of what is repeated before each, in order."""
    waiting = [(0, len(boundaries.places) - 1)]
    while waiting:
        low, high = waiting.pop()
        begins_section = boundaries.importance(low) < _PARAGRAPH
        most = limits.content_tokens - (0 if begins_section else limits.overlap_tokens)
        at = _cut(boundaries, low, high, most, limits.fewest_tokens)
        if at is not None:
            waiting += [(at, high), (low, at)]
            continue
        start, end = int(boundaries.places[low]), int(boundaries.places[high])
        repeated = start if begins_section else _repeated(boundaries, low, limits.overlap_tokens)
        if boundaries.counts[high] - boundaries.counts[low] <= most:
            yield start, end, repeated
        else:
            for part_start, part_end in _parts(whole, start, end, limits):
                yield part_start, part_end, repeated if part_start == start else part_start


def _cut(boundaries: _Boundaries, low: int, high: int, most: int, fewest: int) -> int | None:
    """Where to cut between two boundaries; None if they hold one passage, or a sentence too long for one."""
    best = boundaries.best(low, high, fewest)
    if boundaries.counts[high] - boundaries.counts[low] > most:
        return boundaries.most_central(low, high) if best is None else best
    return best if best is not None and boundaries.importance(best) < _PARAGRAPH else None


def _repeated(boundaries: _Boundaries, low: int, most: int) -> int:
    """Start of the whole sentences before a boundary, of the same section, that have at most `most` tokens."""
    at = low
    while at and boundaries.importance(at) >= _PARAGRAPH and boundaries.counts[low] - boundaries.counts[at - 1] <= most:
        at -= 1
    return int(boundaries.places[at])


def _parts(whole: _Text, start: int, end: int, limits: Chunking) -> Iterator[tuple[int, int]]:
    """The parts of a sentence that is too long: cut between lines, else clauses, words, at signs, between tokens."""
    first, last = whole.counts(np.array([start + 1, end]))
    places = [start, *(int(place) for place in whole.tokens[first:last])]
    inner = _ranked(whole, places, [_importance_within(whole.text, place) for place in places], end)
    most = limits.content_tokens - limits.overlap_tokens
    waiting = [(0, len(places))]
    while waiting:
        low, high = waiting.pop()
        at = _cut_within(inner, low, high, most, limits.fewest_tokens)
        if at is None:
            yield int(inner.places[low]), int(inner.places[high])
        else:
            waiting += [(at, high), (low, at)]


def _cut_within(inner: _Boundaries, low: int, high: int, most: int, fewest: int) -> int | None:
    if inner.counts[high] - inner.counts[low] <= most:
        return None
    best = inner.best(low, high, fewest)
    return inner.most_central(low, high) if best is None else best


def _importance_within(text: str, place: int) -> int:
    """Importance of the place of a token within a sentence."""
    before = text[max(0, place - 3) : place]
    if before.endswith("\n"):
        return _LINE
    bare = before.rstrip()
    if bare and bare[-1] in _CLAUSE_END and (len(bare) < len(before) or ord(bare[-1]) > 0x2000):
        return _CLAUSE
    if len(bare) < len(before):
        return _WORD
    return _TOKEN if before[-1:].isalnum() and text[place].isalnum() else _SIGN


def _fitting(whole: _Text, core_start: int, core_end: int, start: int, most: int) -> Iterator[tuple[int, int]]:
    """The stretch with what it repeats, without blanks around; in parts if its tokens turn out more on their own."""
    text = whole.text
    waiting = [(core_start, core_end, start)]
    while waiting:
        core, high, low = waiting.pop()
        end = core + len(text[core:high].rstrip())
        if end == core:
            continue
        low = next_word(text, low)
        if _fits(whole, low, end, most):
            yield low, end
        elif low < core:
            waiting.append((core, high, core))
        else:
            middle = _middle(whole, low, end)
            waiting += [(middle, high, middle), (low, middle, low)]


def _fits(whole: _Text, low: int, end: int, most: int) -> bool:
    """Whether a stretch has at most `most` tokens; counted anew where its edges may change how it falls into tokens."""
    first, last = whole.counts(np.array([low, end]))
    if last - first < most - _NEARLY_FULL and not whole.is_within_word(low) and not whole.is_within_word(end):
        return True
    return len(whole.offsets(whole.text[low:end])) <= most or end - low == 1


def _middle(whole: _Text, low: int, end: int) -> int:
    """The place of the token in the middle of a stretch, or its middle character."""
    first, last = whole.counts(np.array([low + 1, end]))
    return int(whole.tokens[(first + last) // 2]) if first < last else (low + end) // 2


def _within(sections: Sequence[Section], starts: Sequence[int], start: int, end: int) -> Sequence[Section]:
    """The sections that a stretch lies in."""
    first = max(0, bisect_right(starts, start) - 1)
    return sections[first : max(first + 1, bisect_right(starts, end - 1))]


def _common(headings: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The headings from the outermost inwards that all have."""
    if not headings:
        return ()
    shared = []
    for names in zip(*headings, strict=False):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    return tuple(shared)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _is_heading(line: str, heading: str) -> bool:
    return line.strip().lstrip("#").strip() == heading


def _shortened(line: str, most: int, offsets: Offsets) -> str:
    """The line, cut before the word that has one token too many."""
    while line and len(tokens := offsets(line)) > most:
        cut = line[: tokens[most][0]]
        space = cut.rfind(" ")
        line = (cut[:space] if space > 0 else cut).rstrip()
    return line
