"""When an anomaly begins and how long it goes on."""

import numpy as np

from assets.fleet.logic.anomalies.stays import stays


def test_a_stay_begins_high_and_ends_low():
    distance = np.array([3, 7, 4, 2, 7, 1, 4, 3, 7, 7, 0.0])

    assert stays(distance, begins=7, goes_on=0.25).tolist() == [
        False,
        True,
        True,
        True,
        True,
        False,
        False,
        False,
        True,
        True,
        False,
    ]


def test_what_is_unknown_neither_ends_a_stay_nor_belongs_to_it():
    distance = np.array([np.nan, 8, np.nan, 3, 0, np.nan, 3])

    assert stays(distance, begins=7, goes_on=0.25).tolist() == [False, True, False, True, False, False, False]
