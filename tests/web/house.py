"""A whole house for tests: exchange, engine and web process as a user would start them, and a client with a token."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from jackline.core.values import WireMs
from jackline.store.access import ACCESS_FILE, AccessStore
from jackline.store.host_disk import HostDisk
from jackline.store.tokens import By, Scope, create_token
from jackline.web.doorkeeper import now
from tests.patience import patience
from tests.processes import LINE_S, Child, Exchange, Json, exchange, spawn, write_config

MARKETS = ("--generate", "BTCUSDT,ETHUSDT")


@dataclass
class Answer:
    """What came back: status, headers, and the body as JSON where it is that."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> str:
        """Of a problem document."""
        assert self.headers["content-type"].startswith("application/problem+json"), (self.status, self.body)
        return str(self.body["code"])


@dataclass
class House:
    """Everything that runs. `tokens`: one of every scope."""

    venue: Exchange
    engine: Child | None
    web: Child
    url: str
    config: Path
    http: aiohttp.ClientSession
    tokens: dict[Scope, str] = field(default_factory=dict)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        scope: Scope | None = Scope.READ,
        token: str | None = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        **how: Any,
    ) -> Answer:
        """One request. Whatever changes something has an idempotency key of its own where none is given."""
        sent = dict(headers or {})
        bearer = token if token is not None else self.tokens.get(scope) if scope else None
        if bearer:
            sent["Authorization"] = f"Bearer {bearer}"
        if method != "GET":
            sent.setdefault("Idempotency-Key", key or uuid.uuid4().hex)
        async with self.http.request(method, f"{self.url}{path}", headers=sent, **how) as answer:
            kind = answer.headers.get("content-type", "")
            body = await answer.json(content_type=None) if "json" in kind else await answer.text()
            named = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, named, body)

    async def until(self, path: str, wanted: Any, **how: Any) -> Json:
        """The body of a GET once it is wanted; asked again and again until then."""
        async with patience(LINE_S):
            while True:
                answer = await self.ask("GET", path, **how)
                if answer.status == 200 and wanted(answer.body):
                    return dict(answer.body)


@asynccontextmanager
async def web(config: Path) -> AsyncIterator[tuple[Child, str]]:
    """`jackline web` on a port the system chooses."""
    child = await spawn("web", "--config", str(config), "--port", "0")
    try:
        serving = await child.event("serving", within_s=2 * LINE_S)  # it gives way to whatever else runs
        child.drain()
        yield child, str(serving["url"]).rstrip("/")
    finally:
        await child.kill()


@asynccontextmanager
async def house(directory: Path, *markets: str, engine: bool = True, **changes: str) -> AsyncIterator[House]:
    """All of it; `engine=False` leaves out the engine."""
    async with exchange(*(markets or MARKETS)) as venue:
        config = write_config(directory, venue.url, **{"strategy__name": '"manual"', **changes})
        tokens = {scope: make_token(directory / "state", scope) for scope in Scope}
        child = await spawn("engine", "--config", str(config)) if engine else None
        try:
            if child is not None:
                await child.event("running")
                child.drain()
            async with web(config) as (served, url), aiohttp.ClientSession() as http:
                yield House(venue, child, served, url, config, http, tokens)
        finally:
            if child is not None:
                await child.kill()


def make_token(state_dir: Path, scope: Scope, *, expires_ms: int | None = None, name: str = "") -> str:
    """A token as `jackline token create` makes it."""
    store = AccessStore(HostDisk(), state_dir / ACCESS_FILE)
    by = By(wire_ms=now(), actor="cli:test")
    with store.changing() as db:
        _, text = create_token(
            db,
            name=name or scope.value,
            scope=scope,
            expires_ms=None if expires_ms is None else WireMs(expires_ms),
            by=by,
            entropy=secrets.token_bytes,
        )
    return text
