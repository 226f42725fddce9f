"""Usage and report of layers on a served AWS: published versions, aliases, other accounts, what is gone, what cannot be read."""

import pytest

from assets.layers import tables
from assets.layers.layer_report import REPORT_KEY, report
from assets.layers.usage import usage
from orchestration.summary_of_layers import layers
from resources.clock import Clock
from resources.errors import Denied
from sandbox.aws_lambda_server import ACCOUNT, REGION
from tests.aws_lambdas import OTHER
from tests.layer_estates import checks, layer_world

BOTH = (usage, report)


@pytest.fixture(name="world")
def _world(tmp_path):
    with layer_world(tmp_path) as made:
        yield made


def test_every_published_version_and_alias_in_every_account_is_told(world):
    one, two = world.publish("tools", 2)
    world.share(one, OTHER)
    world.function("f", one)
    client = world.client()
    client.publish_version(FunctionName="f")
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    client.update_function_configuration(FunctionName="f", Layers=[two], MemorySize=512)
    world.function("g", one, account=OTHER)
    world.function("without")
    result = world.materialize(BOTH)
    assert result.success
    found = {(r["account"], r["function_name"], r["function_version"]): r for r in world.rows(tables.USAGE)}
    assert set(found) == {(ACCOUNT, "f", "$LATEST"), (ACCOUNT, "f", "1"), (OTHER, "g", "$LATEST")}
    assert (found[ACCOUNT, "f", "1"]["layer_version"], found[ACCOUNT, "f", "1"]["aliases"]) == (one, ["live"])
    assert (found[ACCOUNT, "f", "$LATEST"]["version"], found[ACCOUNT, "f", "$LATEST"]["memory_mb"]) == (2, 512)
    versions = {r["version"]: r for r in world.rows(tables.VERSIONS)}
    assert [(versions[n]["functions"], versions[n]["function_versions"], versions[n]["is_newest"]) for n in (1, 2)] == [
        (1, 2, False), (1, 1, True),
    ]  # fmt: skip
    assert versions[1]["grants"] == [OTHER]
    assert versions[1]["zip_bytes"] > 0
    places = {r["account"]: r for r in world.rows(tables.PLACES)}
    assert places[ACCOUNT]["functions"] == 2
    assert places[ACCOUNT]["code_limit_bytes"] > places[ACCOUNT]["code_bytes"] > 0
    assert checks(result)["every_place_was_read"]
    page = world.reports.get(REPORT_KEY).decode()
    assert "This is the first report" in page
    assert "Functions behind the newest version" in page


def test_versions_that_are_used_and_gone_are_told_and_what_changed_a_day_later(world):
    one, two = world.publish("tools", 2)
    world.function("f", one)
    world.share(two, OTHER)
    world.function("g", two, account=OTHER)
    assert checks(world.materialize(BOTH))["no_used_version_is_gone"]
    client = world.client()
    client.delete_layer_version(LayerName="tools", VersionNumber=1)
    client.remove_layer_version_permission(LayerName="tools", VersionNumber=2, StatementId="s")
    result = world.materialize(BOTH, days=1)
    assert result.success
    states = {r["version"]: (r["state"], r["reason"]) for r in world.rows(tables.VERSIONS)}
    assert states[1][0] == "deleted"
    assert states[2] == ("not granted", f"no longer granted to {OTHER}")
    assert not checks(result)["no_used_version_is_gone"]
    page = world.reports.get(REPORT_KEY).decode()
    assert "there → deleted, used by 1 function" in page
    assert len({r["day"] for r in world.rows(tables.ADOPTION)}) == 2


def test_a_version_of_an_account_that_is_not_looked_at_is_told_by_what_its_owner_answers(world):
    (foreign,) = world.publish("theirs", account="333333333333")
    world.share(foreign, "*")
    world.function("f", foreign)
    world.materialize(BOTH)
    (row,) = world.rows(tables.VERSIONS)
    assert (row["state"], row["account"], row["functions"]) == ("there", "333333333333", 1)
    world.client("333333333333").delete_layer_version(LayerName="theirs", VersionNumber=1)
    world.materialize(BOTH)
    (row,) = world.rows(tables.VERSIONS)
    assert row["state"] in ("deleted", "not granted")


