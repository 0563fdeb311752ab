"""Whether anybody could notice how a bar went between its open and its close, while something is open.

Where nobody could, the bar is one step, as on a symbol without a position; what is decided and filled is the same
(tests/research/test_noticing.py). Whoever is in doubt here says yes.
"""

from __future__ import annotations

from decimal import Decimal

from jackline.core.machine import Phase
from jackline.core.state import State
from jackline.core.trade import Trade
from jackline.exchange.account import Account
from jackline.exchange.conditions import Algo
from jackline.exchange.funding import FUNDING_INTERVAL_MS
from jackline.exchange.ports import Candle
from jackline.exchange.values import OrderType
from jackline.exchange.venue import Venue
from jackline.research.backtest.rest import is_at_rest

DAY_MS = 86_400_000
PEAK_STEP = Decimal("1.001")
"""A new peak of equity is kept from a thousandth on (`core.limits`)."""


def is_noticed(
    bar: Candle, symbol: str, *, state: State, venue: Venue, account: Account, interval_ms: int
) -> bool:
    """Somebody could: an order, a rule of the open trade, a limit of the account, or the hour."""
    ends_ms = bar.open_ms + interval_ms
    return (
        not is_at_rest(state, venue.state.clock.wire_ms())
        or bar.open_ms % FUNDING_INTERVAL_MS == 0
        or bar.open_ms // FUNDING_INTERVAL_MS != (ends_ms - 1) // FUNDING_INTERVAL_MS
        or _touches_an_order(bar, symbol, account)
        or any(_concerns(trade, bar, ends_ms) for trade in state.trades.values() if trade.symbol == symbol)
        or _strains_a_limit(bar, symbol, state, venue, account)
    )


def _touches_an_order(bar: Candle, symbol: str, account: Account) -> bool:
    return bool(account.open_orders) or any(
        algo.symbol == symbol
        and (_moves(algo) or bar.low <= algo.trigger_price <= bar.high or _passed(algo, bar))
        for algo in account.open_algos.values()
    )


def _moves(algo: Algo) -> bool:
    """Every price matters to an order that trails."""
    return algo.type is OrderType.TRAILING_STOP_MARKET


def _passed(algo: Algo, bar: Candle) -> bool:
    """The whole bar lies beyond the trigger."""
    rising = (algo.side.sign > 0) is not algo.type.takes_profit
    return bar.low >= algo.trigger_price if rising else bar.high <= algo.trigger_price


def _concerns(trade: Trade, bar: Candle, ends_ms: int) -> bool:
    """A rule of the engine's own: a trail behind a better price, a hold that ends, a step of progress."""
    entry = trade.entry
    if entry is None or trade.phase is not Phase.PROTECTED or trade.opened_market_ms is None:
        return True
    if entry.exits.no_progress_ms is not None or ends_ms > trade.opened_market_ms + entry.hold_max_ms:
        return True
    if entry.trailing_fraction is None and entry.exits.stages is None:
        return False
    best = bar.high if trade.side.sign > 0 else bar.low
    return trade.best_price is None or (best - trade.best_price) * trade.side.sign > 0


def _strains_a_limit(bar: Candle, symbol: str, state: State, venue: Venue, account: Account) -> bool:
    """At its worst price the day's loss or the drawdown might reach its limit, at its best the peak might move."""
    day, risk = state.money.day, state.risk
    if day is None or day.number != bar.open_ms // DAY_MS:
        return True
    equities = [account.wallet, account.wallet]
    for position in account.open_positions():
        prices = (venue.state.markets[position.symbol].mark,) * 2
        if position.symbol == symbol:
            prices = (bar.low, bar.high) if position.amount > 0 else (bar.high, bar.low)
        equities = [
            equity + position.unrealised(price) for equity, price in zip(equities, prices, strict=True)
        ]
    worst, best = equities
    # Half a limit away is near enough: the engine's own sums are of marks it has heard, and fees to come.
    floor = day.equity_quote + day.capital_quote - day.equity_quote * risk.daily_loss_max_fraction / 2
    if worst <= floor:
        return True
    if risk.drawdown_max_fraction is None or day.peak_quote is None:
        return False
    deepest = day.peak_quote * (1 - risk.drawdown_max_fraction)
    return worst <= deepest * PEAK_STEP or best >= day.peak_quote * PEAK_STEP
