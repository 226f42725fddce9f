"""In which order functions move."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.layers.logic.rollout.waves import NoSuchCanary, WaveRule, waves
from tests.logic.layers.functions import function

NAMES = st.lists(st.text("abcdef", min_size=1, max_size=6), unique=True, min_size=1, max_size=30)
SHARES = st.lists(st.integers(1, 100), unique=True, max_size=5).map(lambda shares: tuple(sorted(shares)))


@given(NAMES, SHARES, st.data())
def test_every_function_is_in_exactly_one_wave(names, shares, data):
    functions = [function(name, tags={"stage": name[0]}) for name in names]
    canary = tuple(data.draw(st.lists(st.sampled_from(names), unique=True, max_size=3)))
    by_tag = data.draw(st.booleans())
    rule = WaveRule(canary, tag="stage", values=("a", "b")) if by_tag else WaveRule(canary, shares)

    found = waves(functions, rule, "salt")

    assert sorted(arn for wave in found for arn in wave) == sorted(f.arn for f in functions)
    assert all(found)
    if canary:
        assert {*found[0]} == {f.arn for f in functions if f.name in canary}


@given(NAMES, st.randoms())
def test_the_order_does_not_depend_on_the_order_in_which_functions_were_listed(names, random):
    functions = [function(name) for name in names]
    listed = list(functions)
    random.shuffle(listed)

    assert waves(listed, WaveRule(), "salt") == waves(functions, WaveRule(), "salt")


def test_shares_are_of_those_that_are_no_canaries_and_never_round_to_nobody():
    functions = [function(f"f{n}") for n in range(21)]

    found = waves(functions, WaveRule(("f0",), (1, 50)), "salt")

    assert [len(wave) for wave in found] == [1, 1, 9, 10]


def test_another_roll_out_begins_with_other_functions():
    functions = [function(f"f{n}") for n in range(50)]

    assert waves(functions, WaveRule(), "one")[0] != waves(functions, WaveRule(), "two")[0]


def test_functions_go_by_the_values_of_a_tag_and_those_without_come_last():
    functions = [function("a", tags={"stage": "prod"}), function("b", tags={"stage": "dev"}), function("c")]

    found = waves(functions, WaveRule(tag="stage", values=("dev", "prod")), "salt")

    assert found == [(functions[1].arn,), (functions[0].arn,), (functions[2].arn,)]


@pytest.mark.parametrize("pattern", ["tag:stage=dev*", "111111111111/eu-*/b*", "b*"])
def test_canaries_are_named_by_tag_place_or_name(pattern):
    functions = [function("apple", tags={"stage": "prod"}), function("berry", tags={"stage": "dev-1"})]

    assert waves(functions, WaveRule((pattern,)), "salt")[0] == (functions[1].arn,)


def test_a_canary_that_is_not_there_is_told():
    with pytest.raises(NoSuchCanary, match="'zebra' matches no function"):
        waves([function("apple")], WaveRule(("zebra",)), "salt")


@pytest.mark.parametrize(
    "wrong", [{"percentages": (50, 10)}, {"percentages": (0,)}, {"tag": "stage"}, {"canary": ("tag:stage",)},
              {"tag": "stage", "values": ("a", "a")}],
)  # fmt: skip
def test_waves_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError):
        WaveRule(**wrong)
