"""The objects of the knowledge base in the schema: their names, and the statements that create them.

Sources: Oracle AI Vector Search User's Guide ("CREATE VECTOR INDEX", "Size the Vector Pool"), Oracle Text Reference
("CREATE INDEX", "BASIC_LEXER"), SQL Language Reference. Values never become part of a statement; names do, and are checked.
"""

import math
import re
from dataclasses import dataclass
from typing import Literal

from resources.errors import BadInput
from resources.knowledge_base.interface import KB_DOCUMENTS

Kind = Literal["HNSW", "IVF"]

METRIC = "COSINE"
"""Metric of index and query; a query with another one than the index's is answered by an exact scan."""
INDEX_ACCURACY = 95
NEIGHBORS, EF_CONSTRUCTION = 40, 500
MOST_PARTITIONS = 10_000_000
LONGEST = 4000
"""Most bytes of a text column (UTF-8), as of a VARCHAR2 where strings were not extended; passages are CLOBs."""
HNSW_OVERHEAD = 1.3
"""Vector pool per byte of vectors. Source: Oracle AI Vector Search User's Guide, "Size the Vector Pool"."""
HNSW_RESERVE = 3
"""How many times that must fit: the memory advisor's published examples ask for half more, and twice, since the index of
a new generation is built beside the live one."""

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_$#]{0,127}")
_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,29}")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that creates an object, and the object's name."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class VectorIndex:
    """Which vector index is right.

    Attributes:
        kind: `HNSW` is a graph in the vector pool, `IVF` partitions on disk.
        partitions: Of IVF.
    """

    kind: Kind
    partitions: int = 0


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the objects of one knowledge base.

    Raises:
        BadInput: The prefix is no plain identifier.
    """

    prefix: str

    def __post_init__(self) -> None:
        if not _PREFIX.fullmatch(self.prefix):
            raise BadInput(
                f"{self.prefix[:40]!r} is no prefix of a knowledge base",
                "Take lower-case letters, digits and underscores, a letter first, 30 at most.",
            )

    @property
    def generations(self) -> str:
        """Table of all generations."""
        return f"{self.prefix}_generations"

    @property
    def numbers(self) -> str:
        """Sequence that numbers them."""
        return f"{self.prefix}_generation_numbers"

    @property
    def lexer(self) -> str:
        """Preference of Oracle Text, as its dictionary has it."""
        return f"{self.prefix}_lexer".upper()

    @property
    def view(self) -> str:
        """View of the live generation, for people and other programs."""
        return f"{self.prefix}_documents"

    def documents(self, number: int) -> str:
        """Table of a generation's passages."""
        return f"{self.prefix}_documents_{_suffix(number)}"

    def tags(self, number: int) -> str:
        """Table of their tags."""
        return f"{self.prefix}_tags_{_suffix(number)}"

    def vector_index(self, number: int) -> str:
        """Index of their vectors."""
        return f"{self.prefix}_vectors_{_suffix(number)}"

    def words_index(self, number: int) -> str:
        """Index of their words."""
        return f"{self.prefix}_words_{_suffix(number)}"


def checked_name(name: str) -> str:
    """A name out of the dictionary, if it is a plain identifier.

    Raises:
        BadInput: It is not.
    """
    if not _IDENTIFIER.fullmatch(name):
        raise BadInput(f"{name[:40]!r} is no plain identifier", "Rename or drop it by hand.")
    return name


def _suffix(number: int) -> str:
    return f"g{number:06d}"


def generation_id(number: int) -> str:
    """Name of a generation; sorts by number."""
    return _suffix(number)


def control(names: Names) -> tuple[Statement, ...]:
    """What there is once: the list of generations, at most one of them live and one previous."""
    return (
        Statement(names.numbers, f"CREATE SEQUENCE {names.numbers} START WITH 1 INCREMENT BY 1 NOCACHE"),
        Statement(
            names.generations,
            f"""CREATE TABLE {names.generations} (
  generation_id  VARCHAR2(20) PRIMARY KEY,
  generation_no  NUMBER(6) NOT NULL UNIQUE,
  model_name     VARCHAR2(200 CHAR) NOT NULL,
  model_revision VARCHAR2(200 CHAR),
  model_digest   VARCHAR2(200 CHAR),
  model_source   VARCHAR2(1000 CHAR),
  dimensions     NUMBER(5) NOT NULL,
  max_tokens     NUMBER(9) NOT NULL,
  chunking       VARCHAR2(400 CHAR),
  state          VARCHAR2(10) NOT NULL CHECK (state IN ('building', 'live', 'previous', 'dropping')),
  row_count      NUMBER(12) DEFAULT 0 NOT NULL,
  vector_index   VARCHAR2(4) CHECK (vector_index IN ('HNSW', 'IVF')),
  indexed_rows   NUMBER(12),
  created_at     TIMESTAMP DEFAULT SYS_EXTRACT_UTC(SYSTIMESTAMP) NOT NULL
)""",
        ),
        Statement(
            f"{names.generations}_one",
            f"CREATE UNIQUE INDEX {names.generations}_one ON {names.generations} "
            "(CASE WHEN state IN ('live', 'previous') THEN state END)",
        ),
    )


def lexer(names: Names) -> str:
    """Block that makes the preference of Oracle Text. Tokens are plain, so that only themes are left to be turned off."""
    return f"""DECLARE
  found PLS_INTEGER;
BEGIN
  SELECT COUNT(*) INTO found FROM ctx_user_preferences WHERE pre_name = '{names.lexer}';
  IF found = 0 THEN
    CTX_DDL.CREATE_PREFERENCE('{names.lexer}', 'BASIC_LEXER');
  END IF;
  CTX_DDL.SET_ATTRIBUTE('{names.lexer}', 'INDEX_TEXT', 'YES');
  CTX_DDL.SET_ATTRIBUTE('{names.lexer}', 'INDEX_THEMES', 'NO');
END;"""


