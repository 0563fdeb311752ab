"""Liquidation: what the venue takes over when margin no longer reaches.

An isolated position is judged alone, all cross positions of an account together, both at mark price. The
position is taken over at the last price but never beyond bankruptcy (the insurance fund bears the rest),
and a clearance fee is charged from what is left.
"""

from decimal import Decimal
from typing import Final

from jackline.exchange import margin
from jackline.exchange.account import Account
from jackline.exchange.market import Market
from jackline.exchange.matching import Matching
from jackline.exchange.position import Position
from jackline.exchange.state import State
from jackline.exchange.values import ZERO, Side, money

LIQUIDATION_CLIENT_ID: Final = "autoclose-"
"""How the client ids of the venue's liquidating orders begin."""


class Liquidation:
    """Ends positions whose margin balance has fallen to their maintenance margin."""

    def __init__(self, state: State, matching: Matching) -> None:
        self._state = state
        self._matching = matching

    def on_tick(self, account: Account, market: Market) -> list[str]:
        """Liquidates what is due after a step of this market; the symbols touched."""
        touched: list[str] = []
        for position in account.open_positions():
            if position.symbol != market.symbol.name or account.crossed(position):
                continue
            if position.isolated_margin + position.unrealised(market.mark) <= margin.maintenance(
                market, position
            ):
                self._take_over(account, position, margin_balance=position.isolated_margin)
                touched.append(position.symbol)
        crossed = margin.cross_positions(account)
        if any(position.symbol == market.symbol.name for position in crossed):
            equity = margin.cross_equity(self._state, account)
            if equity <= margin.cross_maintenance(self._state, account):
                # The greatest loss first, as it is what eats the others' margin.
                marks = self._state.markets
                for position in sorted(crossed, key=lambda one: one.unrealised(marks[one.symbol].mark)):
                    others = [one for one in margin.cross_positions(account) if one is not position]
                    profit = sum((one.unrealised(marks[one.symbol].mark) for one in others), ZERO)
                    self._take_over(account, position, margin_balance=account.cross_wallet + profit)
                    touched.append(position.symbol)
        return touched

    def _take_over(self, account: Account, position: Position, *, margin_balance: Decimal) -> None:
        market = self._state.markets[position.symbol]
        side = Side.SELL if position.amount > 0 else Side.BUY
        price = market.taker_price(side)
        left = margin_balance + position.unrealised(price)
        if left < 0:
            price = self._bankruptcy_price(position, margin_balance)
            left = max(ZERO, margin_balance + position.unrealised(price))
        fee = min(left, abs(position.amount) * price * self._state.rules.liquidation_fraction)
        state = self._state
        self._matching.take_over(
            account,
            position,
            quantity=abs(position.amount),
            price=price,
            commission=money(fee),
            client_id=f"{LIQUIDATION_CLIENT_ID}{state.clock.wire_ms()}-{state.counters.order_id}",
            liquidation=True,
        )

    def _bankruptcy_price(self, position: Position, margin_balance: Decimal) -> Decimal:
        """Where nothing of the margin is left, rounded to a tick in the account's favour."""
        tick = self._state.markets[position.symbol].symbol.tick
        exact = (position.cost - margin_balance) / position.amount
        steps = (exact / tick).to_integral_value("ROUND_CEILING" if position.amount > 0 else "ROUND_FLOOR")
        return max(tick, steps * tick)
