"""A venue that quotes our key back: what it said is kept in the journal, and the key is not in it."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from jackline.core.events import FillHinted, OrderHinted
from jackline.core.outcomes import Refused
from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.binance.connection import BinanceSettings, Connection
from jackline.venue.binance.facts import FactReader
from jackline.venue.bingx.user_stream import UserStream as BingxStream
from jackline.venue.transport.endpoint import Credentials, Endpoint, VenueMode
from tests.venue.bingx.test_streams import Keys, order, running, speaker
from tests.venue.faulty import API_KEY, faulty_venue, says
from tests.venue.memory_net import MemoryNet, answered
from tests.venue.scripted import Inbox
from tests.venue.test_user_stream import order_frame
from tests.venue.test_wire import ROOT, StillClock

KEY = "QuotedBackByTheVenue" * 3


@pytest.mark.owns("S1")
async def test_S1_a_refusal_that_quotes_the_key_is_kept_without_it() -> None:
    said = answered(f'{{"code": -2015, "msg": "Invalid API-key {KEY} for action."}}', status=401)
    settings = BinanceSettings(
        endpoint=Endpoint(mode=VenueMode.PAPER, base_url=ROOT),
        credentials=Credentials(api_key=KEY, secret="s" * 32),
    )
    net = MemoryNet(respond=lambda _: said)
    connection = Connection(settings=settings, clock=StillClock(), permit=lambda _: None, net=net)
    refused = await FactReader(connection).key()
    assert isinstance(refused, Refused)
    assert refused.text == "Invalid API-key (hidden) for action."
    assert any(KEY in str(dict(sent.headers)) for sent in net.sent), "it did sign with it"
    await connection.shut()


@pytest.mark.owns("S1")
async def test_S1_a_frame_of_a_stream_that_quotes_the_key_is_heard_without_it() -> None:
    async def quotes(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(order_frame(execution="NEW", state="NEW", client_id=API_KEY))
        async for _ in socket:
            pass
        return socket

    def routes(app: web.Application) -> None:
        app.router.add_get("/private/ws", quotes)

    inbox = Inbox()
    async with faulty_venue(routes) as (faulty, venue):
        faulty.on("POST listenKey", says({"listenKey": "K"}))
        pump = asyncio.ensure_future(venue.user_stream(inbox.put).run())
        events = await inbox.until(lambda events: any(isinstance(one, OrderHinted) for one in events))
        pump.cancel()
        await asyncio.wait({pump})
    assert [one.client_id for one in events if isinstance(one, OrderHinted)] == ["(hidden)"]


@pytest.mark.owns("S1")
async def test_S1_a_packed_frame_that_quotes_it_too() -> None:
    own, inbox = Credentials(api_key=KEY, secret="s" * 32), Inbox()
    async with speaker() as server:
        server.scripts.append(server.says(order(c=KEY)))
        stream = BingxStream(
            net=AiohttpNet(),
            root=server.root,
            make_key=Keys().make,
            extend_key=Keys().extend,
            sink=inbox.put,
            hide=own.hidden_in,
        )
        async with running(stream):
            events = await inbox.until(lambda events: any(isinstance(one, FillHinted) for one in events))
    assert [one.client_id for one in events if isinstance(one, FillHinted)] == ["(hidden)"]


def test_play_money_is_a_word_and_stays() -> None:
    assert Credentials(api_key="local", secret="local").hidden_in("a local word") == "a local word"
