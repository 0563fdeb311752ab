"""The rule by freqtrade's own backtesting, without a network.

It asks the venue for its markets before it reads any bar, and through ccxt. So ccxt's answer to that one question comes
from here: what Binance tells of BTCUSDT, in the venue's own form. Everything behind it is freqtrade's: its parsing, its
table of leverage, its files of candles, its loop. Funding is zero. Stop and target are its own `stoploss` and
`minimal_roi`, which count fees and round to a tick of its own guess: prices may differ from the reference's.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

import ccxt
import ccxt.async_support
import freqtrade
import numpy as np
import pandas as pd
from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting
from rule import FEE, STOP, TARGET, measured, read, tell

logging.disable(logging.WARNING)
PAIR, FILE = "BTC/USDT:USDT", "BTC_USDT_USDT"
HOUR_MS = 3_600_000
MARKET = {
    "symbol": "BTCUSDT",
    "pair": "BTCUSDT",
    "contractType": "PERPETUAL",
    "deliveryDate": 4133404800000,
    "onboardDate": 1569398400000,
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "marginAsset": "USDT",
    "pricePrecision": 3,
    "quantityPrecision": 3,
    "baseAssetPrecision": 8,
    "quotePrecision": 8,
    "underlyingType": "COIN",
    "filters": [
        {"filterType": "PRICE_FILTER", "minPrice": "0.001", "maxPrice": "10000000", "tickSize": "0.001"},
        {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
        {"filterType": "MIN_NOTIONAL", "notional": "5"},
    ],
    "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"],
    "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
}
STRATEGY = f"""
import numpy as np
from freqtrade.strategy import IStrategy

SIDES = np.load(r"{{sides}}")


class Rule(IStrategy):
    timeframe = "1m"
    can_short = True
    stoploss = -{STOP}
    minimal_roi = {{{{"0": {TARGET - 2 * FEE}}}}}
    startup_candle_count = 0

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = (SIDES[: len(dataframe)] > 0).astype(int)
        dataframe["enter_short"] = (SIDES[: len(dataframe)] < 0).astype(int)
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""


async def _perpetuals(*_: object, **__: object) -> dict[str, Any]:
    return {"symbols": [MARKET]}


async def _none(*_: object, **__: object) -> dict[str, Any]:
    return {"symbols": []}


def without_a_network() -> None:
    """The question for the markets, answered."""
    venue = ccxt.async_support.binance
    venue.fapiPublicGetExchangeInfo = _perpetuals
    venue.publicGetExchangeInfo = venue.dapiPublicGetExchangeInfo = _none
    venue.eapiPublicGetExchangeInfo = _none


def candles(bars: np.ndarray, place: Path) -> None:
    """The same candles as files of freqtrade, with marks and a funding of zero by the hour."""
    place.mkdir(parents=True)
    frame = pd.DataFrame(bars[:, :5], columns=["date", "open", "high", "low", "close"])
    frame["date"] = pd.to_datetime(frame["date"].astype(np.int64), unit="ms", utc=True)
    frame["volume"] = 1_000.0
    frame.to_feather(place / f"{FILE}-1m-futures.feather")
    hours = frame[frame["date"].dt.minute == 0].reset_index(drop=True)
    for every in ("1h", "8h"):
        hours.to_feather(place / f"{FILE}-{every}-mark.feather")
        hours.assign(open=0.0, high=0.0, low=0.0, close=0.0).to_feather(
            place / f"{FILE}-{every}-funding_rate.feather"
        )


def config_of(place: Path) -> dict[str, Any]:
    """As its command reads it."""
    plain = {
        "stake_currency": "USDT",
        "stake_amount": 1_000,
        "dry_run": True,
        "dry_run_wallet": 1_000_000,
        "max_open_trades": 1,
        "trading_mode": "futures",
        "margin_mode": "isolated",
        "timeframe": "1m",
        "fee": FEE,
        "exchange": {"name": "binance", "pair_whitelist": [PAIR], "enable_ws": False},
        "pairlists": [{"method": "StaticPairList"}],
        "entry_pricing": {"price_side": "same", "use_order_book": True},
        "exit_pricing": {"price_side": "same", "use_order_book": True},
        "strategy": "Rule",
        "user_data_dir": place,
        "datadir": place / "data" / "binance",
        "backtest_cache": "none",
        "export": "none",
    }
    path = place / "config.json"
    path.write_text(json.dumps(plain, default=str), encoding="utf-8")
    given = {"config": [str(path)], "user_data_dir": str(place), "datadir": str(plain["datadir"])}
    given |= {"strategy": "Rule", "fee": FEE, "backtest_cache": "none", "export": "none"}
    return Configuration(given, RunMode.BACKTEST).get_config()


def main() -> None:
    """Load once, and time its loop as its command runs it."""
    bars, sides = read(sys.argv[1])
    without_a_network()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "strategies").mkdir()
        np.save(place / "sides.npy", sides)
        text = STRATEGY.format(sides=place / "sides.npy")
        (place / "strategies" / "rule_by_freqtrade.py").write_text(text, encoding="utf-8")
        candles(bars, place / "data" / "binance" / "futures")
        found = Backtesting(config_of(place))
        data, timerange = found.load_bt_data()
        strategy = found.strategylist[0]
        _, time = measured(lambda: found.backtest_one_strategy(strategy, data, timerange), 1)
        trades = found.all_bt_content["Rule"]["results"]
    times = bars[:, 0].astype(np.int64)
    bar_of = {int(at): place for place, at in enumerate(times.tolist())}
    tell(
        version=freqtrade.__version__,
        trades=[
            [
                bar_of[int(one.open_date.timestamp() * 1_000)],
                bar_of[int(one.close_date.timestamp() * 1_000)],
                -1 if one.is_short else 1,
                one.open_rate,
                one.close_rate,
            ]
            for one in trades.itertuples()
            if one.exit_reason != "force_exit"
        ],
        **time,
    )


main()
