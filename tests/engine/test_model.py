"""A model in a real engine before a real exchange: its bundle opens and ends a trade, and what was decided is decided
again, by the tape and from the exchange's own candles (D4)."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.replay_page import play
from jackline.core.orders import Bar
from jackline.core.trade import ExitReason
from jackline.core.values import MarketMs, Price, Quantity, Side, Symbol
from jackline.models.bundle import Bundle
from jackline.models.features import WINDOW_BARS
from jackline.models.inference import DAY_MS, Inference
from jackline.models.manifest import ANY_SYMBOL
from jackline.models.writing import write_bundle
from jackline.store.boot import ENGINE_FILE
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from jackline.strategies.model import ModelDriven
from tests.models.making import ALL, INTERVAL_MS, fitted, training
from tests.processes import Exchange, Json, exchange, spawn, write_config

BTC = "BTCUSDT"
RUNS = {"hold": False, "ratio": 600.0}
"""A bar of five minutes every half second."""
STARTING_S = 60.0
"""A loaded machine imports numpy, reads a bundle and proves a rung in that, and opens a trade."""
MARGIN = 10.0
"""The market here is another one than that of the training: what this test is about is not how strange it is."""


async def bundle_for(directory: Path, venue: Exchange) -> Bundle:
    """Models of another market, of which it is said that they were trained up to yesterday of this one."""
    now_ms = int((await venue.get("state"))["market_ms"])
    said = replace(training((ANY_SYMBOL,)), from_ms=now_ms - 9 * DAY_MS, to_ms=now_ms - DAY_MS)
    return write_bundle(directory / "bundle", [fitted(key, threshold=0.7) for key in ALL], said)


async def candles(venue: Exchange) -> list[Bar]:
    """What the exchange says of its completed bars."""
    route = f"{venue.url}/fapi/v1/klines?symbol={BTC}&interval=5m&limit=1000"
    async with venue.http.get(route) as answer:
        rows = await answer.json()
    return [
        Bar(
            symbol=Symbol(BTC),
            open_ms=MarketMs(row[0]),
            interval_ms=INTERVAL_MS,
            open=Price(Decimal(row[1])),
            high=Price(Decimal(row[2])),
            low=Price(Decimal(row[3])),
            close=Price(Decimal(row[4])),
            volume=Quantity(Decimal(row[5])),
        )
        for row in rows[:-1]
    ]


async def traded(directory: Path) -> tuple[Bundle, Json, list[Bar], Json]:
    """Until a model has opened a trade and ended it: the bundle, that end, the bars, and the exchange's record."""
    async with exchange("--generate", BTC, "--hold") as venue:
        bundle = await bundle_for(directory, venue)
        keys = {
            "venue__symbols": f'["{BTC}"]',
            "strategy__name": '"model"',
            "strategy__bundle": '"bundle"',
            "strategy.parameters__range_margin_fraction": str(MARGIN),
            "strategy.parameters__long_probability_min": "0.7",
            "risk__stop_value_fraction": "0.08",
        }
        engine = await spawn("engine", "--config", str(write_config(directory, venue.url, **keys)))
        await engine.event("rung", within_s=STARTING_S)
        await venue.post("market", RUNS)
        ended = await engine.event("trade_ended", within_s=STARTING_S)
        while not str(ended["reason"]).startswith(ExitReason.MODEL_EXIT):
            ended = await engine.event("trade_ended")
        engine.drain()
        await venue.post("market", {"hold": True})
        bars, testimony = await candles(venue), await venue.get("witness")
        assert await engine.stop() == 0
    return bundle, ended, bars, testimony


@pytest.mark.timeout(200)
@pytest.mark.owns("M1", "D4")
async def test_D4_a_bundle_opens_a_trade_and_ends_it_and_both_are_decided_again(tmp_path: Path) -> None:
    bundle, ended, bars, testimony = await traded(tmp_path)
    assert all(one["naked_ms"] == 0 for one in testimony["episodes"])

    model = Inference(
        bundle=bundle, age_ms_max=30 * DAY_MS, range_margin_fraction=MARGIN, tell=lambda *_: None
    )
    strategy = replace(ModelDriven(long_probability_min=0.7), model=model)
    shown = [bars[end - WINDOW_BARS : end] for end in range(WINDOW_BARS, len(bars) + 1)]
    wishes = {wish.reason for window in shown if (wish := strategy.signal(window)) is not None}
    exits = {strategy.exit_confidence(window, side) for window in shown for side in Side}

    with StoreReader(HostDisk(), tmp_path / "state" / ENGINE_FILE) as reader:
        rows = reader.journal_tail(10_000)
    intents = [row for row in rows if row.kind == "intent" and row.trade_id == ended["trade_id"]]
    (reason,) = re.findall(r'"signal_reason":"([^"]*)"', intents[0].body)
    assert reason.startswith(f"model@{bundle.sha256[:8]}: p_long ")
    assert reason in wishes, "the same bundle on the exchange's own candles wishes the same"
    said = re.fullmatch(r"model_exit\((0\.\d+)\)", ended["reason"])
    assert said is not None
    assert Decimal(said[1]) in exits
    assert Decimal(said[1]) >= Decimal("0.70")

    outcome = play(HostDisk(), tmp_path / "state", begin=None, settings=None, say=pytest.fail)
    assert outcome.report.differences == []
    assert outcome.report.events["ExitSignalled"] > 0
    assert outcome.agreement is not None
    assert outcome.agreement.differences == []
