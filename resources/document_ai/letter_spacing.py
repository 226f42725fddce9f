"""Words set with space between their letters (`R E C H N U N G`), closed up again."""

from itertools import pairwise
from statistics import median

from resources.document_ai.layout import Line, Word, around

_FEWEST = 4
"""Single letters in a row from which they are one word set wide."""
_EVEN = 1.6
"""Times the usual gap between letters from which a gap is one between words."""


def closed_up(line: Line) -> Line:
    """The line with its letter-spaced words made words."""
    words: list[Word] = []
    run: list[Word] = []
    for word in line.words:
        if len(word.text) == 1:
            run.append(word)
            continue
        words += [*_joined(run), word]
        run = []
    words += _joined(run)
    return Line(tuple(words)) if len(words) < len(line.words) else line


def _joined(run: list[Word]) -> list[Word]:
    letters = sum(1 for word in run if word.text.isalpha())
    if len(run) < _FEWEST or letters < _FEWEST or 2 * letters < len(run):
        return run
    gaps = [after.box.left - before.box.right for before, after in pairwise(run)]
    wide = _EVEN * max(median(gaps), 0.5)
    words: list[list[Word]] = [[run[0]]]
    for gap, word in zip(gaps, run[1:], strict=True):
        if gap > wide:
            words.append([])
        words[-1].append(word)
    return [_one(part) for part in words]


def _one(part: list[Word]) -> Word:
    return Word("".join(w.text for w in part), around(w.box for w in part), min(w.confidence for w in part))
