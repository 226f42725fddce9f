"""All policies of a deployment: those that come with the product and people's own, and what could not be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assets.finops.logic.policies.problems import InvalidPolicy, Problem
from assets.finops.logic.policies.regression import Outcome, run_tests
from assets.finops.logic.policies.schema import Policy, read_policy


@dataclass(frozen=True, slots=True)
class Library:
    """What policy files come to.

    Attributes:
        policies: The policies that can be used, by file; those that are not enabled included.
        quarantined: File to what is wrong with it: it is not in force, and holds up no other.
        outcomes: How each test ended, of every file that could be read.
    """

    policies: dict[str, Policy] = field(default_factory=dict)
    quarantined: dict[str, str] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def files(self) -> dict[str, str]:
        """The file of each policy, by the policy's name."""
        return {policy.name: file for file, policy in self.policies.items()}


def library(shipped: Mapping[str, bytes], own: Mapping[str, bytes], refused: Mapping[str, str] | None = None) -> Library:
    """The policies of some files, by name of file.

    A policy of people's own takes the place of the shipped one of the same name. A file is quarantined if it is wrong, if its
    policy fails one of its own tests, or if another file of the same origin has a policy of that name.

    Args:
        shipped: Files of the product.
        own: Files that people supply.
        refused: Files that were not even read, and why.
    """
    mine, theirs = taken(own), taken(shipped)
    replaced = {policy.name for policy in mine.policies.values()}
    kept = {file: policy for file, policy in theirs.policies.items() if policy.name not in replaced}
    return Library(
        {**kept, **mine.policies},
        {**(refused or {}), **mine.quarantined, **theirs.quarantined},
        [*mine.outcomes, *theirs.outcomes],
    )


def taken(files: Mapping[str, bytes]) -> Library:
    """The policies of files of one origin; each file is judged by itself, but for names that occur twice."""
    found = Library()
    for file in sorted(files):
        try:
            policy = policy_of(files[file], file)
        except InvalidPolicy as error:
            found.quarantined[file] = str(error)
            continue
        outcomes = run_tests(policy)
        found.outcomes.extend(outcomes)
        failed = [str(outcome) for outcome in outcomes if not outcome.passed]
        if (first := found.files.get(policy.name)) is not None:
            failed.append(f"{first} has a policy named {policy.name} already: rename one")
        if failed:
            found.quarantined[file] = f"{file}: {'; '.join(failed)}"
        else:
            found.policies[file] = policy
    return found


def policy_of(content: bytes, file: str) -> Policy:
    """The policy in the content of a file.

    Raises:
        InvalidPolicy: With everything that is wrong.
    """
    try:
        return read_policy(content.decode("utf-8-sig"), file)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidPolicy([Problem(file, line, "", f"byte {error.start} is not UTF-8: save the file in UTF-8")]) from None
