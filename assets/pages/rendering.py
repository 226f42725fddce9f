"""Makes pages from templates: those of a report, which may extend `page.html.jinja` and import `parts.html.jinja`."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Nothing is fetched, and no script runs: there is none."""


def rendered(folder: Path, template: str, **variables: Any) -> bytes:  # noqa: ANN401 - whatever the template names
    """A page.

    Args:
        folder: Where the report's own templates lie.
        template: Which of them.
        variables: What it names.
    """
    return _templates(folder)(template)(policy=_POLICY, **variables).encode()


@cache
def _templates(folder: Path) -> Callable[[str], Callable[..., str]]:
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, _HERE]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["css"] = Markup((_HERE / "page.css").read_text(encoding="utf-8"))  # noqa: S704 - a file of ours
    return lambda name: environment.get_template(name).render
