"""The bars of a parity: what a tape holds, what a file adds, and what keeps the two from being joined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.core.events import BarClosed, Event, Now, Ticked
from jackline.core.orders import Bar
from jackline.core.values import MarketMs, Price, Quantity, Symbol, WireMs
from jackline.data.candles import Candles
from jackline.engine.tape import Tape
from jackline.research.parity.bars import Heard, played_on, read_heard
from jackline.research.refusal import BacktestRefused
from jackline.store.host_disk import HostDisk
from jackline.store.tape import TAPE_DIRECTORY, segments
from tests.core.making import cold_state
from tests.research.parity_making import INTERVAL_MS, START_MS, candle_file, candles

SYMBOL = "BTCUSDT"
FILE_BARS = 20


@pytest.fixture
def file(tmp_path: Path) -> Candles:
    return candles(candle_file(tmp_path, bars=FILE_BARS))


def bar_of(data: Candles, at: int) -> Bar:
    prices = [Price(Decimal(str(column[at]))) for column in (data.open, data.high, data.low, data.close)]
    return Bar(
        symbol=Symbol(SYMBOL),
        open_ms=MarketMs(int(data.open_ms[at])),
        interval_ms=INTERVAL_MS,
        open=prices[0],
        high=prices[1],
        low=prices[2],
        close=prices[3],
        volume=Quantity(Decimal(100)),
    )


def later(count: int, *, after: int = 0) -> list[Bar]:
    """Bars that follow on the file, `after` bars left out."""
    first = START_MS + (FILE_BARS + after) * INTERVAL_MS
    one = Price(Decimal(100))
    return [
        Bar(
            symbol=Symbol(SYMBOL),
            open_ms=MarketMs(first + number * INTERVAL_MS),
            interval_ms=INTERVAL_MS,
            open=one,
            high=one,
            low=one,
            close=one,
            volume=Quantity(Decimal(1)),
        )
        for number in range(count)
    ]


async def taped(directory: Path, bars: list[Bar]) -> None:
    """A tape with these bars among other events, by the writer that an engine has."""
    tape = Tape(
        disk=HostDisk(), directory=directory / TAPE_DIRECTORY, bytes_max=1_000_000, fence=1, journal_seq=0
    )
    state = cold_state()
    for bar in bars:
        close_ms = bar.open_ms + INTERVAL_MS
        now = Now(wire_ms=WireMs(close_ms), market_ms=MarketMs(close_ms))
        event: Event
        for event in (Ticked(), BarClosed(bar=bar)):
            tape.note(state, event, now, ())
    await tape.close(deadline_ms=5_000)


async def test_every_bar_on_a_tape_is_heard_and_a_torn_end_costs_its_own(
    tmp_path: Path, file: Candles
) -> None:
    bars = [bar_of(file, at) for at in range(5, FILE_BARS)]
    await taped(tmp_path, bars)
    heard = read_heard(HostDisk(), tmp_path)
    assert list(heard.bars[SYMBOL].values()) == bars
    assert heard.span([SYMBOL]) == (bars[0].open_ms, bars[-1].open_ms)
    assert heard.span([SYMBOL, "ETHUSDT"]) is None
    assert heard.unheard(SYMBOL, START_MS, START_MS + 10 * INTERVAL_MS, INTERVAL_MS) == 5
    (path,) = segments(HostDisk(), tmp_path / TAPE_DIRECTORY)
    path.write_bytes(path.read_bytes()[:-3])
    torn = read_heard(HostDisk(), tmp_path)
    assert torn.notes == []
    assert torn.bars.get(SYMBOL, {}).items() <= heard.bars[SYMBOL].items()


def test_no_tape_is_no_bars(tmp_path: Path) -> None:
    assert read_heard(HostDisk(), tmp_path).bars == {}


def heard_of(bars: list[Bar]) -> Heard:
    return Heard(bars={SYMBOL: {int(one.open_ms): one for one in bars}})


def test_what_was_heard_follows_on_the_file(file: Candles) -> None:
    bars = [*(bar_of(file, at) for at in range(15, FILE_BARS)), *later(3)]
    (joined,), notes = played_on(heard_of(bars), {SYMBOL: file}, [SYMBOL], interval_ms=INTERVAL_MS)
    assert notes == []
    assert len(joined) == FILE_BARS + 3
    assert list(joined.close[-3:]) == [100.0] * 3
    assert joined.close[0] == file.close[0]


def test_bars_that_differ_are_told_and_the_file_holds(file: Candles) -> None:
    bent = replace(bar_of(file, 17), close=Price(Decimal(1)))
    (joined,), notes = played_on(heard_of([bent]), {SYMBOL: file}, [SYMBOL], interval_ms=INTERVAL_MS)
    assert "1 bars of BTCUSDT were heard otherwise" in notes[0]
    assert joined.close[17] == file.close[17]


@pytest.mark.parametrize(
    ("bars", "files", "interval_ms", "what"),
    [
        pytest.param(list, False, INTERVAL_MS, "no bars of BTCUSDT", id="nothing"),
        pytest.param(lambda: later(2, after=1), True, INTERVAL_MS, "are missing between", id="hole"),
        pytest.param(list, True, 60_000, "bars of BTCUSDT are 300000 ms long", id="another interval"),
    ],
)
def test_what_cannot_be_joined_is_refused_with_the_fix(
    file: Candles, bars: Callable[[], list[Bar]], files: bool, interval_ms: int, what: str
) -> None:
    given = {SYMBOL: file} if files else {}
    with pytest.raises(BacktestRefused, match=what) as refused:
        played_on(heard_of(bars()), given, [SYMBOL], interval_ms=interval_ms)
    assert refused.value.fix
