"""REST over a real port: reads the body, lets the exchange respond, and waits where it answers late."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from aiohttp import web

from jackline.exchange.wire.limits import HERE
from jackline.exchange.wire.messages import Inbound, Outbound

Respond = Callable[[Inbound], Outbound]

BODY_DEADLINE_S: Final = 10.0
"""A request whose body does not arrive in this time is dropped."""


def add_rest(app: web.Application, respond: Respond, roots: Sequence[str]) -> None:
    """Serves everything under the venue's roots."""

    async def handle(request: web.Request) -> web.Response:
        return await _answer(request, respond)

    for root in roots:
        app.router.add_route("*", root + "/{tail:.*}", handle)


async def _answer(request: web.Request, respond: Respond) -> web.Response:
    try:
        async with asyncio.timeout(BODY_DEADLINE_S):
            body = await request.text()
    except TimeoutError:
        return web.Response(status=408)
    path, _, query = request.raw_path.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    outbound = respond(
        Inbound(
            method=request.method,
            path=path,
            query=query,
            headers=headers,
            body=body,
            address=request.remote or HERE,
        )
    )
    if outbound.delay_ms:
        await asyncio.sleep(outbound.delay_ms / 1_000)
    return web.Response(body=outbound.body, status=outbound.status, headers=outbound.headers)
