"""From the options of a command line to a running exchange process."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jackline.exchange.account import AccountSpec
from jackline.exchange.feeds.generator import START_MS, GeneratedFeed
from jackline.exchange.feeds.replay import open_replay
from jackline.exchange.ports import Feed
from jackline.exchange.state import Rules
from jackline.exchange.values import StopWhileFlat
from jackline.exchange.wire.accounts import read_accounts, read_balance
from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.fault_routes import read_rules
from jackline.exchange.wire.faults import NoDial, Rule, check
from jackline.exchange.wire.markets import MirrorSpec
from jackline.exchange.wire.server import Bound, ServeConfig, serve
from jackline.exchange.wire.tls import server_context
from jackline.exchange.wire.wires import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchOptions:
    """Texts as they were typed. `data` files are replayed; without any, `symbols` are generated; `mirror` is another
    venue's market instead of either. An `accounts` file takes the place of `balance`, `hedge`, `key` and its secret."""

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
    accounts: Path | None = None
    wire_speed: float = 1.0
    mirror: MirrorSpec | None = None


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
        ready(
            Ready(
                port=ports.port,
                tls_port=ports.tls_port,
                pid=os.getpid(),
                market_start_ms=ports.start_ms,
                market_end_ms=ports.end_ms,
            )
        )

    async def run() -> None:
        serving = asyncio.ensure_future(serve(config, ready=bound))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
        try:
            await serving
        finally:
            if options.mirror is not None:
                await options.mirror.source.close()

    try:
        asyncio.run(run())
    except (KeyboardInterrupt, asyncio.CancelledError):
        return  # both are the ordinary way to end this process


def _config(options: LaunchOptions) -> ServeConfig:
    accounts = _accounts(options)
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
    if options.mirror is not None and (options.data or options.hold or options.speed != 1):
        message = (
            "--mirror with --data, --hold or --speed: fix: leave those out; a living market has its own pace"
        )
        raise ValueError(message)
    faults = _faults(options.faults)
    _check_aims(options.faults, faults, [one.name for one in accounts])
    return ServeConfig(
        port=options.port,
        wire=Wire(options.wire),
        feed=options.mirror or _feed(options),
        accounts=accounts,
        ratio=options.speed,
        held=options.hold,
        faults=faults,
        seed=options.seed,
        tls=None
        if options.tls_dir is None
        else server_context(options.tls_dir, datetime.fromtimestamp(time.time(), UTC)),
        options=WireOptions(wire_speed=options.wire_speed),
        rules=Rules(stop_while_flat=StopWhileFlat(options.stop_while_flat), fill_parts=options.fill_parts),
    )


def _faults(file: Path | None) -> tuple[Rule, ...]:
    if file is None:
        return ()
    try:
        rules = read_rules(file.read_bytes())
        for number, rule in enumerate(rules, start=1):
            _check_at(number, rule)
    except ValueError as error:
        message = f"--faults {file}: {error}"
        raise ValueError(message) from error
    return rules


def _check_at(number: int, rule: Rule) -> None:
    """Raises ValueError with the rule's place in its file."""
    try:
        check(rule)
    except ValueError as error:
        message = f"rule {number}: {error}"
        raise ValueError(message) from error


def _feed(options: LaunchOptions) -> Feed:
    if not options.data:
        return GeneratedFeed(
            options.symbols,
            options.seed,
            options.interval_ms,
            bars=options.bars,
            start_ms=_generated_from(options),
        )
    return open_replay(
        options.data,
        now_ms=int(time.time() * 1_000),
        from_ms=_time_ms("--from", options.start),
        to_ms=_time_ms("--to", options.end),
        symbol=options.symbol,
        seed=options.seed,
    )


def _accounts(options: LaunchOptions) -> tuple[AccountSpec, ...]:
    if options.accounts is not None:
        return read_accounts(options.accounts)
    secret = options.key
    if options.secret_file is not None:
        secret = options.secret_file.read_text(encoding="utf-8").strip()
    balance = read_balance(options.balance, where="--balance")
    return (AccountSpec(name="main", key=options.key, secret=secret, balance=balance, hedge=options.hedge),)


def _check_aims(file: Path | None, rules: tuple[Rule, ...], accounts: list[str]) -> None:
    """Raises ValueError for a rule that aims at an account that does not exist."""
    for number, rule in enumerate(rules, start=1):
        name = None if isinstance(rule, NoDial) else rule.account
        if name is not None and name not in accounts:
            message = f"--faults {file}: rule {number}: account {name!r}. Fix: one of {', '.join(accounts)}"
            raise ValueError(message)


def _generated_from(options: LaunchOptions) -> int:
    """The bar at which a generated market begins: any fixed one, unless a time or `now` was asked for. Clients that
    mistrust old bars need `now`, and a speed of 1."""
    if options.start is None:
        return START_MS
    now_ms = int(time.time() * 1_000)
    asked_ms = now_ms if options.start == "now" else _time_ms("--from", options.start)
    return (now_ms if asked_ms is None else asked_ms) // options.interval_ms * options.interval_ms


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
