"""Texts in pieces that a service takes, and where each piece begins."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_BOUNDARIES = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?;:])\s+"),
    re.compile(r"\s+"),
)
"""Where a text is cut, the best first: between paragraphs, lines, sentences, words."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: `of` is the text's number, `start` the code points of the text before the part."""

    of: int
    start: int
    text: str

    @property
    def end(self) -> int:
        """Code points of the text up to the part's end."""
        return self.start + len(self.text)


def pieces(of: int, text: str, most: int) -> Iterator[Piece]:
    """The text in pieces of at most `most` characters that lose nothing: side by side they are the text.

    A piece ends where a paragraph, a line, a sentence or a word does, the first of these that leaves at least half a piece;
    in the middle of a word only if the word is longer than that. Blank pieces are left out.
    """
    start = 0
    while start < len(text):
        end = len(text) if len(text) - start <= most else _end(text, start, start + most)
        if text[start:end].strip():
            yield Piece(of, start, text[start:end])
        start = end


def batches(of: Sequence[Piece], most_pieces: int, most_characters: int) -> Iterator[list[Piece]]:
    """The pieces in requests of at most so many pieces and characters; no piece has more characters than a request."""
    batch: list[Piece] = []
    characters = 0
    for piece in of:
        if batch and (len(batch) == most_pieces or characters + len(piece.text) > most_characters):
            yield batch
            batch, characters = [], 0
        batch.append(piece)
        characters += len(piece.text)
    if batch:
        yield batch


def _end(text: str, start: int, latest: int) -> int:
    least = start + (latest - start) // 2
    for boundary in _BOUNDARIES:
        ends = [match.end() for match in boundary.finditer(text, least, latest)]
        if ends:
            return ends[-1]
    return latest
