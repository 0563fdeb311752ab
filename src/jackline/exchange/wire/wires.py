"""Which wire a server speaks, and what of it hangs on the port."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from aiohttp import web

from jackline.exchange.bingx.exchange import open_bingx
from jackline.exchange.bingx.sockets import BingxSockets
from jackline.exchange.values import WireClock
from jackline.exchange.wire.exchange import ExchangeConfig, open_exchange
from jackline.exchange.wire.floor import Floor
from jackline.exchange.wire.http import add_rest
from jackline.exchange.wire.sockets import Sockets
from jackline.exchange.wire.ws_api import WsApi


class Wire(StrEnum):
    """The venues whose clients can trade here."""

    BINANCE = "binance"
    BINGX = "bingx"


class OpenSockets(Protocol):
    """The sockets of a server, to be said goodbye to."""

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hung:
    """What the rest of a server needs of a wire that hangs on its port."""

    floor: Floor
    sockets: OpenSockets


def hang(wire: Wire, app: web.Application, config: ExchangeConfig, clock: WireClock) -> Hung:
    """Opens an exchange and adds its routes. Raises ValueError for a symbol that cannot be served."""
    match wire:
        case Wire.BINANCE:
            exchange = open_exchange(config, clock)
            add_rest(app, exchange.rest.respond, ("/fapi", "/api", "/sapi"))
            sockets = Sockets(exchange.floor.hub, WsApi(exchange.rest))
            sockets.add_to(app)
            return Hung(floor=exchange.floor, sockets=sockets)
        case Wire.BINGX:
            bingx = open_bingx(config, clock)
            add_rest(app, bingx.rest.respond, ("/openApi",))
            bingx_sockets = BingxSockets(bingx.floor)
            bingx_sockets.add_to(app)
            return Hung(floor=bingx.floor, sockets=bingx_sockets)
