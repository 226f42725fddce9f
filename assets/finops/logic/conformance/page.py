"""The score card as a page: every rule of every provider, failures first."""

from collections.abc import Sequence

from jinja2 import Environment

from assets.finops.logic.conformance.card import RuleResult, summary

_ORDER = {"fail": 0, "not checked": 1, "pass": 2, "not applicable": 3}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>FOCUS 1.2 conformance</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
:root { color-scheme: light dark; font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif }
body { max-width: 1200px; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; overflow-wrap: anywhere }
.fail td:nth-child(4) { color: #c0392b; font-weight: 600 }
</style></head><body>
<h1>FOCUS 1.2 conformance</h1>
<p>Which requirements of the FOCUS 1.2 model the stored lines pass. Rules that the model leaves to people and that we do not
check either are “not checked”, never a pass.
Failures may be the provider's: columns that a source does not give fail their rule.</p>
{% for provider, counts, results in providers %}
<h2>{{ provider }}</h2>
<p>{% for name, count in counts.items() %}{{ count }} {{ name }}{{ "" if loop.last else ", " }}{% endfor %}</p>
<table><thead><tr><th>Rule</th><th>Column</th><th>Keyword</th><th>Result</th><th>Rows</th>
<th>Example or reason</th></tr></thead><tbody>
{% for r in results %}<tr class="{{ r.result }}"><td>{{ r.rule_id }}</td><td>{{ r.column }}</td><td>{{ r.keyword }}</td>
<td>{{ r.result }}</td><td>{{ "" if r.rows_failing is none else r.rows_failing }}</td>
<td>{{ r.example or r.reason or "" }}</td></tr>
{% endfor %}</tbody></table>
{% else %}<p>No line is stored yet: bring billing files in first.</p>
{% endfor %}</body></html>
"""


def render(results: Sequence[RuleResult]) -> str:
    """The page as self-contained HTML; all that comes from data is escaped."""
    names = sorted({r.ProviderName for r in results})
    of_provider = {n: [r for r in results if r.ProviderName == n] for n in names}
    providers = [
        (n, summary(found), sorted(found, key=lambda r: (_ORDER[r.result], r.rule_id))) for n, found in of_provider.items()
    ]
    return Environment(autoescape=True, trim_blocks=True).from_string(_PAGE).render(providers=providers)
