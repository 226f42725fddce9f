"""Functions and layers of Lambda, as tests of pure logic use them."""

from collections.abc import Mapping, Sequence

from resources.lambda_layers import Function, LayerArn, LayerVersion, Place

HOME = Place("111111111111", "eu-central-1")
AWAY = Place("222222222222", "eu-central-1")


def layer(version: int, name: str = "base", place: Place = HOME) -> str:
    """ARN of a version of a layer."""
    return f"arn:aws:lambda:{place.region}:{place.account}:layer:{name}:{version}"


def version_of(arn: str, runtimes: Sequence[str] = ("python3.12",), architectures: Sequence[str] = ("x86_64",)) -> LayerVersion:
    """That version."""
    return LayerVersion(LayerArn.parsed(arn), "", None, tuple(runtimes), tuple(architectures), None, 1000, f"sha of {arn[-1]}")


def function(
    name: str, layers: Sequence[str] = (), version: str = "$LATEST", place: Place = HOME, runtime: str | None = "python3.12",
    code: str = "code", code_bytes: int = 1000, settings: str = "settings", tags: Mapping[str, str] | None = None,
) -> Function:  # fmt: skip
    """A function."""
    arn = f"arn:aws:lambda:{place.region}:{place.account}:function:{name}"
    return Function(
        place, name, version, arn, runtime, ("x86_64",), "app.handler", 128, 3, tuple(layers), code_bytes, code, None, "r1",
        tags=tags, settings_sha256=settings,
    )  # fmt: skip
