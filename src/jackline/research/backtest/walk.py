"""The market of a backtest: bar after bar, each walked only as finely as somebody could notice.

A symbol on which nothing is open or under way takes one step a bar, to its close; so does one where nobody could
notice how the price goes meanwhile (`noticing.py`). Elsewhere the bar is walked: its open, then legs to the extreme
that hurts the open position, to the other one, and to the close. Inside a leg the price is continuous, so that it
visits every trigger that rests on its way; a leg longer than `jump_leg_fraction` is a jump in four steps, and a trigger
inside it is filled beyond. After every step the engine comes to rest before the next one, so that whatever the prices
of a bar have done is over when its close is decided on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from jackline.core.state import State
from jackline.exchange.conditions import Algo
from jackline.exchange.feeds.path import is_jump, jump_prices, next_price, turns
from jackline.exchange.ports import Candle, Tick
from jackline.exchange.triggers import threshold
from jackline.exchange.values import Side
from jackline.research.backtest.loop import BacktestLoop
from jackline.research.backtest.noticing import is_noticed
from jackline.research.backtest.rest import awaits_answer, is_at_rest, next_due_ms
from jackline.research.backtest.street import Street, account_of

REST_S_MAX = 30.0
"""An engine that has not come to rest by then is left to what it is doing: the market does not wait for ever."""
LOOK_S = 0.002
"""Over a wire: an answer takes one hop of a millisecond."""
FLAT_SLACK_S = 1.5
"""Where nothing is open, what the engine waits for is seconds away: the second look before a sweep, a list."""
NOTHING = Decimal(0)
LEGS = 3


@dataclass(slots=True, kw_only=True)
class Lane:
    """One symbol's bars, oldest first, without those of the history."""

    symbol: str
    bars: Sequence[Candle]
    funding: Sequence[tuple[int, Decimal]] = ()
    next: int = 0
    paid: int = 0


