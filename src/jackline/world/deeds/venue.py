"""The venue: overloaded, banning, refusing, lying about orders, lagging, halting, changing its rules."""

from __future__ import annotations

import math

from jackline.exchange.values import OrderType, SymbolStatus
from jackline.exchange.wire.faults import Refuse, Risk, Slow, Stale, Stream, StreamDeed, ban
from jackline.exchange.wire.faults import Side as StreamSide
from jackline.world.acts import Act
from jackline.world.deeds.means import DONE, NOTHING_THERE, Means, Result, exact
from jackline.world.stage import ACCOUNT
from jackline.world.supervisor import ENGINE, WATCHDOG
from jackline.world.wires import Wire

_EVERY_ORDER = ("/openApi/swap/v2/trade/order",)
ORDERS = {Wire.BINANCE: ("/fapi/v1/order", "/fapi/v1/algoOrder"), Wire.BINGX: _EVERY_ORDER}
CONDITIONAL = {Wire.BINANCE: ("/fapi/v1/algoOrder", "/fapi/v1/openAlgoOrders"), Wire.BINGX: _EVERY_ORDER}
"""Where stops go. One of the wires has one path for all orders: what is slow there is slow for all."""
_REFUSALS = (-1001, -2010, -2019, -4045, -4131, -4164, -1111, -2022, -4118, -2021)
REFUSALS = {Wire.BINANCE: _REFUSALS, Wire.BINGX: (*_REFUSALS, -4116, -4130)}
"""What a venue may say to a placement for no reason that a client can see, by the numbers of the exchange."""


def overloaded(means: Means, act: Act) -> Result:
    """-1008: only what reduces is let through."""
    return means.post(Refuse(code=-1008, status=503, risk=Risk.ADDING, probability=0.3 + 0.7 * act.size))


def banned(means: Means, act: Act) -> Result:
    """418: the address is answered nothing but the ban."""
    until_ms = means.stage.venue.state.clock.wire_ms() + int(act.lasts_s * 1_000)
    return means.outage(means.post(ban(until_ms=until_ms)), ENGINE, WATCHDOG)


def rate_limited(means: Means, act: Act) -> Result:
    """429 now and then, each with a second's wait that the venue dictates: nobody is answered for long."""
    undo = means.post(Refuse(code=-1003, status=429, retry_after_s=1, probability=0.2 + 0.5 * act.size))
    return means.outage(undo, ENGINE, WATCHDOG)


def window_full(means: Means, act: Act) -> Result:
    """-1015: no more orders in this window."""
    return means.post(Refuse(code=-1015, paths=ORDERS[means.wire], methods=("POST",), risk=Risk.ADDING))


def maintenance(means: Means, act: Act) -> Result:
    """Everything is refused."""
    return means.outage(means.post(Refuse(code=-1001, status=503)), ENGINE, WATCHDOG)


def refuses(means: Means, act: Act) -> Result:
    """The next placements are refused, for one reason or another."""
    codes = REFUSALS[means.wire]
    code = codes[int(act.pick * len(codes))]
    return means.post(
        Refuse(code=code, paths=ORDERS[means.wire], methods=("POST",), count=1 + int(act.size * 3))
    )


def conditional_down(means: Means, act: Act) -> Result:
    """Plain orders work, conditional ones can be neither placed nor read: whether a stop rests nobody can say.

    On a wire that lists all orders together they can be read all the same, and nothing excuses a position.
    """
    whims = means.stage.venue.whims
    whims.conditional_down = True

    def undo() -> None:
        whims.conditional_down = False

    return undo if means.wire is Wire.BINGX else means.outage(undo, ENGINE, WATCHDOG)


def conditional_slow(means: Means, act: Act) -> Result:
    """The conditional service answers late."""
    delay_ms = 200 + int(1_800 * act.size)
    undo = means.post(Slow(paths=CONDITIONAL[means.wire], delay_ms=delay_ms))
    means.stage.delay(delay_ms)

    def over() -> None:
        undo()
        means.stage.delay(-delay_ms)

    return over


def type_withdrawn(means: Means, act: Act) -> Result:
    """-4120: stops go elsewhere from now on, as on 2025-12-09."""
    whims = means.stage.venue.whims
    whims.algo_withdrawn = (OrderType.STOP_MARKET, OrderType.TRAILING_STOP_MARKET)

    def undo() -> None:
        whims.algo_withdrawn = ()

    return undo


def stop_dropped(means: Means, act: Act) -> Result:
    """Acknowledged, read back, and gone without a word."""
    return _drop(means, act, quietly=True)


