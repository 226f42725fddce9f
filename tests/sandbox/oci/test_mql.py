"""The query language and what queries make of datapoints, held against a plain computation."""

import math
import re
import time
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.oci.aggregation import Series, merged, values
from sandbox.oci.mql import DAY, HOUR, MINUTE, STATISTICS, Condition, Malformed, Predicate, Query, Unanswered, interval, parse

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9._$-]{0,12}", fullmatch=True)
DIMENSIONS = st.from_regex(r"[A-Za-z][A-Za-z0-9_.:/-]{0,12}", fullmatch=True)
CONDITIONS = st.builds(Condition, DIMENSIONS, st.sampled_from(["=", "!=", "=~", "!~"]), st.text(max_size=12))
BOUNDS = st.floats(allow_nan=False, allow_infinity=False)
INTERVALS = st.one_of(
    st.integers(1, 60).map(lambda n: n * MINUTE), st.integers(1, 24).map(lambda n: n * HOUR), st.just(DAY)
)  # fmt: skip
PREDICATES = st.one_of(
    st.builds(Predicate, st.sampled_from([">", ">=", "<", "<=", "==", "!="]), st.tuples(BOUNDS)),
    st.builds(Predicate, st.sampled_from(["in", "not in"]), st.tuples(BOUNDS, BOUNDS).map(lambda pair: tuple(sorted(pair)))),
)


@st.composite
def queries(draw):
    statistic = draw(st.sampled_from(STATISTICS))
    arguments = {
        "percentile": st.floats(0, 1, exclude_min=True, exclude_max=True),
        "absent": st.one_of(st.none(), st.integers(1, 72 * 60).map(lambda n: n * MINUTE)),
    }
    return Query(
        metric=draw(NAMES),
        interval=draw(INTERVALS),
        conditions=tuple(draw(st.lists(CONDITIONS, max_size=3))),
        group_by=draw(st.one_of(st.none(), st.lists(DIMENSIONS, max_size=3).map(tuple))),
        statistic=statistic,
        argument=draw(arguments.get(statistic, st.none())),
        predicate=None if statistic == "absent" else draw(st.one_of(st.none(), PREDICATES)),
    )


@settings(deadline=None)
@given(queries())
def test_a_query_written_and_read_is_the_same(query):
    assert parse(str(query)) == query


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_query_or_is_refused_with_a_reason(text):
    try:
        said = str(parse(text))
    except (Malformed, Unanswered) as error:
        said = str(error)
    assert said


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("CpuUtilization[1m].mean()", Query("CpuUtilization", MINUTE)),
        ("CpuUtilization[1m].mean() > 80", Query("CpuUtilization", MINUTE, predicate=Predicate(">", (80.0,)))),
        ("CpuUtilization[1m].mean() in (60, 80)", Query("CpuUtilization", MINUTE, predicate=Predicate("in", (60.0, 80.0)))),
        ("Errors[1m].grouping().count()", Query("Errors", MINUTE, group_by=(), statistic="count")),
        ("my_app.success_rate[5m].sum()", Query("my_app.success_rate", 5 * MINUTE, statistic="sum")),
        (
            'CpuUtilization[1m]{availabilityDomain = "VeBZ:PHX-AD-1"}.groupBy(poolId).percentile(0.9) > 85',
            Query(
                "CpuUtilization",
                MINUTE,
                (Condition("availabilityDomain", "=", "VeBZ:PHX-AD-1"),),
                ("poolId",),
                "percentile",
                0.9,
                Predicate(">", (85.0,)),
            ),
        ),
        (
            'CpuUtilization [1m]{faultDomain =~ "F-1|F-2", shape=VM.Standard2.4}.groupBy(a,b).avg()',
            Query(
                "CpuUtilization",
                MINUTE,
                (Condition("faultDomain", "=~", "F-1|F-2"), Condition("shape", "=", "VM.Standard2.4")),
                ("a", "b"),
                "avg",
            ),
        ),
        ("CpuUtilization[1m].absent(20h)", Query("CpuUtilization", MINUTE, statistic="absent", argument=20 * HOUR)),
    ],
)
def test_the_documented_forms_are_read(text, query):
    assert parse(text) == query


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CpuUtilization",
        "CpuUtilization.mean()",
        "CpuUtilization[1m]",
        "CpuUtilization[1m].grouping()",
        "CpuUtilization[1m].median()",
        "CpuUtilization[1m].mean(5)",
        "CpuUtilization[61m].mean()",
        "CpuUtilization[0m].mean()",
        "CpuUtilization[25h].mean()",
        "CpuUtilization[2d].mean()",
        "CpuUtilization[30s].mean()",
        "CpuUtilization[1m].percentile()",
        "CpuUtilization[1m].percentile(95)",
        "CpuUtilization[1m].absent(4d)",
        "CpuUtilization[1m].absent() > 0",
        "CpuUtilization[1m].mean() > high",
        "CpuUtilization[1m].mean() in (80, 60)",
        "CpuUtilization[1m].groupBy().mean()",
        "CpuUtilization[1m].grouping(pool).mean()",
        'CpuUtilization[1m]{a = "b}.mean()',
        "CpuUtilization[1m]{a =~ b*}.mean()",
        "CpuUtilization[1m]{}.mean()",
        'CpuUtilization[1m]{a = "b" || c = "d"}.mean()',
        "CpuUtilization[1m].mean() 5",
    ],
)
def test_what_is_no_query_is_refused(text):
    with pytest.raises(Malformed):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "(CpuUtilization[1m].max() > 80).grouping().sum()",
        "CpuUtilization[1m].mean() > 80 && MemoryUtilization[1m].mean() > 80",
        "CpuUtilization[1m].mean() || MemoryUtilization[1m].mean()",
        "CpuUtilization[1m].groupBy(a).mean().grouping().max()",
        "TotalRequestLatency[1m].mean() / 1000",
        "100 - CpuUtilization[1m].mean()",
    ],
)
def test_a_query_that_only_oci_answers_is_told_apart_from_a_malformed_one(text):
    with pytest.raises(Unanswered):
        parse(text)


