"""Who moves to a new version of a layer, what each gets, and why others stay."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.layers.logic.rollout.plan import GONE, UNKNOWN, Facts, Target, plan
from assets.layers.logic.rollout.users import families, replaced, uses
from assets.layers.logic.rollout.waves import WaveRule
from resources.lambda_layers import MOST_UNZIPPED_BYTES, Alias
from tests.logic.layers.functions import AWAY, function, layer, version_of

OLD, NEW, OTHER = layer(1), layer(3), layer(7, "other")
FAMILY = OLD.rpartition(":")[0]


def facts(functions, aliases=None, target=None, layers=None, unzipped=None, accounts=None):
    aliases = {f.arn: aliases or [] for f in functions}
    target = target or Target(version_of(NEW))
    users = uses(functions, aliases, "base", {FAMILY: 3}, None)
    known = {arn: version_of(arn) for f in functions for arn in (*f.layers, NEW)}
    return Facts(users, aliases, {FAMILY: target}, known | (layers or {}), unzipped or {}, accounts or {})


def planned(functions, *, move_aliases=False, **more):
    return plan(facts(functions, **more), WaveRule(percentages=()), "salt", move_aliases=move_aliases)


@given(st.lists(st.sampled_from([OLD, OTHER, layer(2, "x"), layer(9, "y")]), unique=True, max_size=4))
def test_only_the_old_layer_is_exchanged_and_the_order_stays(layers):
    found = replaced(layers, {OLD: NEW})

    assert [OLD if arn == NEW else arn for arn in found] == layers
    assert OLD not in found


@pytest.mark.parametrize(("only", "moving"), [(None, ["a", "b"]), (1, ["a"]), (2, ["b"])])
def test_every_older_version_is_replaced_or_one_alone(only, moving):
    functions = [function("a", [OLD]), function("b", [layer(2)]), function("c", [NEW]), function("d", [layer(4)])]

    found = uses(functions, {}, "base", {FAMILY: 3}, only)

    assert [use.function.name for use in found] == moving


def test_layers_of_the_same_name_of_other_owners_are_families_of_their_own():
    functions = [function("a", [OLD]), function("b", [layer(2), layer(1, "base", AWAY)]), function("c", ["no layer"])]

    assert {str(arn) for arn in families(functions, "base")} == {layer(2), layer(1, "base", AWAY)}


def test_a_function_gets_the_new_version_in_the_place_of_the_old():
    made = planned([function("a", [OTHER, OLD])])

    assert [(move.former, move.wanted, move.wave) for move in made.moves] == [((OTHER, OLD), (OTHER, NEW), 1)]
    assert made.left == ()


@pytest.mark.parametrize(
    ("one", "more", "why"),
    [
        (function("a", [OLD], runtime="python3.9"), {}, "its runtime is python3.9"),
        (replace(function("a", [OLD]), architectures=("arm64",)), {}, "its architecture is arm64"),
        (function("a", [OLD]), {"layers": {OLD: GONE}}, "no way back"),
        (function("a", [OTHER, OLD]), {"layers": {OTHER: GONE}}, "other:7 was deleted"),
        (function("a", [OLD]), {"unzipped": {NEW: MOST_UNZIPPED_BYTES}}, "bytes unzipped"),
        (function("a", [OLD]), {"target": Target(None, "publish it")}, "publish it"),
        (
            function("a", [OLD], place=AWAY),
            {"accounts": {NEW: frozenset({"333333333333"})}},
            f"{NEW} is not granted",
        ),
        (
            function("a", [OLD], place=AWAY),
            {"accounts": {NEW: None, OLD: frozenset()}},
            f"{OLD} is not granted to account {AWAY.account} any more: there would be no way back",
        ),
        (function("a", [OLD]), {"layers": {OLD: UNKNOWN}}, "may be deleted"),
    ],
)
def test_what_cannot_move_is_left_with_the_reason(one, more, why):
    made = planned([one], **more)

    assert made.moves == ()
    assert why in " ".join(left.reason for left in made.left)
    assert [left.name for left in made.left] == ["a"] * len(made.left)


@pytest.mark.parametrize("accounts", [None, frozenset({AWAY.account})])
def test_a_function_of_another_account_moves_where_it_is_granted(accounts):
    made = planned([function("a", [OLD], place=AWAY)], accounts={NEW: accounts, OLD: accounts})

    assert [move.wanted for move in made.moves] == [(NEW,)]


def test_published_versions_stay_and_say_who_calls_them():
    functions = [function("a", [OLD]), function("a", [OLD], "1"), function("a", [OLD], "2", code="older")]
    aliases = [Alias("live", "2", "r")]

    made = planned(functions, aliases=aliases)

    assert [(left.version, left.aliases) for left in made.left] == [("1", ()), ("2", ("live",))]
    assert "no alias calls it" in made.left[0].reason
    assert "differs in code: it needs a deployment by its owner" in made.left[1].reason


@pytest.mark.parametrize(
    ("published", "alias", "follows"),
    [
        (function("a", [OLD], "2"), Alias("live", "2", "r"), True),
        (function("a", [OLD], "2", code="older"), Alias("live", "2", "r"), False),
        (function("a", [OLD], "2", settings="others"), Alias("live", "2", "r"), False),
        (function("a", [OLD], "2"), Alias("live", "2", "r", {"1": 0.1}), False),
        (function("a", [NEW], "2"), Alias("live", "2", "r"), False),
    ],
)
def test_an_alias_follows_only_where_its_version_is_latest_but_for_its_name(published, alias, follows):
    made = planned([function("a", [OLD]), published], aliases=[alias], move_aliases=True)

    assert [one.name for one in made.moves[0].aliases] == (["live"] if follows else [])
