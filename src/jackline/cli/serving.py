"""Composition root of the web process: what the application is given, and the server it runs in."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import structlog

from jackline.cli.config import Config
from jackline.cli.disks import disk_of
from jackline.cli.effective import effective
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.head_keeper import heads_kept, signals_held
from jackline.cli.service_manager import kept_alive, take_manager
from jackline.cli.spoken import toml_text
from jackline.cli.web_hands import web_hands
from jackline.store.access import ACCESS_FILE, AccessStore
from jackline.web.options import WebOptions

log = structlog.get_logger("web")

CONNECTIONS_MAX = 500
"""Beyond this a request is answered 503 at once: somebody holds connections for their own sake."""
KEEP_ALIVE_S = 15
SHUT_DOWN_S = 3
BACKLOG = 128
NICE = 10
"""Of 19; with less than everything it still answers within a second beside a busy engine."""
AUTOGROUP = Path("/proc/self/autogroup")
SEND_BYTES = 128 * 1024
"""What waits in the kernel for somebody who does not read; by itself it would grow to megabytes for each."""
PING_S = 20.0
"""So often an open socket is asked whether anybody is there; who does not say so in as long again is dropped."""
SAID_BYTES_MAX = 1_024
"""Pages only listen to their socket."""
EXTRA = ("fastapi", "uvicorn", "jinja2", "prometheus_client", "websockets")


def web_options(config: Config) -> WebOptions:
    """What the application is to know of the configuration; no secret is in it."""
    web, options = config.web, config.engine_options()
    loopback = {"127.0.0.1", "localhost", "::1"}
    return WebOptions(
        account=config.account.name,
        mode=config.mode.value,
        venue=f"{config.venue.name} at {config.venue.url}",
        state_dir=config.state_dir,
        symbols=config.symbols,
        interval_ms=options.interval_ms,
        risk=options.risk,
        price_source=config.risk.stop_price_source,
        bots=tuple((one.bot, one.strategy.name) for one in options.every_bot),
        configured={setting.entry.key: toml_text(setting.value) for setting in effective(config)},
        hosts=frozenset({*loopback, web.host, *(web.hosts or ())}),
        is_tls=web.tls_certificate_file is not None or web.trusted_proxy is not None,
        trusted_proxy=web.trusted_proxy,
        vault_file=config.keys.vault_path(config.path.parent),
        requests_per_s_max=web.requests_per_s_max,
    )


async def serve(config: Config, *, ready: Callable[..., None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Raises CommandFailed where an extra is missing or the port is taken."""
    _check_extra()
    _give_way()
    import uvicorn

    from jackline.web.app import create_app
    from jackline.web.connection import Connection
    from jackline.web.doorkeeper import Doorkeeper

    web, options = config.web, web_options(config)
    disk = disk_of(config)
    keeper = Doorkeeper(AccessStore(disk, config.state_dir / ACCESS_FILE))
    app = create_app(options, disk=disk, doorkeeper=keeper, hands=web_hands(config))
    listening = _listen(web.host, web.port)
    scheme = "https" if web.tls_certificate_file is not None else "http"
    bound = listening.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=Connection,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=web.trusted_proxy is not None,
            forwarded_allow_ips=web.trusted_proxy or "",
            ssl_certfile=_beside(config, web.tls_certificate_file),
            ssl_keyfile=_beside(config, web.tls_key_file),
            limit_concurrency=CONNECTIONS_MAX,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=SHUT_DOWN_S,
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
            ws_max_size=SAID_BYTES_MAX,
        )
    )
    url = f"{scheme}://{_host(web.host)}:{bound}/"
    log.info("serving", url=url, port=bound, account=options.account)
    if ready is not None:
        ready(port=bound, url=url)
    manager, account = take_manager(), app.state.account
    if manager is not None:
        manager.ready(f"serving {url}")
    with listening, signals_held() as signals:
        # Alive is what `/livez` says: its looks go on (L2).
        async with (
            kept_alive(manager, lambda: account.seen.now_ms),
            heads_kept(AccessStore(disk, config.state_dir / ACCESS_FILE)),
        ):
            if not signals:
                await server.serve(sockets=[listening])


def _give_way() -> None:
    """Who is looked at gives way to who protects: on a machine that is short of cores, pages wait and stops do not.

    Under `jackline run` the process leads a session of its own, and Linux then shares time between sessions first.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICE)
        if os.getsid(0) == os.getpid():
            AUTOGROUP.write_text(str(NICE))


def _check_extra() -> None:
    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        text = f"{', '.join(missing)} not installed. Fix: pip install 'jackline[web]'"
        raise CommandFailed(ExitCode.BAD_INPUT, text)


def _listen(host: str, port: int) -> socket.socket:
    """Bound before anything else is done: a port that is taken is told at once."""
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES
        )  # each that it accepts has it too
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        text = f"{host} port {port}: {error.strerror}. Fix: another web.port or --port, or 0 for any"
        raise CommandFailed(ExitCode.BAD_INPUT, text) from None
    return listening


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _beside(config: Config, file: Path | None) -> str | None:
    """A file that is named relative to the configuration."""
    return None if file is None else str(config.path.parent / file)
