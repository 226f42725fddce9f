"""Front matter: YAML between two lines of three hyphens at the beginning of a text."""

import re

_FENCED = re.compile(r"\A\s*---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_LONGEST = 65_536
_MOST_BRACKETS = 500
"""The library's time grows with the square of the depth."""


def split(text: str) -> tuple[dict[str, object], str, list[str]]:
    """The values of the front matter, the text without it, and what was wrong with it.

    Front matter that cannot be read stays in the text, so that nothing is lost. What is no mapping is none at all: two rules
    with words between them look the same.
    """
    import yaml

    match = _FENCED.match(text, 0, _LONGEST)
    if not match:
        return {}, text, []
    if match[1].count("[") + match[1].count("{") > _MOST_BRACKETS:
        return {}, text, ["its front matter is not used: it is nested beyond sense"]
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(match[1], Loader=yaml.SafeLoader)):
            return {}, text, ["its front matter is not used: it repeats parts by reference"]
        values = yaml.safe_load(match[1])
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        return {}, text, [f"its front matter is not used: it is no YAML ({str(error)[:200]})"]
    if not isinstance(values, dict):
        return {}, text, []
    return {str(name): value for name, value in values.items()}, text[match.end() :], []
