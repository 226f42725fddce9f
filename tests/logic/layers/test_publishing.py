"""What is published where and shared with whom: the gate, the desired grants, and how versions are known again."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.layers.logic.bundles import Bundle, before, bundles, current
from assets.layers.logic.products import BuiltLayer, LayerSpecification
from assets.layers.logic.publishing import (
    GRANT,
    Gate,
    candidate_layer,
    candidates,
    description_of,
    gate,
    grant_steps,
    is_of,
    is_public,
    layer_arn,
    layers_in_force,
    policy_statement,
    source_of,
    wanted_grants,
    wanted_places,
)
from resources.lambda_layers import Grant, LayerArn, LayerVersion, Place

OWN, FRIEND, ORGANIZATION = "123456789012", "999988887777", "o-a1b2c3d4e5"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
ARN = LayerArn("aws", "eu-central-1", OWN, "tool", 3)
BUILD = BuiltLayer(
    "tool", "tool", "python", ("python3.12", "python3.13"), ("x86_64",), hashlib.sha256(b"zip").hexdigest(), "a" * 64, "k", 1, 1,
    1, (), ("m",),
)  # fmt: skip
BUNDLE = Bundle((BUILD,), (("passed", ""),), NOW)
SCANS = {BUILD.scan_key: {"verdict": "passed", "high": 0}}
LOCAL = {(BUILD.sha256, runtime, "x86_64", "local"): {"verdict": "passed", "reason": ""} for runtime in BUILD.runtimes}
ACCOUNT = {
    (BUILD.sha256, runtime, "x86_64", f"{OWN}/eu-central-1"): {"verdict": "passed", "reason": ""} for runtime in BUILD.runtimes
}


class TestGate:
    def test_everything_passed_is_let_through(self):
        assert gate(BUNDLE, SCANS, LOCAL | ACCOUNT) == Gate((), ())

    def test_every_runtime_has_to_be_tested_in_an_account(self):
        some = {key: row for key, row in ACCOUNT.items() if key[1] == "python3.12"}

        assert gate(BUNDLE, SCANS, LOCAL).untested == (("python3.12", "x86_64"), ("python3.13", "x86_64"))
        assert gate(BUNDLE, SCANS, LOCAL | some).untested == (("python3.13", "x86_64"),)
        assert gate(BUNDLE, SCANS, LOCAL | {key: {"verdict": "unknown", "reason": ""} for key in ACCOUNT}).untested

    @pytest.mark.parametrize("verdict", ["failed", "unknown"])
    def test_scans_and_budgets_have_to_be_passed(self, verdict):
        (scan,) = gate(BUNDLE, {BUILD.scan_key: {"verdict": verdict, "high": 0}}, LOCAL | ACCOUNT).refusals
        (budget,) = gate(replace(BUNDLE, budgets=((verdict, "larger"),)), SCANS, LOCAL | ACCOUNT).refusals

        assert scan == f"the scan of tool is {verdict} (high findings: 0)"
        assert budget == f"the budget of tool is {verdict}: larger"

    def test_a_high_finding_stops_it_whatever_the_verdict_says(self):
        assert gate(BUNDLE, {BUILD.scan_key: {"verdict": "passed", "high": 1}}, LOCAL | ACCOUNT).refusals

    def test_a_test_that_failed_here_stops_it_and_one_that_could_not_be_made_does_not(self):
        key = next(iter(LOCAL))

        assert "failed: why" in gate(BUNDLE, SCANS, LOCAL | ACCOUNT | {key: {"verdict": "failed", "reason": "why"}}).refusals[0]
        assert gate(BUNDLE, SCANS, LOCAL | ACCOUNT | {key: {"verdict": "unknown", "reason": ""}}) == Gate((), ())

    def test_what_was_never_looked_at_is_told_with_what_to_do(self):
        refusals = gate(BUNDLE, {}, {}).refusals

        assert "materialize layers/scans" in refusals[0]
        assert sum("materialize layers/tests" in one for one in refusals) == 2

    def test_no_layer_in_force_may_be_called_as_its_candidate(self):
        assert gate(BUNDLE, SCANS, LOCAL | ACCOUNT, {"tool-candidate"}).refusals
        assert len(candidate_layer("x" * 140)) == 140


class TestKnowingAgain:
    def version(self, number, description, sha256=None):
        return LayerVersion(replace(ARN, version=number), description, None, sha256=sha256)

    def test_a_version_is_of_a_zip_if_description_and_hash_agree(self):
        of_aws = base64.b64encode(hashlib.sha256(b"zip").digest()).decode()
        versions = [self.version(3, "by hand"), self.version(2, description_of(BUILD)), self.version(1, f"x sha256:{'b' * 64}")]

        assert [one.arn.version for one in candidates(BUILD, versions)] == [2]
        assert is_of(BUILD, self.version(2, "", of_aws))
        assert not is_of(BUILD, self.version(2, "", "other"))
        assert not is_of(BUILD, self.version(2, "", None))

    def test_descriptions_carry_the_source_and_others_do_not(self):
        assert source_of(description_of(BUILD)) == BUILD.source_sha256
        assert len(description_of(BUILD)) <= 256
        assert source_of("sha256:short") is None

    def test_arns_are_of_the_part_of_aws_that_the_region_is_in(self):
        assert layer_arn(Place(OWN, "eu-central-1"), "tool") == ARN.layer
        assert layer_arn(Place(OWN, "cn-north-1"), "tool").startswith("arn:aws-cn:")
        assert layer_arn(Place(OWN, "us-gov-west-1"), "tool").startswith("arn:aws-us-gov:")


class TestPlaces:
    PLACES = (Place(OWN, "eu-central-1"), Place(OWN, "us-east-1"), Place(FRIEND, "us-east-1"))

    def wanted(self, *patterns):
        return wanted_places(LayerSpecification("tool", "python", ("python3.12",), places=patterns), self.PLACES)

    def test_without_patterns_a_layer_is_at_the_own_place(self):
        assert self.wanted() == ([self.PLACES[0]], [])

    def test_patterns_choose_places_in_their_order_each_once_and_lost_ones_are_told(self):
        assert self.wanted("*/us-east-1", f"{OWN}/*") == (list(self.PLACES), [])
        assert self.wanted("*/us-*", "*/ap-*") == (list(self.PLACES[1:]), ["*/ap-*"])


GRANTS = st.builds(
    Grant,
    st.sampled_from(["theirs", "other", f"cloudops-account-{FRIEND}", f"cloudops-organization-{ORGANIZATION}"]),
    st.sampled_from([FRIEND, "444455556666", "*"]),
    st.sampled_from([None, ORGANIZATION, "o-zzzzzzzzzz"]),
)


def applied(there, steps):
    """Grants after steps, as AWS would take them: a statement's name is there once."""
    for step in steps:
        if step.operation == GRANT:
            assert all(grant.statement_id != step.grant.statement_id for grant in there)
            there = [*there, step.grant]
        else:
            assert any(grant.statement_id == step.grant.statement_id for grant in there)
            there = [grant for grant in there if grant.statement_id != step.grant.statement_id]
    return there


