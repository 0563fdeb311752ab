"""P7, P8: where a stop lies, and what it costs when it fires."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from jackline.exchange import margin
from jackline.exchange.position import Position
from jackline.exchange.values import ZERO
from jackline.world.judges.breach import Judge
from jackline.world.judges.deadlines import RISK_TOLERANCE_FRACTION
from jackline.world.judges.names import STOPS, Role
from jackline.world.judges.scene import FillSeen, PositionKey, Scene, StopSeen


class LiquidationJudge(Judge):
    """P7: a stop of ours fires before the venue liquidates; by the venue's own arithmetic."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._told: dict[int, float] = {}

    def on_venue(self, at_ms: float) -> None:
        """Judge stops as they are accepted."""
        for stop in self.scene.new_stops:
            if stop.name is not None and stop.name.role in STOPS and stop.is_stop:
                key = (stop.algo.symbol, stop.algo.position_side)
                position = self.scene.account.positions.get(key)
                if position is not None and position.amount * stop.algo.side.sign < 0:
                    self._judge(stop, position, at_ms)

    def on_fill(self, seen: FillSeen) -> None:
        """Judge the stops that waited for this position."""
        if seen.name is None or seen.name.role is not Role.ENTRY or not seen.after:
            return
        position = self.scene.account.positions[seen.key]
        if position.amount * seen.after > 0:
            for stop in self.scene.resting_of(seen.key, 1 if seen.after > 0 else -1):
                self._judge(stop, position, seen.at_ms)

    def _judge(self, stop: StopSeen, position: Position, at_ms: float) -> None:
        price = margin.liquidation_price(self.scene.venue.state, self.scene.account, position)
        mark = self.scene.venue.state.markets[position.symbol].mark
        sign = 1 if position.amount > 0 else -1
        # The legs of a hedge share one price, which lies on the winning side of one of them.
        if price <= 0 or (mark - price) * sign <= 0 or stop.algo.algo_id in self._told:
            return
        if (stop.algo.trigger_price - price) * sign <= 0:
            self._told[stop.algo.algo_id] = at_ms
            self.breach(
                "P7",
                at_ms,
                f"{stop.algo.client_id} at {stop.algo.trigger_price} lies beyond liquidation at {price:.2f}",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskBudget:
    """What a trade may lose at its stop. Fractions of equity and of price, as the engine was configured."""

    risk_fraction: Decimal
    taker_fraction: Decimal
    slippage_fraction: Decimal


class BudgetJudge(Judge):
    """P8: filled × (distance to D + fees both ways + stressed slippage) fits the budget, entry by entry."""

    def __init__(self, scene: Scene, *, budget: RiskBudget) -> None:
        super().__init__(scene)
        self._budget = budget
        self._filled: dict[str, tuple[Decimal, Decimal]] = {}

    def on_fill(self, seen: FillSeen) -> None:
        """Judge an entry with each of its fills."""
        if seen.name is None or seen.name.role is not Role.ENTRY:
            return
        trade_id, client_id = seen.name.trade_id, seen.client_id
        quantity, paid = self._filled.get(client_id, (ZERO, ZERO))
        quantity += seen.fill.quantity
        paid += seen.fill.quantity * seen.fill.price
        self._filled[client_id] = (quantity, paid)
        stop_price = self._stop_price(trade_id, seen.key, seen.fill.side.sign)
        if stop_price is None:
            return
        average = paid / quantity
        per_unit = (
            abs(average - stop_price)
            + self._budget.taker_fraction * (average + stop_price)
            + self._budget.slippage_fraction * stop_price
        )
        equity = max(self.scene.wallet_max(seen.at_ms), self.scene.equity_quote())
        allowed = equity * self._budget.risk_fraction * (1 + RISK_TOLERANCE_FRACTION)
        if quantity * per_unit > allowed:
            self.breach(
                "P8",
                seen.at_ms,
                f"entry {client_id}: {quantity} at {average:.2f} loses {quantity * per_unit:.2f} at its stop "
                f"{stop_price}; {allowed:.2f} are allowed",
            )

    def _stop_price(self, trade_id: str, key: PositionKey, sign: int) -> Decimal | None:
        """D as it rests; else as it was planned."""
        for stop in self.scene.resting_of(key, sign):
            if stop.name is not None and stop.name.trade_id == trade_id and stop.name.role is Role.DISASTER:
                return stop.algo.trigger_price
        known = self.scene.intent_known(trade_id)
        return self.scene.journal.intents[trade_id].stop_price if known else None
