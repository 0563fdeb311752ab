"""Whether a trade of the configured size passes the venue's filters: the engine's own gates, on the real instrument."""

from __future__ import annotations

from decimal import Decimal

from jackline.cli.config import Config
from jackline.cli.doctor.finding import Finding, fail, ok, skip
from jackline.core.dry_run import Question, dry_run
from jackline.core.instrument import Instrument
from jackline.core.settings import SizeMode
from jackline.core.values import Fraction, Price, Side, Symbol
from jackline.engine.options import EngineOptions
from jackline.venue.binance.venue import BinanceVenue
from jackline.venue.bingx.venue import BingxVenue
from jackline.venue.port import AccountFacts

CHECK = "sizes"
CONFIDENCE = Fraction(Decimal("0.65"))
"""Of the signal that is asked with where sizes go by confidence."""


async def size(
    venue: BinanceVenue | BingxVenue,
    config: Config,
    symbol: Symbol,
    instrument: Instrument | None,
    account: AccountFacts,
) -> Finding:
    """A long at the last close, on what the account has."""
    if instrument is None:
        return fail(CHECK, f"{symbol}: the venue lists no such perpetual", "correct venue.symbols")
    options = config.engine_options()
    bars = await venue.read_bars(symbol, options.interval_ms, 2)
    if not isinstance(bars, tuple) or not bars:
        return skip(CHECK, f"{symbol}: no completed bar yet, so no price to ask with")
    return _asked(options, symbol, instrument, account, bars[-1].close)


def _asked(
    options: EngineOptions, symbol: Symbol, instrument: Instrument, account: AccountFacts, price: Price
) -> Finding:
    bot = next((one.bot for one in options.every_bot if one.bot.trades(symbol)), options.every_bot[0].bot)
    risk = bot.risk
    by_signal = risk.size_mode is SizeMode.SIGNAL
    done = dry_run(
        Question(
            symbol=symbol,
            side=Side.LONG,
            entry=price,
            equity_quote=account.equity_quote,
            confidence=CONFIDENCE if by_signal else None,
            risk=risk,
            ratios={},
            instrument=instrument,
        )
    )
    if done.denied is not None or done.plan is None:
        why = "no plan" if done.denied is None else f"{done.denied.reason}: {done.denied.detail}"
        fix = "more equity, or other sizes in [risk]: jackline plan shows every gate"
        return fail(CHECK, f"{symbol} at {price:f}: {why}", fix)
    notional = done.plan.quantity * price
    least = max(instrument.notional_min, instrument.quantity_min * price)
    return ok(
        CHECK, f"{symbol}: {done.plan.quantity:f} worth {notional:.2f}; the venue's least is {least:.2f}"
    )