class TestGrants:
    WANTED = tuple(
        wanted_grants(
            LayerSpecification("tool", "python", ("python3.12",), accounts=(FRIEND, OWN), organizations=(ORGANIZATION,)), OWN
        )
    )

    def test_the_owner_needs_no_grant_and_names_are_ours(self):
        account, organization = self.WANTED

        assert account == Grant(f"cloudops-account-{FRIEND}", FRIEND)
        assert organization == Grant(f"cloudops-organization-{ORGANIZATION}", "*", ORGANIZATION)

    @given(st.lists(GRANTS, max_size=6), st.booleans())
    def test_whatever_is_granted_the_steps_lead_to_what_is_wanted_and_then_there_are_none(self, there, nobody):
        wanted = () if nobody else self.WANTED

        after = applied(there, grant_steps(ARN, there, wanted))

        assert {(one.principal, one.organization) for one in after} == {(one.principal, one.organization) for one in wanted}
        assert grant_steps(ARN, after, wanted) == []

    def test_everybody_is_called_so(self):
        (step,) = grant_steps(ARN, [Grant("x", "*")], ())

        assert is_public(step.grant)
        assert step.why.startswith("PUBLIC")
        assert not is_public(Grant("x", "*", ORGANIZATION))

    def test_a_statement_for_a_policy_names_actions_and_resources(self):
        said = json.loads(policy_statement(GRANT, ARN.layer))

        assert said["Resource"] == [ARN.layer]
        assert "lambda:AddLayerVersionPermission" in said["Action"]


class TestBundles:
    def row(self, layer, source, minute, sha="", **more):
        return {
            "sha256": sha or hashlib.sha256(f"{layer}{source}".encode()).hexdigest(), "layer": layer, "specification": "tool",
            "kind": "python", "runtimes": ["python3.12"], "architectures": ["x86_64"], "source_sha256": source, "key": "k",
            "zip_bytes": 1, "unzipped_bytes": 1, "files": 1, "packages": '[{"name": "m", "version": "1", "bytes": 1}]',
            "imports": [layer], "budget": "passed", "budget_reason": "", "built_at": NOW + timedelta(minutes=minute), **more,
        }  # fmt: skip

    def test_parts_of_one_source_are_one_bundle_and_the_newest_is_current(self):
        old, *parts = self.row("tool", "one", 0), self.row("tool-2", "two", 1), self.row("tool-1", "two", 1)
        everything = bundles([old, *parts])

        assert [one.name for one in everything] == ["tool-1 + tool-2", "tool"]
        assert [one.name for one in current(everything, {"tool"})] == ["tool-1 + tool-2"]
        assert everything[0].imports == ("tool-1", "tool-2")
        assert current(everything, {"other"}) == []
        assert layers_in_force(everything, {"tool"}) == {"tool": "tool", "tool-1": "tool", "tool-2": "tool"}

    def test_each_runtime_has_a_current_bundle_of_its_own(self):
        everything = bundles([self.row("tool-a", "one", 0), self.row("tool-b", "two", 1, runtimes=["python3.13"])])

        assert [one.name for one in current(everything, {"tool"})] == ["tool-a", "tool-b"]

    def test_what_is_tested_is_held_against_what_was_published_last_or_built_before(self):
        first, second, third = (self.row("tool", str(n), n) for n in range(3))
        everything = bundles([first, second, third])
        combination = ("python3.12", "x86_64")

        assert before(everything[0], everything, [], combination) == everything[1]
        assert before(everything[0], everything, [first["sha256"]], combination) == everything[2]
        assert before(everything[2], everything, [], combination) is None
        assert before(everything[0], everything, [], ("python3.13", "x86_64")) is None
