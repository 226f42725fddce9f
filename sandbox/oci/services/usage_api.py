"""The Usage API: cost and usage, summed over days or months and grouped by what the request names."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.oci.clock import parsed, text
from sandbox.oci.errors import OciError, invalid, not_found
from sandbox.oci.exchange import Answer, Asked, answers, page_of
from sandbox.oci.services import identity
from sandbox.oci.store import Body, Store

LINES = "usage_api.lines"
MOST_GROUPS = 4
"""Source: documentation of the module PowerCraft.OCI (powershellgallery.com): up to four dimensions."""
LONGEST: Mapping[str, timedelta] = {
    "HOURLY": timedelta(hours=36),
    "DAILY": timedelta(days=90),
    "MONTHLY": timedelta(days=366),
}
"""Longest windows. DAILY: the same source, and oracle/oci-python-sdk#694; HOURLY and MONTHLY are not sourced."""
GROUPS = {
    "tagNamespace", "tagKey", "tagValue", "service", "skuName", "skuPartNumber", "unit", "compartmentName", "compartmentPath",
    "compartmentId", "platform", "region", "logicalAd", "resourceId", "tenantId", "tenantName",
}  # fmt: skip
"""What can be grouped by. Source: SDK docstring of `groupBy`."""
MOST_COMPUTED = 256
"""Answers that are kept for their next pages."""
_FIELDS = {"logicalAd": "ad"}
_PRECISION = "UTC date does not have the right precision: hours, minutes, seconds, and second fractions must be 0"
"""The service's words. Source: oracle/oci-typescript-sdk#193, oracle/oci-dotnet-sdk#67."""


def add_lines(store: Store, lines: Iterable[Body]) -> None:
    """Let usage exist: per line `day` (ISO), `cost` and `quantity` (decimal text), `currency`, and what can be grouped by."""
    store.journal(LINES).extend(lines)
    store.computed.clear()


def spent(store: Store, kind: str, target: str, now: datetime) -> float | None:
    """Cost of a budget's target in the month so far; None if no usage is known at all."""
    lines = store.journal(LINES)
    if not lines:
        return None
    first, last = now.strftime("%Y-%m-01"), now.strftime("%Y-%m-%d")
    known = f"spent/{kind}/{target}/{last}/{len(store.table(identity.COMPARTMENTS))}"
    if known in store.computed:
        return float(store.computed[known])
    inside = identity.below(store, target) if kind == "COMPARTMENT" and target in store.table(identity.COMPARTMENTS) else None
    total = Decimal(0)
    for line in lines:
        if not first <= line["day"] <= last:
            continue
        if kind == "TAG":
            counted = f"{line.get('tagNamespace')}.{line.get('tagKey')}.{line.get('tagValue')}" == target
        else:
            counted = inside is None or line["compartmentId"] in inside
        total += Decimal(line["cost"]) if counted else 0
    store.computed[known] = float(round(total, 2))
    return float(store.computed[known])


def days_in_month(moment: datetime) -> int:
    """Days of its month."""
    return monthrange(moment.year, moment.month)[1]


@answers("usage_api")
def request_summarized_usages(asked: Asked) -> Answer:
    """Usage summed per day (month, hour) and group. Fields that are not grouped by are null.

    Source: oracle/oci-python-sdk#637 (only grouped fields are filled), #380 (start inclusive, end exclusive).
    """
    body = asked.body
    if body["tenantId"] != asked.tenancy:
        raise not_found()
    start, end = _window(body)
    _demand_answered(body)
    groups = body.get("groupBy") or []
    if len(groups) > MOST_GROUPS:
        raise invalid(f"groupBy must have at most {MOST_GROUPS} items")
    unknown = sorted(set(groups) - GROUPS)
    if unknown:
        raise invalid(f"groupBy has an unknown item: {unknown[0]}")
    items = _summed(asked.store, body, groups, start, end)
    part, headers = page_of(asked, items, 1000)
    return Answer({"groupBy": groups, "items": list(part)}, headers=headers)


def _window(body: Body) -> tuple[datetime, datetime]:
    granularity = body["granularity"]
    start, end = parsed(body["timeUsageStarted"]), parsed(body["timeUsageEnded"])
    if granularity == "TOTAL":
        raise invalid("granularity TOTAL is not yet supported")
    for moment in (start, end):
        if moment.minute or moment.second or moment.microsecond or (granularity != "HOURLY" and moment.hour):
            raise invalid(_PRECISION)
        if granularity == "MONTHLY" and moment.day != 1:
            raise invalid("with MONTHLY granularity, dates must be the first of a month")
    if end <= start:
        raise invalid("timeUsageEnded must be after timeUsageStarted")
    if end - start > LONGEST[granularity]:
        longest = "36 hours" if granularity == "HOURLY" else f"{LONGEST[granularity].days} days"
        raise invalid(f"the longest window with {granularity} granularity is {longest}")
    return start, end


