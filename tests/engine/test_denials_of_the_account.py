"""Denials for what the account is, through the running engine against the local exchange.

In virtual time: the shipped engine, exchange, transport and journal. Each asserts the journal's row and the venue's
fills, and that a close of what is open works meanwhile (K2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from jackline.core.bots import Bot
from jackline.core.orders import Bar
from jackline.core.outcomes import Reason
from jackline.core.ports import Signal
from jackline.core.values import Side
from jackline.exchange.wire.faults import Refuse, Risk
from jackline.world.acts import Kind
from jackline.world.wires import Wire
from tests.cases.denied import BALANCE, BTC, ETH, ORDERS, Desk, Scene

CLOSES = Refuse(code=-2010, paths=ORDERS, methods=("POST",), risk=Risk.REDUCING)
"""Closing orders are refused, for no reason that a client can see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Always:
    """Wants these at the close of every bar; fails on `fails`."""

    sides: dict[str, Side]
    fails: str = ""
    name: str = "always"
    warmup_bars: int = 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        symbol = bars[-1].symbol
        if symbol == self.fails:
            raise ZeroDivisionError("of a user's code")
        side = self.sides.get(symbol)
        return None if side is None else Signal(side=side, reason="always")


@pytest.mark.owns("K2", "P1")
def test_K2_while_a_position_does_not_close_entries_are_frozen_and_its_stop_stays() -> None:
    async def script(world: Desk) -> None:
        await world.ready_for(BTC, ETH)
        stops = await world.opened(BTC)
        over = world.means.post(CLOSES)
        world.close(BTC)
        await world.until(lambda: world.written("alert", "entries frozen"), "five attempts", 20.0)
        await world.refused(Reason.FROZEN, "account", symbol=ETH)
        assert world.stops_of(BTC) == stops
        over()
        await world.until(lambda: not world.holds(BTC), "closed by the attempts that go on")
        await world.until(lambda: world.written("alert", "no longer frozen"), "thawed")
        await world.opened(ETH)

    assert Scene(symbols=(BTC, ETH)).play(script).traded() == [BTC, ETH]


@pytest.mark.owns("K2")
def test_K2_where_orders_are_few_a_close_comes_before_an_entry() -> None:
    """Three orders a second on this wire: while one trade waits for its close, no entry takes one of them."""

    async def script(world: Desk) -> None:
        await world.ready_for(BTC, ETH)
        await world.opened(BTC)
        await world.passes(8.0)  # its fee is listed, and accounted for
        over = world.means.post(CLOSES)
        world.close(BTC)
        await world.passes(0.5)
        await world.refused(Reason.ORDERS_SCARCE, "account", symbol=ETH)
        assert world.stops_of(BTC)
        over()
        await world.until(lambda: not world.holds(BTC), "closed")

    played = Scene(symbols=(BTC, ETH), wire=Wire.BINGX, rung=None).play(script)
    assert {fill.symbol for fill in played.fills()} == {BTC}


@pytest.mark.owns("A3", "K2")
def test_A3_money_that_nothing_explains_opens_nothing() -> None:
    """A deposit while the listing of income does not answer: until it does, or a person accounts for it."""

    async def script(world: Desk) -> None:
        await world.ready_for(BTC, ETH)
        await world.opened(BTC)
        over = world.means.post(Refuse(code=-1001, status=503, paths=("/fapi/v1/income",)))
        world.stage.venue.transfer(world.account, Decimal(500))
        world.means.deliver()
        await world.passes(8.0)  # until the wallet is read again
        await world.refused(Reason.EQUITY_UNEXPLAINED, "account", symbol=ETH)
        await world.closes(BTC)
        over()
        await world.until(lambda: world.written("alert", "transfer of +500"), "explained", 20.0)
        await world.passes(1.0)
        await world.opened(ETH)

    assert Scene(symbols=(BTC, ETH)).play(script).traded() == [BTC, ETH]


@pytest.mark.owns("A3", "K2")
def test_A3_an_equity_that_is_old_opens_nothing() -> None:
    """Its read alone fails; positions and orders are read on, and guarded."""

    async def script(world: Desk) -> None:
        await world.ready_for(BTC, ETH)
        await world.opened(BTC)
        over = world.means.post(Refuse(code=-1001, status=503, paths=BALANCE))
        await world.passes(13.0)
        await world.refused(Reason.BLIND, "account", symbol=ETH)
        await world.closes(BTC)
        over()

    assert Scene(symbols=(BTC, ETH)).play(script).traded() == [BTC]


