"""The venue as one object: pure, synchronous and deterministic. Wire time is asked of a clock, market time
comes with the ticks. Every call leaves the events it caused in an outbox, which `drain` empties."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from jackline.exchange import margin
from jackline.exchange.account import Account, AccountSpec
from jackline.exchange.conditional import Conditional
from jackline.exchange.conditions import Algo, AlgoRequest
from jackline.exchange.errors import VenueError
from jackline.exchange.events import Event, LeverageEvent
from jackline.exchange.funding import Funding
from jackline.exchange.liquidation import Liquidation
from jackline.exchange.market import Market
from jackline.exchange.matching import Matching
from jackline.exchange.orders import Order, OrderRequest
from jackline.exchange.ports import Candle, Tick
from jackline.exchange.state import Rules, State
from jackline.exchange.symbols import symbol_named
from jackline.exchange.values import ZERO, MarginType, WireClock
from jackline.exchange.witness import Witness

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueSpec:
    """A venue to open. `history` holds complete base bars before the start, per symbol, oldest first."""

    accounts: tuple[AccountSpec, ...]
    symbols: tuple[str, ...]
    interval_ms: int
    history: Mapping[str, Sequence[Candle]] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)


class Venue:
    """A local exchange. Everything that changes it goes through here, so that the witness looks after every
    change."""

    def __init__(self, spec: VenueSpec, clock: WireClock) -> None:
        self.state = State(
            clock=clock,
            rules=spec.rules,
            accounts={one.name: _opened(one) for one in spec.accounts},
            markets={name: _market(name, spec) for name in spec.symbols},
        )
        self.witness = Witness(self.state)
        self._matching = Matching(self.state, self.witness)
        self._conditional = Conditional(self.state, self._matching, self.witness)
        self._liquidation = Liquidation(self.state, self._matching)
        self._funding = Funding(self.state, self.witness)

    def drain(self) -> list[Event]:
        """The events since the last call, in the order they happened."""
        events, self.state.outbox = self.state.outbox, []
        return events

    def net_side(self, symbol: str) -> int:
        """The sign of all accounts' positions in a symbol together."""
        amount = sum(
            (
                one.amount
                for account in self.state.accounts.values()
                for one in account.open_positions()
                if one.symbol == symbol
            ),
            ZERO,
        )
        return (amount > 0) - (amount < 0)

    def on_tick(self, tick: Tick) -> None:
        """One step of a market: stops first, then liquidation, resting limits, funding, and the witness's
        look."""
        market = self.state.markets[tick.symbol]
        market.move(tick)
        funding = self._funding.due(market)
        for account in self.state.accounts.values():
            self._conditional.on_tick(account, market)
            touched = self._liquidation.on_tick(account, market)
            self._matching.match_resting(account, market)
            if funding:
                self._funding.book(account, market)
            for symbol in {tick.symbol, *touched}:
                self._settle(account, symbol)

    def place_order(self, account: Account, request: OrderRequest) -> Order:
        """Raises VenueError."""
        return self._changing(account, request.symbol, lambda: self._matching.place(account, request))

    def cancel_order(self, account: Account, order: Order) -> Order:
        """Raises VenueError -2011."""
        return self._changing(account, order.symbol, lambda: self._matching.cancel(account, order))

    def place_algo(self, account: Account, request: AlgoRequest) -> Algo:
        """Raises VenueError."""
        return self._changing(account, request.symbol, lambda: self._conditional.place(account, request))

    def cancel_algo(self, account: Account, algo: Algo) -> Algo:
        """Raises VenueError -20124."""
        return self._changing(account, algo.symbol, lambda: self._conditional.cancel(account, algo))

    def set_leverage(self, account: Account, symbol: str, leverage: int) -> None:
        """Raises VenueError: -4028 outside the symbol's table, -2027, -2028, -4161 where a position forbids
        it."""
        market, setting = self.state.market(symbol), account.setting(symbol)
        if not 1 <= leverage <= market.symbol.leverage_max:
            raise VenueError(-4028, leverage=leverage)
        positions = [one for one in account.open_positions() if one.symbol == symbol]
        for position in positions:
            if abs(position.amount) * market.mark > market.symbol.notional_max(leverage):
                raise VenueError(-2027)
        if positions and leverage < setting.leverage:
            if setting.margin_type is MarginType.ISOLATED:
                raise VenueError(-4161)
            notional = sum((abs(one.amount) * market.mark for one in positions), ZERO)
            if notional / leverage - notional / setting.leverage > margin.available(self.state, account):
                raise VenueError(-2028)
        setting.leverage = leverage
        self.state.outbox.append(
            LeverageEvent(
                account=account.name, symbol=symbol, leverage=leverage, wire_ms=self.state.clock.wire_ms()
            )
        )

    def set_margin_type(self, account: Account, symbol: str, margin_type: MarginType) -> None:
        """Raises VenueError: -4046 unchanged, -4047 with open orders, -4048 with a position."""
        self.state.market(symbol)
        setting = account.setting(symbol)
        if setting.margin_type is margin_type:
            raise VenueError(-4046)
        resting = any(order.symbol == symbol for order in account.open_orders.values())
        if resting or any(algo.symbol == symbol for algo in account.open_algos.values()):
            raise VenueError(-4047)
        if any(one.symbol == symbol for one in account.open_positions()):
            raise VenueError(-4048)
        setting.margin_type = margin_type

    def set_hedge(self, account: Account, hedge: bool) -> None:
        """Raises VenueError: -4059 unchanged, -4067 open orders, -4068 a position, on any symbol."""
        if account.hedge is hedge:
            raise VenueError(-4059)
        if account.open_orders or account.open_algos:
            raise VenueError(-4067)
        if account.open_positions():
            raise VenueError(-4068)
        account.hedge = hedge

    def _changing(self, account: Account, symbol: str, change: Callable[[], _Result]) -> _Result:
        result = change()
        self._settle(account, symbol)
        return result

    def _settle(self, account: Account, symbol: str) -> None:
        self._conditional.finish_children(account)
        self._conditional.expire_without_position(account, symbol)
        self.witness.look(account, symbol)


def _opened(spec: AccountSpec) -> Account:
    return Account(name=spec.name, wallet=spec.balance, wallet_at_start=spec.balance, hedge=spec.hedge)


def _market(name: str, spec: VenueSpec) -> Market:
    market = Market(
        symbol=symbol_named(name),
        interval_ms=spec.interval_ms,
        half_spread_fraction=spec.rules.half_spread_fraction,
        funding_fraction=Decimal(spec.rules.funding_fraction),
    )
    market.seed(tuple(spec.history.get(name, ())))
    return market
