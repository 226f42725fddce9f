"""Parts of a page as Markdown: for a chat, a ticket or a terminal."""

import re
from collections.abc import Iterable, Sequence

from assets.pages.content import Table

_MOST_ROWS = 40


def table(shown: Table) -> str:
    """A table, cut after some rows with a note of how many more the page has; what is said instead if it has none."""
    if not shown.rows:
        return escaped(shown.empty)
    lines = [_line(shown.columns), "|" + "---|" * len(shown.columns)]
    lines += [_line(escaped(cell.text) for cell in row) for row in shown.rows[:_MOST_ROWS]]
    if len(shown.rows) > _MOST_ROWS:
        lines.append(f"\n… and {len(shown.rows) - _MOST_ROWS} more, in the HTML page.")
    return "\n".join(lines)


def concerns(found: Sequence[str]) -> list[str]:
    """Why what is said may not be all there is; nothing if there is no reason."""
    return ["**Before you trust it:**\n\n" + "\n".join(f"- {escaped(one)}" for one in found)] if found else []


def escaped(text: str) -> str:
    """Text that Markdown takes as text: no markup, no HTML, one line."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", text.replace("\n", " "))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
