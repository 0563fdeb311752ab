"""The local control surface, `/local/v1`: the market's pace, switches, and what the witness saw.

Nothing here exists at a real venue. It is unsigned and reachable on loopback only, like the rest of the
server.
"""

from decimal import Decimal
from typing import Annotated

import msgspec
from aiohttp import web

from jackline.exchange.feeds.clock import MarketClock
from jackline.exchange.feeds.mirror import Mirror
from jackline.exchange.ports import Feed
from jackline.exchange.wire.floor import Floor
from jackline.exchange.wire.json import Json, encode
from jackline.exchange.wire.relay import Relay
from jackline.exchange.wire.runner import Runner
from jackline.exchange.wire.switches import SwitchOrder, turn
from jackline.exchange.wire.testimony import episodes_report, witness_report


class CrashOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bend the price of `symbol` by `fraction` (-0.08 is a fall of 8 %) within `over_ms` of market time."""

    symbol: str
    fraction: Decimal
    over_ms: Annotated[int, msgspec.Meta(gt=0)]


class MarketOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`hold` true stops market time, false resumes it; `hold_at_ms` stops it there; `ratio` changes its
    pace."""

    ratio: Annotated[float, msgspec.Meta(gt=0)] | None = None
    hold: bool | None = None
    hold_at_ms: int | None = None
    crash: CrashOrder | None = None


class Control:
    """The control routes."""

    def __init__(
        self, floor: Floor, *, feed: Feed | Mirror, clock: MarketClock, runner: Runner | Relay
    ) -> None:
        self._floor = floor
        self._feed = feed
        self._clock = clock
        self._runner = runner

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/local/v1/state", self._state)
        app.router.add_get("/local/v1/witness", self._witness)
        app.router.add_get("/local/v1/episodes", self._episodes)
        app.router.add_get("/local/v1/traffic", self._traffic)
        app.router.add_post("/local/v1/market", self._market)
        app.router.add_post("/local/v1/switches", self._switches)

    def state(self) -> Json:
        venue = self._floor.venue.state
        mirrored = isinstance(self._runner, Relay)
        return {
            "wire_ms": venue.clock.wire_ms(),
            "market_ms": venue.market_ms("") if mirrored else self._clock.market_ms(),
            "ratio": self._clock.ratio,
            "held": self._runner.held,
            "ended": self._runner.ended,
            "start_ms": self._feed.start_ms,
            "end_ms": self._feed.end_ms,
            "mirror": self._runner.state() if isinstance(self._runner, Relay) else None,
            "slipped_ms": self._clock.slipped_ms,
            "switches": {
                "stop_while_flat": venue.rules.stop_while_flat.value,
                "fill_parts": venue.rules.fill_parts,
                "maintenance": venue.whims.maintenance,
                "wire_speed": self._floor.lives.speed,
            },
            "symbols": {
                name: {
                    "last": str(market.last),
                    "mark": str(market.mark),
                    "status": market.standing.value,
                }
                for name, market in venue.markets.items()
            },
        }

    async def _state(self, request: web.Request) -> web.Response:
        return _response(self.state())

    async def _witness(self, request: web.Request) -> web.Response:
        return _response(witness_report(self._floor.venue))

    async def _episodes(self, request: web.Request) -> web.Response:
        try:
            since_ms = float(request.query.get("since_wire_ms", "0"))
        except ValueError:
            return _response({"error": "since_wire_ms: a number of milliseconds"}, status=400)
        return _response(episodes_report(self._floor.venue, since_ms=since_ms))

    async def _traffic(self, request: web.Request) -> web.Response:
        return _response(self._floor.traffic.report())

    async def _market(self, request: web.Request) -> web.Response:
        try:
            order = msgspec.json.decode(await request.read(), type=MarketOrder)
            self._apply(order)
        except (msgspec.DecodeError, ValueError) as error:
            return _response({"error": str(error)}, status=400)
        self._runner.wake()
        return _response(self.state())

    def _apply(self, order: MarketOrder) -> None:
        """Raises ValueError for a ratio or crash the market cannot do."""
        if isinstance(self._runner, Relay):
            raise ValueError(
                "a mirrored market goes at its own pace. Fix: serve --generate or --data instead"
            )
        if order.crash is not None:
            crash = order.crash
            self._feed.crash(symbol=crash.symbol, fraction=crash.fraction, over_ms=crash.over_ms)
        if order.hold:
            self._clock.hold()
        # Before resuming: at a high ratio the market would be past it already.
        if order.hold_at_ms is not None:
            self._clock.hold_at(order.hold_at_ms)
        if order.hold is False or (order.ratio is not None and not self._clock.held):
            self._clock.resume(order.ratio)

    async def _switches(self, request: web.Request) -> web.Response:
        try:
            turn(self._floor, msgspec.json.decode(await request.read(), type=SwitchOrder))
        except (msgspec.DecodeError, ValueError) as error:
            return _response({"error": str(error)}, status=400)
        return _response(self.state())


def _response(payload: Json, *, status: int = 200) -> web.Response:
    return web.Response(body=encode(payload), status=status, content_type="application/json")
