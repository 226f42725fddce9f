"""Hides parts of texts so that the places of everything else stay what they are."""

from collections.abc import Iterable

SIGN = "*"
"""Stands for every hidden character."""


def masked(text: str, spans: Iterable[tuple[int, int]], keep: int = 0) -> str:
    """The text with a sign for every character of the spans but the last `keep`, never more than half; breaks of lines stay."""
    signs = list(text)
    for start, end in spans:
        for place in range(start, end - min(keep, (end - start) // 2)):
            if signs[place] not in "\r\n":
                signs[place] = SIGN
    return "".join(signs)
