"""The dashboard: its port, its tokens, and files that hold one."""

from __future__ import annotations

import asyncio
import errno
import socket
import stat
import time
from collections.abc import Iterator
from ipaddress import ip_address

from jackline.cli.config import Config
from jackline.cli.doctor.finding import Finding, fail, ok, warn
from jackline.cli.private_file import others_may
from jackline.store.access import ACCESS_FILE, AccessStore
from jackline.store.errors import StoreError
from jackline.store.host_disk import HostDisk
from jackline.store.tokens import list_tokens
from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.net import NetTrouble

DASHBOARD, TOKENS = "dashboard", "tokens"
ASK_S = 3.0
ALIVE = ("200", "503")


async def dashboard(config: Config) -> Finding:
    """Whether ours answers on the port, or nobody does."""
    web = config.web
    where = f"{web.host} port {web.port}"
    if web.port == 0:
        return ok(DASHBOARD, "on a port that is chosen at its start")
    if await _serves(config):
        return ok(DASHBOARD, f"served on {where}")
    taken = _bind_trouble(web.host, web.port)
    if taken is None:
        return ok(DASHBOARD, f"not served; {where} is free")
    fix = "stop what listens there, or another web.port"
    return fail(DASHBOARD, f"{where}: {taken}, and it is not the dashboard that answers", fix)


async def _serves(config: Config) -> bool:
    """`/livez` is ours, and asks for no token."""
    web = config.web
    scheme = "https" if web.tls_certificate_file is not None else "http"
    host = f"[{web.host}]" if ":" in web.host else web.host
    pool = AiohttpNet().open_pool()
    try:
        async with asyncio.timeout(ASK_S):
            answer = await pool.fetch("GET", f"{scheme}://{host}:{web.port}/livez", {}, None)
    except (NetTrouble, TimeoutError):
        return False
    finally:
        await pool.close()
    return str(answer.status) in ALIVE and '"alive"' in answer.text


def _bind_trouble(host: str, port: int) -> str | None:
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
        except OSError as error:
            return "in use" if error.errno == errno.EADDRINUSE else str(error.strerror)
    return None


def tokens(config: Config) -> Iterator[Finding]:
    """How many are good for something, and whether one lies open."""
    for path in sorted(config.path.parent.glob("*.token")):
        mode = path.stat().st_mode
        if others_may(path, mode):
            seen = f"S1: {path}: mode {stat.S_IMODE(mode):04o} lets others read it"
            yield fail(TOKENS, seen, f"chmod 600 {path}, and make another one: jackline token create")
    path = config.state_dir / ACCESS_FILE
    if not path.exists():
        yield ok(TOKENS, "none yet; jackline run --token-file FILE makes one, or jackline token create")
        return
    now_ms = time.time_ns() // 1_000_000
    try:
        with AccessStore(HostDisk(), path).reading() as db:
            every = list_tokens(db)
    except StoreError as error:
        yield fail(TOKENS, str(error), "jackline audit verify says more")
        return
    good = [
        one.name
        for one in every
        if one.revoked_ms is None and (one.expires_ms is None or one.expires_ms > now_ms)
    ]
    if good:
        yield ok(TOKENS, f"{len(good)} good: {', '.join(good)}")
    elif every:
        yield warn(TOKENS, "every token has ended or was revoked", "jackline token create")
    else:
        yield ok(TOKENS, "none yet; jackline run --token-file FILE makes one, or jackline token create")
