"""The generated market."""

import hashlib
import subprocess
import sys
from collections.abc import Iterable
from decimal import Decimal
from itertools import islice, pairwise

import pytest

from jackline.exchange.feeds.generator import GeneratedFeed
from jackline.exchange.feeds.regimes import STEPS_PER_BAR
from jackline.exchange.ports import Candle, Feed, Tick
from jackline.exchange.symbols import symbol_named
from tests.exchange.feeds.support import INTERVAL_MS, flat, fold

SYMBOLS = ("BTCUSDT", "ETHUSDT", "NEWUSDT")
STEP_MS = INTERVAL_MS // STEPS_PER_BAR

# Of the first 5,000 ticks of seed 7. It changes only if the generator is changed on purpose: every demo
# seed with it.
PINNED = "436de45725af72460c48adc6ba243376db3ed3bd9a29dc44ac9d58b0f7762da4"


def made(*, seed: int = 7, bars: int = 20, history_bars: int = 5) -> GeneratedFeed:
    return GeneratedFeed(SYMBOLS, seed, bars=bars, history_bars=history_bars)


def digest(ticks: Iterable[Tick]) -> str:
    text = "\n".join(
        f"{tick.symbol} {tick.market_ms} {tick.last} {tick.mark} {tick.volume}" for tick in ticks
    )
    return hashlib.sha256(text.encode()).hexdigest()


def first_ticks_digest() -> str:
    return digest(islice(made(bars=100).ticks(flat), 5_000))


