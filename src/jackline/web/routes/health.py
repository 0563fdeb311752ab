"""`/livez`, `/readyz`, `/health`, `/metrics`: the only routes that ask for no token. They say nothing about money."""

from __future__ import annotations

import time
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import BaseModel

from jackline.web.account import Seen
from jackline.web.parts import Now

router = APIRouter(tags=["health"])

ENGINE_AGE_MS_MAX = 5_000
"""An engine that has not shown itself for longer is not ready, whatever it is doing."""


LOOK_AGE_MS_MAX = 10_000
"""Four looks a second are due; a disk that answers late may cost some."""


class Alive(BaseModel):
    """This process answers, and looks. It says nothing of any other: a venue's outage must not become a storm of
    restarts."""

    status: Literal["alive", "stuck"] = "alive"


class Ready(BaseModel):
    """Whether the engine runs, has looked at the account, and could enter."""

    ready: bool
    reason: str


class Health(BaseModel):
    """One word for a dumb checker; 503 with `critical`."""

    status: Literal["ok", "degraded", "critical"]


@router.get("/livez", responses={503: {"model": Alive}})
async def livez(seen: Now, response: Response) -> Alive:
    """Whether this process makes progress (L2): its own looks go on, whatever they show."""
    if time.time_ns() // 1_000_000 - seen.now_ms <= LOOK_AGE_MS_MAX:
        return Alive()
    response.status_code = 503
    return Alive(status="stuck")


@router.get("/readyz", responses={503: {"model": Ready}})
async def readyz(seen: Now, response: Response) -> Ready:
    """Whether the engine has looked at the account since it started, and makes progress."""
    reason = unready(seen)
    if reason:
        response.status_code = 503
    return Ready(ready=not reason, reason=reason or "ready")


@router.get("/health", responses={503: {"model": Health}})
async def health(seen: Now, response: Response) -> Health:
    """`critical`: something is open and not protected, or nobody says. `degraded`: nothing new may be opened."""
    status = judged(seen)
    if status == "critical":
        response.status_code = 503
    return Health(status=status)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> PlainTextResponse:
    """Prometheus text. Ratios, counts and times; no money."""
    registry: CollectorRegistry = request.app.state.registry
    return PlainTextResponse(generate_latest(registry).decode(), media_type=CONTENT_TYPE_LATEST)


def unready(seen: Seen) -> str:
    """Why the engine is not ready; empty when it is."""
    if seen.engine is None:
        return "no engine runs"
    shown = seen.account  # the engine's own word: the newest one may be the watchdog's (`seen.age_ms`)
    if shown is None or seen.now_ms - shown.wire_ms > ENGINE_AGE_MS_MAX:
        return "the engine has not shown itself for five seconds"
    if shown.looked_ms is None:
        return "the account has not been looked at since the start"
    return ""


def judged(seen: Seen) -> Literal["ok", "degraded", "critical"]:
    """The one word."""
    open_ones = [one for one in seen.positions if one.quantity > 0]
    if any(not one.is_protected for one in open_ones) or (open_ones and not seen.is_live):
        return "critical"
    account = seen.account
    if not seen.is_live or account is None or account.denied or account.kill_level != "normal":
        return "degraded"
    return "ok"
