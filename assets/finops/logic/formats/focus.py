"""FOCUS exports of any provider: 1.0 to 1.2, and later versions with their extra columns kept."""

import re
from collections.abc import Sequence

import polars as pl

from assets.finops.logic.columns import BY_NAME, FOCUS_COLUMNS
from assets.finops.logic.formats.layout import Control, Layout, kept_names

EXPECTED = "FOCUS: columns BilledCost, BillingCurrency, ChargePeriodStart and at least ten more of the specification"

_ESSENTIAL = ("BilledCost", "BillingCurrency", "ChargePeriodStart")
_AT_LEAST = 13
_LATER = {
    "1.3": ("hostprovidername", "serviceprovidername", "allocatedmethodid", "contractapplied"),
    "1.4": ("invoicedetailid", "deliveryid"),
}
_RENAMED = {
    # 1.0-preview and 1.3 spell these otherwise; the reading order is the order of preference
    "ProviderName": ("serviceprovidername", "provider"),
    "PublisherName": ("hostprovidername", "publisher"),
    "InvoiceIssuerName": ("invoiceissuer",),
    "RegionId": ("region",),
}


def recognise(header: Sequence[str]) -> Layout | None:
    """Recognise a FOCUS header, whatever the case and the underscores of its column names."""
    spelled = {_key(raw): raw for raw in reversed(header)}
    sources = {c.name: spelled[_key(c.name)] for c in FOCUS_COLUMNS if _key(c.name) in spelled}
    if any(name not in sources for name in _ESSENTIAL) or len(sources) < _AT_LEAST:
        return None
    for name, others in _RENAMED.items():
        found = next((spelled[o] for o in others if o in spelled), None)
        if name not in sources and found:
            sources[name] = found
    used = {sources[name] for name in sources if _key(sources[name]) == _key(name)}
    return Layout(
        format=f"focus-{_version(set(spelled), set(sources))}",
        control=Control(
            cost=sources["BilledCost"],
            currency=sources["BillingCurrency"],
            start=sources["ChargePeriodStart"],
            invoice=sources.get("InvoiceId"),
        ),
        expressions={name: pl.col(raw) for name, raw in sources.items()},
        kept=kept_names([raw for raw in header if raw not in used]),
        replaces_period=True,
    )


def _key(name: str) -> str:
    return re.sub(r"[^0-9a-z]", "", name.lower())


def _version(keys: set[str], sources: set[str]) -> str:
    for version, markers in reversed(_LATER.items()):
        if any(marker in keys for marker in markers):
            return version
    return max((BY_NAME[name].since for name in sources), default="1.0")
