"""Vectors as python-oracledb binds and fetches them."""

import array

import numpy as np

from resources.embeddings import Vectors


def as_bind(vector: Vectors) -> "array.array[float]":
    """A vector as it is bound to a VECTOR of FLOAT32: `array('f')`; never a list or text."""
    numbers = array.array("f")
    numbers.frombytes(np.ascontiguousarray(vector, dtype=np.float32).tobytes())
    return numbers
