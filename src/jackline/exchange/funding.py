"""Funding: every eight hours of market time longs pay shorts (or the reverse) a share of the notional at
mark."""

from decimal import Decimal
from typing import Final

from jackline.exchange.account import Account
from jackline.exchange.market import Market
from jackline.exchange.state import State
from jackline.exchange.values import money
from jackline.exchange.witness import Witness

FUNDING_INTERVAL_MS: Final = 8 * 3_600_000


class Funding:
    """Books funding at the first tick at or after each boundary."""

    def __init__(self, state: State, witness: Witness) -> None:
        self._state = state
        self._witness = witness
        self._periods: dict[str, int] = {}

    def due(self, market: Market) -> bool:
        """Whether this market's last step crossed a boundary; says so once. The first look only takes the
        bearing."""
        period = market.market_ms // FUNDING_INTERVAL_MS
        known = self._periods.setdefault(market.symbol.name, period)
        self._periods[market.symbol.name] = period
        return period > known

    def book(self, account: Account, market: Market, *, fraction: Decimal) -> None:
        """Charges longs `fraction` of their notional at mark, and pays it to shorts; negative the reverse."""
        for position in account.open_positions():
            if position.symbol != market.symbol.name:
                continue
            amount = money(-position.amount * market.mark * fraction)
            self._state.book_income(
                account, symbol=position.symbol, kind="FUNDING_FEE", amount=amount, trade_id=None
            )
            if not account.crossed(position):
                position.isolated_margin += amount
            self._witness.on_funding(account, position, amount)
            isolated = () if account.crossed(position) else (position,)
            self._state.tell_account(
                account, reason="FUNDING_FEE", symbol=position.symbol, positions=isolated, change=amount
            )
