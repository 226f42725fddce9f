"""Which versions of layers may go: nothing that is referenced, and nothing that is not proven to be unused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.layers.logic.cleanup import PER_LOOK, UNSPECIFIED, Retentions, Rules, Verdict, batches, judged, planned
from assets.layers.logic.estate import Estate, Reading
from assets.layers.logic.products import LayerSpecification, Retention
from resources.lambda_layers import Function, Grant, LayerArn, LayerVersion, Place

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OLD = NOW - timedelta(days=400)
HOME, OTHER = Place("111111111111", "eu-central-1"), Place("222222222222", "eu-central-1")
STRANGER = "999999999999"
LENIENT = LayerSpecification("tools", "python", ("python3.12",), retention=Retention(newest=1, days=0))


def arn(version: int, name: str = "tools", place: Place = HOME) -> LayerArn:
    return LayerArn("aws", place.region, place.account, name, version)


def version(number: int, name: str = "tools", created: datetime | None = OLD, place: Place = HOME) -> LayerVersion:
    return LayerVersion(arn(number, name, place), "", created)


def function(name: str, *layers: LayerArn, number: str = "$LATEST", place: Place = HOME) -> Function:
    text = f"arn:aws:lambda:{place.region}:{place.account}:function:{name}"
    return Function(
        place, name, number, text, "python3.12", ("x86_64",), "a.b", 128, 3, tuple(map(str, layers)), 1, "x", OLD, "r"
    )


def estate(versions, functions=(), grants=None, places=(HOME, OTHER)) -> Estate:
    readings = []
    for place in places:
        layers: dict[str, tuple[LayerVersion, ...]] = {}
        for one in versions:
            if (one.arn.account, one.arn.region) == (place.account, place.region):
                layers[one.arn.name] = (*layers.get(one.arn.name, ()), one)
        readings.append(Reading(place, NOW, tuple(f for f in functions if f.place == place), {}, layers))
    asked = {str(one.arn): () for one in versions}
    return Estate(tuple(readings), grants={**asked, **(grants or {})})


def rules(specification: LayerSpecification = LENIENT, **more) -> Rules:
    return Rules(Retentions((specification,), HOME), **more)


def deleted(found: Estate, given_rules: Rules | None = None) -> set[int]:
    plan = planned(judged(found, given_rules or rules(), NOW), 1000)
    return {one.version.arn.version for one in plan.delete}


def why(found: Estate, number: int, given_rules: Rules | None = None) -> str:
    return "; ".join(next(v.keeps for v in judged(found, given_rules or rules(), NOW) if v.version.arn.version == number))


FIVE = [version(n) for n in range(1, 6)]


def test_all_but_the_newest_go_if_nothing_keeps_them():
    assert deleted(estate(FIVE)) == {1, 2, 3, 4}


def test_a_version_that_only_a_published_version_in_another_account_has_stays():
    found = estate(FIVE, [function("f", arn(5), place=OTHER), function("f", arn(2), number="7", place=OTHER)])
    assert deleted(found) == {1, 3, 4}
    assert "222222222222/eu-central-1 f:7" in why(found, 2)


@pytest.mark.parametrize(
    ("retention", "gone"),
    [
        (Retention(newest=3, days=0), {1, 2}),
        (Retention(newest=0, days=0), {1, 2, 3, 4}),
        (Retention(newest=1, days=500), set()),
        (Retention(newest=1, days=0, pinned=frozenset({2, 4})), {1, 3}),
    ],
)
def test_the_retention_of_the_layer_holds(retention, gone):
    assert deleted(estate(FIVE), rules(replace(LENIENT, retention=retention))) == gone


def test_a_version_exactly_as_old_as_the_retention_goes_and_a_younger_one_stays():
    aged = [version(1, created=NOW - timedelta(days=30)), version(2, created=NOW - timedelta(days=29, hours=23)), version(3)]
    assert deleted(estate(aged), rules(replace(LENIENT, retention=Retention(1, 30)))) == {1}


def test_a_version_of_unknown_age_stays():
    assert deleted(estate([version(1, created=None), version(2)])) == set()


def test_a_layer_without_specification_is_only_reported_unless_it_is_named():
    found = estate([*(version(n, "other") for n in range(1, 6)), version(1), version(2)])
    plan = planned(judged(found, rules(), NOW), 1000)
    assert [str(one.version.arn) for one in plan.reported] == [str(arn(1, "other")), str(arn(2, "other"))]
    assert [str(one.version.arn) for one in plan.delete] == [str(arn(1))]
    named = planned(judged(found, Rules(Retentions((LENIENT,), HOME, ("oth*",))), NOW), 1000)
    assert [str(one.version.arn) for one in named.delete] == [str(arn(1, "other")), str(arn(2, "other")), str(arn(1))]


def test_a_layer_of_the_same_name_in_a_place_that_the_specification_does_not_name_is_somebody_elses():
    found = estate([version(n, place=OTHER) for n in (1, 2)])
    assert UNSPECIFIED in why(found, 1)
    everywhere = rules(replace(LENIENT, places=("*/eu-*",)))
    assert deleted(found, everywhere) == {1}


def test_names_with_placeholders_and_of_layers_that_were_split_have_their_specification():
    specification = LayerSpecification("a-{runtime}", "python", ("python3.12",), most_bytes=9, retention=Retention(1, 0))
    for name, gone in (("a-python312", {1}), ("a-python312-2", {1}), ("a-python311", set()), ("a-python312-x", set())):
        assert deleted(estate([version(1, name), version(2, name)]), rules(specification)) == gone, name


@pytest.mark.parametrize(
    ("grant", "disregarded", "gone"),
    [
        (Grant("s", OTHER.account), (), {1}),
        (Grant("s", STRANGER), (), set()),
        (Grant("s", STRANGER), (STRANGER,), {1}),
        (Grant("s", "*"), (), set()),
        (Grant("s", "*"), ("*",), {1}),
        (Grant("s", "*", "o-abcdefghij"), ("*",), set()),
        (Grant("s", "*", "o-abcdefghij"), ("o-abcdefghij",), {1}),
    ],
)
def test_a_version_that_somebody_unseen_may_use_stays_unless_that_is_disregarded(grant, disregarded, gone):
    found = estate([version(1), version(2)], grants={str(arn(1)): (grant,)})
    assert deleted(found, rules(disregarded=frozenset(disregarded))) == gone


def test_a_grant_to_an_account_that_is_seen_in_another_region_alone_keeps_the_version():
    elsewhere = Place(OTHER.account, "us-east-1")
    found = estate([version(1), version(2)], grants={str(arn(1)): (Grant("s", OTHER.account),)}, places=(HOME, elsewhere))
    assert deleted(found) == set()


def test_a_version_whose_grants_could_not_be_read_stays():
    assert deleted(estate([version(1), version(2)], grants={str(arn(1)): None})) == set()


def test_what_a_rollout_holds_stays():
    held = {str(arn(1)): "the roll-out r1 is not over"}
    assert deleted(estate(FIVE), rules(held=held)) == {2, 3, 4}


def test_a_run_deletes_no_more_than_it_may():
    plan = planned(judged(estate(FIVE), rules(), NOW), 3)
    assert [one.version.arn.version for one in plan.delete] == [1, 2, 3]
    assert [one.version.arn.version for one in plan.later] == [4]


@given(
    st.lists(st.tuples(st.sampled_from([HOME, Place(HOME.account, "us-east-1")]), st.integers(1, 99)), unique=True, max_size=70)
)
def test_what_goes_after_one_look_is_of_one_region_and_little_enough(made):
    verdicts = [Verdict(version(n, place=place), ()) for place, n in made]
    found = batches(verdicts)
    assert all(len({one.version.arn.region for one in batch}) == 1 and len(batch) <= PER_LOOK for batch in found)
    assert sorted(one.version.arn for batch in found for one in batch) == sorted(one.version.arn for one in verdicts)


NUMBERS = st.integers(1, 8)


@st.composite
def estates(draw):
    versions = [version(n, created=NOW - timedelta(days=draw(st.integers(0, 100)))) for n in draw(st.sets(NUMBERS, min_size=1))]
    made = [
        function(
            f"f{n}", *map(arn, draw(st.sets(NUMBERS, max_size=3))), number=draw(st.sampled_from(["$LATEST", "1"])), place=place
        )
        for n, place in enumerate(draw(st.lists(st.sampled_from([HOME, OTHER]), max_size=5)))
    ]
    grants = {
        str(one.arn): tuple(Grant("s", p) for p in draw(st.sets(st.sampled_from([OTHER.account, STRANGER, "*"]), max_size=2)))
        for one in versions
    }
    return versions, made, grants


RETENTIONS = st.builds(Retention, st.integers(0, 4), st.integers(0, 60), st.frozensets(NUMBERS, max_size=2))


@given(estates(), RETENTIONS)
def test_nothing_that_is_referenced_granted_to_strangers_pinned_or_newest_ever_goes(made, retention):
    versions, functions, grants = made
    gone = deleted(estate(versions, functions, grants), rules(replace(LENIENT, retention=retention)))
    used = {LayerArn.parsed(text).version for one in functions for text in one.layers}
    assert not gone & used
    assert not gone & retention.pinned
    assert max(one.arn.version for one in versions) not in gone
    assert not gone & {n for n in gone if any(one.principal != OTHER.account for one in grants[str(arn(n))])}


@given(estates(), RETENTIONS, st.sets(NUMBERS, max_size=3), st.integers(0, 3), st.integers(0, 30))
def test_more_use_and_longer_retention_never_delete_more(made, retention, used, newest, days):
    versions, functions, grants = made
    gone = deleted(estate(versions, functions, grants), rules(replace(LENIENT, retention=retention)))
    longer = Retention(retention.newest + newest, retention.days + days, retention.pinned)
    more = [*functions, function("more", *map(arn, used))]
    assert deleted(estate(versions, more, grants), rules(replace(LENIENT, retention=longer))) <= gone


@given(estates(), RETENTIONS)
def test_a_second_clean_up_finds_nothing_to_do(made, retention):
    versions, functions, grants = made
    given_rules = rules(replace(LENIENT, retention=retention))
    gone = deleted(estate(versions, functions, grants), given_rules)
    left = [one for one in versions if one.arn.version not in gone]
    assert deleted(estate(left, functions, grants), given_rules) == set()
