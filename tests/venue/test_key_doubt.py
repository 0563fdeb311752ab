"""From a refusal of the key until the venue has said again what it may do, nothing may enter (S3)."""

from __future__ import annotations

import pytest

from jackline.core.outcomes import Unknown
from jackline.core.requests import ReadSnapshot
from jackline.venue.port import KEY_UNTOLD, KeyFacts
from jackline.venue.transport.key_doubt import KeyDoubt
from tests.venue.local import local_bingx, local_exchange

REFUSES_KEY = {"kind": "refuse", "code": -2015, "account": "test"}


@pytest.mark.owns("S3")
def test_S3_a_refusal_while_the_venue_is_asked_is_not_answered_by_what_it_says() -> None:
    doubt = KeyDoubt()
    assert doubt.entry_refusal() is None
    doubt.refused()
    before = doubt.refusals
    doubt.refused()
    doubt.settle(before)
    assert "has refused the key" in str(doubt.entry_refusal())
    doubt.settle(doubt.refusals)
    assert doubt.entry_refusal() is None


@pytest.mark.owns("S3")
async def test_S3_binance_is_asked_what_the_key_may_do_and_only_that_ends_the_doubt() -> None:
    async with local_exchange() as local:
        venue = local.venue
        assert not venue.key_is_doubted()
        told = list[bool]()
        venue.on_key_doubt(lambda: told.append(venue.key_is_doubted()))
        rule = (await local.control("faults", REFUSES_KEY))["number"]
        assert isinstance(await venue.read_snapshot(ReadSnapshot(asked=1, symbols=(), money=False)), Unknown)
        assert venue.key_is_doubted()
        assert not isinstance(await venue.read_key(), KeyFacts)
        await local.remove(f"faults/{rule}")
        await venue.read_snapshot(ReadSnapshot(asked=2, symbols=(), money=False))
        assert venue.key_is_doubted(), "that reads come back says nothing of what the key may do"
        assert told == [True], "once, whatever is refused after that"
        assert isinstance(await venue.read_key(), KeyFacts)
        assert not venue.key_is_doubted()


@pytest.mark.owns("S3")
async def test_S3_bingx_must_take_the_key_again() -> None:
    async with local_bingx() as local:
        venue = local.venue
        rule = (await local.control("faults", REFUSES_KEY))["number"]
        assert isinstance(await venue.read_snapshot(ReadSnapshot(asked=1, symbols=(), money=False)), Unknown)
        assert venue.key_is_doubted()
        assert await venue.read_key() != KEY_UNTOLD
        await local.remove(f"faults/{rule}")
        assert await venue.read_key() == KEY_UNTOLD
        assert not venue.key_is_doubted()
