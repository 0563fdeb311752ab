"""How a process of a simulated world connects to its venue: with the transport that trades, over a network of ours."""

from __future__ import annotations

from jackline.engine.clock import TwoClocks
from jackline.engine.process import Permit
from jackline.engine.startup import StreamingVenue
from jackline.venue.binance.connection import BinanceSettings
from jackline.venue.binance.venue import open_binance
from jackline.venue.bingx.connection import BingxSettings
from jackline.venue.bingx.venue import open_bingx
from jackline.venue.transport.endpoint import Credentials, Endpoint, VenueMode
from jackline.world.process_net import ProcessNet
from jackline.world.supervisor import OpenVenue
from jackline.world.wires import Wire

ADDRESS = "http://127.0.0.1:1"
"""Nobody listens there: whoever dials past the simulated network is refused."""


def opener(wire: Wire, *, api_key: str, secret: str) -> OpenVenue:
    """Connects as this account, with the client of this wire."""
    endpoint = Endpoint(mode=VenueMode.PAPER, base_url=ADDRESS)
    credentials = Credentials(api_key=api_key, secret=secret)

    async def open_venue(clock: TwoClocks, permit: Permit, net: ProcessNet) -> StreamingVenue:
        if wire is Wire.BINGX:
            bingx = BingxSettings(endpoint=endpoint, credentials=credentials)
            return await open_bingx(settings=bingx, clock=clock, permit=permit, net=net)
        binance = BinanceSettings(endpoint=endpoint, credentials=credentials)
        return await open_binance(settings=binance, clock=clock, permit=permit, net=net)

    return open_venue
