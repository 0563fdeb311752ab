"""Limits of the account, tripped by real fills of the local exchange: the engine in virtual time, killed and restarted.

What trips them raises the switch on the event itself (K5); the gates behind the switch hold where it cannot have been
raised yet. Stops stay, closes work (K2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar

import pytest

from jackline.core.bots import SignalSource
from jackline.core.orders import Bar
from jackline.core.outcomes import Reason
from jackline.core.ports import Signal
from jackline.core.settings import RiskSettings, SizeMode
from jackline.core.values import Quote, Side, fraction
from jackline.exchange.wire.faults import Side as StreamSide
from jackline.exchange.wire.faults import Stream, StreamDeed
from jackline.world.market import Calendar
from jackline.world.stage import EPOCH_MS
from jackline.world.supervisor import ENGINE
from tests.cases.denied import BTC, ETH, Desk, Scene

DAY_MS = 86_400_000
MARKS = Stream(deed=StreamDeed.DROP, side=StreamSide.MARKET, events=("markPriceUpdate",))


@dataclass(slots=True, kw_only=True)
class Sleeper:
    """Opens by hand; woken, it wants a long of BTC at the close of every bar, and counts how often it was asked."""

    source: ClassVar[SignalSource] = SignalSource.MANUAL
    name: str = "sleeper"
    warmup_bars: int = 1
    awake: bool = False
    wishes: int = 0

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        if not self.awake or bars[-1].symbol != BTC:
            return None
        self.wishes += 1
        return Signal(side=Side.LONG, reason="awake")


def large(settings: RiskSettings) -> RiskSettings:
    """Trades of nearly 8,000 quote: the most whose stop loses 200."""
    return replace(
        settings,
        size_mode=SizeMode.FIXED,
        size_fixed_quote=Quote(Decimal(8_000)),
        size_cap_fraction=fraction("1"),
        risk_per_trade_fraction=fraction("0.02"),
    )


def result(world: Desk, symbol: str = BTC) -> Decimal:
    """What the fills of a symbol have earned, fees paid, by the venue's own list."""
    found = [fill.realised - fill.commission for fill in world.fills() if fill.symbol == symbol]
    return sum(found, Decimal(0))


def level(world: Desk) -> str:
    """The kill level that is on disk."""
    ((value,),) = world.ask("SELECT value FROM account WHERE key = 'kill_level'") or [("normal",)]
    return str(value)


def reads(world: Desk) -> list[float]:
    """When the positions were asked for."""
    return [one.at_ms for one in world.sent if one.path.endswith("/positionRisk")]


async def loses(world: Desk, quote: int) -> None:
    """A trade on BTC that a gap through its stop ends with this loss, fees included."""
    before = result(world)
    await world.opened(BTC)
    (held,) = [one for one in world.positions() if one.symbol == BTC]
    quantity, paid = abs(held.amount), before - result(world)
    fall = (quote - 2 * paid) / quantity
    world.gap(-float(fall / world.mark()))
    await world.until(lambda: not world.holds(BTC), "stopped out")
    assert abs(before - result(world) - quote) < 10, f"lost {before - result(world)}"
    await world.until(lambda: not world.stops_of(BTC), "swept")
    await world.passes(8.0)


async def loses_fees(world: Desk) -> None:
    """A trade on BTC that is opened and closed where it stands."""
    ended = len(world.rows("ended"))
    await world.opened(BTC)
    await world.closes(BTC)
    await world.until(lambda: len(world.rows("ended")) > ended, "swept")
    await world.passes(8.0)


async def still_tripped(world: Desk, why: str) -> None:
    """The switch is raised for this reason; it is so after a kill -9, at the first wish of all; ETH is guarded on."""
    await world.until(lambda: world.written("kill", why), why)
    stops, fills = world.stops_of(ETH), len(world.fills())
    assert stops
    await world.refused(Reason.KILL_LEVEL, "account")
    strategy = world.stage.processes.options.strategy
    assert isinstance(strategy, Sleeper)
    world.stage.processes.kill(ENGINE, down_s=2.0)
    assert level(world) == "no_new_risk"
    denied = len(world.denials())
    strategy.awake = True
    await world.until(lambda: strategy.wishes >= 2, "asked by the new life")
    await world.passes(0.5)
    after = world.denials()[denied:]
    assert after == [(BTC, "kill_level", "account")] * strategy.wishes, "from the first wish on"
    strategy.awake = False
    assert world.stops_of(ETH) == stops, "untouched"
    assert len(world.fills()) == fills
    await world.closes(ETH)


