"""Denials in virtual time: the shipped engine, the local exchange, and a hand at the desk that asks for entries.

A signal from outside passes the same gates as a strategy's, and comes in the moment that a script wants. What is
asserted is the journal's row, and the venue's own list of fills.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import Any, ClassVar

from jackline.core.bots import MAIN, Bot, SignalSource
from jackline.core.ids import Role
from jackline.core.orders import Bar
from jackline.core.outcomes import Reason
from jackline.core.plan import Rung
from jackline.core.ports import Signal, Strategy
from jackline.core.settings import RiskSettings
from jackline.core.values import Fraction, Side, Symbol, WireMs
from jackline.engine.options import BotOptions
from jackline.exchange.conditions import Algo
from jackline.exchange.values import OrderType
from jackline.store.boot import COMMANDS_FILE
from jackline.store.commands import Command, CommandDesk, CommandKind
from jackline.world.configured import options, risk
from jackline.world.experiment import Experiment
from jackline.world.loop import Order as Turns
from jackline.world.process import Process
from jackline.world.wires import Wire
from tests.cases.facts import role_of
from tests.cases.play import NEVER_MS, STILL, Play

BTC, ETH = "BTCUSDT", "ETHUSDT"
ORDERS = ("/fapi/v1/order", "/openApi/swap/v2/trade/order")
BALANCE = ("/fapi/v3/account",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manual:
    """Opens what a person asks for, and nothing by itself."""

    source: ClassVar[SignalSource] = SignalSource.MANUAL
    name: str = "manual"
    warmup_bars: int = 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        return None


class Desk(Play):
    """A play with somebody who gives signals and closes single positions."""

    hands: int = 0

    def signal(self, symbol: str = BTC, side: Side = Side.LONG, *, confidence: str | None = None) -> None:
        """Ask for an entry; the engine hears of it within 200 ms."""
        sure = None if confidence is None else Fraction(Decimal(confidence))
        self._post(CommandKind.SIGNAL, symbol, side, bot=MAIN, confidence=sure)

    def close(self, symbol: str = BTC) -> None:
        """Close what is open on a symbol."""
        self._post(CommandKind.CLOSE, symbol, None)

    def stop_bot(self) -> None:
        """`jackline bots stop main`."""
        self._post(CommandKind.BOT_STOP, None, None, bot=MAIN)

    def _post(
        self,
        kind: CommandKind,
        symbol: str | None,
        side: Side | None,
        *,
        bot: str = "",
        confidence: Fraction | None = None,
    ) -> None:
        self.hands += 1
        stage = self.stage
        person = Process(
            loop=stage.loop, clock=stage.clock, name="person-2", number=1_001, rng=Random("person-2")
        )
        command = Command(
            command_id=f"hand-{self.hands}",
            created_ms=WireMs(stage.clock.wire_ms()),
            actor="hand",
            kind=kind,
            symbol=None if symbol is None else Symbol(stage.experiment.wire.spelled(symbol)),
            side=side,
            reason="by hand",
            bot=bot,
            confidence=confidence,
        )
        CommandDesk(stage.disk.process(person), stage.processes.options.state_dir / COMMANDS_FILE).submit(
            command
        )

    # -- what came of it -------------------------------------------------------------------------------------

    def denials(self) -> list[tuple[str, str, str]]:
        """Symbol as the exchange has it, reason and gate of every denial that is in the journal, in its order."""
        found = []
        for row in self.rows("denied"):
            note, denied = row.body, row.body["denied"]
            found.append((note["symbol"].replace("-", ""), denied["reason"], denied["gate"]))
        return found

    async def denied(self, reason: Reason, gate: str, *, symbol: str = BTC, within_s: float = 20.0) -> None:
        """Wait until the journal has this denial."""
        wanted = (symbol, reason.value, gate)
        try:
            await self.until(lambda: wanted in self.denials(), str(wanted), within_s)
        except AssertionError as error:
            raise AssertionError(f"denied were {self.denials()}\n{error}") from error

    async def refused(
        self,
        reason: Reason,
        gate: str,
        *,
        symbol: str = BTC,
        side: Side = Side.LONG,
        confidence: str | None = None,
    ) -> None:
        """Ask for an entry; it is denied for this reason by this gate, in the journal, and nothing is executed."""
        before, fills = len(self.denials()), len(self.fills())
        self.signal(symbol, side, confidence=confidence)
        await self.until(lambda: len(self.denials()) > before, f"{reason} of {gate}")
        assert self.denials()[before:] == [(symbol, reason.value, gate)], self.rows("denied")[-1]
        assert len(self.fills()) == fills

    async def opened(
        self, symbol: str = BTC, side: Side = Side.LONG, *, confidence: str | None = None
    ) -> list[Algo]:
        """Ask for an entry that passes; its stops, when it is open and protected."""
        self.signal(symbol, side, confidence=confidence)
        await self.until(
            lambda: self.stops_of(symbol) and self.holds(symbol), f"{symbol} is open and covered"
        )
        await self.passes(0.5)
        return self.stops_of(symbol)

    async def ready_for(self, *symbols: str) -> None:
        """Until the rung of these symbols is proven, and a bar has closed."""
        await self.passes(6.0)

    def holds(self, symbol: str) -> bool:
        """A position is open there."""
        return any(one.symbol == symbol for one in self.positions())

    def stops_of(self, symbol: str) -> list[Algo]:
        """Stops of any name that rest on a symbol: one of the wires gives them none."""
        resting = self.account.open_algos.values()
        return [one for one in resting if one.symbol == symbol and one.type is OrderType.STOP_MARKET]

    def traded(self) -> list[str]:
        """Symbols of the entries that the venue executed, by its own list of fills."""
        return [fill.symbol for fill in self.fills() if role_of(fill.client_id) is Role.ENTRY]

    async def closes(self, symbol: str = BTC) -> None:
        """Whatever is denied, a close of what is open leaves and is executed; the stop stays until then (K2)."""
        assert self.holds(symbol)
        assert self.stops_of(symbol), "the stop stays"
        self.close(symbol)
        await self.until(lambda: not self.holds(symbol), f"{symbol} is closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a world of these tests begins with; everything is calm and close enough."""

    symbols: tuple[str, ...] = (BTC,)
    strategy: Strategy = field(default_factory=Manual)
    rung: Rung | None = Rung.STOP_FIRST
    wire: Wire = Wire.BINANCE
    leverage: int = 4
    wallet: str = "10000"
    cooldown_ms: int = 0
    hold_max_ms: int = NEVER_MS
    bot: Callable[[Bot], Bot] | None = None
    rules: Callable[[RiskSettings], RiskSettings] = lambda settings: settings
    started: Callable[[Desk], object] = lambda _: None

    def play(self, script: Callable[[Desk], Coroutine[Any, Any, None]]) -> Desk:
        """Set the stage and play; no invariant may be broken."""
        experiment = Experiment(
            seed=1, profile="case", order=Turns.FIFO, rung=self.rung, hedge=False, symbols=self.symbols,
            leverage=self.leverage, stop_fraction=Decimal("0.02"), trailing_fraction=None, target_fraction=None,
            hold_max_ms=self.hold_max_ms, signal_rate=0.0, volatility=0.0, stop_while_flat=True,
            fill_parts=1, watchdog=False, clock_offset_ms=0.0, clock_drift_ppm=0.0, commit_ms=(0.2, 4.0), noise=STILL,
            acts=(), broken_for_ever=(), wire=self.wire,
        )  # fmt: skip
        settings = self.rules(replace(risk(experiment), cooldown_ms=self.cooldown_ms))
        bots: tuple[BotOptions, ...] = ()
        if self.bot is not None:
            bot = self.bot(Bot(name=MAIN, symbols=None, risk=settings, source=SignalSource.MANUAL))
            bots = (BotOptions(bot=bot, strategy=self.strategy),)
        chosen = replace(options(experiment), strategy=self.strategy, risk=settings, bots=bots)
        world = Desk(experiment, options=chosen, wallet=Decimal(self.wallet))
        self.started(world)
        world.run(lambda _: script(world))
        assert world.breaches == []
        return world
