"""The rules of the source systems on paper: a model of recorded bars, the processes that ship, and their backtest.

The model is taught whether the price rises by half a per cent before it falls by one: with a target as far as the stop
its probabilities do not reach the gate at all (docs/honest.md). Which hours are played is chosen by one thing alone:
that in the backtest a trade is opened there which its exit model or its longest hold ends.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jackline.cli.config import load_config
from jackline.core.trade import ExitReason, Trade
from jackline.data.files import read_candles
from jackline.research.backtest.result import TradeRecord
from jackline.research.backtest.run import run_backtest
from jackline.research.backtest.settings import BacktestSettings
from jackline.store.boot import ENGINE_FILE
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from tests.cli.test_parity_paper import parity, until_held
from tests.cli.test_train import run
from tests.processes import Json, exchange, spawn
from tests.research.market_files import FIFTEEN_MINUTES, ROOT, recorded

BAR_MS = 900_000
DAY_MS = 86_400_000
TRAINED_TO = "2025-06-01"
SPEED = 120
"""Market seconds per wall second: a bar is 7.5 s, and what takes the wire a second takes the market two minutes."""
BEFORE_BARS, AFTER_BARS = 2, 2
"""Played before the bar of the entry, and behind that of the exit."""
ENDS = {ExitReason.MODEL_EXIT, ExitReason.MAX_HOLD}
NOWHERE = "http://127.0.0.1:9"


def configured(directory: Path, url: str) -> Path:
    """The example as it stands, at this address, with its bundle and its state in this directory."""
    keys = directory / "keys.toml"
    keys.write_text('key = "local"\nsecret = "local"\n')
    keys.chmod(0o600)
    text = (ROOT / "examples" / "source-rules.toml").read_text()
    for old, new in (
        ('"../state/source-rules"', f'"{directory / "state"}"'),
        ('"../models/source-rules"', f'"{directory / "bundle"}"'),
        ('url = "http://127.0.0.1:8090"', f'url = "{url}"\nkey_file = "{keys}"'),
    ):
        assert old in text, old
        text = text.replace(old, new)
    path = directory / "jackline.toml"
    path.write_text(text)
    return path


def shortest(config: Path, data: Path) -> TradeRecord:
    """Of the month behind the training: a trade that its model or its hold ended, and no other was near."""
    begin_ms = round(datetime.fromisoformat(TRAINED_TO).replace(tzinfo=UTC).timestamp() * 1_000)
    options = load_config(config, load_strategy_file=True).engine_options()
    candles = read_candles(data, now_ms=int(time.time() * 1_000), gapless=True)
    settings = BacktestSettings(from_ms=begin_ms, to_ms=begin_ms + 30 * DAY_MS)
    trades = run_backtest(options, [candles], settings=settings).trades
    alone = [
        one
        for before, one in zip((None, *trades), trades, strict=False)
        if one.reason in ENDS
        and one.exit_ms is not None
        and (before is None or one.entry_bar_ms - (before.exit_bar_ms or 0) > (BEFORE_BARS + 1) * BAR_MS)
    ]
    told = [(one.side, one.reason, one.entry_ms) for one in trades]
    assert alone, f"no trade that its model or its hold ended: {told}"
    return min(alone, key=lambda one: (one.exit_ms or 0) - one.entry_ms)


def trades_of(config: Path) -> list[Trade]:
    """Those that the engine journalled and that were filled."""
    with StoreReader(HostDisk(), load_config(config).state_dir / ENGINE_FILE) as reader:
        return [one for one in reader.every_trade() if one.exit_reason is not ExitReason.NEVER_FILLED]


@pytest.mark.long
@pytest.mark.timeout(1_800)
@pytest.mark.owns("P1")
async def test_P1_the_source_rules_trade_on_paper_with_a_stop_before_the_entry_and_end_by_their_rules(
    tmp_path: Path,
) -> None:
    data = recorded(FIFTEEN_MINUTES)
    config = configured(tmp_path, NOWHERE)
    options = ("--environment", "production", "--to", TRAINED_TO, "--target", "0.005", "--json")
    assert await asyncio.to_thread(run, "train", str(config), "--data", str(data), *options) == 0
    wanted = await asyncio.to_thread(shortest, config, data)
    assert wanted.exit_bar_ms is not None
    first_ms = wanted.entry_bar_ms - BEFORE_BARS * BAR_MS
    stop_ms = wanted.exit_bar_ms + AFTER_BARS * BAR_MS
    served = ("--data", str(data), "--from", str(first_ms), "--to", str(stop_ms + 4 * BAR_MS), "--hold")
    async with exchange(*served) as venue:
        config = configured(tmp_path, venue.url)
        watchdog = await spawn("watchdog", "--config", str(config))
        engine = await spawn("engine", "--config", str(config))
        try:
            await engine.event("rung", within_s=60)
            engine.drain()
            watchdog.drain()
            await venue.post("market", {"hold_at_ms": stop_ms, "hold": False, "ratio": SPEED})
            await until_held(venue, within_s=3 * (stop_ms - first_ms) / 1_000 / SPEED)
            testimony = await venue.get("witness")
        finally:
            codes = [await engine.stop(), await watchdog.stop()]
    assert codes == [0, 0]
    trade, *_ = trades_of(config)
    assert trade.side.value == wanted.side
    assert trade.exit_reason == wanted.reason, "as its backtest ends"
    assert trade.entry_slot is not None
    rested_first(testimony, entry=trade.entry_slot.client_id)
    found = await asyncio.to_thread(parity, config, data)
    assert found["equal_trades"] >= 1, found["differences"]


def rested_first(testimony: Json, *, entry: str) -> None:
    """By the exchange's own records: a stop of the other side lay there when the entry came, and never was it naked."""
    (episode,) = [one for one in testimony["episodes"] if one["entry_client_id"] == entry]
    assert (episode["naked_ms"], episode["liquidated"]) == (0, False)
    (order,) = [one for one in testimony["orders"] if one["client_id"] == entry]
    resting = [
        one
        for one in testimony["algos"]
        if one["type"] == "STOP_MARKET"
        and one["side"] != order["side"]
        and one["created_wire_ms"] <= order["created_wire_ms"]
        and (one["status"] == "NEW" or one["updated_wire_ms"] >= episode["opened_wire_ms"])
    ]
    assert resting, "no stop lay there before the entry"
    assert testimony["orphans"] == [], "nothing is left behind"
