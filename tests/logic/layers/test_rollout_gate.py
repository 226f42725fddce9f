"""When a wave is healthy, when it is not, and when that is not known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.layers.logic.rollout.gate import Figures, GateRule, Judgement, Window, chance, decide, judge
from assets.layers.logic.rollout.windows import Span, before, figures, since

RULE = GateRule()
GOOD = Window(100, 1, 0, 50)
BEFORE = (GOOD,) * 6


def verdict(*windows, rule=RULE, past=BEFORE, early=False):
    return judge([Figures(f"f{n}", window, past) for n, window in enumerate(windows)], rule, early=early).verdict


def test_a_wave_like_before_is_healthy():
    assert verdict(GOOD) == "healthy"
    assert verdict(GOOD, early=True) == "healthy"


@pytest.mark.parametrize(
    ("since", "word"),
    [
        (replace(GOOD, errors=20), "20 of 100 calls failed, 6 of 600 before"),
        (replace(GOOD, throttles=30), "30 of 130 calls were throttled"),
        (replace(GOOD, duration_ms=150), "calls take 150 ms, 50 ms in the slowest window before"),
    ],
)
def test_errors_throttles_and_slow_calls_condemn_a_wave_and_say_so(since, word):
    found = judge([Figures("f", since, BEFORE)], RULE)

    assert found.verdict == "unhealthy"
    assert word in " ".join(found.reasons)


@pytest.mark.parametrize("missing", ["invocations", "errors", "throttles", "duration_ms"])
def test_a_figure_that_is_missing_is_unknown_and_never_healthy(missing):
    assert verdict(replace(GOOD, **{missing: None})) == "unknown"


def test_functions_that_nobody_calls_are_not_healthy():
    assert verdict(Window()) == verdict(Window(0, 0, 0, None)) == verdict() == "unknown"
    assert verdict(GOOD, Window(), Window()) == "unknown"


def test_one_bad_function_is_found_among_many_good_ones():
    assert verdict(*[GOOD] * 30, replace(GOOD, errors=25)) == "unhealthy"


def test_a_few_errors_of_every_function_are_found_in_the_sum():
    assert verdict(replace(GOOD, errors=5), past=BEFORE) == "healthy"
    assert verdict(*[replace(GOOD, errors=5)] * 10, past=BEFORE) == "unhealthy"


def test_all_calls_failing_condemns_before_the_time_is_up_though_there_are_few():
    assert verdict(Window(6, 6, 0, 20), early=True) == "unhealthy"


def test_a_burst_as_it_was_before_condemns_nobody():
    bursty = (*BEFORE[1:], replace(GOOD, errors=30))

    assert verdict(replace(GOOD, errors=25), past=bursty) == "healthy"


def test_a_window_with_few_calls_excuses_nothing():
    quiet = (*BEFORE[1:], Window(1, 1, 1, 5000))

    assert verdict(replace(GOOD, errors=60), past=quiet) == "unhealthy"
    assert verdict(replace(GOOD, throttles=60), past=quiet) == "unhealthy"
    assert verdict(replace(GOOD, duration_ms=900), past=quiet) == "unhealthy"
    assert verdict(Window(40, 40, 0, 50), past=(Window(1, 1, 0, 50), Window(4, 0, 0, 50), Window(3, 0, 0, 50))) == "unhealthy"


def test_a_function_that_always_failed_keeps_nobody_waiting_and_hides_no_other():
    failing = Figures("old sinner", replace(GOOD, errors=100), (replace(GOOD, errors=100),) * 6)

    assert judge([Figures("f", GOOD, BEFORE), failing], RULE).verdict == "healthy"
    assert judge([Figures("f", replace(GOOD, errors=20), BEFORE), failing], RULE).verdict == "unhealthy"


def test_slow_calls_condemn_when_the_time_is_up_and_not_by_the_first_few():
    assert verdict(replace(GOOD, duration_ms=900), early=True) == "healthy"
    seldom = Figures("g", Window(9, 0, 0, 200), (Window(9, 0, 0, 50),) * 6)
    assert judge([Figures("f", GOOD, BEFORE), seldom], RULE).verdict == "healthy"
    assert verdict(Window(90, 0, 0, 900), past=(Window(9, 0, 0, 50),) * 6) == "unhealthy"


@pytest.mark.parametrize("now", [Window(), Window(0, 0, 0, None), Window(9, 0, 0, 50)])
def test_a_function_that_is_hardly_called_any_more_is_not_healthy_though_others_are(now):
    found = judge([Figures("f", GOOD, BEFORE), Figures("fallen", now, BEFORE)], RULE)

    assert found.verdict == "unknown"
    assert "fallen had" in found.reasons[0]


def test_without_a_past_a_bound_decides():
    assert verdict(replace(GOOD, errors=5), past=()) == "healthy"
    assert verdict(replace(GOOD, errors=6), past=()) == "unhealthy"


def test_earlier_waves_may_condemn_and_vouch_for_nothing():
    bad, good = Figures("early", replace(GOOD, errors=60), BEFORE), Figures("early", GOOD, BEFORE)

    assert judge([Figures("f", GOOD, BEFORE)], RULE, earlier=[bad]).verdict == "unhealthy"
    assert judge([Figures("f", Window(), BEFORE)], RULE, earlier=[good]).verdict == "unknown"


@given(
    st.lists(st.integers(0, 300), min_size=3, max_size=3).map(sorted), st.integers(0, 300),
    st.lists(st.integers(0, 50), min_size=1, max_size=6), st.booleans(),
)  # fmt: skip
def test_more_errors_never_make_a_wave_healthier(rising, throttles, past, early):
    few, more, calls = rising
    windows = tuple(Window(200, errors, 0, 50) for errors in past)

    found = [verdict(Window(calls, errors, throttles, 50), past=windows, early=early) for errors in (few, more)]

    assert found[0] != "unhealthy" or found[1] == "unhealthy"


@pytest.mark.parametrize(("now", "past", "expected"), [((3, 4), (1, 4), 17 / 70), ((2, 2), (0, 8), 1 / 45)])
def test_the_chance_is_that_of_fishers_exact_test(now, past, expected):
    assert chance(*now, *past) == pytest.approx(expected)


def test_a_healthy_wave_is_seldom_condemned():
    """All that may happen to 200 calls, weighed by how often it does: 1 % fail, as before."""
    from scipy.stats import binom

    past = (Window(200, 2, 0, 50),) * 6
    condemned = [errors for errors in range(30) if verdict(Window(200, errors, 0, 50), past=past) == "unhealthy"]

    assert 0 < sum(float(binom.pmf(errors, 200, 0.01)) for errors in condemned) < RULE.level


@pytest.mark.parametrize(
    ("found", "minutes", "option", "step"),
    [
        ("unhealthy", 0, "hold", "roll back"),
        ("healthy", 29, "hold", "wait"),
        ("healthy", 30, "hold", "go on"),
        ("unknown", 30, "proceed", "wait"),
        ("unknown", 1440, "hold", "hold"),
        ("unknown", 1440, "proceed", "go on"),
        ("unknown", 1440, "roll back", "roll back"),
    ],
)
def test_what_follows_from_a_verdict(found, minutes, option, step):
    assert decide(Judgement(found, (), ()), minutes, GateRule(on_no_traffic=option)) == step


NOW = datetime(2026, 11, 1, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_only_whole_minutes_after_the_wave_count_of_which_the_values_have_arrived():
    assert since(NOW, NOW + 10 * MINUTE, 2 * MINUTE) == Span(NOW.replace(minute=1, second=0), NOW.replace(minute=8, second=0))
    assert since(NOW, NOW, 2 * MINUTE).minutes == 0


def test_windows_before_are_as_long_and_end_where_the_roll_out_began():
    spans = before(NOW, 30 * MINUTE, 3)

    assert [span.minutes for span in spans] == [30, 30, 30]
    assert spans[-1].end == NOW.replace(second=0)
    assert spans[0].end == spans[1].begin


def test_calls_of_minutes_of_which_failures_are_not_known_are_not_taken_for_good_ones():
    at = [NOW.replace(second=0) + n * MINUTE for n in range(30)]
    calls, known = dict.fromkeys(at, 100.0), {at[0]: 0.0}

    found = figures("f", [[calls, known, known, calls]], Span(at[0], at[-1] + MINUTE), ())

    assert found.since == Window(100, 0, 0, 100)


def test_minutes_become_figures_and_durations_are_weighed_by_calls():
    at = [NOW.replace(second=0) + n * MINUTE for n in range(4)]
    calls, durations = dict(zip(at, [1, 3, 5, 9], strict=True)), dict(zip(at, [100, 200, 7, 7], strict=True))

    ways = [[calls, {at[0]: 1.0}, {}, durations], [{}, {}, {}, {}], [{at[0]: 4}, {at[0]: 2}, {}, {at[0]: 75}]]

    found = figures("f", ways, Span(at[0], at[2]), [Span(at[2], at[3])])

    assert found.since == Window(5, 3, None, 125)
    assert found.before == (Window(5, None, None, 7),)
