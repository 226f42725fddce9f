"""Markdown: headings, paragraphs, lists, tables and code, without its marks; front matter says what the text is."""

from typing import TYPE_CHECKING

from assets.documents.logic.parsing import front_matter, plain_text, web_page
from assets.documents.logic.parsing.blocks import Block, Parsed, clean

if TYPE_CHECKING:
    from markdown_it.token import Token

_DEEPEST = 100
"""Nesting that the library follows; deeper parts would be missing."""


def read(text: str) -> Parsed:
    """The blocks of a Markdown text, with what its front matter says."""
    values, body, notes = front_matter.split(clean(text))
    blocks = _blocks(body)
    if blocks is None:
        blocks = plain_text.read(body).blocks
        notes.append("it is nested too deeply and was read as plain text")
    return Parsed(blocks, values, notes=notes)


def _blocks(text: str) -> list[Block] | None:
    """The blocks; None if the text is nested more deeply than can be followed."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table")
    try:
        tokens = parser.parse(text)
    except RecursionError:
        return None
    if max((token.level for token in tokens), default=0) >= _DEEPEST - 1:
        return None
    reading = _Reading()
    for token in tokens:
        reading.take(token)
    return reading.blocks


class _Reading:
    """Blocks as they come out of the library's flat list of tokens."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._level: int | None = None
        self._lists: list[int | None] = []
        self._items: list[str] = []
        self._begun = False
        self._rows: list[str] = []
        self._cells: list[str] | None = None

    def take(self, token: "Token") -> None:
        match token.type:
            case "heading_open":
                self._level = int(token.tag[1:])
            case "heading_close":
                self._level = None
            case "bullet_list_open":
                self._lists.append(None)
            case "ordered_list_open":
                self._lists.append(int(token.attrGet("start") or 1) if token.attrGet("start") != 0 else 0)
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                if not self._lists:
                    self._flush()
            case "list_item_open":
                self._begin_item()
            case _:
                self._take_content(token)

    def _take_content(self, token: "Token") -> None:
        match token.type:
            case "tr_open":
                self._cells = []
            case "tr_close":
                self._rows.append(" | ".join(self._cells or []))
                self._cells = None
            case "table_close":
                self._put("\n".join(self._rows))
                self._rows = []
            case "inline" if self._cells is not None:
                self._cells.append(_words(token))
            case "inline":
                self._put(_words(token))
            case "fence" | "code_block":
                self._put(token.content)
            case "html_block":
                for block in web_page.read(token.content).blocks:
                    self._put(block.text)

    def _begin_item(self) -> None:
        number = self._lists[-1]
        mark = "-" if number is None else f"{number}."
        if number is not None:
            self._lists[-1] = number + 1
        self._items.append("  " * (len(self._lists) - 1) + mark)
        self._begun = True

    def _put(self, text: str) -> None:
        """A paragraph of its own, or a line of the list that it stands in."""
        if not self._lists or self._level is not None:
            self._flush()
            self.blocks.append(Block(text, self._level))
        elif self._begun:
            self._items[-1] += " " + text
        else:
            self._items.append("  " * len(self._lists) + text)
        self._begun = False

    def _flush(self) -> None:
        self.blocks.append(Block("\n".join(self._items)))
        self._items = []


def _words(token: "Token") -> str:
    """The text of inline content, without marks; a picture is what stands for it."""
    parts = []
    for child in token.children or []:
        match child.type:
            case "text" | "code_inline":
                parts.append(child.content)
            case "softbreak":
                parts.append(" ")
            case "hardbreak":
                parts.append("\n")
            case "image":
                parts.append(_words(child))
            case "html_inline" if child.content.lower().startswith("<br"):
                parts.append("\n")
    return "".join(parts)
