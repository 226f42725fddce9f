"""OCI Document Understanding as a variant of document AI: files leave this machine, and each page costs money."""

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from resources.document_ai.interface import DocumentAI, Limits, Unreadable
from resources.document_ai.layout import Analysis
from resources.document_ai.opening import opener, size_within
from resources.document_ai.probe import Probe, probe
from resources.errors import BadInput, CloudOpsError, Unavailable
from resources.oci.clients import OciClients
from resources.oci.document_labels import ITEM_LABELS, LABELS
from resources.oci.document_results import Labels, analysis_of
from resources.oci.object_storage import OciObjectStore

MOST_BYTES, MOST_PAGES = 8 * 1024 * 1024, 5
"""Of a document that is answered at once. Source: docs.oracle.com, "Document Understanding: Limits"; likewise below."""
MOST_JOB_BYTES, MOST_JOB_PAGES = 500 * 1024 * 1024, 2000
LEAST_PIXELS, MOST_PIXELS = 32, 10_000
"""Of each side of a picture."""
_VERSION = "1"
"""Rises with every change here that may change the analysis of some file."""
_OVER = ("SUCCEEDED", "FAILED", "CANCELED")
_EXTENSIONS = {"PDF": "pdf", "PNG": "png", "JPEG": "jpg", "TIFF": "tif"}


class OciDocumentAI(DocumentAI):
    """Reads PDF files and pictures by the service's pretrained models.

    A document of at most five pages and 8 MB is sent and answered at once. A larger one is laid into a bucket and analysed by a
    processor job; its copy and the results are deleted again.
    """

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    compartment_id: str = Field(default="", description="OCID of the compartment that is billed; the tenancy's root if empty.")
    region: str = Field(default="", description="Region that analyses; the usual one if empty.")
    document_type: Literal["INVOICE", "RECEIPT"] = Field(default="INVOICE", description="What the documents are.")
    language: str = Field(default="", description="BCP 47 tag of the documents' language; the service finds out if empty.")
    bucket: str = Field(default="", description="Bucket for documents that are not answered at once; they are refused if empty.")
    namespace: str = Field(default="", description="Object Storage namespace of the bucket; the tenancy's if empty.")
    prefix: str = Field(default="document-ai", description="Folder in the bucket.")
    labels: dict[str, str] = Field(default={}, description="Further labels of the service and the fields that they are.")
    item_labels: dict[str, str] = Field(default={}, description="Further labels within line items and the columns that they are.")
    revision: str = Field(
        default="", description="Any text; another one has all files analysed anew, by the service's models of then."
    )
    wait_seconds: float = Field(default=900, ge=0, description="How long to wait for a processor job; then it is cancelled.")
    poll_seconds: float = Field(default=2, ge=0, description="How long to wait between two looks at a job.")

    @property
    def engine(self) -> str:
        """See DocumentAI. The service's own models change without notice; notes of the analysis name them."""
        settings = [self.document_type, self.language, sorted(self._named.fields.items()), sorted(self._named.columns.items())]
        digest = hashlib.sha256(json.dumps([*settings, self.revision]).encode()).hexdigest()[:12]
        return f"oci-document-understanding@{_VERSION}-{digest}"

    def analyse(self, path: Path, key: str, limits: Limits) -> Analysis:  # noqa: ARG002  names of files stay here
        """See DocumentAI.

        Raises:
            BadInput: The document needs a processor job, and there is no bucket for it.
            Throttled: The service was asked too often.
            Unavailable: It did not answer, or not in time.
        """
        size = size_within(path, min(limits.size, MOST_JOB_BYTES))
        document = _probed(path, limits)
        at_once = size <= MOST_BYTES and len(document.sizes) <= MOST_PAGES
        result, notes = self._analysed_at_once(path) if at_once else self._analysed_by_job(path, document)
        analysis = analysis_of(result, document.sizes, self._named, self.engine)
        if result.errors and not any(page.lines for page in analysis.pages):
            raise Unreadable(f"Document Understanding could not read it ({', '.join(error.code for error in result.errors)})")
        return replace(analysis, notes=(*notes, *analysis.notes))

    @property
    def _named(self) -> Labels:
        return Labels.of({**LABELS, **self.labels}, {**ITEM_LABELS, **self.item_labels})

    def _analysed_at_once(self, path: Path) -> tuple[Any, list[str]]:
        from oci.ai_document.models import AnalyzeDocumentDetails, InlineDocumentDetails

        details = AnalyzeDocumentDetails(
            features=_features(),
            document=InlineDocumentDetails(data=base64.b64encode(path.read_bytes()).decode()),
            compartment_id=self._compartment,
            document_type=self.document_type,
            language=self.language or None,
        )
        return self.clients.operation("ai_document", "analyze_document", self.region)(details).data, []

    def _analysed_by_job(self, path: Path, document: Probe) -> tuple[Any, list[str]]:
        """The result of a job, and what is to be noted of it."""
        if not self.bucket:
            raise BadInput(
                f"a document has {len(document.sizes)} pages and {path.stat().st_size:,} bytes, too many to be answered at once",
                f"Name a bucket for documents of more than {MOST_PAGES} pages or {MOST_BYTES // 1024**2} MB.",
            )
        store = OciObjectStore(
            clients=self.clients, bucket=self.bucket, namespace=self.namespace, region=self.region, prefix=self.prefix
        )
        name = f"{uuid.uuid4().hex}.{_EXTENSIONS[document.kind]}"
        notes: list[str] = []
        with _gone_afterwards(store, name, notes):
            store.put(name, path.read_bytes())
            job_id = self._created(name)
            with _gone_afterwards(store, f"{job_id}/", notes):
                job = self._ended(job_id)
                if job.lifecycle_state == "FAILED":
                    raise Unreadable(f"Document Understanding failed on it ({job.lifecycle_details or 'without a reason'})")
                if job.lifecycle_state == "CANCELED":
                    raise Unavailable(f"{job.id} was cancelled by somebody else", "Run this again.")
                if job.lifecycle_details:
                    notes.append(f"Document Understanding: {job.lifecycle_details}")
                result = self._result(store, job.id, notes)
        return result, notes

    def _created(self, name: str) -> str:
        """OCID of a new job for an object of the folder."""
        from oci.ai_document import models

        namespace = self.namespace or self.clients.operation("object_storage", "get_namespace", self.region)().data
        base = self.prefix.strip("/")
        where = {"namespace_name": namespace, "bucket_name": self.bucket}
        source = models.ObjectLocation(object_name=f"{base}/{name}" if base else name, **where)
        details = models.CreateProcessorJobDetails(
            compartment_id=self._compartment,
            input_location=models.ObjectStorageLocations(object_locations=[source]),
            output_location=models.OutputLocation(prefix=base, **where),
            processor_config=models.GeneralProcessorConfig(
                features=_features(), document_type=self.document_type, language=self.language or None
            ),
        )
        create = self.clients.operation("ai_document", "create_processor_job", self.region)
        return str(create(details, opc_retry_token=name.partition(".")[0]).data.id)

    def _ended(self, job: str) -> Any:  # noqa: ANN401  # the SDK has no types
        """The job once it is over; one that takes too long, or is lost sight of, is cancelled."""
        look = self.clients.operation("ai_document", "get_processor_job", self.region)
        waited = 0.0
        while (found := self._seen(look, job)).lifecycle_state not in _OVER:
            if waited >= self.wait_seconds:
                self._cancel(job)
                raise Unavailable(
                    f"{job} was not done within {self.wait_seconds:g} s and was told to stop",
                    "Run this again later, or let `wait_seconds` be more.",
                )
            time.sleep(self.poll_seconds)
            waited += max(self.poll_seconds, 0.01)
        return found

    def _seen(self, look: Callable[[str], Any], job: str) -> Any:  # noqa: ANN401
        try:
            return look(job).data
        except CloudOpsError:
            self._cancel(job)
            raise

    def _cancel(self, job: str) -> None:
        """Tell a job to stop, if it listens: it is paid for, and would lay down results that nobody deletes."""
        with suppress(CloudOpsError):
            self.clients.operation("ai_document", "cancel_processor_job", self.region)(job)

    def _result(self, store: OciObjectStore, job: str, notes: list[str]) -> Any:  # noqa: ANN401
        """What the job laid down. It is found by listing: how the service names results is not documented."""
        keys = [found.key for found in store.list_objects(f"{job}/") if found.key.endswith(".json")]
        if not keys:
            raise Unavailable(f"{job} succeeded and left no result", "Look for it in the bucket, and run this again.")
        if len(keys) > 1:
            notes.append(f"Document Understanding left {len(keys)} results for one document; the first is taken")
        client = self.clients.client("ai_document", self.region)
        found = client.base_client.deserialize_response_data(store.get(keys[0]), "AnalyzeDocumentResult")
        if getattr(found, "pages", None) is None:
            raise Unavailable(f"{job} left a result that is none", "Look at it in the bucket, and run this again.")
        return found

    @property
    def _compartment(self) -> str:
        return self.compartment_id or self.clients.tenancy()


