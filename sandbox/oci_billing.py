"""The OCI side of the scenario: numbered cost reports, one per two days, that are only ever added to.

Some lines are corrected weeks later, one report comes twice under another number, one has records that
are damaged.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sandbox.anomalies import ORACLE, of_resource
from sandbox.delivery import Bill, Delivery, Invoiced, csv_bytes, gzipped
from sandbox.oci_estate import COMPARTMENTS, resources
from sandbox.oci_lines import HEADER, Line, corrected, damaged, lines
from sandbox.usage import Window

_FOLDER = "billing/oci/reports/cost-csv"
_FIRST_NUMBER = 1_000_000_600_000
_NUMBER_STEP = 37
_DAYS_PER_FILE = 2
_CORRECTED_LINES = 4
_FILES_UNTIL_CORRECTION = 10
_CORRECTED_SHARE = Decimal("0.75")


def billed_lines(window: Window, seed: int) -> list[Line]:
    """Every line that is billed, corrections among them."""
    reports, _ = _reports(window, seed)
    return [line for _, content in reports for line in content]


def oci_bill(window: Window, seed: int) -> Bill:
    """Every cost report of the window."""
    reports, impacts = _reports(window, seed)
    bad = damaged(reports[len(reports) // 3][1][0])
    files: list[Delivery] = []
    for number, (last, content) in enumerate(reports):
        records = [line.cells() for line in content]
        if number == len(reports) // 3:
            middle = len(records) // 2
            records[middle:middle] = [record for record, _ in bad]
        files.append(_file(number * _NUMBER_STEP, last, gzipped(csv_bytes(HEADER, records))))
        if number == len(reports) // 6:
            files.append(_file(number * _NUMBER_STEP + 1, last, files[-1].content))
    return Bill(
        files=files,
        billed=[line.cost for _, content in reports for line in content],
        quarantined=[cost for _, cost in bad],
        impacts=impacts,
        resource_ids={r.name: r.id for r in resources() if of_resource(ORACLE, r.name)},
        sub_account_ids=COMPARTMENTS,
        invoiced=_invoiced(window, [line for _, content in reports for line in content]),
    )


def _invoiced(window: Window, billed: Iterable[Line]) -> list[Invoiced]:
    """Invoices of the whole months before the last; the reports do not name them."""
    sums: dict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in billed:
        sums[line.start.date().replace(day=1)][line.resource.service] += line.cost
    closed = [month for month in sorted(sums) if window.first <= month < window.last.replace(day=1)]
    return [Invoiced(f"OC-{month:%Y%m}-7719", month, dict(sums[month])) for month in closed]


def _reports(window: Window, seed: int) -> tuple[list[tuple[date, list[Line]]], dict[str, Decimal]]:
    """Last day and lines of each report, and the extra cost of planted anomalies by resource name."""
    by_day, impacts = lines(window, seed)
    reports = _grouped(window, by_day)
    originals = len(reports) // 4
    reports[originals + _FILES_UNTIL_CORRECTION][1].extend(_corrections(reports[originals][1]))
    return reports, impacts


def _grouped(window: Window, by_day: dict[date, list[Line]]) -> list[tuple[date, list[Line]]]:
    """Last day and lines of each report."""
    days = window.days
    starts = range(0, len(days), _DAYS_PER_FILE)
    spans = [days[start : start + _DAYS_PER_FILE] for start in starts]
    return [(span[-1], [line for day in span for line in by_day[day]]) for span in spans]


def _corrections(content: list[Line]) -> list[Line]:
    volumes = [line for line in content if line.resource.service == "BLOCK_STORAGE"]
    return [part for line in volumes[:_CORRECTED_LINES] for part in corrected(line, _CORRECTED_SHARE)]


def _file(offset: int, last: date, content: bytes) -> Delivery:
    at = datetime.combine(last + timedelta(days=1), time(4), UTC)
    return Delivery(f"{_FOLDER}/{_FIRST_NUMBER + offset:016d}.csv.gz", content, at)
