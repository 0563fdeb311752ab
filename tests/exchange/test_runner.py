"""The pace of the market: exact holds, whole deliveries, and slipping instead of bursting."""

from decimal import Decimal

from jackline.exchange.feeds.clock import MarketClock
from jackline.exchange.wire.floor import Floor
from jackline.exchange.wire.runner import BEHIND_MS_MAX, Runner
from tests.exchange.served import ScriptedFeed, exchange
from tests.exchange.worlds import HandClock, World


class DearClock(HandClock):
    """Every look costs a millisecond, so a slice of the runner ends after a handful of ticks."""

    def exact_ms(self) -> float:
        self.now_ms += 1.0
        return self.now_ms


async def test_a_hold_lies_exactly_between_two_ticks_and_the_market_goes_on_from_there() -> None:
    async with exchange([60_000 + index for index in range(50)]) as served:
        for ticks, last in ((10, "60009.0"), (1, "60010.0"), (25, "60035.0")):
            state = await served.advance(ticks)
            assert state["symbols"]["BTCUSDT"]["last"] == last
            assert not state["ended"]
        assert (await served.advance(20))["ended"]


def test_a_runner_far_behind_gives_market_time_up_and_skips_no_tick() -> None:
    world = World(clock=DearClock())
    market_clock = MarketClock(ScriptedFeed([1]).start_ms, 1_000.0, lambda: world.clock.now_ms)
    feed = ScriptedFeed([60_000 + index for index in range(2_000)])
    runner = Runner(Floor(venue=world.venue), feed, market_clock)
    market = world.venue.state.markets["BTCUSDT"]
    world.clock.now_ms += 2 * BEHIND_MS_MAX
    assert runner.advance()
    assert market_clock.slipped_ms > 0
    assert market.last < 60_010
    seen = {market.last}
    while not runner.ended:
        world.clock.now_ms += 1.0
        runner.advance()
        assert market.last >= max(seen)
        seen.add(market.last)
    assert market.last == Decimal(61_999)
    assert len(market.candles) == 1 + 2_000 // 60
