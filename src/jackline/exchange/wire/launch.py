"""From the options of a command line to a running exchange process."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from jackline.exchange.account import AccountSpec
from jackline.exchange.feeds.generator import GeneratedFeed
from jackline.exchange.feeds.replay import open_replay
from jackline.exchange.ports import Feed
from jackline.exchange.state import Rules
from jackline.exchange.values import StopWhileFlat
from jackline.exchange.wire.fault_routes import read_rules
from jackline.exchange.wire.faults import Rule, check
from jackline.exchange.wire.server import Bound, ServeConfig, serve
from jackline.exchange.wire.tls import server_context
from jackline.exchange.wire.wires import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchOptions:
    """Texts as they were typed. `data` files are replayed; without any, `symbols` are generated."""

    port: int
    data: tuple[Path, ...]
    symbol: str | None
    symbols: tuple[str, ...]
    bars: int
    interval_ms: int
    start: str | None
    end: str | None
    speed: float
    seed: int
    faults: Path | None
    balance: str
    hedge: bool
    key: str
    secret_file: Path | None
    stop_while_flat: str
    fill_parts: int
    hold: bool
    tls_dir: Path | None = None
    wire: str = Wire.BINANCE.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a parent process needs to know of the exchange it started."""

    port: int
    tls_port: int | None
    pid: int
    market_start_ms: int
    market_end_ms: int


def launch(options: LaunchOptions, *, ready: Callable[[Ready], None]) -> None:
    """Serves until interrupted or terminated.

    Raises:
        ValueError: an option or data file that cannot be served, with its value and the fix.
        OSError: the port cannot be had, or a file not be read.
    """
    config = _config(options)

    def bound(ports: Bound) -> None:
        feed = config.feed
        ready(
            Ready(
                port=ports.port,
                tls_port=ports.tls_port,
                pid=os.getpid(),
                market_start_ms=feed.start_ms,
                market_end_ms=feed.end_ms,
            )
        )

    async def run() -> None:
        serving = asyncio.ensure_future(serve(config, ready=bound))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
        await serving

    try:
        asyncio.run(run())
    except (KeyboardInterrupt, asyncio.CancelledError):
        return  # both are the ordinary way to end this process


def _config(options: LaunchOptions) -> ServeConfig:
    secret = options.key
    if options.secret_file is not None:
        secret = options.secret_file.read_text(encoding="utf-8").strip()
    account = AccountSpec(
        name="main", key=options.key, secret=secret, balance=_balance(options.balance), hedge=options.hedge
    )
    words = [word.value for word in StopWhileFlat]
    if options.stop_while_flat not in words:
        message = f"--stop-while-flat {options.stop_while_flat!r}: fix: one of {', '.join(words)}"
        raise ValueError(message)
    wires = [wire.value for wire in Wire]
    if options.wire not in wires:
        message = f"--wire {options.wire!r}: fix: one of {', '.join(wires)}"
        raise ValueError(message)
    if options.tls_dir is not None and options.wire != Wire.BINANCE:
        message = (
            f"--tls-dir with --wire {options.wire}: fix: leave one out; the certificate names Binance's hosts"
        )
        raise ValueError(message)
    return ServeConfig(
        port=options.port,
        wire=Wire(options.wire),
        feed=_feed(options),
        accounts=(account,),
        ratio=options.speed,
        held=options.hold,
        faults=_faults(options.faults),
        seed=options.seed,
        tls=None
        if options.tls_dir is None
        else server_context(options.tls_dir, datetime.fromtimestamp(time.time(), UTC)),
        rules=Rules(stop_while_flat=StopWhileFlat(options.stop_while_flat), fill_parts=options.fill_parts),
    )


def _faults(file: Path | None) -> tuple[Rule, ...]:
    if file is None:
        return ()
    try:
        rules = read_rules(file.read_bytes())
        for rule in rules:
            check(rule)
    except ValueError as error:
        message = f"--faults {file}: {error}"
        raise ValueError(message) from error
    return rules


def _feed(options: LaunchOptions) -> Feed:
    if not options.data:
        return GeneratedFeed(options.symbols, options.seed, options.interval_ms, bars=options.bars)
    return open_replay(
        options.data,
        now_ms=int(time.time() * 1_000),
        from_ms=_time_ms("--from", options.start),
        to_ms=_time_ms("--to", options.end),
        symbol=options.symbol,
        seed=options.seed,
    )


def _balance(text: str) -> Decimal:
    try:
        balance = Decimal(text)
    except InvalidOperation:
        balance = Decimal(-1)
    if not balance.is_finite() or balance <= 0:
        message = f"--balance {text!r} is not an amount above 0. Fix: e.g. --balance 10000"
        raise ValueError(message)
    return balance


def _time_ms(option: str, text: str | None) -> int | None:
    """Epoch milliseconds of a UTC ISO time, or of a number of milliseconds."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        message = f"{option} {text!r} is not a time. Fix: UTC as 2025-10-10T12:00, or epoch milliseconds"
        raise ValueError(message) from None
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() * 1_000)
