"""The listener of alerts: HTTP on loopback. It writes rows to the engine's desk and has no way to a venue."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time

import structlog
from aiohttp import web

from jackline.cli.config import Config
from jackline.cli.disks import disk_of
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.secret_file import read_secret
from jackline.core.bots import SignalSource
from jackline.core.values import WireMs
from jackline.store.alert_commands import AlertRefused, AlertRules, read_alert
from jackline.store.boot import COMMANDS_FILE
from jackline.store.commands import CommandDesk
from jackline.store.errors import CommandConflict, StoreError
from jackline.store.lease import is_held

HOST = "127.0.0.1"
"""Never anything else: whoever wants alerts from the internet puts a proxy with TLS in front."""
ROUTE = "/alert"
ALERT_BYTES_MAX = 4_096
"""An alert is a line; anything longer is something else."""

log = structlog.get_logger("webhook")


class Listener:
    """One account's door for alerts."""

    def __init__(self, config: Config) -> None:
        options = config.engine_options()
        bots = {one.bot.name: one.bot for one in options.every_bot}
        if not any(bot.source is SignalSource.WEBHOOK for bot in bots.values()):
            text = 'no bot takes alerts. Fix: strategy = "webhook" in one, e.g. under [bot.alerts]'
            raise CommandFailed(ExitCode.BAD_INPUT, text)
        self._rules = AlertRules(
            secret=read_secret(config.webhook.secret_file, config.path.parent),
            bots=bots,
            symbols=options.symbols,
            age_ms_max=options.signal_age_ms_max or options.interval_ms,
        )
        self._disk = disk_of(config)
        self._state_dir = config.state_dir
        self._desk = CommandDesk(self._disk, config.state_dir / COMMANDS_FILE)

    def app(self) -> web.Application:
        """One route; what is longer than an alert is refused before it is read."""
        app = web.Application(client_max_size=ALERT_BYTES_MAX)
        app.router.add_post(ROUTE, self._on_alert)
        return app

    async def _on_alert(self, request: web.Request) -> web.Response:
        try:
            body = await request.read()
            return self._taken(body)
        except web.HTTPRequestEntityTooLarge:
            refused = AlertRefused(413, "too_long", f"an alert has at most {ALERT_BYTES_MAX} bytes")
        except AlertRefused as error:
            refused = error
        log.warning("alert_refused", code="S2", error=refused.error, detail=refused.detail)
        return web.json_response(
            {"taken": False, "error": refused.error, "detail": refused.detail}, status=refused.status
        )

    def _taken(self, body: bytes) -> web.Response:
        """Write the row. Whether an entry follows is for the gates of the engine, and is not waited for."""
        command = read_alert(body, self._rules, WireMs(time.time_ns() // 1_000_000))
        try:
            if is_held(self._disk, self._state_dir) is None:
                raise AlertRefused(503, "no_engine", "no engine runs; an alert does not wait for one")
            fresh = self._desk.submit(command)
        except CommandConflict:
            raise AlertRefused(409, "duplicate", "this id was another alert's") from None
        except (StoreError, OSError) as error:
            log.warning("desk_unwritable", detail=str(error))
            raise AlertRefused(503, "desk", "the alert could not be written; send it again") from None
        if not fresh:
            raise AlertRefused(409, "duplicate", "this very alert was taken before")
        log.info("alert", bot=command.bot, symbol=command.symbol, side=command.side, id=command.command_id)
        return web.json_response({"taken": True, "id": command.command_id}, status=202)


async def listen(config: Config, port: int) -> None:
    """Serve until SIGTERM or SIGINT. Raises CommandFailed where the configuration or the port forbids it."""
    runner = web.AppRunner(Listener(config).app(), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port)
        try:
            await site.start()
        except OSError as error:
            text = f"port {port}: {error.strerror}. Fix: another --port, or 0 for any"
            raise CommandFailed(ExitCode.BAD_INPUT, text) from None
        bound = runner.addresses[0][1]
        log.info("listening", url=f"http://{HOST}:{bound}{ROUTE}", port=bound, account=config.account.name)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await runner.cleanup()
