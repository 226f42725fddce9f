"""The asset of tests on this machine: what is tested, what is not run at all, and what its check says."""

import dagster as dg
import polars as pl
import pytest

from assets.layers import tables
from assets.layers.layer_tests import layer_tests
from tests.layer_worlds import RUNTIME, LayerWorld


@pytest.fixture
def world(aws_lambda, tmp_path):
    made = LayerWorld(aws_lambda, tmp_path)
    made.specify("tool")
    return made


def tested(world, **config):
    """What a run tells, and the result of its check."""
    run = dg.materialize(
        [layer_tests],
        resources=world.resources,
        run_config={"ops": {"layers__tests": {"config": {"runs": 3, **config}}}},
        raise_on_error=False,
    )
    assert run.success or any(event.is_step_failure for event in run.all_events)
    (check,) = run.get_asset_check_evaluations()
    (made,) = run.asset_materializations_for_node("layers__tests")
    return {name: value.value for name, value in made.metadata.items()}, check


tested.__test__ = False


def rows(world):
    return world.lake.scan(tables.TESTS).sort("layer", "tested_at").collect().to_dicts()


def test_the_newest_zip_of_each_layer_is_tested_once(world):
    world.build("tool", {"python/m.py": "raise ValueError"}, "m", local=None)
    world.build("tool", {"python/m.py": "VALUE = 1"}, "m", local=None)

    told, check = tested(world)

    (row,) = rows(world)
    assert (row["verdict"], row["where"], row["runtime"], row["cold_start_ms"]) == ("passed", "local", RUNTIME, None)
    assert row["import_seconds"] > 0
    assert (told["tested"], told["passed"], check.passed) == (1, 1, True)
    assert tested(world)[0]["tested"] == 0
    assert tested(world, again=True)[0]["tested"] == 1
    assert len(rows(world)) == 1


def test_a_zip_is_tested_again_once_its_specification_asks_for_something_else(world):
    world.build("tool", {"python/m.py": "VALUE = 1"}, "m", local=None)
    tested(world)
    world.specify("tool", smoke="import m; assert m.VALUE == 2")

    told, check = tested(world)

    assert (told["tested"], told["failed"], check.passed) == (1, 1, False)
    world.specify("tool")
    assert tested(world)[0]["tested"] == 0


def test_the_version_before_is_measured_in_the_same_run(world):
    world.build("tool", {"python/m.py": "import time; time.sleep(0.05)"}, "m", local=None)
    world.build("tool", {"python/m.py": ""}, "m", local=None)

    tested(world)

    (row,) = rows(world)
    assert row["before_ms"] > 50 > 1000 * row["import_seconds"]


def test_code_that_its_scan_refused_or_did_not_see_is_not_run(world, tmp_path):
    trace = tmp_path / "trace"
    code = {"python/m.py": f"open({str(trace)!r}, 'w')"}
    world.build("tool", code, "m", local=None, scan="failed")
    world.specify("other")
    world.build("other", {**code, "python/n.py": ""}, "m", local=None, high=1)
    world.specify("third")
    world.build("third", {**code, "python/o.py": ""}, "m", local=None)
    world.lake.replace(tables.SCANS, pl.DataFrame(schema=tables.SCANS.schema), where="layer = 'third'")

    told, check = tested(world)

    assert [row["verdict"] for row in rows(world)] == ["unknown"] * 3
    assert "was not looked through" in rows(world)[1]["reason"]
    assert not trace.exists()
    assert (told["unknown"], check.passed, check.severity) == (3, False, dg.AssetCheckSeverity.WARN)


def test_a_layer_that_does_not_load_fails_the_check_with_its_reason(world):
    world.build("tool", {"python/m.py": "raise ValueError('no')"}, "m", local=None)

    _, check = tested(world)

    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert f"tool ({RUNTIME}): m does not load: ValueError: no" in check.description


def test_a_zip_that_is_gone_or_was_changed_is_unknown(world):
    sha = world.build("tool", {"python/m.py": ""}, "m", local=None)
    (world.folder / "store" / f"{sha}.zip").write_bytes(b"another")
    tested(world)
    assert "is not the zip that was built" in rows(world)[0]["reason"]

    (world.folder / "store" / f"{sha}.zip").unlink()
    tested(world)
    assert (rows(world)[0]["verdict"], len(rows(world))) == ("unknown", 1)


def test_only_layers_that_are_named_are_tested_and_all_are_told(world):
    world.specify("other")
    world.build("tool", {"python/m.py": ""}, "m", local=None)
    world.build("other", {"python/n.py": ""}, "n", local=None)

    told, check = tested(world, layers=["other"])

    assert (told["tested"], told["unknown"]) == (1, 1)
    assert "tool" in check.description