@pytest.mark.owns("K1", "K2", "K5")
def test_K5_300_and_then_250_of_10_000_trip_the_daily_limit_with_the_second_loss() -> None:
    async def script(world: Desk) -> None:
        await world.ready_for(BTC, ETH)
        await world.opened(ETH)
        await loses(world, 300)
        assert level(world) == "normal"
        await loses(world, 250)
        await still_tripped(world, "daily loss")

    played = Scene(symbols=(BTC, ETH), strategy=Sleeper(), rules=large).play(script)
    assert played.traded() == [ETH, BTC, BTC]


@pytest.mark.owns("K1", "K2", "K5")
def test_K5_three_losing_trades_in_a_row_trip_the_switch() -> None:
    """Nothing moves: each loses its fees."""

    async def script(world: Desk) -> None:
        await world.ready_for(BTC, ETH)
        await world.opened(ETH)
        for _ in range(3):
            assert level(world) == "normal"
            await loses_fees(world)
        await still_tripped(world, "3 closed trades in a row lost")

    def rules(settings: RiskSettings) -> RiskSettings:
        return replace(settings, losing_streak_max=3)

    played = Scene(symbols=(BTC, ETH), strategy=Sleeper(), rules=rules).play(script)
    assert played.traded() == [ETH, BTC, BTC, BTC]


@pytest.mark.owns("K4", "K5")
def test_K5_a_reset_does_not_forgive_the_loss_of_the_day() -> None:
    """Until the next mark or read after it the switch is normal: the gate holds by itself. Then it trips again."""

    async def script(world: Desk) -> None:
        await world.ready_for(BTC)
        await loses(world, 300)
        await loses(world, 250)
        await world.until(lambda: world.written("kill", "daily loss"), "tripped")
        over = world.means.post(MARKS)
        looks = len(reads(world))
        await world.until(lambda: len(reads(world)) > looks, "a look; the next is five seconds away")
        await world.passes(0.2)
        world.operator.reset()
        await world.until(lambda: level(world) == "normal", "reset")
        await world.refused(Reason.DAILY_LOSS, "daily_loss")
        over()
        await world.until(lambda: level(world) == "no_new_risk", "tripped again")

    assert Scene(rules=large).play(script).traded() == [BTC, BTC]


@pytest.mark.owns("K2", "K5")
def test_K5_a_streak_limit_that_was_lowered_while_no_engine_ran_holds_at_once() -> None:
    """Two trades lost and three were allowed; with the next start two are. No trade ends, so nothing trips."""

    async def script(world: Desk) -> None:
        await world.ready_for(BTC, ETH)
        await world.opened(ETH)
        for _ in range(2):
            await loses_fees(world)
        processes = world.stage.processes
        processes.kill(ENGINE, down_s=1.0)
        processes.options = replace(
            processes.options, risk=replace(processes.options.risk, losing_streak_max=2)
        )
        await world.passes(12.0)
        await world.refused(Reason.LOSING_STREAK, "losing_streak")
        assert level(world) == "normal"
        await world.closes(ETH)

    def rules(settings: RiskSettings) -> RiskSettings:
        return replace(settings, losing_streak_max=3)

    played = Scene(symbols=(BTC, ETH), rules=rules).play(script)
    assert played.traded() == [ETH, BTC, BTC]


@pytest.mark.owns("K2", "K5")
def test_K5_a_drawdown_that_comes_with_midnight_opens_nothing() -> None:
    """The first mark of a day trips the switch itself, with no event after it."""
    midnight_ms = EPOCH_MS + DAY_MS

    def late(world: Desk) -> None:
        world.stage.calendar = Calendar(start_ms=midnight_ms - 600_000, tick_market_ms=6_000)

    async def script(world: Desk) -> None:
        await world.ready_for(BTC)
        await world.passes(14.0)  # bars of this market, after those of yesterday
        stops = await world.opened(BTC)
        calendar = world.stage.calendar
        while calendar.start_ms + (calendar.ticks + 1) * calendar.tick_market_ms <= midnight_ms:
            await world.passes(0.02)
        world.gap(-0.01)
        world.stage.door.floor.flush(force=True)  # its mark, and no other after it
        over = world.means.post(MARKS)
        await world.until(lambda: world.written("kill", "below its peak"), "tripped")
        turns = world.ask(
            "SELECT kind, max(wire_ms) FROM journal WHERE kind IN ('day', 'kill') GROUP BY kind"
        )
        assert len({at_ms for _, at_ms in turns}) == 1, "by the mark that began the day"
        await world.refused(Reason.KILL_LEVEL, "account")
        over()
        assert world.stops_of(BTC) == stops
        await world.closes(BTC)

    def rules(settings: RiskSettings) -> RiskSettings:
        return replace(settings, drawdown_max_fraction=fraction("0.0005"))

    assert Scene(rules=rules, started=late).play(script).traded() == [BTC]
