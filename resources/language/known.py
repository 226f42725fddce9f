"""Where a text has what somebody knows to be in it, whatever breaks its lines."""

import re


def places_of(printed: str, text: str) -> list[tuple[int, int]]:
    """Start and end of every place that has these words, however they are spaced; whole words only."""
    words = printed.split()
    if not words:
        return []
    pattern = r"(?<!\w)" + r"\s+".join(map(re.escape, words)) + r"(?!\w)"
    return [match.span() for match in re.finditer(pattern, text)]
