"""One layer or several: distributions are put into as few layers as their sizes allow, each wholly into one."""

from collections.abc import Mapping

from resources.lambda_layers import MOST_LAYERS


class TooLarge(ValueError):
    """It cannot be split so; the text says what is largest."""


def parts(sizes: Mapping[str, int], most_bytes: int | None) -> list[list[str]]:
    """Names of the distributions of each layer: the largest first, each into the first that has room (first fit decreasing).

    Args:
        sizes: Unzipped bytes by name.
        most_bytes: Of a layer; None: all are in one.

    Raises:
        TooLarge: A distribution alone is larger, or a function could not have so many layers.
    """
    if most_bytes is None or sum(sizes.values()) <= most_bytes:
        return [sorted(sizes)]
    found: list[list[str]] = []
    room: list[int] = []
    for name in sorted(sizes, key=lambda one: (-sizes[one], one)):
        if sizes[name] > most_bytes:
            raise TooLarge(f"{name} alone has {sizes[name]:,} bytes, and a layer is to have at most {most_bytes:,} (most_bytes)")
        at = next((n for n, left in enumerate(room) if sizes[name] <= left), None)
        if at is None:
            found.append([])
            room.append(most_bytes)
            at = len(room) - 1
        found[at].append(name)
        room[at] -= sizes[name]
    if len(found) > MOST_LAYERS:
        raise TooLarge(
            f"it would be {len(found)} layers of {most_bytes:,} bytes, and a function has at most {MOST_LAYERS}: {largest(sizes)}"
        )
    return [sorted(names) for names in found]


def largest(sizes: Mapping[str, int], number: int = 5) -> str:
    """The largest of them, for people."""
    ordered = sorted(sizes.items(), key=lambda one: (-one[1], one[0]))[:number]
    return "largest are " + ", ".join(f"{name} ({size / 1e6:,.1f} MB)" for name, size in ordered)
