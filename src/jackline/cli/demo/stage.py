"""The stage: exchange, engine and watchdog as processes, and what the acts of a run share."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import msgspec

from jackline.cli.children import Child, Children, Ready
from jackline.cli.config import Config
from jackline.cli.demo.breaches import Breach
from jackline.cli.demo.follower import Follower
from jackline.cli.demo.observer import Observer
from jackline.cli.demo.plan import (
    GENERATED_BARS,
    GENERATED_INTERVAL_MS,
    GENERATED_SYMBOLS,
    Plan,
    Wishes,
    largest_bar_ms,
    make_plan,
)
from jackline.cli.demo.report import Kill
from jackline.cli.demo.setting import BALANCE_QUOTE, Place, prepare, write_config
from jackline.cli.demo.witness import Witness


@dataclass(slots=True, kw_only=True)
class Run:
    """What the acts of a run share."""

    wishes: Wishes
    place: Place
    plan: Plan
    config: Config
    children: Children
    witness: Witness
    observer: Observer
    exchange: Child
    watchdog: Child
    engine: Child
    started_s: float
    kills: list[Kill] = field(default_factory=list)
    failures: list[Breach] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    async def start_engine(self) -> Child:
        """Another engine process on the same account."""
        self.engine = await self.children.start("engine", "engine", "--config", str(self.place.config))
        return self.engine


@contextlib.asynccontextmanager
async def open_run(wishes: Wishes, directory: Path) -> AsyncIterator[Run]:
    """Exchange, engine and watchdog, running, the market still standing. All are ended on the way out.

    Raises:
        CommandFailed: a process did not start; its last words are in the text.
        FeedError, ConfigError: what was asked for cannot be played.
    """
    place = prepare(directory)
    async with Children(directory) as children, aiohttp.ClientSession() as session:
        exchange = await children.start("exchange", *_exchange_arguments(wishes, place), speaks=True)
        ready = msgspec.json.decode(await exchange.ready_line(), type=Ready)
        url = f"http://127.0.0.1:{ready.port}"
        witness = Witness(url, session)
        symbols = tuple((await witness.market()).symbols)
        plan, interval_ms = _plan(wishes, ready, symbols)
        config = write_config(
            place,
            url=url,
            symbols=symbols,
            interval_ms=interval_ms,
            rung=wishes.rung,
            hedge=wishes.hedge,
        )
        watchdog = await children.start("watchdog", "watchdog", "--config", str(place.config))
        follower = Follower(place.journal)
        try:
            yield Run(
                wishes=wishes,
                place=place,
                plan=plan,
                config=config,
                children=children,
                witness=witness,
                observer=Observer(witness=witness, follower=follower),
                exchange=exchange,
                watchdog=watchdog,
                engine=await children.start("engine", "engine", "--config", str(place.config)),
                started_s=time.monotonic(),
            )
        finally:
            follower.close()


def _plan(wishes: Wishes, ready: Ready, symbols: tuple[str, ...]) -> tuple[Plan, int]:
    """The plan and the bar interval of the market that the exchange serves."""
    start_ms, end_ms = ready.market_start_ms, ready.market_end_ms
    crash_ms, interval_ms = None, GENERATED_INTERVAL_MS
    if wishes.data is not None:
        crash_ms, interval_ms = largest_bar_ms(
            wishes.data, symbol=symbols[0], start_ms=start_ms, end_ms=end_ms
        )
    plan = make_plan(wishes, start_ms=start_ms, end_ms=end_ms, interval_ms=interval_ms, crash_ms=crash_ms)
    return plan, interval_ms


def _exchange_arguments(wishes: Wishes, place: Place) -> list[str]:
    arguments = ["exchange", "serve", "--ready-json", "--hold", "--port", "0", "--balance", BALANCE_QUOTE]
    arguments += ["--seed", str(wishes.seed), "--key", place.key, "--secret-file", str(place.secret)]
    if wishes.data is None:
        symbols = ",".join(wishes.symbols or GENERATED_SYMBOLS)
        arguments += ["--generate", symbols, "--bars", str(GENERATED_BARS)]
        arguments += ["--interval-ms", str(GENERATED_INTERVAL_MS)]
    else:
        arguments += ["--data", str(wishes.data)]
        arguments += ["--symbol", *wishes.symbols] if wishes.symbols is not None else []
        arguments += ["--from", wishes.start] if wishes.start is not None else []
        arguments += ["--to", wishes.end] if wishes.end is not None else []
    return [*arguments, "--hedge"] if wishes.hedge else arguments
