"""`/api/sl-tp/monitor` and `/api/sl-tp/health`: the layer beside the venue's stops, which it never touches."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from jackline.web.access import Admin, Reader, Trader
from jackline.web.changes import audited_after
from jackline.web.monitor import INTERVAL_S, Monitor
from jackline.web.once import OnceRoute
from jackline.web.parts import Now, TheDoor, TheMonitor
from jackline.web.routes.health import judged
from jackline.web.words import moment

router = APIRouter(prefix="/api/sl-tp", tags=["stops and targets"], route_class=OnceRoute)

BESIDE = "the stops at the venue were not touched: this is the software layer beside them"


class MonitorStatus(BaseModel):
    """The software layer. `late_orders` rest although the mark has passed their trigger."""

    monitoring: bool
    check_interval: int
    symbols: list[str]
    checks: int
    last_check: str | None
    late_orders: list[str]
    message: str


class ExitHealth(BaseModel):
    """`status` is healthy, degraded or critical; critical comes with 503."""

    status: Literal["healthy", "degraded", "critical"]
    checks: dict[str, bool]


@router.get("/health", responses={503: {"model": ExitHealth}})
async def exit_health(seen: Now, monitor: TheMonitor, response: Response, _: Reader) -> ExitHealth:
    """Whether stops and targets can be placed and read back right now."""
    word = judged(seen)
    if word == "critical":
        response.status_code = 503
    checks = {
        "engine_live": seen.is_live,
        "monitor_running": monitor.is_running,
        "nothing_late": not monitor.late,
        "all_protected": all(one.is_protected for one in seen.positions if one.quantity > 0),
    }
    return ExitHealth(status="healthy" if word == "ok" else word, checks=checks)


@router.post("/monitor/start")
async def monitor_start(
    grant: Trader,
    request: Request,
    keeper: TheDoor,
    monitor: TheMonitor,
    check_interval: Annotated[int, Query(ge=1, le=60, description="Seconds.")] = INTERVAL_S,
) -> MonitorStatus:
    """Let the software layer compare orders and marks, every so many seconds."""
    monitor.start(check_interval)
    await audited_after(request, keeper, grant, "sl-tp.monitor", after=f"every {check_interval} s")
    return _monitored(monitor, f"started; {BESIDE}")


@router.post("/monitor/stop")
async def monitor_stop(grant: Admin, request: Request, keeper: TheDoor, monitor: TheMonitor) -> MonitorStatus:
    """Stop the software layer. No stop at the venue is touched, and the engine goes on as before."""
    monitor.stop()
    await audited_after(request, keeper, grant, "sl-tp.monitor", after="stopped")
    return _monitored(monitor, f"stopped; {BESIDE}")


@router.get("/monitor/status")
async def monitor_status(monitor: TheMonitor, _: Reader) -> MonitorStatus:
    """Whether it compares, and what."""
    return _monitored(monitor, BESIDE)


def _monitored(monitor: Monitor, message: str) -> MonitorStatus:
    return MonitorStatus(
        monitoring=monitor.is_running,
        check_interval=monitor.interval_s,
        symbols=list(monitor.symbols),
        checks=monitor.checks,
        last_check=moment(monitor.checked_ms),
        late_orders=list(monitor.late),
        message=message,
    )
