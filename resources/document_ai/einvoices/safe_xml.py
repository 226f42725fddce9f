"""Parses XML that may be hostile: no document types and so no entities, no network, nothing deep or endless."""

from typing import Any

from resources.document_ai.interface import Unreadable

MOST_BYTES = 20_000_000
_MOST_ELEMENTS = 500_000
_DEEPEST = 100
"""The formats nest about fifteen deep."""


def parsed(data: bytes) -> tuple[str, Any]:
    """The qualified name of the root (`{namespace}name`), and the tree with local names only.

    Prefixes and namespaces differ from version to version of a format where the local names do not. Comments and processing
    instructions are left out.

    Raises:
        Unreadable: It is not well-formed, declares a document type, or is too large.
    """
    from lxml import etree

    if len(data) > MOST_BYTES:
        raise Unreadable(f"its XML has {len(data):,} bytes, more than {MOST_BYTES:,}")
    target: Any = _Tree()
    parser = etree.XMLParser(target=target, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        parser.feed(data.lstrip(b" \t\r\n"))
        root = parser.close()
    except (etree.XMLSyntaxError, AssertionError) as error:
        raise Unreadable(target.refusal or "its XML is not well-formed") from error
    if target.refusal:
        raise Unreadable(target.refusal)
    return target.root, root


class _Tree:
    """Builds the tree while it is parsed, and stops at the first thing that no e-invoice has."""

    def __init__(self) -> None:
        from lxml import etree

        self._builder = etree.TreeBuilder()
        self._depth = self._elements = 0
        self.root = ""
        self.refusal: str | None = None

    def doctype(self, *_declared: str | None) -> None:
        """Comes before any entity is read."""
        self._refuse("its XML declares a document type, which no e-invoice does")

    def start(self, tag: str, attributes: Any) -> None:  # noqa: ANN401  a mapping of lxml's own
        self.root = self.root or tag
        self._depth += 1
        self._elements += 1
        if self._depth > _DEEPEST:
            self._refuse(f"its XML is nested more than {_DEEPEST} deep")
        if self._elements > _MOST_ELEMENTS:
            self._refuse(f"its XML has more than {_MOST_ELEMENTS:,} elements")
        self._builder.start(_local(tag), {_local(name): value for name, value in attributes.items()})

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._builder.end(_local(tag))

    def data(self, text: str) -> None:
        self._builder.data(text)

    def close(self) -> Any:  # noqa: ANN401
        return self._builder.close()

    def _refuse(self, reason: str) -> None:
        self.refusal = self.refusal or reason
        raise Unreadable(reason)


def _local(name: str) -> str:
    return name.rpartition("}")[2]
