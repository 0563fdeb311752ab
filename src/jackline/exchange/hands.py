"""Acts that are no order: what the venue does to an account by itself, and what its owner does by hand."""

from decimal import Decimal
from typing import Final

from jackline.exchange.account import Account
from jackline.exchange.conditional import Conditional
from jackline.exchange.cover import CoverLoss
from jackline.exchange.errors import VenueError
from jackline.exchange.margin import available
from jackline.exchange.market import Market
from jackline.exchange.matching import Matching
from jackline.exchange.orders import Order
from jackline.exchange.position import Position
from jackline.exchange.state import State
from jackline.exchange.values import ZERO, money, to_nearest, to_step

ADL_CLIENT_ID: Final = "adl_autoclose"
"""The venue gives every auto-deleveraging order this one client id."""


class Hands:
    """Changes accounts by other ways than orders; the caller lets the witness look afterwards."""

    def __init__(self, state: State, matching: Matching, conditional: Conditional) -> None:
        self._state = state
        self._matching = matching
        self._conditional = conditional

    def transfer(self, account: Account, amount: Decimal) -> None:
        """Deposits `amount` quote, or withdraws it where it is negative. Raises VenueError -4050 when less
        than that is available."""
        amount = money(amount)
        if amount < 0 and -amount > available(self._state, account):
            raise VenueError(-4050)
        self._state.book_income(account, symbol="", kind="TRANSFER", amount=amount, trade_id=None)
        reason = "DEPOSIT" if amount > 0 else "WITHDRAW"
        self._state.tell_account(account, reason=reason, symbol="", positions=(), change=amount)

    def add_isolated_margin(self, account: Account, position: Position, amount: Decimal) -> None:
        """Moves `amount` quote from the free wallet to an isolated position, or back where it is negative.

        Raises VenueError: -4049 for a cross position or none, -4050 and -4051 where it is not there to move.
        """
        amount = money(amount)
        if not position.amount or account.crossed(position):
            raise VenueError(-4049)
        if amount > available(self._state, account):
            raise VenueError(-4050)
        mark = self._state.markets[position.symbol].mark
        needed = abs(position.amount) * mark / account.setting(position.symbol).leverage
        left = position.isolated_margin + amount + min(ZERO, position.unrealised(mark))
        if amount < 0 and left < needed:
            raise VenueError(-4051)
        account.version += 1
        position.isolated_margin += amount
        self._state.tell_account(
            account, reason="MARGIN_TRANSFER", symbol=position.symbol, positions=(position,)
        )

    def deleverage(
        self, account: Account, position: Position, *, fraction: Decimal, price: Decimal | None
    ) -> Order | None:
        """Auto-deleveraging: takes `fraction` of a position, in steps and at least one of them, at `price` or
        at mark, free of fees. None where there is no position."""
        symbol = self._state.markets[position.symbol].symbol
        size = abs(position.amount)
        if not size:
            return None
        quantity = min(size, max(symbol.step, to_step(size * fraction, symbol.step)))
        return self._take(account, position, quantity=quantity, price=price, client_id=ADL_CLIENT_ID)

    def delist(self, account: Account, market: Market) -> None:
        """Ends every order of a symbol, then every position of it at mark."""
        name = market.symbol.name
        self._matching.expire_all(account, name)
        for algo in [one for one in account.open_algos.values() if one.symbol == name]:
            self._conditional.expire(account, algo, CoverLoss.EXPIRED)
        for position in [one for one in account.open_positions() if one.symbol == name]:
            client_id = f"settlement_autoclose-{self._state.clock.wire_ms()}"
            quantity = abs(position.amount)
            self._take(account, position, quantity=quantity, price=None, client_id=client_id)

    def _take(
        self,
        account: Account,
        position: Position,
        *,
        quantity: Decimal,
        price: Decimal | None,
        client_id: str,
    ) -> Order:
        market = self._state.markets[position.symbol]
        return self._matching.take_over(
            account,
            position,
            quantity=quantity,
            price=to_nearest(market.mark if price is None else price, market.symbol.tick),
            commission=ZERO,
            client_id=client_id,
            liquidation=False,
        )
