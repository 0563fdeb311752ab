"""The REST surface: from raw request to venue and back, checked in the real venue's order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from jackline.exchange.account import Account
from jackline.exchange.errors import VenueError
from jackline.exchange.wire import account_routes, algo_routes, market_routes, order_routes
from jackline.exchange.wire.auth import Gatekeeper
from jackline.exchange.wire.call import Access, Call, Route, WireOptions
from jackline.exchange.wire.floor import Floor
from jackline.exchange.wire.json import Json, encode
from jackline.exchange.wire.limits import Limits
from jackline.exchange.wire.params import Params

BODY_DEADLINE_S: Final = 10.0
"""A request whose body does not arrive in this time is dropped."""

ROUTES: Final[tuple[Route, ...]] = (
    *market_routes.ROUTES,
    *account_routes.ROUTES,
    *order_routes.ROUTES,
    *algo_routes.ROUTES,
)


class Rest:
    """Answers the routes of the table."""

    def __init__(self, floor: Floor, gatekeeper: Gatekeeper, options: WireOptions) -> None:
        self._floor = floor
        self._gatekeeper = gatekeeper
        self._options = options
        self._limits = Limits()

    def add_to(self, app: web.Application) -> None:
        for route in ROUTES:
            app.router.add_route(route.method, route.path, self._handler(route))

    def _handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            return await self.answer(request, route)

        return handle

    async def answer(self, request: web.Request, route: Route) -> web.Response:
        """One request. Every refusal is the venue's `{"code", "msg"}`."""
        wire_ms = self._floor.venue.state.clock.wire_ms()
        account: Account | None = None
        try:
            body = await asyncio.wait_for(request.text(), BODY_DEADLINE_S)
            query = request.raw_path.partition("?")[2]
            params = Params(query=query, body=body)
            self._limits.take_weight(wire_ms, _weight(route, params))
            key = request.headers.get("X-MBX-APIKEY")
            if route.access is not Access.PUBLIC:
                account = self._gatekeeper.account(key)
            if route.access is Access.SIGNED:
                self._gatekeeper.check_fresh(params, wire_ms=wire_ms)
                self._gatekeeper.check_signature(key or "", query=query, body=body, params=params)
            if route.order and account is not None:
                self._limits.take_order(account.name, wire_ms)
            call = Call(
                venue=self._floor.venue,
                params=params,
                options=self._options,
                listen_keys=self._floor.listen_keys,
                caller=account,
            )
            payload, status = route.handler(call), 200
        except VenueError as refusal:
            payload, status = {"code": refusal.code, "msg": refusal.text}, refusal.http
        # Also after a refusal: a handler may have changed something before it met one.
        self._floor.deliver()
        return self._response(payload, status, route=route, account=account, wire_ms=wire_ms)

    def _response(
        self, payload: Json, status: int, *, route: Route, account: Account | None, wire_ms: int
    ) -> web.Response:
        headers = self._limits.weight_header(wire_ms)
        if route.order and account is not None:
            headers |= self._limits.order_headers(account.name, wire_ms)
        return web.Response(
            body=encode(payload), status=status, headers=headers, content_type="application/json"
        )


def _weight(route: Route, params: Params) -> int:
    everything = route.weight_all is not None and params.symbol() is None
    return route.weight_all if everything and route.weight_all is not None else route.weight
