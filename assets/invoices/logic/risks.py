"""What makes an invoice doubtful beyond its reading: duplicates, changed accounts, wrong check digits, sums that do not agree."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assets.invoices.logic.duplicates import PastInvoices, Seen, compact
from assets.invoices.logic.invoice import FieldName, Invoice

Kind = Literal[
    "duplicate", "own_tax_id_as_seller", "iban_changed", "iban_abroad", "invalid_iban", "invalid_tax_id", "total_mismatch"
]  # fmt: skip

_SUMS = frozenset({"lines_are_net", "net_and_tax_are_total", "taxes_are_tax_total", "total_less_prepaid_is_due"})
_COUNTRIES = {"EL": "GR", "XI": "GB", "CHE": "CH"}
"""Prefixes of tax ids that are not the country's code."""
_VAT_PREFIXES = frozenset(
    "AT BE BG CY CZ DE DK EE EL ES FI FR GB HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Risk:
    """Something that a person should look at before an invoice is paid.

    Attributes:
        kind: What.
        says: In words, with what is compared.
        documents: The documents that it is about, the new one first.
        field: The field to look at, if it is one.
    """

    kind: Kind
    says: str
    documents: tuple[str, ...]
    field: FieldName | None = None


def risks(one: Seen, invoice: Invoice, past: PastInvoices, own_tax_ids: Sequence[str] = ()) -> list[Risk]:
    """The risks of one invoice.

    Args:
        one: What of it is compared with others.
        invoice: The invoice, reconciled.
        past: Invoices that were there before.
        own_tax_ids: Those of the company that receives the invoices.
    """
    known_by = without_own(one, own_tax_ids)
    return [*_duplicates(known_by, past), *_sellers(one, own_tax_ids), *_accounts(known_by, past), *_sums(one, invoice)]


def without_own(one: Seen, own_tax_ids: Sequence[str]) -> Seen:
    """The same without one's own tax ids: those say nothing about who the seller is."""
    own = {compact(tax_id) for tax_id in own_tax_ids}
    return replace(one, tax_ids=tuple(tax_id for tax_id in one.tax_ids if compact(tax_id) not in own))


def _duplicates(one: Seen, past: PastInvoices) -> Iterator[Risk]:
    for found in past.duplicates(one):
        yield Risk("duplicate", found.says, (found.document, found.other), "invoice_number")


def _sellers(one: Seen, own_tax_ids: Sequence[str]) -> Iterator[Risk]:
    own = {compact(tax_id) for tax_id in own_tax_ids}
    alone = all(compact(tax_id) in own for tax_id in one.tax_ids)
    for tax_id in one.tax_ids:
        if compact(tax_id) in own and alone:  # beside another it was printed for the buyer
            says = f"{one.document}: the seller's tax id {tax_id} is our own"
            yield Risk("own_tax_id_as_seller", says, (one.document,), "seller_tax_ids")
        if _vat_is_valid(compact(tax_id)) is False:
            says = f"{one.document}: the check digits of the seller's tax id {tax_id} are wrong"
            yield Risk("invalid_tax_id", says, (one.document,), "seller_tax_ids")


def _accounts(one: Seen, past: PastInvoices) -> Iterator[Risk]:
    if not one.iban:
        return
    iban = compact(one.iban)
    if not _iban_is_valid(iban):
        yield Risk(
            "invalid_iban", f"{one.document}: the check digits of the account {one.iban} are wrong", (one.document,), "iban"
        )
    known = [other for other in past.accounts(one) if other.iban and other.document != one.document]
    if known and iban not in {compact(other.iban) for other in known if other.iban}:
        last = known[-1]
        says = f"{one.document}: {one.seller or 'the seller'} asks to pay to {one.iban}, before to {last.iban} ({last.document})"
        yield Risk("iban_changed", says, (one.document, last.document), "iban")
    countries = {country for tax_id in one.tax_ids if (country := _country(compact(tax_id))) is not None}
    if countries and iban[:2] not in countries:
        says = f"{one.document}: the account {one.iban} is in {iban[:2]}, the seller in {', '.join(sorted(countries))}"
        yield Risk("iban_abroad", says, (one.document,), "iban")


def _sums(one: Seen, invoice: Invoice) -> Iterator[Risk]:
    for check in invoice.checks:
        if check.holds is False and check.name in _SUMS:
            says = f"{one.document}: {check.name.replace('_', ' ')} does not hold: {check.says}"
            yield Risk("total_mismatch", says, (one.document,), "grand_total")


def _country(tax_id: str) -> str | None:
    """The country that a tax id names; None if it names none."""
    prefix = tax_id[:3] if tax_id[:3] in _COUNTRIES else tax_id[:2]
    if prefix not in _VAT_PREFIXES and prefix not in _COUNTRIES:
        return None
    return _COUNTRIES.get(prefix, prefix)


def _vat_is_valid(tax_id: str) -> bool | None:
    """Whether the check digits are right; None if the kind of tax id is not known."""
    if tax_id[:2] not in _VAT_PREFIXES or tax_id[:2] in {"GB", "XI"} or not any(c.isdigit() for c in tax_id):
        return None
    from stdnum.eu import vat

    return bool(vat.is_valid(tax_id))


def _iban_is_valid(iban: str) -> bool:
    from stdnum import iban as ibans

    check: Callable[[str], bool] = ibans.is_valid
    return check(iban)
