"""What a deed works with: the stage, the ways processes die, the operator, and how a draw picks its victim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from jackline.exchange.conditions import Algo
from jackline.exchange.errors import VenueError
from jackline.exchange.market import Market
from jackline.exchange.orders import OrderRequest
from jackline.exchange.position import Position
from jackline.exchange.values import OrderType, PositionSide, Side, TimeInForce
from jackline.exchange.wire.faults import Rule
from jackline.world.acts import Act
from jackline.world.crashing import Crashing
from jackline.world.market import SimMarket
from jackline.world.operator import Operator
from jackline.world.stage import Stage
from jackline.world.wires import Wire


class Outcome(Enum):
    """How a deed went that leaves nothing to undo."""

    DONE = "done"
    NOTHING_THERE = "nothing there"


Undo = Callable[[], None]
Result = Undo | Outcome
DONE, NOTHING_THERE = Outcome.DONE, Outcome.NOTHING_THERE


@dataclass(slots=True, kw_only=True)
class Means:
    """Handed to every deed."""

    stage: Stage
    crashing: Crashing
    operator: Operator
    _hand_orders: int = 0

    @property
    def wire(self) -> Wire:
        """Whose client trades."""
        return self.stage.experiment.wire

    # -- choosing --------------------------------------------------------------------------------------------

    def symbol(self, act: Act) -> str:
        """One of the traded symbols."""
        names = self.stage.experiment.symbols
        return names[int(act.pick * len(names))]

    def prices(self, act: Act) -> SimMarket:
        """The walk of one symbol."""
        return self.stage.markets[self.symbol(act)]

    def market(self, act: Act) -> Market:
        """The venue's market of one symbol."""
        return self.stage.venue.state.markets[self.symbol(act)]

    def a_stop(self, act: Act) -> Algo | None:
        """One of the stops at the venue, whoever placed it."""
        open_algos = self.stage.account.open_algos.values()
        stops = [algo for algo in open_algos if algo.type is OrderType.STOP_MARKET]
        return stops[int(act.pick * len(stops))] if stops else None

    def a_waiting(self, act: Act) -> Algo | None:
        """One of the stops, or of what follows the price beside them."""
        kinds = {OrderType.STOP_MARKET, OrderType.TRAILING_STOP_MARKET}
        waiting = [algo for algo in self.stage.account.open_algos.values() if algo.type in kinds]
        return waiting[int(act.pick * len(waiting))] if waiting else None

    def a_position(self, act: Act) -> Position | None:
        """One of the open positions."""
        positions = self.stage.account.open_positions()
        return positions[int(act.pick * len(positions))] if positions else None

    # -- doing -----------------------------------------------------------------------------------------------

    def post(self, rule: Rule) -> Undo:
        """Put a rule of misbehaviour up; the result takes it down."""
        board = self.stage.board
        number = self.stage.door.floor.put_up(rule)

        def undo() -> None:
            board.take_down(number)

        return undo

    def outage(self, undo: Undo, *roles: str) -> Undo:
        """The venue answers these roles nothing until `undo`."""
        self.stage.block(*roles, on=True)

        def over() -> None:
            undo()
            self.stage.block(*roles, on=False)

        return over

    def deliver(self) -> None:
        """What the venue did by itself goes out to whoever listens."""
        self.stage.door.floor.deliver()

    def attempt(self, deed: Callable[[], None]) -> None:
        """A later part of a deed: what the venue refuses by then is noted and does no harm."""
        stage = self.stage
        try:
            deed()
        except VenueError as refusal:
            stage.trace.note(stage.now_ms(), "world", f"the venue refuses {refusal.code}")
        stage.look()

    def trade(
        self, symbol: str, side: Side, position_side: PositionSide, quantity: Decimal, *, reduce_only: bool
    ) -> None:
        """A market order by hand, from the venue's own page. Raises VenueError."""
        self._hand_orders += 1
        self.stage.venue.place_order(
            self.stage.account,
            OrderRequest(
                symbol=symbol,
                side=side,
                position_side=position_side,
                type=OrderType.MARKET,
                quantity=quantity,
                price=None,
                time_in_force=TimeInForce.GTC,
                reduce_only=reduce_only and position_side is PositionSide.BOTH,
                client_id=f"web_{self._hand_orders}",
            ),
        )
        self.deliver()

    def quantity(self, symbol: str, size: float) -> Decimal:
        """Between 100 and 1,600 quote, on the symbol's step."""
        market = self.stage.venue.state.markets[symbol]
        wanted = Decimal(round(100 + 1_500 * size)) / market.last
        return max(market.symbol.step, wanted // market.symbol.step * market.symbol.step)


def exact(number: float, places: int = 4) -> Decimal:
    """A drawn number as a decimal of few places."""
    return Decimal(str(round(number, places)))
