"""Where sentences, clauses and words begin, in running text, lists, tables and scripts without spaces.

After the sentence boundary rules of Unicode Standard Annex 29 (a full stop followed by a lower-case letter ends nothing; closing
quotes and brackets belong to the sentence), with abbreviations and ordinals of English, German, French and Spanish, and with
list items and table rows as sentences of their own.
"""

import re
from collections.abc import Iterator

_END = re.compile(
    r"""(?<![.!?…‽؟।])[.!?…‽؟।]++["'”’»)\]}*_]*+(?=\s)        # a terminator and what closes with it
      | [。！？｡]+["'”’»）」』】]*                             # scripts that put no space after it
      | \n(?=[ \t]*(?:[-*•‣–·+][ \t]|\d{1,3}[.)][ \t]|\w\)[ \t]|[|#>]))  # the next line is an item, a row or a heading""",
    re.VERBOSE,
)
"""A row of terminators is looked at once, as a whole: else rows of dots would take time by the square of their length."""
_LAST_WORD = re.compile(r"[\w.]+$")
_BLANK = re.compile(r"\s*")
_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        """mr mrs ms dr prof st no nos art sec para fig vol vs cf e.g i.e approx dept ext inc ltd rev ref eq p pp
        nr abs bzw z.b d.h u.a ca ggf inkl evtl vgl str tel hr fr mme mlle p.ex c.-à-d éd sr sra srta d dña núm pág p.ej ee.uu
        jan feb mar apr jun jul aug sep sept oct okt nov dec dez""",
    )
)
"""What is followed by a name or a number, and never ends a sentence."""


def sentence_starts(text: str, start: int, end: int) -> Iterator[int]:
    """Characters at which a sentence begins after the first one of `text[start:end]`, ascending."""
    for found in _END.finditer(text, start, end):
        at = next_word(text, found.end())
        if at < end and not (found[0] == "." and _goes_on(text, start, found.start(), at)):
            yield at


def next_word(text: str, start: int) -> int:
    """The first character from `start` on that is not blank; the length of the text if there is none."""
    blank = _BLANK.match(text, start)
    return blank.end() if blank else start


def _goes_on(text: str, start: int, stop: int, following: int) -> bool:
    """Whether the full stop at `stop` belongs to an abbreviation, an initial, an ordinal or the number of a list item."""
    if text[following].islower():
        return True
    word = _LAST_WORD.search(text, max(start, stop - 12), stop)
    if word is None:
        return False
    last = word[0].lower()
    return last in _ABBREVIATIONS or (len(last) == 1 and last.isalpha()) or (len(last) < 3 and last.isdigit())
