"""A venue that quotes our key back: what it said is kept in the journal, and the key is not in it."""

from __future__ import annotations

import pytest

from jackline.core.outcomes import Refused
from jackline.venue.binance.connection import BinanceSettings, Connection
from jackline.venue.binance.facts import FactReader
from jackline.venue.transport.endpoint import Credentials, Endpoint, VenueMode
from tests.venue.memory_net import MemoryNet, answered
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