def test_the_first_ticks_are_pinned() -> None:
    assert first_ticks_digest() == PINNED


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_another_process_and_hash_seed_make_the_same_ticks(hash_seed: str) -> None:
    program = "from tests.exchange.feeds.test_generator import first_ticks_digest as d; print(d())"
    paths = [path for path in sys.path if path]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}; {program}"],
        env={"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == PINNED


def test_another_seed_is_another_market() -> None:
    assert digest(made(seed=8).ticks(flat)) != digest(made(seed=7).ticks(flat))


def test_every_price_is_on_the_grid_and_positive() -> None:
    feed = made(bars=40)
    for tick in feed.ticks(flat):
        tick_size = feed.tick_size(tick.symbol)
        assert tick.last > 0
        assert tick.last % tick_size == 0
        assert tick.mark % tick_size == 0
        assert tick.volume > 0


def test_mark_stays_near_last() -> None:
    feed = made(bars=40)  # the flash crash included
    assert all(abs(tick.mark - tick.last) <= Decimal("0.003") * tick.last for tick in feed.ticks(flat))


def test_bars_are_what_the_ticks_make_and_times_ascend() -> None:
    feed: Feed = made(bars=12)
    ticks = list(feed.ticks(flat))
    closed: dict[str, list[Candle]] = {symbol: [] for symbol in SYMBOLS}
    for tick in ticks:
        if tick.closes is not None:
            closed[tick.symbol].append(tick.closes)
            assert tick.market_ms == tick.closes.open_ms + INTERVAL_MS - 1
    assert closed == fold(ticks, interval_ms=INTERVAL_MS)
    assert all(earlier.market_ms <= later.market_ms for earlier, later in pairwise(ticks))
    assert [bar.open_ms for bar in closed["NEWUSDT"]] == list(range(feed.start_ms, feed.end_ms, INTERVAL_MS))


def test_history_joins_the_served_bars() -> None:
    feed = made(history_bars=400)
    first = next(iter(feed.ticks(flat)))
    for symbol in SYMBOLS:
        history = feed.history(symbol)
        assert [bar.open_ms for bar in history] == [
            feed.start_ms - (400 - index) * INTERVAL_MS for index in range(400)
        ]
    last_close = feed.history("BTCUSDT")[-1].close
    assert abs(first.last / last_close - 1) < Decimal("0.03")


def test_a_flash_crash_falls_in_the_middle_and_partly_rebounds() -> None:
    feed = made(bars=40)
    last = [tick for tick in feed.ticks(flat) if tick.symbol == "BTCUSDT"]
    middle = 20 * STEPS_PER_BAR
    before = last[middle - 1].last
    bottom = min(tick.last for tick in last[middle : middle + STEPS_PER_BAR])
    after = last[middle + 7 * STEPS_PER_BAR].last
    assert Decimal("0.05") < 1 - bottom / before < Decimal("0.11")
    assert bottom < after < before
    # It falls in jumps of more than a percent: a stop on the way is filled beyond its trigger.
    steps = [1 - later.last / earlier.last for earlier, later in pairwise(last[middle - 1 : middle + 3])]
    assert max(steps) > Decimal("0.01")


def prices_after(feed: GeneratedFeed, ticks: Iterable[Tick], *, symbol: str, count: int) -> list[Decimal]:
    return [tick.last for tick in islice(ticks, count * len(feed.symbols)) if tick.symbol == symbol]


@pytest.mark.parametrize("fraction", ["-0.08", "0.05", "-0.5"])
@pytest.mark.parametrize("over_ms", [1, STEP_MS, 4 * STEP_MS, INTERVAL_MS])
def test_crash_moves_the_price_by_the_fraction_in_time(fraction: str, over_ms: int) -> None:
    feed = made(bars=100)
    ticks = feed.ticks(flat)
    before = prices_after(feed, ticks, symbol="ETHUSDT", count=50)[-1]
    feed.crash(symbol="ETHUSDT", fraction=Decimal(fraction), over_ms=over_ms)
    steps = max(1, over_ms // STEP_MS)
    way = prices_after(feed, ticks, symbol="ETHUSDT", count=steps)
    target = before * (1 + Decimal(fraction))
    assert abs(way[-1] - target) <= 2 * feed.tick_size("ETHUSDT")
    assert way == sorted(way, reverse=fraction.startswith("-"))


def test_crash_leaves_the_other_symbols_and_the_bars_alone() -> None:
    calm, bent = made(bars=10), made(bars=10)
    calm_ticks, bent_ticks = list(calm.ticks(flat)), []
    for number, tick in enumerate(bent.ticks(flat)):
        bent_ticks.append(tick)
        if number == 100:
            bent.crash(symbol="ETHUSDT", fraction=Decimal("-0.2"), over_ms=60_000)
    for symbol in SYMBOLS:
        same = [tick for tick in calm_ticks if tick.symbol == symbol] == [
            tick for tick in bent_ticks if tick.symbol == symbol
        ]
        assert same == (symbol != "ETHUSDT")
    closed = [tick.closes for tick in bent_ticks if tick.closes is not None and tick.symbol == "ETHUSDT"]
    assert closed == fold(bent_ticks, interval_ms=INTERVAL_MS)["ETHUSDT"]


@pytest.mark.parametrize(
    ("symbol", "fraction", "over_ms", "message"),
    [
        ("DOGEUSDT", "-0.1", 1_000, "symbol 'DOGEUSDT': this feed has BTCUSDT"),
        ("BTCUSDT", "-1", 1_000, "the fraction lies in"),
        ("BTCUSDT", "-0.1", 0, "the time is positive"),
    ],
)
def test_crash_refuses_nonsense(symbol: str, fraction: str, over_ms: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made().crash(symbol=symbol, fraction=Decimal(fraction), over_ms=over_ms)


@pytest.mark.parametrize(
    ("symbols", "bars", "message"),
    [((), 5, "name at least one"), (("AUSDT", "AUSDT"), 5, "each once"), (("AUSDT",), 0, "bars 0")],
)
def test_nonsense_arguments_are_refused(symbols: tuple[str, ...], bars: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GeneratedFeed(symbols, 1, bars=bars)


def test_it_is_pulled_once() -> None:
    feed = made()
    feed.ticks(flat)
    with pytest.raises(ValueError, match="pulled once"):
        feed.ticks(flat)


def test_tick_sizes_are_the_venues_unless_given() -> None:
    assert [made().tick_size(symbol) for symbol in SYMBOLS] == [
        symbol_named(symbol).tick for symbol in SYMBOLS
    ]
    feed = GeneratedFeed(["BTCUSDT"], 1, bars=2, history_bars=0, tick_sizes={"BTCUSDT": Decimal(50)})
    assert all(tick.last % 50 == 0 for tick in feed.ticks(flat))


def test_symbols_move_together_but_not_alike() -> None:
    feed = GeneratedFeed(["BTCUSDT", "ETHUSDT"], 3, bars=1, history_bars=400)
    one, two = (
        [later.close > earlier.close for earlier, later in pairwise(feed.history(symbol))]
        for symbol in feed.symbols
    )
    agreement = sum(a == b for a, b in zip(one, two, strict=True)) / len(one)
    assert 0.52 < agreement < 0.9


def test_a_trend_strategy_finds_trades() -> None:
    """RSI 14 crossing 60 above, or 40 below, its EMA 100: several times a symbol in two days."""
    feed = GeneratedFeed(["BTCUSDT", "ETHUSDT"], 11, bars=576)
    ticks = list(feed.ticks(flat))
    for symbol in feed.symbols:
        closes = [bar.close for bar in feed.history(symbol)]
        closes += [tick.closes.close for tick in ticks if tick.symbol == symbol and tick.closes is not None]
        assert crossings([float(close) for close in closes], skip=400) >= 4


def crossings(closes: list[float], *, skip: int) -> int:
    gain = loss = 0.0
    mean = closes[0]
    previous = 50.0
    found = 0
    for index, (earlier, later) in enumerate(pairwise(closes)):
        change = later - earlier
        gain += (max(change, 0.0) - gain) / 14
        loss += (max(-change, 0.0) - loss) / 14
        mean += (later - mean) * 2 / 101
        strength = 100 * gain / (gain + loss) if gain + loss else 50.0
        up = previous <= 60 < strength and later > mean
        down = previous >= 40 > strength and later < mean
        found += index >= skip and (up or down)
        previous = strength
    return found
