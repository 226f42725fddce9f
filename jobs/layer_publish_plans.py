"""What is to be published, tested before and shared: found by what there is, and told so that people can read it."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from assets.layers.known import known_bundles, scans_by_key, tests_by_key
from assets.layers.logic.bundles import Bundle, Identity, current
from assets.layers.logic.products import LayerSpecification
from assets.layers.logic.publishing import Gate, gate, is_public, layers_in_force, wanted_grants, wanted_places, whom
from assets.layers.logic.testing import asked_of_tests
from jobs.layer_publish_changes import Looked, Target, look, steps_of
from resources.lake import Lake
from resources.lambda_layers import LayerArn, Place
from resources.lambda_service import LambdaService

_COLUMNS = ("what", "place", "layer", "which", "why")


@dataclass(slots=True)
class Plan:
    """What is to be done.

    Attributes:
        layers: Specifications in force by names of their layers.
        targets: Zips that should be somewhere.
        looked: What there is.
        gates: Whether each bundle may be published, by its identity.
        problems: What could not be looked at, or is said wrongly.
    """

    layers: Mapping[str, LayerSpecification]
    targets: list[Target]
    looked: Looked
    gates: dict[Identity, Gate]
    problems: list[str]

    @property
    def waiting(self) -> list[Target]:
        """Zips that are not where they should be, at places that could be read."""
        return [one for one in self.targets if one.place not in self.looked.unread and one.key not in self.looked.there]

    @property
    def untested(self) -> list[Target]:
        """Bundles, by one of their zips, that only an account has still to test, and the first place where they should be."""
        found: dict[Identity, Target] = {}
        for one in self.waiting:
            if not self.gate(one).refusals and self.gate(one).untested:
                found.setdefault(one.bundle.identity, one)
        return list(found.values())

    @property
    def passed(self) -> list[Target]:
        """Zips that may be published, and are not."""
        return [one for one in self.waiting if not self.gate(one).refusals and not self.gate(one).untested]

    @property
    def public(self) -> list[LayerArn]:
        """Versions that everybody in the world may use."""
        return sorted(arn for arn, grants in self.looked.grants.items() if any(map(is_public, grants)))

    def gate(self, target: Target) -> Gate:
        """Whether a zip may be published."""
        return self.gates[target.bundle.identity]

    def judge(self, lake: Lake) -> None:
        """See by the tables whether each bundle may be published."""
        scans, names = scans_by_key(lake), frozenset(self.layers)
        bundles = {target.bundle.identity: target for target in self.targets}
        self.gates = {
            identity: gate(one.bundle, scans, tests_by_key(lake, asked_of_tests(one.specification)), names)
            for identity, one in bundles.items()
        }


def planned(service: LambdaService, lake: Lake, specifications: Mapping[str, LayerSpecification]) -> Plan:
    """Look what there is, and see what is to be done."""
    everything = known_bundles(lake)
    layers = {layer: specifications[name] for layer, name in layers_in_force(everything, specifications).items()}
    places = service.places()
    targets: list[Target] = []
    problems: dict[str, None] = {}
    for bundle in current(everything, specifications):
        specification = specifications[bundle.specification]
        wanted, lost = wanted_places(specification, places)
        problems.update({f"{specification.name} is to be in {one}, which is no place that is looked at": None for one in lost})
        targets += [Target(bundle, build, specification, place) for place in wanted for build in bundle.builds]
    looked = look(service, layers, targets)
    problems.update({f"{place} could not be read: {why}": None for place, why in looked.unread.items()})
    plan = Plan(layers, targets, looked, {}, list(problems))
    plan.judge(lake)
    return plan


def before(plan: Plan, bundle: Bundle, place: Place) -> list[LayerArn]:
    """The newest versions of a bundle's layers at a place; none if not all of them have one."""
    newest = [next(iter(plan.looked.versions.get((place, build.layer), ())), None) for build in bundle.builds]
    found = [one.arn for one in newest if one is not None]
    return found if len(found) == len(newest) else []


def told(plan: Plan) -> pl.DataFrame:
    """A plan as a table: a row for everything that is to be done, is so already, or is not done and why."""
    rows = [
        ("test", str(target.place), target.bundle.name, f"{runtime} on {architecture}", "no account has tested it")
        for target in plan.untested
        for runtime, architecture in plan.gate(target).untested
    ]
    for target in plan.targets:
        rows += _of_target(plan, target)
    for step in steps_of(plan.looked, plan.layers):
        arn = step.arn
        rows.append(
            (step.operation, f"{arn.account}/{arn.region}", arn.name, f"version {arn.version}: {whom(step.grant)}", step.why)
        )
    return pl.DataFrame(rows, schema=dict.fromkeys(_COLUMNS, pl.String), orient="row")


def _of_target(plan: Plan, target: Target) -> list[tuple[str, str, str, str, str]]:
    where, layer, which = str(target.place), target.build.layer, f"zip {target.build.sha256[:12]}"
    refusals = plan.gate(target).refusals
    if target.place in plan.looked.unread:
        return [("unknown", where, layer, which, plan.looked.unread[target.place])]
    if (there := plan.looked.there.get(target.key)) is not None:
        return [("nothing", where, layer, f"version {there.arn.version}", "it is published already")]
    if refusals:
        return [("not published", where, layer, which, "; ".join(refusals))]
    tested = "it passed everything" if not plan.gate(target).untested else "if it passes its test"
    grants = wanted_grants(target.specification, target.place.account)
    shared = [("grant", where, layer, f"the new version: {whom(grant)}", "the specification names it") for grant in grants]
    return [("publish", where, layer, which, tested), *shared]
