"""Metrics of layers: `LayerColdStartDuration` (milliseconds) and `LayerSize` (bytes of the zip, as AWS counts them)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from assets.layers.logic.bundles import Bundle
from assets.layers.logic.testing import Tested
from resources.metrics_sink import MetricPoint

COLD_START, SIZE = "LayerColdStartDuration", "LayerSize"


def dimensions(layer: str, runtime: str, architecture: str) -> dict[str, str]:
    """What metrics of layers are measured of."""
    return {"LayerName": layer, "Runtime": runtime, "Architecture": architecture}


def cold_start_points(found: Iterable[tuple[Bundle, tuple[str, str], Tested]], at: datetime) -> list[MetricPoint]:
    """Cold starts that were measured in accounts; of parts of a layer, which start together, each has the time of all."""
    return [
        MetricPoint(COLD_START, tested.took, at, dimensions(build.layer, *combination))
        for bundle, combination, tested in found
        if tested.took is not None
        for build in bundle.builds
    ]


def size_points(
    sizes: Mapping[str, int], combinations: Mapping[str, Sequence[tuple[str, str]]], at: datetime
) -> list[MetricPoint]:
    """Sizes of the newest published zips.

    Args:
        sizes: Bytes of the zip, by name of the layer.
        combinations: Runtimes and architectures that it is for, by name of the layer.
        at: When that was looked at.
    """
    return [
        MetricPoint(SIZE, float(size), at, dimensions(layer, *combination))
        for layer, size in sizes.items()
        for combination in combinations[layer]
    ]
