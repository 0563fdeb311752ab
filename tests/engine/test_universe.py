"""The universe end to end, in virtual time: the shipped engine against the local exchange, whose spreads we set.

A symbol whose spread is wide is out. The rest is the engine's own doing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from jackline.core.ids import Role
from jackline.core.orders import Bar
from jackline.core.plan import Rung
from jackline.core.ports import Signal, Strategy
from jackline.core.universe import UniverseRules
from jackline.core.values import Fraction, Quote, Side, Symbol
from jackline.exchange.wire.faults import Refuse, Slow
from jackline.world.acts import Kind
from jackline.world.configured import options, risk
from jackline.world.experiment import Experiment
from jackline.world.loop import Order as Turns
from jackline.world.supervisor import ENGINE
from tests.cases.facts import name_of, role_of
from tests.cases.play import NEVER_MS, STILL, Play, Script

BTC, ETH, SOL = SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
RULES = UniverseRules(
    volume_24h_min_quote=Quote(Decimal(0)),
    spread_max_fraction=Fraction(Decimal("0.001")),
    refresh_ms=20_000,
)
SOON_S = 30.0
"""Longer than it takes to be refreshed, read, subscribed and proven."""
WIDE, TIGHT = Decimal("0.004"), Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Longs:
    """Wants a long on these symbols at the close of every bar."""

    symbols: tuple[str, ...]
    name: str = "longs"
    warmup_bars: int = 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        last = bars[-1]
        return Signal(side=Side.LONG, reason=f"bar {last.open_ms}") if last.symbol in self.symbols else None


def play(
    script: Script,
    *,
    wants: tuple[str, ...] = (),
    strategy: Strategy | None = None,
    wide: tuple[str, ...] = (),
    rules: UniverseRules = RULES,
    named: tuple[str, ...] = (),
    started: Callable[[Play], object] = lambda _: None,
) -> Play:
    """Three symbols, of which `wide` are out at the start, and a strategy that wants some."""
    experiment = Experiment(
        seed=1, profile="case", order=Turns.FIFO, rung=Rung.STOP_FIRST, hedge=False, symbols=SYMBOLS, leverage=4,
        stop_fraction=Decimal("0.02"), trailing_fraction=None, target_fraction=None, hold_max_ms=NEVER_MS,
        signal_rate=0.0, volatility=0.0001, stop_while_flat=True, fill_parts=1, watchdog=False,
        clock_offset_ms=0.0, clock_drift_ppm=0.0, commit_ms=(0.2, 4.0), noise=STILL, acts=(), broken_for_ever=(),
    )  # fmt: skip
    settings = replace(
        options(experiment),
        strategy=strategy or Longs(symbols=wants),
        symbols=tuple(Symbol(name) for name in named),
        universe=rules,
        risk=replace(risk(experiment), cooldown_ms=NEVER_MS),
    )
    world = Play(experiment, options=settings, wallet=Decimal(10_000))
    for name in wide:
        spread(world, name, WIDE)
    started(world)
    return world.run(script)


def spread(world: Play, symbol: str, half_fraction: Decimal) -> None:
    """From now on the book is this wide: half of it on each side."""
    world.stage.venue.state.markets[symbol].half_spread_fraction = half_fraction


def sung(world: Play) -> set[str]:
    """Symbols on which a canary was sent."""
    return {one.params["symbol"] for one in world.asked(Role.CANARY)}


def entered(world: Play) -> list[str]:
    """Symbols of our entries, in their order."""
    return [one.params["symbol"] for one in world.asked(Role.ENTRY)]


def changes(world: Play) -> list[tuple[list[str], list[str], list[str]]]:
    """Members, who entered, who left, as the journal has them."""
    found = [json.loads(row.body)["body"] for row in world.rows("universe")]
    return [(sorted(note["members"]), sorted(note["entered"]), sorted(note["left"])) for note in found]


def gone(world: Play) -> bool:
    """The journal has it that ETH left."""
    return any(ETH in left for _, _, left in changes(world))


def heard(world: Play, symbol: str) -> bool:
    """Somebody listens to its marks."""
    return world.stage.door.floor.hub.heard(f"{symbol.lower()}@markPrice@1s")


def closed(world: Play, symbol: str) -> int:
    """Bars of a symbol that have closed."""
    return len(world.stage.venue.state.markets[symbol].candles)


def test_those_that_pass_are_traded_and_no_other() -> None:
    async def script(world: Play) -> None:
        await world.until(lambda: len(world.positions()) == 2, "two positions")
        assert {one.symbol for one in world.positions()} == {BTC, SOL}
        await world.passes(15.0)

    played = play(script, wants=SYMBOLS, wide=(ETH,))
    assert played.breaches == []
    assert sung(played) == {BTC, SOL}
    assert set(entered(played)) == {BTC, SOL}
    assert changes(played) == [([BTC, SOL], [BTC, SOL], [])]


def test_of_those_that_are_named_only_what_passes_is_traded() -> None:
    async def script(world: Play) -> None:
        await world.until(world.positions, "a position")
        await world.passes(15.0)

    played = play(script, wants=SYMBOLS, wide=(ETH,), named=(BTC, ETH))
    assert set(entered(played)) == {BTC}


@pytest.mark.owns("C4")
def test_C4_one_that_comes_is_proven_before_its_first_entry() -> None:
    async def script(world: Play) -> None:
        await world.until(lambda: sung(world) == {BTC, SOL}, "two canaries")
        spread(world, ETH, TIGHT)
        await world.until(world.positions, "a position on the one that came", SOON_S)
        assert world.positions()[0].symbol == ETH

    played = play(script, wants=(ETH,), wide=(ETH,))
    assert played.breaches == []
    about_it = [one for one in played.asked(Role.CANARY, Role.ENTRY) if one.params["symbol"] == ETH]
    assert [role_of(name_of(one)) for one in about_it] == [Role.CANARY, Role.ENTRY]
    assert changes(played)[-1] == ([BTC, ETH, SOL], [ETH], [])


@pytest.mark.owns("P1", "P6")
def test_P1_one_that_goes_with_an_open_trade_keeps_its_stop_and_its_exits_and_opens_nothing_more() -> None:
    """It leaves; then its price falls through the stop: the trade ends as any other, swept, and nothing follows."""

    async def script(world: Play) -> None:
        await world.until(world.stops, "a stop")
        spread(world, ETH, WIDE)
        await world.until(lambda: gone(world), "it left", SOON_S)
        await world.passes(5.0)
        assert world.stops(), "it left: its stop stays"
        assert heard(world, ETH), "and its streams"
        world.stage.markets[ETH].jump(-0.05)
        await world.until(lambda: not world.positions(), "stopped out", SOON_S)
        await world.until(lambda: world.rows("ended"), "swept", SOON_S)
        await world.passes(10.0)
        assert not heard(world, ETH), "swept: nobody listens any more"
        assert heard(world, BTC)

    played = play(script, wants=(ETH,))
    assert played.breaches == []
    assert entered(played) == [ETH]


@pytest.mark.owns("C4")
def test_C4_a_refresh_that_fails_keeps_what_is_traded_and_says_so() -> None:
    async def script(world: Play) -> None:
        await world.protected()
        world.means.post(Refuse(code=-1001, status=503, paths=("/fapi/v1/ticker/bookTicker",)))
        await world.until(lambda: world.written("alert", "go on being traded"), "it is said", SOON_S)
        assert world.stops()

    played = play(script, wants=(BTC,))
    assert len(changes(played)) == 1, "nobody came and nobody left"


def test_filters_that_nothing_passes_any_more_are_a_refresh_that_failed() -> None:
    async def script(world: Play) -> None:
        await world.until(world.positions, "a position")
        for symbol in SYMBOLS:
            spread(world, symbol, WIDE)
        await world.until(lambda: world.written("alert", "no symbol passes"), "it is said", SOON_S)

    played = play(script, wants=(BTC,))
    assert len(changes(played)) == 1


@pytest.mark.owns("P1")
def test_P1_killed_after_a_change_it_begins_with_what_passes_now_and_guards_what_left() -> None:
    async def script(world: Play) -> None:
        await world.until(world.stops, "a stop")
        spread(world, ETH, WIDE)
        await world.until(lambda: gone(world), "it left", SOON_S)
        world.do(Kind.KILL_ENGINE)
        await world.until(lambda: not world.alive(), "killed")
        await world.until(lambda: world.alive(ENGINE), "up again", SOON_S)
        await world.passes(15.0)
        assert world.stops()
        assert heard(world, ETH), "a trade on a symbol that left is heard from the start"
        world.stage.markets[ETH].jump(-0.05)
        await world.until(lambda: not world.positions(), "stopped out", SOON_S)

    played = play(script, wants=(ETH,))
    assert played.breaches == []
    assert entered(played) == [ETH]


def test_a_start_that_is_told_nothing_begins_with_what_is_on_record() -> None:
    """The listings are silent when it starts again, everything else answers."""

    async def script(world: Play) -> None:
        await world.until(lambda: sung(world) == {BTC, SOL}, "two canaries")
        world.means.post(Refuse(code=-1001, status=503, paths=("/fapi/v1/ticker/24hr",)))
        spread(world, ETH, TIGHT)
        world.do(Kind.KILL_ENGINE)
        await world.until(lambda: not world.alive(), "killed")
        before = len(world.asked(Role.CANARY))
        await world.until(lambda: len(world.asked(Role.CANARY)) >= before + 2, "both are proven anew", 60.0)
        await world.passes(3.0)
        assert sung(world) == {BTC, SOL}

    played = play(script, wide=(ETH,))
    assert len(changes(played)) == 1


@pytest.mark.owns("P1")
def test_P1_a_start_that_holds_something_does_not_wait_for_the_listings() -> None:
    """They are slow when it starts again, and somebody cancels the stop: the loop must be there to put it back."""

    async def script(world: Play) -> None:
        await world.until(world.stops, "a stop")
        world.means.post(Slow(delay_ms=8_000, paths=("/fapi/v1/ticker/24hr",)))
        world.do(Kind.KILL_ENGINE)
        await world.until(lambda: not world.alive(), "killed")
        await world.until(lambda: world.alive(ENGINE), "up again", SOON_S)
        await world.passes(3.0)
        world.do(Kind.CANCELS_STOP)
        assert not world.stops()
        await world.passes(6.0)
        assert world.stops(), "put back while the listings are still out"

    assert play(script, wants=(ETH,)).breaches == []


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaver(Longs):
    """Wants to leave once it is told to, if it has seen as many bars as a start reads."""

    warmup_bars: int = 5
    leaves: list[bool] = field(default_factory=list)

    def exit_confidence(self, bars: Sequence[Bar], side: Side) -> Fraction | None:
        return Fraction(Decimal(1)) if self.leaves else None


@pytest.mark.owns("M2")
def test_M2_a_start_warms_the_exits_of_a_trade_on_a_symbol_that_has_left() -> None:
    """Its bars are read; without them its strategy would be asked nothing until as many have closed."""
    strategy = Leaver(symbols=(ETH,))

    async def script(world: Play) -> None:
        await world.until(lambda: entered(world) == [ETH] and world.positions(), "a position on ETH")
        spread(world, ETH, WIDE)
        await world.until(lambda: gone(world), "ETH left", SOON_S)
        world.do(Kind.KILL_ENGINE)
        await world.until(lambda: not world.alive(), "killed")
        await world.until(lambda: world.alive(ENGINE), "up again", SOON_S)
        await world.until(lambda: heard(world, ETH), "heard again", SOON_S)
        bars = closed(world, ETH)
        strategy.leaves.append(True)
        await world.until(lambda: not world.positions(), "closed by the strategy", SOON_S)
        assert closed(world, ETH) - bars <= 2, "not after five bars of this life"

    played = play(script, strategy=strategy)
    assert played.breaches == []
