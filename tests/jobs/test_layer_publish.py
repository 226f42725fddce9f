"""Layers that are tested in an account, published and shared: what is done, what is not and why, and what a crash leaves."""

import json
from contextlib import suppress

import polars as pl
import pytest

from assets.layers import tables
from assets.layers.logic.account_tests import TemporaryFunction, tags
from resources.aws.lambda_calls import Calls
from resources.errors import Denied, Unavailable
from resources.lake import Lake
from resources.lambda_layers import Place
from resources.language_runtimes import machine
from tests.layer_worlds import AWAY, HERE, HOME, OTHER, OWN, RUNTIME, THERE, LayerWorld, zipped

FRIEND, ORGANIZATION = "999988887777", "o-a1b2c3d4e5"
MODULE = {"python/m.py": "VALUE = 1\n"}


@pytest.fixture
def world(aws_lambda, tmp_path, monkeypatch):
    monkeypatch.setattr("resources.aws.repeats._FIRST", 0.01)
    return LayerWorld(aws_lambda, tmp_path)


def foreign(world, arn, principal, statement="theirs", **more):
    world.aws.client().add_layer_version_permission(
        LayerName=arn.name,
        VersionNumber=arn.version,
        StatementId=statement,
        Action="lambda:GetLayerVersion",
        Principal=principal,
        **more,
    )


def arn_of(world, layer="tool", place=HERE):
    return world.service.layer_versions(place, layer)[0].arn


def results(world, where):
    return world.lake.scan(tables.TESTS).filter(pl.col("where") == str(where)).collect()


