"""Finding the words that name a field on a page."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from assets.invoices.logic.extraction import wordings
from assets.invoices.logic.extraction.sheet import Segment, Sheet, Token, tokens
from assets.invoices.logic.extraction.wordings import Language, Role
from resources.document_ai.layout import Box

_CLEAR, _WEAK, _FAINT = 1.0, 0.55, 0.3
_NUMBERED = re.compile(r"[-/]\d")
"""What follows a word that belongs to a number (`PO-7781`)."""
_PROSE = 9
"""Words of a line from which it reads like prose."""
_JOINED = 7
"""Letters from which a wording is known without its spaces too, as recognition sometimes sets it (`CuotaIVA`)."""
_COMPOUNDS = ("rechnung", "factuur", "faktura", "gutschrift")
"""Heads of compounds that name a kind of invoice (`Mietrechnung`)."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a wording means: the role, how clearly, and in which language (None for those of all languages)."""

    role: Role
    weight: float
    language: Language | None


@dataclass(frozen=True, eq=False, slots=True)
class Label:
    """A wording found on a page.

    Attributes:
        meaning: What it means.
        segment: The line that it stands in.
        start: Where it begins in the line's text.
        end: Where it ends.
        box: Around it.
        stop: Where the next label of the line begins, or the line ends.
    """

    meaning: Meaning
    segment: Segment
    start: int
    end: int
    box: Box
    stop: int

    @property
    def role(self) -> Role:
        """The role that it names."""
        return self.meaning.role

    @property
    def text(self) -> str:
        """As printed."""
        return self.segment.text[self.start : self.end]

    @property
    def rest(self) -> str:
        """What follows in the line, up to the next label."""
        return self.segment.text[self.end : self.stop]

    @property
    def alone(self) -> bool:
        """Whether it heads its line: nothing before it, and nothing or a colon after it."""
        after = self.segment.text[self.end :].lstrip(" .)")
        return not self.segment.text[: self.start].strip(" *-(") and (not after or after.startswith(":"))

    @property
    def weight(self) -> float:
        """How clearly it names its role here: less in prose, more before a colon."""
        text = self.segment.text
        if len(self.segment.tokens) >= _PROSE and not self.rest.lstrip(" .)").startswith(":"):
            return 0.7 * self.meaning.weight
        return self.meaning.weight if text[: self.start].strip() == "" else 0.9 * self.meaning.weight


Trie = dict[str, Any]
_LEAF = ""


@lru_cache(maxsize=1)
def _trie() -> Trie:
    root: Trie = {}
    for weight, by_language in ((_CLEAR, wordings.CLEAR), (_WEAK, wordings.WEAK)):
        for language, roles in by_language.items():
            _add(root, roles, weight, language)
    _add(root, wordings.NEUTRAL, _CLEAR, None)
    _add(root, wordings.FAINT, _FAINT, None)
    return root


def _add(root: Trie, roles: wordings.Wordings, weight: float, language: Language | None) -> None:
    for role, said in roles.items():
        for wording in said.split("|"):
            words = [token.text for token in tokens(wording)]
            _say(root, words, Meaning(role, weight, language))
            if len(words) > 1 and len("".join(words)) >= _JOINED and weight == _CLEAR:
                _say(root, ["".join(words)], Meaning(role, weight, language))


def _say(root: Trie, words: Iterable[str], meaning: Meaning) -> None:
    node = root
    for word in words:
        node = node.setdefault(word, {})
    meanings: list[Meaning] = node.setdefault(_LEAF, [])
    if all(meaning.role != known.role for known in meanings):
        meanings.append(meaning)


def labels(sheet: Sheet) -> list[Label]:
    """All labels of a page; where wordings overlap, the longest one that begins first. A title within it (`invoice no`) stays."""
    found = [label for segment in sheet.segments for label in in_segment(segment)]
    return found + list(_stacked(sheet))


def in_segment(segment: Segment) -> list[Label]:
    """The labels of one line."""
    spans = [span for span in _spans(segment.tokens) if not _NUMBERED.match(segment.text, segment.tokens[span[1]].end)]
    found = []
    for index, (first, last, meanings) in enumerate(spans):
        start, end = segment.tokens[first].start, segment.tokens[last].end
        stop = segment.tokens[spans[index + 1][0]].start if index + 1 < len(spans) else len(segment.text)
        box = segment.place(start, end)
        found += [Label(meaning, segment, start, end, box, stop) for meaning in meanings]
    return found


def _spans(found: list[Token]) -> Iterator[tuple[int, int, list[Meaning]]]:
    at = 0
    while at < len(found):
        last, meanings = _longest(found, at)
        if meanings:
            yield at, last, meanings
        at = last + 1


def _longest(found: list[Token], at: int) -> tuple[int, list[Meaning]]:
    root = _trie()
    node: Trie | None = root
    last, meanings = at, _compound(found[at].text)
    for index in range(at, len(found)):
        node = node.get(found[index].text) if node else None
        if node is None:
            break
        if _LEAF in node:
            numbered = any(meaning.role == "invoice_number" for meaning in node[_LEAF])
            titles = [m for m in meanings if numbered and m.role.startswith("title_") and m not in node[_LEAF]]
            last, meanings = index, titles + node[_LEAF]
    return last, meanings


def _compound(token: str) -> list[Meaning]:
    head = next((head for head in _COMPOUNDS if token.endswith(head) and token != head), None)
    head = None if token.endswith("berechnung") else head
    return _trie()[head][_LEAF] if head else []


def _stacked(sheet: Sheet) -> Iterator[Label]:
    """Labels whose words stand on two lines, one below the other."""
    root = _trie()
    for upper in sheet.segments:
        if len(upper.tokens) > 3 or not upper.tokens or upper.tokens[0].text not in root:
            continue
        for lower in sheet.below(upper, upper.box, 0.6):
            both = upper.tokens + lower.tokens
            if len(lower.tokens) > 3 or len(both) < 2:
                continue
            last, meanings = _longest(both, 0)
            if last == len(both) - 1 and meanings and lower.tokens:
                box = lower.box
                end = len(lower.text)
                for meaning in meanings:
                    yield Label(replace(meaning, weight=0.9 * meaning.weight), lower, 0, end, box, end)
