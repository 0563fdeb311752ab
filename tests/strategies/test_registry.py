"""What holds for every built-in strategy, and how each is built from the numbers of a configuration."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.core.ports import WARMUP_BARS_MAX, Strategy
from jackline.core.values import Side
from jackline.strategies.building import declared, summary
from jackline.strategies.parameters import ParametersRefused, parameter, ranges
from jackline.strategies.registry import STRATEGIES, build_strategy
from jackline.strategies.rsi_trend import RsiTrend
from tests.strategies.making import bars_of, walk

SMALL = {
    "ema_cross": {"fast_period": 2, "slow_period": 7},
    "rsi_trend": {"rsi_period": 4, "ema_period": 7},
    "supertrend": {"atr_period": 2, "atr_multiple": 1, "regime_period": 7},
}
"""Parameters with which each strategy warms up on 20 or 21 bars."""

every_strategy = pytest.mark.parametrize("name", STRATEGIES)


def small(name: str) -> Strategy:
    strategy = build_strategy(name, SMALL[name])
    assert 20 <= strategy.warmup_bars <= 21
    return strategy


@every_strategy
def test_it_builds_from_its_defaults_under_its_own_name(name: str) -> None:
    assert build_strategy(name, {}).name == name
    assert summary(STRATEGIES[name]).startswith("Long when ")


@every_strategy
def test_every_parameter_declares_its_range(name: str) -> None:
    names = [one.name for one in declared(STRATEGIES[name])]
    assert names
    assert list(ranges(STRATEGIES[name])) == names


@every_strategy
def test_it_warms_up_on_what_an_engine_keeps_whatever_its_parameters(name: str) -> None:
    widest = {
        one: int(span.high) if "period" in one else span.high - 1e-6
        for one, span in ranges(STRATEGIES[name]).items()
    }
    assert 1 <= build_strategy(name, widest).warmup_bars <= WARMUP_BARS_MAX


@every_strategy
def test_it_wishes_for_both_sides_of_a_market_that_wanders_and_mostly_for_nothing(name: str) -> None:
    strategy, bars = small(name), walk(400)
    wishes = [strategy.signal(bars[: index + 1]) for index in range(len(bars))]
    assert not any(wishes[: strategy.warmup_bars - 1]), "too few bars"
    sides = [wish.side for wish in wishes if wish is not None]
    assert set(sides) == set(Side)
    assert len(sides) < len(bars) / 3
    assert all(wish.reason.isprintable() for wish in wishes if wish is not None)


@every_strategy
@settings(max_examples=50, deadline=None)
@given(
    older=st.lists(st.integers(min_value=90, max_value=110), max_size=30),
    closes=st.lists(st.integers(min_value=90, max_value=110), min_size=21, max_size=21),
)
def test_older_history_never_changes_a_wish(name: str, older: list[int], closes: list[int]) -> None:
    """An engine started an hour ago and one started a week ago decide the same."""
    assert small(name).signal(bars_of([*older, *closes])) == small(name).signal(bars_of(closes))


def test_numbers_come_as_decimals_from_a_file() -> None:
    built = build_strategy("rsi_trend", {"rsi_period": 7, "rsi_long": Decimal("55.5"), "rsi_short": 45})
    assert built == RsiTrend(rsi_period=7, rsi_long=55.5, rsi_short=45.0)


def test_all_bad_parameters_are_named_at_once() -> None:
    given_ = {"rsi_period": 1, "ema_period": True, "rsi_longg": 60, "rsi_long": Decimal("nan")}
    with pytest.raises(ParametersRefused) as caught:
        build_strategy("rsi_trend", given_)
    assert {problem.key for problem in caught.value.problems} == set(given_)


def outside() -> Iterator[tuple[str, str, float]]:
    """Just outside each end of every range."""
    for name, kind in STRATEGIES.items():
        whole = {one.name for one in declared(kind) if one.whole}
        for key, span in ranges(kind).items():
            step = 1 if key in whole else 1e-6
            yield name, key, span.low if span.above else span.low - step
            yield name, key, span.high if span.below else span.high + step


@pytest.mark.parametrize(("name", "key", "value"), [*outside(), ("rsi_trend", "rsi_period", 14.0)])
def test_a_parameter_out_of_range_is_refused(name: str, key: str, value: float) -> None:
    with pytest.raises(ParametersRefused) as caught:
        build_strategy(name, {key: value})
    assert (key, value) in [(problem.key, problem.value) for problem in caught.value.problems]


def test_averages_in_the_wrong_order_are_refused_with_the_figure() -> None:
    with pytest.raises(ParametersRefused, match="fast_period = 60: below slow_period = 60"):
        build_strategy("ema_cross", {"fast_period": 60})


@pytest.mark.parametrize("bounds", [{"low": 1}, {"high": 1}, {"low": 1, "above": 1, "high": 2}])
def test_a_range_has_one_bound_on_each_side(bounds: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="one of low and above"):
        parameter(1, **bounds)  # type: ignore[arg-type] # mypy cannot see which names the dict holds
