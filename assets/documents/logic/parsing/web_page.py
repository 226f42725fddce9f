"""HTML: what a reader of the page sees, read as a stream of tags, so that no depth of nesting matters; nothing is fetched."""

import re
from collections import Counter
from html.parser import HTMLParser

from assets.documents.logic.parsing.blocks import Block, Parsed

_UNSEEN = {
    "script", "style", "nav", "noscript", "template", "svg", "math", "iframe", "object", "audio", "video", "canvas",
    "button", "select", "datalist", "dialog",
}  # fmt: skip
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "head", "header", "hr", "html", "legend", "li", "main", "ol", "p", "pre", "section",
    "summary", "table", "title", "ul", "h1", "h2", "h3", "h4", "h5", "h6",
}  # fmt: skip
_HEADING = re.compile(r"h[1-6]")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_META = {
    "keywords": "tags",
    "department": "department",
    "date": "date",
    "dc.date": "date",
    "dcterms.created": "date",
    "article:published_time": "date",
}


def read(text: str) -> Parsed:
    """The blocks of a page, with what its head says."""
    page = _Page()
    page.feed(text)
    page.close()
    page.flush()
    return Parsed(page.blocks, page.values)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.values: dict[str, object] = {}
        self._open: list[tuple[str, bool]] = []
        self._names: Counter[str] = Counter()
        self._unseen = 0
        self._words: list[str] = []
        self._level: int | None = None
        self._list_items = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "meta":
            self._take_meta(values)
        if tag in _VOID:
            self._break(tag)
            return
        if self._open and (tag == self._open[-1][0] == "li" or (self._open[-1][0] == "p" and tag in _BLOCKS)):
            self.handle_endtag(self._open[-1][0])  # it needs no end tag of its own
        unseen = tag in _UNSEEN or "hidden" in values or bool(_HIDDEN.search(values.get("style") or ""))
        self._open.append((tag, unseen))
        self._names[tag] += 1
        self._unseen += unseen
        if not self._unseen:
            self._begin(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in ("svg", "math", "object"):  # only there a slash ends an element
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._names[tag]:
            return
        while True:
            name, unseen = self._open.pop()
            self._names[name] -= 1
            if not self._unseen:
                self._end(name)
            self._unseen -= unseen
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        self._words.append(data if self._names["pre"] or self._names["textarea"] else re.sub(r"\s+", " ", data))

    def parse_marked_section(self, i: int, report: bool = True) -> int:  # noqa: ARG002, FBT001, FBT002  the base's signature
        """Pass over `<![…>`, of which the base class knows some and refuses others."""
        return self.parse_bogus_comment(i)

    def flush(self) -> None:
        """End the paragraph."""
        text = "".join(self._words)
        if not self._names["pre"]:
            text = "\n".join(row for line in text.split("\n") if (row := " ".join(line.split()).strip("| ")))
        if text.strip():
            self.blocks.append(Block(text, self._level))
        self._words = []

    def _begin(self, tag: str) -> None:
        if tag == "pre":
            self._flush_before("pre")
        elif tag == "li":
            self._words.append("\n- ")
        elif tag in ("td", "th"):
            self._words.append(" | ")
        elif tag in ("ul", "ol"):
            if not self._list_items:
                self.flush()
            self._list_items += 1
        elif tag in _BLOCKS and not self._inside():
            self.flush()
        if _HEADING.fullmatch(tag):
            self.flush()
            self._level = int(tag[1])
        self._break(tag)

    def _break(self, tag: str) -> None:
        if tag in ("br", "tr"):
            self._words.append("\n")
        elif tag == "hr" and not self._inside():
            self.flush()

    def _end(self, tag: str) -> None:
        if tag == "title":
            self.values.setdefault("title", "".join(self._words))
            self._words = []
        elif tag in ("ul", "ol"):
            self._list_items -= 1
            self._words.append("\n")
            if not self._inside():
                self.flush()
        elif tag == "pre":
            self._names["pre"] += 1
            self.flush()
            self._names["pre"] -= 1
        elif tag in _BLOCKS and not self._inside():
            self.flush()
        elif tag in _BLOCKS:
            self._words.append(" ")
        if _HEADING.fullmatch(tag):
            self.flush()
            self._level = None

    def _inside(self) -> bool:
        """Whether a list or a table holds what is read: it stays one paragraph."""
        return bool(self._list_items or self._names["table"])

    def _flush_before(self, tag: str) -> None:
        """End the paragraph that came before an element which was already counted."""
        self._names[tag] -= 1
        self.flush()
        self._names[tag] += 1

    def _take_meta(self, values: dict[str, str | None]) -> None:
        name = _META.get((values.get("name") or values.get("property") or "").lower())
        if name and values.get("content"):
            self.values.setdefault(name, values["content"])