def _probed(path: Path, limits: Limits) -> Probe:
    found = opener(limits.megabytes).call(limits.seconds, probe, str(path), min(limits.pages, MOST_JOB_PAGES))
    for width, height in found.sizes if found.kind != "PDF" else ():
        if not LEAST_PIXELS <= min(width, height) <= max(width, height) <= MOST_PIXELS:
            raise Unreadable(f"its picture has {width:g} × {height:g} pixels; each side needs {LEAST_PIXELS} to {MOST_PIXELS:,}")
        if width * height > limits.pixels:
            raise Unreadable(f"its picture has {width * height:,.0f} pixels, more than {limits.pixels:,}")
    return found


def _features() -> list[Any]:
    from oci.ai_document import models

    return [
        models.DocumentTextExtractionFeature(generate_searchable_pdf=False),
        models.DocumentKeyValueExtractionFeature(),
        models.DocumentTableExtractionFeature(),
    ]


@contextmanager
def _gone_afterwards(store: OciObjectStore, prefix: str, notes: list[str]) -> Iterator[None]:
    """Deletes what lies below a prefix once the work is done, whatever came of it; notes what could not be deleted.

    What cannot be deleted after work that failed is told with the failure.
    """
    try:
        yield
    except BaseException as failure:
        for left in _left(store, prefix):
            failure.add_note(left)
        raise
    notes += _left(store, prefix)


def _left(store: OciObjectStore, prefix: str) -> list[str]:
    """Deletes what lies below a prefix, each object whatever becomes of the others; says what is left, if anything is."""
    reasons: list[str] = []
    try:
        for found in list(store.list_objects(prefix)):
            try:
                store.delete(found.key)
            except CloudOpsError as error:
                reasons.append(error.message)
    except CloudOpsError as error:
        reasons.append(error.message)
    return [f"copies of the document are left in the bucket: {'; '.join(reasons)}"] if reasons else []
