"""Decimals are read exactly, or the change or fault is named."""

import re
from decimal import Context, Decimal

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.finops.logic.decimals import MONEY_SCALE, QUANTITY_SCALE, doubtful, read_decimal, read_decimals
from tests.billing_files import total

_EXACT = Context(prec=1000)
FAULTY = [
    *("12,5", "1.234,5", "$10", "NaN", "sNaN", "nan", "Infinity", "-inf", "0x1", "1_0", "１２", "٣", "½", "1e", "e5", "."),
    *("-", "+", "--5", "+-5", "5-", "1..2", "1.2.3", "(5)", "5%", "1'000", "1 000", "1e5.5", "TRUE", "1f", "   ", "1\x00"),
    *("123456789012345", "1e14", "1e1000000", "-1e99999999999999999999", "99999999999999.9999999999999999999999999"),
]


@st.composite
def numbers(draw: st.DrawFn, scale: int = MONEY_SCALE) -> str:
    """Decimal texts of any form that fit 38 digits with `scale` decimals."""
    exponent = draw(st.integers(-scale, 37 - scale))
    unscaled = draw(st.integers(0, 10 ** min(38, 38 - scale - exponent) - 1))
    digits = "0" * draw(st.integers(0, 3)) + str(unscaled)
    sign = draw(st.sampled_from(["", "-", "+"]))
    if draw(st.booleans()):
        return sign + _EXACT.create_decimal(unscaled).scaleb(exponent, _EXACT).__format__("f")
    point = draw(st.integers(0, len(digits)))
    mantissa = f"{digits[:point]}.{digits[point:]}" if draw(st.booleans()) or point < len(digits) else digits
    power = exponent + len(digits.rstrip(".")) - point
    shown = draw(st.sampled_from([str(power), f"{power:+d}", f"{power:+03d}"]))
    return f"{sign}{mantissa}{draw(st.sampled_from('eE'))}{shown}"


@settings(deadline=None)
@given(st.lists(numbers(), min_size=1, max_size=20))
def test_every_decimal_that_fits_is_read_exactly_whatever_its_form(texts):
    read = read_decimals(pl.Series(texts))

    assert read.values.to_list() == [Decimal(t) for t in texts]
    assert read.changes is None
    assert read.faults is None


@settings(deadline=None)
@given(st.lists(numbers(QUANTITY_SCALE), min_size=1, max_size=20))
def test_quantities_have_more_digits_before_the_point_and_are_read_exactly_too(texts):
    assert read_decimals(pl.Series(texts), QUANTITY_SCALE).values.to_list() == [Decimal(t) for t in texts]


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(numbers(), st.sampled_from(FAULTY), st.sampled_from([" 5", "5\t", "1e-25", "0.5e-24", "1.5e-24"]), st.none()),
        max_size=30,
    ),
    st.sampled_from([MONEY_SCALE, QUANTITY_SCALE]),
)
def test_a_column_that_mixes_all_kinds_is_read_as_each_value_alone(texts, scale):
    read = read_decimals(pl.Series("cost", texts, dtype=pl.String), scale)
    alone = [read_decimal(t, scale) if t is not None else None for t in texts]

    assert read.values.to_list() == [a and a.value for a in alone]
    assert (read.changes.to_list() if read.changes is not None else [None] * len(texts)) == [a and a.change for a in alone]
    assert (read.faults.to_list() if read.faults is not None else [None] * len(texts)) == [a and a.fault for a in alone]


@settings(deadline=None)
@given(st.text(st.sampled_from("0123456789.eE+- "), max_size=30))
@example("1E1000000")
@example("1E-1000000")
def test_any_text_of_number_characters_is_read_as_python_reads_it_or_is_a_fault(text):
    read = read_decimals(pl.Series([text]))

    if re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?\s*", text) and Decimal(text.strip()).copy_abs() < 10**13:
        expected = Decimal(text.strip()).quantize(Decimal("1e-24"), context=_EXACT)
        assert read.values.to_list() == [expected]
        assert read.faults is None
        assert (read.changes is not None) == (text != text.strip() or expected != Decimal(text.strip()))
    elif not re.search(r"\d", text) or text.count(".") > 1:
        assert read.values.to_list() == [None]
        assert read.faults is not None


@pytest.mark.parametrize("text", FAULTY)
def test_what_is_no_decimal_number_or_too_large_is_a_fault_and_never_a_guess(text):
    read = read_decimals(pl.Series([text, "1"]))

    assert read.values.to_list() == [None, Decimal(1)]
    assert read.faults.to_list()[0] in ("not a decimal number", "more than 14 digits before the decimal point")


def test_an_empty_cell_is_null_and_not_a_fault():
    read = read_decimals(pl.Series([None, "2", None], dtype=pl.String))

    assert read.values.to_list() == [None, Decimal(2), None]
    assert read.faults is None
    assert read_decimals(pl.Series([None], dtype=pl.String)).values.to_list() == [None]
    assert read_decimals(pl.Series([], dtype=pl.String)).values.to_list() == []


def test_a_zero_is_a_zero_whatever_its_exponent():
    assert read_decimals(pl.Series(["0e50", "0.000", "-0", "0E-99"])).values.to_list() == [Decimal(0)] * 4


@settings(deadline=None)
@given(numbers(), st.sampled_from([" ", "\t", "\n", "\u00a0", "  "]))
def test_spaces_around_a_number_are_removed_and_named(text, space):
    read = read_decimals(pl.Series([space + text, text + space]))

    assert read.values.to_list() == [Decimal(text)] * 2
    assert read.changes.to_list() == ["spaces removed"] * 2


@settings(deadline=None)
@given(st.integers(0, 10**13 - 1), st.text("0123456789", min_size=25, max_size=40))
def test_digits_beyond_the_scale_are_rounded_half_even_and_named(whole, fraction):
    text = f"{whole}.{fraction}"
    read = read_decimals(pl.Series([text]))

    expected = Decimal(text).quantize(Decimal("1e-24"), context=_EXACT)
    assert read.values.to_list() == [expected]
    assert (read.changes is not None) == (expected != Decimal(text))
    if read.changes is not None:
        assert read.changes.to_list() == [f"rounded from {text}"]


def test_halves_are_rounded_to_the_even_neighbour():
    half = "0." + "0" * 23 + "{}5"

    assert read_decimal(half.format(2)).value == Decimal("2e-24")
    assert read_decimal(half.format(3)).value == Decimal("4e-24")


@settings(deadline=None)
@given(numbers(), st.sampled_from([MONEY_SCALE, QUANTITY_SCALE]))
def test_what_is_not_doubtful_is_exact_by_the_fast_cast_alone(text, scale):
    frame = pl.DataFrame({"t": [text]}).select(
        fast=pl.col("t").cast(pl.Decimal(38, scale), strict=False), doubtful=doubtful(pl.col("t"), scale)
    )

    assert frame["doubtful"].item() or frame["fast"].item() == Decimal(text)


@settings(deadline=None)
@given(st.lists(numbers(), max_size=10))
def test_the_checking_total_is_the_exact_sum(texts):
    expected = Decimal(0)
    for text in texts:
        expected = _EXACT.add(expected, Decimal(text))

    assert total(pl.Series([*texts, None, "n/a"], dtype=pl.String)) == expected