@dataclass(slots=True, kw_only=True)
class Walk:
    """Plays lanes of one interval. `after_bar` is told the close time of every bar that has ended."""

    loop: BacktestLoop
    street: Street
    state: Callable[[], State]
    lanes: Sequence[Lane]
    interval_ms: int
    jump_leg_fraction: Decimal
    after_bar: Callable[[int], Awaitable[None]]
    walks_all: bool = False
    unrested: int = 0
    _turns: dict[str, tuple[Decimal, Decimal, Decimal]] = field(default_factory=dict)
    moments: list[tuple[float, int]] = field(default_factory=list)
    """Wire time and market time of every step that somebody could notice."""

    async def run(self) -> None:
        """To the last bar of the longest lane."""
        moments = sorted({bar.open_ms for lane in self.lanes for bar in lane.bars})
        for open_ms in moments:
            await self._bar(open_ms, is_last=open_ms == moments[-1])
            await self.after_bar(open_ms + self.interval_ms)

    async def _bar(self, open_ms: int, *, is_last: bool) -> None:
        """One bar of every lane that has one."""
        here = [lane for lane in self.lanes if self._has(lane, open_ms)]
        walked = [lane for lane in here if self._is_walked(lane)]
        for lane in walked:
            self._step(lane, open_ms, lane.bars[lane.next].open)
        if walked:
            await self._rest()
        for leg in range(LEGS):
            for lane in walked:
                await self._leg(lane, leg)
        for lane in here:
            bar = lane.bars[lane.next]
            # Of the last bar nobody is told that it has ended: what was decided on it could fill nowhere.
            closes = None if is_last else bar
            self._step(lane, open_ms + self.interval_ms - 1, bar.close, closes=closes)
            lane.next += 1
        await self._heard()

    async def _leg(self, lane: Lane, number: int) -> None:
        """From where the price is to the end of one of three legs, whose turn is decided by the position as it is."""
        bar = lane.bars[lane.next]
        market = self.street.venue.state.markets[lane.symbol]
        # The turn that was taken is remembered by where the price went: both extremes are visited once.
        if number == 0:
            self._turns[lane.symbol] = turns(bar, net_side=self.street.venue.net_side(lane.symbol))
        end = self._turns[lane.symbol][number]
        start, begin_ms = market.last, bar.open_ms + number * self.interval_ms // LEGS
        if is_jump(start, end, jump_leg_fraction=self.jump_leg_fraction):
            prices = jump_prices(start, end, tick_size=market.symbol.tick)
            for index, price in enumerate(prices):
                self._step(lane, begin_ms + (index + 1) * self.interval_ms // (LEGS * 5), price)
                await self._rest()
            return
        while True:
            price = next_price(market.last, end, triggers=self._triggers(lane.symbol))
            if price == end:
                break
            self._step(lane, begin_ms + self.interval_ms // (LEGS * 2), price)
            await self._rest()
        if market.last != end:
            self._step(lane, begin_ms + self.interval_ms // LEGS - 2, end)
            await self._rest()

    def _triggers(self, symbol: str) -> list[Decimal]:
        """Where orders that rest would fire, on the tick, not before their price."""
        account = account_of(self.street)
        tick = self.street.venue.state.markets[symbol].symbol.tick
        return [_on_tick(algo, tick) for algo in account.open_algos.values() if algo.symbol == symbol]

    def _has(self, lane: Lane, open_ms: int) -> bool:
        return lane.next < len(lane.bars) and lane.bars[lane.next].open_ms == open_ms

    def _is_walked(self, lane: Lane) -> bool:
        """Something is open there, and somebody could notice how the price goes."""
        return self._is_busy(lane.symbol) and (
            self.walks_all
            or is_noticed(
                lane.bars[lane.next],
                lane.symbol,
                state=self.state(),
                venue=self.street.venue,
                account=account_of(self.street),
                interval_ms=self.interval_ms,
            )
        )

    def _is_busy(self, symbol: str) -> bool:
        """Something is open, rests, or is under way there."""
        state, account = self.state(), account_of(self.street)
        return (
            bool(state.trades and any(trade.symbol == symbol for trade in state.trades.values()))
            or symbol in state.in_flight.values()
            or any(position.symbol == symbol for position in account.open_positions())
        )

    def _step(self, lane: Lane, market_ms: int, price: Decimal, *, closes: Candle | None = None) -> None:
        """One price; the funding rate that holds at this time first."""
        while lane.paid < len(lane.funding) and lane.funding[lane.paid][0] <= market_ms:
            self.street.venue.state.rules.funding_fraction = lane.funding[lane.paid][1]
            lane.paid += 1
        self.moments.append((self.street.venue.state.clock.exact_ms(), market_ms))
        self.street.apply(
            Tick(
                symbol=lane.symbol,
                market_ms=market_ms,
                last=price,
                mark=price,
                volume=NOTHING,
                closes=closes,
            )
        )

    async def _heard(self) -> None:
        """The engine has heard of the step and decided; nothing it sent has arrived."""
        if self.street.hear_s:
            await asyncio.sleep(self.street.hear_s)
        await self.loop.idle()

    async def _rest(self) -> None:
        """Whatever the step has caused is over, as between two prices minutes apart."""
        await self._heard()
        deadline_s = self.loop.time() + REST_S_MAX
        while not is_at_rest(self.state(), self.street.venue.state.clock.wire_ms()):
            if self.loop.time() > deadline_s:
                self.unrested += 1
                return
            self.street.breathe()
            await self._pass_on()

    async def _pass_on(self) -> None:
        """Let time pass to what comes next: an answer that is out, or the engine's next look at its clock."""
        if self.street.is_exact:
            await asyncio.sleep(LOOK_S)
            await self.loop.idle()
            return
        self.loop.slack_s = self._slack_s()
        await self.loop.passed()
        self.loop.slack_s = 0.0

    def _slack_s(self) -> float:
        """How far beyond the next timer time may pass: what lies between is looks that find nothing to do."""
        state = self.state()
        if self.walks_all or awaits_answer(state):
            return 0.0
        if not account_of(self.street).open_positions():
            return FLAT_SLACK_S
        due_ms = next_due_ms(state)
        return 0.0 if due_ms is None else max(0, due_ms - self.street.venue.state.clock.wire_ms()) / 1_000


def _on_tick(algo: Algo, tick: Decimal) -> Decimal:
    """The first price of the grid at which it fires: beyond a trailing level that lies between two."""
    level = threshold(algo)
    rising = (algo.side is Side.BUY) is not algo.type.takes_profit
    steps = (level / tick).to_integral_value("ROUND_CEILING" if rising else "ROUND_FLOOR")
    return steps * tick


def funding_by_symbol(
    funding: Mapping[str, Sequence[tuple[int, Decimal]]] | None, symbol: str
) -> Sequence[tuple[int, Decimal]]:
    """The rates of one symbol, oldest first; none where the usual one holds."""
    return () if funding is None else funding.get(symbol, ())
