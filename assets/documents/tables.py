"""The tables of the documents system: what a row is, and its columns. Put no logic here."""

import polars as pl

from resources.tables import UTC, Column, Table

_TEXT_LIST = pl.List(pl.String())

SOURCE_DOCUMENTS = Table(
    name="documents/source_documents",
    description="The ledger of files: one row per object that is or was among the documents, what became of it, and why.",
    columns=(
        Column("source_key", pl.String(), "Key of the object in the store of documents.", nullable=False),
        Column("key_hash", pl.String(), "SHA-256 of that key.", nullable=False),
        Column("document_id", pl.String(), "Identity of the document; it outlives changes and a new name.", nullable=False),
        Column("etag", pl.String(), "Version of the object that was looked at last.", nullable=False),
        Column("size", pl.Int64(), "Bytes.", nullable=False),
        Column("last_modified", UTC, "When the object was last written.", nullable=False),
        Column("content_hash", pl.String(), "SHA-256 of its bytes; null if they were not read."),
        Column("sidecar_etag", pl.String(), "Version of the `….meta.json` beside it; null if there is none."),
        Column("state", pl.String(), "`in force`, `quarantined`, or `deleted`.", nullable=False),
        Column("reason", pl.String(), "Why it is quarantined, for people; null if it is not."),
        Column("reader_version", pl.String(), "Reader that looked at it.", nullable=False),
        Column("seen_at", UTC, "When this row was last changed.", nullable=False),
    ),
)

DOCUMENTS = Table(
    name="documents/documents",
    description="One row per document in force: its text, how it is divided, and what is known about it.",
    columns=(
        Column("document_id", pl.String(), "Identity of the document.", nullable=False),
        Column("source_key", pl.String(), "Key of the object that holds it.", nullable=False),
        Column("content_hash", pl.String(), "SHA-256 of the object's bytes.", nullable=False),
        Column(
            "fingerprint", pl.String(), "Changes whenever anything that search shows of the document changes.", nullable=False
        ),
        Column("title", pl.String(), "Title.", nullable=False),
        Column("dept", pl.String(), "Department that owns it; null if unknown."),
        Column("created_date", pl.Date(), "When it was written; null if unknown."),
        Column("tags", _TEXT_LIST, "Tags, sorted.", nullable=False),
        Column(
            "metadata_from",
            pl.List(pl.Struct({"field": pl.String(), "source": pl.String()})),
            "Where title, department, date and tags are from: sidecar, object metadata, the document, path rule, file name.",
            nullable=False,
        ),
        Column("language", pl.String(), "ISO 639-1 code of most of its text; null if uncertain."),
        Column("format", pl.String(), "`text`, `markdown`, `html`, `pdf`, `docx` or `email`.", nullable=False),
        Column("text", pl.String(), "All of its text.", nullable=False),
        Column(
            "sections",
            pl.List(pl.Struct({"headings": _TEXT_LIST, "start": pl.Int64(), "end": pl.Int64()})),
            "How headings divide the text, by characters.",
            nullable=False,
        ),
        Column("page_starts", pl.List(pl.Int64()), "Character at which each page begins; empty without pages.", nullable=False),
        Column("ocr_pages", pl.List(pl.Int64()), "Pages whose text was recognised from a picture.", nullable=False),
        Column("notes", _TEXT_LIST, "What was unusual when it was read.", nullable=False),
    ),
)

INDEXED_DOCUMENTS = Table(
    name="documents/indexed_documents",
    partition_by=("generation_id",),
    description="Which version of each document is in which generation of the knowledge base, and as which passages.",
    columns=(
        Column("generation_id", pl.String(), "Generation of the knowledge base.", nullable=False),
        Column("document_id", pl.String(), "Document.", nullable=False),
        Column("fingerprint", pl.String(), "Version of the document that is in it.", nullable=False),
        Column(
            "passages",
            pl.List(pl.Struct({"doc_id": pl.Int64(), "content_hash": pl.String()})),
            "Its passages, each with the hash of the text that was embedded.",
            nullable=False,
        ),
    ),
)

INDEX_EVENTS = Table(
    name="documents/index_events",
    description="The journal of generations: begun, built, judged, cut over, rolled back, dropped; by whom and on what grounds.",
    columns=(
        Column("at", UTC, "When.", nullable=False),
        Column("run_id", pl.String(), "Run that did it.", nullable=False),
        Column("by", pl.String(), "Who let it happen.", nullable=False),
        Column("generation_id", pl.String(), "Generation.", nullable=False),
        Column("model_version", pl.String(), "Its model.", nullable=False),
        Column(
            "event", pl.String(), "`begun`, `built`, `passed`, `refused`, `cut over`, `rolled back` or `dropped`.", nullable=False
        ),
        Column("detail", pl.String(), "Figures and reasons, as a JSON object.", nullable=False),
    ),
)

