"""People: at the venue's own page, at the command line, at the configuration file."""

from __future__ import annotations

from decimal import Decimal

from jackline.exchange.conditions import AlgoRequest
from jackline.exchange.errors import VenueError
from jackline.exchange.values import MarginType, OrderType, PositionSide, Side, TimeInForce, WorkingType
from jackline.exchange.wire.faults import revoke
from jackline.world.acts import Act
from jackline.world.deeds.means import DONE, NOTHING_THERE, Means, Result
from jackline.world.stage import ACCOUNT
from jackline.world.supervisor import ENGINE, WATCHDOG
from jackline.world.wires import Wire

MODE_RETRY_S = 2.0


def opens(means: Means, act: Act) -> Result:
    """A position nobody planned."""
    symbol = means.symbol(act)
    if any(position.symbol == symbol for position in means.stage.account.open_positions()):
        return NOTHING_THERE
    side = Side.BUY if act.size < 0.5 else Side.SELL
    hedged = PositionSide.LONG if side is Side.BUY else PositionSide.SHORT
    position_side = hedged if means.stage.account.hedge else PositionSide.BOTH
    means.trade(symbol, side, position_side, means.quantity(symbol, act.size), reduce_only=False)
    return DONE


def adds(means: Means, act: Act) -> Result:
    """More of what is open."""
    position = means.a_position(act)
    if position is None:
        return NOTHING_THERE
    side = Side.BUY if position.amount > 0 else Side.SELL
    quantity = means.quantity(position.symbol, act.size)
    means.trade(position.symbol, side, position.side, quantity, reduce_only=False)
    return DONE


def closes(means: Means, act: Act) -> Result:
    """A position, or half of it, closed by hand."""
    position = means.a_position(act)
    if position is None:
        return NOTHING_THERE
    side = Side.SELL if position.amount > 0 else Side.BUY
    step = means.stage.venue.state.markets[position.symbol].symbol.step
    whole = abs(position.amount)
    part = whole if act.size > 0.4 else max(step, whole / 2 // step * step)
    means.trade(position.symbol, side, position.side, part, reduce_only=True)
    return DONE


def places_stop(means: Means, act: Act) -> Result:
    """The one whole-position stop of a direction, on the wrong price: it covers nothing and keeps ours out (-4130).

    Where the venue has none in netting mode it is one of the whole quantity.
    """
    position = means.a_position(act)
    if position is None:
        return NOTHING_THERE
    sign = 1 if position.amount > 0 else -1
    market = means.stage.venue.state.markets[position.symbol]
    far = market.mark * (1 - sign * Decimal("0.2"))
    whole = means.wire is Wire.BINANCE or means.stage.account.hedge
    means.stage.venue.place_algo(
        means.stage.account,
        AlgoRequest(
            symbol=position.symbol,
            side=Side.SELL if sign > 0 else Side.BUY,
            position_side=position.side,
            type=OrderType.STOP_MARKET,
            quantity=Decimal(0) if whole else abs(position.amount),
            price=None,
            trigger_price=far // market.symbol.tick * market.symbol.tick,
            activate_price=None,
            callback_fraction=None,
            time_in_force=TimeInForce.GTC,
            working_type=WorkingType.CONTRACT_PRICE,
            close_position=whole,
            reduce_only=not whole,
            price_protect=False,
            client_id=None,
        ),
    )
    means.deliver()
    return DONE


def cancels_stop(means: Means, act: Act) -> Result:
    """The stop is in the way of somebody's eye."""
    algo = means.a_waiting(act)
    if algo is None:
        return NOTHING_THERE
    means.stage.venue.cancel_algo_by_hand(means.stage.account, algo)
    means.deliver()
    return DONE


def sets_leverage(means: Means, act: Act) -> Result:
    """Another leverage, with or without a position."""
    means.stage.venue.set_leverage(means.stage.account, means.symbol(act), 3 + int(act.size * 40))
    means.deliver()
    return DONE


def sets_margin(means: Means, act: Act) -> Result:
    """Cross becomes isolated, or the reverse; the venue allows it only while the symbol is flat."""
    venue, account, symbol = means.stage.venue, means.stage.account, means.symbol(act)
    crossed = account.setting(symbol).margin_type is MarginType.CROSSED
    venue.set_margin_type(account, symbol, MarginType.ISOLATED if crossed else MarginType.CROSSED)
    means.deliver()
    return DONE


def sets_mode(means: Means, act: Act) -> Result:
    """Netting becomes hedge, or the reverse; the venue allows it only while flat."""
    venue, account = means.stage.venue, means.stage.account
    hedge = account.hedge
    venue.set_hedge(account, not hedge)

    def undo() -> None:
        try:
            venue.set_hedge(account, hedge)
        except VenueError:
            if account.hedge is not hedge:
                means.stage.network.later(MODE_RETRY_S, undo)

    return undo


def deposits(means: Means, act: Act) -> Result:
    """Money comes in."""
    return _transfer(means, Decimal(100 + int(act.size * 5_000)))


def withdraws(means: Means, act: Act) -> Result:
    """Money goes out."""
    return _transfer(means, -Decimal(100 + int(act.size * 2_000)))


def revokes_key(means: Means, act: Act) -> Result:
    """-2015 to everything, until the key is allowed again."""
    return means.outage(means.post(revoke(ACCOUNT)), ENGINE, WATCHDOG)


def kills(means: Means, act: Act) -> Result:
    """The kill switch; reset when the act ends."""
    return means.operator.kill(act) or NOTHING_THERE


def closes_all(means: Means, act: Act) -> Result:
    """`jackline close-all`."""
    means.operator.close_all()
    return DONE


def reconfigures(means: Means, act: Act) -> Result:
    """Other risk settings; in force with the restart that follows."""
    means.stage.reconfigure(act.size)
    process = means.stage.processes.living.get(ENGINE)
    if process is not None:
        process.ask_to_stop()
    return DONE


def _transfer(means: Means, amount: Decimal) -> Result:
    means.stage.venue.transfer(means.stage.account, amount)
    means.deliver()
    return DONE
