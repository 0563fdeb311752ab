"""Everything the venue knows, in one place that its services share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from jackline.exchange.account import Account
from jackline.exchange.errors import VenueError
from jackline.exchange.events import AccountEvent, Event, PositionView
from jackline.exchange.market import Market
from jackline.exchange.orders import Income
from jackline.exchange.position import Position
from jackline.exchange.values import ZERO, StopWhileFlat, WireClock
from jackline.exchange.whims import Whims

# Far apart, because clients keep plain and conditional orders in one cache keyed by id.
FIRST_ALGO_ID: Final = 2_000_000_000_001
FIRST_ORDER_ID: Final = 8_000_000_000_001


@dataclass(slots=True, kw_only=True)
class Rules:
    """What may be chosen about the venue. `fill_parts` splits each market fill into that many trades."""

    taker_fraction: Decimal = Decimal("0.0005")
    maker_fraction: Decimal = Decimal("0.0002")
    liquidation_fraction: Decimal = Decimal("0.0125")
    half_spread_fraction: Decimal = ZERO
    funding_fraction: Decimal = Decimal("0.0001")
    fill_parts: int = 1
    stop_while_flat: StopWhileFlat = StopWhileFlat.ACCEPT


@dataclass(slots=True, kw_only=True)
class Counters:
    order_id: int = FIRST_ORDER_ID
    algo_id: int = FIRST_ALGO_ID
    trade_id: int = 1
    income_id: int = 1


@dataclass(slots=True, kw_only=True)
class State:
    """Accounts, markets and the outbox of events not yet delivered."""

    clock: WireClock
    rules: Rules
    accounts: Mapping[str, Account]
    markets: Mapping[str, Market]
    whims: Whims = field(default_factory=Whims)
    counters: Counters = field(default_factory=Counters)
    outbox: list[Event] = field(default_factory=list)

    def market(self, symbol: str) -> Market:
        """Raises VenueError -1121 for a symbol that does not trade here."""
        market = self.markets.get(symbol)
        if market is None:
            raise VenueError(-1121)
        return market

    def market_ms(self, symbol: str) -> int:
        """Market time of a symbol; the latest of all for "", which stands for the account itself."""
        if symbol:
            return self.markets[symbol].market_ms
        return max((market.market_ms for market in self.markets.values()), default=0)

    def next_order_id(self) -> int:
        self.counters.order_id += 1
        return self.counters.order_id - 1

    def next_algo_id(self) -> int:
        self.counters.algo_id += 1
        return self.counters.algo_id - 1

    def next_trade_id(self) -> int:
        self.counters.trade_id += 1
        return self.counters.trade_id - 1

    def book_income(
        self, account: Account, *, symbol: str, kind: str, amount: Decimal, trade_id: int | None
    ) -> None:
        """Adds `amount` to the wallet and to the income history; `symbol` is "" for the account's own."""
        if amount == 0:
            return
        account.version += 1
        account.wallet += amount
        account.incomes.append(
            Income(
                income_id=self.counters.income_id,
                symbol=symbol,
                kind=kind,
                amount=amount,
                trade_id=trade_id,
                wire_ms=self.clock.wire_ms(),
                market_ms=self.market_ms(symbol),
            )
        )
        self.counters.income_id += 1

    def tell_account(
        self,
        account: Account,
        *,
        reason: str,
        symbol: str,
        positions: tuple[Position, ...],
        change: Decimal = ZERO,
    ) -> None:
        self.outbox.append(
            AccountEvent(
                account=account.name,
                reason=reason,
                wallet=account.wallet,
                cross_wallet=account.cross_wallet,
                change=change,
                positions=tuple(self._view(account, position) for position in positions),
                wire_ms=self.clock.wire_ms(),
                market_ms=self.market_ms(symbol),
            )
        )

    def _view(self, account: Account, position: Position) -> PositionView:
        return PositionView(
            symbol=position.symbol,
            side=position.side,
            amount=position.amount,
            entry_price=position.entry_price,
            unrealised=position.unrealised(self.markets[position.symbol].mark),
            margin_type=account.setting(position.symbol).margin_type,
            isolated_margin=position.isolated_margin,
        )
