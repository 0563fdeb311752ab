"""The built-in strategy: when it speaks, when it is silent, what it refuses, what it saw in October 2025."""

import csv
import gzip
import os
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.core.orders import Bar
from jackline.core.values import Side
from jackline.strategies.indicators import ema, rsi
from jackline.strategies.parameters import ParametersRefused
from jackline.strategies.registry import STRATEGIES, build_strategy, parameter_names
from jackline.strategies.rsi_trend import RsiTrend
from tests.strategies.making import bars_of

_DEFAULT_FOLDER = Path(__file__).parents[2] / ".." / "shared" / "data"
FOLDER = Path(os.environ.get("JACKLINE_DATA") or _DEFAULT_FOLDER)
NAME = "bingx-BTC-USDT-5m-2025-08-06_2025-10-20.csv.gz"
DAY_MS = 86_400_000
CRASH_DAY_MS = 1_760_054_400_000  # 2025-10-10

SMALL = RsiTrend(rsi_period=5, ema_period=4)


def sawtooth(count: int, start: float = 100.0) -> list[float]:
    """Up one, down one: RSI near 50, the average at the middle."""
    return [start + index % 2 for index in range(count)]


def test_the_defaults_need_300_bars() -> None:
    assert RsiTrend().warmup_bars == 300
    calm = sawtooth(299)
    assert RsiTrend().signal(bars_of([*calm[:-1], 200.0])) is None, "299 bars"
    assert RsiTrend().signal(bars_of([100.0, *calm[:-1], 200.0])) is not None, "300 bars"


def test_long_on_the_bar_that_crosses_up_and_on_no_later_one() -> None:
    calm = sawtooth(30)
    crossing = SMALL.signal(bars_of([*calm, 110.0]))
    assert crossing is not None
    assert crossing.side is Side.LONG
    assert "crossed above 60" in crossing.reason
    assert SMALL.signal(bars_of([*calm, 110.0, 120.0])) is None


def test_short_on_the_bar_that_crosses_down() -> None:
    crossing = SMALL.signal(bars_of([*sawtooth(30), 100.0, 90.0]))
    assert crossing is not None
    assert crossing.side is Side.SHORT


def test_no_long_below_the_average() -> None:
    """A bounce in a fall crosses 60, and the slow average is still above it."""
    fall = [200.0 - 5 * index for index in range(30)]
    bars = bars_of([*fall, fall[-1] + 9])
    strengths = rsi([float(bar.close) for bar in bars], 2)
    assert strengths[-2] is not None
    assert strengths[-1] is not None
    assert strengths[-2] <= 60 < strengths[-1]
    assert RsiTrend(rsi_period=2, ema_period=20).signal(bars) is None


@settings(max_examples=50)
@given(
    older=st.lists(st.integers(min_value=90, max_value=110), max_size=30),
    closes=st.lists(st.integers(min_value=90, max_value=110), min_size=25, max_size=25),
)
def test_older_history_never_changes_a_wish(older: list[int], closes: list[int]) -> None:
    """An engine started an hour ago and one started a week ago decide the same."""
    assert SMALL.warmup_bars == 25
    assert SMALL.signal(bars_of([*older, *closes])) == SMALL.signal(bars_of(closes))


def test_the_registry_builds_by_name_with_decimals_from_a_file() -> None:
    built = build_strategy("rsi_trend", {"rsi_period": 7, "rsi_long": Decimal("55.5"), "rsi_short": 45})
    assert built == RsiTrend(rsi_period=7, rsi_long=55.5, rsi_short=45.0)
    assert built.name == "rsi_trend"


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_builds_from_its_defaults_under_its_own_name(name: str) -> None:
    assert build_strategy(name, {}).name == name
    assert parameter_names(name)


def test_all_bad_parameters_are_named_at_once() -> None:
    with pytest.raises(ParametersRefused) as caught:
        build_strategy(
            "rsi_trend", {"rsi_period": 1, "ema_period": True, "rsi_longg": 60, "rsi_long": Decimal("nan")}
        )
    assert {problem.key for problem in caught.value.problems} == {
        "rsi_period",
        "ema_period",
        "rsi_longg",
        "rsi_long",
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rsi_period", 1),
        ("rsi_period", 101),
        ("ema_period", 181),
        ("ema_period", 1),
        ("rsi_long", 49.9),
        ("rsi_long", 100),
        ("rsi_short", 0),
        ("rsi_short", 50.1),
        ("rsi_period", 14.0),
    ],
)
def test_a_parameter_out_of_range_is_refused(key: str, value: float) -> None:
    with pytest.raises(ParametersRefused) as caught:
        build_strategy("rsi_trend", {key: value})
    assert [(problem.key, problem.value) for problem in caught.value.problems] == [(key, value)]


def crash_day_bars() -> list[Bar]:
    path = FOLDER / NAME
    if not path.exists():
        pytest.skip(f"NO REAL DATA: {path} is absent; set JACKLINE_DATA to the folder that holds {NAME}")
    with gzip.open(path, "rt") as file:
        rows = [
            (int(row["timestamp"]), row["close"])
            for row in csv.DictReader(file)
            if CRASH_DAY_MS - 2 * DAY_MS <= int(row["timestamp"]) < CRASH_DAY_MS + DAY_MS
        ]
    return bars_of([close for _, close in rows], start_ms=rows[0][0])


def test_it_trades_the_crash_of_october_2025_as_the_indicators_say() -> None:
    strategy, bars = RsiTrend(), crash_day_bars()
    assert bars[-1].open_ms == CRASH_DAY_MS + DAY_MS - 300_000
    closes = [float(bar.close) for bar in bars]
    strengths, trend = rsi(closes, 14), ema(closes, 100)
    wishes: dict[int, Side] = {}
    expected: dict[int, Side] = {}
    for index in range(len(bars) - 288, len(bars)):
        before, now, average = strengths[index - 1], strengths[index], trend[index]
        assert before is not None
        assert now is not None
        assert average is not None
        if before <= 60 < now and closes[index] > average * 1.001:
            expected[index] = Side.LONG
        if before >= 40 > now and closes[index] < average * 0.999:
            expected[index] = Side.SHORT
        signal = strategy.signal(bars[: index + 1])
        if signal is not None:
            wishes[index] = signal.side
    assert len(wishes) >= 4
    assert set(wishes.values()) == {Side.LONG, Side.SHORT}
    assert expected.items() <= wishes.items(), "clear on the whole history, so clear on 300 bars"