class TestPublishing:
    def test_a_plan_tells_all_that_would_be_done_and_does_nothing(self, world):
        world.specify("tool", accounts=[FRIEND])
        world.build("tool", MODULE, "m")

        told = world.publish(mode="plan")

        assert [line.split(" | ")[0] for line in told["plan"].splitlines()[2:]] == ["| test", "| publish", "| grant"]
        assert world.versions(HERE, "tool") == []
        assert world.journal() == []

    def test_what_passed_is_tested_published_and_shared_at_every_place_once(self, world):
        world.specify("tool", places=["*/*"], accounts=[FRIEND, OTHER], organizations=[ORGANIZATION], license="MIT")
        sha = world.build("tool", MODULE, "m")

        told = world.publish()

        assert (told["published"], told["leftovers_removed"]) == (4, 0)
        for place in world.service.places():
            assert world.versions(place, "tool") == [1]
            shared = {FRIEND, OTHER} - {place.account}
            assert world.grants(place, "tool") == {*((one, None) for one in shared), ("*", ORGANIZATION)}
        version = world.service.layer_version(arn_of(world))
        source = world.lake.scan(tables.BUILDS).collect()["source_sha256"][0]
        assert (version.description, version.license) == (f"cloudops sha256:{source}", "MIT")
        assert (version.runtimes, version.architectures) == ((RUNTIME,), (machine(),))
        rows = world.lake.scan(tables.PUBLICATIONS).sort("arn").collect()
        assert set(rows["sha256"]) == {sha}
        assert set(zip(rows["account"], rows["region"], rows["version"], strict=True)) == {
            (account, region, 1) for account in (OWN, OTHER) for region in (HOME, AWAY)
        }
        assert results(world, HERE).select("verdict", "import_seconds").rows() == [("passed", None)]
        assert world.left() == []

        again = world.publish()
        assert (again["published"], again["granted"], again["revoked"]) == (0, 0, 0)
        assert world.versions(HERE, "tool") == [1]

    def test_cold_starts_are_measured_against_the_version_before_in_the_same_run_and_posted(self, world):
        world.specify("tool", accounts=[])
        world.build("tool", MODULE, "m")
        world.publish()
        world.build("tool", {"python/m.py": "import time; time.sleep(0.05)\n"}, "m")

        world.publish(cold_starts=2)

        row = results(world, HERE).sort("tested_at").row(-1, named=True)
        assert row["cold_start_ms"] > row["before_ms"] > 0
        assert world.points()["LayerColdStartDuration"][-1] in results(world, HERE)["cold_start_ms"].to_list()
        assert len(world.points()["LayerSize"]) == 2

    def test_a_cold_start_that_grew_beyond_its_budget_is_not_published(self, world):
        world.specify("tool", budget={"import_growth": 0.1})
        world.build("tool", MODULE, "m")
        world.publish()
        world.build("tool", {"python/m.py": "import time; time.sleep(0.4)\n"}, "m")

        assert "a cold start takes" in world.publish(fails=True)["failure"]
        assert world.versions(HERE, "tool") == [1]

    def test_a_zip_is_not_published_by_tests_of_what_was_asked_for_before(self, world):
        world.specify("tool")
        world.build("tool", MODULE, "m")
        world.specify("tool", smoke="raise SystemExit")

        assert "materialize layers/tests" in world.publish()["plan"]
        assert world.versions(HERE, "tool") == []

    def test_what_did_not_pass_is_neither_tested_nor_published(self, world):
        world.specify("tool")
        world.build("tool", MODULE, "m", scan="unknown", local="failed")

        told = world.publish()

        assert "| not published |" in told["plan"]
        assert "the scan of tool is unknown" in told["plan"]
        assert (world.versions(HERE, "tool"), world.journal()) == ([], [])

    def test_what_this_machine_could_not_test_is_published_if_the_account_tested_it(self, world):
        world.specify("tool")
        world.build("tool", MODULE, "m", local="unknown")

        assert world.publish()["published"] == 1

    @pytest.mark.parametrize(
        ("files", "smoke", "why"),
        [
            (MODULE, "import m\nassert m.VALUE == 2", "the smoke code fails: AssertionError"),
            ({"python/m.py": "import os\nos._exit(3)\n"}, "", "Runtime.ExitError"),
        ],
    )
    def test_what_fails_in_the_account_is_not_published_and_leaves_nothing_there(self, world, files, smoke, why):
        world.specify("tool", smoke=smoke)
        world.build("tool", files, "m")

        assert why in world.publish(fails=True)["failure"]
        assert world.versions(HERE, "tool") == []
        assert world.left() == []
        assert why in results(world, HERE)["reason"][0]

    def test_a_layer_of_which_nothing_can_be_loaded_is_not_published_untested(self, world):
        world.specify("tool")
        world.build("tool", {"python/data.txt": ""}, local="unknown")

        assert "say `imports` or `smoke`" in world.publish(fails=True)["failure"]
        assert world.versions(HERE, "tool") == []

    def test_parts_of_a_layer_are_tested_together_and_published_each(self, world):
        world.specify("tool", most_bytes=1_000_000)
        world.build("tool", {"python/a.py": "import b\n"}, "a", layer="tool-1", source="one")
        world.build("tool", {"python/b.py": ""}, "b", layer="tool-2", source="one")

        assert world.publish()["published"] == 2
        assert (world.versions(HERE, "tool-1"), world.versions(HERE, "tool-2")) == ([1], [1])

    def test_a_version_with_the_same_description_and_another_content_is_not_taken_for_it(self, world):
        world.specify("tool")
        world.build("tool", MODULE, "m")
        source = world.lake.scan(tables.BUILDS).collect()["source_sha256"][0]
        world.service.publish(HERE, "tool", zipped({"python/m.py": "bad"}), f"cloudops sha256:{source}", [RUNTIME], [])

        world.publish()

        assert world.versions(HERE, "tool") == [1, 2]

    def test_a_place_that_refuses_is_told_with_what_it_needs_and_the_others_go_on(self, world, monkeypatch):
        world.specify("tool", places=["*/*"])
        world.build("tool", MODULE, "m")
        once = Calls.once

        def refused(calls, action, place, about, **more):
            if place == THERE and action.startswith(("lambda:ListLayer", "lambda:PublishLayer")):
                raise Denied(f"{about} in {place}", "Allow it.")
            return once(calls, action, place, about, **more)

        monkeypatch.setattr(Calls, "once", refused)

        failure = world.publish(fails=True)["failure"]
        assert f"{THERE} could not be read" in failure
        assert '"lambda:ListLayerVersions"' in failure
        assert f"arn:aws:lambda:{AWAY}:{OTHER}:layer:*" in failure
        assert [world.versions(place, "tool") for place in world.service.places() if place != THERE] == [[1], [1], [1]]

    @pytest.mark.parametrize("what", ["ListLayerVersions", "PublishLayerVersion", "AddLayerVersionPermission"])
    def test_a_place_that_is_silent_stops_no_other_and_is_tried_again(self, world, monkeypatch, what):
        world.specify("tool", places=["*/*"], accounts=[FRIEND])
        world.build("tool", MODULE, "m")
        once, first = Calls.once, world.service.places()[0]

        def silent(calls, action, place, about, **more):
            if place == first and action == f"lambda:{what}" and "candidate" not in about:
                raise Unavailable(f"{about} in {place}", "Wait.")
            return once(calls, action, place, about, **more)

        with monkeypatch.context() as patched:
            patched.setattr(Calls, "once", silent)
            patched.setattr("assets.failures._TRIES_AGAIN", 0)
            patched.setattr("resources.aws.repeats._FIRST", 10)
            world.publish(fails=True)
        for place in world.service.places()[1:]:
            assert world.versions(place, "tool") == [1]
            assert world.grants(place, "tool") == {(FRIEND, None)}

        world.publish()
        assert world.versions(first, "tool") == [1]
        assert world.grants(first, "tool") == {(FRIEND, None)}
        assert world.open_changes() == 0

    def test_a_pattern_that_no_place_matches_is_told(self, world):
        world.specify("tool", places=[f"{OWN}/ap-south-1"])
        world.build("tool", MODULE, "m")

        assert "which is no place that is looked at" in world.publish(fails=True)["failure"]

    def test_a_layer_that_is_called_as_a_candidate_of_another_stops_that_one(self, world):
        world.specify("tool")
        world.specify("tool-candidate")
        world.build("tool", MODULE, "m")
        world.build("tool-candidate", {"python/n.py": ""}, "n")

        world.publish()

        assert (world.versions(HERE, "tool"), world.versions(HERE, "tool-candidate")) == ([], [1])


