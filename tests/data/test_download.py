"""Downloads from a local exchange over loopback, through the ccxt that users have: whole, resumed, and never believed
blindly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from jackline.cli.data_download import begins_later
from jackline.data.candles import Candles
from jackline.data.ccxt_source import PAUSES_S, CcxtSource, open_source
from jackline.data.download import Wish, download_candles
from jackline.data.funding import read_funding
from jackline.data.funding_download import download_funding
from jackline.data.keeping import Kept
from jackline.data.problems import DataRefused
from jackline.data.source import VenueSilent
from jackline.data.store import open_set, write_set
from jackline.exchange.account import AccountSpec
from jackline.exchange.feeds.replay import CandleReplay, open_replay
from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.server import ServeConfig
from jackline.exchange.wire.wires import Wire
from tests.data.making import NOW_MS, same, wandering, without, write
from tests.exchange.served import KEY, SECRET, Served, running

MARKET = wandering(1_600, seed=5)
SERVED_FROM = 1_400
"""The bar that forms when the exchange starts; those before it are its history."""
INTERVAL_MS = MARKET.interval_ms
FIRST_MS = int(MARKET.open_ms[0])
UNLIMITED = WireOptions(rate_limits=False)


@dataclass(slots=True, kw_only=True)
class Venue:
    """A served exchange, and a client of it that counts its pauses instead of waiting."""

    served: Served
    source: CcxtSource
    paused_s: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    async def advance(self, bars: int) -> None:
        await self.served.advance(bars * INTERVAL_MS // 1_000)

    async def fault(self, **rule: object) -> None:
        async with self.served.http.post(f"{self.served.url}/local/v1/faults", json=rule) as answer:
            assert answer.status == 200, await answer.text()


def replay(directory: Path, market: Candles) -> CandleReplay:
    directory.mkdir(exist_ok=True)
    path = write(directory / "BTCUSDT.csv", market)
    return open_replay([path], now_ms=NOW_MS, from_ms=int(market.open_ms[SERVED_FROM]))


@asynccontextmanager
async def venue(directory: Path, market: Candles = MARKET, wire: Wire = Wire.BINANCE) -> AsyncIterator[Venue]:
    feed = replay(directory, market)
    account = AccountSpec(name="main", key=KEY, secret=SECRET, balance=Decimal(10_000))
    paused: list[float] = []
    said: list[str] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    config = ServeConfig(
        port=0, feed=feed, accounts=(account,), ratio=50_000, held=True, options=UNLIMITED, wire=wire
    )
    async with running(config) as served:
        name = "binance" if wire is Wire.BINANCE else "bingx"
        source = open_source(name, "generated", url=served.url, pause=pause, say=said.append)
        try:
            yield Venue(served=served, source=source, paused_s=paused, said=said)
        finally:
            await source.close()


async def fetch(
    source: CcxtSource, store: Path, *, first_ms: int = FIRST_MS, accept_changes: bool = False
) -> Kept:
    wish = Wish(symbol="BTCUSDT", interval_ms=INTERVAL_MS, first_ms=first_ms, accept_changes=accept_changes)
    return await download_candles(source, store, wish, host_ms=lambda: NOW_MS, show=lambda *_: None)


def stored(kept: Kept) -> Candles:
    return open_set(kept.place, now_ms=NOW_MS)


@pytest.mark.parametrize("wire", [Wire.BINANCE, Wire.BINGX])
async def test_what_the_venue_has_up_to_the_bar_that_forms(tmp_path: Path, wire: Wire) -> None:
    """D1: the last row of a venue is a bar that has not ended; 91 of 100 signals on it were wrong."""
    async with venue(tmp_path / "venue", wire=wire) as there:
        await there.served.advance(30)
        kept = await fetch(there.source, tmp_path / "data")
        assert (kept.added, kept.unfinished, kept.changed) == (SERVED_FROM, 1, ())
        assert same(stored(kept), MARKET.part(0, SERVED_FROM))
        assert kept.manifest.environment == "generated"
        await there.advance(25)
        again = await fetch(there.source, tmp_path / "data")
        assert again.added == 25
        assert same(stored(again), MARKET.part(0, SERVED_FROM + 25))
        assert (await fetch(there.source, tmp_path / "data")).added == 0


async def test_it_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    """Ctrl-C cancels the task that downloads: what was fetched by then stands, whole."""
    async with venue(tmp_path / "venue") as there:
        wish = Wish(symbol="BTCUSDT", interval_ms=INTERVAL_MS, first_ms=FIRST_MS)
        shown: list[tuple[int, int]] = []

        def cut_off(done: int, of_all: int) -> None:
            shown.append((done, of_all))
            task.cancel()

        task = asyncio.create_task(
            download_candles(there.source, tmp_path / "data", wish, host_ms=lambda: NOW_MS, show=cut_off)
        )
        with pytest.raises(asyncio.CancelledError):
            await task
        assert shown == [(1_000, SERVED_FROM)]
        kept = await fetch(there.source, tmp_path / "data")
        assert kept.added == SERVED_FROM - 1_000
        assert same(stored(kept), MARKET.part(0, SERVED_FROM))


async def test_a_history_that_is_shorter_than_asked_for_is_told(tmp_path: Path) -> None:
    async with venue(tmp_path / "venue") as there:
        early = Wish(symbol="BTCUSDT", interval_ms=INTERVAL_MS, first_ms=FIRST_MS - 2 * INTERVAL_MS)
        kept = await fetch(there.source, tmp_path / "data", first_ms=early.first_ms)
        (note,) = begins_later(kept, early)
        assert "the venue has nothing before" in note
        exact = replace(early, first_ms=FIRST_MS - INTERVAL_MS + 1)  # the next bar opens at FIRST_MS
        assert list(begins_later(kept, exact)) == []


async def test_an_earlier_begin_and_a_hole_are_filled(tmp_path: Path) -> None:
    """A venue that once had no bars is asked for them again."""
    had = replace(without(MARKET.part(500, 1_300), 400, 410), venue="binance", environment="generated")
    write_set(tmp_path / "data", had, source="a test", now_ms=NOW_MS)
    async with venue(tmp_path / "venue") as there:
        kept = await fetch(there.source, tmp_path / "data")
        assert kept.added == 500 + 10 + 100
        assert kept.manifest.gap_bars == 0
        assert same(stored(kept), MARKET.part(0, SERVED_FROM))


async def test_a_completed_bar_that_is_told_otherwise_is_an_alarm(tmp_path: Path) -> None:
    """D5: completed bars never change; where one does, somebody must look."""
    volume = MARKET.volume.copy()
    volume[SERVED_FROM - 10] += 1
    other = replace(MARKET, volume=volume)
    store = tmp_path / "data"
    async with venue(tmp_path / "venue") as there:
        await fetch(there.source, store)
    async with venue(tmp_path / "other", other) as there:
        await there.advance(5)
        with pytest.raises(
            DataRefused, match="completed bars are told otherwise than before: 1 bar; the first"
        ):
            await fetch(there.source, store)
        kept = await fetch(there.source, store, accept_changes=True)
        assert (len(kept.changed), kept.manifest.revised, kept.added) == (1, 1, 5)
        assert same(stored(kept), other.part(0, SERVED_FROM + 5))
        assert (await fetch(there.source, store)).manifest.revised == 1


async def test_it_gives_way_to_a_limit_and_asks_again(tmp_path: Path) -> None:
    async with venue(tmp_path / "venue") as there:
        await there.fault(kind="refuse", code=-1003, status=429, paths=["/fapi/v1/klines"], count=3)
        kept = await fetch(there.source, tmp_path / "data")
        assert there.paused_s == list(PAUSES_S[:3])
        assert [line.rpartition("; ")[2] for line in there.said] == [
            f"asked again in {pause_s:g} s" for pause_s in PAUSES_S[:3]
        ]
        assert same(stored(kept), MARKET.part(0, SERVED_FROM))


async def test_a_venue_that_stays_silent_is_told_and_what_was_fetched_is_kept(tmp_path: Path) -> None:
    async with venue(tmp_path / "venue") as there:
        await fetch(there.source, tmp_path / "data")
        await there.advance(5)
        await there.fault(kind="refuse", code=-1003, status=429, paths=["/fapi/v1/klines"])
        with pytest.raises(VenueSilent, match=f"asked {len(PAUSES_S) + 1} times"):
            await fetch(there.source, tmp_path / "data")
        assert there.paused_s == list(PAUSES_S)
        await there.served.http.delete(f"{there.served.url}/local/v1/faults")
        assert (await fetch(there.source, tmp_path / "data")).added == 5


@pytest.mark.parametrize("wire", [Wire.BINANCE, Wire.BINGX])
async def test_funding_is_fetched_and_joined_on(tmp_path: Path, wire: Wire) -> None:
    store = tmp_path / "data"
    async with venue(tmp_path / "venue", wire=wire) as there:

        async def settle() -> list[int]:
            manifest = await download_funding(
                there.source,
                store,
                "BTCUSDT",
                first_ms=FIRST_MS,
                end_ms=None,
                host_ms=lambda: NOW_MS,
                show=lambda *_: None,
            )
            path = store / f"{manifest.venue}-generated-BTCUSDT-funding.parquet"
            funding = read_funding(path, environment="generated", now_ms=NOW_MS)
            assert set(funding.rate_fraction.tolist()) == {0.0001}
            return list(funding.time_ms.tolist())

        eight_hours_ms = 28_800_000
        settled = MARKET.open_ms[MARKET.open_ms % eight_hours_ms == 0]
        assert await settle() == settled[settled < MARKET.open_ms[SERVED_FROM]].tolist()
        await there.advance(150)
        assert await settle() == settled[settled < MARKET.open_ms[SERVED_FROM + 150]].tolist()


async def test_what_cannot_be_asked_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    async with venue(tmp_path / "venue") as there:
        wish = Wish(symbol="XRPUSDT", interval_ms=INTERVAL_MS, first_ms=FIRST_MS)
        with pytest.raises(DataRefused, match=r"no such market: XRPUSDT \(XRP/USDT:USDT\)"):
            await download_candles(
                there.source, tmp_path / "data", wish, host_ms=lambda: NOW_MS, show=lambda *_: None
            )
        with pytest.raises(DataRefused, match="an empty span"):
            await fetch(there.source, tmp_path / "data", first_ms=int(MARKET.open_ms[-1]))
        early_ms = FIRST_MS - 900_000_000
        far = Wish(
            symbol="BTCUSDT", interval_ms=INTERVAL_MS, first_ms=early_ms, end_ms=early_ms + 300_000_000
        )
        with pytest.raises(DataRefused, match="no bars"):
            await download_candles(
                there.source, tmp_path / "data", far, host_ms=lambda: NOW_MS, show=lambda *_: None
            )
        assert not list((tmp_path / "data").glob("*.parquet"))
    for name, message in (("nasdaq", "no such venue"), ("okx", "no such venue")):
        with pytest.raises(DataRefused, match=message):
            open_source(name, "production", url=None)


async def test_longer_bars_of_the_venue_are_those_that_resampling_makes(tmp_path: Path) -> None:
    from jackline.data.resample import resampled

    async with venue(tmp_path / "venue") as there:
        wish = Wish(symbol="BTCUSDT", interval_ms=3 * INTERVAL_MS, first_ms=FIRST_MS)
        kept = await download_candles(
            there.source, tmp_path / "data", wish, host_ms=lambda: NOW_MS, show=lambda *_: None
        )
        told, made = stored(kept), resampled(MARKET.part(0, SERVED_FROM), 3 * INTERVAL_MS)
        assert np.array_equal(told.table[:4], made.table[:4, : len(told)])
        assert len(made) - len(told) <= 1


@pytest.mark.parametrize(("name", "host"), [("binance", "demo-fapi"), ("bingx", "open-api-vst")])
async def test_a_testnet_is_asked_at_its_own_address(name: str, host: str) -> None:
    """Nothing is sent: only where it would go."""
    source = open_source(name, "testnet", url=None)
    real = open_source(name, "production", url=None)
    try:
        assert host in str(source.addresses)
        assert host not in str(real.addresses)
        assert source.environment == "testnet"
    finally:
        await source.close()
        await real.close()
