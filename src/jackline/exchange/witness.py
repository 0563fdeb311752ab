"""The judge: how long each position really stood without a stop at the venue.

It sees only the venue's own records, never a client's. Coverage is the quantity that live protective stops
would close; a position that they do not cover whole is naked. A stop that triggers has its child filled
within the same step of the venue, so nothing is judged between the two: the witness looks once, after each
operation and tick. One that a whim keeps TRIGGERING covers nothing; `cover` names it, for a judge who counts
it as a close in flight.
"""

from decimal import Decimal

from jackline.exchange.account import Account
from jackline.exchange.conditions import Algo, StopFill
from jackline.exchange.cover import Cover, CoverLoss, StopEnd, cover_of, coverage, overtaken
from jackline.exchange.episodes import Episode
from jackline.exchange.orders import Fill
from jackline.exchange.position import Position
from jackline.exchange.state import State
from jackline.exchange.values import OrderType, PositionSide, Side


class Witness:
    """Keeps an episode per position from flat to flat, and every fill of a conditional order."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.episodes: list[Episode] = []
        self.stop_fills: list[StopFill] = []
        self.flat_since_ms: dict[tuple[str, str, PositionSide], int] = {}
        self._living: dict[tuple[str, str], dict[PositionSide, Episode]] = {}

    def living(self, account: Account, symbol: str) -> tuple[Episode, ...]:
        """The episodes of positions that are open now."""
        return tuple(self._living.get((account.name, symbol), {}).values())

    def cover(self, account: Account, position: Position) -> Cover:
        """What covers a position at this moment."""
        return cover_of(account, position, self._state.markets[position.symbol].mark)

    def on_fill(self, account: Account, fill: Fill, *, before: Decimal, after: Decimal) -> None:
        """Books a fill to its episode; opens one from flat, closes one at flat, does both at a flip."""
        living = self._living.setdefault((account.name, fill.symbol), {})
        now_ms = self._state.clock.exact_ms()
        episode = living.get(fill.position_side)
        if episode is not None:
            episode.count(now_ms)
        if episode is not None and (after == 0 or before * after < 0):
            self._book(episode, fill, closing=True)
            episode.close(now_ms=now_ms, market_ms=fill.market_ms)
            del living[fill.position_side]
            self.flat_since_ms[account.name, fill.symbol, fill.position_side] = fill.wire_ms
        elif episode is not None:
            self._book(episode, fill, closing=False)
            episode.max_quantity = max(episode.max_quantity, abs(after))
        if after != 0 and before * after <= 0:
            living[fill.position_side] = self._opened(fill, after, now_ms, flipped=before != 0)

    def on_stop_fill(self, fill: StopFill) -> None:
        self.stop_fills.append(fill)
        key = (fill.account, fill.symbol, fill.position_side)
        for episode in reversed(self.episodes):
            if (episode.account, episode.symbol, episode.position_side) == key:
                episode.stop_fills.append(fill)
                return

    def on_stop_end(self, algo: Algo, cause: CoverLoss) -> None:
        """A conditional order no longer waits; noted where it was a stop of a living position."""
        if algo.type is not OrderType.STOP_MARKET or not algo.reducing:
            return
        episode = self._living.get((algo.account, algo.symbol), {}).get(algo.position_side)
        if episode is not None and episode.side is not algo.side:
            episode.stop_ends.append(
                StopEnd(
                    algo_id=algo.algo_id,
                    client_algo_id=algo.client_id,
                    cause=cause,
                    wire_ms=self._state.clock.exact_ms(),
                )
            )

    def on_funding(self, account: Account, position: Position, amount: Decimal) -> None:
        self._living[account.name, position.symbol][position.side].funding += amount

    def look(self, account: Account, symbol: str) -> None:
        """Judges the positions of one symbol as they stand now."""
        living = self._living.get((account.name, symbol))
        if not living:
            return
        now_ms = self._state.clock.exact_ms()
        mark = self._state.markets[symbol].mark
        for side, episode in living.items():
            position = account.positions[symbol, side]
            episode.count(now_ms)
            size = abs(position.amount)
            if coverage(account, position, mark) >= size:
                episode.cover(now_ms=now_ms)
            else:
                cause = self._standing_cause(account, position, episode, mark)
                episode.uncover(otherwise=cause, notional=size * mark, now_ms=now_ms)

    def _standing_cause(
        self, account: Account, position: Position, episode: Episode, mark: Decimal
    ) -> CoverLoss:
        if episode.lapse is not None:
            return episode.lapse.cause
        if overtaken(account, position, mark):
            return CoverLoss.OVERTAKEN
        return CoverLoss.OUTGROWN if episode.was_covered else CoverLoss.NEVER

    def _opened(self, fill: Fill, after: Decimal, now_ms: float, *, flipped: bool) -> Episode:
        episode = Episode(
            account=fill.account,
            symbol=fill.symbol,
            position_side=fill.position_side,
            side=Side.BUY if after > 0 else Side.SELL,
            entry_client_id=fill.client_id,
            opened_wire_ms=now_ms,
            opened_market_ms=fill.market_ms,
            max_quantity=abs(after),
            counted_to_ms=now_ms,
        )
        if not flipped:
            episode.fees += fill.commission  # at a flip the whole commission belongs to the closing
        self.episodes.append(episode)
        return episode

    def _book(self, episode: Episode, fill: Fill, *, closing: bool) -> None:
        episode.realised += fill.realised
        episode.fees += fill.commission
        episode.liquidated |= closing and fill.liquidation
