"""Policy files: what is wrong is told with line, field, what is allowed and what was probably meant."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.policies.schema import InvalidPolicy, Policy, read_policy

GOOD = """\
name: idle-machines
description: Machines that nobody uses.
mode: propose
resource:
  provider: aws
  sub_account: 012345678901
filters:
  - cost_30d: {above: 5}
  - state: idle
actions: [notify, stop]
exclude:
  - resource: i-1
    until: 2026-12-31
    reason: moves in December
tests:
  - name: an idle one
    resource: {cost_30d: 10.10, state: idle, tags: {on: no}}
    expect: match
"""


def faults(text: str) -> list[str]:
    """What is said of the file, without its name."""
    with pytest.raises(InvalidPolicy) as refused:
        read_policy(text, "own.yaml")
    told = [str(problem) for problem in refused.value.problems]
    assert all(line.startswith("own.yaml, line ") for line in told)
    return [line.removeprefix("own.yaml, ") for line in told]


def changed(old: str, new: str) -> list[str]:
    assert GOOD.count(old) == 1
    return faults(GOOD.replace(old, new))


def test_a_sound_file_is_taken_with_its_values_as_they_are_written():
    policy = read_policy(GOOD, "own.yaml")

    assert policy.resource.sub_account == ("012345678901",)
    assert policy.tests[0].resource.tags == {"on": "no"}
    assert str(policy.tests[0].resource.cost_30d) == "10.10"
    assert str(policy.exclude[0].until) == "2026-12-31"
    assert [action.name for action in policy.actions] == ["notify", "stop"]


def test_a_misspelt_field_is_answered_with_the_nearest_one_and_all_that_are_allowed():
    (fault,) = changed("cost_30d: {above: 5}", "cost_30: {above: 5}")

    assert fault.startswith("line 8: filters[1].cost_30: is not known; did you mean cost_30d? allowed: cost_30d, ")


def test_a_misspelt_value_is_answered_with_the_nearest_one():
    assert changed("mode: propose", "mode: propse") == [
        "line 3: mode: is 'propse'; did you mean propose? allowed: advisory, propose"
    ]
    (fault,) = changed("state: idle\nactions", "state: [idel]\nactions")
    assert fault.startswith("line 9: filters[2].state[1]: is 'idel'; did you mean idle? allowed: ended, idle,")


def test_every_fault_of_a_file_is_told_by_line():
    text = GOOD.replace("provider: aws", "provider: awz").replace("stop]", "stopp]").replace("2026-12-31", "soon")

    assert [fault.split(":")[0] for fault in faults(text)] == ["line 5", "line 10", "line 13"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "{above: 5}",
            "{}",
            "line 8: filters[1].cost_30d: is compared with nothing: give one of above, at_least, below, at_most",
        ),
        ("{above: 5}", "{above: 5, below: 5}", "line 8: filters[1].cost_30d: can never hold: nothing is above 5 and below 5"),
        ("{above: 5}", "{above: 5, at_least: 5}", "two bounds on one side (above, at_least)"),
        ("{above: 5}", "{above: {eur: 5}}", "eur is no currency"),
        ("{above: 5}", "{above: five}", "line 8: filters[1].cost_30d.above: should be a valid decimal, not 'five'"),
        ("{above: 5}", "{above: .nan}", "filters[1].cost_30d.above: should be a"),
        ("{above: 5}", "{above: 5}\n    state: idle", "is to be one filter, but names cost_30d, state"),
        ("{above: 5}", "", "line 8: filters[1]: is empty"),
        ("- state: idle\n", "- tag: {key: env}\n", "line 9: filters[2].tag: give either is: present, is: missing or equals"),
        ("- state: idle\n", "- metric: {name: cpu, below: 5}\n", "line 9: filters[2].metric.days: is missing"),
        ("[notify, stop]", "[notify]", "mode propose needs an action besides notify"),
        ("[notify, stop]", "[stop, stop]", "has the action stop twice"),
        ("[notify, stop]", "[{autoscale: {least: 4, most: 2}}]", "line 10: actions[1].autoscale: most 2 is below least 4"),
        ("[notify, stop]", "[{start_stop_schedule: {start: 8:00, stop: 18:00}}]", "'8:00' is no time: write it as HH:MM"),
        (
            "[notify, stop]",
            "[{start_stop_schedule: {timezone: Europe/Berlinn, start: 08:00, stop: 18:00}}]",
            "'Europe/Berlinn' is no time zone",
        ),
        ("2026-12-31", "1798675200", "line 13: exclude[1].until: '1798675200' is no day: write it as YYYY-MM-DD"),
        ("    reason: moves in December\n", "", "line 12: exclude[1].reason: is missing"),
        ("    expect: match\n", "    expect: no match\n", "line 16: tests[1]: expects 'no match' without a clause"),
        ("name: idle-machines", "name: Idle machines", "line 1: name: "),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_stands(old, new, told):
    assert told in "; ".join(changed(old, new))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: is empty"),
        ("- a\n", "line 1: is to be a mapping of name, description,"),
        ("a: [\n", "is not YAML"),
        ("name: a\nmode: b\nname: c\n", "line 3: names 'name' a second time, after line 1"),
        ("a: &x 1\nb: *x\n", "line 1: refers to another place by & or *"),
        ("a: !!python/object/apply:os.system [ls]\n", "which is not taken: write a plain value"),
        ("[" * 5000, "is nested too deeply"),
        ("x: " + "a" * 300_000, "longer than 262144 characters"),
        ("a: b\n---\nc: d\n", "line 2: is not YAML"),
        ("a: \x00", "is not YAML"),
        ("? [a]\n: b\n", "line 1: has a name that is not a text"),
    ],
)
def test_what_is_no_policy_file_at_all_is_refused(text, told):
    assert told in "; ".join(faults(text))


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_whatever_is_more_than_a_fault(text):
    with pytest.raises(InvalidPolicy):
        read_policy(text, "own.yaml")


@settings(deadline=None)
@given(st.sampled_from(GOOD.split()), st.text(st.characters(exclude_categories=["C"]), max_size=4))
def test_a_slip_anywhere_is_told_or_taken_but_never_breaks(word, slip):
    try:
        taken: Policy | InvalidPolicy = read_policy(GOOD.replace(word, slip, 1), "own.yaml")
    except InvalidPolicy as error:
        taken = error

    assert isinstance(taken, Policy) or all(problem.line >= 1 and problem.message for problem in taken.problems)