@pytest.mark.owns("L2", "K2")
def test_L2_without_the_private_stream_nothing_enters() -> None:
    async def script(world: Desk) -> None:
        await world.ready_for(BTC, ETH)
        await world.opened(BTC)
        world.do(Kind.CUT_STREAMS, lasts_s=60.0)
        await world.passes(1.0)
        await world.refused(Reason.BLIND, "account", symbol=ETH)
        await world.closes(BTC)

    assert Scene(symbols=(BTC, ETH)).play(script).traded() == [BTC]


@pytest.mark.owns("O4", "K2")
def test_O4_with_a_full_disk_nothing_enters_and_the_longest_hold_still_closes() -> None:
    """No command can be given on a full disk, so a strategy asks. What it was denied is written when there is room."""

    async def script(world: Desk) -> None:
        await world.until(lambda: world.stops_of(BTC) and world.holds(BTC), "open and covered")
        world.do(Kind.DISK_FULL, lasts_s=90.0)
        await world.passes(11.0)
        assert world.holds(BTC)
        assert world.stops_of(BTC)
        assert not world.denials() or world.denials()[-1][1] != Reason.JOURNAL, "nothing can be written yet"
        await world.until(lambda: not world.holds(BTC), "closed by the longest hold", 20.0)
        fills = len(world.fills())
        await world.passes(12.0)
        assert len(world.fills()) == fills, "flat, wanted at every bar, and nothing entered"
        world.end_acts()
        await world.denied(Reason.JOURNAL, "account")

    played = Scene(strategy=Always(sides={BTC: Side.LONG}), hold_max_ms=300_000).play(script)
    assert played.traded()[0] == BTC


@pytest.mark.owns("K2")
def test_K2_a_bot_opens_only_what_is_its_own() -> None:
    async def script(world: Desk) -> None:
        await world.ready_for(BTC)
        await world.refused(Reason.BOT, "account", side=Side.LONG)
        await world.opened(BTC, Side.SHORT)
        await world.closes(BTC)

    def only_shorts(bot: Bot) -> Bot:
        return replace(bot, sides=(Side.SHORT,))

    assert Scene(bot=only_shorts).play(script).traded() == [BTC]


@pytest.mark.owns("K2")
def test_K2_a_bot_that_is_stopped_opens_nothing_and_what_it_has_open_stays_guarded() -> None:
    async def script(world: Desk) -> None:
        await world.ready_for(BTC, ETH)
        stops = await world.opened(ETH)
        world.stop_bot()
        await world.passes(0.5)
        await world.refused(Reason.BOT_STOPPED, "account")
        assert world.stops_of(ETH) == stops
        await world.closes(ETH)

    assert Scene(symbols=(BTC, ETH)).play(script).traded() == [ETH]


@pytest.mark.owns("P1", "K2")
def test_P1_what_was_opened_by_hand_has_an_owner_already() -> None:
    """It is adopted, covered, closed on request; no bot adds to it or turns it."""

    async def script(world: Desk) -> None:
        await world.ready_for(BTC)
        world.do(Kind.OPENS_BY_HAND, size=0.3)
        await world.until(lambda: world.stops_of(BTC), "adopted and covered")
        stops = world.stops_of(BTC)
        await world.refused(Reason.SYMBOL_OWNED, "account", side=Side.LONG)
        await world.refused(Reason.SYMBOL_OWNED, "account", side=Side.SHORT)
        assert world.stops_of(BTC) == stops
        await world.closes(BTC)

    assert Scene().play(script).traded() == []


@pytest.mark.owns("P1", "K2")
def test_K2_a_strategy_that_fails_is_denied_and_what_is_open_is_guarded_on() -> None:
    async def script(world: Desk) -> None:
        await world.denied(Reason.STRATEGY, "", symbol=ETH)
        await world.until(lambda: world.stops_of(BTC) and world.holds(BTC), "open and covered")
        await world.closes(BTC)

    strategy = Always(sides={BTC: Side.LONG}, fails=ETH)
    assert set(Scene(symbols=(BTC, ETH), strategy=strategy, cooldown_ms=600_000).play(script).traded()) == {
        BTC
    }
