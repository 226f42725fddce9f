"""The benchmark of the fleet: what it takes for said rightly."""

import pytest

from benchmarks import fleet
from benchmarks.fleet import Judged
from benchmarks.fleet_cloud import FAULTS


@pytest.mark.parametrize(
    ("suffers", "reason", "hung", "right"),
    [
        (None, None, False, True),
        (None, "HTTP 500", False, False),
        ("hung", "no answer within 10 s (…)", True, True),
        ("hung", None, False, False),
        ("failing", None, False, False),
        ("failing", "does not answer SQL (HTTP 500)", False, True),
        ("failing", "does not answer SQL (HTTP 500)", True, False),
        ("throttled", "no answer within 10 s (429)", False, True),
    ],
)
def test_only_what_a_database_suffers_is_right_to_say(suffers, reason, hung, right):
    said = Judged.of({"one": suffers} if suffers else {}, {"one": {"reason": reason, "hung": hung}})
    assert (said.wrong == []) is right
    assert said.unknown == (reason is not None)


def test_of_every_kind_of_fault_it_is_known_what_has_to_be_said():
    assert set(fleet._SAID) == {"hung", *FAULTS}
