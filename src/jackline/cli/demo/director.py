"""The kill: market held, engine ended by SIGKILL, market sent through the stop, engine back, recovery measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from jackline.cli.children import Child
from jackline.cli.demo.observer import Observer, cover, episode_of
from jackline.cli.demo.plan import Plan
from jackline.cli.demo.report import Kill
from jackline.cli.demo.witness import Position, Testimony, Witness
from jackline.cli.demo.words import Tone, moment, price, span

HOLD_S: Final = 1.0
"""Wall time that the market stands before the kill, for answers under way, and after it, to be seen."""

OUTAGE_S: Final = 2.5
"""How long the market runs without an engine."""

RECOVERY_S_MAX: Final = 30.0
"""An engine that has not recovered by then is a breach, not a delay."""

BEYOND_FRACTION: Final = Decimal("0.01")
"""A bent market lands this far beyond the stop, in one step: a gap, the stop's worst case."""

CRASH_OVER_MS: Final = 1
"""At once: the feed takes one tick at the least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The position that the engine is to be killed over."""

    position: Position
    stop_price: Decimal | None
    opened_wire_ms: float

    @property
    def side(self) -> str:
        return "long" if self.position.amount > 0 else "short"


class Director:
    """Kills once. `restart` starts another engine; `engine` is the one to end."""

    def __init__(
        self,
        *,
        plan: Plan,
        witness: Witness,
        observer: Observer,
        engine: Child,
        restart: Callable[[], Awaitable[Child]],
    ) -> None:
        self._plan = plan
        self._witness = witness
        self._observer = observer
        self._engine = engine
        self._restart = restart

    async def run(self, *, within_s: float) -> Kill | None:
        """Find the moment and play the outage; None when no position was open before the market ended."""
        deadline = time.monotonic() + within_s
        subject = await self._at_the_moment(within_s)
        while subject is None:
            if not await self._next_position(deadline - time.monotonic()):
                return None
            subject = await self._hold_and_pick()
            if subject is None:
                await self._witness.resume(self._plan.ratio)
        return await self._outage(subject)

    async def _at_the_moment(self, within_s: float) -> Subject | None:
        """The last moment before the largest bar, when something is open then."""
        moment_ms = self._plan.kill_at_ms
        if moment_ms is None:
            return None
        await self._witness.hold_at(moment_ms)
        observer = self._observer
        await observer.until(lambda: observer.market_ms >= moment_ms, within_s=within_s)
        subject = await self._hold_and_pick()
        if subject is None:
            observer.tell(f"nothing is open at {moment(moment_ms)}: the kill waits for the next position")
            await self._witness.resume(self._plan.ratio)
        return subject

    async def _next_position(self, within_s: float) -> bool:
        """Wait for an open position at or after the plan's moment; False when the market ends first."""
        observer = self._observer

        def arrived() -> bool:
            market = observer.market
            if market is None:
                return False
            due = market.market_ms >= self._plan.kill_from_ms
            return market.ended or (due and bool(observer.follower.in_position))

        found = await observer.until(arrived, within_s=within_s)
        return found and observer.market is not None and not observer.market.ended

    async def _hold_and_pick(self) -> Subject | None:
        """Let answers under way arrive, then see at the venue what is open. The market stands."""
        await self._witness.hold()
        await asyncio.sleep(HOLD_S)
        testimony = await self._observer.testify()
        self._observer.read_journal()
        for position in testimony.account.positions:
            episode = episode_of(position, testimony)
            covered = cover(position, testimony.algos)
            if episode is not None and covered.stop_price is not None:
                opened_ms = episode.opened_wire_ms
                return Subject(position=position, stop_price=covered.stop_price, opened_wire_ms=opened_ms)
        return None

    async def _outage(self, subject: Subject) -> Kill:
        observer, position = self._observer, subject.position
        observer.tell(f"kill -9 of the engine; {position.symbol} {subject.side} is open", Tone.WARNING)
        market_ms = observer.market_ms
        await self._engine.kill()
        killed_ms = int(time.time() * 1_000)
        observer.read_journal()
        seq = observer.follower.seq
        awaited = frozenset(saved.trade.trade_id for saved in observer.follower.live)
        await self._bend(subject)
        observer.tell(f"nobody is there; the stop {price(subject.stop_price)} rests at the exchange")
        await asyncio.sleep(HOLD_S)
        await self._witness.resume(self._plan.slow_ratio)
        await asyncio.sleep(OUTAGE_S)
        restarted_ms = int(time.time() * 1_000)
        self._engine = await self._restart()
        observer.tell("the engine is started again, with what its disk remembers")
        await observer.until(
            lambda: observer.follower.recovered_ms(awaited, after=seq) is not None, within_s=RECOVERY_S_MAX
        )
        recovered_at = observer.follower.recovered_ms(awaited, after=seq)
        recovered_ms = None if recovered_at is None else recovered_at - restarted_ms
        tone = Tone.GOOD if recovered_ms is not None else Tone.WARNING
        observer.tell(f"recovered {span(recovered_ms)} after its start", tone)
        await self._witness.resume(self._plan.ratio)
        testimony = await observer.testify()
        until_ms = recovered_at if recovered_at is not None else time.time() * 1_000
        return Kill(
            market_ms=market_ms,
            killed_wire_ms=killed_ms,
            restarted_wire_ms=restarted_ms,
            symbol=position.symbol,
            side=subject.side,
            position_open=True,
            stop_price=subject.stop_price,
            stop_working_during_outage=not was_naked(subject, testimony, start_ms=killed_ms, end_ms=until_ms),
            stop_fired_during_outage=has_fired(subject, testimony, start_ms=killed_ms, end_ms=restarted_ms),
            recovered_ms=recovered_ms,
        )

    async def _bend(self, subject: Subject) -> None:
        """Send a generated market through the stop: down for a long, up for a short."""
        market = self._observer.market
        if not self._plan.bend or market is None or subject.stop_price is None:
            return
        beyond = 1 - BEYOND_FRACTION if subject.side == "long" else 1 + BEYOND_FRACTION
        last = market.symbols[subject.position.symbol].last
        fraction = (subject.stop_price * beyond / last - 1).quantize(Decimal("0.000001"))
        await self._witness.crash(symbol=subject.position.symbol, fraction=fraction, over_ms=CRASH_OVER_MS)


def was_naked(subject: Subject, testimony: Testimony, *, start_ms: float, end_ms: float) -> bool:
    """Whether the subject's position was without a covering stop at any time of a span of wire time."""
    return any(
        min(end_ms, naked_to) > max(start_ms, naked_from)
        for episode in testimony.episodes
        if episode.symbol == subject.position.symbol and episode.opened_wire_ms == subject.opened_wire_ms
        for naked_from, naked_to in episode.naked_intervals
    )


def has_fired(subject: Subject, testimony: Testimony, *, start_ms: float, end_ms: float) -> bool:
    """Whether a stop of the subject's position fired in a span of wire time."""
    return any(
        fill.symbol == subject.position.symbol
        and fill.position_side == subject.position.position_side
        and start_ms <= fill.wire_ms <= end_ms
        for fill in testimony.stop_fills
    )
