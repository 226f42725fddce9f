"""The collector's SQL texts: what they say they read and answer is what they do, and what Oracle's own exporter reads."""

import re
import tomllib

import pytest

from assets.fleet.asking import queries
from assets.fleet.logic.queries import probe, query, views_of

_VIEW = re.compile(r"\b(?:FROM|JOIN)\s+([\w$]+)", re.IGNORECASE)


@pytest.mark.parametrize("name", sorted(queries()))
def test_a_query_reads_the_views_and_answers_the_columns_that_it_names(name):
    one = queries()[name]
    assert sorted({view.lower() for view in _VIEW.findall(one.sql)}) == sorted(one.views)
    assert all(re.search(rf"\b{column}\b", one.sql) for column in one.columns)
    assert not one.sql.endswith(";")


def test_a_probe_reads_every_view_and_no_row():
    assert probe(["gv$a", "gv$b"]) == (
        "SELECT 1 AS readable FROM gv$a WHERE 1 = 0 UNION ALL SELECT 1 AS readable FROM gv$b WHERE 1 = 0"
    )
    assert len(views_of(queries())) == len({view for one in queries().values() for view in one.views})


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("SELECT 1", "purpose"),
        ("-- nonsense: x\nSELECT 1", "nonsense"),
        ("-- purpose: a\n-- columns: b\n-- views: c\n-- source: d", "SQL"),
    ],
)
def test_a_file_that_says_too_little_is_refused(text, wrong):
    with pytest.raises(ValueError, match=wrong):
        query("one", text)


def test_views_and_columns_are_those_of_oracles_exporter(data_folder):
    file = data_folder / "oci_fixtures" / "oracle-exporter-default-metrics.toml"
    if not file.is_file():
        pytest.skip("data: set CLOUDOPS_DATA to a folder that has Oracle's exporter queries")
    metrics = {one["context"]: one["request"].lower() for one in tomllib.loads(file.read_text())["metric"] if one["context"]}
    compared = {"sessions": "sessions", "activity": "statistics", "db_system": "memory", "top_sql": "cursors"}
    columns = {
        "sessions": {"status", "type"},
        "activity": {"inst_id", "name", "value"},
        "db_system": {"inst_id", "name", "value"},
        "top_sql": {"inst_id", "sql_id", "elapsed_time", "sql_text"},
    }
    for context, name in compared.items():
        ours, theirs = queries()[name], metrics[context]
        assert f'context "{context}"' in ours.source
        view = next(view for view in _VIEW.findall(theirs))
        assert view in ours.views
        for column in columns[context]:
            assert re.search(rf"\b{column}\b", theirs), (context, column)
            assert re.search(rf"\b{column}\b", ours.sql.lower()), (name, column)
    assert set(re.findall(r"'([^']+)'", queries()["statistics"].sql)) <= set(re.findall(r"'([^']+)'", metrics["activity"]))
    assert "pga_aggregate_limit" in metrics["db_system"]
