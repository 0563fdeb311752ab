"""What `jackline run` starts, and in which order: exchange, watchdog, engine, web."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import msgspec
import structlog

from jackline.cli.account_parts import engine_and_watchdog
from jackline.cli.children import Child, Children, Ready
from jackline.cli.config import Config, load_config
from jackline.cli.demo.plan import GENERATED_INTERVAL_MS, GENERATED_SYMBOLS, largest_bar_ms
from jackline.cli.demo.setting import BALANCE_QUOTE, Place, prepare, write_config
from jackline.cli.demo.witness import Witness
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.paper_memory import remembered
from jackline.cli.section_types import BAR_INTERVALS_MS
from jackline.cli.service_manager import ServiceManager, kept_alive, take_manager
from jackline.cli.stopping import stop_on_signals
from jackline.cli.supervising import Part, Supervisor
from jackline.core.values import WireMs
from jackline.engine import heartbeat
from jackline.store.access import ACCESS_FILE, AccessStore
from jackline.store.errors import StoreError
from jackline.store.host_disk import HostDisk
from jackline.store.tokens import By, Scope, create_token, list_tokens, revoke_token

log = structlog.get_logger("run")

TOKEN_NAME = "run"  # noqa: S105  what the token is called
WEB_READY_S = 180.0
"""It gives way to everything else from its first moment: on a machine that is busy it comes late, and one that is ended
for being late would come never."""
DEMO_BARS = 20_000
"""Ten weeks of five minutes: at sixty times their pace a day of watching."""
WARM_RATIO = 2_000.0
"""Market seconds per wall second until the strategy has seen enough bars to speak."""
WARM_BARS = 130
LOGS = "logs"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoWishes:
    """What a demo is to be like. `speed`: market seconds per wall second."""

    data: Path | None
    speed: float
    seed: int
    directory: Path | None


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """The web process's first line."""

    port: int
    url: str


async def run_configured(path: Path, *, market: str, port: int | None, token_file: Path | None) -> None:
    """The account of a configuration file. Raises CommandFailed where one of its processes does not come up."""
    config = load_config(path, load_strategy_file=False)
    logs = config.state_dir / LOGS
    logs.mkdir(parents=True, exist_ok=True)
    write_token(config, token_file)
    if not has_token(config):
        log.warning("no_token", note="nobody can log in", fix="--token-file FILE makes one")
    log.info("logs", directory=str(logs))
    async with Children(logs) as children:
        exchange = exchange_part(config, market)
        if exchange:
            tell_forgotten(config)
        parts = [*exchange, *_account(config, port, needs_web=False)]
        parts += [*_alerts(config, path), *_parity(config, path)]
        await _supervised(Supervisor(children, parts), stop_on_signals(), take_manager())
        ends = "; the local exchange ends too, and forgets what is open there" if exchange else ""
        log.info("stopping", note=f"no stop is cancelled{ends}")


async def _supervised(supervisor: Supervisor, stop: asyncio.Event, manager: ServiceManager | None) -> None:
    """Until `stop`; a service manager hears of it while every process is looked after."""

    def begun() -> None:
        if manager is not None:
            manager.ready("every process was started")

    turns = count()
    async with kept_alive(manager, lambda: next(turns) if supervisor.looks_after_all() else None):
        await supervisor.run(stop, begun)


