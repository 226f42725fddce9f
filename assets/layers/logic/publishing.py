"""What is published where, and who may use it: the desired state against the real one, and what keeps a zip from being published.

AWS knows neither names nor tokens for versions of layers. A version is known again by its description, which carries the SHA-256
of what the zip was made from, and by the SHA-256 of the zip itself: what is there with both is not published a second time.
"""

import base64
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from assets.layers.logic.bundles import Bundle
from assets.layers.logic.products import BuiltLayer, LayerSpecification, ScanKey
from assets.layers.logic.testing import LOCAL
from resources.lambda_layers import Grant, LayerArn, LayerVersion, Place

PUBLISH, GRANT, REVOKE = "publish layer", "grant", "revoke"
"""Operations in the journal."""
LOOK, TEST = "look", "test"
"""Operations that need rights too."""
_SOURCE = re.compile(r"\bsha256:([0-9a-f]{64})\b")
_OURS = "cloudops-"
_CANDIDATE = "-candidate"
_LONGEST = 140
"""Of a layer's name. Source: API reference of AWS Lambda, PublishLayerVersion."""
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    LOOK: ("lambda:ListLayerVersions", "lambda:GetLayerVersion", "lambda:GetLayerVersionPolicy"),
    TEST: (
        "lambda:PublishLayerVersion", "lambda:DeleteLayerVersion", "lambda:GetLayerVersion", "lambda:CreateFunction",
        "lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration", "lambda:InvokeFunction",
        "lambda:DeleteFunction", "lambda:ListTags", "lambda:TagResource", "iam:PassRole",
    ),
    PUBLISH: ("lambda:PublishLayerVersion", "lambda:ListLayerVersions", "lambda:GetLayerVersion"),
    GRANT: ("lambda:AddLayerVersionPermission", "lambda:GetLayerVersionPolicy"),
    REVOKE: ("lambda:RemoveLayerVersionPermission", "lambda:GetLayerVersionPolicy"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GrantStep:
    """A grant that is to be given or taken back."""

    operation: Literal["grant", "revoke"]
    arn: LayerArn
    grant: Grant
    why: str


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a bundle may be published.

    Attributes:
        refusals: Everything that speaks against it, whatever a test in an account says.
        untested: Runtimes and architectures that no account has tested yet.
    """

    refusals: tuple[str, ...]
    untested: tuple[tuple[str, str], ...]


def candidate_layer(layer: str) -> str:
    """Name of the layer that zips of a layer are tested as, before they are published."""
    return layer[: _LONGEST - len(_CANDIDATE)] + _CANDIDATE


def description_of(build: BuiltLayer) -> str:
    """Description of a version that is published of a zip; at most 256 characters, says the API reference of AWS."""
    return f"cloudops sha256:{build.source_sha256}"


def source_of(description: str) -> str | None:
    """SHA-256 of what a version was made from, as its description carries it; None if it does not."""
    found = _SOURCE.search(description)
    return found[1] if found else None


def in_base64(sha256: str) -> str:
    """A hexadecimal SHA-256 as AWS tells it."""
    return base64.b64encode(bytes.fromhex(sha256)).decode()


def candidates(build: BuiltLayer, versions: Iterable[LayerVersion]) -> list[LayerVersion]:
    """Versions that may be of a zip, by their description: each is to be asked for its hash."""
    return [version for version in versions if source_of(version.description) == build.source_sha256]


def is_of(build: BuiltLayer, version: LayerVersion) -> bool:
    """Whether a version, with its hash, is of a zip."""
    return version.sha256 == in_base64(build.sha256)


def wanted_places(specification: LayerSpecification, places: Sequence[Place]) -> tuple[list[Place], list[str]]:
    """Where a layer is to be: places in their order, and patterns that no place matches.

    Args:
        specification: Of the layer.
        places: That are looked at, the own one first.
    """
    if not specification.places:
        return list(places[:1]), []
    found = [place for place in places if any(fnmatchcase(str(place), pattern) for pattern in specification.places)]
    lost = [pattern for pattern in specification.places if not any(fnmatchcase(str(place), pattern) for place in places)]
    return found, lost


def gate(
    bundle: Bundle,
    scans: Mapping[ScanKey, Mapping[str, Any]],
    tests: Mapping[tuple[str, str, str, str], Mapping[str, Any]],
    layers: Collection[str] = (),
) -> Gate:
    """Whether a bundle may be published: its scan found nothing high, its tests passed, and its budget is kept.

    What this machine could not test has to pass in an account; everything has to pass there once. Unknown is not passed.

    Args:
        bundle: That which is to be published.
        scans: The latest look through each zip, by `BuiltLayer.scan_key`.
        tests: The latest results, by zip, runtime, architecture and place.
        layers: Names of layers in force: none of them may be that of a candidate.
    """
    refusals = []
    for build, (verdict, reason) in zip(bundle.builds, bundle.budgets, strict=True):
        scan = scans.get(build.scan_key)
        if candidate_layer(build.layer) in layers:
            refusals.append(f"{candidate_layer(build.layer)} is what it is tested as, and a layer of its own: rename that one")
        if scan is None:
            refusals.append(f"{build.layer} was not looked through: materialize layers/scans")
        elif scan["verdict"] != "passed" or scan["high"]:
            refusals.append(f"the scan of {build.layer} is {scan['verdict']} (high findings: {scan['high']})")
        if verdict != "passed":
            refusals.append(f"the budget of {build.layer} is {verdict}: {reason or 'no reason is told'}")
        for runtime, architecture in bundle.combinations:
            test = tests.get((build.sha256, runtime, architecture, LOCAL))
            if test is None:
                refusals.append(f"{build.layer} was not tested with {runtime}: materialize layers/tests")
            elif test["verdict"] == "failed":
                refusals.append(f"the test of {build.layer} with {runtime} on {architecture} failed: {test['reason']}")
    passed = {key[:3] for key, row in tests.items() if key[3] != LOCAL and row["verdict"] == "passed"}
    untested = [one for one in bundle.combinations if not all((sha, *one) in passed for sha in bundle.shas)]
    return Gate(tuple(refusals), tuple(untested))


def wanted_grants(specification: LayerSpecification, owner: str) -> list[Grant]:
    """Who else may use the versions of a layer that an account owns."""
    accounts = [Grant(f"{_OURS}account-{number}", number) for number in specification.accounts if number != owner]
    return accounts + [Grant(f"{_OURS}organization-{name}", "*", name) for name in specification.organizations]


def grant_steps(arn: LayerArn, there: Sequence[Grant], wanted: Sequence[Grant]) -> list[GrantStep]:
    """What brings the grants of a version to the desired state; what is granted under another statement's name is granted.

    A statement of ours that grants something else goes before the right one can have its name.

    Args:
        arn: The version.
        there: Its grants.
        wanted: What they should be.
    """
    allowed = {_effect(grant) for grant in wanted}
    named = {grant.statement_id: _effect(grant) for grant in wanted}
    extra = [
        grant for grant in there
        if _effect(grant) not in allowed or named.get(grant.statement_id, _effect(grant)) != _effect(grant)
    ]  # fmt: skip
    # of a statement with several principals, all go: those that should stay are given back by one of their own
    dropped = {grant.statement_id for grant in extra}
    kept = {_effect(grant) for grant in there if grant.statement_id not in dropped}
    steps = [GrantStep("revoke", arn, grant, why_revoked(grant)) for grant in extra]
    once = {step.grant.statement_id: step for step in reversed(steps)}
    return [
        *reversed(once.values()),
        *(GrantStep("grant", arn, one, "the specification names it") for one in wanted if _effect(one) not in kept),
    ]


def is_public(grant: Grant) -> bool:
    """Whether everybody in the world may use it."""
    return grant.principal == "*" and grant.organization is None


def why_revoked(grant: Grant) -> str:
    """Why a grant goes, for people."""
    if is_public(grant):
        return "PUBLIC: every account in the world may use it, and no specification can say so"
    return "the specification does not say it so" + ("" if grant.statement_id.startswith(_OURS) else "; others granted it")


def whom(grant: Grant) -> str:
    """Whom a grant is for, for people."""
    if is_public(grant):
        return "EVERYBODY"
    return f"organisation {grant.organization}" if grant.organization else f"account {grant.principal}"


def policy_statement(operation: str, *resources: str) -> str:
    """The statement that a policy needs for an operation, as JSON.

    Args:
        operation: Which.
        resources: ARNs that it is done to.
    """
    return json.dumps({"Effect": "Allow", "Action": list(_ACTIONS[operation]), "Resource": list(resources)})


def layer_arn(place: Place, layer: str) -> str:
    """ARN of a layer, without a version."""
    return f"arn:{partition(place.region)}:lambda:{place.region}:{place.account}:layer:{layer}"


def partition(region: str) -> str:
    """Part of AWS that a region is in. Source: docs.aws.amazon.com, "Amazon Resource Names"."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def layers_in_force(everything: Sequence[Bundle], specifications: Collection[str]) -> dict[str, str]:
    """Layers that are, or were, built of specifications in force, with the name of the specification; the newest decides."""
    found: dict[str, str] = {}
    for bundle in everything:
        for build in bundle.builds:
            if bundle.specification in specifications:
                found.setdefault(build.layer, bundle.specification)
    return dict(sorted(found.items()))


def _effect(grant: Grant) -> tuple[str, str | None, str]:
    return grant.principal, grant.organization, grant.action