def test_many_wildcards_take_no_longer_than_few():
    began = time.monotonic()
    assert not Condition("name", "=~", "*a" * 30 + "*b").holds("a" * 512)
    assert Condition("name", "=~", "*a" * 30 + "*").holds("a" * 512)
    assert time.monotonic() - began < 1


@given(st.text("ab*|", max_size=8), st.text("ab\n", max_size=8))
def test_wildcards_fit_as_regular_expressions_would(pattern, given_value):
    choices = [".*".join(re.escape(part) for part in choice.split("*")) for choice in pattern.split("|")]
    expected = any(re.fullmatch(choice, given_value, re.DOTALL) for choice in choices)
    assert Condition("name", "=~", pattern).holds(given_value) is expected


def test_wildcards_stand_for_any_characters_and_bars_for_a_choice():
    named = Condition("name", "=~", "web-*|db.1")
    assert [named.holds(value) for value in ("web-", "web-7", "db.1", "db-1", "a web-7", None)] == [True, True, True] + [
        False
    ] * 3
    others = Condition("name", "!~", "web-*|db.1")
    assert [others.holds(value) for value in ("web-7", "db-1", None)] == [False, True, True]
    assert Condition("name", "=", "web-*").holds("web-*")
    assert not Condition("name", "=", "web-*").holds("web-7")
    assert Condition("name", "!=", "a").holds(None)


POINTS = st.lists(
    st.tuples(st.integers(0, 40 * MINUTE), st.integers(-1000, 1000).map(lambda n: n / 4), st.integers(1, 3)), max_size=25
)
SPANS = st.integers(1, 10).flatmap(lambda long: st.tuples(st.just(long * MINUTE), st.integers(1, long).map(lambda n: n * MINUTE)))
PLAIN = {
    "avg": fmean,
    "mean": fmean,
    "sum": math.fsum,
    "count": len,
    "max": max,
    "min": min,
    "percentile": lambda seen: sorted(seen)[math.ceil(round(0.95 * len(seen), 9)) - 1],
}


def series(points):
    ordered = sorted(points, key=lambda point: point[0])
    return Series([p[0] for p in ordered], [p[1] for p in ordered], [p[2] for p in ordered])


def ends(start, end, resolution):
    """Whole multiples of the resolution from the start on, before the end."""
    return [at for at in range(0, end, resolution) if at >= start]