async def run_demo(wishes: DemoWishes, *, port: int | None, token_file: Path | None) -> None:
    """The whole system on loopback, with play money and a market that runs faster than time."""
    stop = stop_on_signals()
    with _directory(wishes.directory) as directory:
        place = prepare(directory)
        logs = directory / LOGS
        logs.mkdir(exist_ok=True)
        async with Children(logs) as children, aiohttp.ClientSession() as session:
            exchange = await children.start("exchange", *_demo_exchange(wishes, place), speaks=True)
            ready = msgspec.json.decode(await exchange.ready_line(), type=Ready)
            url = f"http://127.0.0.1:{ready.port}"
            witness = Witness(url, session)
            symbols = tuple((await witness.market()).symbols)
            interval_ms = _interval_ms(wishes, ready, symbols)
            config = write_config(
                place, url=url, symbols=symbols, interval_ms=interval_ms, rung=None, hedge=False, free=1
            )
            write_token(config, token_file)
            log.info("started", process="exchange", pid=exchange.pid, port=ready.port)
            running = asyncio.create_task(
                Supervisor(children, _account(config, port, needs_web=True)).run(stop)
            )
            pacing = asyncio.create_task(_pace(witness, config, interval_ms, wishes.speed))
            try:
                await running
            finally:
                pacing.cancel()
                await asyncio.gather(pacing, return_exceptions=True)


def _account(config: Config, port: int | None, *, needs_web: bool) -> list[Part]:
    """Watchdog, engine and web of a configuration.

    Without its page an account is guarded all the same; a demo is there to be looked at.
    """
    served = ("--port", str(port)) if port is not None else ()
    return [
        *engine_and_watchdog(config.path, config.state_dir),
        Part(
            name="web",
            arguments=("web", "--config", str(config.path), *served, "--ready-json"),
            speaks=True,
            ready=_web_ready,
            is_vital=needs_web,
        ),
    ]


def _alerts(config: Config, path: Path) -> list[Part]:
    """Who tells people, where somebody is to be told; the account does not wait for it."""
    if config.alerts.urls_file is None:
        return []
    return [Part(name="alerts", arguments=("alerts", "run", "--config", str(path)), is_vital=False)]


def _parity(config: Config, path: Path) -> list[Part]:
    """Who plays the run again at night, where that is wanted: a process of its own, behind all others."""
    if config.phase.parity_nightly == "off":
        return []
    return [Part(name="parity", arguments=("parity", str(path), "--nightly"), is_vital=False)]


def exchange_part(config: Config, market: str) -> list[Part]:
    """A local exchange at the configured address, where none answers there yet. It knows the account by the
    configured key; the secret of that goes through a pipe, for arguments stand in every list of processes (S1)."""
    found = urlsplit(config.venue.url)
    if market == "none" or found.port is None or _answers(found.hostname or "", found.port):
        return []
    # The exchange has one name for a market, whichever wire it speaks: BTC-USDT is BTCUSDT there.
    names = ",".join(name.replace("-", "") for name in config.symbols) or "BTCUSDT,ETHUSDT"
    served = ["--mirror", _mirrored(config), "--mirror-symbols", names]
    wallet = remembered(config).wallet_quote
    balance = ("--balance", f"{wallet:f}") if wallet is not None and wallet > 0 else ()
    if market == "generated":
        # Every longer bar is made of five-minute ones; a shorter one needs a market of its own.
        interval_ms = min(GENERATED_INTERVAL_MS, BAR_INTERVALS_MS[config.venue.bar_interval])
        served = ["--generate", names, "--from", "now", "--bars", str(DEMO_BARS)]
        served += ["--interval-ms", str(interval_ms)]
    hedge = ("--hedge",) if config.venue.position_mode.value == "hedge" else ()
    arguments = ("exchange", "serve", "--ready-json", "--port", str(found.port), "--wire", config.venue.name)
    pair = config.credentials
    return [
        Part(
            name="exchange",
            arguments=(
                *arguments,
                *served,
                *balance,
                *hedge,
                "--key",
                pair.api_key,
                "--secret-file",
                "/dev/stdin",
            ),
            speaks=True,
            told=pair.secret,
            ready=_exchange_ready,
        )
    ]


def _mirrored(config: Config) -> str:
    return "binanceusdm" if config.venue.name == "binance" else "bingx"


def tell_forgotten(config: Config) -> None:
    """An exchange that begins anew has no positions: what the engine will then say is no surprise to whoever reads."""
    for position in remembered(config).positions:
        note = "was open at a local exchange that has ended, and is gone with it; the engine will close its books (P1)"
        log.warning(
            "forgotten", position=position, note=note, fix="next time: jackline close-all before you stop"
        )


