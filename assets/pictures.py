"""Charts as pictures, for the metadata of assets. No system's own charts belong here."""

import struct
import zlib
from typing import Any


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
    """The version of Vega-Lite that specifications are written for, as the renderer names it."""
    import altair as alt

    return ".".join(str(alt.SCHEMA_VERSION).removeprefix("v").split(".")[:2])