def _demand_answered(body: Body) -> None:
    """Raises OciError for what the service does and the sandbox does not: an answer without it would be a wrong one.

    Source of the one tag: SDK docstring of `groupByTag`.
    """
    if len(body.get("groupByTag") or ()) > 1:
        raise invalid("groupByTag must have at most 1 item")
    kind = body.get("queryType") or "COST"
    later = [name for name in ("forecast", "groupByTag", "compartmentDepth") if body.get(name)]
    later += ["granularity HOURLY"] if body["granularity"] == "HOURLY" else []
    later += [f"queryType {kind}"] if kind not in ("COST", "USAGE") else []
    if later:
        raise OciError(501, "NotImplemented", f"The sandbox does not answer {later[0]} of usage: see docs/sandbox.md.")


def _summed(store: Store, body: Body, groups: list[str], start: datetime, end: datetime) -> list[Body]:
    key = repr((sorted(body.items(), key=str), start, end))
    if key not in store.computed:
        while len(store.computed) >= MOST_COMPUTED:
            del store.computed[next(iter(store.computed))]
        store.computed[key] = _items(store, body, groups, start, end)
    found: list[Body] = store.computed[key]
    return found


def _items(store: Store, body: Body, groups: list[str], start: datetime, end: datetime) -> list[Body]:
    together = bool(body.get("isAggregateByTime"))
    wanted = _filter(body.get("filter"))
    first, last = start.strftime("%Y-%m-%d"), end.strftime("%Y-%m-%d")
    sums: dict[tuple[Any, ...], list[Decimal]] = {}
    for line in store.journal(LINES):
        if not first <= line["day"] < last or not wanted(line):
            continue
        period = first if together else line["day"] if body["granularity"] == "DAILY" else line["day"][:7] + "-01"
        key = (period, line["currency"], *(line.get(group) for group in groups))
        of_key = sums.setdefault(key, [Decimal(0), Decimal(0)])
        of_key[0] += Decimal(line["cost"])
        of_key[1] += Decimal(line["quantity"])
    order = sorted(sums, key=lambda k: tuple(str(part) for part in k))
    return [_item(body, groups, key, sums[key], end) for key in order]


def _item(body: Body, groups: list[str], key: tuple[Any, ...], sums: list[Decimal], end: datetime) -> Body:
    period, currency, *named = key
    begun = parsed(period)
    if body.get("isAggregateByTime"):
        ended = end
    elif body["granularity"] == "MONTHLY":
        ended = begun + timedelta(days=days_in_month(begun))
    else:
        ended = begun + timedelta(days=1)
    shown = {_FIELDS.get(group, group): value for group, value in zip(groups, named, strict=True) if not group.startswith("tag")}
    tag = {group: value for group, value in zip(groups, named, strict=True) if group.startswith("tag")}
    return {
        "timeUsageStarted": text(begun),
        "timeUsageEnded": text(ended),
        "computedAmount": float(sums[0]),
        "computedQuantity": float(sums[1]),
        "attributedCost": str(sums[0]),
        "attributedUsage": str(sums[1]),
        "currency": currency,
        "isForecast": False,
        "tags": [{"namespace": tag.get("tagNamespace"), "key": tag.get("tagKey"), "value": tag.get("tagValue")}] if tag else [],
        **shown,
    }


def _filter(condition: Body | None) -> Callable[[Body], bool]:
    """Filters may be nested. Source: SDK model `Filter`."""
    if not condition:
        return lambda _line: True
    tests = [_dimension(d["key"], d["value"]) for d in condition.get("dimensions") or []]
    tests += [_tag(t) for t in condition.get("tags") or []]
    tests += [_filter(inner) for inner in condition.get("filters") or []]
    operator = condition.get("operator") or "AND"
    if operator == "AND":
        return lambda line: all(test(line) for test in tests)
    if operator == "OR":
        return lambda line: any(test(line) for test in tests)
    return lambda line: not any(test(line) for test in tests)


def _dimension(key: str, value: str) -> Callable[[Body], bool]:
    if key not in GROUPS:
        raise invalid(f"filter has an unknown dimension: {key}")
    return lambda line: line.get(key) == value


def _tag(tag: Body) -> Callable[[Body], bool]:
    wanted = {"tagNamespace": tag.get("namespace"), "tagKey": tag.get("key"), "tagValue": tag.get("value")}
    return lambda line: all(value is None or line.get(name) == value for name, value in wanted.items())