async def _exchange_ready(child: Child) -> None:
    ready = msgspec.json.decode(await child.ready_line(), type=Ready)
    log.info("market_open", port=ready.port, note="play money")


async def _web_ready(child: Child) -> None:
    serving = msgspec.json.decode(await child.ready_line(within_s=WEB_READY_S), type=Serving)
    log.info("dashboard", url=serving.url)


async def _pace(witness: Witness, config: Config, interval_ms: int, speed: float) -> None:
    """Run the market to where the strategy may speak, then on at the pace of the demo."""
    await _until_ready(config)
    market = await witness.resume(max(WARM_RATIO, speed))
    log.info("warming_up", bars=WARM_BARS, note="a strategy decides on completed bars alone")
    warm_ms = min(market.start_ms + WARM_BARS * interval_ms, market.end_ms)
    while market.market_ms < warm_ms and not market.ended:
        await asyncio.sleep(0.2)
        market = await witness.market()
    await witness.resume(speed)
    log.info("trading", speed=speed)


async def _until_ready(config: Config) -> None:
    while True:
        beat = heartbeat.read(HostDisk(), config.state_dir)
        if beat is not None and beat.ready:
            return
        await asyncio.sleep(0.2)


def _demo_exchange(wishes: DemoWishes, place: Place) -> list[str]:
    arguments = ["exchange", "serve", "--ready-json", "--hold", "--port", "0", "--balance", BALANCE_QUOTE]
    arguments += ["--seed", str(wishes.seed), "--key", place.key, "--secret-file", str(place.secret)]
    if wishes.data is not None:
        return [*arguments, "--data", str(wishes.data)]
    arguments += ["--generate", ",".join(GENERATED_SYMBOLS), "--bars", str(DEMO_BARS)]
    return [*arguments, "--interval-ms", str(GENERATED_INTERVAL_MS)]


def _interval_ms(wishes: DemoWishes, ready: Ready, symbols: tuple[str, ...]) -> int:
    if wishes.data is None:
        return GENERATED_INTERVAL_MS
    _, interval_ms = largest_bar_ms(
        wishes.data, symbol=symbols[0], start_ms=ready.market_start_ms, end_ms=ready.market_end_ms
    )
    return interval_ms


def write_token(config: Config, file: Path | None) -> None:
    """An admin token in a file of its owner's; the one that an earlier run wrote ends with this."""
    if file is None:
        return
    config.state_dir.mkdir(parents=True, exist_ok=True)
    store = AccessStore(HostDisk(), config.state_dir / ACCESS_FILE)
    by = By(wire_ms=WireMs(time.time_ns() // 1_000_000), actor="cli:run", reason="jackline run --token-file")
    try:
        with store.changing() as db:
            for old in list_tokens(db):
                if old.name == TOKEN_NAME and old.revoked_ms is None:
                    revoke_token(db, old.token_id, by=by)
            _, text = create_token(
                db, name=TOKEN_NAME, scope=Scope.ADMIN, expires_ms=None, by=by, entropy=secrets.token_bytes
            )
    except StoreError as error:
        raise CommandFailed(ExitCode.STORE_DAMAGED, f"{store.path}: {error}") from error
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        os.fchmod(opened.fileno(), 0o600)
        opened.write(text + "\n")
    log.info("token", file=str(file), scope=Scope.ADMIN.value)


def has_token(config: Config) -> bool:
    """Whether anybody could log in. Where it cannot be read, the page says so itself."""
    path = config.state_dir / ACCESS_FILE
    if not path.exists():
        return False
    try:
        with AccessStore(HostDisk(), path).reading() as db:
            return any(one.revoked_ms is None for one in list_tokens(db))
    except StoreError:
        return True


def _answers(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def _directory(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="jackline-") as name:
        yield Path(name)
