"""`/ws`: what changes on a page, at once and at least every second. Pages only listen.

A message holds the parts that differ from those sent before, so a quiet account costs little. Nothing is queued: each
socket is sent the newest look once the one before has left, and one that does not take it in time is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from jackline.web.access import SESSION_COOKIE
from jackline.web.account import Seen
from jackline.web.doorkeeper import Doorkeeper
from jackline.web.measures import open_ones
from jackline.web.pages.bar import bar_of
from jackline.web.pages.chart import chart_of
from jackline.web.pages.live import Live
from jackline.web.pages.places import builder
from jackline.web.problems import Problem

log = structlog.get_logger("web")

EVERY_S: Final = 0.9
"""A page takes three seconds of silence for a dead line."""
SEND_S: Final = 3.0
"""Who has not taken a message by then is dropped, and comes again when it can."""
LOOK_S: Final = 5.0
SOCKETS_MAX: Final = 200
PATH_CHARS_MAX: Final = 300
MESSAGE_CHARS_MAX: Final = 262_144
LOGGED_OUT: Final = 4401
STRANGER: Final = 4403
FULL: Final = 4429
NO_PAGE: Final = 4404
NO_TALK: Final = 1008

pages = APIRouter()
_open: set[int] = set()


@pages.websocket("/ws")
async def watch(socket: WebSocket, page: str = "/") -> None:
    """Send the parts of a page for as long as its session lasts."""
    refused = await _refusal(socket, page)
    await socket.accept()  # a browser tells a page the code of an open socket only
    if refused is not None:
        await socket.close(refused)
        return
    _open.add(id(socket))
    listening = asyncio.create_task(_listen(socket))
    sending = asyncio.create_task(_send(socket, page))
    try:
        await asyncio.wait({listening, sending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (listening, sending):
            task.cancel()
        await asyncio.gather(listening, sending, return_exceptions=True)
        _open.discard(id(socket))
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):  # gone already, as a rule
            await socket.close(NO_TALK)


async def _refusal(socket: WebSocket, page: str) -> int | None:
    """Why this socket is not served: it comes from another page, from nobody, or there are too many."""
    origin = socket.headers.get("origin")
    if origin is None or urlsplit(origin).netloc != socket.headers.get("host", ""):
        return STRANGER
    if not await _is_in(socket):
        return LOGGED_OUT
    if len(page) > PATH_CHARS_MAX or builder(urlsplit(page).path) is None:
        return NO_PAGE
    return FULL if len(_open) >= SOCKETS_MAX else None


async def _is_in(socket: WebSocket) -> bool:
    """The session is still good: looked up in memory, for as long as the access store stays as it was."""
    keeper: Doorkeeper = socket.app.state.doorkeeper
    cookie = socket.cookies.get(SESSION_COOKIE, "")
    address = socket.client.host if socket.client is not None else "unknown"
    if not cookie:
        return False
    try:
        return await keeper.by_session(cookie, address=address) is not None
    except Problem:
        return False


async def _listen(socket: WebSocket) -> None:
    """Until it goes, or says something: a page of ours never does."""
    await socket.receive()


async def _send(socket: WebSocket, page: str) -> None:
    live: Live = socket.app.state.live
    place = urlsplit(page)
    query = dict(parse_qsl(place.query))
    build = builder(place.path)
    if build is None:
        return
    sent: dict[str, str] = {}
    urgent_sent, sent_s = "", 0.0
    try:
        while True:
            async with asyncio.timeout(LOOK_S):
                seen = await live.account.next()
            urgent = _urgent(seen)
            if urgent == urgent_sent and time.monotonic() - sent_s < EVERY_S:
                continue
            if not await _is_in(socket):
                await socket.close(LOGGED_OUT)
                return
            message, sent = await _message(live, page, sent, place.path, query)
            async with asyncio.timeout(SEND_S):
                await socket.send_text(message)
            urgent_sent, sent_s = urgent, time.monotonic()
    except TimeoutError:
        log.info("page_dropped", why="it took no message in time, or there was nothing new to tell")
    except (WebSocketDisconnect, RuntimeError, OSError):
        return


async def _message(
    live: Live, page: str, sent: dict[str, str], path: str, query: dict[str, str]
) -> tuple[str, dict[str, str]]:
    build = builder(path)
    try:
        parts = {} if build is None else await live.parts(page, build, query)
    except Problem:
        parts = {}  # the store is busy: the bar goes on, the page keeps what it has
    sight = await live.sight()
    bar = bar_of(sight)
    told: dict[str, object] = {
        "at_ms": sight.seen.now_ms,
        "tone": bar.tone,
        "heard": bar.heard,
        "title": bar.title,
        "parts": {name: part for name, part in parts.items() if sent.get(name) != part},
    }
    if "chart" in query or path == "/" or path.startswith("/positions/"):
        told["chart"] = chart_of(sight, path, query, last_only=True)
    text = json.dumps(told, separators=(",", ":"))
    if len(text) > MESSAGE_CHARS_MAX:
        del told["parts"]
        text = json.dumps(told, separators=(",", ":"))
    return text, {**sent, **parts}


def _urgent(seen: Seen) -> str:
    """What must not wait for the second: levels, and what is open and covered."""
    level = "" if seen.account is None else seen.account.kill_level
    ones = [
        (one.symbol, one.side, one.phase, one.is_protected, str(one.confirmed_price))
        for one in open_ones(seen)
    ]
    return f"{level} {seen.source} {seen.is_live} {ones}"
