"""How the demo company and its customers have paid: a ledger of both sides, each payer with habits of its own.

A payer has a usual delay and a spread; some pay on a fixed weekday, some later at the end of the year, some later the more there
is to pay, and one became slow in the middle of it all. What is paid after the last day is open.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sandbox.delivery import csv_bytes
from sandbox.invoices import companies

_FIRST, _LAST = date(2024, 5, 1), date(2026, 10, 31)
_HEADER = (
    "party_id", "party", "direction", "invoice_number", "issue_date", "due_date", "amount", "currency", "settled_date",
)  # fmt: skip
_CUSTOMERS = (
    "Brandt Logistik GmbH", "Meyer & Partner Steuerberatung", "Stadtwerke Lindau", "Hotel Seeblick", "Autohaus Reiter",
    "Klinikum Nordstadt", "Weingut Sommer", "Optik Lehmann", "Gärtnerei Vogt", "Elbe Schifffahrt AG", "Fitness Werk",
    "Bäckerei Huber", "Northgate Tools Ltd", "Ashford Print", "Delta Robotics", "Café Central", "Imprimerie Moreau",
    "Garage Dupont", "Ferretería Sol", "Clínica Mar",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Payer:
    """Habits of the one who pays.

    Attributes:
        delay: Usual days after the due date; negative if early.
        spread: How much they vary.
        weekday: Day on which it pays, 0 to 6; None for any.
        size: Further days for each time that an invoice is twice the usual.
        december: Further days in December.
        turn: Day from which it is slower, and by how much.
    """

    delay: float
    spread: float
    weekday: int | None = None
    size: float = 0.0
    december: float = 0.0
    turn: tuple[date, float] | None = None


_HABITS = (
    _Payer(-6, 3), _Payer(-1, 2, weekday=4), _Payer(1, 3), _Payer(4, 4, size=3), _Payer(9, 7, december=8), _Payer(-12, 4),
    _Payer(0, 2, weekday=1, turn=(date(2026, 2, 1), 14)), _Payer(16, 9, size=4), _Payer(-3, 6), _Payer(2, 5, december=12),
)  # fmt: skip


def payment_history() -> bytes:
    """The ledger as CSV: some 1,500 rows, by day of issue; `settled_date` is empty for what is open."""
    rows = sorted(_rows(), key=lambda row: (row[4], row[3]))
    return csv_bytes(_HEADER, rows)


def _rows() -> Iterator[tuple[str, ...]]:
    chance = random.Random(20_261_031)
    for place, name in enumerate(_CUSTOMERS):
        habit = _HABITS[place % len(_HABITS)]
        yield from _invoices(chance, f"C-{1001 + place}", name, "receivable", "EUR", habit, typical=40 * 1.6 ** (place % 9))
    for place, seller in enumerate(companies.SELLERS):
        own = _Payer(-2 + place % 4, 2, weekday=3, size=1.0)  # what we owe goes out on Thursdays
        currency = {"GB": "GBP", "US": "USD"}.get(seller.country, "EUR")
        party = seller.tax_id or f"V-{2001 + place}"
        yield from _invoices(chance, party, seller.name, "payable", currency, own, typical=150 * 1.5 ** (place % 7))


def _invoices(
    chance: random.Random, party: str, name: str, direction: str, currency: str, habit: _Payer, *, typical: float
) -> Iterator[tuple[str, ...]]:
    terms = chance.choice((14, 30, 30, 45))
    issued = _FIRST + timedelta(days=chance.randrange(25))
    number = chance.randrange(1_000, 5_000)
    while issued <= _LAST:
        amount = typical * chance.lognormvariate(0.0, 0.6)
        due = issued + timedelta(days=terms)
        settled = _settled(chance, habit, issued, due, amount / typical)
        paid = settled.isoformat() if settled <= _LAST else ""
        prefix = "INV" if direction == "receivable" else "P"
        yield (
            party, name, direction, f"{prefix}-{party[-4:]}-{number}", issued.isoformat(), due.isoformat(), f"{amount:.2f}",
            currency, paid,
        )  # fmt: skip
        number += 1
        issued += timedelta(days=chance.randrange(10, 29))


def _settled(chance: random.Random, habit: _Payer, issued: date, due: date, relative: float) -> date:
    late = chance.gauss(habit.delay, habit.spread) + habit.size * max(0.0, relative - 1)
    late += habit.december if due.month == 12 else 0
    if habit.turn and issued >= habit.turn[0]:
        late += habit.turn[1]
    day = max(issued + timedelta(days=1), due + timedelta(days=round(late)))
    while habit.weekday is not None and day.weekday() != habit.weekday:
        day += timedelta(days=1)
    return day
