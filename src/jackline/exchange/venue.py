"""The venue as one object: pure, synchronous and deterministic. Wire time is asked of a clock, market time
comes with the ticks. Every call leaves the events it caused in an outbox, which `drain` empties."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

from jackline.exchange import settings
from jackline.exchange.account import Account, AccountSpec
from jackline.exchange.attached import Attached
from jackline.exchange.conditional import Conditional
from jackline.exchange.conditions import Algo, AlgoRequest
from jackline.exchange.cover import CoverLoss
from jackline.exchange.errors import VenueError
from jackline.exchange.events import Event
from jackline.exchange.funding import Funding
from jackline.exchange.hands import Hands
from jackline.exchange.history import History
from jackline.exchange.liquidation import Liquidation
from jackline.exchange.market import Market
from jackline.exchange.matching import Matching
from jackline.exchange.orders import Amendment, Order, OrderRequest
from jackline.exchange.ports import Candle, Tick
from jackline.exchange.state import Rules, State
from jackline.exchange.symbols import symbol_named
from jackline.exchange.values import ZERO, MarginType, PositionSide, SymbolStatus, WireClock
from jackline.exchange.whims import Whims
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
    change. Methods of three groups: what a client may ask for, what happens to an account without an order, and
    what the venue changes about its symbols."""

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
        self.attached = Attached(self.state, self._conditional)
        self._liquidation = Liquidation(self.state, self._matching)
        self._funding = Funding(self.state, self.witness)
        self._history = History()
        self._hands = Hands(self.state, self._matching, self._conditional)

    @property
    def whims(self) -> Whims:
        """Switches for what goes wrong here."""
        return self.state.whims

    @property
    def keeps_history(self) -> bool:
        """Whether accounts can be read as they were; off at first, because every change is then copied."""
        return self._history.on

    @keeps_history.setter
    def keeps_history(self, on: bool) -> None:
        self._history.on = on
        for account in self.state.accounts.values():
            self._history.note(account, self.state.clock.exact_ms())

    def account_as_of(self, name: str, wire_ms: float) -> Account:
        """The account as it was at that time, to be read only: at best the oldest state that is still kept.
        The present one while no history is kept. Raises KeyError for an account that does not exist."""
        return self._history.as_of(self.state.accounts[name], wire_ms)

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
        standing = market.status is SymbolStatus.BREAK or self.whims.maintenance
        for account in self.state.accounts.values():
            touched: list[str] = []
            if not standing:
                self._conditional.on_tick(account, market)
                touched = self._liquidation.on_tick(account, market)
                self._matching.match_resting(account, market)
            if funding:
                fraction = self.state.rules.funding_fraction
                self._funding.book(account, market, fraction=fraction)
            self._settle(account, tick.symbol)
            for symbol in dict.fromkeys(touched):
                if symbol != tick.symbol:
                    self._settle(account, symbol)

    def place_order(self, account: Account, request: OrderRequest) -> Order:
        """Raises VenueError."""
        _require_own(account)
        return self._changing(account, request.symbol, lambda: self._matching.place(account, request))

    def place_entry(self, account: Account, request: OrderRequest, legs: tuple[AlgoRequest, ...]) -> Order:
        """As `place_order`, with stops and targets that its fill arms before anybody looks. Raises VenueError."""
        _require_own(account)

        def taken() -> Order:
            order = self._matching.place(account, request)
            self.attached.attach(order, legs)
            return order

        return self._changing(account, request.symbol, taken)

    def amend_order(self, account: Account, order: Order, amendment: Amendment) -> Order:
        """Raises VenueError."""
        _require_own(account)
        return self._changing(account, order.symbol, lambda: self._matching.amend(account, order, amendment))

    def set_countdown(self, account: Account, symbol: str, after_ms: int) -> None:
        """Cancel the symbol's open orders so long from now unless told again; 0 ends that."""
        self.state.market(symbol)
        account.countdowns.pop(symbol, None)
        if after_ms:
            account.countdowns[symbol] = self.state.clock.wire_ms() + after_ms

    def run_countdowns(self) -> None:
        """Carries out the countdowns whose time has come."""
        wire_ms = self.state.clock.wire_ms()
        for account in self.state.accounts.values():
            for symbol in [name for name, due_ms in account.countdowns.items() if due_ms <= wire_ms]:
                del account.countdowns[symbol]
                for order in [one for one in account.open_orders.values() if one.symbol == symbol]:
                    self.cancel_order(account, order)
                if self.whims.countdown_takes_stops:
                    for algo in [one for one in account.open_algos.values() if one.symbol == symbol]:
                        self.cancel_algo(account, algo)

    def cancel_order(self, account: Account, order: Order) -> Order:
        """Raises VenueError -2011."""
        return self._changing(account, order.symbol, lambda: self._matching.cancel(account, order))

    def place_algo(self, account: Account, request: AlgoRequest) -> Algo:
        """Raises VenueError."""
        _require_own(account)
        self.require_conditional()
        return self._changing(account, request.symbol, lambda: self._conditional.place(account, request))

    def cancel_algo(self, account: Account, algo: Algo) -> Algo:
        """Raises VenueError -20124."""
        self.require_conditional()
        return self._changing(account, algo.symbol, lambda: self._conditional.cancel(account, algo))

    def require_conditional(self) -> None:
        """Raises VenueError -1001 while the conditional service is down; reads of it ask here too."""
        if self.state.whims.conditional_down:
            raise VenueError(-1001)

    def set_leverage(self, account: Account, symbol: str, leverage: int) -> None:
        """Raises VenueError: -4028, -2027, -2028, -4161."""
        _require_own(account)
        settings.set_leverage(self.state, account, symbol, leverage)
        self._noted(account)

    def set_margin_type(self, account: Account, symbol: str, margin_type: MarginType) -> None:
        """Raises VenueError: -4046, -4047, -4048."""
        settings.set_margin_type(self.state, account, symbol, margin_type)
        self._noted(account)

    def set_hedge(self, account: Account, hedge: bool) -> None:
        """Raises VenueError: -4059, -4067, -4068."""
        settings.set_hedge(account, hedge)
        self._noted(account)

    def begin_liquidation(self, account: Account) -> None:
        """The venue takes the account over: its plain orders are cancelled, and it can only watch (-2023) until
        `end_liquidation`. Conditional orders stay (a guess)."""
        for order in list(account.open_orders.values()):
            self.cancel_order(account, order)
        account.liquidating = True
        self._noted(account)

    def end_liquidation(self, account: Account) -> None:
        """The account is its owner's again."""
        account.liquidating = False
        self._noted(account)

    def drop_algo(self, account: Account, algo: Algo, *, quietly: bool) -> None:
        """The venue loses a waiting conditional order: with an EXPIRED event, or quietly, as if it had never
        been taken. Raises VenueError -20124 where it does not wait."""
        if quietly:
            self._conditional.forget(account, algo)
        else:
            self._conditional.expire(account, algo, CoverLoss.DROPPED)
        self._settle(account, algo.symbol)

    def let_triggering_go(self) -> None:
        """Conditional orders that were kept TRIGGERING, for however long, are released with the next tick."""
        self._conditional.let_go()

    def cancel_algo_by_hand(self, account: Account, algo: Algo) -> Algo:
        """As `cancel_algo`, by the account's owner; the witness keeps the two apart."""
        hand = CoverLoss.CANCELLED_BY_HAND
        return self._changing(account, algo.symbol, lambda: self._conditional.cancel(account, algo, hand))

    def transfer(self, account: Account, amount: Decimal) -> None:
        """A deposit, or a withdrawal where `amount` (quote) is negative. Raises VenueError -4050."""
        self._hands.transfer(account, amount)
        self._noted(account)

    def add_isolated_margin(self, account: Account, symbol: str, side: PositionSide, amount: Decimal) -> None:
        """Raises VenueError: -4049 for a cross position or none, -4050, -4051 where it is not there."""
        self._hands.add_isolated_margin(account, account.position(symbol, side), amount)
        self._noted(account)

    def adl(
        self,
        account: Account,
        symbol: str,
        side: PositionSide,
        fraction: Decimal,
        *,
        price: Decimal | None = None,
    ) -> Order | None:
        """Auto-deleverages `fraction` of a position, at mark unless a price is given; None where it is flat."""
        position = account.position(symbol, side)
        return self._changing(
            account,
            symbol,
            lambda: self._hands.deleverage(account, position, fraction=fraction, price=price),
        )

    def fund(self, symbol: str, fraction: Decimal) -> None:
        """Books funding now, whatever the hour: longs pay `fraction` of their notional, shorts get it."""
        market = self.state.market(symbol)
        for account in self.state.accounts.values():
            self._funding.book(account, market, fraction=fraction)
            self._settle(account, symbol)

    def set_status(self, symbol: str, status: SymbolStatus) -> None:
        """Halts a symbol or lets it trade again. In a BREAK mark moves and nothing triggers, fills or is
        liquidated by a step of this symbol; new orders are refused and cancels work."""
        self.state.market(symbol).status = status

    def hear(self, symbol: str) -> None:
        """Prices of a symbol are known again."""
        self.state.market(symbol).silent_since_ms = None

    def lose(self, symbol: str, since_ms: int) -> None:
        """Nothing has been heard of a symbol's price since that wire time: it stops trading until `hear`."""
        self.state.market(symbol).silent_since_ms = since_ms

    def delist(self, symbol: str) -> None:
        """Ends all orders and positions of a symbol at mark, and its trading."""
        market = self.state.market(symbol)
        for account in self.state.accounts.values():
            self._hands.delist(account, market)
            self._settle(account, symbol)
        market.status = SymbolStatus.BREAK

    def set_filters(self, symbol: str, *, tick: Decimal | None = None, step: Decimal | None = None) -> None:
        """Changes a symbol's price or quantity step from now on; resting orders keep the prices they have."""
        market = self.state.market(symbol)
        old = market.symbol
        market.symbol = replace(old, tick=tick or old.tick, step=step or old.step)

    def set_spread(self, symbol: str, spread_fraction: Decimal | None) -> None:
        """The whole spread from now on, as a share of the price; None for the usual one."""
        market = self.state.market(symbol)
        usual = self.state.rules.half_spread_fraction
        market.half_spread_fraction = usual if spread_fraction is None else spread_fraction / 2

    def _settle(self, account: Account, symbol: str) -> None:
        """Brings everything that hangs on a change of an account up to date, and lets the witness look."""
        self.attached.settle(account)
        self._conditional.finish_children(account)
        self._conditional.expire_without_position(account, symbol)
        self.witness.look(account, symbol)
        if self._history.on:
            self._history.note(account, self.state.clock.exact_ms())

    def _changing(self, account: Account, symbol: str, change: Callable[[], _Result]) -> _Result:
        result = change()
        self._settle(account, symbol)
        return result

    def _noted(self, account: Account) -> None:
        account.version += 1
        if self._history.on:
            self._history.note(account, self.state.clock.exact_ms())


def _require_own(account: Account) -> None:
    """Raises VenueError -2023 while the venue is taking the account over."""
    if account.liquidating:
        raise VenueError(-2023)


def _opened(spec: AccountSpec) -> Account:
    return Account(
        name=spec.name,
        wallet=spec.balance,
        wallet_at_start=spec.balance,
        hedge=spec.hedge,
        rights=spec.rights,
    )


def _market(name: str, spec: VenueSpec) -> Market:
    market = Market(
        symbol=symbol_named(name),
        interval_ms=spec.interval_ms,
        half_spread_fraction=spec.rules.half_spread_fraction,
        funding_fraction=Decimal(spec.rules.funding_fraction),
    )
    market.seed(tuple(spec.history.get(name, ())))
    return market
