"""All policies of a deployment: those that come with the product and people's own, and what could not be taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assets.finops.logic.policies.problems import InvalidPolicy
from assets.finops.logic.policies.regression import Outcome, run_tests
from assets.finops.logic.policies.schema import Policy, read_policy


@dataclass(frozen=True, slots=True)
class Library:
    """What a deployment's policy files come to.

    Attributes:
        policies: The policies in force, by file; those that are not enabled included.
        quarantined: File to what is wrong with it: it is not in force, and holds up no other.
        failed_tests: The tests that failed, of any file that could be read.
        tests: How many tests were run.
    """

    policies: dict[str, Policy] = field(default_factory=dict)
    quarantined: dict[str, str] = field(default_factory=dict)
    failed_tests: list[Outcome] = field(default_factory=list)
    tests: int = 0

    @property
    def files(self) -> dict[str, str]:
        """The file of each policy in force, by the policy's name."""
        return {policy.name: file for file, policy in self.policies.items()}


def library(shipped: Mapping[str, bytes], own: Mapping[str, bytes], refused: Mapping[str, str] | None = None) -> Library:
    """The policies of some files, by name of file.

    A policy of people's own takes the place of the shipped one of the same name. A file is quarantined if it is wrong, if a
    policy in it fails one of its own tests, or if another file of the same origin has a policy of that name.

    Args:
        shipped: Files of the product.
        own: Files that people supply.
        refused: Files that were not even read, and why.
    """
    found = Library(quarantined=dict(refused or {}))
    taken = [_taken(files, found) for files in (own, shipped)]
    names = {policy.name for policy in taken[0].values()}
    found.policies.update({file: policy for file, policy in taken[1].items() if policy.name not in names})
    found.policies.update(taken[0])
    return found


def decoded(content: bytes, file: str) -> Policy:
    """The policy in the content of a file.

    Raises:
        InvalidPolicy: With everything that is wrong.
    """
    return read_policy(content.decode("utf-8-sig", errors="replace"), file)


def _taken(files: Mapping[str, bytes], found: Library) -> dict[str, Policy]:
    """The good ones of some files; what is wrong with the others is noted in `found`."""
    good: dict[str, Policy] = {}
    first: dict[str, str] = {}
    for file in sorted(files):
        try:
            policy = decoded(files[file], file)
        except InvalidPolicy as error:
            found.quarantined[file] = str(error)
            continue
        if policy.name in first:
            found.quarantined[file] = f"{file}: {first[policy.name]} has a policy named {policy.name} already: rename one"
            continue
        first[policy.name] = file
        if failed := _failed(policy, found):
            found.quarantined[file] = f"{file}: {'; '.join(map(str, failed))}"
        else:
            good[file] = policy
    return good


def _failed(policy: Policy, found: Library) -> Sequence[Outcome]:
    outcomes = run_tests(policy)
    object.__setattr__(found, "tests", found.tests + len(outcomes))
    failed = [outcome for outcome in outcomes if not outcome.passed]
    found.failed_tests.extend(failed)
    return failed