class TestSharing:
    def published(self, world, **specification):
        world.specify("tool", **specification)
        world.build("tool", MODULE, "m")
        world.publish()
        return arn_of(world)

    def test_grants_of_all_versions_follow_the_specification(self, world):
        self.published(world, accounts=[FRIEND])
        world.build("tool", {"python/m.py": "VALUE = 2\n"}, "m")
        world.publish()
        world.specify("tool", accounts=["555566667777"], organizations=[ORGANIZATION])

        told = world.publish()

        assert (told["granted"], told["revoked"]) == (4, 2)
        for version in (1, 2):
            assert world.grants(HERE, "tool", version) == {("555566667777", None), ("*", ORGANIZATION)}

    def test_what_others_granted_is_revoked_and_everybody_is_told_loudly(self, world):
        arn = self.published(world, accounts=[FRIEND])
        foreign(world, arn, "444455556666")
        foreign(world, arn, "*", "everybody")

        plan = world.publish(mode="plan")
        assert plan["public"] == 1
        assert "version 1: EVERYBODY | PUBLIC" in plan["plan"]
        assert world.grants(HERE, "tool") == {(FRIEND, None), ("444455556666", None), ("*", None)}

        assert world.publish()["revoked"] == 2
        assert world.grants(HERE, "tool") == {(FRIEND, None)}

    def test_the_same_grant_under_another_name_is_left_as_it_is(self, world):
        arn = self.published(world)
        foreign(world, arn, FRIEND)
        world.specify("tool", accounts=[FRIEND])

        told = world.publish()

        assert (told["granted"], told["revoked"]) == (0, 0)

    def test_layers_without_a_specification_are_left_alone(self, world):
        self.published(world)
        other = world.service.publish(HERE, "others", zipped(MODULE), "theirs", [RUNTIME], []).arn
        foreign(world, other, "*")

        world.publish()

        assert world.grants(HERE, "others") == {("*", None)}

    def test_a_policy_that_is_changed_at_the_same_time_is_read_and_planned_anew(self, world, monkeypatch):
        arn = self.published(world)
        world.specify("tool", accounts=[FRIEND])
        once, meanwhile = Calls.once, []

        def between(calls, action, place, about, **more):
            if action == "lambda:AddLayerVersionPermission" and not meanwhile:
                meanwhile.append(True)
                foreign(world, arn, "444455556666")
            return once(calls, action, place, about, **more)

        monkeypatch.setattr(Calls, "once", between)

        told = world.publish()

        assert world.grants(HERE, "tool") == {(FRIEND, None)}
        assert (told["granted"], told["revoked"]) == (1, 1)


class _Killed(BaseException):
    """The process is gone: nothing else is done by it."""


class _Killer:
    """Ends the process at one of its calls of AWS and writes to the lake, before or after it is done."""

    def __init__(self, monkeypatch, at, *, after):
        self.at, self.after, self.count, self.dead = at, after, 0, False
        for owner, name in ((Calls, "once"), (Lake, "replace")):
            monkeypatch.setattr(owner, name, self._deadly(getattr(owner, name)))

    def _deadly(self, do):
        def call(*args, **more):
            if self.dead:
                raise _Killed
            self.count += 1
            self.dead = self.count == self.at
            if self.dead and not self.after:
                raise _Killed
            answer = do(*args, **more)
            if self.dead:
                raise _Killed
            return answer

        return call


