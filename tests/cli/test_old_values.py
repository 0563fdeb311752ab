"""The texts of old variables: by hand, and never wrong by a hundred."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.cli.old_values import (
    RISK_HIGHEST,
    RISK_LOWEST,
    Ambiguous,
    Unreadable,
    a_count,
    a_mode,
    a_percentage,
    a_probability,
    a_risk,
)

NOT_NUMBERS = (
    "",
    " ",
    "three",
    "3,0",
    "1e-2",
    "nan",
    "-1",
    "+1",
    "3 per cent",
    "0x3",
    "3%%",
    "%",
    ".",
    "٣",
    "9" * 40,
)
numbers = st.decimals(min_value=0, max_value=1_000, places=4, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        ("3.0", "0.03"),
        ("3", "0.03"),
        ("3%", "0.03"),
        (" 3 % ", "0.03"),
        ("1.5", "0.015"),  # it was multiplied by a hundred once, and the venue refused 150
        (".5", "0.005"),
        ("150", "1.5"),
        ("0.03", "0.0003"),
        ("0", "0"),
    ],
)
def test_a_percentage_by_hand(text: str, fraction: str) -> None:
    assert a_percentage(text) == Decimal(fraction)


@settings(deadline=None)
@given(numbers)
def test_a_percentage_is_a_hundred_times_its_fraction_exactly(number: Decimal) -> None:
    for text in (f"{number:f}", f"{number:f}%", f" {number:f} % "):
        read = a_percentage(text)
        assert isinstance(read, Decimal)
        assert read * 100 == number


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        ("0.01", "0.01"),  # one per cent as a fraction: 0.01 % is no risk that anyone runs
        ("0.0075", "0.0075"),
        ("0.001", "0.001"),
        ("0.0499", "0.0499"),
        ("0.75", "0.0075"),  # as a fraction it would be 75 % of equity
        ("1", "0.01"),
        ("2.0", "0.02"),
        ("50", "0.5"),
        ("0.1%", "0.001"),
        ("0.5 %", "0.005"),
        ("0.01%", "0.0001"),
    ],
)
def test_a_risk_with_one_reading(text: str, fraction: str) -> None:
    assert a_risk(text) == Decimal(fraction)


@pytest.mark.parametrize(
    ("text", "readings"),
    [("0.05", ("0.05", "0.0005")), ("0.1", ("0.1", "0.001")), ("0.5", ("0.5", "0.005"))],
)
def test_a_risk_with_two_readings_is_not_chosen_for_anyone(text: str, readings: tuple[str, ...]) -> None:
    assert a_risk(text) == Ambiguous(readings=tuple(Decimal(one) for one in readings))


@pytest.mark.parametrize("text", ["0", "0.0001", "51", "100", "1000"])
def test_a_risk_that_nobody_runs_is_refused(text: str) -> None:
    read = a_risk(text)
    assert isinstance(read, Unreadable)
    assert "between 0.05 % and 50 %" in read.what


@settings(deadline=None)
@given(numbers)
def test_the_other_reading_of_an_accepted_risk_is_absurd(number: Decimal) -> None:
    """Whatever was meant: what is accepted is that, or a risk that nobody runs was meant."""
    read = a_risk(f"{number:f}")
    readings = {number, number / 100}
    plausible = {one for one in readings if RISK_LOWEST <= one <= RISK_HIGHEST}
    if isinstance(read, Decimal):
        assert plausible == {read}
    else:
        assert len(plausible) != 1


@settings(deadline=None)
@given(numbers)
def test_a_risk_with_its_unit_is_never_ambiguous(number: Decimal) -> None:
    read = a_risk(f"{number:f}%")
    assert isinstance(read, Decimal)
    assert read * 100 == number


@pytest.mark.parametrize(
    ("text", "value"), [("0.65", "0.65"), ("0.9", "0.9"), ("65%", "0.65"), ("1", "1"), ("0", "0")]
)
def test_a_probability_by_hand(text: str, value: str) -> None:
    assert a_probability(text) == Decimal(value)


@pytest.mark.parametrize("text", ["65", "1.01", "101 %"])
def test_more_than_certain_is_refused(text: str) -> None:
    assert a_probability(text) == Unreadable(
        what="more than certain", fix="a probability between 0 and 1: 65 % is 0.65"
    )


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_what_is_no_number_is_refused(text: str) -> None:
    for read in (a_percentage(text), a_risk(text), a_probability(text)):
        assert isinstance(read, Unreadable)
        assert read.what == "not a number"


@settings(deadline=None)
@given(st.text(max_size=20))
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in (a_percentage, a_risk, a_probability, a_count, a_mode):
        assert read(text) is not None


@pytest.mark.parametrize(("text", "count"), [("1", 1), (" 5 ", 5), ("0", 0)])
def test_a_count_by_hand(text: str, count: int) -> None:
    assert a_count(text) == count


@pytest.mark.parametrize("text", ["2.0", "two", "", "-1", "1 000", "²"])
def test_what_is_no_count_is_refused(text: str) -> None:
    assert isinstance(a_count(text), Unreadable)


@pytest.mark.parametrize("text", ["true", "True", " YES ", "on", "1"])
def test_yes_is_paper(text: str) -> None:
    assert a_mode(text) == "paper"


@pytest.mark.parametrize("text", ["false", "No", "OFF", "0"])
def test_no_is_live(text: str) -> None:
    assert a_mode(text) == "live"


@pytest.mark.parametrize("text", ["", "2", "paper", "tru", "none"])
def test_a_switch_that_says_neither_is_refused(text: str) -> None:
    assert a_mode(text) == Unreadable(what="neither yes nor no", fix="true or false")
