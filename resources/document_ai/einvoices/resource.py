"""E-invoices as a variant of document AI: the invoice is what the XML says, not what a page shows."""

from dataclasses import replace
from pathlib import Path

from resources.document_ai.attachments import EmbeddedFile, embedded_files
from resources.document_ai.einvoices.reading import analysis_of, is_einvoice
from resources.document_ai.einvoices.safe_xml import MOST_BYTES, parsed
from resources.document_ai.interface import DocumentAI, Limits, Unreadable
from resources.document_ai.layout import Analysis
from resources.document_ai.opening import opener, size_within

_ENGINE = "einvoices@2"
"""Its version rises with every change that may change the analysis of some file."""
_NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
"""Names that the formats give to the invoice in a PDF, in lower case; whether it is one, its root element says."""
_HEAD = 1024


class NoEInvoice(Unreadable):
    """A file without an e-invoice: another engine may read its pages."""


class EInvoices(DocumentAI):
    """Reads Factur-X, ZUGFeRD 1 and 2, XRechnung (CII and UBL) and Peppol, as XML or embedded in a PDF.

    The analysis has no pages and is `structured`. Its key-values bear the names of fields with canonical values in `normalized`;
    `note` is a free text of the invoice. Its tables are the line items, with canonical values under the names of columns
    (`base_quantity` where a price is for more than one unit), and the taxes (`rate`, `base`, `amount`).
    """

    @property
    def engine(self) -> str:
        """See DocumentAI."""
        return _ENGINE

    def analyse(self, path: Path, key: str, limits: Limits) -> Analysis:  # noqa: ARG002  what a file is, its content says
        """See DocumentAI.

        Raises:
            NoEInvoice: There is none in the file.
            Unreadable: There is one that cannot be used, or the file cannot be opened.
        """
        size_within(path, limits.size)
        found = opener(limits.megabytes).call(limits.seconds, read, str(path))
        if found is None:
            raise NoEInvoice("it holds no e-invoice")
        return found


def read(path: str) -> Analysis | None:
    """What the e-invoice in a file says; None if there is none.

    Raises:
        Unreadable: There is one that cannot be used, or the file cannot be opened.
    """
    data = Path(path).read_bytes()
    if b"%PDF-" in data[:_HEAD]:
        return _in_pdf(embedded_files(data, largest=MOST_BYTES))
    if not _may_be_xml(data):
        return None
    root, tree = parsed(data)
    return analysis_of(root, tree, _ENGINE) if is_einvoice(root) else None


def _in_pdf(files: list[EmbeddedFile]) -> Analysis | None:
    """The first e-invoice among the embedded files, those with the names of one before the others."""
    failure: Unreadable | None = None
    found: list[Analysis] = []
    for file in sorted(files, key=lambda f: f.name.lower() not in _NAMES):
        try:
            analysis = _in_file(file)
        except Unreadable as error:
            if file.name.lower() in _NAMES:
                failure = failure or Unreadable(f"its embedded {file.name} cannot be used: {error}")
            continue
        if analysis is not None:
            found.append(analysis)
    if not found:
        if failure:
            raise failure
        return None
    if len(found) == 1:
        return found[0]
    return replace(found[0], notes=(*found[0].notes, f"the file holds {len(found)} e-invoices, of which the first is read"))


def _in_file(file: EmbeddedFile) -> Analysis | None:
    if file.content is None:
        raise Unreadable(file.problem or "it is damaged")
    if not _may_be_xml(file.content):
        return None
    root, tree = parsed(file.content)
    return analysis_of(root, tree, _ENGINE) if is_einvoice(root) else None


def _may_be_xml(data: bytes) -> bool:
    """Whether the first sign is a `<`, in any encoding that XML files have."""
    return data[:_HEAD].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