def generation(names: Names, number: int, dimensions: int) -> tuple[Statement, ...]:
    """Tables of a generation and the indexes that filters and words need.

    Args:
        names: Names of the knowledge base.
        number: Number of the generation.
        dimensions: Length of its model's vectors.
    """
    documents, tags, words = names.documents(number), names.tags(number), names.words_index(number)
    suffix = _suffix(number)
    return (
        Statement(documents, _documents(documents, dimensions)),
        Statement(
            tags,
            f"""CREATE TABLE {tags} (
  doc_id NUMBER(19) NOT NULL REFERENCES {documents} (doc_id) ON DELETE CASCADE,
  tag    VARCHAR2({LONGEST}) NOT NULL,
  PRIMARY KEY (doc_id, tag)
)""",
        ),
        *(
            Statement(name, f"CREATE INDEX {name} ON {table} ({columns})")
            for name, table, columns in (
                (f"{names.prefix}_tag_{suffix}", tags, "tag, doc_id"),
                (f"{names.prefix}_dept_{suffix}", documents, "dept, created_date"),
                (f"{names.prefix}_date_{suffix}", documents, "created_date"),
                (f"{names.prefix}_lang_{suffix}", documents, "language"),
            )
        ),
        Statement(
            words,
            f"CREATE INDEX {words} ON {documents} (words) INDEXTYPE IS CTXSYS.CONTEXT\n"
            f"PARAMETERS ('LEXER {names.lexer} STOPLIST CTXSYS.EMPTY_STOPLIST SYNC (ON COMMIT)')",
        ),
    )


def _documents(table: str, dimensions: int) -> str:
    """Empty text is null in Oracle, so that title and content have no NOT NULL."""
    if not 1 <= dimensions <= 65_535:
        raise BadInput(f"a vector of {dimensions} dimensions", "A VECTOR has 1 to 65,535 dimensions: check the model.")
    types = {
        "doc_id": "NUMBER(19) PRIMARY KEY",
        "chunk_no": "NUMBER(9) NOT NULL",
        "created_date": "DATE",
        "page": "NUMBER(9)",
        "start_offset": "NUMBER(12) NOT NULL",
        "end_offset": "NUMBER(12) NOT NULL",
        "content": "CLOB",
        "parent_doc_id": f"VARCHAR2({LONGEST}) NOT NULL",
        "model_version": f"VARCHAR2({LONGEST}) NOT NULL",
    }
    columns = {name: types.get(name, f"VARCHAR2({LONGEST})") for name in KB_DOCUMENTS.schema if name != "tags"}
    columns |= {
        "fingerprint": "VARCHAR2(64) NOT NULL",
        "doc_vector": f"VECTOR({dimensions}, FLOAT32) NOT NULL",
        "words": "CLOB",
    }
    listed = ",\n".join(f"  {name:<13} {kind}" for name, kind in columns.items())
    return f"CREATE TABLE {table} (\n{listed}\n)"


def live_view(names: Names, number: int) -> str:
    """The view of the live generation, its tags left out; replacing it is one step for those who read it."""
    columns = ", ".join([name for name in KB_DOCUMENTS.schema if name != "tags"] + ["doc_vector"])
    return f"CREATE OR REPLACE VIEW {names.view} AS\nSELECT {columns}\nFROM {names.documents(number)}"


def hnsw_bytes(rows: int, dimensions: int) -> int:
    """Memory of the vector pool that a graph over float32 vectors takes: 1.3 × rows × dimensions × 4 bytes."""
    return math.ceil(HNSW_OVERHEAD * rows * dimensions * 4)


def right_index(rows: int, dimensions: int, vector_pool_bytes: int | None, least_rows: int) -> VectorIndex | None:
    """Which vector index a table should have; None if comparing all its rows is quick enough.

    Args:
        rows: Rows of the table.
        dimensions: Length of a vector.
        vector_pool_bytes: Size of the vector pool; None if it is not known, and then nothing is built in it.
        least_rows: Rows from which an index pays.
    """
    if rows < least_rows:
        return None
    if vector_pool_bytes is not None and HNSW_RESERVE * hnsw_bytes(rows, dimensions) <= vector_pool_bytes:
        return VectorIndex("HNSW")
    # as many partitions as rows in each: the fewest comparisons if one partition is looked into
    return VectorIndex("IVF", min(max(round(math.sqrt(rows)), 1), MOST_PARTITIONS))


def vector_index(names: Names, number: int, index: VectorIndex) -> Statement:
    """Statement that builds it."""
    name = names.vector_index(number)
    if index.kind == "HNSW":
        organization = "INMEMORY NEIGHBOR GRAPH"
        parameters = f"TYPE HNSW, NEIGHBORS {NEIGHBORS}, EFCONSTRUCTION {EF_CONSTRUCTION}"
    else:
        organization = "NEIGHBOR PARTITIONS"
        parameters = f"TYPE IVF, NEIGHBOR PARTITIONS {index.partitions}"
    return Statement(
        name,
        f"CREATE VECTOR INDEX {name} ON {names.documents(number)} (doc_vector)\n"
        f"ORGANIZATION {organization}\n"
        f"DISTANCE {METRIC} WITH TARGET ACCURACY {INDEX_ACCURACY}\n"
        f"PARAMETERS ({parameters})",
    )