@settings(deadline=None)
@given(st.lists(POINTS, min_size=1, max_size=3), SPANS, st.integers(0, 20 * MINUTE), st.integers(1, 40 * MINUTE), st.data())
def test_each_statistic_is_what_a_plain_computation_says(parts, spans, start, long, data):
    length, resolution = spans
    statistic = data.draw(st.sampled_from(sorted(PLAIN)))
    query = Query("m", length, group_by=(), statistic=statistic, argument=0.95 if statistic == "percentile" else None)
    found = values(query, [series(points) for points in parts], start, start + long, resolution)
    expected = []
    for at in ends(start, start + long, resolution):
        seen = [value for points in parts for time, value, count in points if at - length < time <= at for _ in range(count)]
        if seen:
            expected.append((at, pytest.approx(PLAIN[statistic](seen))))
    assert found == expected


@settings(deadline=None)
@given(
    st.lists(POINTS, min_size=1, max_size=3),
    st.integers(1, 10),
    st.integers(0, 20 * MINUTE),
    st.sampled_from(["increment", "rate"]),
)
def test_a_change_is_told_against_the_window_before_and_a_rate_is_one_per_second(parts, minutes, start, statistic):
    length, end = minutes * MINUTE, 41 * MINUTE
    found = values(Query("m", length, group_by=(), statistic=statistic), [series(points) for points in parts], start, end, length)
    expected = []
    for at in ends(start, end, length):
        changes = []
        for part in map(series, parts):
            here = [v for t, v in zip(part.times, part.values, strict=True) if at - length < t <= at]
            before = [v for t, v in zip(part.times, part.values, strict=True) if at - 2 * length < t <= at - length]
            if here and before:
                changes.append(here[-1] - before[-1])
        if changes:
            expected.append((at, pytest.approx(sum(changes) / (minutes * 60 if statistic == "rate" else 1))))
    assert found == expected


@settings(deadline=None)
@given(POINTS, st.sampled_from(["first", "last"]))
def test_the_first_and_the_last_value_of_a_window_are_those_of_their_times(points, statistic):
    part = series(points)
    found = dict(values(Query("m", 5 * MINUTE, statistic=statistic), [part], 0, 41 * MINUTE, 5 * MINUTE))
    for at in ends(0, 41 * MINUTE, 5 * MINUTE):
        here = [v for t, v in zip(part.times, part.values, strict=True) if at - 5 * MINUTE < t <= at]
        assert found.get(at) == (here[0 if statistic == "first" else -1] if here else None)


@settings(deadline=None)
@given(POINTS, st.integers(1, 10), st.one_of(st.none(), st.integers(1, 30)))
def test_an_absence_is_1_for_its_period_0_where_there_is_data_and_nothing_before_any(points, minutes, period):
    part, length = series(points), minutes * MINUTE
    query = Query("m", length, statistic="absent", argument=period and period * MINUTE)
    found = dict(values(query, [part], 0, 200 * MINUTE, MINUTE))
    for at in range(0, 200 * MINUTE, MINUTE):
        earlier = [t for t in part.times if t <= at]
        if any(at - length < t for t in earlier):
            assert found[at] == 0.0
        elif earlier and earlier[-1] > at - (period or 120) * MINUTE:
            assert found[at] == 1.0
        else:
            assert at not in found


@settings(deadline=None)
@given(POINTS, PREDICATES)
def test_a_predicate_keeps_what_it_holds_for_as_1(points, predicate):
    asked = Query("m", MINUTE, statistic="max")
    without = values(asked, [series(points)], 0, 41 * MINUTE, MINUTE)
    kept = values(Query("m", MINUTE, statistic="max", predicate=predicate), [series(points)], 0, 41 * MINUTE, MINUTE)
    assert kept == [(at, 1.0) for at, value in without if predicate.holds(value)]


def test_between_and_outside_include_their_bounds():
    assert [Predicate("in", (1.0, 2.0)).holds(v) for v in (0.9, 1, 1.5, 2, 2.1)] == [False, True, True, True, False]
    assert [Predicate("not in", (1.0, 2.0)).holds(v) for v in (0.9, 1, 1.5, 2, 2.1)] == [True, True, False, True, True]


@settings(deadline=None)
@given(st.lists(POINTS, min_size=1, max_size=4))
def test_merged_series_have_all_datapoints_in_the_order_of_their_times(parts):
    found = merged([series(points) for points in parts])
    assert found.times == sorted(found.times)
    points = list(zip(found.times, found.values, found.counts, strict=True))
    assert sorted(points) == sorted(point for part in parts for point in part)


def test_intervals_are_1m_to_60m_1h_to_24h_and_1d():
    assert [interval(text) for text in ("1m", "60m", "1h", "24h", "1d")] == [MINUTE, HOUR, HOUR, DAY, DAY]
