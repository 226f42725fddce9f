"""The statements that create the knowledge base, and the choice of its index."""

import pytest

from resources.errors import BadInput
from resources.knowledge_base.interface import KB_DOCUMENTS
from resources.oracle_db import vector_ddl as ddl
from tests.resources.oracle_db.golden_files import golden, script

NAMES = ddl.Names("kb")


@pytest.mark.parametrize(
    ("file", "statements"),
    [
        ("control", [s.sql for s in ddl.control(NAMES)]),
        ("lexer", [ddl.lexer(NAMES)]),
        ("generation", [s.sql for s in ddl.generation(NAMES, 7, 384)]),
        ("view", [ddl.live_view(NAMES, 7)]),
        ("vectors_hnsw", [ddl.vector_index(NAMES, 7, ddl.VectorIndex("HNSW")).sql]),
        ("vectors_ivf", [ddl.vector_index(NAMES, 7, ddl.VectorIndex("IVF", 447)).sql]),
    ],
)
def test_the_statements_are_the_ones_that_were_reviewed(file, statements):
    assert script(statements) == golden(file)


def test_every_column_of_a_passage_but_its_tags_has_a_place():
    documents = ddl.generation(NAMES, 1, 384)[0].sql

    assert [name for name in KB_DOCUMENTS.schema if f"\n  {name} " not in documents] == ["tags"]


@pytest.mark.parametrize("prefix", ["", "KB", "1kb", "kb; DROP TABLE t", 'kb"', "k" * 31, "kb-x", "kb\n"])
def test_a_prefix_that_is_no_identifier_is_refused(prefix):
    with pytest.raises(BadInput, match="prefix"):
        ddl.Names(prefix)


@pytest.mark.parametrize("name", ["", "A B", "X;Y", 'A"', "1A"])
def test_a_name_from_the_dictionary_that_would_need_quotes_is_left_alone(name):
    with pytest.raises(BadInput):
        ddl.checked_name(name)


@pytest.mark.parametrize("dimensions", [0, 65_536])
def test_dimensions_that_no_vector_has_are_refused(dimensions):
    with pytest.raises(BadInput, match="dimensions"):
        ddl.generation(NAMES, 1, dimensions)


def test_generations_sort_by_time():
    assert sorted(map(ddl.generation_id, (10, 9, 100))) == ["g000009", "g000010", "g000100"]


def test_a_small_table_needs_no_index():
    assert ddl.right_index(19_999, 384, 1 << 40, 20_000) is None


def test_a_table_that_fits_into_the_vector_pool_thrice_gets_a_graph():
    pool = 3 * ddl.hnsw_bytes(1_000_000, 384)

    assert ddl.right_index(1_000_000, 384, pool, 20_000) == ddl.VectorIndex("HNSW")
    assert ddl.right_index(1_000_000, 384, pool - 1, 20_000) == ddl.VectorIndex("IVF", 1000)


def test_nothing_is_built_in_a_pool_of_unknown_size():
    assert ddl.right_index(40_000, 384, None, 20_000) == ddl.VectorIndex("IVF", 200)


def test_the_memory_of_a_graph_is_estimated_as_the_manual_does():
    assert ddl.hnsw_bytes(1_000_000, 1536) == pytest.approx(7.99e9, rel=0.001)
