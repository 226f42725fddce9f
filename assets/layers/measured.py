"""Metrics of layers: `LayerColdStartDuration` (milliseconds) and `LayerSize` (bytes of the zip, as AWS counts them)."""

from collections.abc import Iterable
from datetime import datetime

from assets.layers.logic.bundles import Bundle
from assets.layers.logic.products import BuiltLayer
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


def size_points(found: Iterable[tuple[Bundle, BuiltLayer]], at: datetime) -> list[MetricPoint]:
    """Sizes of zips that were published; one that was published at several places has one size.

    Args:
        found: Zips, with the bundle that each is of.
        at: When they were published.
    """
    sizes = {(build.layer, combination): build.zip_bytes for bundle, build in found for combination in bundle.combinations}
    return [MetricPoint(SIZE, float(size), at, dimensions(layer, *one)) for (layer, one), size in sizes.items()]
