"""The rule by NautilusTrader: bars, a market order with a stop and a target in a bracket."""

from __future__ import annotations

import sys
import time
from decimal import Decimal

import nautilus_trader
import numpy as np
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy
from rule import levels, read, tell

BARS, SIDES = read(sys.argv[1])
VENUE = Venue("SIM")
ID = InstrumentId(Symbol("BTCUSDT-PERP"), VENUE)
BAR_TYPE = BarType.from_str(f"{ID}-1-MINUTE-LAST-EXTERNAL")
PERPETUAL = CryptoPerpetual(
    instrument_id=ID,
    raw_symbol=Symbol("BTCUSDT"),
    base_currency=BTC,
    quote_currency=USDT,
    settlement_currency=USDT,
    is_inverse=False,
    price_precision=3,
    price_increment=Price.from_str("0.001"),
    size_precision=3,
    size_increment=Quantity.from_str("0.001"),
    margin_init=Decimal("0.05"),
    margin_maint=Decimal("0.025"),
    maker_fee=Decimal("0.0005"),
    taker_fee=Decimal("0.0005"),
    ts_event=0,
    ts_init=0,
)


class Rule(Strategy):
    """Wishes as given, one bracket at a time."""

    def __init__(self) -> None:
        super().__init__(StrategyConfig())
        self.at = -1

    def on_start(self) -> None:
        self.subscribe_bars(BAR_TYPE)

    def on_bar(self, bar: Bar) -> None:
        self.at += 1
        side = int(SIDES[self.at])
        if not side or not self.portfolio.is_flat(ID):
            return
        stop, target = levels(float(bar.close), side)
        self.submit_order_list(
            self.order_factory.bracket(
                instrument_id=ID,
                order_side=OrderSide.BUY if side > 0 else OrderSide.SELL,
                quantity=Quantity.from_str("1.000"),
                sl_trigger_price=Price(stop, 3),
                tp_price=Price(target, 3),
            )
        )


def run() -> tuple[list[list[float]], float, float]:
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.MARGIN, [Money(100_000_000, USDT)])
    engine.add_instrument(PERPETUAL)
    frame = pd.DataFrame(
        {"open": BARS[:, 1], "high": BARS[:, 2], "low": BARS[:, 3], "close": BARS[:, 4], "volume": 1_000.0},
        index=pd.to_datetime(BARS[:, 0] + 60_000, unit="ms", utc=True),
    )
    engine.add_data(BarDataWrangler(BAR_TYPE, PERPETUAL).process(frame))
    engine.add_strategy(Rule())
    wall, cpu = time.perf_counter(), time.process_time()
    engine.run()
    took = time.process_time() - cpu, time.perf_counter() - wall
    closed = [*engine.cache.position_snapshots(), *engine.cache.positions_closed()]
    first = int(BARS[0, 0]) + 60_000
    found = [
        [
            int(one.ts_opened // 1_000_000 - first) // 60_000 + 1,
            int(one.ts_closed // 1_000_000 - first) // 60_000,
            1 if one.entry == OrderSide.BUY else -1,
            one.avg_px_open,
            one.avg_px_close,
        ]
        for one in closed
    ]
    engine.dispose()
    return sorted(found), *took


TRADES, CPU, WALL = run()
tell(version=nautilus_trader.__version__, trades=TRADES, cpu_s=CPU, wall_s=WALL, bars=int(np.size(SIDES)))
