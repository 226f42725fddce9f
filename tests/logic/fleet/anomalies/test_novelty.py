"""What was not seen in the last weeks."""

import numpy as np
import pytest

from assets.fleet.logic.anomalies.novelty import novelty
from assets.fleet.logic.anomalies.settings import DEFAULT
from tests.logic.fleet.anomalies.series import noise

POINTS = 600


def found(values: np.ndarray, surprise: float = DEFAULT.surprise) -> np.ndarray:
    return novelty(values, np.zeros(POINTS), np.full(POINTS, surprise), DEFAULT)


def test_what_lies_beyond_all_there_was_is_new_by_its_part_of_that_range():
    values = noise(POINTS)
    usual = values[:500].max() - values[:500].min()
    values[500] = values[:500].max() + usual

    assert found(values)[500] == pytest.approx(1, abs=0.05)


def test_a_new_extreme_that_was_expected_is_less_new():
    values = noise(POINTS)
    values[500] = 30
    fully = found(values)[500]

    assert found(values, DEFAULT.surprise / 4)[500] == pytest.approx(fully / 2)
    assert found(values, -4 * DEFAULT.surprise)[500] == fully
    assert found(values, 0.0)[500] == 0


def test_only_something_newer_speaks_again_for_a_while():
    values = noise(POINTS)
    values[400], values[450], values[460] = 6, 6.1, 60
    said = found(values)

    assert said[450] == 0
    assert said[460] > 0.5


def test_a_changed_variation_and_a_changed_level_are_new_though_no_value_is():
    rough = 40 * np.sin(np.arange(POINTS) / 40) + noise(POINTS)
    rough[400:450] = np.where(np.arange(50) % 2, 25.0, -25.0)
    level = np.where(np.arange(POINTS) % 40 == 0, 10.0, noise(POINTS))
    level[400:440] = 9

    assert found(rough)[400:450].max() > 0.01
    assert found(level)[400:440].max() > 0.01


def test_nothing_is_new_to_a_short_past_and_what_is_unknown_is_not_known_to_be():
    values = np.arange(POINTS, dtype=float)
    values[300] = np.nan
    said = found(values)

    assert np.isnan(said[:100]).all()
    assert np.isnan(said[300])