def run_to_its_death(world, monkeypatch, at, *, after=True):
    """Whether it died before it was over."""
    with monkeypatch.context() as patched:
        killer = _Killer(patched, at, after=after)
        with suppress(AssertionError):  # Dagster takes it for a failure of the step
            world.publish()
    return killer.dead


def assert_whole(world):
    """Another run brings everything to the desired state, without a second version or anything left behind."""
    world.publish()
    assert world.versions(HERE, "tool") == [1]
    assert world.grants(HERE, "tool") == {(FRIEND, None)}
    assert world.left() == []
    assert world.open_changes() == 0
    assert world.lake.scan(tables.PUBLICATIONS).collect()["arn"].to_list() == [str(arn_of(world))]


@pytest.mark.parametrize("at", [7, 10, 24, 34, 39])  # a candidate, its function, its end, a version, a grant: done, not noted
def test_a_run_that_is_killed_is_made_good_by_the_next(world, monkeypatch, at):
    world.specify("tool", accounts=[FRIEND])
    world.build("tool", MODULE, "m")

    assert run_to_its_death(world, monkeypatch, at)
    assert_whole(world)


def test_answers_that_are_lost_publish_and_create_nothing_twice(world):
    world.specify("tool", accounts=[FRIEND])
    world.build("tool", MODULE, "m")
    for operation in ("PublishLayerVersion", "CreateFunction", "UpdateFunctionConfiguration", "AddLayerVersionPermission"):
        world.aws.cloud.faults.ask(kind="drop_after", operation=operation, times=1)

    assert_whole(world)


class TestLeftovers:
    def left_behind(self, world, monkeypatch):
        world.specify("tool")
        world.build("tool", MODULE, "m")
        assert run_to_its_death(world, monkeypatch, 11)
        (function,) = world.service.functions(HERE, all_versions=False)
        return function

    def test_a_function_that_is_no_longer_marked_stays_and_is_told(self, world, monkeypatch):
        function = self.left_behind(world, monkeypatch)
        world.aws.client().tag_resource(Resource=function.arn, Tags={"run": "mine"})

        assert f"{function.arn} stays" in world.publish(fails=True)["failure"]
        assert function.name in world.left()

    def test_a_function_that_looks_the_same_and_is_not_in_the_journal_stays(self, world):
        world.specify("tool")
        world.build("tool", MODULE, "m")
        other = TemporaryFunction(HERE, "cloudops-layer-test-0123456789ab", "another run")
        code = zipped({"a.py": "def handler(e, c): pass\n"})
        marks = tags(other.run_id, "tool", world.resources["clock"].now())
        world.service.create_function(HERE, other.name, code, "a.handler", RUNTIME, [], marks)

        world.publish()

        assert world.left() == [other.name]

    def test_removal_that_is_refused_is_told_and_done_by_the_next_run(self, world):
        world.specify("tool")
        world.build("tool", MODULE, "m")
        world.aws.cloud.faults.ask(kind="status", operation="DeleteFunction", status=403, code="AccessDeniedException", times=1)

        assert "could not be removed, and goes with the next run" in world.publish(fails=True)["failure"]
        assert len(world.left()) == 1
        assert world.publish()["leftovers_removed"] == 1
        assert world.left() == []


def test_marks_of_a_function_are_such_that_aws_takes_them(world):
    marks = tags("run", "tool-1 + tool-2", world.resources["clock"].now())

    assert set(marks) == {"product", "run", "layer", "created"}
    assert json.dumps(marks).isascii()


def test_places_are_as_policies_name_them():
    assert TemporaryFunction(Place(OWN, "cn-north-1"), "f", "r").arn.startswith("arn:aws-cn:lambda:cn-north-1:")
    assert TemporaryFunction(Place(OWN, "us-gov-west-1"), "f", "r").arn.startswith("arn:aws-us-gov:")


def test_layers_with_the_same_content_are_published_each(world):
    world.specify("tool")
    world.specify("twin")
    world.build("tool", MODULE, "m")
    rows = world.lake.scan(tables.BUILDS).collect()
    world.lake.replace(
        tables.BUILDS, rows.with_columns(layer=pl.lit("twin"), specification=pl.lit("twin")), where="layer = 'twin'"
    )
    looked = world.lake.scan(tables.SCANS).collect()
    world.lake.replace(tables.SCANS, looked.with_columns(layer=pl.lit("twin")), where="layer = 'twin'")

    world.publish()

    assert (world.versions(HERE, "tool"), world.versions(HERE, "twin")) == ([1], [1])