RETRIEVAL_QUALITY = Table(
    name="documents/retrieval_quality",
    description="How well the golden questions are answered: one row per measurement and question, and one for all.",
    columns=(
        Column("measured_at", UTC, "When.", nullable=False),
        Column("generation_id", pl.String(), "Generation that answered.", nullable=False),
        Column("model_version", pl.String(), "Its model.", nullable=False),
        Column("question", pl.String(), "The question; null in the row of all of them."),
        Column("judgements", pl.Int64(), "Documents judged relevant that exist.", nullable=False),
        Column("ndcg10", pl.Float64(), "nDCG@10; null without judgements."),
        Column("recall100", pl.Float64(), "Share of the relevant documents among the first 100; null without judgements."),
        Column(
            "reciprocal_rank", pl.Float64(), "1 / place of the first relevant document; 0 if not among 100; null without any."
        ),
        Column("first_relevant", pl.Int64(), "Place of the first relevant document; null if not among 100."),
    ),
)

INDEX_HEALTH = Table(
    name="documents/index_health",
    description="How the knowledge base is: size, order, recall of its index against exact search, and latency. One row a check.",
    columns=(
        Column("measured_at", UTC, "When.", nullable=False),
        Column("generation_id", pl.String(), "Generation.", nullable=False),
        Column("model_version", pl.String(), "Its model.", nullable=False),
        Column("rows", pl.Int64(), "Passages.", nullable=False),
        Column("bytes", pl.Int64(), "Size on disk; null if unknown."),
        Column("fragmentation", pl.Float64(), "Share of rows that are dead or outside the index; null if unknown."),
        Column("parts", pl.Int64(), "Segments or partitions; null if unknown."),
        Column("sampled_queries", pl.Int64(), "Questions that recall and latency were measured with.", nullable=False),
        Column("recall10", pl.Float64(), "Share of the exact ten nearest passages that the index finds; null if not measured."),
        Column("p50_ms", pl.Float64(), "Median time of a search, in milliseconds; null if not measured."),
        Column("p95_ms", pl.Float64(), "Time that 95 % of searches take at most, in milliseconds."),
        Column("missing_dept", pl.Int64(), "Documents without a department.", nullable=False),
        Column("missing_date", pl.Int64(), "Documents without a date.", nullable=False),
        Column("missing_tags", pl.Int64(), "Documents without a tag.", nullable=False),
        Column("documents", pl.Int64(), "Documents in force.", nullable=False),
    ),
)

SEARCH_LOG = Table(
    name="documents/search_log",
    description="What was asked and how it was answered: one row per search.",
    columns=(
        Column("query_id", pl.String(), "Identity of the search.", nullable=False),
        Column("asked_at", UTC, "When.", nullable=False),
        Column("question", pl.String(), "As it was asked.", nullable=False),
        Column("filter", pl.String(), "The filter as a JSON object.", nullable=False),
        Column("document_ids", _TEXT_LIST, "Documents that were answered, best first.", nullable=False),
        Column("best_dense", pl.Float64(), "Highest cosine similarity among the results; null if there is none."),
        Column("vector_plan", pl.String(), "How neighbours were looked up.", nullable=False),
        Column("model_version", pl.String(), "Model that was used.", nullable=False),
        Column("milliseconds", pl.Float64(), "Time taken.", nullable=False),
    ),
)

SEARCH_FEEDBACK = Table(
    name="documents/search_feedback",
    description="What people said of results: useful or not.",
    columns=(
        Column("query_id", pl.String(), "The search.", nullable=False),
        Column("document_id", pl.String(), "The document that was judged.", nullable=False),
        Column("said_at", UTC, "When.", nullable=False),
        Column("useful", pl.Boolean(), "Whether it was.", nullable=False),
        Column("by", pl.String(), "Who said it; null if not told."),
    ),
)

QUERY_DRIFT = Table(
    name="documents/query_drift",
    description="Whether people ask what they used to: a week's questions beside those of the four weeks before.",
    columns=(
        Column("week", pl.Date(), "Monday of the week.", nullable=False),
        Column("queries", pl.Int64(), "Searches.", nullable=False),
        Column("new_terms_share", pl.Float64(), "Share of its words that were not asked before; null without a past."),
        Column("term_divergence", pl.Float64(), "Jensen-Shannon divergence of the words, 0 to 1; null without a past."),
        Column("median_best_dense", pl.Float64(), "Median of the best similarity; null if unknown."),
        Column("empty_share", pl.Float64(), "Share of searches without a result.", nullable=False),
        Column("useful_share", pl.Float64(), "Share of useful votes; null without votes."),
        Column("p95_ms", pl.Float64(), "Time that 95 % of searches took at most, in milliseconds.", nullable=False),
    ),
)

TABLES = (
    SOURCE_DOCUMENTS, DOCUMENTS, INDEXED_DOCUMENTS, INDEX_EVENTS, RETRIEVAL_QUALITY, INDEX_HEALTH, SEARCH_LOG,
    SEARCH_FEEDBACK, QUERY_DRIFT,
)  # fmt: skip
