"""Charts as pictures, drawn without a browser or a network. No system's own charts belong here."""

import struct
import zlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Look:
    """Colours of text and ground. In the page they are the reader's own (light or dark), in a picture they are fixed."""

    ink: str
    ground: str
    width: int | str


IN_PICTURE = Look(ink="#27323d", ground="#ffffff", width=820)


def drawn(chart: Any) -> bytes:  # noqa: ANN401  altair has no types
    """An Altair chart as PNG, in the look that all pictures share."""
    spec: dict[str, Any] = (
        chart.configure(background=IN_PICTURE.ground, font="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=IN_PICTURE.ink,
            titleColor=IN_PICTURE.ink,
            gridOpacity=0.4,
            titleFontWeight="normal",
            labelLimit=260,
        )
        .to_dict()
    )
    spec.pop("$schema", None)
    return png(spec)


def png(spec: dict[str, Any]) -> bytes:
    """The chart as a picture, drawn without a browser or a network."""
    import vl_convert

    drawn = vl_convert.vegalite_to_png(spec, vl_version=vega_lite_version(), allowed_base_urls=[])
    return _recompressed(bytes(drawn))


def _recompressed(picture: bytes) -> bytes:
    """The same PNG with its pixels packed tightly: the renderer packs them for speed, up to eight times as large."""
    signature, chunks, pixels, place = picture[:8], [], b"", 8
    while place < len(picture):
        length, kind = struct.unpack(">I4s", picture[place : place + 8])
        body = picture[place + 8 : place + 8 + length]
        place += 12 + length
        if kind == b"IDAT":
            pixels += body
        else:
            chunks.append((kind, body))
    chunks.insert(-1, (b"IDAT", zlib.compress(zlib.decompress(pixels), 9)))
    packed = (struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks)
    return signature + b"".join(packed)


def vega_lite_version() -> str:
    """Version of Vega-Lite that Altair writes for, `major.minor`."""
    import altair as alt

    return ".".join(str(alt.SCHEMA_VERSION).removeprefix("v").split(".")[:2])
