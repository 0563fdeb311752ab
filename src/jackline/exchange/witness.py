"""The judge: how long each position really stood without a stop at the venue.

It sees only the venue's own records, never a client's. Coverage is the quantity that live protective stops
would close; a position that they do not cover whole is naked. A stop that is triggering has its child in
flight within the same step of the venue, so nothing is judged between the two: the witness looks once,
after each operation and tick.
"""

from decimal import Decimal

from jackline.exchange.account import Account
from jackline.exchange.conditions import Algo, StopFill
from jackline.exchange.episodes import Episode
from jackline.exchange.orders import Fill
from jackline.exchange.position import Position
from jackline.exchange.state import State
from jackline.exchange.values import ZERO, OrderType, PositionSide, Side


class Witness:
    """Keeps an episode per position from flat to flat, and every fill of a conditional order."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.episodes: list[Episode] = []
        self.stop_fills: list[StopFill] = []
        self.flat_since_ms: dict[tuple[str, str, PositionSide], int] = {}
        self._living: dict[tuple[str, str, PositionSide], Episode] = {}

    def on_fill(self, account: Account, fill: Fill, *, before: Decimal, after: Decimal) -> None:
        """Books a fill to its episode; opens one from flat, closes one at flat, does both at a flip."""
        key = (account.name, fill.symbol, fill.position_side)
        now_ms = self._state.clock.exact_ms()
        episode = self._living.get(key)
        if episode is not None:
            episode.count(now_ms)
        if episode is not None and (after == 0 or before * after < 0):
            self._book(episode, fill, closing=True)
            episode.close(now_ms=now_ms, market_ms=fill.market_ms)
            del self._living[key]
            self.flat_since_ms[key] = fill.wire_ms
        elif episode is not None:
            self._book(episode, fill, closing=False)
            episode.max_quantity = max(episode.max_quantity, abs(after))
        if after != 0 and before * after <= 0:
            self._open(key, fill, after, now_ms, flipped=before != 0)

    def on_stop_fill(self, fill: StopFill) -> None:
        self.stop_fills.append(fill)
        key = (fill.account, fill.symbol, fill.position_side)
        for episode in reversed(self.episodes):
            if (episode.account, episode.symbol, episode.position_side) == key:
                episode.stop_fills.append(fill)
                return

    def on_funding(self, account: Account, position: Position, amount: Decimal) -> None:
        self._living[account.name, position.symbol, position.side].funding += amount

    def look(self, account: Account, symbol: str) -> None:
        """Judges the positions of one symbol as they stand now."""
        now_ms = self._state.clock.exact_ms()
        mark = self._state.markets[symbol].mark
        for side in PositionSide:
            episode = self._living.get((account.name, symbol, side))
            if episode is not None:
                position = account.position(symbol, side)
                episode.count(now_ms)
                naked = coverage(account, position, mark) < abs(position.amount)
                episode.set_naked(naked, notional=abs(position.amount) * mark, now_ms=now_ms)

    def _open(
        self,
        key: tuple[str, str, PositionSide],
        fill: Fill,
        after: Decimal,
        now_ms: float,
        *,
        flipped: bool,
    ) -> None:
        episode = Episode(
            account=key[0],
            symbol=key[1],
            position_side=key[2],
            side=Side.BUY if after > 0 else Side.SELL,
            entry_client_id=fill.client_id,
            opened_wire_ms=now_ms,
            opened_market_ms=fill.market_ms,
            max_quantity=abs(after),
            counted_to_ms=now_ms,
        )
        if not flipped:
            episode.fees += fill.commission  # at a flip the whole commission belongs to the closing
        self._living[key] = episode
        self.episodes.append(episode)

    def _book(self, episode: Episode, fill: Fill, *, closing: bool) -> None:
        episode.realised += fill.realised
        episode.fees += fill.commission
        episode.liquidated |= closing and fill.liquidation


def coverage(account: Account, position: Position, mark: Decimal) -> Decimal:
    """How much of a position live protective stops would close, in base units."""
    if not position.amount:
        return ZERO
    stops = [algo for algo in account.open_algos.values() if _protects(algo, position, mark)]
    if any(algo.close_position for algo in stops):
        return abs(position.amount)
    return sum((algo.quantity for algo in stops), ZERO)


def _protects(algo: Algo, position: Position, mark: Decimal) -> bool:
    """A waiting stop-market of the closing side that can only reduce, with its trigger on the losing side
    of mark."""
    closing = Side.SELL if position.amount > 0 else Side.BUY
    return (
        algo.type is OrderType.STOP_MARKET
        and algo.reducing
        and (algo.symbol, algo.position_side, algo.side) == (position.symbol, position.side, closing)
        and (algo.trigger_price - mark) * closing.sign > 0
    )
