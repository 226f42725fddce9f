"""The code location as a whole: it loads for every deployment, and everything in it is catalogued and documented."""

import ast
import re
from pathlib import Path

import dagster as dg
import pytest

from assets.finops.tables import TABLES
from orchestration import registry
from orchestration.definitions import build_defs
from orchestration.settings import VARIABLES

PROJECT = Path(__file__).parents[2]
OPERATIONS = PROJECT / "docs" / "operations.md"
PACKAGES = ("assets", "benchmarks", "jobs", "orchestration", "resources", "sandbox")
SOURCES = sorted(path for package in PACKAGES for path in (PROJECT / package).rglob("*.py"))
NOT_TABLES = tuple(dg.AssetKey(key) for key in (["finops", "finops_report"], ["fleet", "fleet_report"], ["layers", "report"]))


def _name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("deployment", [None, "local", "production"])
def test_the_location_loads_with_no_other_variable_set(monkeypatch, deployment):
    monkeypatch.delenv("CLOUDOPS_HOME")
    if deployment:
        monkeypatch.setenv("CLOUDOPS_DEPLOYMENT", deployment)

    dg.Definitions.validate_loadable(build_defs())


def test_a_misspelt_deployment_is_refused_with_the_names_that_exist(monkeypatch):
    monkeypatch.setenv("CLOUDOPS_DEPLOYMENT", "prodution")

    with pytest.raises(ValueError, match="'prodution'; expected one of local, production"):
        build_defs()


def test_every_asset_is_catalogued():
    for spec in build_defs().resolve_all_asset_specs():
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
        assert spec.description, spec.key
        assert spec.group_name not in (None, "default"), spec.key


def test_every_asset_that_is_a_table_shows_its_columns():
    specs = build_defs().resolve_all_asset_specs()

    without = {spec.key for spec in specs if "dagster/column_schema" not in spec.metadata}

    assert without == set(NOT_TABLES)


def test_every_check_says_what_it_proves():
    graph = build_defs().resolve_asset_graph()

    for key in graph.asset_check_keys:
        assert graph.get_check_spec(key).description, key


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_of_a_table_is_described_once(table):
    names = [column.name for column in table.columns]

    assert len(set(names)) == len(names)
    assert table.description
    assert all(column.description for column in table.columns)
    assert {*table.partition_by, *table.indexed} <= set(names)


@pytest.mark.parametrize(
    "name", [part.name for part in (*registry.JOBS, *registry.SCHEDULES, *registry.SENSORS)], ids=lambda name: name
)
def test_operators_read_about_every_job_schedule_and_sensor(name):
    assert re.search(rf"\b{name}\b", OPERATIONS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("variable", VARIABLES)
def test_operators_read_about_every_variable(variable):
    pages = [OPERATIONS, PROJECT / ".env.example"]

    assert any(variable in page.read_text(encoding="utf-8") for page in pages)


@pytest.mark.parametrize("path", [p for p in SOURCES if not {"logic", "sandbox"} & set(p.parts)], ids=_name)
def test_dagster_sees_real_annotations(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))

    assert not [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module == "__future__"]


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if _name(p) != "orchestration/settings.py" and "sandbox" not in p.parts], ids=_name
)
def test_only_the_settings_read_the_environment(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    attributes = {(n.value.id, n.attr) for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)}
    imported = {(n.module, a.name) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}

    assert not (attributes | imported) & {("os", "environ"), ("os", "getenv"), ("os", "environb"), ("os", "putenv")}