def test_a_version_of_an_account_that_is_not_looked_at_is_granted_to_some_of_those_who_use_it(world):
    (foreign,) = world.publish("theirs", account="333333333333")
    world.share(foreign, "*")
    world.function("f", foreign)
    world.function("g", foreign, account=OTHER)
    theirs = {"LayerName": "theirs", "VersionNumber": 1, "StatementId": "s"}
    world.client("333333333333").remove_layer_version_permission(**theirs)
    world.share(foreign, ACCOUNT)
    result = world.materialize(BOTH)
    (row,) = world.rows(tables.VERSIONS)
    assert (row["state"], row["reason"]) == ("not granted", f"{OTHER} may not read it")
    assert row["zip_bytes"] > 0
    assert not checks(result)["no_used_version_is_gone"]


def test_a_version_that_only_unreadable_accounts_use_is_unknown(world):
    (foreign,) = world.publish("theirs", account="333333333333")
    world.share(foreign, "*")
    world.function("g", foreign, account=OTHER)
    world.materialize([usage])
    world.aws.cloud.faults.ask("status", operation="ListFunctions", account=OTHER, status=403, code="AccessDeniedException")
    world.materialize([usage])
    (row,) = world.rows(tables.VERSIONS)
    assert (row["state"], row["functions"]) == ("unknown", 1)


def test_versions_of_a_layer_that_cannot_be_listed_are_kept_without_users_and_others_are_not(world):
    (kept,), (used,), (deleted,) = world.publish("tools"), world.publish("used"), world.publish("old")
    world.function("f", kept, used)
    world.materialize([usage])
    client = world.client()
    client.update_function_configuration(FunctionName="f", Layers=[used])
    client.delete_layer_version(LayerName="old", VersionNumber=1)
    listed = type(world.service).layer_versions

    def failing(self, place, layer):
        if layer == "tools":
            raise Denied("no", "Allow it.")
        return listed(self, place, layer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(world.service), "layer_versions", failing)
        world.materialize([usage])
    found = {row["layer_version"]: row["function_versions"] for row in world.rows(tables.VERSIONS)}
    assert found == {kept: 0, used: 1}
    assert deleted not in found


def test_a_place_that_cannot_be_read_keeps_what_was_known_and_is_never_taken_for_unused(world):
    (one,) = world.publish("tools")
    world.share(one, OTHER)
    world.function("g", one, account=OTHER)
    world.materialize(BOTH)
    world.aws.cloud.faults.ask("status", operation="ListFunctions", account=OTHER, status=403, code="AccessDeniedException")
    result = world.materialize(BOTH)
    assert result.success
    assert [r["function_name"] for r in world.rows(tables.USAGE)] == ["g"]
    place = next(r for r in world.rows(tables.PLACES) if r["account"] == OTHER)
    assert (place["is_complete"], place["functions"]) == (False, None)
    assert "functions could not be read" in place["reasons"][0]
    assert not checks(result)["every_place_was_read"]
    page = world.reports.get(REPORT_KEY).decode()
    assert "Before you trust it" in page
    assert f"{OTHER}/{REGION}" in page


def test_the_summary_says_perhaps_where_a_place_could_not_be_read(world, tmp_path, capsys):
    world.publish("tools")
    world.materialize(BOTH)
    told = _summary(world, tmp_path, capsys)
    assert "an unknown number of" not in told
    assert "1 versions that no function has." in told

    world.aws.cloud.faults.ask("status", operation="ListFunctions", account=OTHER, status=403, code="AccessDeniedException")
    world.materialize(BOTH)

    told = _summary(world, tmp_path, capsys)
    assert "an unknown number of functions" in told
    assert "1 versions that perhaps no function has." in told
    assert "not read completely: functions could not be read" in told


def _summary(world, folder, capsys):
    capsys.readouterr()
    layers(world.lake, folder, Clock().now())
    return " ".join(capsys.readouterr().out.split())


def test_aliases_that_cannot_be_read_are_unknown_and_not_none(world):
    (one,) = world.publish("tools")
    world.function("f", one)
    world.aws.cloud.faults.ask("status", operation="ListAliases", status=403, code="AccessDeniedException")
    world.materialize([usage])
    (row,) = world.rows(tables.USAGE)
    assert row["aliases"] is None
    assert not next(r for r in world.rows(tables.PLACES) if r["account"] == ACCOUNT)["is_complete"]
