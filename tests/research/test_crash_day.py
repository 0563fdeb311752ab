"""10 October 2025, 21:15 UTC, in the recorded five-minute bars: a 1 % long stop is filled where the market was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from jackline.core.values import Side
from jackline.data.candles import Candles
from jackline.data.files import read_candles
from jackline.research.backtest.run import run_backtest
from jackline.research.backtest.settings import BacktestSettings
from tests.research.bars_played import SYMBOL, Told, options, risk
from tests.research.market_files import FIVE_MINUTES, recorded

CRASH_MS = int(datetime(2025, 10, 10, 21, 15, tzinfo=UTC).timestamp() * 1_000)
FIVE_MS = 300_000
NOW_MS = 1_800_000_000_000


def around_the_crash() -> Candles:
    """Two hours before it, one after."""
    whole = read_candles(recorded(FIVE_MINUTES), symbol="BTC-USDT", now_ms=NOW_MS)
    at = whole.open_ms.tolist().index(CRASH_MS)
    return whole.part(at - 24, at + 12)


def test_a_long_stop_is_filled_at_the_gap_and_never_at_its_trigger() -> None:
    bars = around_the_crash()
    at_the_close_before = Told(wishes={-1: Side.LONG}, begin_ms=CRASH_MS, interval_ms=FIVE_MS)
    asked = replace(options(at_the_close_before, risk()), interval_ms=FIVE_MS)
    result = run_backtest(asked, [bars], settings=BacktestSettings())
    assert result.symbols == (str(SYMBOL),)  # BingX writes BTC-USDT
    trade = result.trades[0]
    assert trade.exit_bar_ms == CRASH_MS
    assert trade.reason == "stop"
    fired = result.stop_fills[0]
    assert fired.is_gap
    assert fired.fill_price < fired.trigger_price
    assert fired.slip_bps > 50
    assert Decimal(103_162) <= fired.fill_price <= Decimal("112123.1")
    assert max(result.naked_ms) == 0
    assert result.ledger_gap_quote == 0
