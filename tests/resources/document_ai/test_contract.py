"""What holds for every engine of document AI: one made-up invoice as a text PDF, as Factur-X and through Oracle's service."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assets.invoices.logic.extraction.structured import invoice_of
from resources.document_ai.einvoices.resource import EInvoices
from resources.document_ai.interface import DocumentAI, Limits, Unreadable
from resources.document_ai.layout import Analysis, Box
from resources.document_ai.local import LocalDocumentAI
from resources.oci.clients import OciClients
from resources.oci.document_understanding import OciDocumentAI
from tests.einvoice_files import LINES, cii, holding
from tests.pdf_files import pdf
from tests.sandboxes import running

_LIVE = os.environ.get("CLOUDOPS_TEST_OCI_CONFIG_FILE")
"""Read before any test: tests see nothing of the developer's credentials."""
VARIANTS = ("local", "e-invoice", "oci")
VALUES = {"invoice_number": "A-2026-17", "issue_date": "2026-03-02", "due_date": "2026-04-01", "grand_total": "39.87"}


@dataclass(frozen=True)
class Variant:
    """An engine, and the content of a file that holds the invoice for it."""

    engine: DocumentAI
    again: DocumentAI
    content: bytes


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Variant]]:
    with running(tmp_path_factory.mktemp("cloud")) as sandbox:
        clients = OciClients(endpoint=sandbox.url, config_file=sandbox.config_file)
        local = LocalDocumentAI()
        yield {
            "local": Variant(local, LocalDocumentAI(), pdf([LINES])),
            "e-invoice": Variant(EInvoices(), EInvoices(), holding({"factur-x.xml": cii()})),
            "oci": Variant(OciDocumentAI(clients=clients), OciDocumentAI(clients=clients), pdf([LINES])),
        }
        local.close()


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest, variants: dict[str, Variant]) -> Variant:
    return variants[request.param]


@pytest.fixture
def analysed(variant: Variant, tmp_path: Path) -> Callable[..., Analysis]:
    def analysed(content: bytes, key: str = "invoice.pdf", limits: Limits | None = None) -> Analysis:
        path = tmp_path / "file"
        path.write_bytes(content)
        return variant.engine.analyse(path, key, limits or Limits())

    return analysed


def lies_on(box: Box, width: float, height: float) -> bool:
    return 0 <= box.left < box.right <= width and 0 <= box.top < box.bottom <= height


def test_pages_are_numbered_and_words_lie_on_them(variant, analysed):
    found = analysed(variant.content)
    assert [page.number for page in found.pages] == list(range(1, len(found.pages) + 1))
    for page in found.pages:
        words = [word for line in page.lines for word in line.words]
        assert " ".join(word.text for word in words).split() == [part for line in LINES for part in line.split()]
        assert all(lies_on(word.box, page.width, page.height) for word in words)
        assert all(word.text.split() == [word.text] for word in words)


def test_confidences_are_probabilities(variant, analysed):
    found = analysed(variant.content)
    words = [word.confidence for page in found.pages for line in page.lines for word in line.words]
    cells = [cell.confidence for table in found.tables for row in table.rows for cell in row]
    values = [value.confidence for value in found.key_values]
    assert all(0 <= confidence <= 1 for confidence in (*words, *cells, *values))


def test_values_that_the_engine_names_are_those_of_the_invoice_and_stand_where_it_says(variant, analysed):
    found = analysed(variant.content)
    pages = {page.number: page for page in found.pages}
    for value in found.key_values:
        assert value.text
        assert (value.page is None) == (value.box is None)
        assert value.page is None or lies_on(value.box, pages[value.page].width, pages[value.page].height)
        assert VALUES.get(value.key, value.normalized or value.text) == (value.normalized or value.text)
    if not isinstance(variant.engine, LocalDocumentAI):
        assert VALUES.keys() <= {value.key for value in found.key_values}


def test_an_e_invoice_alone_is_the_invoice_itself(variant, analysed):
    found = analysed(variant.content)
    assert found.structured == isinstance(variant.engine, EInvoices)
    if found.structured:
        fields = invoice_of(found).fields
        assert {name: fields[name].value for name in VALUES} == VALUES


def test_the_same_file_gives_the_same_analysis_whatever_its_name(variant, analysed):
    assert analysed(variant.content) == analysed(variant.content, "another name.pdf")


def test_the_engine_names_itself_and_its_version_and_stays_the_same(variant, analysed):
    name, _, version = variant.engine.engine.partition("@")
    assert name
    assert version
    assert variant.again.engine == variant.engine.engine == analysed(variant.content).engine


def test_engines_are_told_apart(variants):
    assert len({one.engine.engine for one in variants.values()}) == len(VARIANTS)


@pytest.mark.parametrize(
    "content",
    [b"", b"no document", b"%PDF-1.4 and no more", b"PK\x03\x04", b"<a>", pdf([LINES], password="secret")],
    ids=["empty", "text", "torn PDF", "archive", "torn XML", "encrypted"],
)
def test_a_file_that_is_no_document_is_unreadable_with_a_reason(analysed, content):
    with pytest.raises(Unreadable, match=r"^[a-z].+"):
        analysed(content)


def test_a_file_beyond_the_limits_is_unreadable_and_not_cut(variant, analysed):
    with pytest.raises(Unreadable):
        analysed(variant.content, limits=Limits(size=len(variant.content) - 1))


@pytest.mark.live
def test_oracles_own_service_keeps_the_contract(tmp_path: Path):
    if not _LIVE:
        pytest.skip("live: needs an OCI account: name its configuration file in CLOUDOPS_TEST_OCI_CONFIG_FILE")
    path = tmp_path / "invoice.pdf"
    path.write_bytes(pdf([LINES]))
    found = OciDocumentAI(clients=OciClients(config_file=_LIVE)).analyse(path, path.name, Limits())
    (page,) = found.pages
    assert all(lies_on(word.box, page.width, page.height) for line in page.lines for word in line.words)
    assert {value.key: value.text for value in found.key_values}.get("invoice_number") == "A-2026-17"