def stop_expired(means: Means, act: Act) -> Result:
    """Gone with an event."""
    return _drop(means, act, quietly=False)


def sticky_triggering(means: Means, act: Act) -> Result:
    """Triggered stops stay TRIGGERING for seconds, or for ever.

    Where a listing shows them all the while, "for ever" ends with the act: else the fault would never be over.
    """
    whims = means.stage.venue.whims
    whims.triggering_ms = math.inf if act.size > 0.7 else 500 + 8_000 * act.size

    def undo() -> None:
        whims.triggering_ms = 0.0
        if means.wire is Wire.BINGX:
            means.stage.venue.let_triggering_go()

    return undo


def rejected_at_trigger(means: Means, act: Act) -> Result:
    """Triggered stops are rejected."""
    whims = means.stage.venue.whims
    whims.reject_at_trigger = "ReduceOnly Order Failed."

    def undo() -> None:
        whims.reject_at_trigger = None

    return undo


def child_part_filled(means: Means, act: Act) -> Result:
    """Of a triggered stop only a part is filled."""
    whims = means.stage.venue.whims
    whims.child_fill_fraction = exact(act.size * 0.9, 2)

    def undo() -> None:
        whims.child_fill_fraction = None

    return undo


def read_lag(means: Means, act: Act) -> Result:
    """Reads come from a replica that is behind."""
    lag_ms = 50 + int(2_500 * act.size)
    undo = means.post(Stale(lag_ms=lag_ms, probability=0.3 if act.pick < 0.5 else 1.0))
    means.stage.delay(lag_ms)

    def over() -> None:
        undo()
        means.stage.delay(-lag_ms)

    return over


def events_missing(means: Means, act: Act) -> Result:
    """The user stream is up and says nothing."""
    return means.post(Stream(deed=StreamDeed.DROP, side=StreamSide.USER))


def events_twice(means: Means, act: Act) -> Result:
    """Every event is told twice."""
    return means.post(Stream(deed=StreamDeed.DUPLICATE, side=StreamSide.USER))


def bars_missing(means: Means, act: Act) -> Result:
    """The market stream is up and tells no bar."""
    return means.post(Stream(deed=StreamDeed.DROP, side=StreamSide.MARKET, events=("kline",)))


def key_forgotten(means: Means, act: Act) -> Result:
    """The listen key has expired without notice."""
    means.stage.door.floor.forget_key(ACCOUNT)
    return DONE


def hang_up(means: Means, act: Act) -> Result:
    """The venue closes all sockets, as every 24 hours."""
    means.stage.door.floor.hub.hang_up(None)
    return DONE


def halted(means: Means, act: Act) -> Result:
    """A symbol takes no orders: nothing can be protected or closed there until it does."""
    venue, symbol = means.stage.venue, means.symbol(act)
    venue.set_status(symbol, SymbolStatus.BREAK)

    def undo() -> None:
        venue.set_status(symbol, SymbolStatus.TRADING)

    return means.outage(undo, ENGINE, WATCHDOG)


def tick_changed(means: Means, act: Act) -> Result:
    """The price step of a symbol is another one."""
    venue, market = means.stage.venue, means.market(act)
    name = market.symbol.name
    venue.set_filters(name, tick=venue.state.markets[name].symbol.tick * 10)

    def undo() -> None:
        venue.set_filters(name, tick=venue.state.markets[name].symbol.tick / 10)

    return undo


def band(means: Means, act: Act) -> Result:
    """The price band is so narrow that orders are refused."""
    bands, symbol = means.stage.venue.whims.price_band_fraction, means.symbol(act)
    bands[symbol] = exact(0.001 + 0.02 * act.size)

    def undo() -> None:
        bands.pop(symbol, None)

    return undo


def slow_fills(means: Means, act: Act) -> Result:
    """Entries fill in part, and the rest seconds later."""
    whims = means.stage.venue.whims
    whims.slow_fill_ms = 6_000 + 14_000 * act.size

    def undo() -> None:
        whims.slow_fill_ms = 0.0

    return undo


def immediate_rests(means: Means, act: Act) -> Result:
    """An immediate order that meets nobody stays in the book."""
    whims = means.stage.venue.whims
    whims.immediate_rests = True

    def undo() -> None:
        whims.immediate_rests = False

    return undo


def _drop(means: Means, act: Act, *, quietly: bool) -> Result:
    algo = means.a_waiting(act)
    if algo is None:
        return NOTHING_THERE
    means.stage.venue.drop_algo(means.stage.account, algo, quietly=quietly)
    means.deliver()
    return DONE
