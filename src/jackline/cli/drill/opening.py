"""Putting a house up and taking it down."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import msgspec

from jackline.cli.children import Child, Children, Ready
from jackline.cli.config import ENVIRONMENT_PREFIX, Config
from jackline.cli.demo.witness import Market, Witness
from jackline.cli.drill.copy import copied, symbol_of
from jackline.cli.drill.house import House
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.section_types import BAR_INTERVALS_MS
from jackline.core.gate_settings import Rule
from jackline.core.values import Symbol

BARS = 240
"""Of the generated market: at its own pace no drill sees the end of it."""
WARM_BARS = 3
"""A signal is taken to know the newest complete bar."""
WARM_WALL_S = 4.0


@asynccontextmanager
async def house(config: Config, *, kept: Path | None, say: Callable[[str], None]) -> AsyncIterator[House]:
    """Exchange, watchdog and engine, ready to trade. Raises CommandFailed where one does not come up."""
    with _directory(kept) as directory:
        async with (
            Children(directory, environment=_environment()) as children,
            aiohttp.ClientSession() as session,
        ):
            exchange = await children.start("exchange", *_exchange(config), speaks=True)
            ready = msgspec.json.decode(await exchange.ready_line(), type=Ready)
            url = f"http://127.0.0.1:{ready.port}"
            copy = copied(config, directory, url=url)
            witness = Witness(url, session)
            say(f"an exchange of its own on port {ready.port}; your sizes, {symbol_of(config)}")
            await _warm(witness, copy)
            watchdog = await _started(children, "watchdog", copy)
            place = House(
                config=copy,
                symbol=Symbol(symbol_of(config)),
                url=url,
                witness=witness,
                session=session,
                children=children,
                watchdog=watchdog,
                engine=await _started(children, "engine", copy),
            )
            await place.engine_ready()
            say("engine and watchdog are up")
            yield place


def _environment() -> dict[str, str]:
    """Without the variables of the configuration: the copy has their values, and they would win over its own."""
    return {name: text for name, text in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)}


async def _started(children: Children, name: str, config: Config) -> Child:
    return await children.start(name, name, "--config", str(config.path))


async def _warm(witness: Witness, config: Config) -> Market:
    """Some bars at a run, then wall time: a market at rest does not end a drill by itself."""
    interval_ms = BAR_INTERVALS_MS[config.venue.bar_interval]
    market = await witness.resume(max(1.0, WARM_BARS * interval_ms / 1_000 / WARM_WALL_S))
    await witness.hold_at(market.start_ms + WARM_BARS * interval_ms + interval_ms // 2)
    while not market.held:
        market = await witness.market()
    return await witness.resume(1.0)


def _exchange(config: Config) -> list[str]:
    """The market of the drill: the symbol, and the reference where the regime is asked."""
    names = [symbol_of(config)]
    if config.regime.gate is Rule.ON and config.regime.reference_symbol not in names:
        names.append(config.regime.reference_symbol)
    listed = ",".join(name.replace("-", "") for name in names)
    interval_ms = BAR_INTERVALS_MS[config.venue.bar_interval]
    arguments = ["exchange", "serve", "--ready-json", "--hold", "--port", "0", "--wire", config.venue.name]
    arguments += ["--generate", listed, "--bars", str(BARS), "--interval-ms", str(interval_ms)]
    return [*arguments, "--hedge"] if config.venue.position_mode.value == "hedge" else arguments


@contextmanager
def _directory(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        if any(kept.iterdir()):
            text = f"--keep {kept}: not empty, and the money of another drill is none of this one's"
            raise CommandFailed(ExitCode.BAD_INPUT, f"{text}. Fix: name a new directory")
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="jackline-drill-") as name:
        yield Path(name)
