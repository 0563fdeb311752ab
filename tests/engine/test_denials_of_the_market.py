"""Denials for what the market, the signal or the plan is, through the running engine against the local exchange.

In virtual time: the shipped engine, exchange, transport and journal. Each asserts the journal's row and the venue's
fills.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.ids import Role
from jackline.core.outcomes import Reason
from jackline.core.settings import RiskSettings, StopSettings
from jackline.core.values import Side, fraction
from jackline.exchange.wire.faults import Refuse, Stream, StreamDeed
from jackline.exchange.wire.faults import Side as StreamSide
from tests.cases.denied import BALANCE, BTC, ETH, Desk, Scene

MARKS = Stream(deed=StreamDeed.DROP, side=StreamSide.MARKET, events=("markPriceUpdate",))
BARS = Stream(deed=StreamDeed.DROP, side=StreamSide.MARKET, events=("kline",))
OLD_S = 6.0
"""Longer than a mark is good for."""


@pytest.mark.owns("K2")
def test_K2_a_signal_whose_figures_cannot_be_is_bad_input() -> None:
    """The command line refuses such a confidence; the desk is a file that other programs write too."""

    async def script(world: Desk) -> None:
        await world.ready_for(BTC, ETH)
        await world.opened(ETH)
        world.signal(BTC, confidence="1.5")
        await world.denied(Reason.BAD_INPUT, "input")
        await world.closes(ETH)

    assert Scene(symbols=(BTC, ETH)).play(script).traded() == [ETH]


@pytest.mark.owns("K2")
def test_K2_a_mark_that_is_old_opens_nothing() -> None:
    async def script(world: Desk) -> None:
        await world.ready_for(BTC, ETH)
        await world.opened(ETH)
        over = world.means.post(MARKS)
        await world.passes(OLD_S)
        await world.refused(Reason.STALE_MARK, "freshness")
        await world.closes(ETH)
        over()

    assert Scene(symbols=(BTC, ETH)).play(script).traded() == [ETH]


@pytest.mark.owns("K2")
def test_K2_a_bar_that_is_old_opens_nothing() -> None:
    """Marks go on, and with them market time; bars do not come any more."""

    async def script(world: Desk) -> None:
        await world.ready_for(BTC, ETH)
        await world.opened(ETH)
        over = world.means.post(BARS)
        await world.passes(18.0)
        await world.refused(Reason.STALE_BAR, "freshness")
        await world.closes(ETH)
        over()

    assert Scene(symbols=(BTC, ETH)).play(script).traded() == [ETH]


@pytest.mark.owns("K2", "P6")
def test_K2_one_at_a_time_then_the_sweep_then_the_cool_down() -> None:
    """One symbol's trade from its life to its cool-down: the same wish is denied for three reasons in turn."""

    async def script(world: Desk) -> None:
        await world.ready_for(BTC)
        await world.opened()
        await world.refused(Reason.SYMBOL_BUSY, "symbol", side=Side.SHORT)
        await world.closes()
        await world.refused(Reason.SWEEP_PENDING, "symbol")
        await world.until(lambda: world.rows("ended"), "swept")
        assert not world.ours()
        await world.refused(Reason.COOLDOWN, "symbol")

    assert Scene(cooldown_ms=600_000).play(script).traded() == [BTC]


@pytest.mark.owns("P2")
def test_P2_a_price_step_that_rounds_the_stop_onto_the_entry_is_denied() -> None:
    """The venue's step is 5,000 quote: towards the market, the stop would stand where the entry fills."""

    def coarse(world: Desk) -> None:
        world.stage.venue.set_filters(BTC, tick=Decimal(5_000))

    async def script(world: Desk) -> None:
        await world.ready_for(BTC, ETH)
        await world.opened(ETH)
        await world.refused(Reason.STOP_SIDE, "protection")
        await world.closes(ETH)

    assert Scene(symbols=(BTC, ETH), started=coarse).play(script).traded() == [ETH]


@pytest.mark.owns("P2")
def test_P2_a_stop_nearer_than_the_collar_is_reached_before_it_rests() -> None:
    def near(settings: RiskSettings) -> RiskSettings:
        return replace(settings, stop=replace(settings.stop, value_fraction=fraction("0.002")))

    async def script(world: Desk) -> None:
        await world.ready_for(BTC)
        await world.refused(Reason.STOP_REACHED, "protection")
        await world.refused(Reason.STOP_REACHED, "protection", side=Side.SHORT)

    played = Scene(rules=near).play(script)
    assert played.traded() == []
    assert not played.asked(Role.DISASTER), "no stop left for an entry that was denied"


def test_leverage_above_the_bracket_of_the_size_is_denied() -> None:
    """100 times is allowed up to 600,000 quote; ten million of equity make a trade of one million."""

    def rules(settings: RiskSettings) -> RiskSettings:
        stop = StopSettings(value_fraction=fraction("0.003"), noise_multiple=Decimal("0.1"))
        return replace(settings, stop=stop, collar_fraction=fraction("0.0005"))

    async def script(world: Desk) -> None:
        await world.ready_for(BTC)
        await world.refused(Reason.LEVERAGE, "venue_minimums")

    played = Scene(rules=rules, leverage=100, wallet="10000000").play(script)
    assert played.traded() == []


@pytest.mark.owns("A3")
def test_A3_before_the_account_was_read_once_nothing_enters() -> None:
    """A start has read the account; the loop has not: nobody answers it. Bars are known by then."""

    async def script(world: Desk) -> None:
        while not any(one.path.endswith("/income") for one in world.sent):
            await world.passes(0.000_1)  # the loop's first words
        over = world.means.post(Refuse(code=-1001, status=503, paths=BALANCE))
        await world.passes(4.0)
        await world.refused(Reason.COLD, "account")
        over()
        await world.passes(6.0)
        await world.opened()
        await world.closes()

    Scene().play(script)
